/** Whole conversations while all sorts of things go wrong. */
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as RetryPolicy from "@effect-managed-agents/core/RetryPolicy"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as AgentScript from "../src/AgentScript.ts"
import * as Fault from "../src/Fault.ts"
import * as Ledger from "../src/Ledger.ts"
import * as Simulator from "../src/Simulator.ts"
import { agentThat, params } from "./utils/conversation.ts"
import * as instant from "./utils/instant.ts"

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

/** Approvals and tools; a message that steers; a sub-agent; an interrupt. */
const conversation = Effect.gen(function*() {
  const sessions = yield* Sessions.Sessions
  const { id } = yield* sessions.scoped(params, { patience: "10 minutes" })
  const first = yield* Conversation.turn(id, "one", options)
  const running = yield* Effect.fork(Conversation.turn(id, "two", options))
  yield* Effect.sleep("2 seconds")
  const steering = yield* Conversation.turn(id, "three", options)
  const second = yield* Fiber.join(running)
  const third = yield* Conversation.turn(id, "four", options)
  const long = yield* Effect.fork(Conversation.turn(id, "five", options))
  yield* Effect.sleep("2 minutes")
  yield* Conversation.interrupt(id, options.delivery)
  return { id, outcomes: [first, second, steering, third, yield* Fiber.join(long)] }
}).pipe(Effect.scoped, RetryPolicy.provide({ maxRetries: 10, jitter: 0 }))

/** What must be true whatever goes wrong. */
const checked = Effect.gen(function*() {
  const { id, outcomes } = yield* conversation
  const simulator = yield* Simulator.Simulator
  const events = yield* simulator.events(id)
  const said = events.flatMap((event) => event.type === "user.message" ? [(event.content[0] as { readonly text: string }).text] : [])
  assert.deepStrictEqual(said.toSorted(), ["five", "four", "one", "three", "two"])
  assert.deepStrictEqual(outcomes.map(({ _tag, reply }) => `${_tag} ${reply}`.trim()), [
    "EndTurn tools",
    "EndTurn together",
    "EndTurn together",
    "EndTurn team found 42",
    "Interrupted"
  ])
  assert.strictEqual(yield* simulator.openStreams(), 0)
  assert.deepStrictEqual((yield* simulator.sessions).map(({ archived_at }) => archived_at !== null), [true])
  yield* Ledger.assertAll
})

const run = (faults: Fault.Plan) =>
  // whoever watches the tests gets a word in between
  Effect.promise(() => new Promise(setImmediate)).pipe(Effect.flatMap(() => {
    const exit = instant.exit(Effect.provide(checked, agentThat(turns, { child, faults })), 4 * 3_600_000)
    return exit === undefined ? Effect.dieMessage("does not end") : Exit.zipRight(exit, Exit.void)
  }))

describe("conversations", () => {
  // some time between the tests of other files
  const runs = Number(process.env["TURN_FAULTS"] ?? 3000)
  it(`end as they should in ${runs} ways to go wrong`, { timeout: 600_000 }, () =>
    Effect.runPromise(Effect.zipRight(run([]), Fault.search({ runs, maxShrinks: 100 }, run))))
})
