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
