// The sessions, newest first.
import { Result, useAtomSet, useAtomValue } from "@effect-atom/atom-react"
import { useVirtualizer } from "@tanstack/react-virtual"
import * as Option from "effect/Option"
import { useMemo, useRef, useState } from "react"
import { format as address } from "../route.ts"
import { olderPages, type Row, sessions } from "../state.ts"
import * as format from "./format.ts"
import { Failure } from "./result.tsx"

const tokensOf = ({ session: { usage } }: Row): number =>
  (usage.input_tokens ?? 0) + (usage.output_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0) +
  (usage.cache_creation?.ephemeral_1h_input_tokens ?? 0) + (usage.cache_creation?.ephemeral_5m_input_tokens ?? 0)

const costOf = ({ session: { usage } }: Row): number | undefined =>
  usage.list_cost === undefined || usage.list_cost === null ? undefined : Number(usage.list_cost.amount)

const matches = ({ session, waitsFor }: Row, query: string): boolean =>
  `${session.id} ${session.title ?? ""} ${session.agent.name} ${String(session.status)} ${waitsFor} ${
    Object.entries(session.metadata).flat().join(" ")
  }`.toLowerCase().includes(query)

/** The list of sessions. */
export const SessionsView = () => {
  const result = useAtomValue(sessions)
  const latest = Option.getOrUndefined(Result.value(result))
  const [query, setQuery] = useState("")
  const older = useAtomSet(olderPages)
  const all = latest?.rows
  const rows = useMemo(() => (all ?? []).filter((row) => matches(row, query.trim().toLowerCase())), [all, query])
  const box = useRef<HTMLDivElement>(null)
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => 44,
    overscan: 10
  })
  return (
    <div className="sessions">
      <div className="filter">
        <h1>Sessions</h1>
        <input
          type="search"
          data-search
          value={query}
          aria-label="Search sessions"
          placeholder="Search sessions (press /)"
          onChange={(event) => setQuery(event.target.value)}
        />
        <output>{rows.length} of {all?.length ?? 0}</output>
      </div>
      <Failure result={result} />
      {latest?.failure === undefined ? null : <p role="alert" className="failure">{latest.failure}</p>}
      <div ref={box} className="table" role="table" aria-label="Sessions" aria-rowcount={rows.length + 1} tabIndex={0}>
        <div role="rowgroup">
          <div role="row" className="table-head">
            {["Session", "Status", "Agent", "Turns", "Tokens", "Cost", "Waits for"].map((name) => (
              <span role="columnheader" key={name}>{name}</span>
            ))}
          </div>
        </div>
        <div role="rowgroup" className="table-space" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ index, start }) => {
            const row = rows[index]
            if (row === undefined) return null
            const { isMore, session, turns, waitsFor } = row
            return (
              <div
                role="row"
                key={session.id}
                aria-rowindex={index + 2}
                className="table-row"
                style={{ transform: `translateY(${start}px)` }}
              >
                <span role="cell">
                  <a href={address({ _tag: "Session", id: session.id, event: undefined })}>
                    {session.title ?? session.id}
                  </a>
                </span>
                <span role="cell">
                  <span className={`badge ${String(session.status)}`}>
                    {session.archived_at === null ? String(session.status) : "archived"}
                  </span>
                </span>
                <span role="cell">{session.agent.name}</span>
                <span role="cell">{turns ?? "…"}{isMore ? "+" : ""}</span>
                <span role="cell">{format.count(tokensOf(row))}</span>
                <span role="cell">{format.money(costOf(row))}</span>
                <span role="cell" className={waitsFor.startsWith("you") ? "waits" : undefined}>{waitsFor}</span>
              </div>
            )
          })}
        </div>
      </div>
      {latest?.isMore === true
        ? <button type="button" onClick={() => older((pages) => pages + 1)}>Older sessions</button>
        : null}
      {all === undefined && latest?.failure === undefined ? <p className="empty">Reading the sessions…</p> : null}
      {all !== undefined && all.length === 0 ? <p className="empty">There is no session yet.</p> : null}
    </div>
  )
}
