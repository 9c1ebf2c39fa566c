/**
 * Endpoints of webhooks: where the simulator delivers an event when something has changed.
 *
 * Deliveries are signed as those of the service. One that is not acknowledged is tried up to three times, in the time of the
 * simulator: an hour of it is one `TestClock.adjust`.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"

/**
 * Request that delivers an event.
 * @category models
 */
export interface Delivery {
  readonly headers: {
    readonly "content-type": string
    /** The id of the event, which is the same in each attempt. */
    readonly "webhook-id": string
    /** When it was signed, in seconds. */
    readonly "webhook-timestamp": string
    readonly "webhook-signature": string
  }
  /** The event, as JSON. */
  readonly body: string
  /** Counts from 1. */
  readonly attempt: number
}

/**
 * Settings that all endpoints have.
 * @category options
 */
export interface Options {
  /** The secret that deliveries are signed with: `whsec_` and base64. */
  readonly secret: Redacted.Redacted
  /**
   * The types of events to deliver, such as `session.status_idled`.
   *
   * @default all
   */
  readonly types?: ReadonlyArray<string> | undefined
}

/**
 * A place that events are delivered to.
 * @category models
 */
export interface WebhookEndpoint<out R = never> extends Options {
  /**
   * Takes a delivery. A number that it succeeds with is the status of its answer: any from 200 to 299 is an
   * acknowledgement, a redirect disables the endpoint, and with another one the delivery is tried again, as if it had failed.
   * Anything else that it succeeds with is an acknowledgement.
   */
  readonly deliver: (delivery: Delivery) => Effect.Effect<unknown, unknown, R>
}

/**
 * An endpoint that is an Effect, such as a test's own or the handler of an app.
 *
 * @example
 * ```ts
 * import * as Sessions from "@effect-managed-agents/core/Sessions"
 * import * as Webhooks from "@effect-managed-agents/core/Webhooks"
 * import * as Fixtures from "@effect-managed-agents/testkit/Fixtures"
 * import * as Testkit from "@effect-managed-agents/testkit/Testkit"
 * import * as WebhookEndpoint from "@effect-managed-agents/testkit/WebhookEndpoint"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Queue from "effect/Queue"
 * import * as Redacted from "effect/Redacted"
 *
 * const secret = Redacted.make("whsec_c2VjcmV0")
 *
 * const program = Effect.gen(function*() {
 *   const webhooks = yield* Webhooks.Webhooks
 *   const deliveries = yield* Queue.unbounded<WebhookEndpoint.Delivery>()
 *   const endpoint = WebhookEndpoint.make((delivery) => Queue.offer(deliveries, delivery), { secret })
 *   return yield* Effect.gen(function*() {
 *     const sessions = yield* Sessions.Sessions
 *     yield* sessions.create({ agent: Fixtures.agentId, environment_id: Fixtures.environmentId })
 *     return yield* webhooks.verify(yield* Queue.take(deliveries))
 *   }).pipe(Effect.provide(Testkit.layer({ webhooks: [endpoint] })))
 * }).pipe(Effect.provide(Layer.orDie(Webhooks.layer({ secrets: [secret] }))))
 *
 * Effect.runPromise(program).then(({ data }) => assert.strictEqual(data.type, "session.created"))
 * ```
 *
 * @category constructors
 */
export const make = <R = never>(
  deliver: (delivery: Delivery) => Effect.Effect<unknown, unknown, R>,
  options: Options
): WebhookEndpoint<R> => ({ ...options, deliver })

/**
 * An endpoint at a URL, which an `HttpClient` posts to.
 * @category constructors
 */
export const toUrl = (url: string, options: Options): WebhookEndpoint<HttpClient.HttpClient> =>
  make(
    ({ body, headers }) =>
      HttpClientRequest.post(url, { headers }).pipe(
        HttpClientRequest.bodyText(body, headers["content-type"]),
        HttpClient.execute,
        Effect.map(({ status }) => status),
        // the body of the answer is not read
        Effect.scoped
      ),
    options
  )
