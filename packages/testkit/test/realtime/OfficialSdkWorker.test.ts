/**
 * The worker of the vendor's own SDK runs the tools of a session against the port.
 */
import Anthropic from "@anthropic-ai/sdk"
import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as AgentScript from "../../src/AgentScript.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as SimulatorServer from "../../src/SimulatorServer.ts"
import { collect } from "../utils/sdkOnPort.ts"

const { say, tool } = AgentScript

const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "sdk-worker-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

it.scopedLive("SDK 1.14.0 runs a session's tools, and makes every call on work", () =>
  Effect.gen(function*() {
    const context = yield* Layer.build(Simulator.layer({
      agents: { agent_1: { agent: { name: "Clerk", tools: [{ type: "agent_toolset_20260401" }] } } },
      environments: { env_self: { type: "self_hosted" } },
      script: AgentScript.make({
        turns: [[tool({ name: "write", input: { file_path: "note.txt", content: "Hello" } }), say("Written")]]
      })
    }))
    const { url: baseURL } = yield* Effect.provide(SimulatorServer.start(), context)
    const simulator = Context.get(context, Simulator.Simulator)
    const client = new Anthropic({ apiKey: "sk-test", baseURL, logLevel: "off" })
    const { sessions } = client.beta
    const workdir = yield* directory
    const environmentKey = "sk-ant-oat01-key"
    const { id } = yield* Effect.promise(() => sessions.create({ agent: "agent_1", environment_id: "env_self" }))
    const worker = client.beta.environments.work.worker({
      environmentId: "env_self",
      environmentKey,
      workdir,
      maxIdleMs: 100
    })
    yield* Effect.forkScoped(Effect.promise((signal) => worker.run(signal)))
    yield* Effect.promise(() =>
      sessions.events.send(id, { events: [{ type: "user.message", content: [{ type: "text", text: "Go" }] }] })
    )
    yield* Effect.repeat(simulator.events(id), {
      until: (events) => events.some(({ type }) => type === "agent.message"),
      schedule: Schedule.spaced("20 millis")
    })
    assert.strictEqual(readFileSync(join(workdir, "note.txt"), "utf8"), "Hello")

    const { work } = client.beta.environments
    const own = new Anthropic({ authToken: environmentKey, apiKey: null, baseURL, logLevel: "off" })
    const items = Effect.promise(() => collect(own.beta.environments.work.list("env_self")))
    yield* Effect.repeat(items, {
      until: (items) => items.every(({ state }) => state === "stopped"),
      schedule: Schedule.spaced("20 millis")
    })
    const [found] = yield* items
    assert.isDefined(found)
    const params = { environment_id: "env_self" }
    yield* Effect.promise(async () => {
      assert.deepStrictEqual(await work.retrieve(found.id, params), found)
      assert.deepStrictEqual((await work.update(found.id, { ...params, metadata: { a: "1" } })).metadata, { a: "1" })
      assert.strictEqual((await work.stats("env_self")).workers_polling, 1)
    })
  }))
