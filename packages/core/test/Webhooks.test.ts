import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { createHmac } from "node:crypto"
import { inspect } from "node:util"
import * as Webhooks from "../src/Webhooks.ts"

const now = 1_774_000_000
const secretOf = (name: string) => Buffer.from(name.padEnd(24, "-")).toString("base64")
const secret = `whsec_${secretOf("current")}`
const old = `whsec_${secretOf("old")}`

const event = {
  type: "event",
  id: "whe_1",
  created_at: "2026-03-20T09:46:40.5Z",
  data: { type: "session.status_idled", id: "sesn_1", organization_id: "org_1", workspace_id: "wrkspc_1" },
  added: "later"
}

const sign = (key: string, id: string, timestamp: string, body: string | Uint8Array): string => {
  const bytes = Buffer.from(key.replace("whsec_", ""), "base64")
  return `v1,${createHmac("sha256", bytes).update(`${id}.${timestamp}.`).update(body).digest("base64")}`
}

interface Signing {
  readonly key?: string
  readonly age?: number
  readonly body?: string | Uint8Array
}

/** A request as the service makes it. */
const message = ({ age = 0, body = JSON.stringify(event), key = secret }: Signing = {}) => {
  const timestamp = String(now - age)
  return {
    body,
    headers: {
      "webhook-id": "msg_1",
      "webhook-timestamp": timestamp,
      "webhook-signature": sign(key, "msg_1", timestamp, body)
    }
  }
}

/** The event, or the fields of the error. */
const outcome = (self: Effect.Effect<unknown, Webhooks.WebhookError>) =>
  Effect.match(self, { onSuccess: (event) => event, onFailure: (error) => ({ ...error }) as unknown })

const wrongSignature = { _tag: "WrongSignature", isRetryable: false }
const malformed = (...issues: ReadonlyArray<{ readonly path: string; readonly message: string }>) => ({
  _tag: "MalformedWebhook",
  issues,
  isRetryable: false
})

const verify = (message: Webhooks.Message, secrets: ReadonlyArray<string> = [secret]) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(now * 1000 + 999)
    const webhooks = yield* Webhooks.Webhooks
    return yield* outcome(webhooks.verify(message))
  }).pipe(Effect.provide(Webhooks.layer({ secrets: secrets.map((secret) => Redacted.make(secret)) })))

const withHeader = (name: string, value: string | undefined) => {
  const { body, headers } = message()
  return { body, headers: { ...headers, [name]: value } }
}

describe("Webhooks.verify", () => {
  it.effect("reads the event, untouched", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* verify(message()), event)
    }))

  it.effect("takes the bytes as they arrived", () =>
    Effect.gen(function*() {
      const body = new TextEncoder().encode(`${JSON.stringify(event, undefined, 2)}\n`)
      assert.deepStrictEqual(yield* verify(message({ body })), event)
    }))

  it.effect("agrees with the example of the scheme", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(1_614_265_330_000)
      const webhooks = yield* Webhooks.make({ secrets: [Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")] })
      const result = yield* outcome(webhooks.verify({
        body: "{\"test\": 2432232314}",
        headers: {
          "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
          "webhook-timestamp": "1614265330",
          "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        }
      }))
      // the signature is right, and the body is no event of this service
      assert.deepStrictEqual(
        result,
        malformed(
          { path: "type", message: "is missing: expected \"event\"" },
          { path: "id", message: "is missing: expected a string" },
          { path: "created_at", message: "is missing: expected Timestamp" },
          { path: "data", message: "is missing: expected WebhookData" }
        )
      )
    }))

  it.effect.each<readonly [string, Webhooks.Message]>([
    ["another secret", message({ key: old })],
    ["a changed body", { ...message(), body: JSON.stringify({ ...event, id: "whe_2" }) }],
    ["a body that was written again", { ...message(), body: JSON.stringify(event, undefined, 1) }],
    ["a changed id", withHeader("webhook-id", "msg_2")],
    ["a changed time", withHeader("webhook-timestamp", String(now - 1))],
    ["a signature that is cut", withHeader("webhook-signature", message().headers["webhook-signature"].slice(0, -5))],
    ["a signature that is no base64", withHeader("webhook-signature", "v1,???")],
    ["an empty signature", withHeader("webhook-signature", "v1,")],
    [
      "a signature of another version",
      withHeader("webhook-signature", message().headers["webhook-signature"].replace("v1", "v2"))
    ]
  ])("refuses %s", ([, message]) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* verify(message), wrongSignature)
    }))

  it.effect.each<readonly [string, string | undefined, Webhooks.MissingSignature["header"]]>([
    ["webhook-id", undefined, "webhook-id"],
    ["webhook-id", "", "webhook-id"],
    ["webhook-timestamp", undefined, "webhook-timestamp"],
    ["webhook-timestamp", "today", "webhook-timestamp"],
    ["webhook-timestamp", "-5", "webhook-timestamp"],
    ["webhook-signature", undefined, "webhook-signature"]
  ])("refuses a request whose %s is %s", ([name, value, header]) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* verify(withHeader(name, value)), {
        _tag: "MissingSignature",
        header,
        isRetryable: false
      })
    }))

  it.effect.each([300, -300])("takes a signature of an age of %d seconds", (age) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* verify(message({ age })), event)
    }))

  it.effect.each([301, -301])("refuses a signature of an age of %d seconds", (age) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* verify(message({ age })), {
        _tag: "StaleSignature",
        ageInSeconds: age,
        tolerance: Duration.minutes(5),
        isRetryable: false
      })
    }))

  it.effect("takes any signature and any secret that fit, while a secret is replaced", () =>
    Effect.gen(function*() {
      const { body, headers } = message()
      const signature = `v1a,x v1,${secretOf("foreign")} ${sign(old, "msg_1", String(now), body)} v1`
      const several = { body, headers: { ...headers, "webhook-signature": signature } }
      assert.deepStrictEqual(yield* verify(several, [secret, old]), event)
      assert.deepStrictEqual(yield* verify(several, [secret]), wrongSignature)
      assert.deepStrictEqual(yield* verify(message(), [old, secret.replace("whsec_", "")]), event)
    }))

  it.effect("keeps an event of a type that it does not know", () =>
    Effect.gen(function*() {
      const later = { ...event, data: { type: "session.sang", id: 1 } }
      assert.deepStrictEqual(yield* verify(message({ body: JSON.stringify(later) })), later)
    }))

  it.effect("says where a body is wrong, and does not read one that is not signed", () =>
    Effect.gen(function*() {
      const wrong = { ...event, data: { ...event.data, id: 1 } }
      assert.deepStrictEqual(
        yield* verify(message({ body: JSON.stringify(wrong) })),
        malformed({ path: "data.id", message: "expected SessionId, got 1" })
      )
      assert.deepStrictEqual(
        yield* verify(message({ body: "{" })),
        malformed({ path: "", message: "expected JSON" })
      )
      assert.deepStrictEqual(yield* verify(message({ body: "{", key: old })), wrongSignature)
    }))
})

describe("a secret", () => {
  it.effect.each<readonly [string, ReadonlyArray<string>, string]>([
    ["is needed", [], "secrets: expected at least one"],
    ["is base64", [secret, "whsec_hunter2!"], "secrets.1: expected whsec_ and base64"],
    ["is not empty", ["whsec_"], "secrets.0: is empty"]
  ])("%s", ([, secrets, problem]) =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(Webhooks.make({ secrets: secrets.map((secret) => Redacted.make(secret)) }))
      if (exit._tag === "Success") return assert.fail("was accepted")
      const text = `${Cause.pretty(exit.cause)} ${inspect(exit, { depth: Infinity })}`
      assert.include(text, problem)
      assert.notInclude(text, "hunter2")
    }))

  it.effect("is in no error and not in the service", () =>
    Effect.gen(function*() {
      const webhooks = yield* Webhooks.make({ secrets: [Redacted.make(secret)] })
      yield* TestClock.setTime(now * 1000)
      const errors = yield* Effect.forEach(
        [message({ key: old }), message({ age: 999 }), withHeader("webhook-id", undefined), message({ body: "{" })],
        (message) => Effect.flip(webhooks.verify(message))
      )
      const text = `${inspect([errors, webhooks], { depth: Infinity, showHidden: true })} ${JSON.stringify(errors)}`
      for (const needle of [secretOf("current"), "current---"]) assert.notInclude(text, needle)
    }))

  it.effect("comes from the environment, several of them separated by commas", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(now * 1000)
      const webhooks = yield* Webhooks.Webhooks
      assert.strictEqual((yield* webhooks.verify(message())).id, "whe_1")
      assert.strictEqual((yield* webhooks.verify(message({ key: old }))).id, "whe_1")
    }).pipe(
      Effect.provide(Webhooks.layerEnv),
      Effect.withConfigProvider(
        ConfigProvider.fromMap(new Map([["ANTHROPIC_WEBHOOK_SIGNING_KEY", `${old}, ${secret}`]]))
      )
    ))

  it.effect("comes from a `Config`", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(now * 1000)
      const webhooks = yield* Webhooks.Webhooks
      assert.strictEqual((yield* webhooks.verify(message({ age: 400 }))).id, "whe_1")
    }).pipe(
      Effect.provide(
        Webhooks.layerConfig({ secrets: Config.all([Config.redacted("SECRET")]), tolerance: Config.duration("AGE") })
      ),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["SECRET", secret], ["AGE", "7 minutes"]])))
    ))
})
