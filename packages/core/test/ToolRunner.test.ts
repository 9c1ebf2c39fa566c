import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import * as AgentTool from "../src/AgentTool.ts"
import * as Content from "../src/Content.ts"
import * as Events from "../src/Events.ts"
import { EventId, SessionId } from "../src/Ids.ts"
import * as Journal from "../src/Journal.ts"
import * as PendingAction from "../src/PendingAction.ts"
import * as ToolRunner from "../src/ToolRunner.ts"

class Address extends Schema.Class<Address>("Address")({ city: Schema.String }) {}

describe("definitions", () => {
  it("describe what a tool takes, as the API wants it", () => {
    const definitions = ToolRunner.definitions(Toolkit.make(
      Tool.make("ship", {
        description: "Ships an order",
        parameters: { to: Address, after: Schema.optional(Schema.DateFromString) }
      }),
      Tool.make("ping")
    ))
    assert.isTrue(definitions.every(Schema.is(AgentTool.CustomToolParams)))
    const [ship, ping] = definitions
    assert.deepInclude(ship, { type: "custom", name: "ship", description: "Ships an order" })
    assert.deepInclude(ship?.input_schema, { type: "object", required: ["to"] })
    assert.hasAllKeys(ship?.input_schema.properties, ["to", "after"])
    assert.deepInclude(ping, { name: "ping", description: "" })
    assert.strictEqual(ping?.input_schema.type, "object")
  })

  it("leave out what a provider runs", () => {
    const Search = Tool.providerDefined({ id: "x.search", toolkitName: "Search", providerName: "search", args: {} })
    assert.deepStrictEqual(ToolRunner.definitions(Toolkit.make(Search({}))), [])
  })

  it("say which tool cannot be described", () => {
    const tools = Toolkit.make(Tool.make("bad", { parameters: { of: Schema.BigIntFromSelf } }))
    assert.throws(() => ToolRunner.definitions(tools), `The parameters of the tool "bad" have no JSON Schema.`)
  })
})

const call: ToolRunner.Call = {
  _tag: "CustomToolCall",
  sessionId: SessionId.make("sesn_1"),
  id: EventId.make("sevt_1"),
  name: "show",
  input: { secret: "4711" }
}

const Tools = Toolkit.make(
  Tool.make("show", { parameters: { secret: Schema.String }, success: Schema.Array(Content.ToolResultContentParams) })
)

/** Runs the call, and returns what would be sent. */
const results = Effect.gen(function*() {
  const sent = yield* Ref.make<ReadonlyArray<PendingAction.ToolResult>>([])
  const runner = yield* ToolRunner.make(Tools)
  const isAnswered = yield* runner.answer(
    call,
    (result) => Effect.as(Ref.update(sent, (all) => [...all, result]), true)
  )
  return { isAnswered, sent: yield* Ref.get(sent) }
}).pipe(
  Effect.provide(Tools.toLayer({ show: () => Effect.succeed([Content.text("a"), Content.text("b")]) })),
  // each has a memory of its own; nothing is asked of it
  Effect.provideServiceEffect(Events.Events, Effect.sync(() => ({}) as never))
)

/** A runner that was made where the handlers are, and used where they are not. */
const made = (options: ToolRunner.Options = {}) =>
  ToolRunner.make(Tools, options).pipe(Effect.provide(Tools.toLayer({ show: () => Effect.succeed([]) })))

/** The number of times that a call answered twice is sent. */
const sentBy = (runner: ToolRunner.ToolRunner) =>
  Effect.gen(function*() {
    const sent = yield* Ref.make(0)
    const send = () => Effect.as(Ref.update(sent, (n) => n + 1), true)
    yield* Effect.all([runner.answer(call, send), runner.answer(call, send)], { concurrency: 2 })
    return yield* Ref.get(sent)
  }).pipe(Effect.provideService(Events.Events, {} as never))

describe("a runner", () => {
  it.effect("has its handlers from where it was made", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* sentBy(yield* made()), 1)
    }))

  it.effect("has its journal from where it was made, or else from where it is used", () =>
    Effect.gen(function*() {
      const journal = Journal.makeMemory()
      yield* journal.put(call, { _tag: "Posted" })
      const here = yield* Effect.provideService(made(), Journal.Journal, journal)
      assert.strictEqual(yield* sentBy(here), 0)
      assert.strictEqual(yield* Effect.provideService(sentBy(here), Journal.Journal, Journal.makeMemory()), 0)
      assert.strictEqual(yield* Effect.provideService(sentBy(yield* made()), Journal.Journal, journal), 0)
    }))

  it.effect("that requires a journal is not made without one", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(made({ journal: "required" }))
      assert.strictEqual(error._tag, "MissingJournal")
      assert.include(error.message, "Journal.layer")
      assert.isFalse(error.isRetryable)
      const runner = yield* Effect.provide(made({ journal: "required" }), Journal.layerMemory())
      assert.strictEqual(yield* sentBy(runner), 1)
      // it has brought its own
      assert.strictEqual(yield* ToolRunner.make(runner, { journal: "required" }), runner)
      assert.strictEqual(
        (yield* Effect.flip(ToolRunner.make(yield* made(), { journal: "required" })))._tag,
        "MissingJournal"
      )
    }))
})

describe("a result", () => {
  it.effect("that is a list of blocks is sent as such", () =>
    Effect.gen(function*() {
      const { isAnswered, sent } = yield* results
      assert.strictEqual(isAnswered, "answered")
      assert.deepStrictEqual(sent, [PendingAction.result([Content.text("a"), Content.text("b")])])
    }))

  it.effect("and an input are not for traces", () =>
    Effect.gen(function*() {
      const spans: Array<Tracer.Span> = []
      const native = yield* Effect.tracer
      const tracer = Tracer.make({
        context: (execution, fiber) => native.context(execution, fiber),
        span: (...args) => {
          const span = native.span(...args)
          spans.push(span)
          return span
        }
      })
      yield* Effect.withTracer(results, tracer)
      assert.includeMembers(spans.map(({ name }) => name), ["ToolRunner.answer", "Toolkit.handle"])
      assert.notInclude(JSON.stringify(spans.map(({ attributes }) => [...attributes])), "4711")
    }))
})
