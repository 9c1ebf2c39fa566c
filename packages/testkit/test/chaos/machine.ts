/**
 * Time that a run did not get because others were on the machine: no law may be broken by that. It is measured by a process
 * that does a fixed piece of work, and counts as far as others used the processors then. What the run's own processes keep
 * each other waiting for is not in it, so on a machine with nothing else to do it is nothing.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"

interface Stretch {
  readonly from: number
  readonly to: number
}

export interface Machine {
  /** The milliseconds between two moments that others took. */
  readonly stolen: (from: number, to: number) => number
}

/** Processor time in hundredths of a second: of everybody, and of this process and all that it has started. */
interface Times {
  readonly at: number
  readonly all: number
  readonly own: ReadonlyMap<number, number>
}

/** Where there is no `/proc`, nothing is known to be stolen. */
const look = (): Times | undefined => {
  try {
    const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = readFileSync("/proc/stat", "utf8")
      .split("\n", 1)[0]?.split(/\s+/).map(Number) ?? []
    const processes = new Map<number, { readonly parent: number; readonly time: number }>()
    for (const name of readdirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue
      try {
        const fields = readFileSync(`/proc/${name}/stat`, "utf8").replace(/^.*\) /s, "").split(" ").map(Number)
        processes.set(Number(name), { parent: fields[1] ?? 0, time: (fields[11] ?? 0) + (fields[12] ?? 0) })
      } catch {
        // it has gone
      }
    }
    const isOwn = (pid: number): boolean => {
      const parent = processes.get(pid)?.parent
      return pid === process.pid || (parent !== undefined && parent > 1 && isOwn(parent))
    }
    const own = new Map(Array.from(processes).flatMap(([pid, { time }]) => isOwn(pid) ? [[pid, time] as const] : []))
    return { at: Date.now(), all: user + nice + system + irq + softirq + steal, own }
  } catch {
    return undefined
  }
}

/** The share that others had of all processor time that was used. */
const shareOf = (before: Times, after: Times): number => {
  const all = after.all - before.all
  let own = 0
  for (const [pid, time] of after.own) own += time - (before.own.get(pid) ?? 0)
  return all <= 0 ? 0 : Math.min(1, Math.max(0, (all - own) / all))
}

/** The part of a stretch that lies between two moments. */
const within = ({ from, to }: Stretch, start: number, end: number): number =>
  Math.max(0, Math.min(to, end) - Math.max(from, start)) / Math.max(1, to - from)

/** Watches the machine until the scope closes. */
export const watch = (probe: string): Effect.Effect<Machine, never, Scope.Scope> =>
  Effect.gen(function*() {
    const late: Array<Stretch & { readonly late: number }> = []
    const shares: Array<Stretch & { readonly share: number }> = []
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => spawn(process.execPath, [probe], { stdio: ["ignore", "inherit", "inherit", "ipc"] })),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    child.on("message", (message) => late.push(message as typeof late[number]))
    let before = look()
    yield* Effect.forkScoped(Effect.forever(Effect.delay(
      Effect.sync(() => {
        const after = look()
        if (before !== undefined && after !== undefined) {
          shares.push({ from: before.at, to: after.at, share: shareOf(before, after) })
        }
        before = after
      }),
      "1 second"
    )))
    const shareAt = (at: number): number => shares.find(({ from, to }) => from <= at && at < to)?.share ?? 0
    return {
      stolen: (from, to) =>
        late.reduce(
          (sum, stretch) => sum + stretch.late * within(stretch, from, to) * shareAt((stretch.from + stretch.to) / 2),
          0
        )
    }
  })
