import * as Event from "@effect-managed-agents/core/Event"
import type * as Page from "@effect-managed-agents/core/Page"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { Rules } from "../../../Rules.ts"
import type { EventLog, StoredEvent } from "../../session/eventLog.ts"
import * as refusal from "../../session/refusal.ts"
import type { Ruling } from "../../session/refusal.ts"
import type { Pending } from "../../session/state.ts"
import * as time from "../../session/timestamp.ts"
import * as transitions from "../../session/transitions.ts"
import * as validate from "../../session/validate.ts"
import type { Cell } from "../../world/world.ts"
import type * as wire from "../wire.ts"
import type { Call } from "./context.ts"
import * as context from "./context.ts"
import * as pages from "./pages.ts"

const defaultLimit = 1000

interface Entry {
  readonly event: StoredEvent
  readonly key: readonly [number, number]
}

interface Place {
  readonly list: string
  readonly order: wire.Order
  readonly cursor: wire.Cursor | undefined
}

/**
 * The events of a list: what was processed in the order of processing, then what waits, in the order of arrival. Of these
 * as many as the page and what follows it may need, from its cursor on: a session may have a long history.
 *
 * What waits is keyed right behind the last entry, so that a cursor into it finds everything that is processed later.
 */
const entries = (
  log: EventLog<StoredEvent>,
  inbox: ReadonlyArray<Pending>,
  { cursor, order }: Place,
  limit: number,
  holds: (event: StoredEvent) => boolean
): ReadonlyArray<Entry> => {
  const count = log.length + inbox.length
  const entry = (n: number): Entry | undefined => {
    const event = n < log.length ? log.items[n] : undefined
    if (event !== undefined) return { event, key: [n, 0] }
    const pending = inbox[n - log.length]
    return pending && { event: pending.event, key: [log.length - 1, pending.seq + 1] }
  }
  const isOnward = ([n, seq]: Entry["key"]): boolean => {
    if (cursor === undefined) return true
    const ahead = n - cursor.key[0] || seq - cursor.key[1]
    return order === "asc" ? ahead > 0 : ahead < 0
  }
  const found: Array<Entry> = []
  /** Tells whether there is enough: one more than a page, which shows that there is another. */
  const take = (n: number): boolean => {
    const one = entry(n)
    if (one !== undefined && isOnward(one.key) && holds(one.event)) found.push(one)
    return found.length > limit
  }
  if (order === "asc") {
    for (let n = Math.max(0, cursor?.key[0] ?? 0); n < count; n++) if (take(n)) break
    return found
  }
  for (let n = count - 1; n >= 0; n--) if (take(n)) break
  return found.reverse()
}

const page = (
  log: EventLog<StoredEvent>,
  inbox: ReadonlyArray<Pending>,
  { limit, rules, ...place }: Place & { readonly limit: number | undefined; readonly rules: Rules },
  holds: (event: StoredEvent) => boolean = () => true
): Ruling<Page.Page<typeof Event.Event.Encoded>> =>
  Either.map(pages.limit(limit, defaultLimit, rules.maxItemsPerPage), (limit) => {
    const cut = pages.cut(entries(log, inbox, place, limit, holds), rules, {
      ...place,
      limit,
      key: (entry) => entry.key,
      bidirectional: false
    })
    // what is stored was made by this simulator's typed constructors, or injected by a test on purpose
    return { ...cut, data: cut.data.map((entry) => entry.event as typeof Event.Event.Encoded) }
  })

const processedAt = (event: StoredEvent | undefined): time.Micros | undefined =>
  typeof event?.processed_at === "string" ? time.parse(event.processed_at) : undefined

export const list = (
  call: Call<typeof Event.ListParams.Encoded, unknown>
): Ruling<Page.Page<typeof Event.Event.Encoded>> =>
  Either.gen(function*() {
    const { query, world } = call
    const { rules } = world.env
    const { session } = yield* context.session(call)
    const order = query.order ?? "asc"
    for (const [i, type] of (query.types ?? []).entries()) {
      if (!listable.has(type)) yield* refusal.invalid(`types[${i}]: ${JSON.stringify(type)} is not a type of event`)
    }
    const name = `events:${session.id}`
    const cursor = yield* pages.cursor(query.page, name, order)
    const inside = pages.within(query)
    yield* pages.checkBounds(cursor && processedAt(session.log.items[cursor.key[0]]), inside)
    const types = query.types === undefined ? undefined : new Set<string>(query.types)
    return yield* page(
      session.log,
      session.inbox,
      { list: name, order, limit: query.limit, cursor, rules },
      (event) => {
        if (types !== undefined && !types.has(event.type)) return false
        if (inside === undefined) return true
        // a bound is on the time of processing, which what waits does not have
        const at = processedAt(event)
        return at === undefined ? !rules.boundsHidePending : inside(at)
      }
    )
  })

/** The types of events that may be asked for: all that lists can hold, except the one that is only ever streamed. */
const listable: ReadonlySet<unknown> = new Set(validate.tags(Event.Event).filter((type) => type !== "session.deleted"))

export const listOfThread = (
  call: Call<typeof Event.ThreadListParams.Encoded, unknown>,
  cell: Cell,
  threadId: string
): Ruling<Page.Page<typeof Event.Event.Encoded>> =>
  Either.gen(function*() {
    const { session } = cell
    const thread = session.threads.find((one) => one.id === threadId)
    if (thread === undefined) return yield* refusal.notFound(`Thread not found: ${threadId}`)
    const name = `events:${threadId}`
    const cursor = yield* pages.cursor(call.query.page, name, "asc")
    const inbox = thread === session.threads[0] ? session.inbox : []
    return yield* page(thread.log, inbox, {
      list: name,
      order: "asc",
      limit: call.query.limit,
      cursor,
      rules: call.world.env.rules
    })
  })

/** Answers of old clients name the thread of the call, which the service ignores. */
const answers: ReadonlySet<unknown> = new Set(["user.tool_confirmation", "user.custom_tool_result", "user.tool_result"])

const withoutThread = (event: unknown): unknown => {
  if (typeof event !== "object" || event === null || !("type" in event) || !answers.has(event.type)) return event
  return Object.fromEntries(Object.entries(event).filter(([key]) => key !== "session_thread_id"))
}

const checkBody = validate.body(Event.SendParams)
const checkEmpty = validate.body(Schema.Struct({ events: Schema.Array(Schema.Unknown) }))
const checkLone = validate.body(UserEvent.SystemMessageParams)

/** Reads the body of a send. */
export const sendBody = (rules: Rules) => (body: unknown): Ruling<typeof Event.SendParams.Encoded> => {
  if (typeof body !== "object" || body === null || !("events" in body) || !Array.isArray(body.events)) {
    return checkBody(body)
  }
  const events: ReadonlyArray<unknown> = body.events.map(withoutThread)
  if (events.length > rules.maxEventsPerSend) {
    return refusal.invalid(`events: must have at most ${rules.maxEventsPerSend} items`)
  }
  if (rules.acceptEmptySends && events.length === 0) return Either.map(checkEmpty(body), () => ({ events: [] }))
  const [first] = events
  const lone = rules.loneSystemMessages && events.length === 1 && typeof first === "object" && first !== null &&
    "type" in first && first.type === "system.message"
  return lone ? Either.map(checkLone(first), (event) => ({ events: [event] })) : checkBody({ ...body, events })
}

export const send = (call: Call<unknown, typeof Event.SendParams.Encoded>): Ruling<typeof Event.SendResponse.Encoded> =>
  Either.gen(function*() {
    const { body, world } = call
    const cell = yield* context.session(call)
    // the tags were checked with the body
    const events = body.events as ReadonlyArray<transitions.SendableEncoded>
    const sender = context.credentials(call.request).some(context.isEnvironmentKey) ? "worker" : "client"
    const sent = yield* transitions.send(cell.session, world.now(), world.env, events, sender)
    world.commit(cell, sent, sent.answer.data ?? [])
    return sent.answer
  })

/** The types of events that a stream is to preview. */
export const previewed = (query: typeof Event.StreamParams.Encoded): Ruling<ReadonlySet<string>> => {
  const types = query.event_deltas ?? []
  for (const [i, type] of types.entries()) {
    if (type !== "agent.message" && type !== "agent.thinking") {
      return refusal.invalid(
        `event_deltas[${i}]: ${JSON.stringify(type)} cannot be previewed, only "agent.message" and "agent.thinking" can`
      )
    }
  }
  return Either.right(new Set<string>(types))
}

export const stream = (call: Call<typeof Event.StreamParams.Encoded, unknown>): Ruling<context.Stream> =>
  Either.gen(function*() {
    const seen = yield* previewed(call.query)
    return { cell: yield* context.session(call), thread: null, previewed: seen }
  })
