import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/**
 * A clock that jumps to the next moment at which somebody wakes up, as soon as everybody sleeps: virtual time that
 * nobody has to adjust, and that costs a turn of the event loop, not milliseconds.
 */
export const make = (): Clock.Clock => {
  const sleepers = new Set<{ readonly due: number; readonly wake: () => void }>()
  let now = 0
  let waiting = false
  const jump = () => {
    waiting = false
    let first: { readonly due: number; readonly wake: () => void } | undefined
    for (const sleeper of sleepers) if (first === undefined || sleeper.due < first.due) first = sleeper
    if (first === undefined) return
    sleepers.delete(first)
    now = Math.max(now, first.due)
    first.wake()
    expect()
  }
  const expect = () => {
    if (waiting || sleepers.size === 0) return
    waiting = true
    setImmediate(jump)
  }
  return {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => now,
    unsafeCurrentTimeNanos: () => BigInt(Math.round(now * 1e6)),
    currentTimeMillis: Effect.sync(() => now),
    currentTimeNanos: Effect.sync(() => BigInt(Math.round(now * 1e6))),
    sleep: (duration) =>
      Effect.async<void>((resume) => {
        const sleeper = { due: now + Duration.toMillis(duration), wake: () => resume(Effect.void) }
        sleepers.add(sleeper)
        expect()
        return Effect.sync(() => sleepers.delete(sleeper))
      })
  }
}
