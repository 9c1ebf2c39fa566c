import * as Effect from "effect/Effect"
import type { ApiError } from "../../ApiError.ts"
import type * as Events from "../../Events.ts"
import type { SessionIdInput } from "../../Ids.ts"
import type * as PendingAction from "../../PendingAction.ts"

/** The number of times to send an answer again that the service refuses because it does not know the call yet. */
const attempts = 10

/**
 * Sends the answer to an action, and tells whether it arrived: it does not if the action is not open any more. For a moment
 * the service may not know the call of another thread, and refuse its answer.
 */
export const sendReply = (
  events: Events.Service,
  sessionId: SessionIdInput,
  reply: PendingAction.Reply,
  isPending: () => boolean,
  options?: Events.DeliverOptions,
  attempt = 0
): Effect.Effect<boolean, ApiError> =>
  events.deliver(sessionId, reply, options).pipe(
    Effect.flatMap((delivery) =>
      delivery._tag === "Indeterminate" ? Effect.fail(delivery.error) : Effect.succeed(true)
    ),
    Effect.catchTag("InvalidRequest", (error) =>
      Effect.suspend(() => {
        if (!isPending()) return Effect.succeed(false)
        return attempt === attempts ? Effect.fail(error) : Effect.delay(
          Effect.suspend(() => sendReply(events, sessionId, reply, isPending, options, attempt + 1)),
          "500 millis"
        )
      }))
  )
