import * as Effect from "effect/Effect"

/**
 * Wakes the one who waits for it; rung too early, the next one. Costs less than a queue or a latch. A ring for someone who
 * has left meanwhile is lost, so whoever waits looks first whether there is something to wait for.
 */
export class Bell {
  private isRung = false
  private waiter: ((go: Effect.Effect<void>) => void) | undefined

  ring(): void {
    const { waiter } = this
    this.waiter = undefined
    if (waiter === undefined) this.isRung = true
    else waiter(Effect.void)
  }

  readonly wait: Effect.Effect<void> = Effect.async((resume) => {
    if (this.isRung) {
      this.isRung = false
      resume(Effect.void)
    } else this.waiter = resume
  })
}
