/**
 * Ownership of a session among several processes: at most one of them acts in it at a time.
 *
 * Whoever takes a session over gets the next fence, a number that every write to a store names. What an earlier owner
 * still writes, because it was frozen or cut off from the network, is refused as {@link FencedOut}.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Ids from "./Ids.ts"

/**
 * The right to act in a session, until somebody else takes it over.
 * @category services
 */
export interface Service {
  readonly sessionId: Ids.SessionId
  /** The number of the take-over; each is greater than those before. */
  readonly fence: number
  /**
   * Tells whether the session may still be this owner's, as far as the process knows by itself: false once a lease has run out
   * unrenewed. It is asked before anything takes effect that a store does not guard.
   *
   * @default Effect.succeed(true)
   */
  readonly isHeld?: Effect.Effect<boolean> | undefined
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class SessionOwner extends Context.Tag("@effect-managed-agents/core/SessionOwner")<SessionOwner, Service>() {}

/**
 * Somebody else owns the session now. Whoever gets this stops, and says nothing more in the session.
 * @category errors
 */
export class FencedOut extends Schema.TaggedError<FencedOut>("@effect-managed-agents/core/FencedOut")(
  "FencedOut",
  {
    /** The session. */
    sessionId: Ids.SessionId,
    /** The fence that does not count any more. */
    fence: Schema.Number
  }
) {
  override get message(): string {
    return `session ${this.sessionId} has another owner since fence ${this.fence}`
  }
  /** Always false: ownership that is lost does not come back. */
  get isRetryable(): boolean {
    return false
  }
}
