import * as Effect from "effect/Effect"
import * as Esbuild from "esbuild"
import type { ChildProcess } from "node:child_process"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

// one text, because a process that loads hundreds of modules takes seconds to start
const bundle = Effect.runSync(Effect.cached(Effect.promise(async () => {
  const { outputFiles } = await Esbuild.build({
    entryPoints: [fileURLToPath(new URL("../../src/bin.ts", import.meta.url))],
    write: false,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "silent"
  })
  return outputFiles[0]!.contents
})))

/** The simulator's command line in a process of its own. */
export interface Cli {
  readonly process: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** The exit code, once the process has ended. */
  readonly exit: Effect.Effect<number | string>
}

/** Starts it; the process ends with the scope at the latest. */
export const run = (...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.map(bundle, (program): Cli => {
      const child = spawn(process.execPath, ["--input-type=module", "-", ...args])
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

/** Starts it on a free port and waits for the line with its URL. */
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
