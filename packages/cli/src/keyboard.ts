import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

/** A person who writes lines, and what they see meanwhile. */
export interface Conversing {
  /** False if the lines come from a file or another program. */
  readonly isPerson: boolean
  /** The next line; none at the end of the input. */
  readonly next: Effect.Effect<Option.Option<string>>
  /** Prints whole lines above the one that is being written, and between them `live` ones that the next call replaces. */
  readonly show: (text: string, live: ReadonlyArray<string>) => Effect.Effect<void>
  /** Sets what stands before the line that is being written. */
  readonly prompt: (text: string) => Effect.Effect<void>
  /** Calls the handler whenever Ctrl-C is pressed. */
  readonly onInterrupt: (handler: () => void) => Effect.Effect<void>
}

/** Opens the keyboard, until the scope closes. */
export class Keyboard extends Context.Tag("managed-agents/Keyboard")<
  Keyboard,
  Effect.Effect<Conversing, never, Scope.Scope>
>() {}
