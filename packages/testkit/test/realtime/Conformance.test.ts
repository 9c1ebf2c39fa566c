/**
 * The suite that users run, on every door of the simulator and through another client; and that it finds what is broken.
 */
import * as ApiClient from "@effect-managed-agents/core/ApiClient"
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as RetryPolicy from "@effect-managed-agents/core/RetryPolicy"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Conformance from "../../src/Conformance.ts"
import * as Fixtures from "../../src/Fixtures.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as SimulatorHttpClient from "../../src/SimulatorHttpClient.ts"
import * as SimulatorServer from "../../src/SimulatorServer.ts"
import * as Testkit from "../../src/Testkit.ts"
import * as planted from "../utils/planted.ts"
import * as sdkClient from "../utils/sdkClient.ts"
import type { Json } from "../utils/wire.ts"

/** Runs all of it. Everything must conform, as nothing keeps any of it from running on a simulator. */
const all = Effect.gen(function*() {
  const report = yield* Conformance.run()
  const conforming = report.results.filter(({ outcome }) => outcome._tag === "Conforms")
  assert.strictEqual(conforming.length, Conformance.scenarios.length, Conformance.format(report))
  assert.deepStrictEqual(report.leftBehind, [])
  return report
})

describe("the simulator conforms", () => {
  it.live("in memory", () => Effect.provide(all, Conformance.layerSimulator()))

  it.scopedLive("on a port", () =>
    Effect.gen(function*() {
      const simulator = yield* Layer.build(Simulator.layer())
      const { url } = yield* Effect.provide(SimulatorServer.start(), simulator)
      yield* all.pipe(Effect.provide(Layer.merge(
        Layer.provide(Conformance.layerTargetSimulator(), Layer.succeedContext(simulator)),
        Layer.provide(
          Conformance.layerClient,
          Layer.merge(FetchHttpClient.layer, ClientConfig.layer({ baseUrl: url, apiKey: Redacted.make("any") }))
        )
      )))
      // nothing is left of it
      const { sessions } = Context.get(simulator, Simulator.Simulator)
      assert.deepStrictEqual(yield* sessions, [])
    }))

  it.live("through the vendor's SDK", () =>
    Effect.provide(
      all,
      Layer.merge(
        Conformance.layerTargetSimulator(),
        Layer.merge(
          sdkClient.layer,
          // what is around sessions is asked for through the client of core in any case
          Layer.provide(
            ApiClient.layer,
            ClientConfig.layer({ baseUrl: "http://simulator", apiKey: Redacted.make("any") })
          )
        ).pipe(Layer.provideMerge(Conformance.layerWire), Layer.provide(SimulatorHttpClient.layer))
      ).pipe(Layer.provide(Simulator.layer()))
    ))
})

/** Runs some of it on a simulator with a fault. */
const broken = (fault: planted.Fault, only: string) =>
  Conformance.run({ scenarios: Conformance.select(only) }).pipe(
    Effect.provide(
      Layer.merge(
        Conformance.layerTargetSimulator({ timeout: "3 seconds" }),
        Layer.provide(
          Conformance.layerClient,
          Layer.merge(
            SimulatorHttpClient.layer,
            ClientConfig.layer({ baseUrl: "http://simulator", apiKey: Redacted.make("any") })
          )
        )
      ).pipe(Layer.provide(planted.layer(fault)))
    ),
    // waiting for the simulator to recover would not help
    RetryPolicy.provide(RetryPolicy.none)
  )

const drop = (type: string) => () => (event: Json) => event.type === type ? [] : [event]

const change = (type: string, edit: (event: Json) => Json) => () => (event: Json) => [
  event.type === type ? edit(event) : event
]

/** Puts the event of a type behind the one that follows it. */
const swap = (type: string) => () => {
  let held: Json
  return (event: Json) => {
    if (event.type === type) {
      held = event
      return []
    }
    const both = held === undefined ? [event] : [event, held]
    held = undefined
    return both
  }
}

/** What goes wrong, where it shows, and by which expectation. */
const faults: ReadonlyArray<readonly [name: string, planted.Fault, scenario: string, ...drifts: Array<string>]> = [
  [
    "session.usage is not told",
    planted.events(drop("session.usage")),
    "tool.custom",
    "wire: usage is told directly before a session is idle"
  ],
  [
    "the session is idle before its usage is told",
    planted.events(swap("session.usage")),
    "interrupt.running",
    "wire: usage is told directly before a session is idle"
  ],
  [
    "the thread runs before the session",
    planted.events(swap("session.status_running")),
    "turn.first",
    "it begins with the running pair, the session first, and the message",
    "wire: a session starts to run before its thread"
  ],
  [
    "the message is shown when the model has read it",
    planted.events(swap("user.message")),
    "turn.first",
    "it begins with the running pair, the session first, and the message",
    "the message stands where it is read: directly before the model request",
    "wire: lists are in the order of processing"
  ],
  [
    "a message that steers is shown when the model has read it",
    planted.events(swap("user.message")),
    "turn.steering",
    "and directly before the next"
  ],
  [
    "a stream replays",
    planted.replay,
    "stream.no-replay",
    "nothing of the first turn is on a stream that was opened after it",
    "two streams of a session carry the same events"
  ],
  [
    "events are delivered twice",
    planted.streamed(() => (event) => [event, event]),
    "turn.first",
    "the history is what the stream carried",
    "wire: no event is delivered twice"
  ],
  [
    "frames have no name",
    planted.frames((text) => text.replace(/^event: .*\n/, "")),
    "turn.first",
    "wire: every frame is named after its event"
  ],
  [
    "a stream goes silent",
    planted.streamed(drop("session.status_idle")),
    "turn.first",
    "the stream carries session.status_idle"
  ],
  [
    "a deletion is not told",
    planted.streamed(drop("session.deleted")),
    "stream.deleted",
    "session.deleted is the last event"
  ],
  [
    "a preview is of another message",
    planted.streamed(change("event_delta", (event) => ({
      ...event,
      delta: { ...event.delta, content: { type: "text", text: "?" } }
    }))),
    "stream.previews",
    "the parts are the beginning of the message"
  ],
  [
    "previews are for all",
    planted.requests((request) =>
      request.path.endsWith("/stream") ? { ...request, query: [["event_deltas[]", "agent.message"]] } : request
    ),
    "stream.previews",
    "who did not ask gets none"
  ],
  [
    "usage is not cumulative",
    planted.events(change("session.usage", (event) => ({ ...event, usage: { ...event.usage, output_tokens: 1 } }))),
    "turn.second",
    "usage is cumulative"
  ],
  [
    "a denial has other words",
    planted.events(change("agent.tool_result", (event) => ({ ...event, content: [{ type: "text", text: "No." }] }))),
    "tool.deny",
    "the result is an error, in the known words"
  ],
  [
    "a second answer is refused",
    (simulator) => {
      const seen = new Set<string>()
      return (request) => {
        const id = /custom_tool_use_id":"(\w+)"/.exec(request.body)?.[1] ?? request.body
        const again = request.path.endsWith("/events") && request.method === "POST" && seen.has(id)
        seen.add(id)
        return again
          ? Effect.succeed(planted.refusal(400, "invalid_request_error", "Answered already."))
          : simulator.handle(request)
      }
    },
    "tool.custom-second-answer",
    "it is accepted"
  ],
  [
    "a running session can be archived",
    (simulator) => (request) =>
      request.path.endsWith("/archive")
        ? simulator.handle({ ...request, method: "GET", path: request.path.replace("/archive", "") })
        : simulator.handle(request),
    "session.archive-running",
    "it is refused, in the known words"
  ],
  [
    "what is deleted is a bad request",
    planted.answers((response) =>
      response.status === 404 ? planted.refusal(400, "invalid_request_error", "Gone.") : response
    ),
    "session.delete",
    "every call is a 404"
  ],
  [
    "refusals have a shape of their own",
    planted.json((value) => value.type === "error" ? { error: value.error.message } : value),
    "list.strict-query",
    "a name that does not exist is refused",
    "wire: refusals have the shape of an error"
  ],
  [
    "queries are lenient",
    planted.requests((request) => ({
      ...request,
      query: request.query.filter(([name]) => name !== "no_such_parameter")
    })),
    "list.strict-query",
    "a name that does not exist is refused",
    "it is named"
  ],
  [
    "pages do not lead back",
    planted.json((value) => ({ ...value, prev_page: undefined })),
    "list.sessions-paging",
    "the page has a prev_page"
  ],
  [
    "answers have no request id",
    planted.answers((response) => ({ ...response, headers: { "content-type": "application/json" } })),
    "session.create",
    "wire: every answer has a request id"
  ],
  [
    "metadata is replaced",
    planted.json((value, { body }) => {
      const patch = body.startsWith("{\"metadata\":") ? JSON.parse(body).metadata : undefined
      return patch === undefined ? value : { ...value, metadata: { change: "2", add: "2" } }
    }),
    "session.metadata-patch",
    "the answer has the patched metadata",
    "and so has the session"
  ],
  [
    "an answer is not what it should be",
    planted.json((value) => value.type === "session" ? { ...value, created_at: "yesterday" } : value),
    "session.create",
    "the calls of the scenario are answered"
  ]
]

describe("drift is found, and named", () => {
  for (const [name, fault, scenario, ...expected] of faults) {
    it.live(`when ${name}`, () =>
      Effect.gen(function*() {
        const report = yield* broken(fault, scenario)
        const found = report.results.flatMap(({ outcome }) =>
          outcome._tag === "Drifts" ? outcome.drifts.map(({ expectation }) => expectation) : [outcome._tag]
        )
        assert.isFalse(Conformance.conforms(report))
        assert.includeMembers(found, expected, Conformance.format(report))
      }))
  }
})

describe("what cannot be told is not passed", () => {
  it.live("when the model does not do as it is told, or the target lacks something", () =>
    Effect.gen(function*() {
      const report = yield* Conformance.run({
        scenarios: Conformance.select(
          "tool.*",
          "interrupt.r*",
          "*-running",
          "turn.steering",
          "thread.d*",
          "resource.f*"
        )
      })
      const why = report.results.map(({ outcome }) => outcome._tag === "NotRun" ? outcome.why : outcome._tag)
      assert.deepStrictEqual([...new Set(why)].sort(), [
        "no coordinator is given",
        "no file is given",
        "the model did not call the tool",
        "the model made 0 tool calls at once instead of 1",
        "the model made 0 tool calls at once instead of 2",
        "the turn was over before the second message came",
        "the turn was over too soon"
      ])
      assert.isFalse(Conformance.conforms(report))
    }).pipe(
      Effect.provide(Conformance.layer({ agentId: Fixtures.agentId, environmentId: Fixtures.environmentId })),
      // a service with an agent that only echoes
      Effect.provide(Testkit.layer())
    ))

  it.live("when the service is down", () =>
    Effect.gen(function*() {
      const overloaded = planted.refusal(529, "overloaded_error", "Overloaded")
      const report = yield* broken(() => () => Effect.succeed(overloaded), "turn.first")
      assert.deepStrictEqual(report.results.map(({ outcome }) => outcome), [{
        _tag: "Failed",
        why: "Sessions.create failed: 529 overloaded_error: Overloaded (request req_1)"
      }])
      assert.isFalse(Conformance.conforms(report))
    }))

  it.live("when a client cannot do it", () =>
    Effect.gen(function*() {
      const report = yield* Conformance.run({ scenarios: Conformance.select("turn.first") })
      assert.strictEqual(
        Conformance.format(report),
        "not run   turn.first: no streams here\n\nthe simulator in memory: 0 conform, 0 drift, 1 not run, 0 failed"
      )
    }).pipe(Effect.provide(Conformance.layerSimulator({ cannot: { "turn.first": "no streams here" } }))))
})

describe("sessions are cleaned up", () => {
  it.live("or named", () =>
    Effect.gen(function*() {
      const stuck = planted.refusal(500, "api_error", "Not now.")
      const report = yield* broken(
        ({ handle }) => (request) =>
          request.method === "DELETE" || request.path.endsWith("/archive") ? Effect.succeed(stuck) : handle(request),
        "session.create"
      )
      assert.strictEqual(report.leftBehind.length, 1)
      assert.include(Conformance.format(report), `Left behind, and still there: ${report.leftBehind[0]}.`)
    }))

  it.live("although the run is interrupted, and once more meanwhile", () =>
    Effect.gen(function*() {
      const running = yield* Deferred.make<void>()
      const deleting = yield* Deferred.make<void>()
      const goOn = yield* Deferred.make<void>()
      const deleted: Array<number> = []
      const fiber = yield* Effect.fork(broken(
        ({ handle }) => (request) =>
          request.method === "DELETE"
            ? Deferred.succeed(deleting, undefined).pipe(
              Effect.zipRight(Deferred.await(goOn)),
              Effect.zipRight(handle(request)),
              Effect.tap(({ status }) => Effect.sync(() => deleted.push(status)))
            )
            : Effect.tap(
              handle(request),
              () => request.path.endsWith("/stream") ? Deferred.succeed(running, undefined) : Effect.void
            ),
        "interrupt.running"
      ))
      yield* Deferred.await(running)
      yield* Fiber.interruptFork(fiber)
      yield* Deferred.await(deleting)
      yield* Fiber.interruptFork(fiber)
      yield* Effect.repeatN(Effect.yieldNow(), 100)
      yield* Deferred.succeed(goOn, undefined)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.await(fiber)))
      assert.deepStrictEqual(deleted, [200])
    }))
})

describe("scenarios", () => {
  it("have names of their own, and say what they do", () => {
    const names = Conformance.scenarios.map(({ name }) => name)
    assert.strictEqual(new Set(names).size, names.length)
    for (const { description, expectations, name } of Conformance.scenarios) {
      assert.match(name, /^[a-z]+\.[a-z-]+$/)
      assert.match(description, /^[A-Z].*\.$/)
      assert.strictEqual(new Set(expectations).size, expectations.length, name)
      assert.isAbove(expectations.length, 0)
    }
  })

  it("are selected by globs", () => {
    const names = (...globs: ReadonlyArray<string>) => Conformance.select(...globs).map(({ name }) => name)
    assert.deepStrictEqual(names("turn.*"), ["turn.first", "turn.steering", "turn.second"])
    assert.deepStrictEqual(names("*.first", "budget.reached"), ["turn.first", "budget.reached"])
    assert.deepStrictEqual(names("turn", "t?rn.first", "turn-first"), [])
  })
})
