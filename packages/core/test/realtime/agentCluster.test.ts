/** A cluster of processes on a PostgreSQL: the example, as `npm` runs it. */
// what a process inherits
// @effect-diagnostics processEnv:off
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as example from "../../../testkit/test/utils/example.ts"
import * as postgres from "../utils/postgres.ts"

const root = fileURLToPath(new URL("../../../..", import.meta.url))

interface Run {
  readonly code: number | null
  readonly lines: ReadonlyArray<string>
}

const run = (env: { readonly [name: string]: string }) =>
  Effect.flatMap(example.program, (program) =>
    Effect.async<Run>((resume) => {
      const inherited = Object.entries(process.env).filter(([name]) =>
        !/^(ANTHROPIC_.*|AGENT_ID|ENVIRONMENT_ID|DATABASE_URL|RUNNER_PORT)$/.test(name)
      )
      const child = spawn(process.execPath, [program, "19-cluster"], {
        cwd: root,
        env: { ...Object.fromEntries(inherited), ...env },
        stdio: ["ignore", "pipe", "inherit"]
      })
      let stdout = ""
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        stdout += text
      })
      child.on("close", (code) => resume(Effect.succeed({ code, lines: stdout.trimEnd().split("\n") })))
      // by which it ends its runners
      return Effect.sync(() => child.kill("SIGTERM"))
    }))

describe("the example of a cluster", () => {
  it.live("says so where it has no database", () =>
    Effect.gen(function*() {
      const { code, lines } = yield* run({})
      assert.strictEqual(lines.at(-1), "Skipped: DATABASE_URL names no PostgreSQL.")
      assert.strictEqual(code, 0)
    }), 60_000)

  it.scopedLive.skipIf(!postgres.available)(
    "goes on with what killed processes have left",
    () =>
      Effect.gen(function*() {
        const { config } = yield* postgres.make
        const DATABASE_URL = `postgres://${config.username}@${config.host}:${config.port}/${config.database}`
        const { code, lines } = yield* run({ DATABASE_URL })
        assert.deepStrictEqual(lines.slice(1).map((line) => line.replace(/^runner \d+/, "runner")), [
          "runner: paying invoice 1, and is killed",
          "runner: paying invoice 1",
          "runner: paying invoice 2, and is killed",
          "runner: paying invoice 2",
          "runner: paying invoice 3",
          "agent: Invoice 1 comes next.",
          "agent: I cannot tell whether invoice 1 is paid. The bank says: false.",
          "agent: Invoice 2 comes next.",
          "agent: I cannot tell whether invoice 2 is paid. The bank says: false.",
          "agent: Invoice 3 comes next.",
          "agent: All three are paid."
        ])
        assert.strictEqual(code, 0)
      }),
    // half a minute on a quiet machine: five processes start, one after the other
    400_000
  )
})
