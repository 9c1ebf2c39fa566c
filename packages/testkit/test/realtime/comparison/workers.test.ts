/**
 * What the worker of the vendor's SDK and this one make of the same queue: an item that another worker has, a lease that is
 * lost while a tool runs, a heartbeat whose answer is lost, two sessions at the same time, one bad item, and a process that
 * dies between the acknowledgement of an item and its stop.
 */
import Anthropic from "@anthropic-ai/sdk"
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as EnvironmentWorker from "@effect-managed-agents/core/EnvironmentWorker"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as Workspace from "@effect-managed-agents/core/Workspace"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as AgentScript from "../../../src/AgentScript.ts"
import * as Fault from "../../../src/Fault.ts"
import * as Simulator from "../../../src/Simulator.ts"
import * as SimulatorServer from "../../../src/SimulatorServer.ts"
import * as cli from "../../utils/cli.ts"
import { headers, jsonOf, request } from "../../utils/wire.ts"

const { say, tool } = AgentScript

const Tools = Toolkit.make(Tool.make("bash"))

/** What became of the runs of the tool. */
interface Runs {
  started: number
  finished: number
  /** How many at the same time, at most. */
  most: number
}

/** Sessions on a port that wait for `bash`, and both workers. */
const setup = (faults: Fault.Plan, millis: number, sessions = 1) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(Simulator.layer({
      agents: { agent_1: { agent: { name: "Clerk", tools: [{ type: "agent_toolset_20260401" }] } } },
      environments: { env_self: { type: "self_hosted" } },
      script: AgentScript.make({ turns: [[tool({ name: "bash" }), say("Done")]] }),
      rules: { workLease: Duration.seconds(2) },
      faults
    }))
    const { url: baseURL } = yield* Effect.provide(SimulatorServer.start(), context)
    const simulator = Context.get(context, Simulator.Simulator)
    const client = new Anthropic({ apiKey: "sk-test", baseURL, logLevel: "off" })
    const ids = yield* Effect.promise(async () => {
      const ids: Array<string> = []
      for (let n = 0; n < sessions; n++) {
        const { id } = await client.beta.sessions.create({ agent: "agent_1", environment_id: "env_self" })
        await client.beta.sessions.events.send(id, {
          events: [{ type: "user.message", content: [{ type: "text", text: "Go" }] }]
        })
        ids.push(id)
      }
      return ids
    })

    const runs: Runs = { started: 0, finished: 0, most: 0 }
    let running = 0
    const bash = Effect.gen(function*() {
      runs.started++
      runs.most = Math.max(runs.most, ++running)
      yield* Effect.sleep(millis)
      runs.finished++
    }).pipe(Effect.ensuring(Effect.sync(() => running--)))

    const environmentKey = "sk-ant-oat01-key"
    const theirs = Effect.promise((signal) => {
      const bashTool = {
        name: "bash",
        type: "custom",
        description: "",
        input_schema: { type: "object" },
        parse: (input: unknown) => input,
        run: async () => {
          await Effect.runPromise(bash)
          return "done"
        }
      }
      const worker = client.beta.environments.work.worker({
        environmentId: "env_self",
        environmentKey,
        tools: [bashTool as never],
        maxIdleMs: 100
      })
      return worker.run(signal).catch(() => {})
    })
    const ours = EnvironmentWorker.run("env_self", Tools, {
      environmentKey: Redacted.make(environmentKey),
      lease: "2 seconds",
      reclaimOlderThan: "200 millis",
      maxIdle: "100 millis",
      grace: "100 millis"
    }).pipe(
      Effect.provide(Tools.toLayer({ bash: () => bash })),
      Effect.provide(Workspace.layer.pipe(
        Layer.provideMerge(ManagedAgents.layer),
        Layer.provide(ClientConfig.layer({ apiKey: Redacted.make("sk-test"), baseUrl: baseURL })),
        Layer.provide(FetchHttpClient.layer)
      ))
    )
    /** Until the agents have said something, which they do when all is answered. */
    const answered = Effect.forEach(ids, (id) =>
      Effect.repeat(simulator.events(id), {
        until: (events) => events.some(({ type }) => type === "agent.message"),
        schedule: Schedule.spaced("20 millis")
      }))
    return { answered, baseURL, ids, ours, runs, simulator, theirs }
  })

const heartbeats = "/v1/environments/*/work/*/heartbeat"

describe("an item that another worker has, as its first heartbeat learns", () => {
  const taken = setup([
    Fault.delay("600 millis", { match: { path: heartbeats } }),
    Fault.status(412, { match: { path: heartbeats } })
  ], 0)

  it.scopedLive("has its tools run by the SDK before that", () =>
    Effect.gen(function*() {
      const { runs, theirs } = yield* taken
      yield* Effect.fork(theirs)
      yield* Effect.sleep("500 millis")
      assert.strictEqual(runs.started, 1)
    }))

  it.scopedLive("is left alone", () =>
    Effect.gen(function*() {
      const { ours, runs } = yield* taken
      yield* Effect.fork(ours)
      yield* Effect.sleep("500 millis")
      assert.strictEqual(runs.started, 0)
    }))
})

describe("a lease that is lost while a tool runs", () => {
  const lost = setup([Fault.status(412, { match: { path: heartbeats, skip: 1 } })], 1500)

  it.scopedLive("makes the SDK run the tool a second time, to its end both times", () =>
    Effect.gen(function*() {
      const { answered, runs, theirs } = yield* lost
      yield* Effect.fork(theirs)
      yield* answered
      assert.deepStrictEqual(runs, { started: 2, finished: 2, most: 1 })
    }))

  it.scopedLive("interrupts the tool, and the agent reads that it is not known what it did", () =>
    Effect.gen(function*() {
      const { answered, ours, runs } = yield* lost
      yield* Effect.fork(ours)
      yield* answered
      assert.deepStrictEqual(runs, { started: 1, finished: 0, most: 1 })
    }))
})

describe("a heartbeat whose answer is lost", () => {
  const dropped = setup([Fault.drop("after", { match: { path: heartbeats, skip: 1 } })], 3000)

  it.scopedLive("makes the SDK give up an item that is its own, and run the tool again", () =>
    Effect.gen(function*() {
      const { answered, runs, theirs } = yield* dropped
      yield* Effect.fork(theirs)
      yield* answered
      assert.isAtLeast(runs.started, 2)
    }))

  it.scopedLive("changes nothing", () =>
    Effect.gen(function*() {
      const { answered, ours, runs } = yield* dropped
      yield* Effect.fork(ours)
      yield* answered
      assert.deepStrictEqual(runs, { started: 1, finished: 1, most: 1 })
    }))
})

describe("two sessions", () => {
  const two = setup([], 500, 2)

  it.scopedLive("are served by the SDK one after the other", () =>
    Effect.gen(function*() {
      const { answered, runs, theirs } = yield* two
      yield* Effect.fork(theirs)
      yield* answered
      assert.deepStrictEqual(runs, { started: 2, finished: 2, most: 1 })
    }))

  it.scopedLive("are served at the same time", () =>
    Effect.gen(function*() {
      const { answered, ours, runs } = yield* two
      yield* Effect.fork(ours)
      yield* answered
      assert.deepStrictEqual(runs, { started: 2, finished: 2, most: 2 })
    }))
})

describe("one bad item, whose session cannot be read once", () => {
  // the SDK reads the session first, this worker its stream
  const bad = (path: string) => setup([Fault.status(403, { match: { method: "GET", path, times: 1 } })], 0, 2)
  const keyed = { ...headers, "x-api-key": "", "authorization": "Bearer sk-ant-oat01-key" }
  const items = (simulator: Simulator.Service) =>
    Effect.map(
      Effect.scoped(Effect.map(
        simulator.handle(request("GET", "/v1/environments/env_self/work", undefined, { headers: keyed })),
        jsonOf
      )),
      (page) => page.data.length
    )

  it.scopedLive("is stopped by the SDK, and the service makes another one for the session", () =>
    Effect.gen(function*() {
      const { answered, runs, simulator, theirs } = yield* bad("/v1/sessions/*")
      yield* Effect.fork(theirs)
      yield* answered
      assert.deepStrictEqual([runs.started, runs.finished, yield* items(simulator)], [2, 2, 3])
    }))

  it.scopedLive("is left to its lease, and served by and by", () =>
    Effect.gen(function*() {
      const { answered, ours, runs, simulator } = yield* bad("/v1/sessions/*/events/stream")
      yield* Effect.fork(ours)
      yield* answered
      assert.deepStrictEqual([runs.started, runs.finished, yield* items(simulator)], [2, 2, 2])
    }))
})

describe("a process that dies while a tool runs, between the acknowledgement of the item and its stop", () => {
  const crash = cli.program("crash")
  const directory = Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "crash-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  /** How often the tool ran, and what the agent got to read. */
  const runs = (whose: "theirs" | "ours") =>
    Effect.gen(function*() {
      const { answered, baseURL, ids, simulator } = yield* setup([], 0)
      const path = yield* directory
      const first = yield* crash(baseURL, whose, path, "dies")
      assert.strictEqual(yield* first.exit, "SIGKILL", first.stderr())
      yield* crash(baseURL, whose, path, "lives")
      yield* answered
      const [id = ""] = ids
      const results = (yield* simulator.events(id)).filter((event) => event.type === "user.tool_result")
      return {
        times: readFileSync(join(path, "ran.txt"), "utf8").split("\n").length - 1,
        failed: results.map(({ is_error }) => is_error === true)
      }
    })

  it.scopedLive("makes the SDK run the tool again", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* runs("theirs"), { times: 2, failed: [false] })
    }), 60_000)

  it.scopedLive("has run it once, and the agent reads that it is not known what it did", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* runs("ours"), { times: 1, failed: [true] })
    }), 60_000)
})
