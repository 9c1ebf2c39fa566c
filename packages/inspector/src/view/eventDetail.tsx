// One event, in words and as JSON.
import * as Tabs from "@radix-ui/react-tabs"
import { useMemo } from "react"
import { field, type Item } from "../model/recording.ts"
import { ofItem } from "../model/words.ts"
import * as format from "./format.ts"

/** Longest JSON that is shown. */
const maxLength = 200_000

const lengthOf = ({ key, lane }: Item): string | undefined => {
  const bar = lane.bars.find((bar) => bar.key === key)
  return bar?.end === undefined ? undefined : format.duration(bar.end - bar.start)
}

const Words = ({ item }: { readonly item: Item }) => {
  const { text, title } = ofItem(item)
  const length = lengthOf(item)
  const facts: ReadonlyArray<readonly [string, string | undefined]> = [
    ["When", `${new Date(item.at).toISOString()}`],
    ["Lane", item.lane.id === null ? `${item.lane.name} (session)` : `${item.lane.name} (${item.lane.id})`],
    ["Took", length],
    ["Type", item.event === undefined ? undefined : String(item.event.type)],
    ["Id", item.event === undefined ? undefined : item.key]
  ]
  const input = item.event === undefined ? undefined : field(item.event, "input")
  return (
    <div className="words">
      <h2>{title}</h2>
      {text === "" ? null : <p className="prose">{text}</p>}
      {input === undefined ? null : <pre tabIndex={0}>{JSON.stringify(input, null, 2)}</pre>}
      <dl>
        {facts.map(([name, value]) =>
          value === undefined ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          )
        )}
      </dl>
    </div>
  )
}

/** Details of an item. */
const EventDetail = ({ item, onClose }: {
  readonly item: Item
  readonly onClose: () => void
}) => {
  const json = useMemo(() => JSON.stringify(item.event ?? { note: item.note }, null, 2), [item])
  return (
    <aside className="detail" aria-label="Event">
      <Tabs.Root defaultValue="words">
        <div className="detail-head">
          <Tabs.List aria-label="How to show the event" className="tabs">
            <Tabs.Trigger value="words">In words</Tabs.Trigger>
            <Tabs.Trigger value="json">JSON</Tabs.Trigger>
          </Tabs.List>
          <button type="button" className="quiet" onClick={onClose} aria-label="Close the event">✕</button>
        </div>
        <Tabs.Content value="words">
          <Words item={item} />
        </Tabs.Content>
        <Tabs.Content value="json">
          <pre className="json" tabIndex={0}>{json.length > maxLength ? `${json.slice(0, maxLength)}\n…` : json}</pre>
        </Tabs.Content>
      </Tabs.Root>
    </aside>
  )
}

// a part that is loaded when it is needed
export default EventDetail
