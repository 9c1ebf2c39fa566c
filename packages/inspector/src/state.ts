// What the page shows before anything is opened.
import { Atom, Result } from "@effect-atom/atom-react"
import * as Api from "@effect-managed-agents/core/Api"
import { ApiClient } from "@effect-managed-agents/core/ApiClient"
import type * as Session from "@effect-managed-agents/core/Session"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { reading } from "./client.ts"
import * as Control from "./control.ts"
import type { Opened } from "./model/file.ts"
import { stopReason } from "./model/recording.ts"
import * as Source from "./source.ts"

// what follows a session is loaded with the view of one
const runtime = reading(Sessions.layer)

/** Line of the list of sessions. */
export interface Row {
  readonly session: Session.Session
  readonly turns: number
  /** True if there are more turns than were counted. */
  readonly isMore: boolean
  readonly waitsFor: string
}

/** The list of sessions, as far as it has been read. */
export interface Listed {
  readonly rows: ReadonlyArray<Row> | undefined
  /** True if there are older ones. */
  readonly isMore: boolean
  /** Says why it is not as it is now. */
  readonly failure: string | undefined
}

/** Reader of the idle events of a session, for what they say about it. They are read again when the session has changed. */
const detailsOf = Effect.gen(function*() {
  const api = yield* ApiClient
  const known = new Map<
    string,
    { readonly updated: string; readonly turns: number; readonly isMore: boolean; readonly calls: number }
  >()
  return (session: Session.Session): Effect.Effect<Row> =>
    Effect.gen(function*() {
      const updated = `${session.updated_at} ${session.status}`
      let details = known.get(session.id)
      if (details?.updated !== updated) {
        const page = yield* api.call(Api.events.list, {
          path: { session_id: session.id },
          query: { types: ["session.status_idle"], order: "desc", limit: 100 }
        })
        const reasons = page.data.map(stopReason)
        details = {
          updated,
          turns: reasons.filter(({ type }) => type !== "requires_action").length,
          isMore: typeof page.next_page === "string",
          calls: reasons[0]?.waiting.length ?? 0
        }
        known.set(session.id, details)
      }
      return { session, turns: details.turns, isMore: details.isMore, waitsFor: waitsFor(session, details.calls) }
    }).pipe(Effect.orElseSucceed(() => ({ session, turns: 0, isMore: false, waitsFor: "" })))
})

const waitsFor = ({ status }: Session.Session, calls: number): string => {
  if (status === "running") return "the agent"
  if (status === "rescheduling") return "the service"
  if (status === "terminated") return "nobody"
  return calls === 0 ? "a message" : `you: ${calls} ${calls === 1 ? "call" : "calls"}`
}

/** Pages of older sessions that the reader has asked for. */
export const olderPages: Atom.Writable<number> = Atom.make(0)

/** The newest sessions, some pages of them. */
const newest = (service: Sessions.Service, pages: number) =>
  Effect.gen(function*() {
    const all: Array<Session.Session> = []
    let page: string | null | undefined
    for (let n = 0; n < pages && page !== null; n++) {
      const read = yield* service.listPage({ include_archived: true, limit: 100, ...(page !== undefined && { page }) })
      all.push(...read.data)
      page = read.next_page ?? null
    }
    return { all, isMore: page !== null }
  })

/** The sessions, newest first, read again and again. What was read stays when it cannot be read again. */
export const sessions = runtime.atom((get) =>
  Stream.unwrap(Effect.gen(function*() {
    const { interval, pages } = yield* Source.current
    const service = yield* Sessions.Sessions
    const details = yield* detailsOf
    const look = (older: number) =>
      Source.seen.pipe(
        Effect.zipRight(newest(service, pages + older)),
        Effect.bind("rows", ({ all }) => Effect.forEach(all, details, { concurrency: 4 })),
        Effect.either
      )
    return get.stream(olderPages).pipe(
      Stream.flatMap((older) => Stream.repeatEffectWithSchedule(look(older), Schedule.spaced(interval)), {
        switch: true
      }),
      Stream.scan<Listed, Either.Either<Omit<Listed, "failure">, { readonly message: string }>>(
        { rows: undefined, isMore: false, failure: undefined },
        (before, read) =>
          Either.match(read, {
            onLeft: ({ message }) => ({ ...before, failure: message }),
            onRight: ({ isMore, rows }) => ({ rows, isMore, failure: undefined })
          })
      )
    )
  }))
)

const server = runtime.atom(Stream.repeatEffectWithSchedule(Control.server, Schedule.spaced("2 seconds")))

/** State of the simulator; `undefined` if the server is none. */
export const health = Atom.map(server, Result.map(Control.simulatorOf))

/** Name of the service behind the server; `undefined` if there is none. */
export const upstream = Atom.map(
  server,
  Result.map((server) => server !== undefined && "upstream" in server ? server.upstream : undefined)
)

/** The file that was dropped on the page, or why it cannot be read. */
export const file: Atom.Writable<Opened | string | undefined> = Atom.keepAlive(
  Atom.make<Opened | string | undefined>(undefined)
)
