import * as Agents from "@effect-managed-agents/core/Agents"
import * as Events from "@effect-managed-agents/core/Events"
import * as Ids from "@effect-managed-agents/core/Ids"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import { assertNone } from "@effect/vitest/utils"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { runInNewContext } from "node:vm"
import * as AgentScript from "../src/AgentScript.ts"
import * as Fixtures from "../src/Fixtures.ts"
import { Simulator } from "../src/Simulator.ts"
import * as Testkit from "../src/Testkit.ts"
import { settle } from "./utils/wire.ts"

const create = Effect.flatMap(
  Sessions.Sessions,
  (sessions) => sessions.create({ agent: Fixtures.agentId, environment_id: Fixtures.environmentId })
)

describe("Testkit", () => {
  it.scoped("runs a conversation of the real client", () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      const session = yield* create
      const live = yield* events.open(session.id)
      yield* events.send(session.id, UserEvent.message("Hi"))
      const seen = yield* live.pipe(
        Stream.takeUntil((event) => event.type === "session.status_idle"),
        Stream.runCollect
      )
      const listed = yield* Stream.runCollect(events.list(session.id))
      assert.deepStrictEqual(Chunk.toReadonlyArray(seen), Chunk.toReadonlyArray(listed))
      assert.include(JSON.stringify(seen), "\"Hello\"")
    }).pipe(Effect.provide(Testkit.layer({ script: { turns: [[AgentScript.say("Hello")]] } }))))

  it.scoped("has agents that the program creates, and sessions with them", () =>
    Effect.gen(function*() {
      const agents = yield* Agents.Agents
      const sessions = yield* Sessions.Sessions
      const events = yield* Events.Events
      const agent = yield* agents.create({
        name: "Waiter",
        model: "claude-opus-5-5",
        tools: [{ type: "custom", name: "wait", description: "Waits", input_schema: { type: "object" } }]
      })
      const session = yield* sessions.create({ agent: agent.id, environment_id: Fixtures.environmentId })
      assert.deepStrictEqual([session.agent.version, session.agent.tools], [1, agent.tools])
      const live = yield* events.open(session.id)
      const reply = yield* live.pipe(
        Stream.filter((event) => event.type === "agent.custom_tool_use"),
        Stream.take(1),
        Stream.runCollect,
        Effect.fork
      )
      yield* events.send(session.id, UserEvent.message("Hi"))
      yield* TestClock.adjust("1 hour")
      // a script may only call tools that its agent has
      assert.strictEqual(Chunk.size(yield* Fiber.join(reply)), 1)
    }).pipe(Effect.provide(
      Testkit.layer({ script: { turns: [[AgentScript.sleep("1 hour"), { custom_tool: { name: "wait" } }]] } })
    )))

  it.scoped("lives in the time of the test", () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      const session = yield* create
      const live = yield* events.open(session.id)
      yield* events.send(session.id, UserEvent.message("Hi"))
      const reply = yield* live.pipe(
        Stream.filter((event) => event.type === "agent.message"),
        Stream.take(1),
        Stream.runCollect,
        Effect.fork
      )
      yield* TestClock.adjust("59 minutes")
      assert.isTrue((yield* Fiber.poll(reply))._tag === "None")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(Chunk.size(yield* Fiber.join(reply)), 1)
    }).pipe(Effect.provide(
      Testkit.layer({ script: { turns: [[AgentScript.sleep("1 hour"), AgentScript.say("Hello")]] } })
    )))

  it.scoped("streams where the bytes of a TextEncoder are of another realm, as under jsdom", () =>
    Effect.gen(function*() {
      const own = globalThis.Uint8Array
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          globalThis.Uint8Array = runInNewContext("Uint8Array")
        }),
        () =>
          Effect.sync(() => {
            globalThis.Uint8Array = own
          })
      )
      assert.notInstanceOf(new TextEncoder().encode(""), Uint8Array)
      const reader = yield* Effect.fork(Stream.runDrain(yield* (yield* Events.Events).open(Fixtures.sessionId)))
      yield* TestClock.adjust("15 seconds")
      assertNone(yield* Fiber.poll(reader))
    }).pipe(Effect.provide(Testkit.layer())))

  it.scoped("shows the same simulator from behind", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator
      const events = yield* Events.Events
      const session = yield* create
      assert.include((yield* simulator.sessions).map((one) => one.id), session.id)
      const reader = yield* Effect.fork(Stream.runDrain(events.stream(session.id)))
      yield* settle
      assert.strictEqual(yield* simulator.openStreams(session.id), 1)
      yield* Fiber.interrupt(reader)
      assert.strictEqual(yield* simulator.openStreams(), 0)
      const ledger = yield* simulator.ledger
      assert.deepStrictEqual(ledger.map((entry) => [entry.method, entry.path]), [
        ["POST", "/v1/sessions"],
        ["GET", `/v1/sessions/${session.id}/events/stream`]
      ])
    }).pipe(Effect.provide(Testkit.layer())))

  it.scoped("releases what a program opens, however it leaves", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator
      const events = yield* Events.Events
      const { id } = yield* create
      // never read
      yield* Effect.scoped(Effect.asVoid(events.open(id)))
      yield* settle
      assert.strictEqual(yield* simulator.openStreams(), 0)
      // left early
      yield* Effect.scoped(Effect.gen(function*() {
        const live = yield* events.open(id)
        yield* events.send(id, UserEvent.message("Hi"))
        yield* Stream.runDrain(Stream.take(live, 1))
        assert.strictEqual(yield* simulator.openStreams(), 0)
      }))
      // the reader fails
      yield* Effect.scoped(Effect.gen(function*() {
        const live = yield* events.open(id)
        yield* events.send(id, UserEvent.message("Hi"))
        yield* Effect.flip(Stream.runForEach(live, () => Effect.fail("no")))
        assert.strictEqual(yield* simulator.openStreams(), 0)
      }))
      // the server ends it
      const reader = yield* Effect.fork(Stream.runDrain(events.stream(id)))
      yield* settle
      yield* simulator.closeStreams()
      yield* Fiber.join(reader)
      assert.strictEqual(yield* simulator.openStreams(), 0)
    }).pipe(Effect.provide(Testkit.layer())))

  it.scoped("takes agents and environments of the test's own", () =>
    Effect.gen(function*() {
      const sessions = yield* Sessions.Sessions
      const session = yield* sessions.create({
        agent: Ids.AgentId.make("agent_mine"),
        environment_id: Ids.EnvironmentId.make("env_mine")
      })
      assert.strictEqual(session.agent.name, "Mine")
      const error = yield* Effect.flip(sessions.retrieve(Fixtures.sessionId))
      assert.strictEqual(error._tag, "NotFound")
    }).pipe(Effect.provide(Testkit.layer({
      fixtures: Fixtures.none,
      agents: { agent_mine: { agent: { name: "Mine" } } },
      environments: { env_mine: {} },
      seed: 3
    }))))

  it.scoped("reaches no network", () =>
    Effect.gen(function*() {
      const client = yield* HttpClient.HttpClient
      const response = yield* client.get("https://api.anthropic.com/v1/models")
      assert.strictEqual(response.status, 401)
      assert.match(response.headers["request-id"] ?? "", /^req_/)
    }).pipe(Effect.provide(Testkit.layer())))

  it.scoped("gives the same ids for the same seed, and others for another", () =>
    Effect.gen(function*() {
      const id = (seed: number) => Effect.provide(Effect.map(create, (session) => session.id), Testkit.layer({ seed }))
      assert.strictEqual(yield* id(1), yield* id(1))
      assert.notStrictEqual(yield* id(1), yield* id(2))
    }))

  it.effect("checks what it is given where it is given", () =>
    Effect.gen(function*() {
      const why = (options: Testkit.Options) =>
        Effect.map(
          Effect.exit(Effect.provide(Effect.void, Testkit.layer(options))),
          (exit) => Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "nothing"
        )
      const task = { agent: "Researcher", message: "m" }
      const cases: ReadonlyArray<readonly [Testkit.Options, string]> = [
        [
          { script: { turns: [[{ say: "Hello", think: true }]] } },
          "script.turns[0][0]: expected an object with exactly one"
        ],
        [{ script: { turns: [[{ sleep: Number("1s") }]] } }, "script.turns[0][0].sleep: Expected milliseconds"],
        [
          { script: JSON.parse("{ \"turns\": [[{ \"sya\": \"Hello\" }]] }") },
          "script.turns[0][0]: unknown key \"sya\""
        ],
        [{ script: JSON.parse("[]") }, "script: "],
        [{ script: { otherwise: [JSON.parse("{ \"effect\": 1 }")] } }, "script.otherwise[0].effect: "],
        [
          { script: { otherwise: [{ delegate: { ...task, script: { grades: ["failed"] } } }] } },
          "script.grades: has no"
        ],
        [
          { agents: { agent_1: { script: { turns: [[{ say: "", think: true }]] } } } },
          "agents.agent_1.script.turns[0][0]: "
        ],
        [{ agents: { agent_1: { agent: { name: "" } } } }, "agents.agent_1.agent.name: value is required"],
        [{ agents: { [Fixtures.agentId]: {} } }, `agents.${Fixtures.agentId}: has no effect`],
        [{ pace: "Infinity" as never }, "pace: expected a finite duration"],
        [JSON.parse("{ \"scripts\": {} }"), "scripts: no such option"],
        [{ pace: Infinity }, "pace: expected a finite duration"],
        [{ rules: JSON.parse("{ \"hartbeat\": 1 }") }, "rules.hartbeat: no such rule"],
        [{ rules: JSON.parse("{ \"heartbeat\": \"soon\" }") }, "rules.heartbeat: expected a value of the kind of"],
        [{ rules: JSON.parse("{ \"rearchive\": \"yes\" }") }, "of its default, a boolean"],
        [{ rules: { previewLoss: Number("x") } }, "rules.previewLoss: expected a value of the kind of"],
        [{ rules: JSON.parse("{ \"modelsWithoutPrice\": \"all\" }") }, "of its default, a list"],
        [{ seed: Number("x") }, "seed: Expected a finite number"],
        [{ agents: JSON.parse("{ \"agent_1\": null }") }, "agents.agent_1: Expected AgentOptions, actual null"],
        [{ agents: JSON.parse("{ \"agent_1\": { \"scripts\": {} } }") }, "agents.agent_1.scripts: is unexpected"],
        [
          { environments: JSON.parse("{ \"env_1\": { \"type\": \"clowd\" } }") },
          "environments.env_1.type: Expected \"cloud\""
        ],
        [{ environments: JSON.parse("{ \"env_1\": { \"kind\": 1 } }") }, "environments.env_1.kind: is unexpected"],
        [{ fixtures: JSON.parse("null") }, "fixtures: Expected Fixtures, actual null"],
        [{ fixtures: JSON.parse("{ \"session\": [] }") }, "fixtures.session: is unexpected"],
        [{ fixtures: JSON.parse("{ \"sessions\": {} }") }, "fixtures.sessions: Expected"],
        [{ fixtures: JSON.parse("{ \"sessions\": [{ \"id\": \"s\" }] }") }, "fixtures.sessions[0].type: is missing"],
        [{ fixtures: JSON.parse("{ \"agents\": [{ \"id\": \"a\" }] }") }, "fixtures.agents[0].type: is missing"],
        [{ fixtures: JSON.parse("{ \"threads\": [{ \"id\": \"t\" }] }") }, "fixtures.threads[0].type: is missing"],
        [
          { fixtures: { environments: [JSON.parse("{ \"id\": \"e\" }")] } },
          "fixtures.environments[0].type: is missing"
        ],
        [
          { fixtures: { memoryStores: [JSON.parse("{ \"id\": \"m\" }")] } },
          "fixtures.memoryStores[0].name: is missing"
        ],
        [{ fixtures: JSON.parse("{ \"files\": [1] }") }, "fixtures.files[0]: Expected string, actual 1"]
      ]
      for (const [options, expected] of cases) assert.include(yield* why(options), expected)
      const effect = AgentScript.effect((agent) => agent.say("x"))
      const nested = { otherwise: [AgentScript.delegate({ ...task, script: { otherwise: [effect] } }), effect] }
      assert.strictEqual(yield* why({ script: nested, agents: { agent_1: {} } }), "nothing")
    }))

  it.effect("checks what it is given later", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator
      const script = { turns: [[{ say: "Hello", think: true } as const]] }
      const refused = yield* Effect.flip(simulator.putAgent("agent_1", { script }))
      assert.include(refused.message, "script.turns[0][0]: ")
      assert.include(
        (yield* Effect.flip(simulator.putAgent("agent_1", { agent: { name: "" } }))).message,
        "agent.name: "
      )
      for (const event of [{}, { type: 5 }, { type: "" }]) {
        // what a program without types gives
        const wrong = yield* Effect.flip(simulator.emit(Fixtures.sessionId, event as { readonly type: string }))
        assert.include(wrong.message, "event.type: expected a text")
      }
      const events = yield* Events.Events
      yield* events.send(Fixtures.sessionId, UserEvent.message("Hi"))
      const [failure] = yield* simulator.failures
      assert.include(failure?.message, "otherwise[0].sleep: Expected milliseconds")
    }).pipe(Effect.provide(Testkit.layer({
      script: { otherwise: [AgentScript.effect((agent) => agent.play([{ sleep: -1 }]))] }
    }))))

  it.effect("plays at the given pace, except for steps that say how long they take", () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      const { events: listed } = yield* Simulator
      const types = Effect.map(listed(Fixtures.sessionId), (events) => events.map(({ type }) => String(type)))
      yield* events.send(Fixtures.sessionId, UserEvent.message("Hi"))
      const request = [
        "session.status_running",
        "session.thread_status_running",
        "user.message",
        "span.model_request_start"
      ]
      assert.deepStrictEqual(yield* types, request)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual((yield* types).slice(4), ["agent.thinking"])
      yield* TestClock.adjust("10 minutes")
      assert.lengthOf(yield* types, 5)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual((yield* types).slice(5, 8), [
        "agent.tool_use",
        "span.model_request_end",
        "agent.tool_result"
      ])
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* types).at(-1), "session.status_idle")
    }).pipe(Effect.provide(Testkit.layer({
      pace: "1 second",
      rules: { maxStepsPerTurn: 4 },
      script: {
        turns: [[
          AgentScript.think,
          AgentScript.sleep("10 minutes"),
          AgentScript.tool({ name: "bash" }),
          AgentScript.say("x")
        ]]
      }
    }))))
})
