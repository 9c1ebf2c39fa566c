import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ChildProcess, SpawnOptions } from "node:child_process"
import { spawn } from "node:child_process"
import { chmodSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { bundle } from "../../../testkit/test/utils/bundle.ts"

const folder = fileURLToPath(new URL("../../build/test", import.meta.url))

/** The program, and its other names. */
const commands = {
  "managed-agents": "bin",
  "managed-agents-conformance": "conformanceBin",
  "managed-agents-simulator": "simulatorBin"
}

const build = async (): Promise<string> => {
  mkdirSync(folder, { recursive: true })
  await bundle(
    Object.values(commands).map((name) => fileURLToPath(new URL(`../../src/${name}.ts`, import.meta.url))),
    folder
  )
  for (const [name, file] of Object.entries(commands)) {
    const command = join(folder, name)
    writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${join(folder, `${file}.mjs`)}" "$@"\n`)
    chmodSync(command, 0o755)
  }
  return folder
}

let bundled: Promise<string> | undefined

/** The folder with the commands, for a `PATH`. */
const onPath = (): Promise<string> => bundled ??= build()

/** The file of a command. */
export const file = (name: keyof typeof commands = "managed-agents"): Promise<string> =>
  onPath().then((folder) => join(folder, `${commands[name]}.mjs`))

/** A process, and what it has said so far. */
export interface Started {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  readonly ended: Promise<number | string>
}

/** Starts a command with the program on its path. */
export const start = async (
  command: string,
  args: ReadonlyArray<string>,
  { env, ...options }: SpawnOptions = {}
): Promise<Started> => {
  const path = `${await onPath()}:${process.env["PATH"]}`
  const child = spawn(command, args, { ...options, env: { ...process.env, ...env, PATH: path } })
  let [stdout, stderr] = ["", ""]
  child.stdout?.setEncoding("utf8").on("data", (text) => stdout += text)
  child.stderr?.setEncoding("utf8").on("data", (text) => stderr += text)
  const ended = new Promise<number | string>((resolve) =>
    child.on("close", (code, signal) => resolve(code ?? signal ?? "?"))
  )
  return { child, stdout: () => stdout, stderr: () => stderr, ended }
}

/** The program in a process of its own, which ends with the scope at the latest. */
export interface Running {
  readonly process: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** The exit code, once the process has ended. */
  readonly exit: Effect.Effect<number | string>
}

/** Runs the program, or one of its other names. */
export const run = (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {},
  name?: keyof typeof commands
): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async (): Promise<Running> => {
      const { child, ended, stderr, stdout } = await start(
        process.execPath,
        [await file(name), ...args],
        { env, stdio: ["ignore", "pipe", "pipe"] }
      )
      return { process: child, stdout, stderr, exit: Effect.promise(() => ended) }
    }),
    ({ exit, process }) =>
      Effect.suspend(() => {
        process.kill("SIGKILL")
        return exit
      })
  )

/** Runs `dev` on a free port, and waits for the line with its address. */
export const serve = (...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const running = yield* run(["dev", "--port", "0", ...args])
    const url = yield* Effect.async<string>((resume) => {
      const look = () => {
        const [, found] = /(?:listening|Recording|Listening|on) (http:\S+?)(?:,|\n)/.exec(running.stdout()) ?? []
        if (found !== undefined) resume(Effect.succeed(found))
      }
      running.process.stdout?.on("data", look)
      running.process.on("close", () => resume(Effect.dieMessage(`dev ended: ${running.stderr()}`)))
      look()
    })
    return { ...running, url }
  })

/** Waits until a process has written something. */
export const wrote = (text: () => string, wanted: string) =>
  Effect.repeat(Effect.sleep("20 millis"), { until: () => text().includes(wanted) })
