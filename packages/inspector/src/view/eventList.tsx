// The list of events. Only the rows in sight are in the page.
import { useVirtualizer } from "@tanstack/react-virtual"
import { useEffect, useRef } from "react"
import type { Item } from "../model/recording.ts"
import { ofItem } from "../model/words.ts"
import * as format from "./format.ts"

const rowHeight = 28
const sizeOf = () => rowHeight

/** A list of items. It stays at its end while it is there. */
export const EventList = ({ isLive, items, onSelect, selected }: {
  readonly items: ReadonlyArray<Item>
  readonly selected: string | undefined
  readonly isLive: boolean
  readonly onSelect: (key: string) => void
}) => {
  const box = useRef<HTMLDivElement>(null)
  const isAtEnd = useRef(true)
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => box.current,
    // another function would have it measure all rows again
    estimateSize: sizeOf,
    overscan: 12
  })

  useEffect(() => {
    if (isLive && isAtEnd.current && selected === undefined && items.length > 0) {
      virtualizer.scrollToIndex(items.length - 1, { align: "end" })
    }
  }, [items.length, isLive, selected, virtualizer])

  const selectedIndex = selected === undefined ? -1 : items.findIndex(({ key }) => key === selected)
  const isFound = selectedIndex !== -1
  useEffect(() => {
    if (isFound) virtualizer.scrollToIndex(selectedIndex, { align: "auto" })
    // not whenever there is more to list, which would move the list under the reader
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the index of what is selected changes when others come before
  }, [selected, isFound])

  return (
    <div
      ref={box}
      className="events"
      role="listbox"
      aria-label="Events"
      tabIndex={0}
      aria-activedescendant={selectedIndex === -1 ? undefined : `event-${selected}`}
      onScroll={({ currentTarget: { clientHeight, scrollHeight, scrollTop } }) => {
        isAtEnd.current = scrollTop + clientHeight >= scrollHeight - rowHeight
      }}
    >
      <div role="presentation" className="events-space" style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, key, start }) => {
          const item = items[index]
          if (item === undefined) return null
          const { kind, text, title } = ofItem(item)
          return (
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus -- the list has the focus, and keys move in it
            <div
              key={key}
              id={`event-${item.key}`}
              role="option"
              aria-selected={item.key === selected}
              aria-posinset={index + 1}
              aria-setsize={items.length}
              className={`event ${kind}`}
              style={{ transform: `translateY(${start}px)` }}
              onClick={() => onSelect(item.key)}
            >
              <time>{format.clock(item.at)}</time>
              <span className="event-lane">{item.lane.name}</span>
              <strong>{title}</strong>
              <span className="event-text">{text}</span>
            </div>
          )
        })}
      </div>
    </div>
  )
}
