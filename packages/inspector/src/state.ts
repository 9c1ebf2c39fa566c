// What the page shows before anything is opened.
import { Atom, Result } from "@effect-atom/atom-react"
import * as Api from "@effect-managed-agents/core/Api"
import { ApiClient } from "@effect-managed-agents/core/ApiClient"
import type * as Session from "@effect-managed-agents/core/Session"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as Effect from "effect/Effect"
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
  /** `undefined` while they are not known. */
  readonly turns: number | undefined
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

/** Facts from the idle events of a session. */
interface Details {
  /** The state of the session that they belong to. */
  readonly of: string
  readonly turns: number
  readonly isMore: boolean
  readonly calls: number
}

const known = new Map<string, Details>()

const stateOf = ({ status, updated_at }: Session.Session): string => `${updated_at} ${status}`

/** A line with what is known: the turns of before, until those of now are read. */
const rowOf = (session: Session.Session): Row => {
  const details = known.get(session.id)
  const calls = details?.of === stateOf(session) ? details.calls : undefined
  return { session, turns: details?.turns, isMore: details?.isMore ?? false, waitsFor: waitsFor(session, calls) }
}

/** Reads the idle events of a session, again when it has changed. */
const readDetails = (api: ApiClient["Type"]) => (session: Session.Session): Effect.Effect<void> =>
  known.get(session.id)?.of === stateOf(session)
    ? Effect.void
    : api.call(Api.events.list, {
      path: { session_id: session.id },
      query: { types: ["session.status_idle"], order: "desc", limit: 100 }
    }).pipe(
      Effect.map((page) => {
        const reasons = page.data.map(stopReason)
        known.set(session.id, {
          of: stateOf(session),
          turns: reasons.filter(({ type }) => type !== "requires_action").length,
          isMore: typeof page.next_page === "string",
          calls: reasons[0]?.waiting.length ?? 0
        })
      }),
      Effect.ignore
    )

const waitsFor = ({ status }: Session.Session, calls: number | undefined): string => {
  if (status === "running") return "the agent"
  if (status === "rescheduling") return "the service"
  if (status === "terminated") return "nobody"
  if (calls === undefined) return ""
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
    const { interval, isLasting, pages } = yield* Source.current
    const service = yield* Sessions.Sessions
    const details = readDetails(yield* ApiClient)
    if (!isLasting) known.clear()
    /** The sessions with what is known of them, and again with all. */
    const look = (older: number) =>
      Effect.zipRight(Source.seen, newest(service, pages + older)).pipe(
        Effect.map(({ all, isMore }) => {
          const listed = Effect.sync((): Listed => ({ rows: all.map(rowOf), isMore, failure: undefined }))
          const read = Effect.forEach(all, details, { concurrency: 4, discard: true })
          return Stream.concat(Stream.fromEffect(listed), Stream.fromEffect(Effect.zipRight(read, listed)))
        }),
        Stream.unwrap,
        Stream.catchAll(({ message }) => Stream.succeed(message))
      )
    return get.stream(olderPages).pipe(
      Stream.flatMap((older) => Stream.repeat(look(older), Schedule.spaced(interval)), { switch: true }),
      Stream.scan<Listed, Listed | string>(
        { rows: undefined, isMore: false, failure: undefined },
        (before, read) => typeof read === "string" ? { ...before, failure: read } : read
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
