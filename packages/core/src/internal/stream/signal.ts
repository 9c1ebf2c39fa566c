import * as Effect from "effect/Effect"

/**
 * Single-waiter auto-reset signal, cheaper than a queue or a latch. A signal raised before `wait` is kept; one raised after
 * the waiter left is lost, so a waiter first looks whether there is something to wait for.
 */
export class AutoResetSignal {
  private isRaised = false
  private waiter: ((go: Effect.Effect<void>) => void) | undefined

  raise(): void {
    const { waiter } = this
    this.waiter = undefined
    if (waiter === undefined) this.isRaised = true
    else waiter(Effect.void)
  }

  readonly wait: Effect.Effect<void> = Effect.async((resume) => {
    if (this.isRaised) {
      this.isRaised = false
      resume(Effect.void)
    } else this.waiter = resume
  })
}
