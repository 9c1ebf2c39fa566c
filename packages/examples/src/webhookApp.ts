// An `HttpApp` for the URL of a webhook endpoint: verifies what arrives, and has each event dealt with once.
import type * as WebhookEvent from "@effect-managed-agents/core/WebhookEvent"
import * as Webhooks from "@effect-managed-agents/core/Webhooks"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"

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
      const verified = yield* Effect.either(webhooks.verify({ headers, body: yield* text }))
      if (Either.isLeft(verified)) {
        const status = verified.left._tag === "MalformedWebhook" ? 400 : 401
        return HttpServerResponse.empty({ status })
      }
      const { data, id } = verified.right
      yield* oneAtATime(Effect.gen(function*() {
        if (yield* seen.has(id)) return
        yield* handle(data)
        yield* seen.set(id, "")
      }))
      return HttpServerResponse.empty()
    }).pipe(
      // the service tries again
      Effect.catchAll((error) => Effect.as(Console.error(error.message), HttpServerResponse.empty({ status: 503 })))
    )
  })
