import { Events } from "@effect-managed-agents/core/Events"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as Effect from "effect/Effect"
import {
  busy,
  create,
  createWith,
  history,
  lookup,
  reasonOf,
  say,
  typesOf,
  untilCalls,
  untilEnd,
  watch
} from "../lab.ts"
import * as prompts from "../prompts.ts"
import type { Scenario } from "../scenario.ts"
import { define } from "../scenario.ts"

export const all: ReadonlyArray<Scenario> = [
  define({
    name: "interrupt.running",
    description: "An interrupt ends the turn: the model request is closed, and the session is idle by end_turn.",
    needs: ["overrides"],
    turns: 1,
    script: prompts.long.script,
    program: Effect.gen(function*() {
      const events = yield* Events
      const { id, live } = yield* busy
      const echo = yield* events.send(id, UserEvent.interrupt())
      return { echo, turn: yield* live.until("session.status_idle"), events: yield* history(id) }
    }),
    expectations: ({ equal, holds }) => [
      equal(
        "the answer to the send is the interrupt",
        () => ["user.interrupt"],
        ({ echo }) => typesOf(echo.data ?? [])
      ),
      holds(
        "the model request is closed, then comes the interrupt, then the end of the turn",
        "span.model_request_end … user.interrupt … session.status_idle",
        ({ turn }) => typesOf(turn),
        (types) =>
          types.includes("span.model_request_end") &&
          types.indexOf("span.model_request_end") < types.indexOf("user.interrupt")
      ),
      equal("it ends by end_turn, like any other", () => "end_turn", ({ turn }) => reasonOf(turn)?.type),
      equal(
        "no other model request is made",
        () => 1,
        ({ events }) => typesOf(events).filter((type) => type === "span.model_request_start").length
      )
    ]
  }),
  define({
    name: "interrupt.requires-action",
    description: "An interrupt closes the calls that wait; the model is not asked again.",
    needs: ["overrides"],
    turns: 1,
    script: { turns: [[{ custom_tool: { name: prompts.lookupName, input: { key: "alpha" } } }, { say: "Gold." }]] },
    program: Effect.gen(function*() {
      const events = yield* Events
      const { id } = yield* createWith([lookup])
      const live = yield* watch(id)
      yield* say(id, prompts.call)
      yield* untilCalls(live, 1)
      yield* events.send(id, UserEvent.interrupt())
      return { then: yield* live.until("session.status_idle") }
    }),
    expectations: ({ equal, holds }) => [
      equal("the session is idle again, by end_turn", () => "end_turn", ({ then }) => reasonOf(then)?.type),
      holds(
        "no model request is made",
        "no span.model_request_start",
        ({ then }) => typesOf(then),
        (types) => !types.includes("span.model_request_start")
      ),
      equal("the interrupt is told", () => true, ({ then }) => typesOf(then).includes("user.interrupt"))
    ]
  }),
  define({
    name: "interrupt.idle",
    description: "An interrupt that finds nothing to stop is accepted, and changes nothing.",
    turns: 0,
    program: Effect.gen(function*() {
      const events = yield* Events
      const { id } = yield* create()
      const echo = yield* events.send(id, UserEvent.interrupt())
      return { echo, events: yield* history(id) }
    }),
    expectations: ({ equal }) => [
      equal(
        "the answer to the send is the interrupt",
        () => ["user.interrupt"],
        ({ echo }) => typesOf(echo.data ?? [])
      ),
      equal(
        "the session does not run for it",
        () => [],
        ({ events }) => typesOf(events).filter((type) => type !== "user.interrupt")
      )
    ]
  }),
  define({
    name: "interrupt.redirect",
    description: "An interrupt and a message in one request: the turn ends, and the message starts the next.",
    needs: ["overrides"],
    turns: 2,
    script: prompts.long.script,
    program: Effect.gen(function*() {
      const events = yield* Events
      const { id, live } = yield* busy
      const echo = yield* events.send(id, [UserEvent.interrupt(), UserEvent.message(prompts.ok)])
      const turn = yield* live.until("user.message")
      return { echo, turn, then: yield* untilEnd(live) }
    }),
    expectations: ({ equal }) => [
      equal(
        "the answer to the send is both, as they were sent",
        () => ["user.interrupt", "user.message"],
        ({ echo }) => typesOf(echo.data ?? [])
      ),
      equal(
        "the interrupt comes before the message",
        () => ["user.interrupt", "user.message"],
        ({ turn }) => typesOf(turn).filter((type) => type.startsWith("user."))
      ),
      equal("the message starts a turn that ends", () => ["span.model_request_start", "end_turn"], ({ then }) => [
        then[0]?.type,
        reasonOf(then)?.type
      ])
    ]
  })
]
