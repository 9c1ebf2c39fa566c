import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { StreamStalled } from "../ApiError.ts"

/**
 * Fails a stream of bytes that is silent for longer than `limit` while it is read.
 *
 * One fiber watches the connection. It sleeps until the read that is under way would be overdue, so that a byte costs no
 * timer.
 */
export const watch =
  (operation: string, requestId: string | undefined, limit: Duration.DurationInput | undefined) =>
  <E>(bytes: Stream.Stream<Uint8Array, E>): Stream.Stream<Uint8Array, E | StreamStalled> => {
    const millis = limit === undefined ? Number.POSITIVE_INFINITY : Duration.toMillis(limit)
    if (!Number.isFinite(millis)) return bytes
    return Stream.fromPull(Effect.gen(function*() {
      const clock = yield* Effect.clock
      const pull = yield* Stream.toPull(bytes)
      const overdue = yield* Deferred.make<never, StreamStalled>()
      /** Since when bytes are awaited. */
      let since: number | undefined
      const watcher: Effect.Effect<boolean> = Effect.suspend(() => {
        const left = since === undefined ? millis : since + millis - clock.unsafeCurrentTimeMillis()
        return left > 0
          ? Effect.zipRight(Effect.sleep(left), watcher)
          : Deferred.fail(overdue, new StreamStalled({ operation, requestId, silence: Duration.millis(millis) }))
      })
      yield* Effect.forkScoped(watcher)
      const stalled = Effect.mapError(Deferred.await(overdue), (error) => Option.some<E | StreamStalled>(error))
      return Effect.suspend(() => {
        since = clock.unsafeCurrentTimeMillis()
        return Effect.raceFirst(pull, stalled)
      }).pipe(Effect.ensuring(Effect.sync(() => {
        since = undefined
      })))
    }))
  }
