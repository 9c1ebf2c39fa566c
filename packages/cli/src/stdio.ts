import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"

/** The reader of standard output has gone, as `head` does when it has enough. */
export class Closed extends Data.TaggedError("Closed") {}

/** The standard streams of the program. */
export interface Service {
  /** True for a person at a terminal. */
  readonly isTerminal: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean }
  /** The width of the terminal; a page's width where there is none. */
  readonly columns: Effect.Effect<number>
  /** The content of standard input; nothing at a terminal, where nobody would end it. */
  readonly input: Stream.Stream<Uint8Array, { readonly message: string }>
  /** Writes to standard output. Succeeds once it has been taken, so that nothing is lost at the end. */
  readonly write: (content: string | Uint8Array) => Effect.Effect<void, Closed>
  /** Writes to standard error. */
  readonly warn: (text: string) => Effect.Effect<void>
}

/** Tag for {@link Service}. */
export class Stdio extends Context.Tag("managed-agents/Stdio")<Stdio, Service>() {}
