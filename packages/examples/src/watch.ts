// npm start: a page to look at the session with. With `--watch` the session stays open in it until Ctrl-C.
import * as SimulatorServer from "@effect-managed-agents/testkit/SimulatorServer"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** Ability to look at a session: none, unless the program says otherwise. */
export class Watch extends Context.Reference<Watch>()("examples/Watch", {
  defaultValue: () => ({ session: (_id: string): Effect.Effect<void> => Effect.void })
}) {}

/** Looks at a session for as long as somebody wants to. */
export const session = (id: string) => Effect.flatMap(Watch, (watch) => watch.session(id))

/** The inspector of the embedded simulator, which is not there where it is not built. */
export const make = (stays: boolean) =>
  Effect.gen(function*() {
    const { inspector } = yield* SimulatorServer.start()
    if (inspector === undefined) return { session: () => Effect.void }
    yield* Console.log(
      stays ? `Inspector: ${inspector}` : `Inspector: ${inspector} (to keep it open: npm start -- --watch)`
    )
    return {
      session: (id: string) =>
        stays
          ? Effect.zipRight(
            Console.log(`\nWatch it at ${inspector}#/sessions/${id}\nCtrl-C ends it.`),
            Effect.never
          )
          : Effect.void
    }
  })
