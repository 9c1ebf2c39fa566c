// Asks whoever sits at the terminal, one question at a time.
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Readline from "node:readline"

export class Prompt extends Context.Tag("examples/Prompt")<Prompt, {
  /** The answer; empty if there is nobody to give one. */
  readonly ask: (question: string) => Effect.Effect<string>
}>() {}

export const layer = Layer.effect(
  Prompt,
  Effect.map(Effect.makeSemaphore(1), (one) =>
    Prompt.of({
      ask: (question) =>
        one.withPermits(1)(Effect.async<string>((resume) => {
          const terminal = Readline.createInterface({ input: process.stdin, output: process.stdout })
          terminal.once("close", () => resume(Effect.succeed("")))
          terminal.question(question, (answer) => {
            resume(Effect.succeed(answer))
            terminal.close()
          })
          return Effect.sync(() => terminal.close())
        }))
    }))
)
