/**
 * The vendor's own SDK, of today and of the time of the reference, against every door of the simulator.
 */
import Anthropic from "@anthropic-ai/sdk"
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema"
import { assert, describe, it } from "@effect/vitest"
import SeedEraAnthropic from "anthropic-sdk-seed-era"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as Fixtures from "../../src/Fixtures.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as SimulatorFetch from "../../src/SimulatorFetch.ts"
import * as SimulatorServer from "../../src/SimulatorServer.ts"

const script = {
  turns: [[
    { custom_tool: { name: "lookup_order", input: { order: "{{text}}" } } },
    { say: "Your order is {{result}}." }
  ]]
}

const agent = {
  name: "Orders",
  tools: [
    { type: "agent_toolset_20260401" },
    {
      type: "custom",
      name: "lookup_order",
      description: "Finds an order.",
      input_schema: { type: "object", properties: { order: { type: "string" } } }
    }
  ]
} as const

const agentId = "agent_orders"

/** How to reach a simulator that has the agent: what to construct a client with. */
type Door = Effect.Effect<{ readonly baseURL: string; readonly fetch?: typeof fetch }, never, Scope.Scope>

const simulator = Simulator.layer({ fixtures: Fixtures.docs, agents: { [agentId]: { agent, script } } })

const memory: Door = Effect.gen(function*() {
  const context = yield* Layer.build(simulator)
  return { baseURL: "http://simulator", fetch: yield* Effect.provide(SimulatorFetch.make, context) }
})

const port: Door = Effect.gen(function*() {
  const context = yield* Layer.build(simulator)
  return { baseURL: (yield* Effect.provide(SimulatorServer.start(), context)).url }
}).pipe(Effect.orDie)

/** What `npm run simulator` runs, controlled from outside as by a test in another language. */
const command: Door = Effect.gen(function*() {
  const run = fileURLToPath(new URL("../../../../scripts/run.mjs", import.meta.url))
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [run, "simulator", "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] })
    ),
    (child) => Effect.sync(() => child.kill())
  )
  const baseURL = yield* Effect.async<string>((resume) => {
    let stdout = ""
    child.stdout.setEncoding("utf8").on("data", (data) => {
      stdout += data
      const match = /listening on (\S+)\n/.exec(stdout)
      if (match !== null) resume(Effect.succeed(match[1]!))
    })
  })
  const response = yield* Effect.promise(() =>
    // the control routes are for any HTTP client
    fetch(`${baseURL}/_sim/agents/${agentId}`, { method: "PUT", body: JSON.stringify({ agent, script }) })
  )
  assert.strictEqual(response.status, 200)
  return { baseURL }
})

// The two SDKs have types of their own for the same calls. What is tried is what they do on the wire.
const sdks: Readonly<Record<string, (options: object) => any>> = {
  "1.14.0": (options) => new Anthropic({ apiKey: "sk-test", maxRetries: 0, ...options }),
  "0.108.0": (options) => new SeedEraAnthropic({ apiKey: "sk-test", maxRetries: 0, ...options })
}

const collect = async (list: AsyncIterable<any>): Promise<ReadonlyArray<any>> => {
  const all: Array<any> = []
  for await (const item of list) all.push(item)
  return all
}

const refused = (call: Promise<unknown>): Promise<any> =>
  call.then(() => assert.fail("the call was not refused"), (error: unknown) => error)

/** What SDKs of both times yield from a stream: that of the reference's time drops events that it does not know. */
const known = (events: ReadonlyArray<any>): ReadonlyArray<any> =>
  events.filter((event) => event.type !== "session.usage")

/** One whole conversation, in which the client runs a tool. */
const conversation = async (client: any): Promise<ReadonlyArray<any>> => {
  const { sessions } = client.beta
  const session = await sessions.create({ agent: agentId, environment_id: Fixtures.environmentId })
  const stream = await sessions.events.stream(session.id)
  await sessions.events.send(session.id, {
    events: [{ type: "user.message", content: [{ type: "text", text: "1234" }] }]
  })
  const seen: Array<any> = []
  for await (const event of stream) {
    seen.push(event)
    if (event.type === "agent.custom_tool_use") {
      await sessions.events.send(session.id, {
        events: [{
          type: "user.custom_tool_result",
          custom_tool_use_id: event.id,
          content: [{ type: "text", text: `on its way (${event.input.order})` }]
        }]
      })
    }
    if (event.type === "session.status_idle" && event.stop_reason.type === "end_turn") break
  }
  const listed = await collect(sessions.events.list(session.id))
  assert.deepStrictEqual(known(seen), known(listed))
  return known(listed)
}

const allCalls = async (client: any): Promise<void> => {
  const { sessions } = client.beta
  const { events, resources, threads } = sessions

  const session = await sessions.create({
    agent: { type: "agent", id: Fixtures.agentId, version: 1 },
    environment_id: Fixtures.environmentId,
    title: "Order #1234 inquiry",
    metadata: { "a/b%": "ü" },
    vault_ids: [Fixtures.vaultId],
    resources: [{
      type: "github_repository",
      url: "https://github.com/example-org/example-repo",
      authorization_token: "ghp_secret"
    }]
  })
  const id = session.id
  assert.strictEqual(session.type, "session")
  assert.strictEqual(session.status, "idle")
  const { stats: _, ...lasting } = session
  assert.deepInclude(await sessions.retrieve(id), lasting)
  assert.strictEqual((await sessions.update(id, { title: "Renamed" })).title, "Renamed")
  for (let i = 0; i < 3; i++) await sessions.create({ agent: agentId, environment_id: Fixtures.environmentId })
  const listed = await collect(sessions.list({
    limit: 2,
    statuses: ["idle", "running"],
    "created_at[gte]": "2026-01-01T00:00:00Z"
  }))
  assert.strictEqual(listed.length, 5)
  assert.include(listed.map((one) => one.id), id)

  const stream = await events.stream(id)
  const text = "Where is my order?"
  const sent = await events.send(id, { events: [{ type: "user.message", content: [{ type: "text", text }] }] })
  assert.strictEqual(sent.data[0].content[0].text, text)
  const live: Array<any> = []
  for await (const event of stream) {
    live.push(event)
    if (event.type === "session.status_idle") break
  }
  const [updated, ...turn] = await collect(events.list(id, { limit: 3 }))
  assert.strictEqual(updated.type, "session.updated")
  assert.deepStrictEqual(known(turn), known(live))
  const messages = await collect(events.list(id, { types: ["agent.message", "user.message"], order: "desc" }))
  assert.deepStrictEqual(messages.map((event) => event.type), ["agent.message", "user.message"])

  const file = await resources.add(id, { type: "file", file_id: Fixtures.fileId, mount_path: "/uploads/receipt.pdf" })
  assert.strictEqual(file.type, "file")
  const mounted = await collect(resources.list(id))
  assert.deepStrictEqual(mounted.map((resource) => resource.type), ["github_repository", "file"])
  assert.deepStrictEqual(await resources.retrieve(file.id, { session_id: id }), file)
  const rotated = await resources.update(mounted[0].id, { session_id: id, authorization_token: "ghp_other" })
  assert.strictEqual(rotated.id, mounted[0].id)
  assert.notInclude(JSON.stringify([session, mounted, rotated]), "ghp_")
  assert.deepStrictEqual(await resources.delete(file.id, { session_id: id }), {
    id: file.id,
    type: "session_resource_deleted"
  })

  const [thread] = await collect(threads.list(id))
  assert.strictEqual(thread.type, "session_thread")
  assert.deepStrictEqual((await threads.retrieve(thread.id, { session_id: id })).agent, thread.agent)
  const threadEvents = await collect(threads.events.list(thread.id, { session_id: id, limit: 4 }))
  assert.include(threadEvents.map((event) => event.type), "agent.message")
  const threadStream = await threads.events.stream(thread.id, { session_id: id })
  await events.send(id, { events: [{ type: "user.message", content: [{ type: "text", text: "And now?" }] }] })
  for await (const event of threadStream) if (event.type === "agent.message") break
  // the primary thread cannot be archived, and the SDK says why
  const primary = await refused(threads.archive(thread.id, { session_id: id }))
  assert.strictEqual(primary.status, 400)
  assert.strictEqual(primary.error.error.type, "invalid_request_error")

  const archived = await sessions.archive(id)
  assert.isString(archived.archived_at)
  assert.strictEqual(archived.status, "terminated")
  assert.deepStrictEqual(await sessions.delete(id), { id, type: "session_deleted" })
  const gone = await refused(sessions.retrieve(id))
  assert.strictEqual(gone.status, 404)
  assert.match(gone.requestID, /^req_/)
}

/** A reader that is given up: the SDK must not hang, and the simulator must not keep the stream. */
const abort = async (client: any): Promise<void> => {
  const { sessions } = client.beta
  const controller = new AbortController()
  const stream = await sessions.events.stream(Fixtures.sessionId, undefined, { signal: controller.signal })
  const reading = collect(stream)
  controller.abort()
  await reading.then(() => undefined, () => undefined)
}

for (const [version, make] of Object.entries(sdks)) {
  const doors: Readonly<Record<string, Door>> = {
    "in memory": memory,
    "on a port": port,
    "as npm run simulator": command
  }
  describe(`SDK ${version}`, () => {
    for (const [name, door] of Object.entries(doors)) {
      it.scopedLive(`makes all calls and has a conversation, ${name}`, () =>
        Effect.gen(function*() {
          const client = make(yield* door)
          yield* Effect.promise(() => allCalls(client))
          const seen = yield* Effect.promise(() => conversation(client))
          assert.deepStrictEqual(seen.map((event) => event.type), [
            "session.status_running",
            "session.thread_status_running",
            "user.message",
            "span.model_request_start",
            "agent.custom_tool_use",
            "span.model_request_end",
            "session.thread_status_idle",
            "session.status_idle",
            "user.custom_tool_result",
            "session.status_running",
            "session.thread_status_running",
            "span.model_request_start",
            "agent.message",
            "span.model_request_end",
            "session.thread_status_idle",
            "session.status_idle"
          ])
          const reply = seen.find((event) => event.type === "agent.message")
          assert.deepStrictEqual(reply.content, [{ type: "text", text: "Your order is on its way (1234)." }])
          yield* Effect.promise(() => abort(client))
        }))
    }
  })
}

describe("SDK 1.14.0", () => {
  it.scopedLive("runs tools by its own runner", () =>
    Effect.gen(function*() {
      const client = new Anthropic({ apiKey: "sk-test", maxRetries: 0, ...(yield* memory) })
      yield* Effect.promise(async () => {
        const { sessions } = client.beta
        const session = await sessions.create({ agent: agentId, environment_id: Fixtures.environmentId })
        const text = "1234"
        await sessions.events.send(session.id, {
          events: [{ type: "user.message", content: [{ type: "text", text }] }]
        })
        const runner = sessions.events.toolRunner(session.id, {
          tools: [betaTool({
            name: "lookup_order",
            description: "Finds an order.",
            inputSchema: { type: "object", properties: { order: { type: "string" } } },
            run: ({ order }) => `on its way (${String(order)})`
          })],
          maxIdleMs: 1
        })
        const calls = await collect(runner)
        assert.deepStrictEqual(calls.map((call) => call.posted), [true])
        const messages = await collect(sessions.events.list(session.id, { types: ["agent.message"] }))
        assert.strictEqual(messages[0].content[0].text, "Your order is on its way (1234).")
      })
    }))
})
