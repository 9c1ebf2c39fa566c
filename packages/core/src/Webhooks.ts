/**
 * Webhooks: verify that a request comes from the service, and read its event.
 *
 * Requests are signed by the [Standard Webhooks](https://www.standardwebhooks.com) scheme: an HMAC-SHA256 over the id, the
 * time and the body, exactly as they arrived. It is computed by Web Crypto, which compares in constant time and is there in
 * every runtime.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Issue } from "./ApiError.ts"
import type { Scrub } from "./internal/http/secrets.ts"
import { explain } from "./internal/schema/explain.ts"
import * as guard from "./internal/schema/guard.ts"
import { WebhookEvent } from "./WebhookEvent.ts"

// ---------------------------------------------------------------------------------------------------------------------
// Errors
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A header that the signature needs is missing, or cannot be read.
 * @category errors
 */
export class MissingSignature
  extends Schema.TaggedError<MissingSignature>("@effect-managed-agents/core/MissingSignature")(
    "MissingSignature",
    {
      /** The header. */
      header: Schema.Literal("webhook-id", "webhook-timestamp", "webhook-signature")
    }
  )
{
  override get message(): string {
    return `The webhook is not signed: ${this.header} is missing or cannot be read`
  }
  /** The same request would be refused again. */
  readonly isRetryable = false
}

/**
 * The request was signed too long ago, or in the future: somebody may be sending again what was overheard.
 * @category errors
 */
export class StaleSignature extends Schema.TaggedError<StaleSignature>("@effect-managed-agents/core/StaleSignature")(
  "StaleSignature",
  {
    /** The age of the signature; below zero if its time has not come yet. */
    ageInSeconds: Schema.Number,
    /** The age that is accepted, in either direction. */
    tolerance: Schema.DurationFromMillis
  }
) {
  override get message(): string {
    const age = this.ageInSeconds < 0 ? `${-this.ageInSeconds} s ahead` : `${this.ageInSeconds} s old`
    return `The signature of the webhook is ${age}; at most ${Duration.format(this.tolerance)} are accepted`
  }
  /** The same request would be refused again. */
  readonly isRetryable = false
}

/**
 * No signature fits a secret: the request was signed with another secret or by somebody else, or its body, id or time was
 * changed on the way.
 * @category errors
 */
export class WrongSignature extends Schema.TaggedError<WrongSignature>("@effect-managed-agents/core/WrongSignature")(
  "WrongSignature",
  {}
) {
  override get message(): string {
    return "The signature of the webhook is wrong: another secret, or something was changed after it was signed"
  }
  /** The same request would be refused again. */
  readonly isRetryable = false
}

/**
 * The signature is right, but the body is no event.
 * @category errors
 */
export class MalformedWebhook
  extends Schema.TaggedError<MalformedWebhook>("@effect-managed-agents/core/MalformedWebhook")(
    "MalformedWebhook",
    {
      /** The issues, each with its path. */
      issues: Schema.Array(Issue)
    }
  )
{
  override get message(): string {
    const issues = this.issues.map(({ message, path }) => path === "" ? message : `${path}: ${message}`)
    return `The webhook is no event: ${issues.join("; ")}`
  }
  /** The same request would be refused again. */
  readonly isRetryable = false
}

/**
 * The reasons for which a request is refused.
 * @category errors
 */
export type WebhookError = MissingSignature | StaleSignature | WrongSignature | MalformedWebhook

// ---------------------------------------------------------------------------------------------------------------------
// Service
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A request as it arrived.
 * @category models
 */
export interface Message {
  /** The headers; their names in lower case. */
  readonly headers: { readonly [name: string]: string | undefined }
  /** The body, byte for byte: not one that was parsed and written again. */
  readonly body: string | Uint8Array
}

/**
 * Verifies requests.
 * @category services
 */
export interface Service {
  /** Verifies the signature of a request and reads its event. What arrives twice has the same `id`. */
  readonly verify: (message: Message) => Effect.Effect<WebhookEvent, WebhookError>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class Webhooks extends Context.Tag("@effect-managed-agents/core/Webhooks")<Webhooks, Service>() {}

/**
 * Options of the service.
 * @category options
 */
export interface Options {
  /**
   * The secrets of the endpoint (`whsec_…`). While a secret is being replaced, the old and the new one: a request may be
   * signed with either.
   */
  readonly secrets: ReadonlyArray<Redacted.Redacted>
  /**
   * The greatest age of a signature, and the greatest difference of the clocks.
   *
   * @default "5 minutes"
   */
  readonly tolerance?: Duration.DurationInput | undefined
}

// oxlint-disable-next-line no-restricted-globals -- it computes signatures, which is no matter of chance
const { subtle } = crypto

const algorithm = { name: "HMAC", hash: "SHA-256" }

const invalid = (message: string) => Effect.fail(ConfigError.InvalidData([], message))

/** The key of a secret. Nothing of the secret gets into the message. */
const keyOf = (secret: Redacted.Redacted, index: number): Effect.Effect<CryptoKey, ConfigError.ConfigError> =>
  Either.match(Encoding.decodeBase64(Redacted.value(secret).replace(/^whsec_/, "")), {
    onLeft: () => invalid(`secrets.${index}: expected whsec_ and base64`),
    onRight: (bytes) =>
      bytes.length === 0
        ? invalid(`secrets.${index}: is empty`)
        // the bytes are in a buffer of their own, which is not shared
        : Effect.promise(() => subtle.importKey("raw", bytes as BufferSource, algorithm, false, ["verify"]))
  })

const encoder = new TextEncoder()

/** The bytes that are signed. */
const signed = (id: string, timestamp: string, body: Message["body"]): Uint8Array<ArrayBuffer> => {
  const head = encoder.encode(`${id}.${timestamp}.`)
  const content = typeof body === "string" ? encoder.encode(body) : body
  const out = new Uint8Array(head.length + content.length)
  out.set(head)
  out.set(content, head.length)
  return out
}

/** The signatures of a version that is known. Others are for verifiers to come. */
const signaturesOf = (header: string): ReadonlyArray<Uint8Array> =>
  header.split(" ").flatMap((item) => {
    const [version, text] = item.split(",", 2)
    return version === "v1" && text !== undefined ? Either.getOrElse(decode(text), () => []) : []
  })

const decode = (text: string) => Either.map(Encoding.decodeBase64(text), (bytes) => [bytes])

const required = (headers: Message["headers"], header: MissingSignature["header"], form: RegExp) => {
  const value = headers[header]
  return value !== undefined && form.test(value) ? Effect.succeed(value) : new MissingSignature({ header })
}

const isEvent = guard.make(WebhookEvent)

/** Secrets are not part of what was received. */
const scrub: Scrub = (text) => text

const read = (body: Message["body"]): Effect.Effect<WebhookEvent, MalformedWebhook> =>
  Effect.suspend(() => {
    const text = typeof body === "string" ? body : new TextDecoder().decode(body)
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return new MalformedWebhook({ issues: [{ path: "", message: "expected JSON" }] })
    }
    return isEvent(value)
      ? Effect.succeed(value)
      : new MalformedWebhook({ issues: explain(WebhookEvent, value, scrub) })
  })

/**
 * Builds the service, or says what is wrong with a secret without showing it.
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Service, ConfigError.ConfigError> =>
  Effect.gen(function*() {
    if (options.secrets.length === 0) return yield* invalid("secrets: expected at least one")
    const keys = yield* Effect.forEach(options.secrets, keyOf)
    const tolerance = Option.filter(Duration.decodeUnknown(options.tolerance ?? "5 minutes"), Duration.isFinite)
    if (Option.isNone(tolerance)) return yield* invalid("tolerance: expected a duration")
    const accepted = Duration.toSeconds(tolerance.value)

    const verify = Effect.fn("Webhooks.verify")(function*({ body, headers }: Message) {
      const id = yield* required(headers, "webhook-id", /./)
      const timestamp = yield* required(headers, "webhook-timestamp", /^\d{1,15}$/)
      const signatures = signaturesOf(yield* required(headers, "webhook-signature", /./))
      const ageInSeconds = Math.floor((yield* Clock.currentTimeMillis) / 1000) - Number(timestamp)
      if (Math.abs(ageInSeconds) > accepted) {
        return yield* new StaleSignature({ ageInSeconds, tolerance: tolerance.value })
      }
      const content = signed(id, timestamp, body)
      for (const key of keys) {
        for (const signature of signatures) {
          const fits = yield* Effect.promise(() =>
            // as above
            subtle.verify(algorithm, key, signature as BufferSource, content)
          )
          if (fits) return yield* read(body)
        }
      }
      return yield* new WrongSignature()
    })
    return Webhooks.of({ verify })
  })

/**
 * Provides {@link Webhooks} from options.
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Webhooks, ConfigError.ConfigError> =>
  Layer.effect(Webhooks, make(options))

/**
 * Provides {@link Webhooks} from Effect `Config` values.
 * @category layers
 */
export const layerConfig = (options: Config.Config.Wrap<Options>): Layer.Layer<Webhooks, ConfigError.ConfigError> =>
  Layer.effect(Webhooks, Effect.flatMap(Config.unwrap(options), make))

/**
 * Provides {@link Webhooks} with the secret in `ANTHROPIC_WEBHOOK_SIGNING_KEY`; while it is being replaced, with several,
 * separated by commas.
 * @category layers
 */
export const layerEnv: Layer.Layer<Webhooks, ConfigError.ConfigError> = Layer.effect(
  Webhooks,
  Effect.flatMap(
    Config.array(Config.redacted(Config.nonEmptyString()), "ANTHROPIC_WEBHOOK_SIGNING_KEY"),
    (secrets) => make({ secrets })
  )
)
