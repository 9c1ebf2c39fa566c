/**
 * The vendor's own SDK, unmodified, on a port where things go wrong.
 */
import Anthropic from "@anthropic-ai/sdk"
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema"
import { accumulateManagedAgentsEvent } from "@anthropic-ai/sdk/lib/sessions/accumulate"
import * as Api from "@effect-managed-agents/core/Api"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Fault from "../../src/Fault.ts"
import * as Fixtures from "../../src/Fixtures.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as SimulatorServer from "../../src/SimulatorServer.ts"

const agentId = "agent_orders"

const agent = {
  name: "Orders",
  tools: [{
    type: "custom",
    name: "lookup_order",
    description: "Finds an order.",
    input_schema: { type: "object", properties: { order: { type: "string" } } }
  }]
} as const

/** A client of a session of its own on a simulator with these faults. */
const setup = (script: Simulator.AgentOptions["script"], ...faults: Fault.Plan) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(
      Simulator.layer({ fixtures: Fixtures.docs, agents: { [agentId]: { agent, script } }, faults })
    )
    const { url: baseURL } = yield* Effect.provide(SimulatorServer.start(), context)
    const { sessions } = new Anthropic({ apiKey: "sk-test", baseURL, logLevel: "off" }).beta
    const { id } = yield* Effect.promise(() =>
      sessions.create({ agent: agentId, environment_id: Fixtures.environmentId })
    )
    return { events: sessions.events, id, simulator: Context.get(context, Simulator.Simulator) }
  })

const hello = (text: string) => ({
  events: [{ type: "user.message" as const, content: [{ type: "text" as const, text }] }]
})

const overloaded = { headers: { "retry-after-ms": "5" } }

describe("SDK 1.14.0, when things go wrong", () => {
  const plans: Readonly<Record<string, Fault.Plan>> = {
    "from a stream that dies before the call, and then one in pieces": [
      Fault.stream({ cut_after_events: 4, split_bytes: 3 }),
      Fault.stream({ split_bytes: 1, insert: { after_events: 2, frame: ": still here\r\n\r\n" } })
    ],
    "from a stream that delivers the call twice": [Fault.repeatEvent(5)]
  }

  for (const [name, plan] of Object.entries(plans)) {
    it.scopedLive(`runs a tool once by its own runner, ${name}`, () =>
      Effect.gen(function*() {
        const { events, id, simulator } = yield* setup(
          {
            turns: [[{ custom_tool: { name: "lookup_order", input: { order: "{{text}}" } } }, {
              say: "It is {{result}}."
            }]]
          },
          // the message and then the result are refused once each
          Fault.status(529, { ...overloaded, match: Fault.on(Api.events.send) }),
          Fault.status(529, { ...overloaded, match: Fault.on(Api.events.send, { skip: 2 }) }),
          Fault.status(529, { ...overloaded, match: Fault.on(Api.events.list) }),
          Fault.status(529, { ...overloaded, match: Fault.on(Api.events.stream) }),
          ...plan
        )
        let runs = 0
        const runner = events.toolRunner(id, {
          tools: [betaTool({
            name: "lookup_order",
            description: "Finds an order.",
            inputSchema: { type: "object", properties: { order: { type: "string" } } },
            run: ({ order }) => {
              runs++
              return `on its way (${String(order)})`
            }
          })],
          maxIdleMs: 1
        })
        const posted: Array<boolean> = []
        const running = (async () => {
          for await (const call of runner) posted.push(call.posted)
        })()
        yield* Effect.promise(async () => {
          // the stream must be there to be cut
          while (await Effect.runPromise(simulator.openStreams(id)) === 0) await new Promise(setImmediate)
          await events.send(id, hello("1234"))
          await running
        })
        assert.strictEqual(runs, 1)
        assert.deepStrictEqual(posted, [true])
        const happened = yield* simulator.events(id)
        assert.include(JSON.stringify(happened), "It is on its way (1234).")
        assert.deepStrictEqual(yield* simulator.faults, [])
      }))
  }

  it.scopedLive("accumulates previews from any chunks, twice delivered, and as far as they came", () =>
    Effect.gen(function*() {
      const text = "Grüße aus 東京, wo der Hase im Pfeffer liegt und niemand weiß, warum. 🦊"
      const { events, id } = yield* setup(
        { otherwise: [{ say: [text, "Bye"] }] },
        Fault.status(529, { ...overloaded, match: Fault.on(Api.events.stream) }),
        // a fragment comes twice, then the connection dies in the middle of the message
        Fault.stream({ repeat_event: 6, split_bytes: 1, cut_after_events: 7 }),
        Fault.stream({ repeat_event: 6, split_bytes: 2 })
      )
      const read = Effect.promise(async () => {
        const stream = await events.stream(id, { event_deltas: ["agent.message"] })
        await events.send(id, hello("Hi"))
        let snapshot: ReturnType<typeof accumulateManagedAgentsEvent>
        try {
          for await (const event of stream) {
            snapshot = accumulateManagedAgentsEvent(snapshot, event)
            if (event.type === "session.status_idle") return { snapshot, end: "idle" }
          }
          return { snapshot, end: "end" }
        } catch (error) {
          return { snapshot, end: String(error) }
        }
      })
      const first = yield* read
      assert.notInclude(["idle", "end"], first.end)
      const [block] = first.snapshot?.content ?? []
      assert.isTrue(block?.type === "text" && block.text.startsWith("Grüße aus"))
      const second = yield* read
      assert.strictEqual(second.end, "idle")
      assert.deepStrictEqual(second.snapshot?.content, [{ type: "text", text }, { type: "text", text: "Bye" }])
    }))
})
