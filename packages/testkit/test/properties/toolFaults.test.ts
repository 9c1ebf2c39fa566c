/** Tools while all sorts of things go wrong: each call runs at most once and is answered exactly once, and every run ends. */
import * as Content from "@effect-managed-agents/core/Content"
import * as Conversation from "@effect-managed-agents/core/Conversation"
import type { SessionId } from "@effect-managed-agents/core/Ids"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as RetryPolicy from "@effect-managed-agents/core/RetryPolicy"
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as AgentScript from "../../src/AgentScript.ts"
import * as Simulator from "../../src/Simulator.ts"
import { agentThat, create } from "../utils/conversation.ts"
import * as plans from "../utils/plans.ts"

const { customTool, delegate, say, together, tool } = AgentScript

const Tools = Toolkit.make(
  Tool.make("pay", { parameters: { invoice: Schema.Int, seconds: Schema.Int }, success: Schema.String })
    .annotate(ToolRunner.Limits, { timeout: "2 hours" })
)

const pay = (invoice: number, seconds: number) => customTool({ name: "pay", input: { invoice, seconds } })

const options = {
  tools: Tools,
  approve: () => Effect.delay(Effect.succeed(PendingAction.allow), "3 seconds"),
  delivery: { resends: 10 }
} as const

interface Kind {
  readonly turn: AgentScript.Turn
  readonly outcome: string
  /** How many invoices are paid. Where calls may be cut off, fewer may be. */
  readonly paid: readonly [least: number, most: number]
  readonly converse: (id: SessionId) => Effect.Effect<Conversation.TurnResult, unknown, any>
}

const turn = (id: SessionId) => Conversation.turn(id, "Pay.", options)

const kinds: { readonly [name: string]: Kind } = {
  "that run at the same time, with approvals": {
    turn: [together(tool({ name: "bash", permission: "ask" }), pay(1, 1), pay(2, 20)), pay(3, 1), say("Paid")],
    converse: turn,
    outcome: "EndTurn Paid",
    paid: [3, 3]
  },
  "of sub-agents": {
    turn: [delegate({ agent: "Researcher", message: "Pay" }), say("Paid")],
    converse: turn,
    outcome: "EndTurn Paid",
    paid: [2, 2]
  },
  "that are interrupted": {
    turn: [together(pay(1, 1), pay(2, 3600))],
    converse: (id) =>
      Effect.gen(function*() {
        const running = yield* Effect.fork(turn(id))
        yield* Effect.sleep("5 minutes")
        yield* Conversation.interrupt(id, options.delivery)
        return yield* Fiber.join(running)
      }),
    outcome: "Interrupted",
    paid: [2, 2]
  },
  "of a worker that is started anew every few seconds": {
    turn: [together(pay(1, 1), pay(2, 7)), pay(3, 1), say("Paid")],
    converse: (id) =>
      Effect.gen(function*() {
        const worker = ToolRunner.run(id, Tools, options).pipe(Effect.timeout("5 seconds"), Effect.ignore)
        yield* Effect.fork(Effect.forever(worker))
        return yield* Conversation.turn(id, "Pay.", { delivery: options.delivery, answer: () => Effect.never })
      }),
    outcome: "EndTurn Paid",
    paid: [1, 3]
  }
}

const child = { otherwise: [together(pay(1, 1), pay(2, 4)), say("Paid")] }

/** What must be true whatever goes wrong. */
const check = (kind: Kind) =>
  Effect.gen(function*() {
    const paid: Array<number> = []
    const handlers = Tools.toLayer({
      pay: ({ invoice, seconds }) =>
        Effect.suspend(() => {
          paid.push(invoice)
          return Effect.as(Effect.sleep(seconds * 1000), "paid")
        })
    })
    const simulator = yield* Simulator.Simulator
    const id = yield* create
    const outcome = yield* Effect.provide(kind.converse(id), handlers)
    const events = yield* simulator.events(id)

    assert.strictEqual(`${outcome._tag} ${outcome.reply}`.trim(), kind.outcome)
    assert.deepStrictEqual([...new Set(paid)], paid, "paid twice")
    assert.isAtLeast(paid.length, kind.paid[0])
    assert.isAtMost(paid.length, kind.paid[1])
    const said = events.flatMap((event) => event.type === "user.message" ? [Content.textOf(event.content)] : [])
    assert.deepStrictEqual(said, ["Pay."])
    const calls = events.flatMap((event) => event.type === "agent.custom_tool_use" ? [event.id] : [])
    const answers = events.flatMap((event) =>
      event.type === "user.custom_tool_result" ? [event.custom_tool_use_id] : []
    )
    assert.deepStrictEqual(answers.toSorted(), calls.toSorted(), "one answer to each call")
  }).pipe(RetryPolicy.provide({ maxRetries: 10, jitter: 0 }), Effect.scoped)

const run = (kind: Kind) =>
  plans.under((faults) => {
    const program = Effect.provide(check(kind), agentThat([kind.turn], { child, faults }))
    return Effect.withTracerEnabled(program, false) as Effect.Effect<void, unknown>
  }, 8 * 3_600_000)

describe("tools", () => {
  const runs = Math.ceil(Number(process.env["TOOL_FAULTS"] ?? 100) / Object.keys(kinds).length)
  for (const [at, [name, kind]] of Object.entries(kinds).entries()) {
    it(
      `${name} do what they should in ${runs} ways to go wrong`,
      { timeout: 900_000 },
      () => plans.search(run(kind), { runs, seed: at * 1_000_000, kinds: plans.kinds, maxShrinks: 100 })
    )
  }
})
