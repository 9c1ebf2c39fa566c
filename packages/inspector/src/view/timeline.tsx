// The lanes and the events of a recording, live or of a file.
import { lazy, memo, Suspense, useDeferredValue, useEffect, useMemo, useState } from "react"
import type { Item, Snapshot } from "../model/recording.ts"
import { ofItem } from "../model/words.ts"
import { EventList } from "./eventList.tsx"
import { Lanes } from "./lanes.tsx"

// what not every reader needs comes when it is needed
const EventDetail = lazy(() => import("./eventDetail.tsx"))

const matches = (item: Item, query: string): boolean => {
  const { text, title } = ofItem(item)
  return `${title} ${text} ${item.lane.name} ${String(item.event?.type ?? "")} ${item.key}`.toLowerCase().includes(
    query
  )
}

/** Keys move through the list, whatever has the focus but for what takes texts. */
const isTyping = ({ target }: KeyboardEvent): boolean =>
  target instanceof HTMLElement && target.closest("input, textarea, select, dialog[open]") !== null

const useKeys = (
  items: ReadonlyArray<Item>,
  selected: string | undefined,
  select: (key: string | undefined) => void
) => {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return
      const index = items.findIndex(({ key }) => key === selected)
      const moves: Readonly<Record<string, () => Item | undefined>> = {
        j: () => items[Math.min(items.length - 1, index + 1)],
        k: () => items[index === -1 ? items.length - 1 : Math.max(0, index - 1)],
        g: () => items[0],
        G: () => items.at(-1)
      }
      if (event.key === "Escape") return select(undefined)
      const move = Object.hasOwn(moves, event.key) ? moves[event.key] : undefined
      if (move === undefined) return
      event.preventDefault()
      const item = move()
      if (item !== undefined) select(item.key)
    }
    addEventListener("keydown", press)
    return () => removeEventListener("keydown", press)
  }, [items, selected, select])
}

const View = ({ isTicking, now = 0, onSelect, selected, snapshot }: {
  readonly snapshot: Snapshot
  /** The name of the session's agent, if it is known. */
  readonly name?: string | undefined
  readonly selected: string | undefined
  readonly isTicking: boolean
  /** The time of a service whose clock only moves when somebody moves it; 0 for others. */
  readonly now?: number
  readonly onSelect: (key: string | undefined) => void
}) => {
  const { recording } = snapshot
  const [lane, setLane] = useState<string | null | undefined>(undefined)
  const [query, setQuery] = useState("")
  const wanted = useDeferredValue(query.trim().toLowerCase())
  const items = useMemo(() => {
    const all = snapshot.recording.items
    // a list that is changed in place is another one when it has changed
    if (lane === undefined && wanted === "") return all.slice()
    return all.filter((item) =>
      (lane === undefined || item.lane.id === lane) && (wanted === "" || matches(item, wanted))
    )
  }, [snapshot, lane, wanted])
  useKeys(items, selected, onSelect)
  const item = selected === undefined ? undefined : recording.find(selected)
  return (
    <>
      <Lanes
        snapshot={snapshot}
        selected={selected}
        lane={lane}
        isTicking={isTicking}
        now={now}
        onLane={setLane}
        onSelect={onSelect}
      />
      <div className="panes">
        <section className="pane" aria-label="List of events">
          <div className="filter">
            <input
              type="search"
              value={query}
              data-search
              aria-label="Search events"
              placeholder="Search events (press /)"
              onChange={(event) => setQuery(event.target.value)}
            />
            <output>{items.length.toLocaleString("en")} of {recording.items.length.toLocaleString("en")}</output>
          </div>
          <EventList
            items={items}
            selected={selected}
            // to stay at the end of what is still being read would move every row each time
            isLive={recording.connection._tag === "Live" && recording.isCaughtUp}
            onSelect={onSelect}
          />
        </section>
        {item === undefined ? null : (
          <Suspense>
            <EventDetail item={item} onClose={() => onSelect(undefined)} />
          </Suspense>
        )}
      </div>
    </>
  )
}

/** The recording of a session, live or of a file. It is drawn when it has changed, not whenever what is around it has. */
export const Timeline = memo(View)
