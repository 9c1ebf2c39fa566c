// Examples as `npm` runs them: a process of its own, with nothing but its environment and its output.
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as SimulatorServer from "@effect-managed-agents/testkit/SimulatorServer"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as example from "../../../testkit/test/utils/example.ts"
import * as Quickstart from "../../src/01-quickstart.ts"
import * as Simulation from "../../src/simulation.ts"

const root = fileURLToPath(new URL("../../../..", import.meta.url))

interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs an example to its end, with this environment and none of the variables that it knows but these. */
const run = (name: string, env: { readonly [name: string]: string } = {}, interruptAt?: string) =>
  Effect.flatMap(example.program, (program) =>
    Effect.async<Run>((resume) => {
      const inherited = Object.entries(process.env).filter(([name]) =>
        !/^(ANTHROPIC_.*|AGENT_ID|ENVIRONMENT_ID|NO_COLOR|FORCE_COLOR)$/.test(name)
      )
      const child = spawn(process.execPath, [program, name], {
        cwd: root,
        env: { ...Object.fromEntries(inherited), ...env },
        stdio: ["ignore", "pipe", "pipe"]
      })
      let stdout = ""
      let stderr = ""
      let interrupted = false
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        stdout += text
        if (!interrupted && interruptAt !== undefined && stdout.includes(interruptAt)) {
          interrupted = child.kill("SIGINT")
        }
      })
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        stderr += text
      })
      child.on("close", (code) => resume(Effect.succeed({ code, stdout, stderr })))
      return Effect.sync(() => child.kill("SIGKILL"))
    }))

const reply = "Reply    Your order #1234 has shipped and arrives on Friday.\n"

/** A simulator on a port, which has one agent and one environment. */
const onPort = (script: AgentScript.Script) =>
  Layer.provideMerge(SimulatorServer.layer(), Simulator.layer(Simulation.options({ ...Quickstart.agent, script })))

const { script = AgentScript.echo } = Quickstart.agent

const credentials = Effect.map(SimulatorServer.SimulatorServer, ({ url }) => ({
  ANTHROPIC_BASE_URL: url,
  ANTHROPIC_API_KEY: "sk-secret-of-the-test",
  AGENT_ID: Simulation.target.agent,
  ENVIRONMENT_ID: Simulation.target.environment
}))

const only = <A>(list: ReadonlyArray<A>): A => {
  assert.strictEqual(list.length, 1)
  return list[0]!
}

describe("npm start", () => {
  it.live("runs on the embedded simulator without credentials", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* run("01-quickstart")
      assert.strictEqual(stderr, "")
      assert.include(
        stdout,
        "Running on the embedded simulator. To run on the API, set ANTHROPIC_API_KEY."
      )
      assert.include(stdout, reply)
      assert.include(stdout, "Outcome  EndTurn\n")
      assert.match(stdout, /^Usage {4}\d+ tokens in, \d+ out, /m)
      assert.notInclude(stdout, "\u001b")
      assert.strictEqual(code, 0)
    }))

  it.live("needs nothing but a key: it makes an agent and an environment, and finds them the next time", () =>
    Effect.gen(function*() {
      const { url } = yield* SimulatorServer.SimulatorServer
      const env = { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "sk-secret-of-the-test" }
      const made = (stdout: string) =>
        Array.from(
          stdout.matchAll(/^(Created|Updated|Found) (.*) \((\w+)\)$/gm),
          ([, how, name, id]) => [how, name, id]
        )

      const first = yield* run("01-quickstart", env)
      assert.strictEqual(first.stderr, "")
      assert.include(first.stdout, reply)
      assert.strictEqual(first.code, 0)
      const ids = made(first.stdout).map(([, , id]) => id)
      assert.deepStrictEqual(made(first.stdout), [
        ["Created", "Order assistant", ids[0]],
        ["Created", "Examples", ids[1]]
      ])

      const second = yield* run("01-quickstart", env)
      assert.deepStrictEqual(made(second.stdout), [
        ["Found", "Order assistant", ids[0]],
        ["Found", "Examples", ids[1]]
      ])
      assert.include(second.stdout, reply)

      const { ledger, sessions } = yield* Simulator.Simulator
      assert.deepStrictEqual(
        (yield* sessions).map(({ agent, environment_id }) => [agent.id, agent.version, environment_id]),
        [[ids[0], 1, ids[1]], [ids[0], 1, ids[1]]]
      )
      const changes = (yield* ledger).filter(({ method, path }) =>
        method === "POST" && !path.startsWith("/v1/sessions")
      )
      assert.deepStrictEqual(changes.map(({ path }) => path).sort(), ["/v1/agents", "/v1/environments"])
    }).pipe(Effect.provide(Layer.provideMerge(SimulatorServer.layer(), Simulator.layer({ script })))))

  it.live("runs over HTTP when it is given credentials", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const { url } = yield* SimulatorServer.SimulatorServer
      const { code, stderr, stdout } = yield* run("01-quickstart", yield* credentials)
      assert.strictEqual(stderr, "")
      assert.include(stdout, `Running on ${url}\n`)
      assert.include(stdout, reply)
      assert.include(stdout, "Outcome  EndTurn\n")
      assert.strictEqual(code, 0)

      const session = only(yield* simulator.sessions)
      assert.isNotNull(session.archived_at)
      assert.deepStrictEqual(
        (yield* simulator.ledger).filter(({ method }) => method === "POST").map(({ path, status }) => [
          path.replace(session.id, "{id}"),
          status
        ]),
        [
          ["/v1/sessions", 200],
          ["/v1/sessions/{id}/events", 200],
          ["/v1/sessions/{id}/events", 200],
          ["/v1/sessions/{id}/archive", 200]
        ]
      )
    }).pipe(Effect.provide(onPort(script))))

  it.live("fails with one line when the service refuses it", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* run("01-quickstart", {
        ...(yield* credentials),
        AGENT_ID: "agent_unknown"
      })
      assert.match(stderr, /^Sessions\.create failed: 404 not_found_error: .*agent_unknown.*\n$/)
      assert.notInclude(stdout + stderr, "sk-secret-of-the-test")
      assert.strictEqual(code, 1)
    }).pipe(Effect.provide(onPort(script))))

  it.live("archives the session on Ctrl-C, if the service lets it", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const { code } = yield* run("01-quickstart", yield* credentials, "agent.message")
      assert.strictEqual(code, 130)
      assert.isNotNull(only(yield* simulator.sessions).archived_at)
      assert.strictEqual(yield* simulator.openStreams(), 0)
    }).pipe(
      Effect.provide(onPort(AgentScript.make({
        turns: [[AgentScript.say("Let me see."), AgentScript.sleep("1 second")]]
      })))
    ))
})

describe("npm run example", () => {
  it.live("08-resume: is killed, started again, and pays each invoice once", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* run("08-resume")
      assert.strictEqual(stderr, "")
      const lives = stdout.split("It was killed. It is started again.\n")
      const linesOf = (text: string, pattern: RegExp) => text.match(pattern) ?? []
      assert.deepStrictEqual(lives.map((life) => linesOf(life, /(?<=^paying invoice )\d/gm)), [["1", "2"], ["2", "3"]])
      assert.deepStrictEqual([...linesOf(stdout, /(?<=^agent: ).*/gm)], [
        "Invoice 1 comes next.",
        "Invoice 2 comes next.",
        "I cannot tell whether invoice 2 is paid. The bank says: false.",
        "Invoice 3 comes next.",
        "All three are paid."
      ])
      assert.strictEqual(code, 0)
    }))
})
