import * as Effect from "effect/Effect"
import * as Esbuild from "esbuild"
import type { ChildProcess } from "node:child_process"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

// one text, because a process that loads hundreds of modules takes seconds to start
export const bundle = (entry: string) =>
  Effect.runSync(Effect.cached(Effect.promise(async () => {
    const { outputFiles } = await Esbuild.build({
      entryPoints: [fileURLToPath(new URL(`${entry}.ts`, import.meta.url))],
      write: false,
      bundle: true,
      platform: "node",
      format: "esm",
      logLevel: "silent"
    })
    return outputFiles[0]!.contents
  })))

/** A command in a process of its own. */
export interface Cli {
  readonly process: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** The exit code, once the process has ended. */
  readonly exit: Effect.Effect<number | string>
}

const start = (
  bundled: Effect.Effect<Uint8Array>,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
) =>
  Effect.acquireRelease(
    Effect.map(bundled, (program): Cli => {
      const child = spawn(process.execPath, ["--input-type=module", "-", ...args], { env: { ...process.env, ...env } })
      child.stdin.end(program)
      let stdout = ""
      let stderr = ""
      child.stdout.setEncoding("utf8").on("data", (data) => stdout += data)
      child.stderr.setEncoding("utf8").on("data", (data) => stderr += data)
      const closed = new Promise<number | string>((resolve) =>
        child.on("close", (code, signal) => resolve(code ?? signal ?? "?"))
      )
      return { process: child, stdout: () => stdout, stderr: () => stderr, exit: Effect.promise(() => closed) }
    }),
    (cli) =>
      Effect.suspend(() => {
        cli.process.kill("SIGKILL")
        return cli.exit
      })
  )

/** A program beside this file. */
export const program = (entry: string) => {
  const bundled = bundle(`./${entry}`)
  return (...args: ReadonlyArray<string>) => start(bundled, args)
}

const simulator = bundle("../../src/bin")
const suite = bundle("../../src/conformance-bin")

/** Starts the simulator; the process ends with the scope at the latest. */
export const run = (...args: ReadonlyArray<string>) => start(simulator, args)

/** Starts the conformance suite; the process ends with the scope at the latest. */
export const conformance = (args: ReadonlyArray<string>, env?: Readonly<Record<string, string>>) =>
  start(suite, args, env)

/** Starts the simulator on a free port and waits for the line with its URL. */
export const serve = (...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const cli = yield* run("--port", "0", ...args)
    const url = yield* Effect.async<string>((resume) => {
      const look = () => {
        const match = /^Simulator listening on (\S+)\n/.exec(cli.stdout())
        if (match !== null) resume(Effect.succeed(match[1]!))
      }
      cli.process.stdout?.on("data", look)
      cli.process.on("close", () => resume(Effect.dieMessage(`the simulator ended: ${cli.stderr()}`)))
    })
    return { ...cli, url }
  })
