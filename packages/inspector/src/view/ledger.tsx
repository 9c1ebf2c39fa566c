// What was asked of the service, and what the laws say about it.
import { useVirtualizer } from "@tanstack/react-virtual"
import { useMemo, useRef, useState } from "react"
import type { Judged } from "../control.ts"
import * as format from "./format.ts"

/** The requests of a history, and the verdicts. */
export const LedgerView = ({ history }: { readonly history: Judged }) => {
  const entries = useMemo(
    () => history.moments.flatMap((moment, n) => moment._tag === "Asked" ? [{ n, entry: moment.exchange }] : []),
    [history]
  )
  const [open, setOpen] = useState<number>()
  const shown = entries.find(({ n }) => n === open)
  const box = useRef<HTMLDivElement>(null)
  const virtualizer = useVirtualizer({
    count: entries.length,
    getScrollElement: () => box.current,
    estimateSize: () => 28,
    overscan: 10
  })
  return (
    <section className="ledger" aria-label="Ledger">
      {history.laws.length === 0 ? null : (
        <ul className="laws">
          {history.laws.map(({ name, offences }) => (
            <li key={name} className={offences.length === 0 ? "kept" : "broken"}>
              <strong>{offences.length === 0 ? "✓" : "✗"} {name}</strong>
              {offences.map(({ message }) => <p key={message}>{message}</p>)}
            </li>
          ))}
        </ul>
      )}
      <p>
        {entries.length.toLocaleString("en")} requests{history.truncated ? ", the oldest of which are not kept" : ""}
      </p>
      <div className="panes">
        <div ref={box} className="requests" tabIndex={0} role="group" aria-label="Requests">
          <div className="events-space" style={{ height: virtualizer.getTotalSize() }}>
            {virtualizer.getVirtualItems().map(({ index, start }) => {
              const one = entries[index]
              if (one === undefined) return null
              const { entry, n } = one
              return (
                <button
                  type="button"
                  key={n}
                  className={`request${entry.fault === undefined ? "" : " hit"}`}
                  aria-pressed={n === open}
                  style={{ transform: `translateY(${start}px)` }}
                  onClick={() => setOpen(n === open ? undefined : n)}
                >
                  <time>{format.clock(Date.parse(entry.at))}</time>
                  <strong>{entry.method}</strong>
                  <span>{entry.path}</span>
                  <span>{entry.status ?? "no answer"}{entry.fault === undefined ? "" : " (fault)"}</span>
                </button>
              )
            })}
          </div>
        </div>
        {shown === undefined ? null : <pre className="json" tabIndex={0}>{JSON.stringify(shown.entry, null, 2)}</pre>}
      </div>
    </section>
  )
}
