import { Events } from "@effect-managed-agents/core/Events"
import type { SessionId } from "@effect-managed-agents/core/Ids"
import type { Page } from "@effect-managed-agents/core/Page"
import type * as Session from "@effect-managed-agents/core/Session"
import { Sessions } from "@effect-managed-agents/core/Sessions"
import * as Timestamp from "@effect-managed-agents/core/Timestamp"
import * as Effect from "effect/Effect"
import { Drift } from "../expectation.ts"
import { attempt, collect, create, history, say, typesOf, untilEnd, watch } from "../lab.ts"
import * as prompts from "../prompts.ts"
import type { Scenario } from "../scenario.ts"
import { define } from "../scenario.ts"

const idsOf = (list: ReadonlyArray<{ readonly id: SessionId }>): ReadonlyArray<SessionId> => list.map(({ id }) => id)

/** Several new sessions, and the bounds that leave out all older ones. */
const several = (count: number) =>
  Effect.map(Effect.all([create(), ...Effect.replicate(create(), count - 1)]), (created) => {
    const [first] = created
    const times = created.map((session) => session.created_at).sort(Timestamp.Order)
    const range: Session.ListParams = { "created_at[gte]": times[0], "created_at[lte]": times.at(-1) }
    // others may create sessions at the same time
    const own = new Set<string>(idsOf(created))
    return {
      // they have the same one
      agent: first.agent,
      created: idsOf(created),
      // those that are as young as the youngest
      youngest: idsOf(created.filter((session) => session.created_at === times.at(-1))),
      range,
      ours: (ids: ReadonlyArray<SessionId>) => ids.filter((id) => own.has(id))
    }
  })

/** A cursor that must be there. */
const cursorOf = (page: Page<unknown>, which: "next_page" | "prev_page"): Effect.Effect<string, Drift> => {
  const cursor = page[which]
  return typeof cursor === "string"
    ? Effect.succeed(cursor)
    : new Drift({ expectation: `the page has a ${which}`, expected: "a cursor", seen: cursor ?? "none" })
}

/** A session in which one turn has taken place. */
const oneTurn = Effect.gen(function*() {
  const { id } = yield* create()
  const live = yield* watch(id)
  yield* say(id, prompts.ok)
  yield* untilEnd(live)
  return id
})

export const all: ReadonlyArray<Scenario> = [
  define({
    name: "list.sessions",
    description: "Sessions are listed the newest first or the oldest first, by agent, status and time of creation.",
    turns: 0,
    program: Effect.gen(function*() {
      const sessions = yield* Sessions
      const { agent, created, ours, range, youngest } = yield* several(3)
      const list = (params: Session.ListParams) => Effect.map(collect(sessions.list(params)), (all) => ours(idsOf(all)))
      return {
        created,
        newest: yield* list(range),
        oldest: yield* list({ ...range, order: "asc" }),
        idle: yield* list({ ...range, statuses: ["idle"] }),
        running: yield* list({ ...range, statuses: ["running", "rescheduling"] }),
        ofAgent: yield* list({ ...range, agent_id: agent.id, agent_version: agent.version }),
        youngest,
        sinceLast: yield* list({ "created_at[gte]": range["created_at[lte]"], order: "asc" }),
        later: yield* list({ "created_at[gt]": range["created_at[lte]"] })
      }
    }),
    expectations: ({ equal }) => [
      equal("the newest is first", ({ created }) => created.toReversed(), ({ newest }) => newest),
      equal("in ascending order, the oldest is", ({ created }) => created, ({ oldest }) => oldest),
      equal(
        "those that are idle are listed as idle, and not as running",
        ({ created }) => [created.length, 0],
        ({ idle, running }) => [idle.length, running.length]
      ),
      equal(
        "they are listed by their agent and its version",
        ({ created }) => created.length,
        ({ ofAgent }) => ofAgent.length
      ),
      equal(
        "none is listed that is older than asked for",
        ({ youngest }) => [youngest, []],
        ({ later, sinceLast }) => [sinceLast, later]
      )
    ]
  }),
  define({
    name: "list.sessions-paging",
    description: "Pages of sessions lead forth and back: every session once, and the previous page as it was.",
    turns: 0,
    program: Effect.gen(function*() {
      const sessions = yield* Sessions
      const { created, ours, range } = yield* several(5)
      const page = (page?: string) => sessions.listPage({ ...range, limit: 2, ...(page !== undefined && { page }) })
      const first = yield* page()
      const second = yield* page(yield* cursorOf(first, "next_page"))
      const third = yield* page(yield* cursorOf(second, "next_page"))
      const back = yield* page(yield* cursorOf(second, "prev_page"))
      const backToSecond = yield* page(yield* cursorOf(third, "prev_page"))
      return {
        created,
        first,
        second,
        back,
        backToSecond,
        all: ours(idsOf(yield* collect(sessions.list({ ...range, limit: 2 }))))
      }
    }),
    expectations: ({ equal, holds }) => [
      equal("pages have the size that was asked for", () => [2, 2], ({ first, second }) => [
        first.data.length,
        second.data.length
      ]),
      equal(
        "all pages together have every session once, in order",
        ({ created }) => created.toReversed(),
        ({ all }) => all
      ),
      holds(
        "the first page has no prev_page",
        "absent or null",
        ({ first }) => first.prev_page ?? null,
        (seen) => seen === null
      ),
      equal(
        "the page before the second is the first",
        ({ first }) => idsOf(first.data),
        ({ back }) => idsOf(back.data)
      ),
      equal(
        "the page before the third is the second",
        ({ second }) => idsOf(second.data),
        ({ backToSecond }) => idsOf(backToSecond.data)
      )
    ]
  }),
  define({
    name: "list.session-cursors",
    description: "A cursor is good for its own order only, and a made-up one for nothing.",
    turns: 0,
    program: Effect.gen(function*() {
      const sessions = yield* Sessions
      const { range } = yield* several(2)
      const page = yield* cursorOf(yield* sessions.listPage({ ...range, limit: 1, order: "desc" }), "next_page")
      return {
        garbage: yield* attempt(sessions.listPage({ page: "garbage" })),
        otherOrder: yield* attempt(sessions.listPage({ ...range, limit: 1, order: "asc", page })),
        otherLimit: yield* attempt(sessions.listPage({ ...range, limit: 2, order: "desc", page }))
      }
    }),
    expectations: ({ equal }) => [
      equal("a made-up one is refused, in the known words", () => ({
        status: 400,
        type: "invalid_request_error",
        message: "invalid page cursor"
      }), ({ garbage }) => garbage),
      equal("one of another order is refused, in the known words", () => ({
        status: 400,
        type: "invalid_request_error",
        message: "page token order does not match request"
      }), ({ otherOrder }) => otherOrder),
      equal("the limit may change", () => 200, ({ otherLimit }) => otherLimit.status)
    ]
  }),
  define({
    name: "list.strict-query",
    description: "The names and values in a query are strict.",
    turns: 0,
    program: Effect.gen(function*() {
      const sessions = yield* Sessions
      const unknown = { limit: 1, no_such_parameter: "1" }
      return { refused: yield* attempt(sessions.listPage(unknown)) }
    }),
    expectations: ({ equal, holds }) => [
      equal("a name that does not exist is refused", () => [400, "invalid_request_error"], ({ refused }) => [
        refused.status,
        refused.type
      ]),
      holds(
        "it is named",
        "…no_such_parameter…",
        ({ refused }) => refused.message,
        (message) => message.includes("no_such_parameter")
      )
    ]
  }),
  define({
    name: "list.events",
    description: "The history is listed forwards, backwards, by type and in pages.",
    turns: 1,
    program: Effect.gen(function*() {
      const events = yield* Events
      const id = yield* oneTurn
      const types = (params: Parameters<typeof events.list>[1]) => Effect.map(collect(events.list(id, params)), typesOf)
      return {
        ascending: yield* types({}),
        descending: yield* types({ order: "desc" }),
        inPages: yield* types({ limit: 3 }),
        pageSize: (yield* events.listPage(id, { limit: 3 })).data.length,
        filtered: yield* types({ types: ["user.message", "session.status_idle"] })
      }
    }),
    expectations: ({ equal }) => [
      equal(
        "descending is ascending the other way round",
        ({ ascending }) => ascending.toReversed(),
        ({ descending }) => descending
      ),
      equal("all pages together are the list", ({ ascending }) => ascending, ({ inPages }) => inPages),
      equal("a page has the size that was asked for", () => 3, ({ pageSize }) => pageSize),
      equal("by type, only those types", () => ["user.message", "session.status_idle"], ({ filtered }) => filtered)
    ]
  }),
  define({
    name: "list.event-times",
    description: "The history is listed by time of processing.",
    turns: 1,
    program: Effect.gen(function*() {
      const events = yield* Events
      const all = yield* Effect.flatMap(oneTurn, (id) => Effect.map(history(id), (list) => ({ id, list })))
      const middle = all.list[Math.floor(all.list.length / 2)]
      const at = middle !== undefined && "processed_at" in middle ? middle.processed_at : undefined
      if (typeof at !== "string") {
        return yield* new Drift({ expectation: "a processed event says when", expected: "a timestamp", seen: middle })
      }
      const time = Timestamp.Timestamp.make(at)
      const upTo = yield* collect(events.list(all.id, { "created_at[lte]": time }))
      const after = yield* collect(events.list(all.id, { "created_at[gt]": time }))
      return { all: all.list, upTo, after }
    }),
    expectations: ({ equal, holds }) => [
      equal("up to a moment, and after it: together all", ({ all }) => typesOf(all), ({ after, upTo }) => [
        ...typesOf(upTo),
        ...typesOf(after)
      ]),
      holds(
        "neither is empty",
        "at least one event each",
        ({ after, upTo }) => [upTo.length, after.length],
        (sizes) => sizes.every((size) => size > 0)
      )
    ]
  }),
  define({
    name: "list.event-cursors",
    description: "A cursor of the history is good for its own order only; the id of an event is none.",
    turns: 1,
    program: Effect.gen(function*() {
      const events = yield* Events
      const id = yield* oneTurn
      const first = yield* events.listPage(id, { limit: 2 })
      const page = yield* cursorOf(first, "next_page")
      const event = first.data.flatMap((event) => "id" in event ? [String(event.id)] : [])[0] ?? ""
      return {
        garbage: yield* attempt(events.listPage(id, { page: "garbage" })),
        eventId: yield* attempt(events.listPage(id, { page: event })),
        otherOrder: yield* attempt(events.listPage(id, { page, limit: 2, order: "desc" }))
      }
    }),
    expectations: ({ equal }) => [
      equal("a made-up one is refused, in the known words", () => [400, "invalid page cursor"], ({ garbage }) => [
        garbage.status,
        garbage.message
      ]),
      equal("the id of an event is refused", () => 400, ({ eventId }) => eventId.status),
      equal(
        "one of another order is refused, in the known words",
        () => [400, "page token order does not match request"],
        ({ otherOrder }) => [otherOrder.status, otherOrder.message]
      )
    ]
  })
]
