import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Effect from "effect/Effect"
import * as Pulls from "effect/Pull"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/**
 * An Effect that yields the next chunk, or `undefined` at the end: a stream for loops that keep their state in variables.
 * A source that is built of pulls is one channel, however many steps it has.
 */
export interface Pull<A, E, R = never> extends Effect.Effect<Items<A> | undefined, E, R> {}

/** Items that are pulled at once: one at least. */
export type Items<A> = Arr.NonEmptyReadonlyArray<A>

/** The chunk of an array, which it takes over. */
export const chunk = <A>(items: ReadonlyArray<A>): Items<A> =>
  // a pull that has nothing to give goes on, so there is one at least
  items as Items<A>

/** The items of a chunk. */
export const toArray = <A>(chunk: Items<A>): ReadonlyArray<A> => chunk

/** Maps what is pulled at once. Nothing may come of it. */
export const mapChunks = <A, E, R, B>(
  self: Stream.Stream<A, E, R>,
  f: (chunk: Items<A>) => ReadonlyArray<B>
): Stream.Stream<B, E, R> =>
  Stream.fromChannel(Channel.filterMap(Stream.toChannel(self), (items) => {
    const out = f(items)
    return Arr.isReadonlyArrayNonEmpty(out) ? Result.succeed(out) : Result.failVoid
  }))

/** Key under which a stream that is made of a pull holds what makes the pull. */
const Make: unique symbol = Symbol.for("@effect-managed-agents/core/Pull")

/** A stream that is made of a pull, and can be run as one without a channel in between. */
interface PullStream<A, E, R> extends Stream.Stream<A, E, R> {
  [Make]?: Effect.Effect<Pull<A, E, R>, E, R | Scope.Scope>
}

/** Starts a stream, until the scope closes. */
export const fromStream = <A, E, R>(
  stream: PullStream<A, E, R>
): Effect.Effect<Pull<A, E, R>, never, R | Scope.Scope> => {
  const make = stream[Make]
  return make === undefined
    ? Effect.map(Stream.toPull(stream), (pull) => Pulls.catchDone(pull, () => Effect.undefined))
    : Effect.catch(make, (error) => Effect.succeed(Effect.fail(error)))
}

/** Makes a stream of a pull, in a scope that closes when the stream ends or is left. */
export const toStream = <A, E, R, E2, R2>(
  make: Effect.Effect<Pull<A, E, R>, E2, R2>
): Stream.Stream<A, E | E2, R | Exclude<R2, Scope.Scope>> => {
  const stream: PullStream<A, E | E2, R | Exclude<R2, Scope.Scope>> = Stream.fromChannel(
    Channel.fromTransformBracket((_upstream, _scope, forkedScope) =>
      Effect.map(Scope.provide(make, forkedScope), write)
    )
  )
  // `R2` is a scope and what is excluded from it
  stream[Make] = make as unknown as NonNullable<(typeof stream)[typeof Make]>
  return stream
}

/** Writes what is pulled. */
const write = <A, E, R>(pull: Pull<A, E, R>): Pulls.Pull<Items<A>, E, void, R> =>
  Effect.flatMap(pull, (items) => items === undefined ? Cause.done() : Effect.succeed(items))
