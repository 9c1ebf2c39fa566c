/** Programs that go through plans of faults, in time of their own. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fault from "../../src/Fault.ts"
import * as instant from "./instant.ts"

/** All but what is inserted, and a stream in small pieces, which costs much and concerns neither turns nor tools. */
export const kinds: ReadonlyArray<Fault.Kind> = [
  "status",
  "landed",
  "foreign",
  "garbled",
  "damage",
  "drop_before",
  "drop_after",
  "delay",
  "cut_after_events",
  "cut_after_bytes",
  "stall_after_events",
  "repeat_event"
]

/** Runs a program under a plan. It has so many milliseconds of its own time to end. */
export const under =
  (program: (faults: Fault.Plan) => Effect.Effect<void, unknown>, limit: number) => (faults: Fault.Plan) =>
    // whoever watches the tests gets a word in between
    Effect.promise(() => new Promise(setImmediate)).pipe(Effect.flatMap(() => {
      const exit = instant.exit(program(faults), limit)
      return exit === undefined ? Effect.dieMessage("does not end") : Exit.zipRight(exit, Exit.void)
    }))

/** Runs it without a fault, and under plans that are made up. */
export const search = (run: ReturnType<typeof under>, options: Fault.SearchOptions) =>
  Effect.runPromise(Effect.zipRight(run([]), Fault.search(options, run)))
