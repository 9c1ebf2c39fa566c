/** Every measurement runs alone in a process: this program again, with a task to do. */
import { fork } from "node:child_process"
import type { ChildProcess } from "node:child_process"

const program = process.argv[1]!

const spawn = (flags: ReadonlyArray<string>, task: string, args: ReadonlyArray<unknown>): ChildProcess =>
  fork(program, ["--task", task, ...args.map(String)], { execArgv: ["--expose-gc", ...flags] })

/** Starts a task in a process of its own. */
export const start = (task: string, ...args: ReadonlyArray<unknown>): ChildProcess => spawn([], task, args)

/** The first thing that a process has to say. */
export const answer = <A>(child: ChildProcess): Promise<A> =>
  new Promise((resolve, reject) => {
    child.once("message", (message) => resolve(message as A))
    child.once("error", reject)
    child.once("exit", (code) => reject(new Error(`a measurement ended with exit code ${code}`)))
  })

/** Runs a task in a process of its own and waits for its result. */
export const ask = <A>(task: string, ...args: ReadonlyArray<unknown>): Promise<A> => answer(start(task, ...args))

/** The same in a process whose heap may have so many megabytes. */
export const askWithin = <A>(megabytes: number, task: string, ...args: ReadonlyArray<unknown>): Promise<A> =>
  answer(spawn([`--max-old-space-size=${megabytes}`], task, args))

/** In such a process: hands over the result. */
export const tell = (result: unknown): void => {
  process.send?.(result)
}
