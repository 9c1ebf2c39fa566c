// Files that people drop on the page: cassettes, and the history or the requests of a simulator.
import type * as Event from "@effect-managed-agents/core/Event"
import type * as Cassette from "@effect-managed-agents/testkit/Cassette"
import type * as Ledger from "@effect-managed-agents/testkit/Ledger"
import type { Judged, Verdict } from "../control.ts"
import { field, Recording, type Snapshot } from "./recording.ts"

/** Content of a file: its sessions, and what was asked, if it says so. */
export interface Opened {
  readonly name: string
  readonly sessions: ReadonlyMap<string, { readonly title: string; readonly snapshot: Snapshot }>
  readonly history: Judged
}

type Placed = { readonly threadId: string | null; readonly event: Event.Event }

/** Collects events by session, each once: as it was when it was processed. */
class Collector {
  readonly titles = new Map<string, string>()
  private readonly events = new Map<string, Map<string, Placed>>()

  session(value: unknown): void {
    if (typeof value !== "object" || value === null || field(value, "type") !== "session") return
    const agent = field(value, "agent")
    const name = typeof agent === "object" && agent !== null ? field(agent, "name") : undefined
    this.titles.set(String(field(value, "id")), String(field(value, "title") ?? name ?? ""))
  }

  event(sessionId: string, threadId: string | null, event: unknown): void {
    if (typeof event !== "object" || event === null) return
    const [id, type] = [field(event, "id"), field(event, "type")]
    if (typeof id !== "string" || typeof type !== "string" || typeof field(event, "processed_at") !== "string") return
    const all = this.events.get(sessionId) ?? new Map<string, Placed>()
    this.events.set(sessionId, all)
    // a child's own stream says better whose it is than the session's
    const known = all.get(id)
    if (known === undefined || (known.threadId === null && threadId !== null)) {
      // its id, type and time were looked at, and nobody relies on more
      all.set(id, { threadId, event: event as Event.Event })
    }
  }

  get sessions(): Opened["sessions"] {
    return new Map(Array.from(this.events, ([id, events]) => {
      const title = this.titles.get(id) ?? ""
      const recording = new Recording(title === "" ? id : title)
      const ordered = [...events.values()].sort((a, b) => time(a) - time(b))
      recording.addEvents(ordered)
      recording.connection = { _tag: "Closed" }
      return [id, { title, snapshot: { recording, version: recording.version } }]
    }))
  }
}

const time = ({ event }: Placed): number => Date.parse(String(field(event, "processed_at")))

const eventsPath = /^\/v1\/sessions\/([^/]+)(?:\/threads\/([^/]+))?\/(?:events\/stream|events|stream)$/

const readCassette = (name: string, lines: ReadonlyArray<string>): Opened => {
  const collector = new Collector()
  const asked = new Map<number, Cassette.Asked>()
  const entries = new Map<number, Ledger.Exchange>()
  // a line that the recorder wrote; what is read of it is checked where it is used
  const all = lines.map((line) => JSON.parse(line) as Cassette.Entry & { readonly recorded?: string })
  const recorded = Date.parse(all[0]?.recorded ?? "")
  for (const entry of all.slice(1)) {
    if ("request" in entry) {
      asked.set(entry.exchange, entry)
      entries.set(entry.exchange, {
        at: new Date(recorded + entry.at).toISOString(),
        method: entry.request.method,
        path: entry.request.path,
        query: entry.request.query ?? {},
        headers: entry.request.headers,
        ...("body" in entry.request && { body: entry.request.body })
      })
      continue
    }
    const request = asked.get(entry.exchange)?.request
    if (request === undefined) continue
    const [, sessionId, thread = null] = eventsPath.exec(request.path) ?? []
    if ("frame" in entry) {
      const data = /^data: ?(.*)$/m.exec(entry.frame)?.[1]
      if (sessionId !== undefined && data !== undefined) collector.event(sessionId, thread, JSON.parse(data))
    } else if ("response" in entry) {
      const known = entries.get(entry.exchange)
      if (known !== undefined) entries.set(entry.exchange, { ...known, status: entry.response.status })
      const body = entry.response.body
      const data = typeof body === "object" && body !== null ? field(body, "data") : undefined
      for (const one of [body, ...(Array.isArray(data) ? data : [])]) {
        collector.session(one)
        if (sessionId !== undefined) collector.event(sessionId, thread, one)
      }
    }
  }
  const moments = Array.from(entries.values(), (entry) => ({ _tag: "Asked", at: entry.at, exchange: entry }) as const)
  return { name, sessions: collector.sessions, history: { moments, truncated: false, sessions: [], laws: [] } }
}

const readHistory = (
  name: string,
  moments: ReadonlyArray<Ledger.Moment>,
  laws: ReadonlyArray<Verdict>
): Opened => {
  const collector = new Collector()
  for (const moment of moments) {
    if (moment._tag === "Emitted") collector.event(moment.sessionId, moment.threadId, moment.event)
  }
  return { name, sessions: collector.sessions, history: { moments, truncated: false, sessions: [], laws } }
}

/** Reads a file, or says why it cannot be read. */
export const read = (name: string, text: string): Opened | string => {
  try {
    const lines = text.split("\n").filter((line) => line.trim() !== "")
    const first: unknown = lines[0]?.startsWith("{\"cassette\"") === true ? JSON.parse(lines[0]) : undefined
    if (first !== undefined) return readCassette(name, lines)
    const json: unknown = JSON.parse(text)
    if (Array.isArray(json)) {
      // the requests of a simulator
      const entries = json as ReadonlyArray<Ledger.Exchange>
      return readHistory(name, entries.map((entry) => ({ _tag: "Asked", at: entry.at, exchange: entry })), [])
    }
    const moments = typeof json === "object" && json !== null ? field(json, "moments") : undefined
    if (typeof json !== "object" || json === null || !Array.isArray(moments)) {
      return `${name} is neither a cassette nor a ledger`
    }
    const laws = field(json, "laws")
    // the page wrote it itself
    return readHistory(
      name,
      moments as ReadonlyArray<Ledger.Moment>,
      Array.isArray(laws) ? laws as ReadonlyArray<Verdict> : []
    )
  } catch (cause) {
    return `${name} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`
  }
}
