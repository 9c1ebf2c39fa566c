// the other process lives in real time
import * as Api from "@effect-managed-agents/core/Api"
import * as Conformance from "@effect-managed-agents/testkit/Conformance"
import * as Fault from "@effect-managed-agents/testkit/Fault"
import * as Fixtures from "@effect-managed-agents/testkit/Fixtures"
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as SimulatorServer from "@effect-managed-agents/testkit/SimulatorServer"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Server } from "node:net"
import { createServer } from "node:net"
import * as cli from "../utils/cli.ts"
import * as program from "../utils/program.ts"

/** In a process of its own, for signals. */
const apart = (args: ReadonlyArray<string>, env?: Readonly<Record<string, string>>) =>
  program.run(["conformance", ...args], env)

const conformance = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
  cli.run(["conformance", ...args], { env })

/** A service that is a simulator, on whose agent nobody has a hold. */
const service = Effect.gen(function*() {
  const context = yield* Layer.build(Simulator.layer({
    fixtures: { ...Fixtures.docs, sessions: [] },
    script: { otherwise: [{ sleep: 3_600_000 }] }
  }))
  const { url } = yield* Effect.provide(SimulatorServer.start(), context)
  const args = ["--base-url", url, "--agent", Fixtures.agentId, "--environment", Fixtures.environmentId]
  return { args, simulator: Context.get(context, Simulator.Simulator) }
})

const env = { ANTHROPIC_API_KEY: "sk-ant-do-not-tell" }

describe("conformance", () => {
  it.scopedLive("runs on the simulator, and reports", () =>
    Effect.gen(function*() {
      const text = yield* conformance(["--only", "turn.first,session.create"])
      assert.strictEqual(text.code, 0, text.stderr)
      assert.strictEqual(
        text.stdout,
        "conforms  session.create\nconforms  turn.first\n\n" +
          "the simulator in memory: 2 conform, 0 drift, 0 not run, 0 failed\n"
      )
      const json = yield* conformance(["--only", "turn.first", "--simulator-port", "0", "--json"])
      assert.strictEqual(json.code, 0, json.stderr)
      const report: Conformance.Report = JSON.parse(json.stdout)
      assert.match(report.target, /^the simulator on http:\/\/127\.0\.0\.1:\d+$/)
      assert.deepStrictEqual(report.results.map(({ outcome, scenario }) => [scenario, outcome._tag]), [
        ["turn.first", "Conforms"]
      ])
    }))

  it.scopedLive("sends nothing to a service without consent", () =>
    Effect.gen(function*() {
      const { args, simulator } = yield* service
      const without = yield* conformance(args, env)
      assert.strictEqual(without.code, 2)
      assert.strictEqual(without.stdout, "")
      assert.match(
        without.stderr,
        /^managed-agents: This runs \d+ scenarios with about \d+ turns of a model, at your cost\. Nothing was/
      )
      const plan = yield* conformance([...args, "--yes", "--dry-run"], env)
      assert.strictEqual(plan.code, 0)
      for (const { name } of Conformance.scenarios) assert.include(plan.stdout, `${name} (`)
      assert.deepStrictEqual(yield* simulator.ledger, [])
    }))

  it.scopedLive("cleans up after a signal", () =>
    Effect.gen(function*() {
      const { args, simulator } = yield* service
      const suite = yield* apart([...args, "--yes", "--only", "turn.*"], env)
      const running = Effect.map(simulator.sessions, (all) => all.some(({ status }) => status === "running"))
      yield* Effect.repeat(Effect.zipLeft(running, Effect.sleep("20 millis")), { until: (yes) => yes })
      suite.process.kill("SIGINT")
      assert.strictEqual(yield* suite.exit, 130)
      assert.deepStrictEqual(yield* simulator.sessions, [])
      const asked = (yield* simulator.ledger).map(({ body, method }) =>
        JSON.stringify(body ?? "").includes("user.interrupt") ? "interrupt" : method
      )
      assert.includeMembers(asked, ["interrupt", "DELETE"])
      assert.notInclude(suite.stdout() + suite.stderr(), env.ANTHROPIC_API_KEY)
    }))

  it.scopedLive("cleans up a session that was being created at a signal", () =>
    Effect.gen(function*() {
      const { args, simulator } = yield* service
      yield* simulator.addFaults([Fault.delay("1 second", { match: Fault.on(Api.sessions.create) })])
      const suite = yield* apart([...args, "--yes", "--only", "turn.first"], env)
      yield* Effect.repeat(Effect.zipLeft(simulator.sessions, Effect.sleep("20 millis")), {
        until: (all) => all.length > 0
      })
      suite.process.kill("SIGTERM")
      assert.strictEqual(yield* suite.exit, 130)
      assert.deepStrictEqual(yield* simulator.sessions, [])
      assert.notInclude(suite.stderr(), "left behind:")
    }))

  it.scopedLive("waits no longer than it says for a server that never answers, and stops at a signal", () =>
    Effect.gen(function*() {
      let accepted = 0
      const { port } = yield* Effect.acquireRelease(
        Effect.async<{ readonly server: Server; readonly port: number }>((resume) => {
          const server = createServer(() => accepted++).listen(0, "127.0.0.1", () => {
            const address = server.address()
            if (address !== null && typeof address === "object") resume(Effect.succeed({ server, port: address.port }))
          })
        }),
        ({ server }) => Effect.sync(() => server.close())
      )
      const args = ["--base-url", `http://127.0.0.1:${port}`, "--agent", "agent_x", "--environment", "env_x", "--yes"]
      const limited = yield* apart([...args, "--only", "session.not-found", "--timeout", "1"], env)
      assert.strictEqual(yield* limited.exit, 2)
      assert.match(limited.stdout(), /^failed {4}session\.not-found: Sessions\.create failed: no response within 1s\n/)
      const before = accepted
      const patient = yield* apart([...args, "--only", "session.not-found"], env)
      yield* Effect.repeat(Effect.sleep("20 millis"), { until: () => accepted > before })
      patient.process.kill("SIGTERM")
      assert.strictEqual(yield* patient.exit, 130)
      assert.include(patient.stderr(), "A session may be left behind")
    }))

  it.scopedLive("tells drift from what it could not find out", () =>
    Effect.gen(function*() {
      const { args } = yield* service
      const ends = [
        // the model says nothing, for hours
        [[...args, "--yes", "--only", "turn.first", "--timeout", "1"], 1, "DRIFTS    turn.first\n"],
        [
          [...args, "--yes", "--only", "thread.delegation"],
          2,
          "not run   thread.delegation: no coordinator is given\n"
        ],
        [
          ["--live", ...args, "--yes", "--only", "turn.first"].with(2, "http://127.0.0.1:9"),
          2,
          "failed    turn.first: "
        ]
      ] as const
      yield* Effect.forEach(ends, ([args, code, start]) =>
        Effect.gen(function*() {
          const suite = yield* conformance(args, env)
          assert.strictEqual(suite.code, code, suite.stdout + suite.stderr)
          assert.isTrue(suite.stdout.startsWith(start), suite.stdout)
        }), { concurrency: 2 })
    }))

  it.scopedLive("says in one line why it does not run", () =>
    Effect.gen(function*() {
      const { args } = yield* service
      const cases = [
        [["--nonsense"], env, 2, "Unknown flag --nonsense; see managed-agents conformance --help"],
        [["--live"], env, 2, "A service needs --agent"],
        [["--agent", "a"], env, 2, "--agent is for a service: add --live or --base-url"],
        [["--live", "--simulator-port", "1"], env, 2, "--simulator-port cannot be combined with --live or --base-url"],
        [["--only", "turn("], env, 2, "--only turn( matches no scenario"],
        [["--timeout", "0"], env, 2, "--timeout must be an integer from 1 to 86400, not \"0\""],
        [
          [...args, "--yes"],
          { ANTHROPIC_API_KEY: "", ANTHROPIC_AUTH_TOKEN: "" },
          3,
          "expected ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN"
        ]
      ] as const
      for (const [args, env, code, expected] of cases) {
        const suite = yield* conformance(args, env)
        assert.strictEqual(suite.code, code, suite.stderr)
        assert.strictEqual(suite.stdout, "")
        assert.include(suite.stderr, expected)
        assert.match(suite.stderr, /(^|\n)managed-agents: .*\n$/)
      }
    }))
})
