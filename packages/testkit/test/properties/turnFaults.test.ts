/** Whole conversations while all sorts of things go wrong. */
import type { ApiError } from "@effect-managed-agents/core/ApiError"
import * as Content from "@effect-managed-agents/core/Content"
import * as Conversation from "@effect-managed-agents/core/Conversation"
import type * as Events from "@effect-managed-agents/core/Events"
import type { SessionId } from "@effect-managed-agents/core/Ids"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as RetryPolicy from "@effect-managed-agents/core/RetryPolicy"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import type * as Sessions from "@effect-managed-agents/core/Sessions"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as AgentScript from "../../src/AgentScript.ts"
import type * as Fault from "../../src/Fault.ts"
import * as Ledger from "../../src/Ledger.ts"
import type * as Rules from "../../src/Rules.ts"
import * as Simulator from "../../src/Simulator.ts"
import { agentThat, params } from "../utils/conversation.ts"
import * as plans from "../utils/plans.ts"

const { customTool, delegate, say, sleep, together, tool } = AgentScript

/** What the agent does depends on what it is told, and not on when. */
const reaction = (text: string): AgentScript.Turn => {
  switch (text) {
    case "one":
      return [together(tool({ name: "bash", permission: "ask" }), customTool({ name: "lookup" })), say("tools")]
    case "four":
      return [delegate({ agent: "Researcher", message: "Look" }), say("team {{result}}")]
    case "five":
      return [sleep("1 hour")]
    default:
      return [sleep("20 seconds"), tool({ name: "read" }), say("together")]
  }
}
const turns = Array.from({ length: 10 }, () => [
  AgentScript.effect((agent) => agent.play(reaction(agent.text)))
])
const child = { otherwise: [customTool({ name: "lookup" }), sleep("5 seconds"), say("found {{result}}")] }

const options = {
  approve: () => Effect.delay(Effect.succeed(PendingAction.allow), "3 seconds"),
  answer: () => Effect.delay(Effect.succeedSome(PendingAction.result("42")), "1 second"),
  delivery: { resends: 10 },
  follow: { previews: ["agent.message"] }
} satisfies Conversation.Options

interface Kind {
  readonly said: ReadonlyArray<string>
  readonly outcomes: ReadonlyArray<string>
  readonly converse: (
    id: SessionId
  ) => Effect.Effect<ReadonlyArray<Conversation.TurnResult>, ApiError, Events.Events | Sessions.Sessions>
}

const kinds: { readonly [name: string]: Kind } = {
  "with approvals and tools": {
    converse: (id) => Effect.map(Conversation.turn(id, "one", options), (one) => [one]),
    said: ["one"],
    outcomes: ["EndTurn tools"]
  },
  "that are steered": {
    converse: (id) =>
      Effect.gen(function*() {
        const running = yield* Effect.fork(Conversation.turn(id, "two", options))
        yield* Effect.sleep("2 seconds")
        return [yield* Conversation.turn(id, "three", options), yield* Fiber.join(running)]
      }),
    said: ["three", "two"],
    outcomes: ["EndTurn together", "EndTurn together"]
  },
  "with sub-agents": {
    converse: (id) => Effect.map(Conversation.turn(id, "four", options), (four) => [four]),
    said: ["four"],
    outcomes: ["EndTurn team found 42"]
  },
  "that are interrupted": {
    converse: (id) =>
      Effect.gen(function*() {
        const running = yield* Effect.fork(Conversation.turn(id, "five", options))
        yield* Effect.sleep("2 minutes")
        yield* Conversation.interrupt(id, options.delivery)
        return [yield* Fiber.join(running)]
      }),
    said: ["five"],
    outcomes: ["Interrupted"]
  }
}

/** What must be true whatever goes wrong. */
const check = ({ converse, outcomes, said }: Kind) =>
  Effect.gen(function*() {
    const simulator = yield* Simulator.Simulator
    const { ended, id } = yield* SessionLifecycle.scoped(params, { timeout: "10 minutes" }).pipe(
      Effect.flatMap(({ id }) => Effect.map(converse(id), (ended) => ({ ended, id }))),
      Effect.scoped,
      RetryPolicy.provide({ maxRetries: 10, jitter: 0 })
    )
    const messages = (yield* simulator.events(id)).flatMap((event) =>
      event.type === "user.message" ? [Content.textOf(event.content)] : []
    )
    assert.deepStrictEqual(messages.toSorted(), said)
    assert.deepStrictEqual(ended.map(({ _tag, reply }) => `${_tag} ${reply}`.trim()), outcomes)
    assert.strictEqual(yield* simulator.openStreams(), 0)
    assert.deepStrictEqual((yield* simulator.sessions).map(({ archived_at }) => archived_at !== null), [true])
    yield* Ledger.assertAll
  })

const run = (kind: Kind, rules: Partial<Rules.Rules> = {}) =>
  plans.under((faults) => Effect.provide(check(kind), agentThat(turns, { child, faults, rules })), 4 * 3_600_000)

const what: ReadonlyArray<Fault.Kind> = [...plans.kinds, "insert"]

/** All that the service may do differently, as the most inconvenient guesses have it. */
const hard: Partial<Rules.Rules> = {
  asksHoldSiblings: true,
  coordinatorFlickers: true,
  idleLag: Duration.seconds(2),
  interruptDelay: Duration.seconds(2),
  maxStreamAge: Duration.seconds(20),
  nullPendingStamps: true,
  previewLoss: 0.5,
  runningLag: Duration.seconds(1),
  storeQuietInterrupts: false
}

describe("conversations", () => {
  for (const [name, kind] of Object.entries(kinds)) {
    it(
      `${name} end as they should on a service that makes it hard`,
      { timeout: 600_000 },
      () => plans.search(run(kind, hard), { runs: 15, seed: -1000, kinds: what })
    )
  }

  // some time between the tests of other files
  const runs = Math.ceil(Number(process.env["TURN_FAULTS"] ?? 100) / Object.keys(kinds).length)
  for (const [i, [name, kind]] of Object.entries(kinds).entries()) {
    it(
      `${name} end as they should in ${runs} ways to go wrong`,
      { timeout: 600_000 },
      () => plans.search(run(kind), { runs, seed: i * 1_000_000, kinds: what, maxShrinks: 100 })
    )
  }
})
