import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/**
 * What comes next; `undefined` when nothing more comes. A stream as a loop has it: what is built of pulls is one channel,
 * however many steps it consists of.
 */
export interface Pull<A, E, R = never> extends Effect.Effect<Chunk.Chunk<A> | undefined, E, R> {}

/** How the streams that are made of pulls are made, so that they can be taken apart again. */
const makers = new WeakMap<object, unknown>()

/** Starts a stream, until the scope closes. */
export const fromStream = <A, E, R>(
  stream: Stream.Stream<A, E, R>
): Effect.Effect<Pull<A, E, R>, never, R | Scope.Scope> => {
  // what is there for a stream is of its types
  const make = makers.get(stream) as Effect.Effect<Pull<A, E, R>, E, R | Scope.Scope> | undefined
  return make === undefined
    ? Effect.map(Channel.toPull(Stream.toChannel(stream)), (pull) => Effect.map(pull, Either.getOrUndefined))
    : Effect.catchAll(make, (error) => Effect.succeed(Effect.fail(error)))
}

/** A stream of what is pulled, in a scope that closes when the stream ends or is left. */
export const toStream = <A, E, R, E2, R2>(
  make: Effect.Effect<Pull<A, E, R>, E2, R2>
): Stream.Stream<A, E | E2, R | Exclude<R2, Scope.Scope>> => {
  const stream = Stream.fromChannel(Channel.acquireUseRelease(
    Scope.make(),
    (scope) => Channel.flatMap(Channel.fromEffect(Scope.extend(make, scope)), write),
    (scope, exit) => Scope.close(scope, exit)
  ))
  makers.set(stream, make)
  return stream
}

/**
 * Nothing here is made anew for a chunk but what holds it while it is written.
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
