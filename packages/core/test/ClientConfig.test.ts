import { assert, describe, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as ClientConfig from "../src/ClientConfig.ts"
import * as ManagedAgents from "../src/ManagedAgents.ts"
import * as Sessions from "../src/Sessions.ts"
import { sessionId } from "./utils/calls.ts"
import * as Stub from "./utils/StubHttpClient.ts"

const answer = Stub.json(Stub.documented("Sessions.retrieve"))
const retrieve = Effect.flatMap(Sessions.Sessions, (sessions) => sessions.retrieve(sessionId))

/** The request of a client that is configured so. */
const sent = (config: Layer.Layer<ClientConfig.ClientConfig, unknown>) => {
  const stub = Stub.make([answer])
  return retrieve.pipe(
    Effect.map(() => ({ url: stub.sent[0]!.url.href, headers: { ...stub.sent[0]!.headers } })),
    Effect.provide(ManagedAgents.layer.pipe(Layer.provide(config), Layer.provide(stub.network)))
  )
}

const secret = (text: string) => Redacted.make(text)

describe("a request", () => {
  it.effect("has the defaults of the service", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* sent(ClientConfig.layer()), {
        url: "https://api.anthropic.com/v1/sessions/sesn_1",
        headers: {
          accept: "application/json",
          "anthropic-version": "2023-06-01",
          "anthropic-beta": "managed-agents-2026-04-01"
        }
      })
    }))

  it.effect.each<readonly [ClientConfig.Options, Record<string, string>]>(
    [
      [{ apiKey: secret("sk-1") }, { "x-api-key": "sk-1" }],
      [{ apiKey: secret("sk-1"), apiKeyHeader: "authorization" }, { authorization: "Bearer sk-1" }],
      [{ authToken: secret("tok") }, { authorization: "Bearer tok" }],
      [{ authToken: secret("tok"), apiKeyHeader: "x-api-key" }, { authorization: "Bearer tok" }],
      [{ apiKey: secret("sk-1"), authToken: secret("tok") }, { "x-api-key": "sk-1" }],
      [{ headers: { Authorization: "Basic dTpw" } }, { authorization: "Basic dTpw" }]
    ]
  )("is authorized as configured: %o", ([options, expected]) =>
    Effect.gen(function*() {
      const { headers } = yield* sent(ClientConfig.layer(options))
      const { authorization, "x-api-key": key } = headers
      assert.deepStrictEqual(
        { ...(authorization !== undefined && { authorization }), ...(key !== undefined && { "x-api-key": key }) },
        expected
      )
    }))

  it.effect.each([
    ["https://proxy.example", "https://proxy.example/v1/sessions/sesn_1"],
    ["https://proxy.example/", "https://proxy.example/v1/sessions/sesn_1"],
    ["https://proxy.example/a/b//", "https://proxy.example/a/b/v1/sessions/sesn_1"],
    ["https://proxy.example/a%2Fb", "https://proxy.example/a%2Fb/v1/sessions/sesn_1"],
    ["http://127.0.0.1:8787", "http://127.0.0.1:8787/v1/sessions/sesn_1"],
    ["http://[::1]:8787/@team", "http://[::1]:8787/@team/v1/sessions/sesn_1"]
  ])(
    "goes to %s",
    ([baseUrl, url]) =>
      Effect.map(sent(ClientConfig.layer({ baseUrl })), (request) => assert.strictEqual(request.url, url))
  )

  it.effect("carries what else is configured", () =>
    Effect.gen(function*() {
      const { headers } = yield* sent(ClientConfig.layer({
        apiVersion: "2026-10-21",
        betas: ["a-1", ClientConfig.beta, "b-2", "a-1"],
        workspaceId: "wrkspc_1",
        headers: { "X-Team": "blue", "x-proxy-key": secret("p-1") }
      }))
      assert.deepStrictEqual(headers, {
        accept: "application/json",
        "anthropic-version": "2026-10-21",
        "anthropic-beta": "a-1,managed-agents-2026-04-01,b-2",
        "anthropic-workspace-id": "wrkspc_1",
        "x-team": "blue",
        "x-proxy-key": "p-1"
      })
    }))
})

describe("options that make no sense", () => {
  it.effect.each<readonly [string, ClientConfig.Options]>([
    ["baseUrl", { baseUrl: "" }],
    ["baseUrl", { baseUrl: "api.anthropic.com" }],
    ["baseUrl", { baseUrl: "ftp://api.anthropic.com" }],
    ["baseUrl", { baseUrl: "https://" }],
    ["baseUrl", { baseUrl: "https://[::1" }],
    ["baseUrl", { baseUrl: "https://host/?query" }],
    ["baseUrl", { baseUrl: "https://host/#fragment" }],
    ["baseUrl", { baseUrl: "https://host/a b" }],
    ["baseUrl", { baseUrl: "https://user:pass@host" }],
    ["apiKey or authToken", { apiKey: secret("") }],
    ["apiKey or authToken", { apiKey: secret(" ") }],
    ["apiKey or authToken", { apiKey: secret("sk-1\n") }],
    ["apiKey or authToken", { authToken: secret("tök") }],
    ["apiVersion", { apiVersion: "" }],
    ["apiVersion", { apiVersion: "2023\r\nx-evil: 1" }],
    ["betas.1", { betas: ["fine", "a,b"] }],
    ["betas.0", { betas: [""] }],
    ["headers.anthropic-workspace-id", { workspaceId: "w\n" }],
    ["headers.x-a", { headers: { "x-a": "1\r\nx-evil: 1" } }],
    ["headers.x-a", { headers: { "X-A": secret("…") } }],
    ["headers: name number 2", { headers: { fine: "", "x a": "" } }],
    ["headers.anthropic-beta: is set by the client", { headers: { "Anthropic-Beta": "mine" } }],
    ["headers.content-type: is set by the client", { headers: { "content-type": "text/plain" } }],
    ["headers.x-api-key: is set from the credential", { apiKey: secret("sk-1"), headers: { "X-Api-Key": "sk-2" } }],
    ["timeout", { timeout: 0 }],
    ["timeout", { timeout: Number.NaN }],
    ["timeout", { timeout: "soon" as never }],
    ["maxEventSize", { maxEventSize: 0 }],
    ["maxEventSize", { maxEventSize: Number.NaN }]
  ])("are refused, naming %s", ([what, options]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(ClientConfig.make(options))
      assert.include(String(error), what)
    }))

  it.effect("are all named at once", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(ClientConfig.make({ baseUrl: "x", timeout: 0, maxEventSize: -1 }))
      for (const what of ["baseUrl", "timeout", "maxEventSize"]) assert.include(String(error), what)
    }))
})

describe("a secret", () => {
  it.effect("is not shown with the configuration", () =>
    Effect.gen(function*() {
      const config = yield* ClientConfig.make({
        apiKey: secret("s3cret-1"),
        headers: { Cookie: "s3cret-2", authorization: "Bearer s3cret-3", "x-proxy": secret("s3cret-4") }
      })
      assert.notInclude(Inspectable.format(config), "s3cret")
      assert.notInclude(JSON.stringify(config), "s3cret")
    }))

  it.effect("is not shown when it is refused, or something beside it, or it is in the wrong place", () =>
    Effect.gen(function*() {
      const wrong: ReadonlyArray<ClientConfig.Options> = [
        { apiKey: secret("s3cret\n") },
        { authToken: secret("s3cret\u00e9") },
        { apiKey: secret("s3cret"), baseUrl: "nowhere" },
        { baseUrl: "https://user:s3cret@host" },
        { baseUrl: "https://host/?key=s3cret" },
        { betas: ["s3cret s3cret"] },
        { headers: { "x-api-key: s3cret": "" } },
        { headers: { "x-a": secret("s3cret\n") } },
        { workspaceId: "s3cret\n" },
        { apiVersion: "s3cret s3cret" }
      ]
      for (const options of wrong) {
        const error = yield* Effect.flip(ClientConfig.make(options))
        for (const text of [String(error), JSON.stringify(error), Inspectable.format(error)]) {
          assert.notInclude(text, "s3cret")
        }
      }
    }))
})

describe("the environment", () => {
  const env = (variables: Record<string, string>) =>
    Layer.provide(
      ClientConfig.layerEnv,
      Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))
    )

  it.effect("gives credential, address and workspace", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* sent(env({
          ANTHROPIC_API_KEY: "sk-1",
          ANTHROPIC_AUTH_TOKEN: "tok",
          ANTHROPIC_BASE_URL: "http://localhost:8787/",
          ANTHROPIC_WORKSPACE_ID: "wrkspc_1"
        })),
        {
          url: "http://localhost:8787/v1/sessions/sesn_1",
          headers: {
            accept: "application/json",
            "anthropic-version": "2023-06-01",
            "anthropic-beta": "managed-agents-2026-04-01",
            "anthropic-workspace-id": "wrkspc_1",
            "x-api-key": "sk-1"
          }
        }
      )
    }))

  it.effect("may give a token instead of a key, and empty variables", () =>
    Effect.gen(function*() {
      const { headers, url } = yield* sent(env({
        ANTHROPIC_API_KEY: "",
        ANTHROPIC_AUTH_TOKEN: "tok",
        ANTHROPIC_BASE_URL: "",
        ANTHROPIC_WORKSPACE_ID: ""
      }))
      assert.strictEqual(headers.authorization, "Bearer tok")
      assert.strictEqual(url, "https://api.anthropic.com/v1/sessions/sesn_1")
      assert.notProperty(headers, "anthropic-workspace-id")
    }))

  it.effect("must give a credential", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(sent(env({ ANTHROPIC_BASE_URL: "http://localhost" })))
      assert.include(String(error), "ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN")
    }))

  it.effect("names the variable that makes no sense", () =>
    Effect.gen(function*() {
      const variables = {
        ANTHROPIC_API_KEY: "a\n",
        ANTHROPIC_BASE_URL: "ftp://example.com",
        ANTHROPIC_WORKSPACE_ID: "w\n"
      }
      const error = String(yield* Effect.flip(sent(env(variables))))
      for (const name of Object.keys(variables)) assert.match(error, new RegExp(`${name}: \\w`))
      const { ANTHROPIC_API_KEY, ...rest } = variables
      assert.match(
        String(yield* Effect.flip(sent(env({ ...rest, ANTHROPIC_AUTH_TOKEN: ANTHROPIC_API_KEY })))),
        /ANTHROPIC_AUTH_TOKEN: contains/
      )
    }))

  it.effect("is not shown when it makes no sense", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(
        sent(env({ ANTHROPIC_API_KEY: "s3cret\n", ANTHROPIC_BASE_URL: "http://u:s3cret@h" }))
      )
      assert.notInclude(String(error), "s3cret")
    }))
})

describe("layerConfig", () => {
  it.effect("takes every option from a Config", () =>
    Effect.gen(function*() {
      const layer = ClientConfig.layerConfig({
        apiKey: Config.redacted("MY_KEY"),
        timeout: Config.duration("MY_TIMEOUT"),
        betas: Config.succeed(["extra"])
      }).pipe(
        Layer.provide(
          Layer.setConfigProvider(ConfigProvider.fromMap(new Map([["MY_KEY", "sk-1"], ["MY_TIMEOUT", "5 seconds"]])))
        )
      )
      const config = yield* Effect.provide(ClientConfig.ClientConfig, layer)
      assert.deepStrictEqual(config.timeout, Duration.seconds(5))
      assert.deepStrictEqual(config.betas, ["extra"])
      assert.strictEqual((yield* sent(layer)).headers["x-api-key"], "sk-1")
    }))
})

describe("the client on an HttpClient alone", () => {
  const provided = Layer.setConfigProvider(
    ConfigProvider.fromMap(new Map([["ANTHROPIC_API_KEY", "sk-env"], ["A", "sk-a"], ["B", "sk-b"]]))
  )

  it.effect("is configured by the environment", () => {
    const stub = Stub.make([answer])
    return Effect.gen(function*() {
      yield* retrieve
      assert.strictEqual(stub.sent[0]!.headers["x-api-key"], "sk-env")
    }).pipe(Effect.provide(ManagedAgents.layerEnv.pipe(Layer.provide(stub.network), Layer.provide(provided))))
  })

  it.effect("is configured by Configs, each layer by its own", () => {
    const stub = Stub.make([answer, answer])
    class A extends Context.Tag("A")<A, Sessions.Service>() {}
    class B extends Context.Tag("B")<B, Sessions.Service>() {}
    const client = (name: string) => ManagedAgents.layerConfig({ apiKey: Config.redacted(name) })
    return Effect.gen(function*() {
      yield* (yield* A).retrieve(sessionId)
      yield* (yield* B).retrieve(sessionId)
      assert.deepStrictEqual(stub.sent.map(({ headers }) => headers["x-api-key"]), ["sk-a", "sk-b"])
    }).pipe(
      Effect.provide(
        Layer.merge(
          Layer.effect(A, Sessions.Sessions).pipe(Layer.provide(client("A"))),
          Layer.effect(B, Sessions.Sessions).pipe(Layer.provide(client("B")))
        ).pipe(Layer.provide(stub.network), Layer.provide(provided))
      )
    )
  })
})
