/**
 * What the tool runner of the vendor's SDK and this one make of the same session: a result that is refused at first on a
 * connection that does not last, calls at the same time, and a session that ends while tools run.
 */
import Anthropic from "@anthropic-ai/sdk"
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import { SessionId } from "@effect-managed-agents/core/Ids"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as AgentScript from "../../../src/AgentScript.ts"
import * as Fault from "../../../src/Fault.ts"
import * as Fixtures from "../../../src/Fixtures.ts"
import * as Simulator from "../../../src/Simulator.ts"
import * as SimulatorServer from "../../../src/SimulatorServer.ts"

const { customTool, say, together } = AgentScript

const Tools = Toolkit.make(Tool.make("pay"))

/** What became of the runs of the tool. */
interface Runs {
  started: number
  finished: number
  /** How many at the same time, at most. */
  most: number
}

/** A session on a port that waits for calls of `pay`, and both runners. */
const setup = (options: Omit<Simulator.Options, "fixtures">, millis: number) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(
      Simulator.layer({ fixtures: Fixtures.withTools(Fixtures.docs, Tools), ...options })
    )
    const { url: baseURL } = yield* Effect.provide(SimulatorServer.start(), context)
    const simulator = Context.get(context, Simulator.Simulator)
    const { sessions } = new Anthropic({ apiKey: "sk-test", baseURL, logLevel: "off" }).beta
    const { id } = yield* Effect.promise(() =>
      sessions.create({ agent: Fixtures.agentId, environment_id: Fixtures.environmentId })
    )
    yield* Effect.promise(() =>
      sessions.events.send(id, { events: [{ type: "user.message", content: [{ type: "text", text: "Pay." }] }] })
    )

    const runs: Runs = { started: 0, finished: 0, most: 0 }
    const started = yield* Deferred.make<void>()
    let running = 0
    const pay = Effect.gen(function*() {
      runs.started++
      runs.most = Math.max(runs.most, ++running)
      yield* Deferred.succeed(started, undefined)
      yield* Effect.sleep(millis)
      runs.finished++
    }).pipe(Effect.ensuring(Effect.sync(() => running--)))

    const theirs = Effect.promise(async (signal) => {
      const tool = {
        type: "custom",
        name: "pay",
        description: "Pays",
        input_schema: { type: "object" },
        parse: (input: unknown) => input,
        run: async () => {
          await Effect.runPromise(pay)
          return "paid"
        }
      } as const
      for await (const _ of sessions.events.toolRunner(id, { tools: [tool as never], maxIdleMs: 100, signal }));
    })
    const ours = ToolRunner.run(SessionId.make(id), Tools).pipe(
      Effect.provide(Tools.toLayer({ pay: () => pay })),
      Effect.provide(ManagedAgents.layer.pipe(
        Layer.provide(ClientConfig.layer({ apiKey: Redacted.make("sk-test"), baseUrl: baseURL })),
        Layer.provide(FetchHttpClient.layer)
      ))
    )
    /** Until the agent has said something, which it does when all is answered. */
    const answered = Effect.repeat(simulator.events(id), {
      until: (events) => events.some(({ type }) => type === "agent.message"),
      schedule: Schedule.spaced("20 millis")
    })
    const archive = Effect.promise(() => sessions.archive(id))
    return { answered, archive, ours, runs, started: Deferred.await(started), theirs }
  })

const pay = customTool({ name: "pay", input: {} })

describe("a result that is refused three times, on connections that do not last", () => {
  const refused = setup({
    script: AgentScript.make({ turns: [[pay, say("Paid")]] }),
    faults: [Fault.status(400, { match: { method: "POST", path: "/v1/sessions/*/events", skip: 1, times: 3 } })],
    rules: { maxStreamAge: Duration.millis(200) }
  }, 0)

  it.scopedLive("makes the SDK run the tool four times", () =>
    Effect.gen(function*() {
      const { answered, runs, theirs } = yield* refused
      yield* Effect.fork(theirs)
      yield* answered
      assert.strictEqual(runs.started, 4)
    }))

  it.scopedLive("is sent until it is taken; the tool runs once", () =>
    Effect.gen(function*() {
      const { answered, ours, runs } = yield* refused
      yield* Effect.fork(ours)
      yield* answered
      assert.strictEqual(runs.started, 1)
    }))
})

describe("two calls of one response", () => {
  const two = setup({ script: AgentScript.make({ turns: [[together(pay, pay), say("Paid")]] }) }, 300)

  it.scopedLive("are run by the SDK one after the other", () =>
    Effect.gen(function*() {
      const { answered, runs, theirs } = yield* two
      yield* Effect.fork(theirs)
      yield* answered
      assert.deepStrictEqual(runs, { started: 2, finished: 2, most: 1 })
    }))

  it.scopedLive("run at the same time", () =>
    Effect.gen(function*() {
      const { answered, ours, runs } = yield* two
      yield* Effect.fork(ours)
      yield* answered
      assert.deepStrictEqual(runs, { started: 2, finished: 2, most: 2 })
    }))
})

describe("a session that ends while tools run", () => {
  const ends = setup({ script: AgentScript.make({ turns: [[together(pay, pay), say("Paid")]] }) }, 1000)

  it.scopedLive("is not noticed by the SDK, which even begins the second call", () =>
    Effect.gen(function*() {
      const { archive, runs, started, theirs } = yield* ends
      const fiber = yield* Effect.fork(theirs)
      yield* started
      yield* archive
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(runs, { started: 2, finished: 2, most: 1 })
    }))

  it.scopedLive("ends the tools, and says how it ended", () =>
    Effect.gen(function*() {
      const { archive, ours, runs, started } = yield* ends
      const fiber = yield* Effect.fork(ours)
      yield* started
      yield* archive
      assert.strictEqual(yield* Fiber.join(fiber), "archived")
      assert.strictEqual(runs.finished, 0)
    }))
})
