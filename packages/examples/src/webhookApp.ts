// What a program that is called by webhooks is made of: an `HttpApp` for the URL of the endpoint, which verifies what
// arrives and has each webhook dealt with once, and the events of a session since the last call.
import * as CursorStore from "@effect-managed-agents/core/CursorStore"
import * as Events from "@effect-managed-agents/core/Events"
import type * as Ids from "@effect-managed-agents/core/Ids"
import type * as WebhookEvent from "@effect-managed-agents/core/WebhookEvent"
import * as Webhooks from "@effect-managed-agents/core/Webhooks"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** The ids of events that have been dealt with are in the `KeyValueStore`. */
export const make = <E extends { readonly message: string }, R>(
  handle: (data: WebhookEvent.Data) => Effect.Effect<void, E, R>
) =>
  Effect.gen(function*() {
    const webhooks = yield* Webhooks.Webhooks
    const seen = KeyValueStore.prefix(yield* KeyValueStore.KeyValueStore, "webhook/")
    const oneAtATime = (yield* Effect.makeSemaphore(1)).withPermits(1)
    return Effect.gen(function*() {
      const { headers, text } = yield* HttpServerRequest.HttpServerRequest
      // the text as it arrived: parsed JSON would lose what was signed
      return yield* Effect.matchEffect(webhooks.verify({ headers, body: yield* text }), {
        onFailure: ({ _tag }) =>
          Effect.succeed(HttpServerResponse.empty({ status: _tag === "MalformedWebhook" ? 400 : 401 })),
        onSuccess: ({ data, id }) =>
          oneAtATime(Effect.gen(function*() {
            if (!(yield* seen.has(id))) {
              yield* handle(data)
              yield* seen.set(id, "")
            }
            return HttpServerResponse.empty()
          }))
      })
    }).pipe(
      // the service tries again
      Effect.catchAll((error) => Effect.as(Console.error(error.message), HttpServerResponse.empty({ status: 503 })))
    )
  })

/** The events of a session after those that were read. An event counts as read when the next one is asked for. */
export const news = (id: Ids.SessionId) =>
  Stream.unwrap(
    Effect.map(Events.Events, (events) =>
      CursorStore.follow(id, (cursor) =>
        events.follow(id, { from: cursor ?? "start" })).pipe(
          Stream.takeUntil(({ update }) => update._tag === "CaughtUp"),
          Stream.flatMap(({ acknowledge, update }) =>
            update._tag === "Event"
              ? Stream.concat(Stream.succeed(update.event), Stream.execute(acknowledge))
              : Stream.execute(acknowledge)
          )
        ))
  )
