/**
 * No secret gets out: every way in which the client can fail, and everything that it tells about a call, is driven with
 * known secrets by servers, proxies and transports that echo them wherever they can.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Inspectable from "effect/Inspectable"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import type * as Tracer from "effect/Tracer"
import { inspect } from "node:util"
import type { RequestOptions } from "../src/ApiClient.ts"
import { ApiError } from "../src/ApiError.ts"
import type * as ClientConfig from "../src/ClientConfig.ts"
import * as Credentials from "../src/Credentials.ts"
import * as EnvironmentWork from "../src/EnvironmentWork.ts"
import { SessionId } from "../src/Ids.ts"
import { scrubber } from "../src/internal/http/secrets.ts"
import { explain } from "../src/internal/schema/explain.ts"
import type { Services } from "../src/ManagedAgents.ts"
import * as Resources from "../src/Resources.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import * as Session from "../src/Session.ts"
import * as Sessions from "../src/Sessions.ts"
import * as Webhooks from "../src/Webhooks.ts"
import * as Workspace from "../src/Workspace.ts"
import { calls, resourceId, sessionId, token } from "./utils/calls.ts"
import type { Call } from "./utils/calls.ts"
import { credentialCalls } from "./utils/credentialCalls.ts"
import * as Stub from "./utils/StubHttpClient.ts"
import * as telemetry from "./utils/telemetry.ts"

const header = "Basic cHJveHk6aHVudGVyMg=="
const cookie = "sid=d41d8cd98f00b204"

/** One client for each kind of credential. */
const configurations: ReadonlyArray<readonly [credential: string, options: ClientConfig.Options]> = [
  ["sk-ant-api03-Zq9/Kd+7=x&y", { apiKey: Redacted.make("sk-ant-api03-Zq9/Kd+7=x&y") }],
  ["sk-ant-api03-Zq9_Kd-7", { apiKey: Redacted.make("sk-ant-api03-Zq9_Kd-7"), apiKeyHeader: "authorization" }],
  ["oat01-7hG\"p<Qz>'", { authToken: Redacted.make("oat01-7hG\"p<Qz>'") }]
].map(([credential, options]) => [
  credential as string,
  { ...options as ClientConfig.Options, headers: { "x-proxy-auth": Redacted.make(header), cookie }, maxEventSize: 4000 }
])

const escapeHtml = (text: string) =>
  text.replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "'": "&#39;" })[c] ?? c)

/** What must not be found: every spelling of every secret that a request carries. */
const needlesOf = (carried: ReadonlyArray<string>) =>
  carried.flatMap((secret) => {
    const json = JSON.stringify(secret).slice(1, -1)
    return [secret, json, json.replaceAll("/", "\\/"), encodeURIComponent(secret), escapeHtml(secret)]
  }).concat("cHJveHk6aHVudGVyMg==")

type Clean = (text: string, where: string) => void

const cleanOf = (carried: ReadonlyArray<string>): Clean => {
  const needles = needlesOf(carried)
  return (text, where) => {
    for (const needle of needles) {
      const at = text.indexOf(needle)
      if (at !== -1) assert.fail(`${where}: …${text.slice(Math.max(0, at - 60), at + 60)}…`)
    }
  }
}

/** Every text that can be made of an error. */
const textsOfError = (error: unknown): Record<string, string> => ({
  String: String(error),
  "JSON.stringify": JSON.stringify(error),
  inspect: inspect(error, { depth: Infinity, showHidden: true, getters: true }),
  format: Inspectable.format(error),
  toStringUnknown: Inspectable.toStringUnknown(error),
  stack: error instanceof Error ? String(error.stack) : "",
  message: error instanceof Error ? error.message : ""
})

const textsOfCause = (cause: Cause.Cause<unknown>): Record<string, string> => ({
  pretty: Cause.pretty(cause, { renderErrorCause: true }),
  prettyErrors: Cause.prettyErrors(cause).map((error) => `${error.name} ${error.message} ${error.stack}`).join("\n"),
  "JSON.stringify(cause)": JSON.stringify(cause),
  "String(cause)": String(cause),
  "inspect(cause)": inspect(cause, { depth: Infinity, showHidden: true })
})

/** What of a call is needed to observe it. */
interface Observable extends Pick<Call, "name" | "kind"> {
  readonly run: (options?: RequestOptions) => Effect.Effect<unknown, ApiError, Services | Workspace.Services>
}

const textOfSpan = (call: Observable, span: Tracer.Span): string => {
  const { attributes, links, name, status } = span
  // an answer of the service is the caller's business
  const isAnswer = (name === "caller" || call.kind === "json") && status._tag === "Ended" && Exit.isSuccess(status.exit)
  const ended = isAnswer ? "ok" : status
  return inspect([name, [...attributes], ended, links, "events" in span && span.events], { depth: Infinity })
}

const formats = { json: Logger.jsonLogger, logfmt: Logger.logfmtLogger, string: Logger.stringLogger }

/** Runs a call to its end, and looks for secrets in everything that comes out of it. */
const observed = (call: Observable, answer: Stub.Answer, config: ClientConfig.Options, clean: Clean) => {
  const stub = Stub.make(answer)
  return Effect.gen(function*() {
    const { spans, tracer } = yield* telemetry.tracer
    const loggers = Object.entries(formats).map(([format, logger]) => ({ format, ...telemetry.logger(logger) }))
    let run: Effect.Effect<unknown, unknown> = call.run().pipe(
      RetryPolicy.provide({ maxRetries: 1 }),
      // what an application does with a failure
      Effect.tapErrorCause((cause) => Effect.logError("failed", cause)),
      Effect.withSpan("caller"),
      Effect.withLogSpan("caller"),
      Effect.withTracer(tracer),
      Effect.provide(Workspace.layer.pipe(Layer.provideMerge(stub.client(config))))
    )
    for (const { layer } of loggers) run = Effect.provide(run, Layer.fresh(layer))
    const fiber = yield* Effect.fork(run)
    yield* TestClock.adjust("1 hour")
    const exit = yield* Fiber.await(fiber)
    for (const { format, lines } of loggers) clean(lines.join("\n"), `${call.name}: log as ${format}`)
    for (const span of spans) clean(textOfSpan(call, span), `${call.name}: span ${span.name}`)
    if (Exit.isFailure(exit)) {
      for (const [how, text] of Object.entries(textsOfCause(exit.cause))) clean(text, `${call.name}: ${how}`)
      for (const error of Cause.failures(exit.cause)) {
        for (const [how, text] of Object.entries(textsOfError(error))) clean(text, `${call.name}: ${how}`)
        clean(JSON.stringify(Schema.encodeUnknownSync(ApiError)(error)), `${call.name}: encoded`)
      }
      assert.lengthOf([...Cause.defects(exit.cause)], 0, Cause.pretty(exit.cause))
    }
    return { exit, sent: stub.sent }
  })
}

const event = { type: "span.model_request_start", id: "sevt_1", processed_at: "2026-03-15T10:00:00Z" }

/** All the ways to fail, each told by somebody indiscreet, who knows a text. */
const answers = (echo: string): ReadonlyArray<readonly [string, Stub.Answer]> => {
  const html = `<html><title>403</title><pre>${escapeHtml(echo)} ${echo} ${encodeURIComponent(echo)}</pre></html>`
  const headers = { "request-id": `req_${echo}`, "x-echo": echo, "retry-after-ms": "5" }
  const json = (value: unknown, status = 200) => Stub.json(value, { status, headers })
  const page = (text: string, status: number, type = "text/html") =>
    Stub.text(text, { status, headers: { ...headers, "content-type": type } })
  const sse = (...frames: ReadonlyArray<string>) => Stub.sse(Stream.fromIterable(frames), headers)
  const broken = (text: string, status = 200, type = "application/json") => {
    const failure = new Error(`read failed for ${echo}`, { cause: new Error(echo) })
    return Stub.body(Stream.concat(Stream.make(text), Stream.fail(failure)), {
      status,
      headers: { ...headers, "content-type": type }
    })
  }
  const said = { type: echo, message: `Bad credential: ${echo}`, details: { error_code: echo } }
  return [
    ...[400, 401, 402, 403, 404, 408, 409, 413, 418, 422, 429, 500, 503, 529].map((status) =>
      [`an API error ${status}`, json({ type: "error", error: said, request_id: echo }, status)] as const
    ),
    ["an API error of another shape", json({ message: echo, [echo]: echo }, 400)],
    ["escaped slashes", Stub.text(JSON.stringify({ message: echo }).replaceAll("/", "\\/"), { status: 400 })],
    ["a page", page(html, 502)],
    ["a long page", page("x".repeat(480) + echo + html, 502)],
    ["a page that breaks off", broken(html, 502, "text/html")],
    ["a page for an answer", page(html, 200)],
    ["a content type", page("", 200, `text/${echo}`)],
    ["text for an answer", page(echo, 200, "application/json")],
    ["an answer that breaks off", broken(`{"id": "${echo}`)],
    ["an answer of another shape", json({ type: echo, id: [echo], [echo]: echo })],
    [
      "an answer with secrets for words",
      json({ ...Stub.documented("Sessions.retrieve") as object, type: echo, created_at: echo, status: 1 })
    ],
    [
      "a page of wrong items",
      json({ data: [{ type: echo, id: echo }, { type: "session", id: echo, agent: { id: 1 } }] })
    ],
    ["an error frame", sse(`event: error\ndata: ${JSON.stringify({ error: said, request_id: echo })}\n\n`)],
    ["an error frame of text", sse(`event: error\ndata: ${echo}\n\n`)],
    ["an error as an event", sse(`data: ${JSON.stringify({ type: "error", error: said })}\n\n`)],
    ["an event that is no JSON", sse(`data: ${echo}\n\n`)],
    ["an event without a type", sse(`data: ${JSON.stringify({ [echo]: echo })}\n\n`)],
    ["an event of the wrong shape", sse(`data: ${JSON.stringify({ ...event, id: echo, processed_at: echo })}\n\n`)],
    ["an event that is too large", sse(`data: "${echo}${"x".repeat(5000)}"\n\n`)],
    ["a stream that breaks", broken(Stub.frame(event), 200, "text/event-stream")],
    ["a refused connection", Stub.fail(Object.assign(new Error(`connect to ${echo}`), { code: "ECONNREFUSED" }))],
    ["a transport that prints it", Stub.fail(new TypeError(`Headers.append: "${echo}" is an invalid header value`))],
    [
      "a transport that prints it below",
      Stub.fail(new TypeError("failed", { cause: new Error(JSON.stringify(echo)) }))
    ],
    ["a transport that throws texts", Stub.fail(echo)],
    ["no response", Stub.never]
  ]
}

// one after the other: many runs in each test, and a time limit for each test
describe.each(configurations)("credential %s", (credential, config) => {
  describe.each(calls)("$name", (call) => {
    const carried = [
      credential,
      header,
      cookie,
      ...(call.body !== undefined && JSON.stringify(call.body).includes(token) ? [token] : [])
    ]
    const clean = cleanOf(carried)

    // all calls have one way: a few take it with everything that can happen, the others with a sample
    const thorough = ["Sessions.list", "Events.stream", "Resources.update"].includes(call.name)
    const happening = answers(carried.join(" ; ")).filter((_, index) => thorough || index % 15 === 0)

    it.effect("shows no secret, whatever happens", () =>
      Effect.forEach(
        happening,
        ([what, answer]) =>
          Effect.sandbox(observed(call, answer, config, (text, where) => clean(text, `${what}: ${where}`)))
      ))

    it.effect("has sent the secrets", () =>
      Effect.gen(function*() {
        const { sent } = yield* observed(call, Stub.empty({ status: 400 }), config, clean)
        const request = sent[0]!
        const text = `${JSON.stringify(Object.values(request.headers))} ${request.body}`
        for (const secret of carried) assert.include(text, JSON.stringify(secret).slice(1, -1))
      }))
  })
})

const environmentKey = "sk-ant-oat01-the_key-of/the+environment"
const workSecret = "eyJzZXNzaW9uc190b2tlbiI6InNrLWFudC1yZXEtMSJ9"
const withKey = <A>(f: (queue: EnvironmentWork.Service, options: RequestOptions) => Effect.Effect<A, ApiError>) => () =>
  Effect.flatMap(EnvironmentWork.EnvironmentWork, (queue) => f(queue, { authToken: Redacted.make(environmentKey) }))

/** Calls around sessions that carry a secret of their own. */
const around: ReadonlyArray<readonly [string, ReadonlyArray<string>, Observable]> = [
  ...credentialCalls.map(({ body, carried, request, run }) =>
    [`${request} ${JSON.stringify(body).slice(0, 40)}`, carried, { name: request, kind: "json", run }] as const
  ),
  ["the key of an environment, in a poll", [environmentKey], {
    name: "EnvironmentWork.poll",
    kind: "json",
    run: withKey((queue, options) => queue.poll("env_1", { block_ms: 1 }, options))
  }],
  ["the key of an environment, in a heartbeat", [environmentKey], {
    name: "EnvironmentWork.heartbeat",
    kind: "json",
    run: withKey((queue, options) => queue.heartbeat("env_1", "work_1", {}, options))
  }],
  ["the secret of a work item, as a token", [workSecret], {
    name: "Sessions.retrieve",
    kind: "json",
    run: () =>
      Effect.flatMap(
        Sessions.Sessions,
        (sessions) => sessions.retrieve(sessionId, { authToken: Redacted.make(workSecret) })
      )
  }]
]

describe.each(around)("around sessions: %s", (_, own, call) => {
  const [credential, config] = configurations[0]!
  const carried = [...own, header, cookie]
  const clean = cleanOf([...carried, credential])

  it.effect("shows no secret, whatever happens", () =>
    Effect.forEach(
      answers(carried.join(" ; ")),
      ([what, answer]) =>
        Effect.sandbox(observed(call, answer, config, (text, where) => clean(text, `${what}: ${where}`)))
    ))

  it.effect("shows no secret in a conflict that names what is in the way", () =>
    observed(
      call,
      Stub.json({ error: { conflicting_path: own.join(), conflicting_memory_id: own.join() } }, { status: 409 }),
      config,
      clean
    ))

  it.effect("has sent the secrets", () =>
    Effect.gen(function*() {
      const { sent } = yield* observed(call, Stub.empty({ status: 400 }), config, clean)
      const request = sent[0]!
      const text = `${JSON.stringify(Object.values(request.headers))} ${request.body}`
      for (const secret of carried) assert.include(text, JSON.stringify(secret).slice(1, -1))
    }))
})

describe("the secret of a work item that is polled", () => {
  const item = { type: "work", id: "work_1", secret: workSecret, state: "queued" }
  const [, config] = configurations[0]!

  it.effect.each<readonly [string, Stub.Answer]>([
    ["of another shape", Stub.json(item)],
    ["that stands for other words", Stub.json({ ...item, type: workSecret, id: [workSecret], created_at: workSecret })],
    ["in an error", Stub.json({ ...item, error: { message: "gone" } }, { status: 409 })]
  ])("is not shown in an answer %s", ([, answer]) =>
    observed(
      {
        name: "EnvironmentWork.poll",
        kind: "json",
        run: withKey((queue, options) => queue.poll("env_1", {}, options))
      },
      answer,
      config,
      cleanOf([workSecret, environmentKey])
    ))
})

describe("the secrets of webhooks", () => {
  const key = Buffer.from("a key of webhooks, of 32 bytes..").toString("base64")
  const clean = cleanOf([key, `whsec_${key}`])
  const verify = (signature: string, secret: string) =>
    Effect.flatMap(Webhooks.make({ secrets: [Redacted.make(secret)] }), (webhooks) =>
      webhooks.verify({
        body: key,
        headers: { "webhook-id": key, "webhook-timestamp": "0", "webhook-signature": signature }
      }))

  it.effect.each<readonly [string, string, string]>([
    ["a wrong signature", `v1,${key}`, `whsec_${key}`],
    ["no signature", "", `whsec_${key}`],
    ["a secret that is none", `v1,${key}`, `whsec_${key}!`]
  ])("are in no error, log or span: %s", ([, signature, secret]) =>
    Effect.gen(function*() {
      const { spans, tracer } = yield* telemetry.tracer
      const log = telemetry.logger()
      const exit = yield* verify(signature, secret).pipe(
        Effect.tapErrorCause((cause) => Effect.logError("failed", cause)),
        Effect.withSpan("caller"),
        Effect.exit,
        Effect.withTracer(tracer),
        Effect.provide(log.layer)
      )
      if (!Exit.isFailure(exit)) return assert.fail("was accepted")
      for (const [how, text] of Object.entries(textsOfCause(exit.cause))) clean(text, how)
      for (const error of Cause.failures(exit.cause)) {
        for (const [how, text] of Object.entries(textsOfError(error))) clean(text, how)
      }
      clean(log.lines.join("\n"), "log")
      return clean(inspect(spans, { depth: 20 }), "spans")
    }))
})

describe("arguments that are refused", () => {
  const clean = cleanOf([token])

  it.effect.each<readonly [string, Effect.Effect<unknown, ApiError, Services | Workspace.Services>]>([
    [
      "a token of a credential that is not wrapped",
      Effect.flatMap(Credentials.Credentials, (credentials) =>
        credentials.create("vlt_1", {
          auth: { type: "static_bearer", token, mcp_server_url: "https://m" }
        } as never))
    ],
    [
      "a client secret that is not wrapped",
      Effect.flatMap(Credentials.Credentials, (credentials) =>
        credentials.update("vlt_1", "vcrd_1", {
          auth: {
            type: "mcp_oauth",
            refresh: { token_endpoint_auth: { type: "client_secret_post", client_secret: token } }
          }
        } as never))
    ],
    [
      "a secret in the place of its name",
      Effect.flatMap(Credentials.Credentials, (credentials) =>
        credentials.create("vlt_1", {
          auth: {
            type: "environment_variable",
            secret_name: Redacted.make(token),
            secret_value: Redacted.make(""),
            networking: { type: "limited", allowed_hosts: [`https://${token}`, Redacted.make(token)] }
          }
        } as never))
    ],
    [
      "a token that is not wrapped",
      Effect.flatMap(
        Resources.Resources,
        (resources) => resources.update(sessionId, resourceId, { authorization_token: token } as never)
      )
    ],
    [
      "a token beside other mistakes",
      Effect.flatMap(Sessions.Sessions, (sessions) =>
        sessions.create({
          agent: 1,
          environment_id: [],
          title: {},
          metadata: { [token]: token.repeat(20) },
          resources: [{
            type: "github_repository",
            url: 1,
            checkout: { type: "branch" },
            authorization_token: Redacted.make(token)
          }]
        } as never))
    ],
    [
      "a token in the wrong place",
      Effect.flatMap(Sessions.Sessions, (sessions) =>
        sessions.create({
          agent: { type: Redacted.make(token) },
          environment_id: Redacted.make(token),
          resources: [{ type: "file", file_id: Redacted.make(token) }],
          vault_ids: Redacted.make(token)
        } as never))
    ],
    [
      "a token where a word should be",
      Effect.flatMap(Sessions.Sessions, (sessions) =>
        sessions.create({
          agent: { type: "agent_with_overrides", id: "agent_1", model: { id: "m", effort: token } },
          environment_id: "env_1",
          budget: { type: token, max_list_cost: { amount: token, currency: token } },
          resources: [{
            type: "memory_store",
            memory_store_id: "memstore_1",
            access: token,
            other: Redacted.make(token)
          }]
        } as never))
    ],
    [
      "a token for an id",
      Effect.flatMap(
        Resources.Resources,
        (resources) =>
          resources.update(SessionId.make(`;${token}`), resourceId, { authorization_token: Redacted.make(token) })
      )
    ],
    [
      "a token for a beta",
      Effect.flatMap(
        Resources.Resources,
        (resources) =>
          resources.update(sessionId, resourceId, { authorization_token: Redacted.make(token) }, {
            betas: [`${token} `]
          })
      )
    ]
  ])("show no secret: %s", ([, effect]) => {
    const stub = Stub.make([])
    return Effect.gen(function*() {
      const exit = yield* Effect.exit(effect)
      assert.lengthOf(stub.sent, 0)
      if (!Exit.isFailure(exit)) return assert.fail("was accepted")
      for (const [how, text] of Object.entries(textsOfCause(exit.cause))) clean(text, how)
      for (const error of Cause.failures(exit.cause)) {
        assert.strictEqual(error._tag, "InvalidParams")
        for (const [how, text] of Object.entries(textsOfError(error))) clean(text, how)
      }
      return
    }).pipe(Effect.provide(Workspace.layer.pipe(Layer.provideMerge(stub.client()))))
  })
})

describe("metrics", () => {
  it.effect("carry no secret", () =>
    Effect.gen(function*() {
      const call = calls.find(({ name }) => name === "Resources.update")!
      const [credential, config] = configurations[0]!
      const clean = cleanOf([credential, header, cookie, token])
      for (const [, answer] of answers([credential, header, cookie, token].join(" ; ")).slice(0, 3)) {
        yield* observed(call, answer, config, clean)
      }
      clean(inspect(yield* Metric.snapshot, { depth: Infinity }), "metrics")
    }))
})

describe("the scrubber", () => {
  const anySecret = FastCheck.oneof(
    FastCheck.string({ minLength: 8, maxLength: 40, unit: "grapheme" }),
    FastCheck.base64String({ minLength: 8, maxLength: 40 })
  ).filter((secret) => secret.trim().length >= 8 && !"<redacted>".includes(secret))

  it("finds a secret wherever it is, in each spelling, beside others", () =>
    FastCheck.assert(
      FastCheck.property(
        anySecret,
        anySecret,
        FastCheck.string(),
        FastCheck.string(),
        (secret, other, before, after) => {
          const scrub = scrubber({ deep: [{ secret: Redacted.make(secret) }] }, Redacted.make(other))
          for (
            const spelling of [
              secret,
              JSON.stringify(secret).slice(1, -1),
              encodeURIComponent(secret),
              escapeHtml(secret)
            ]
          ) {
            assert.notInclude(scrub(`${before}${spelling}${other}${after}`), spelling)
          }
        }
      )
    ))

  it("finds a credential that is echoed without its scheme", () => {
    assert.strictEqual(scrubber(Redacted.make(header))("user cHJveHk6aHVudGVyMg== unknown"), "user <redacted> unknown")
  })

  it("finds what is left of a secret at the end of a text that was cut", () => {
    const scrub = scrubber(Redacted.make(token))
    for (let length = 4; length <= token.length; length++) {
      assert.strictEqual(scrub(`Bad token ${token.slice(0, length)}`), "Bad token <redacted>")
    }
  })

  it("leaves other texts alone", () => {
    assert.strictEqual(scrubber(Redacted.make(""), Redacted.make(1 as never))("nothing to hide"), "nothing to hide")
  })

  it("is not led astray by values that contain themselves", () => {
    const value: Record<string, unknown> = { secret: Redacted.make(token) }
    value.self = value
    assert.strictEqual(scrubber(value)(token), "<redacted>")
  })

  it("works before an explanation is shortened", () => {
    const long = "k".repeat(400)
    const issues = explain(Session.DeletedSession, { type: long, id: 1 }, scrubber(Redacted.make(long)))
    assert.notInclude(JSON.stringify(issues), "kkkk")
  })
})
