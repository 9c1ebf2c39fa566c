/** Tools on a simulated agent. */
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as Content from "@effect-managed-agents/core/Content"
import * as Conversation from "@effect-managed-agents/core/Conversation"
import type { SessionId } from "@effect-managed-agents/core/Ids"
import * as Journal from "@effect-managed-agents/core/Journal"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../src/AgentScript.ts"
import * as Fault from "../src/Fault.ts"
import * as Ledger from "../src/Ledger.ts"
import * as Simulator from "../src/Simulator.ts"
import { agentThat, countOf, create, inTime, params } from "./utils/conversation.ts"

const { customTool, delegate, say, sleep, together } = AgentScript

class NoOrder extends Schema.TaggedError<NoOrder>()("NoOrder", { number: Schema.Int }) {}

const find = Tool.make("find", {
  description: "Finds an order",
  parameters: { number: Schema.Int },
  success: Schema.Struct({ status: Schema.String, since: Schema.DateFromString }),
  failure: NoOrder
})
const wait = Tool.make("wait", { parameters: { seconds: Schema.Number }, success: Schema.String })
const one = Tool.make("one", { success: Schema.String }).annotate(ToolRunner.Limits, { concurrency: 1 })
const Tools = Toolkit.make(find, wait, one)

/** The tools, and how often each ran and was cut off. */
const counted = (more: { readonly wait?: (seconds: number) => Effect.Effect<string> } = {}) => {
  const counts = { find: 0, wait: 0, one: 0, stopped: 0, most: 0 }
  let running = 0
  const handlers = Tools.toLayer({
    find: ({ number }) =>
      Effect.suspend(() => {
        counts.find++
        return number === 1234
          ? Effect.succeed({ status: "shipped", since: new Date(0) })
          : Effect.fail(new NoOrder({ number }))
      }),
    wait: ({ seconds }) =>
      Effect.suspend(() => {
        counts.wait++
        return more.wait === undefined ? Effect.as(Effect.sleep(seconds * 1000), `${seconds}`) : more.wait(seconds)
      }).pipe(Effect.onInterrupt(() => Effect.sync(() => counts.stopped++))),
    one: () =>
      Effect.gen(function*() {
        counts.one++
        counts.most = Math.max(counts.most, ++running)
        yield* Effect.sleep("1 second")
        running--
        return "one"
      })
  })
  return { counts, handlers }
}

const call = (name: string, input: Readonly<Record<string, unknown>> = {}) =>
  customTool({ name, input: input as never })

/** A turn of an agent that makes these calls at once, with what it was told. */
const turnThat = (
  calls: Parameters<typeof together>,
  options: ToolRunner.Options = {},
  tools = counted()
) =>
  Effect.gen(function*() {
    const id = yield* create
    const runner = yield* ToolRunner.make(Tools, options)
    const start = yield* Clock.currentTimeMillis
    const outcome = yield* inTime(Conversation.turn(id, "Hello", { tools: runner }), "100 millis")
    const took = (yield* Clock.currentTimeMillis) - start
    const results = outcome.toolCalls.map(({ result }) => result)
    return {
      id,
      outcome,
      took,
      counts: tools.counts,
      texts: results.map((result) => Content.textOf(result?.content)),
      errors: results.map((result) => result !== undefined && "is_error" in result && result.is_error === true)
    }
  }).pipe(
    Effect.provide(tools.handlers),
    Effect.provide(agentThat([[together(...calls), say("Done")]]))
  )

describe("tools", () => {
  it.effect("get their input decoded, and the agent their result encoded", () =>
    Effect.gen(function*() {
      const { outcome, texts, errors, counts } = yield* turnThat([call("find", { number: 1234 })])
      assert.deepInclude(outcome, { _tag: "EndTurn", reply: "Done" })
      assert.deepStrictEqual(texts, [`{"status":"shipped","since":"1970-01-01T00:00:00.000Z"}`])
      assert.deepStrictEqual(errors, [false])
      assert.strictEqual(counts.find, 1)
    }))

  it.effect("that fail tell the agent why", () =>
    Effect.gen(function*() {
      const { errors, outcome, texts } = yield* turnThat([call("find", { number: 1 })])
      assert.strictEqual(outcome._tag, "EndTurn")
      assert.deepStrictEqual(texts, [`{"number":1,"_tag":"NoOrder"}`])
      assert.deepStrictEqual(errors, [true])
    }))

  it.effect("with a wrong input do not run, and the agent reads what is wrong", () =>
    Effect.gen(function*() {
      const { counts, errors, texts } = yield* turnThat([call("find", { number: "1234" })])
      assert.include(texts[0], `["number"]`)
      assert.include(texts[0], `Expected number, actual "1234"`)
      assert.deepStrictEqual(errors, [true])
      assert.strictEqual(counts.find, 0)
    }))

  it.effect("with a defect say only that there was one", () =>
    Effect.gen(function*() {
      const tools = counted({ wait: () => Effect.die(new Error("the secret of the database")) })
      const { errors, outcome, texts } = yield* turnThat([call("wait", { seconds: 1 })], {}, tools)
      assert.strictEqual(outcome._tag, "EndTurn")
      assert.deepStrictEqual(texts, ["The tool failed unexpectedly."])
      assert.deepStrictEqual(errors, [true])
    }).pipe(Logger.withMinimumLogLevel(LogLevel.None)))

  it.effect("that interrupt themselves have failed", () =>
    Effect.gen(function*() {
      const { texts } = yield* turnThat([call("wait", { seconds: 1 })], {}, counted({ wait: () => Effect.interrupt }))
      assert.deepStrictEqual(texts, ["The tool failed unexpectedly."])
    }).pipe(Logger.withMinimumLogLevel(LogLevel.None)))

  it.effect("run at the same time: two of a second take one", () =>
    Effect.gen(function*() {
      const { counts, took } = yield* turnThat([call("wait", { seconds: 1 }), call("wait", { seconds: 1 })])
      assert.strictEqual(counts.wait, 2)
      assert.strictEqual(took, 1000)
    }))

  it.effect("run one at a time if they are limited", () =>
    Effect.gen(function*() {
      const { counts, took } = yield* turnThat([call("one"), call("one"), call("wait", { seconds: 1 })])
      assert.deepInclude(counts, { one: 2, most: 1 })
      assert.strictEqual(took, 2000)
    }))

  it.effect("run as many at a time as they may together", () =>
    Effect.gen(function*() {
      const all = yield* turnThat([call("wait", { seconds: 1 }), call("wait", { seconds: 1 })], { concurrency: 1 })
      assert.strictEqual(all.took, 2000)
    }))

  it.effect("are stopped when their time is over", () =>
    Effect.gen(function*() {
      const { counts, errors, texts, took } = yield* turnThat(
        [call("wait", { seconds: 100 }), call("wait", { seconds: 1 })],
        { timeout: "10 seconds" }
      )
      assert.deepStrictEqual(texts, ["It took longer than 10s.", "1"])
      assert.deepStrictEqual(errors, [true, false])
      assert.deepInclude(counts, { wait: 2, stopped: 1 })
      assert.strictEqual(took, 10_000)
    }))

  it.effect("that are not ours are left to others", () =>
    Effect.gen(function*() {
      const { outcome } = yield* turnThat([call("theirs"), call("wait", { seconds: 1 })])
      if (outcome._tag !== "RequiresAction") return assert.fail(outcome._tag)
      assert.deepStrictEqual(outcome.actions.map(({ name }) => name), ["theirs"])
    }))

  it.effect("may be joined by an answer for the rest", () =>
    Effect.gen(function*() {
      const tools = counted()
      const id = yield* create
      const outcome = yield* inTime(Conversation.turn(id, "Hello", {
        tools: Tools,
        answer: () => Effect.succeedSome(PendingAction.result("theirs"))
      })).pipe(Effect.provide(tools.handlers))
      assert.strictEqual(outcome._tag, "EndTurn")
      assert.strictEqual(tools.counts.wait, 1)
    }).pipe(Effect.provide(agentThat([[together(call("theirs"), call("wait", { seconds: 1 })), say("Done")]]))))

  it.effect("answer sub-agents", () =>
    Effect.gen(function*() {
      const tools = counted()
      const id = yield* create
      const outcome = yield* inTime(Conversation.turn(id, "Hello", { tools: Tools })).pipe(
        Effect.provide(tools.handlers)
      )
      assert.deepInclude(outcome, { _tag: "EndTurn", reply: "Report: It took 3" })
      assert.strictEqual(tools.counts.wait, 1)
      yield* Ledger.assertAll
    }).pipe(
      Effect.provide(agentThat([[delegate({ agent: "Researcher", message: "Look" }), say("Report: {{result}}")]], {
        child: { otherwise: [call("wait", { seconds: 3 }), say("It took {{result}}")] }
      }))
    ))

  it.effect("are stopped when the agent is interrupted", () =>
    Effect.gen(function*() {
      const tools = counted()
      const id = yield* create
      const fiber = yield* Effect.fork(
        Conversation.turn(id, "Hello", { tools: Tools }).pipe(Effect.provide(tools.handlers))
      )
      yield* TestClock.adjust("10 seconds")
      yield* inTime(Conversation.interrupt(id))
      const outcome = yield* inTime(Fiber.join(fiber))
      assert.strictEqual(outcome._tag, "Interrupted")
      assert.deepInclude(tools.counts, { wait: 1, stopped: 1 })
    }).pipe(Effect.provide(agentThat([[call("wait", { seconds: 60 })]]))))

  it.effect("are stopped when the session is terminated, though they run", () =>
    Effect.gen(function*() {
      const tools = counted()
      const id = yield* create
      const fiber = yield* Effect.fork(
        Conversation.turn(id, "Hello", { tools: Tools }).pipe(Effect.provide(tools.handlers))
      )
      yield* TestClock.adjust("10 seconds")
      yield* Effect.flatMap(Sessions.Sessions, (sessions) => sessions.archive(id))
      const outcome = yield* inTime(Fiber.join(fiber))
      assert.deepInclude(outcome, { _tag: "Terminated", archived: true })
      assert.deepInclude(tools.counts, { wait: 1, stopped: 1 })
    }).pipe(Effect.provide(agentThat([[call("wait", { seconds: 60 })]]))))

  it.effect("run once though two turns see the call", () =>
    Effect.gen(function*() {
      const tools = counted()
      const id = yield* create
      const turn = (text: string) => Conversation.turn(id, text, { tools: Tools }).pipe(Effect.provide(tools.handlers))
      const first = yield* Effect.fork(turn("one"))
      yield* TestClock.adjust("1 second")
      const second = yield* Effect.fork(turn("two"))
      const outcomes = yield* inTime(Effect.all([Fiber.join(first), Fiber.join(second)]))
      assert.deepStrictEqual(outcomes.map(({ _tag }) => _tag), ["EndTurn", "EndTurn"])
      assert.strictEqual(tools.counts.wait, 1)
      yield* Ledger.assertAll
    }).pipe(Effect.provide(agentThat([[sleep("5 seconds"), call("wait", { seconds: 5 }), say("Done")]]))))
})

/** A journal that survives: the entries of calls by state. */
const journalWith = (entry: Journal.Entry) => {
  const memory = Journal.makeMemory()
  const fresh = new Set<string>()
  return Journal.Journal.of({
    ...memory,
    get: (call) =>
      Effect.suspend(() => {
        if (fresh.has(call.id)) return memory.get(call)
        fresh.add(call.id)
        return Effect.zipRight(memory.put(call, entry), memory.get(call))
      })
  })
}

const afterRestart = (entry: Journal.Entry, options: ToolRunner.Options = {}) => {
  const journal = journalWith(entry)
  return Effect.provideService(turnThat([call("wait", { seconds: 1 })], options), Journal.Journal, journal)
}

describe("calls of an earlier process", () => {
  it.effect("that had run are answered with what they returned then", () =>
    Effect.gen(function*() {
      const { counts, outcome, texts } = yield* afterRestart({ _tag: "Ran", result: PendingAction.result("before") })
      assert.strictEqual(outcome._tag, "EndTurn")
      assert.deepStrictEqual(texts, ["before"])
      assert.strictEqual(counts.wait, 0)
    }))

  it.effect("of which nobody knows what they did fail", () =>
    Effect.gen(function*() {
      const { counts, errors, texts } = yield* afterRestart({ _tag: "Started" })
      assert.include(texts[0], "It is not known whether this call of wait has taken effect")
      assert.deepStrictEqual(errors, [true])
      assert.strictEqual(counts.wait, 0)
    }))

  it.effect("may run again", () =>
    Effect.gen(function*() {
      const { counts, texts } = yield* afterRestart({ _tag: "Started" }, { unfinished: () => "run" })
      assert.deepStrictEqual(texts, ["1"])
      assert.strictEqual(counts.wait, 1)
    }))

  it.effect("may be asked about", () =>
    Effect.gen(function*() {
      const { counts, outcome } = yield* afterRestart({ _tag: "Started" }, { unfinished: "ask" })
      if (outcome._tag !== "RequiresAction") return assert.fail(outcome._tag)
      assert.deepStrictEqual(outcome.actions.map(({ name }) => name), ["wait"])
      assert.strictEqual(counts.wait, 0)
    }))

  it.effect("that were refused are left open", () =>
    Effect.gen(function*() {
      const { counts, outcome } = yield* afterRestart({ _tag: "Rejected", detail: "no" })
      assert.strictEqual(outcome._tag, "RequiresAction")
      assert.strictEqual(counts.wait, 0)
    }))
})

const post = { method: "POST", path: "/v1/sessions/*/events", skip: 1 }

describe("results", () => {
  const lost: ReadonlyArray<Fault.Fault> = [
    Fault.drop("after", { match: post }),
    Fault.drop("before", { match: post }),
    Fault.status(500, { match: post, landed: true }),
    Fault.status(503, { match: post }),
    Fault.status(400, { match: { ...post, times: 3 } })
  ]
  for (const fault of lost) {
    it.effect(`are delivered in spite of ${JSON.stringify(fault.do)}, and nothing runs twice`, () =>
      Effect.gen(function*() {
        const tools = counted()
        const id = yield* create
        const outcome = yield* inTime(Conversation.turn(id, "Hello", { tools: Tools })).pipe(
          Effect.provide(tools.handlers)
        )
        assert.strictEqual(outcome._tag, "EndTurn")
        assert.strictEqual(tools.counts.wait, 1)
        assert.strictEqual(yield* countOf(id, "user.custom_tool_result"), 1)
      }).pipe(Effect.provide(agentThat([[call("wait", { seconds: 1 }), say("Done")]], { faults: [fault] }))))
  }

  it.effect("that the service never takes fail the turn, and are not sent again", () =>
    Effect.gen(function*() {
      const tools = counted()
      const journal = Journal.makeMemory()
      const id = yield* create
      const turn = Effect.provideService(
        Conversation.turn(id, "Hello", { tools: Tools }).pipe(Effect.provide(tools.handlers)),
        Journal.Journal,
        journal
      )
      const error = yield* Effect.flip(inTime(turn))
      assert.strictEqual(error._tag, "InvalidRequest")
      const [open] = yield* Conversation.pending(id)
      assert.deepInclude(Option.getOrThrow(yield* journal.get(open!)), { _tag: "Rejected" })
      assert.strictEqual(tools.counts.wait, 1)
    }).pipe(Effect.provide(agentThat([[call("wait", { seconds: 1 }), say("Done")]], {
      faults: [Fault.status(400, { match: { ...post, times: 20 } })]
    }))))
})

/** A worker beside the turns. */
const worker = (id: SessionId, options?: ToolRunner.RunOptions) => Effect.fork(ToolRunner.run(id, Tools, options))

describe("run", () => {
  it.effect("answers what others ask for, until the session ends", () =>
    Effect.gen(function*() {
      const tools = counted()
      yield* Effect.gen(function*() {
        const id = yield* create
        const fiber = yield* worker(id)
        const both = Effect.all([
          Conversation.turn(id, "a", { answer: () => Effect.never }),
          Conversation.turn(id, "b", {
            answer: () => Effect.never
          })
        ])
        const outcomes = yield* inTime(both)
        assert.deepStrictEqual(outcomes.map(({ _tag }) => _tag), ["EndTurn", "EndTurn"])
        assert.strictEqual(tools.counts.wait, 2)
        yield* Effect.flatMap(Sessions.Sessions, (sessions) => sessions.archive(id))
        assert.strictEqual(yield* inTime(Fiber.join(fiber)), "archived")
        yield* Ledger.assertAll
      }).pipe(Effect.provide(tools.handlers))
    }).pipe(Effect.provide(agentThat([
      [call("wait", { seconds: 1 }), say("Done")],
      [call("wait", { seconds: 1 }), say("Done")]
    ]))))

  it.effect("begins with what the session waits for, and does not run again what was answered", () =>
    Effect.gen(function*() {
      const tools = counted()
      yield* Effect.gen(function*() {
        const id = yield* create
        const first = yield* inTime(Conversation.turn(id, "Hello"))
        assert.strictEqual(first._tag, "RequiresAction")
        const before = yield* worker(id)
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.interrupt(before)
        const after = yield* worker(id)
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.interrupt(after)
        assert.strictEqual(tools.counts.wait, 1)
        assert.deepStrictEqual(yield* Conversation.pending(id), [])
        const simulator = yield* Simulator.Simulator
        assert.strictEqual(yield* simulator.openStreams(), 0)
      }).pipe(Effect.provide(tools.handlers))
    }).pipe(Effect.provide(agentThat([[call("wait", { seconds: 1 }), say("Done")]]))))

  it.effect("survives lost connections while tools run", () =>
    Effect.gen(function*() {
      const tools = counted()
      yield* Effect.gen(function*() {
        const id = yield* create
        yield* worker(id)
        const outcome = yield* inTime(Conversation.turn(id, "Hello", { answer: () => Effect.never }))
        assert.strictEqual(outcome._tag, "EndTurn")
        assert.strictEqual(tools.counts.wait, 2)
      }).pipe(Effect.provide(tools.handlers))
    }).pipe(
      Effect.provide(agentThat([[together(call("wait", { seconds: 1 }), call("wait", { seconds: 9 })), say("Done")]], {
        faults: [
          Fault.cutAfterEvents(5, { match: { method: "GET", path: "/v1/sessions/*/events/stream", times: 5 } })
        ]
      }))
    ))
})

describe("built-in tools of a self-hosted environment", () => {
  const Bash = Toolkit.make(Tool.make("bash", { parameters: { command: Schema.String }, success: Schema.String }))

  /** A turn in an environment of one's own, with the credentials of a worker. */
  const turn = (options: ToolRunner.Options, more: Conversation.Options = {}) =>
    Effect.gen(function*() {
      const ran: Array<string> = []
      const sessions = yield* Sessions.Sessions
      // the helper's parameters are plain data
      const { id } = yield* sessions.create({ ...params as object, environment_id: "env_self" } as never)
      const outcome = yield* Effect.gen(function*() {
        const tools = yield* ToolRunner.make(Bash, options)
        return yield* inTime(Conversation.turn(id, "Hello", { ...more, tools }))
      }).pipe(Effect.provide(Bash.toLayer({
        bash: ({ command }) => Effect.sync(() => `ran ${ran.push(command)}: ${command}`)
      })))
      return { id, outcome, ran }
    }).pipe(
      Effect.provide(asWorker),
      Effect.provide(agentThat([[bash("allow"), bash("ask"), say("It said {{result}}")]]))
    )

  const bash = (permission: "allow" | "ask") =>
    AgentScript.tool({ name: "bash", input: { command: permission }, permission })

  const asWorker = ManagedAgents.layer.pipe(
    Layer.provide(ClientConfig.layer({ baseUrl: "http://simulator", apiKey: Redacted.make("sk-ant-oat01-worker") }))
  )

  const approve = { approve: () => Effect.succeed(PendingAction.allow) }

  it.effect("are run if that is wanted, those that have to be approved once they are", () =>
    Effect.gen(function*() {
      const { outcome, ran } = yield* turn({ selfHosted: true }, approve)
      assert.deepInclude(outcome, { _tag: "EndTurn", reply: "It said ran 2: ask" })
      assert.deepStrictEqual(ran, ["allow", "ask"])
    }))

  it.effect("are not run before they are approved", () =>
    Effect.gen(function*() {
      const { outcome, ran } = yield* turn({ selfHosted: true })
      if (outcome._tag !== "RequiresAction") return assert.fail(outcome._tag)
      assert.deepStrictEqual(outcome.actions.map(({ _tag }) => _tag), ["Confirmation"])
      assert.deepStrictEqual(ran, ["allow"])
    }))

  it.effect("are left to others otherwise", () =>
    Effect.gen(function*() {
      const { outcome, ran } = yield* turn({}, approve)
      if (outcome._tag !== "RequiresAction") return assert.fail(outcome._tag)
      assert.deepStrictEqual(outcome.actions.map(({ _tag, name }) => `${_tag} ${name}`), ["SelfHostedToolCall bash"])
      assert.deepStrictEqual(ran, [])
    }))
})
