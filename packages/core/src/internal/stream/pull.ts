import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/**
 * An Effect that yields the next chunk, or `undefined` at the end: a stream for loops that keep their state in variables.
 * A source that is built of pulls is one channel, however many steps it has.
 */
export interface Pull<A, E, R = never> extends Effect.Effect<Items<A> | undefined, E, R> {}

/** Items that are pulled at once. Only this module knows what holds them. */
export interface Items<A> extends Chunk.Chunk<A> {}

/** The chunk of an array, which it takes over. */
export const chunk: <A>(items: ReadonlyArray<A>) => Items<A> = Chunk.unsafeFromArray

/** The items of a chunk. */
export const toArray: <A>(chunk: Items<A>) => ReadonlyArray<A> = Chunk.toReadonlyArray

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
    ? Effect.map(Channel.toPull(Stream.toChannel(stream)), (pull) => Effect.map(pull, Either.getOrUndefined))
    : Effect.catchAll(make, (error) => Effect.succeed(Effect.fail(error)))
}

/** Makes a stream of a pull, in a scope that closes when the stream ends or is left. */
export const toStream = <A, E, R, E2, R2>(
  make: Effect.Effect<Pull<A, E, R>, E2, R2>
): Stream.Stream<A, E | E2, R | Exclude<R2, Scope.Scope>> => {
  const stream: PullStream<A, E | E2, R | Exclude<R2, Scope.Scope>> = Stream.fromChannel(Channel.acquireUseRelease(
    Scope.make(),
    (scope) => Channel.flatMap(Channel.fromEffect(Scope.extend(make, scope)), write),
    (scope, exit) => Scope.close(scope, exit)
  ))
  // `R2` is a scope and what is excluded from it
  stream[Make] = make as unknown as NonNullable<(typeof stream)[typeof Make]>
  return stream
}

/**
 * Writes what is pulled. Nothing is made anew for a chunk but what holds it while it is written.
 *
 * A chunk is wrapped again because of how V8 treats what one piece of code allocates: once nearly all of it has been held
 * by consumers for a while, the rest is allocated in the old generation, and keeps all events alive that it refers to. Of
 * two wrappers one dies at once.
 */
const write = <A, E, R>(pull: Pull<A, E, R>) => {
  const loop: Channel.Channel<Chunk.Chunk<A>, unknown, E, unknown, unknown, unknown, R> = Channel.flatMap(
    Channel.fromEffect(pull),
    (chunk) =>
      chunk === undefined
        ? Channel.void
        : Channel.flatMap(Channel.write(Chunk.unsafeFromArray(Chunk.toReadonlyArray(chunk))), again)
  )
  const again = () => loop
  return loop
}
