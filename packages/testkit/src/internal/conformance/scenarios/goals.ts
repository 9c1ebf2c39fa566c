import type * as Event from "@effect-managed-agents/core/Event"
import { Events } from "@effect-managed-agents/core/Events"
import { Sessions } from "@effect-managed-agents/core/Sessions"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as Effect from "effect/Effect"
import { Inconclusive } from "../expectation.ts"
import { attempt, create, history, reasonOf, say, settled, typesOf, untilEnd, watch } from "../lab.ts"
import type { Scenario } from "../scenario.ts"
import { define } from "../scenario.ts"

/** The number of turns that are given a chance to cost a cent. */
const attempts = 5

export const all: ReadonlyArray<Scenario> = [
  define({
    name: "budget.reached",
    description: "A session pauses when its budget is spent, takes no message then, and goes on without a budget.",
    needs: ["budget"],
    turns: attempts,
    script: { otherwise: [{ say: "Tea. ".repeat(1000) }] },
    program: Effect.gen(function*() {
      const sessions = yield* Sessions
      const events = yield* Events
      const { id } = yield* create({ budget: { type: "limit", max_list_cost: { amount: "1", currency: "USD" } } }).pipe(
        Effect.mapError((error) =>
          error._tag === "InvalidRequest" && error.errorCode === "model_not_budgetable"
            ? new Inconclusive({ why: "the model of the agent has no list price" })
            : error
        )
      )
      const live = yield* watch(id)
      let turn: ReadonlyArray<Event.StreamEvent> = []
      for (let i = 0; i < attempts && reasonOf(turn)?.type !== "budget_reached"; i++) {
        yield* say(id, "Write an essay of about 1000 words on tea. Use no tools.")
        turn = yield* live.until("session.status_idle")
      }
      if (reasonOf(turn)?.type !== "budget_reached") {
        return yield* new Inconclusive({ why: `${attempts} turns did not cost a cent` })
      }
      yield* settled(id)
      const message = yield* attempt(say(id, "Go on."))
      const before = yield* history(id)
      const interrupt = yield* attempt(events.send(id, UserEvent.interrupt()))
      const after = yield* history(id)
      yield* sessions.update(id, { budget: null })
      return { turn, message, before, interrupt, after, then: yield* live.until("session.status_running") }
    }),
    expectations: ({ equal }) => [
      equal("it ends with thread idle, usage, session idle", () => [
        "session.thread_status_idle",
        "session.usage",
        "session.status_idle"
      ], ({ turn }) => typesOf(turn).slice(-3)),
      equal("a message is refused", () => 400, ({ message }) => message.status),
      equal("an interrupt is accepted, and not stored", ({ before }) => [200, typesOf(before)], (
        { after, interrupt }
      ) => [interrupt.status, typesOf(after)]),
      equal(
        "without the budget, the session runs again by itself",
        () => "session.status_running",
        ({ then }) => then.at(-1)?.type
      )
    ]
  }),
  define({
    name: "outcome.graded",
    description: "An outcome is worked towards without a message, and graded.",
    turns: 2,
    script: { turns: [[{ say: "PONG" }]] },
    program: Effect.gen(function*() {
      const sessions = yield* Sessions
      const events = yield* Events
      const { id } = yield* create()
      const live = yield* watch(id)
      const echo = yield* events.send(
        id,
        UserEvent.defineOutcome({
          description: "Reply with the single word PONG. Use no tools.",
          rubric: "- The last reply of the agent is the word PONG.",
          maxIterations: 2
        })
      )
      const turn = yield* untilEnd(live)
      return { echo, turn, session: yield* settled(id), again: yield* sessions.retrieve(id) }
    }),
    expectations: ({ equal, holds }) => [
      holds(
        "the answer to the send is the outcome, processed, with its id",
        "user.define_outcome with outcome_id and processed_at",
        ({ echo }) => echo.data ?? [],
        ([event]) => event?.type === "user.define_outcome" && typeof event.processed_at === "string"
      ),
      equal(
        "the running pair comes first, then the outcome",
        () => ["session.status_running", "session.thread_status_running", "user.define_outcome"],
        ({ turn }) => typesOf(turn).filter((type) => type !== "session.error").slice(0, 3)
      ),
      equal(
        "the first evaluation is number 0",
        () => 0,
        ({ turn }) =>
          turn.flatMap((event) => event.type === "span.outcome_evaluation_start" ? [event.iteration] : [])[0]
      ),
      holds(
        "the last verdict is final",
        "satisfied, max_iterations_reached or failed",
        ({ turn }) => verdictOf(turn),
        (verdict) => ["satisfied", "max_iterations_reached", "failed"].includes(String(verdict))
      ),
      equal(
        "the session has it too",
        ({ turn }) => [verdictOf(turn)],
        ({ session }) => session.outcome_evaluations.map(({ result }) => result)
      ),
      holds(
        "with the moment",
        "completed_at",
        ({ again }) => again.outcome_evaluations.map((one) => one.completed_at ?? null),
        (moments) => moments.length === 1 && moments[0] !== null
      ),
      equal("the turn ends", () => "end_turn", ({ turn }) => reasonOf(turn)?.type)
    ]
  })
]

const verdictOf = (turn: ReadonlyArray<Event.StreamEvent>): unknown =>
  turn.flatMap((event) => event.type === "span.outcome_evaluation_end" ? [event.result] : []).at(-1)
