import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ApiError } from "../../ApiError.ts"
import type * as Events from "../../Events.ts"
import type { SessionIdInput } from "../../Ids.ts"
import type * as PendingAction from "../../PendingAction.ts"
import * as UserEvent from "../../UserEvent.ts"
import { isForeign } from "../http/foreign.ts"

/** The number of times to send an answer again that the service refuses because it does not know the call yet. */
const attempts = 10

/** The time for which to send an answer again that fails in passing, such as at a rate limit or a gateway. */
const timeout = Duration.minutes(5)

/**
 * Sends the answer to an action, and tells whether it arrived: it does not if the action is not open any more.
 *
 * For a moment the service may not know the call of another thread, and refuse its answer. A result that is refused for good
 * is replaced by a short error, because a call without an answer would keep the session waiting for ever.
 */
export const sendReply = (
  events: Events.Service,
  sessionId: SessionIdInput,
  reply: PendingAction.Reply,
  isPending: () => boolean,
  options?: Events.DeliverOptions
): Effect.Effect<boolean, ApiError> =>
  Effect.gen(function*() {
    const start = yield* Clock.currentTimeMillis
    for (let refusals = 0, failures = 0;;) {
      const error = yield* Effect.match(events.deliver(sessionId, reply, options), {
        onFailure: (error) => error,
        // a second answer has no effect, so one may be sent whatever became of the first
        onSuccess: (delivery) => delivery._tag === "Indeterminate" ? delivery.error : undefined
      })
      if (error === undefined) return true
      if (error._tag === "InvalidRequest") {
        if (!isPending()) return false
        if (refusals++ === attempts) return yield* giveUp(events, sessionId, reply, error, options)
        yield* Effect.sleep("500 millis")
      } else if (error._tag === "RequestTooLarge" || error._tag === "InvalidParams") {
        return yield* giveUp(events, sessionId, reply, error, options)
      } else {
        const delay = waitOf(error, failures++)
        const now = yield* Clock.currentTimeMillis
        const isPassing = error.isRetryable || isForeign(error)
        if (!isPassing || now + delay - start > Duration.toMillis(timeout)) return yield* error
        yield* Effect.sleep(delay)
      }
    }
  })

/** The delay before the next attempt in milliseconds: what the service asks for, else one that grows to half a minute. */
const waitOf = (error: ApiError, failures: number): number =>
  "retryAfter" in error && error.retryAfter !== undefined
    ? Duration.toMillis(error.retryAfter)
    : Math.min(1000 * 2 ** failures, 30_000)

/** Answers a call in place of a result that the service does not take. */
const giveUp = (
  events: Events.Service,
  sessionId: SessionIdInput,
  reply: PendingAction.Reply,
  error: ApiError,
  options?: Events.DeliverOptions
): Effect.Effect<boolean, ApiError> => {
  if (reply.type === "user.tool_confirmation") return Effect.fail(error)
  const text = "The result of this call could not be delivered: it was refused."
  const short = reply.type === "user.tool_result"
    ? UserEvent.toolResult(reply.tool_use_id, text, { isError: true })
    : UserEvent.customToolResult(reply.custom_tool_use_id, text, { isError: true })
  return events.deliver(sessionId, short, options).pipe(
    Effect.zipLeft(
      Effect.logWarning("The result of a tool call could not be sent, so the call was answered by an error", error)
    ),
    Effect.flatMap((delivery) =>
      delivery._tag === "Indeterminate" ? Effect.fail(delivery.error) : Effect.succeed(true)
    ),
    // what the service says of the result tells more
    Effect.mapError((second) => second._tag === "InvalidRequest" ? error : second)
  )
}
