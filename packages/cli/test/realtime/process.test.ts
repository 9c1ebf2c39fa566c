/** The program as a process: a signal that cuts a list short, and its other names. */
import * as Api from "@effect-managed-agents/core/Api"
import * as Fault from "@effect-managed-agents/testkit/Fault"
import * as Fixtures from "@effect-managed-agents/testkit/Fixtures"
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as SimulatorServer from "@effect-managed-agents/testkit/SimulatorServer"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as program from "../utils/program.ts"

/** A simulator on a port whose session has three messages; the answer to the second page of their list never comes. */
const setup = Effect.gen(function*() {
  const context = yield* Layer.build(Simulator.layer({
    fixtures: Fixtures.docs,
    faults: [Fault.delay("1 day", { match: Fault.on(Api.events.list, { skip: 1 }) })]
  }))
  const simulator = Context.get(context, Simulator.Simulator)
  for (const id of ["sevt_1", "sevt_2", "sevt_3"]) {
    const event = { type: "agent.message", id, content: [{ type: "text", text: id }] }
    yield* simulator.emit(Fixtures.sessionId, event, { persist: true })
  }
  const { url } = yield* Effect.provide(SimulatorServer.start(), context)
  return { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "sk-ant-test-process" }
})

describe("a process", () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it.scopedLive(`has written whole JSON when ${signal} cuts a list short`, () =>
      Effect.gen(function*() {
        const env = yield* setup
        const list = ["events", "list", "--session-id", Fixtures.sessionId, "--limit", "2", "--format", "json"]
        const { exit, process, stderr, stdout } = yield* program.run(list, env)
        yield* program.wrote(stdout, "sevt_2")
        process.kill(signal)
        assert.strictEqual(yield* exit, 130)
        assert.deepStrictEqual(JSON.parse(stdout()).map(({ id }: { readonly id: string }) => id), ["sevt_1", "sevt_2"])
        assert.notInclude(stdout() + stderr(), env.ANTHROPIC_API_KEY)
      }))
  }

  it.scopedLive("says under its other names what it is called", () =>
    Effect.gen(function*() {
      const suite = yield* program.run(["--help"], {}, "managed-agents-conformance")
      assert.strictEqual(yield* suite.exit, 0)
      assert.strictEqual(
        suite.stderr(),
        "managed-agents-conformance is another name of: managed-agents conformance\n"
      )
      assert.include(suite.stdout(), "conformance")
      const dev = yield* program.run(["--port", "0"], {}, "managed-agents-simulator")
      yield* program.wrote(dev.stdout, "Simulator listening on http://127.0.0.1:")
      dev.process.kill("SIGTERM")
      assert.strictEqual(yield* dev.exit, 0)
      assert.strictEqual(dev.stderr(), "managed-agents-simulator is another name of: managed-agents dev\n")
    }))
})
