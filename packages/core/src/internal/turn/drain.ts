import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** The part of a call in a {@link Gate}. */
export interface Ticket {
  /** Lets the call begin; for ever waits one that has not begun when no more shall. */
  readonly enter: Effect.Effect<void>
  /** The call is done with. */
  readonly leave: Effect.Effect<void>
}

/** The calls that are under way: from the start of the tool until the result is sent. */
export interface Gate {
  readonly ticket: () => Ticket
  readonly isIdle: () => boolean
  readonly isDraining: () => boolean
  /** Lets no more calls begin, and waits until none is under way. */
  readonly drain: Effect.Effect<void>
}

/** Tag for the gate of the tools that run within an effect. */
export class CurrentGate extends Context.Tag("@effect-managed-agents/core/ToolRunner/gate")<CurrentGate, Gate>() {}

/** Makes a {@link Gate}. */
export const make = Effect.map(Deferred.make<void>(), (drained): Gate => {
  let underWay = 0
  let isDraining = false
  const check = () => {
    if (isDraining && underWay === 0) Deferred.unsafeDone(drained, Effect.void)
  }
  return {
    ticket: () => {
      let isIn = false
      return {
        enter: Effect.suspend(() => {
          if (isIn) return Effect.void
          if (isDraining) return Effect.never
          isIn = true
          underWay++
          return Effect.void
        }),
        leave: Effect.sync(() => {
          if (!isIn) return
          isIn = false
          underWay--
          check()
        })
      }
    },
    isIdle: () => underWay === 0,
    isDraining: () => isDraining,
    drain: Effect.suspend(() => {
      isDraining = true
      check()
      return Deferred.await(drained)
    })
  }
})

/** The gate in force, or one of its own. */
export const current: Effect.Effect<Gate> = Effect.flatMap(
  Effect.serviceOption(CurrentGate),
  Option.match({ onNone: () => make, onSome: Effect.succeed })
)
