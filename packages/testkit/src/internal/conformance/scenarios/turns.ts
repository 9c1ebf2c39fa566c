import type * as Event from "@effect-managed-agents/core/Event"
import { Events } from "@effect-managed-agents/core/Events"
import { Sessions } from "@effect-managed-agents/core/Sessions"
import * as Timestamp from "@effect-managed-agents/core/Timestamp"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as Effect from "effect/Effect"
import { Inconclusive } from "../expectation.ts"
import { create, createWith, history, say, typesOf, untilEnd, watch } from "../lab.ts"
import * as prompts from "../prompts.ts"
import type { Scenario } from "../scenario.ts"
import { define } from "../scenario.ts"

const idsOf = (events: ReadonlyArray<Event.StreamEvent>): ReadonlyArray<unknown> =>
  events.map((event) => "id" in event ? event.id : undefined)

/** The types of a turn, without what may go wrong at the start of a session. */
const shape = (events: ReadonlyArray<Event.StreamEvent>): Array<string> =>
  typesOf(events).filter((type) => type !== "session.error")

/** The types before the first event of a type. */
const before = (types: ReadonlyArray<string>, type: string): string | undefined => types[types.indexOf(type) - 1]

/** The output that a turn's usage tells of. */
const outputOf = (turn: ReadonlyArray<Event.StreamEvent>): number =>
  turn.flatMap((event) => event.type === "session.usage" ? [event.usage.output_tokens ?? 0] : []).at(-1) ?? 0

export const all: ReadonlyArray<Scenario> = [
  define({
    name: "turn.first",
    description: "The events of a turn, in their order, on the stream and in the history.",
    turns: 1,
    program: Effect.gen(function*() {
      const sessions = yield* Sessions
      const { id } = yield* create()
      const live = yield* watch(id)
      const echo = yield* say(id, prompts.ok)
      const turn = yield* untilEnd(live)
      return { echo, turn, events: yield* history(id), session: yield* sessions.retrieve(id) }
    }),
    expectations: ({ equal, holds }) => [
      holds(
        "the answer to the send is the message, with its id, not processed yet",
        "[user.message with an id, no processed_at]",
        ({ echo }) => echo.data ?? [],
        ([event, ...more]) =>
          more.length === 0 && event?.type === "user.message" && event.id !== "" &&
          (event.processed_at ?? null) === null
      ),
      equal(
        "it begins with the running pair, the session first, and the message",
        () => ["session.status_running", "session.thread_status_running", "user.message"],
        ({ turn }) => shape(turn).slice(0, 3)
      ),
      equal(
        "the message stands where it is read: directly before the model request",
        () => "user.message",
        ({ turn }) => before(shape(turn), "span.model_request_start")
      ),
      holds(
        "the message is stamped just before the model request",
        "processed_at of the message < that of the request",
        ({ turn }) =>
          turn.flatMap((event) =>
            event.type === "user.message" || event.type === "span.model_request_start" ? [event.processed_at] : []
          ),
        ([message, request]) =>
          typeof message === "string" && typeof request === "string" && Timestamp.Order(message, request) < 0
      ),
      equal(
        "what the model says comes directly before the end of its request",
        () => "agent.message",
        ({ turn }) => before(typesOf(turn), "span.model_request_end")
      ),
      equal(
        "it ends with thread idle, usage, session idle",
        () => ["session.thread_status_idle", "session.usage", "session.status_idle"],
        ({ turn }) => typesOf(turn).slice(-3)
      ),
      equal(
        "both say end_turn",
        () => ["end_turn", "end_turn"],
        ({ turn }) =>
          turn.flatMap((event) =>
            event.type === "session.thread_status_idle" || event.type === "session.status_idle"
              ? [String(event.stop_reason.type)]
              : []
          )
      ),
      equal(
        "the session starts to run once",
        () => 1,
        ({ turn }) => typesOf(turn).filter((type) => type === "session.status_running").length
      ),
      equal("the history is what the stream carried", ({ turn }) => idsOf(turn), ({ events }) => idsOf(events)),
      equal(
        "the usage is the sum of the model requests",
        ({ turn }) =>
          turn.reduce(
            (sum, event) => event.type === "span.model_request_end" ? sum + event.model_usage.output_tokens : sum,
            0
          ),
        ({ turn }) => outputOf(turn)
      )
    ]
  }),
  define({
    name: "turn.steering",
    description: "A message that is sent while the agent runs steers the turn: no idle, no second start in between.",
    needs: ["overrides"],
    turns: 2,
    script: { turns: [[{ sleep: 2000 }, { say: "Forty." }], [{ say: "OK" }]] },
    program: Effect.gen(function*() {
      const { id } = yield* createWith([])
      const live = yield* watch(id)
      yield* say(id, "Count from 1 to 60 in English words, one number per line. Use no tools.")
      const start = yield* live.until("span.model_request_start")
      const echo = yield* say(id, prompts.ok)
      // where the message waits, if the request has not ended in the meantime
      const queued = yield* history(id)
      const turn = [...start, ...yield* untilEnd(live)]
      if (typesOf(turn).filter((type) => type === "user.message").length < 2) {
        return yield* new Inconclusive({ why: "the turn was over before the second message came" })
      }
      return { echo, queued, turn, events: yield* history(id) }
    }),
    expectations: ({ equal, holds }) => [
      holds(
        "the answer to the send is the message, not processed yet",
        "no processed_at",
        ({ echo }) => echo.data?.map((event) => "processed_at" in event ? event.processed_at ?? null : null) ?? [],
        (stamps) => stamps.length === 1 && stamps[0] === null
      ),
      equal("it waits at the end of the history", () => "user.message", ({ queued }) => typesOf(queued).at(-1)),
      equal(
        "the session starts to run once",
        () => 1,
        ({ turn }) => typesOf(turn).filter((type) => type === "session.status_running").length
      ),
      equal("the message comes after the request that was running", () => "span.model_request_end", ({ turn }) => {
        const types = typesOf(turn)
        return types.slice(0, types.lastIndexOf("user.message")).findLast((type) => type.startsWith("span."))
      }),
      equal("and directly before the next", () => "span.model_request_start", ({ turn }) => {
        const types = typesOf(turn)
        return types[types.lastIndexOf("user.message") + 1]
      }),
      equal("the history is what the stream carried", ({ turn }) => idsOf(turn), ({ events }) => idsOf(events))
    ]
  }),
  define({
    name: "turn.second",
    description: "A later turn goes on in the same session, and its usage includes the earlier ones.",
    turns: 2,
    program: Effect.gen(function*() {
      const events = yield* Events
      const { id } = yield* create()
      const live = yield* watch(id)
      yield* events.send(id, UserEvent.message(prompts.ok))
      const first = yield* untilEnd(live)
      yield* events.send(id, UserEvent.message(prompts.ok))
      return { first, second: yield* untilEnd(live) }
    }),
    expectations: ({ equal, holds }) => [
      equal("it has a running pair of its own", () => [
        "session.status_running",
        "session.thread_status_running"
      ], ({ second }) => shape(second).slice(0, 2)),
      holds(
        "usage is cumulative",
        "more output tokens after the second turn",
        ({ first, second }) => [first, second].map(outputOf),
        ([one = 0, two = 0]) => two > one
      )
    ]
  })
]
