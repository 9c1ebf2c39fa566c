/**
 * A conversation with everything in it that can be lost, and a service that replays it.
 *
 * It knows only what matters to a follower: streams repeat nothing, the list has an order, what waits is last. In return
 * it can be cut anywhere, some tens of thousands of times.
 */
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { readFileSync } from "node:fs"
import * as Api from "../../src/Api.ts"
import * as ApiClient from "../../src/ApiClient.ts"
import type { ApiError } from "../../src/ApiError.ts"
import { InvalidRequest, Overloaded } from "../../src/ApiError.ts"
import type * as Endpoint from "../../src/Endpoint.ts"
import type { Event } from "../../src/Event.ts"
import * as Event_ from "../../src/Event.ts"
import * as Events from "../../src/Events.ts"
import * as eventStream from "../../src/internal/stream/eventStream.ts"
import * as pull from "../../src/internal/stream/pull.ts"
import type { Page } from "../../src/Page.ts"
import * as Sse from "../../src/Sse.ts"
import * as Timestamp from "../../src/Timestamp.ts"

/** What happens in a session, one after the other. */
type Step =
  | { readonly _tag: "Emit"; readonly event: Event_.StreamEvent; readonly frame: Uint8Array }
  | { readonly _tag: "Queue"; readonly event: Event; readonly frame: Uint8Array }

const encoder = new TextEncoder()

const frameOf = (event: object): Uint8Array =>
  encoder.encode(Sse.encode({ event: (event as { readonly type: string }).type, data: JSON.stringify(event) }))

const fixture: {
  readonly session: { readonly status: string; readonly archived_at: null }
  readonly steps: ReadonlyArray<object>
} = JSON.parse(readFileSync(new URL("../fixtures/conversation.json", import.meta.url), "utf8"))

const valid = Schema.validateSync(Event_.StreamEvent)

/**
 * Previews, a custom tool, a confirmation, messages that wait, an interrupt without an id, a child thread, an error and a
 * recovery, and the end.
 */
export const steps: ReadonlyArray<Step> = fixture.steps.map((step): Step => {
  if ("queued" in step) {
    const event = valid(step.queued)
    return { _tag: "Queue", event: event as Event, frame: frameOf(event) }
  }
  const event = valid(step)
  return { _tag: "Emit", event, frame: frameOf(event) }
})

const isPreview = (event: Event_.StreamEvent) => event.type === "event_start" || event.type === "event_delta"

/** The event list in the end. */
export const stored: ReadonlyArray<Event> = steps.flatMap(({ _tag, event }) =>
  // what is not a preview is stored
  _tag === "Emit" && !isPreview(event) ? [event as Event] : []
)

/** The number of bytes on a connection that sees it all. */
export const length = steps.reduce((sum, step) => sum + (step._tag === "Emit" ? step.frame.length : 0), 0)

/** What goes wrong with one connection, and what the service does meanwhile. */
export interface ConnectionPlan {
  /** Steps that the service makes before the connection is there, and before each page of the list. */
  readonly before: number
  readonly between: number
  /** An error in place of the response head, or of the n-th page of the list. */
  readonly refuse?: { readonly request: "stream" | number; readonly retryAfter?: number }
  /** How it ends, after so many bytes. */
  readonly end?: { readonly bytes: number; readonly how: "break" | "close" | "stall" }
  /** How many bytes a chunk has at most; without it all that there is comes as one. */
  readonly chunk?: number
  /** Every n-th frame comes twice if it is an event, and every n-th is followed by a heartbeat. */
  readonly twice?: number
  readonly ping?: number
}

export interface Plan {
  /** The last one is for all further connections. */
  readonly connections: ReadonlyArray<ConnectionPlan>
  /** How many events a page has at most. */
  readonly page: number
  /** Whether page cursors count from the start, so that they move with what waits. */
  readonly offsets: boolean
  /** Whether the stream also announces what is queued. */
  readonly announce: boolean
}

const ping = frameOf({ type: "ping" })
const comment = encoder.encode(": keep-alive\n\n")

type Ending = "break" | "close" | "stall"

/** The service as one follower sees it. */
export class Replay {
  private readonly plan: Plan
  /** How many steps have been made. */
  private made = 0
  /** How many connections there have been. */
  connections = 0
  /** How many events were listed. */
  listed = 0
  private pages = 0

  constructor(plan: Plan) {
    this.plan = plan
  }

  private get current(): ConnectionPlan {
    // there is a connection, and a plan has at least one
    return this.plan.connections[Math.min(this.connections, this.plan.connections.length) - 1]!
  }

  private advance(count: number): void {
    this.made = Math.min(steps.length, this.made + count)
  }

  private readonly busy = Effect.suspend(() => {
    const retryAfter = this.current.refuse?.retryAfter
    return new Overloaded({
      operation: "Events",
      status: 529,
      detail: "Busy",
      retryAfter: retryAfter === undefined ? undefined : Duration.millis(retryAfter)
    })
  })

  /** A page of the list. */
  list(query: Event_.ListParams): Effect.Effect<Page<Event>, ApiError> {
    this.advance(this.current.between)
    if (this.current.refuse?.request === ++this.pages) return this.busy
    const processed: Array<Event> = []
    const waiting = new Map<string | undefined, Event>()
    for (const step of steps.slice(0, this.made)) {
      if (isPreview(step.event)) continue
      // what is not a preview is stored
      const event = step.event as Event
      if (step._tag === "Queue") waiting.set(Event_.idOf(event), event)
      else {
        processed.push(event)
        waiting.delete(Event_.idOf(event))
      }
    }
    const bound = query["created_at[gte]"]
    const all = bound === undefined
      ? [...processed, ...waiting.values()]
      : processed.filter((event) => Timestamp.Order(Event_.processedAtOf(event)!, bound) >= 0)
    const direction = query.order ?? "asc"
    if (direction === "desc") all.reverse()
    let from = 0
    if (typeof query.page === "string") {
      const { order, place } = JSON.parse(query.page)
      if (order !== direction) {
        return new InvalidRequest({ operation: "Events.list", status: 400, detail: "page token order" })
      }
      // behind the event that the page before ended with; if that has been processed meanwhile, at the end
      const index = typeof place === "number" ? place - 1 : all.findIndex((event) => JSON.stringify(event) === place)
      from = index === -1 ? all.length : index + 1
    }
    const data = all.slice(from, from + Math.min(query.limit ?? 1000, this.plan.page))
    this.listed += data.length
    const end = from + data.length
    if (end >= all.length) return Effect.succeed({ data })
    const place = this.plan.offsets ? end : JSON.stringify(data.at(-1))
    return Effect.succeed({ data, next_page: JSON.stringify({ order: direction, place }) })
  }

  /** A new connection. */
  open(): Effect.Effect<Stream.Stream<Uint8Array, Error>, ApiError> {
    this.connections++
    this.pages = 0
    this.advance(this.current.before)
    if (this.current.refuse?.request === "stream") return this.busy
    const bytes = this.read(this.current, this.made)
    return Effect.succeed(Stream.repeatEffectChunkOption(Effect.suspend(() => {
      const { done, value } = bytes.next()
      if (!done) return Effect.succeed(Chunk.of(value))
      if (value === "stall") return Effect.never
      return Effect.fail(value === "close" ? Option.none() : Option.some(new Error("reset")))
    })))
  }

  private *read(plan: ConnectionPlan, first: number): Generator<Uint8Array, Ending> {
    const { chunk, end, ping: everyPing, twice } = plan
    let previewing = false
    let left = end?.bytes ?? Number.POSITIVE_INFINITY
    const whole: Array<Uint8Array> = []
    let frames = 0
    for (let at = first; at < steps.length && left > 0; at++) {
      // what has happened while nobody read is on the connection as well
      this.made = Math.max(this.made, at + 1)
      const { _tag, event, frame } = steps[at]!
      if (event.type === "span.model_request_start") previewing = true
      // there are no previews for a request that was under way when the connection was made
      if (_tag === "Queue" ? !this.plan.announce : isPreview(event) && !previewing) continue
      frames++
      const pieces = [frame]
      // a part of a preview has nothing to be recognised by
      if (twice !== undefined && frames % twice === 0 && !isPreview(event)) pieces.push(frame)
      if (everyPing !== undefined && frames % everyPing === 0) pieces.push(frames % 2 === 0 ? ping : comment)
      for (const piece of pieces) {
        const bytes = piece.subarray(0, left)
        left -= bytes.length
        if (chunk === undefined) whole.push(bytes)
        else for (let i = 0; i < bytes.length; i += chunk) yield bytes.subarray(i, i + chunk)
      }
    }
    if (whole.length > 0) yield Buffer.concat(whole)
    return left > 0 || end === undefined ? "close" : end.how
  }

  /** What the session reads as. */
  get session(): { readonly status: string; readonly archived_at: null } {
    return { ...fixture.session, status: this.made < steps.length ? "running" : "terminated" }
  }
}

/** `Events` whose every session is a replay of its own. Only what is below the endpoints is left out. */
export const events = (replays: ReadonlyMap<string, Replay>) => {
  const find = (input: { readonly path: { readonly session_id: string } }) => replays.get(input.path.session_id)!
  const call = (endpoint: Endpoint.Any, input: any) => {
    const replay = find(input)
    return Effect.suspend((): Effect.Effect<unknown, ApiError> =>
      endpoint.name === Api.events.list.name ? replay.list(input.query) : Effect.succeed(replay.session)
    )
  }
  const open = (endpoint: Endpoint.Any, input: any, options: ApiClient.StreamOptions = {}) =>
    Effect.map(Effect.suspend(() => find(input).open()), (bytes) =>
      pull.toStream(eventStream.read(bytes, {
        operation: endpoint.name,
        requestId: undefined,
        schema: endpoint.success,
        maxEventSize: 100_000,
        scrub: (text) => text,
        onEvents: () => {},
        maxSilence: options.maxSilence
      })))
  return Events.layer.pipe(
    // only these endpoints are called
    Layer.provide(Layer.succeed(ApiClient.ApiClient, { call, open } as unknown as ApiClient.Service))
  )
}
