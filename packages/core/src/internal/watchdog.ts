import type * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
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
      const fork = Runtime.runFork(yield* Effect.runtime<never>())
      const pull = yield* Stream.toPull(bytes)
      /** The read that is under way, and since when. */
      let read: { readonly since: number; readonly giveUp: () => void } | undefined
      const watcher: Effect.Effect<void> = Effect.suspend(() => {
        const left = read === undefined ? millis : read.since + millis - clock.unsafeCurrentTimeMillis()
        if (left > 0) return Effect.zipRight(Effect.sleep(left), watcher)
        read?.giveUp()
        return Effect.void
      })
      yield* Effect.forkScoped(watcher)
      // A race with the watcher would take two fibers for every read, this takes one.
      return Effect.async<Chunk.Chunk<Uint8Array>, Option.Option<E | StreamStalled>>((resume) => {
        const fiber = fork(pull)
        const giveUp = () => {
          read = undefined
          fiber.unsafeInterruptAsFork(FiberId.none)
          resume(Effect.fail(Option.some(
            new StreamStalled({ operation, requestId, silence: Duration.millis(millis) })
          )))
        }
        read = { since: clock.unsafeCurrentTimeMillis(), giveUp }
        fiber.addObserver((exit) => {
          read = undefined
          resume(exit)
        })
        return Effect.zipRight(
          Effect.sync(() => {
            read = undefined
          }),
          Fiber.interrupt(fiber)
        )
      })
    }))
  }
