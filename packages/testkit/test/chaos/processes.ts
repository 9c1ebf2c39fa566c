/** Runners as processes, to which things happen. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ChildProcess } from "node:child_process"
import { spawn } from "node:child_process"
import { openSync, readFileSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"
import { listen } from "../../../core/test/utils/listen.ts"
import type { Settings } from "./world.ts"

/** Something that happened to a process. */
export interface Incident {
  readonly at: number
  readonly name: string
  readonly what: "start" | "kill" | "freeze" | "thaw" | "end" | "exit"
  readonly detail?: string
}

export interface Memory {
  readonly rss: number
  readonly heapUsed: number
}

export interface Runner {
  readonly name: string
  readonly process: ChildProcess
  isFrozen: boolean
  /** It was killed or asked to end, and may be gone. */
  isLeaving: boolean
  readonly exited: Promise<void>
}

/** The most memory that a process has had so far, and the processor time that it has used: bytes and milliseconds. */
export const usage = ({ process: { pid } }: Runner): { readonly rss: number; readonly cpu: number } | undefined => {
  try {
    const rss = Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "").split(" ")
    return { rss, cpu: (Number(fields[11]) + Number(fields[12])) * 10 }
  } catch {
    return undefined
  }
}

/** Asks a process for its memory, after full collections where it may collect. */
export const memoryOf = ({ process: child }: Runner): Promise<Memory> =>
  new Promise((resolve) => {
    child.once("message", (message) => resolve(message as Memory))
    child.send("memory")
  })

export interface Options extends Omit<Settings, "name" | "port"> {
  /** The bundled program of a runner, and its first arguments. */
  readonly program: ReadonlyArray<string>
  /** The folder for what the processes print. */
  readonly logs: string
  readonly slots: number
}

export interface Runners {
  readonly incidents: ReadonlyArray<Incident>
  readonly all: () => ReadonlyArray<Runner>
  readonly at: (slot: number) => Runner | undefined
  /** Starts a process in a slot whose process has gone. */
  readonly start: (slot: number) => Runner
  readonly kill: (runner: Runner) => Promise<void>
  readonly freeze: (runner: Runner) => void
  readonly thaw: (runner: Runner) => void
  /** Ends a process in order. */
  readonly end: (runner: Runner) => Promise<void>
}

/** Runners, of which none outlives the scope. */
export const make = ({ logs, program, slots, ...settings }: Options): Effect.Effect<Runners, never, Scope.Scope> =>
  Effect.gen(function*() {
    const incidents: Array<Incident> = []
    const runners = new Map<number, Runner>()
    let generation = 0
    // each slot has its port, as machines have their addresses
    const ports = yield* Effect.forEach(Array.from({ length: slots }), () => Effect.scoped(listen(createServer())))
    const note = (name: string, what: Incident["what"], detail?: string) =>
      void incidents.push({ at: Date.now(), name, what, ...(detail !== undefined && { detail }) })

    const start = (slot: number): Runner => {
      const name = `${slot}.${generation++}`
      const own: Settings = { ...settings, name, port: ports[slot] ?? 0 }
      const log = openSync(join(logs, `${name}.log`), "a")
      const child = spawn(process.execPath, ["--expose-gc", ...program, JSON.stringify(own)], {
        stdio: ["ignore", log, log, "ipc"]
      })
      const exited = new Promise<void>((resolve) =>
        child.once("exit", (code, signal) => {
          if (!runner.isLeaving) note(name, "exit", `${code ?? signal}`)
          else note(name, "exit")
          if (runners.get(slot) === runner) runners.delete(slot)
          resolve()
        })
      )
      const runner: Runner = { name, process: child, isFrozen: false, isLeaving: false, exited }
      runners.set(slot, runner)
      note(name, "start")
      return runner
    }
    const signal = (runner: Runner, what: Incident["what"], name: NodeJS.Signals) => {
      note(runner.name, what)
      runner.process.kill(name)
    }
    const kill = (runner: Runner) => {
      runner.isLeaving = true
      signal(runner, "kill", "SIGKILL")
      return runner.exited
    }
    yield* Effect.addFinalizer(() => Effect.promise(() => Promise.all([...runners.values()].map(kill))))
    return {
      incidents,
      all: () => [...runners.values()],
      at: (slot) => runners.get(slot),
      start,
      kill,
      freeze: (runner) => {
        runner.isFrozen = true
        signal(runner, "freeze", "SIGSTOP")
      },
      thaw: (runner) => {
        runner.isFrozen = false
        signal(runner, "thaw", "SIGCONT")
      },
      end: (runner) => {
        runner.isLeaving = true
        signal(runner, "end", "SIGTERM")
        return runner.exited
      }
    }
  })
