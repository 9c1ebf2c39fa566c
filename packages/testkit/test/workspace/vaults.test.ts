/**
 * Section 10.5 of FIDELITY.md: vaults and credentials, and the sessions that use them.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { inspect } from "node:util"
import * as Simulator from "../../src/Simulator.ts"
import * as WebhookEndpoint from "../../src/WebhookEndpoint.ts"
import { call, createSession, layer, ok, refusal } from "../utils/wire.ts"

const create = (more: object = {}) => ok("POST", "/v1/vaults", { display_name: "Alice", ...more })

const server = "https://mcp.example/sse"
const bearer = { type: "static_bearer", token: "bearer_the-token", mcp_server_url: server }
const oauth = {
  type: "mcp_oauth",
  access_token: "oat_the-access-token",
  mcp_server_url: "https://oauth.example",
  expires_at: "1970-01-01T01:00:00Z",
  refresh: {
    client_id: "client",
    refresh_token: "ort_the-refresh-token",
    token_endpoint: "https://oauth.example/token",
    token_endpoint_auth: { type: "client_secret_basic", client_secret: "the-client-secret" },
    scope: "read"
  }
}
const variable = {
  type: "environment_variable",
  secret_name: "STRIPE_KEY",
  secret_value: "sk_live_the-value",
  networking: { type: "limited", allowed_hosts: ["api.stripe.com"] }
}
const secrets = [
  "bearer_the-token",
  "oat_the-access-token",
  "ort_the-refresh-token",
  "the-client-secret",
  "sk_live_the-value"
]

const add = (vault: string, auth: object, more: object = {}) =>
  ok("POST", `/v1/vaults/${vault}/credentials`, { auth, ...more })
const refused = (vault: string, auth: object) => refusal("POST", `/v1/vaults/${vault}/credentials`, { auth })

describe("vaults", () => {
  it.effect("10.5.1 are created, read, changed and listed with the newest first", () =>
    Effect.gen(function*() {
      const first = yield* create({ metadata: { user: "u1", team: "a" } })
      assert.match(first.id, /^vlt_\w+$/)
      assert.deepStrictEqual(first, {
        type: "vault",
        id: first.id,
        display_name: "Alice",
        metadata: { user: "u1", team: "a" },
        created_at: "1970-01-01T00:00:00Z",
        updated_at: "1970-01-01T00:00:00Z",
        archived_at: null
      })
      yield* TestClock.adjust("1 hour")
      const next = yield* ok("POST", `/v1/vaults/${first.id}`, { display_name: null, metadata: { team: null, x: "1" } })
      assert.deepStrictEqual(next, { ...first, metadata: { user: "u1", x: "1" }, updated_at: "1970-01-01T01:00:00Z" })
      assert.strictEqual((yield* ok("POST", `/v1/vaults/${first.id}`, { display_name: "Bob" })).display_name, "Bob")
      const second = yield* create()
      const page = yield* ok("GET", "/v1/vaults?limit=1")
      assert.deepStrictEqual(page.data, [second])
      const rest = yield* ok("GET", `/v1/vaults?limit=1&page=${page.next_page}`)
      assert.deepStrictEqual(rest.data, [{ ...next, display_name: "Bob" }])
      assert.strictEqual(
        yield* refusal("POST", "/v1/vaults", { display_name: "" }),
        "400 invalid_request_error: display_name: value is required"
      )
      assert.strictEqual(yield* refusal("GET", "/v1/vaults/vlt_0"), "404 not_found_error: Vault vlt_0 not found.")
    }).pipe(Effect.provide(layer())))

  it.effect("10.5.2 are archived with what is in them, and then cannot change", () =>
    Effect.gen(function*() {
      const { id } = yield* create()
      const credential = yield* add(id, bearer)
      yield* TestClock.adjust("1 minute")
      const archived = yield* ok("POST", `/v1/vaults/${id}/archive`)
      assert.strictEqual(archived.archived_at, "1970-01-01T00:01:00Z")
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* ok("POST", `/v1/vaults/${id}/archive`), archived)
      const path = `/v1/vaults/${id}/credentials/${credential.id}`
      assert.strictEqual((yield* ok("GET", path)).archived_at, "1970-01-01T00:01:00Z")
      const wrong = `400 invalid_request_error: Vault ${id} is archived.`
      assert.strictEqual(yield* refusal("POST", `/v1/vaults/${id}`, { display_name: "B" }), wrong)
      assert.strictEqual(yield* refused(id, variable), wrong)
      assert.deepStrictEqual((yield* ok("GET", "/v1/vaults")).data, [])
      assert.deepStrictEqual((yield* ok("GET", "/v1/vaults?include_archived=true")).data, [archived])
      assert.deepStrictEqual((yield* ok("GET", `/v1/vaults/${id}/credentials`)).data, [])
      assert.lengthOf((yield* ok("GET", `/v1/vaults/${id}/credentials?include_archived=true`)).data, 1)
    }).pipe(Effect.provide(layer())))

  it.effect("10.5.3 are deleted with what is in them", () =>
    Effect.gen(function*() {
      const { id } = yield* create()
      const credential = yield* add(id, bearer)
      assert.deepStrictEqual(yield* ok("DELETE", `/v1/vaults/${id}`), { id, type: "vault_deleted" })
      const gone = `404 not_found_error: Vault ${id} not found.`
      assert.strictEqual(yield* refusal("GET", `/v1/vaults/${id}`), gone)
      assert.strictEqual(yield* refusal("DELETE", `/v1/vaults/${id}`), gone)
      assert.strictEqual(yield* refusal("GET", `/v1/vaults/${id}/credentials/${credential.id}`), gone)
      assert.strictEqual(yield* refusal("GET", `/v1/vaults/${id}/credentials`), gone)
      assert.deepStrictEqual((yield* ok("GET", "/v1/vaults?include_archived=true")).data, [])
    }).pipe(Effect.provide(layer())))

  it.effect("10.5.4 are there for sessions unless they are archived or deleted", () =>
    Effect.gen(function*() {
      const { id } = yield* create()
      const create_ = (...vault_ids: ReadonlyArray<string>) =>
        refusal("POST", "/v1/sessions", { agent: "agent_1", environment_id: "env_1", vault_ids })
      const session = yield* createSession({ vault_ids: [id] })
      assert.deepStrictEqual((yield* ok("GET", `/v1/sessions/${session}`)).vault_ids, [id])
      yield* ok("POST", `/v1/vaults/${id}/archive`)
      assert.strictEqual(yield* create_(id), `400 invalid_request_error: vault_ids: vault ${id} is archived`)
      yield* ok("DELETE", `/v1/vaults/${id}`)
      assert.strictEqual(yield* create_(id), `404 not_found_error: Vault ${id} not found.`)
      assert.strictEqual(yield* create_("vlt_0"), "404 not_found_error: Vault vlt_0 not found.")
      assert.deepStrictEqual((yield* ok("GET", `/v1/sessions/${session}`)).vault_ids, [id])
    }).pipe(Effect.provide(layer())))
})

describe("credentials", () => {
  it.effect("10.5.5 are shown without their secrets", () =>
    Effect.gen(function*() {
      const { id } = yield* create()
      const first = yield* add(id, bearer, { display_name: "Linear", metadata: { a: "1" } })
      assert.match(first.id, /^vcrd_\w+$/)
      assert.deepStrictEqual(first, {
        type: "vault_credential",
        id: first.id,
        vault_id: id,
        display_name: "Linear",
        auth: { type: "static_bearer", mcp_server_url: server },
        metadata: { a: "1" },
        created_at: "1970-01-01T00:00:00Z",
        updated_at: "1970-01-01T00:00:00Z",
        archived_at: null
      })
      const second = yield* add(id, oauth)
      assert.deepStrictEqual(second.auth, {
        type: "mcp_oauth",
        mcp_server_url: "https://oauth.example",
        expires_at: "1970-01-01T01:00:00Z",
        refresh: {
          client_id: "client",
          token_endpoint: "https://oauth.example/token",
          token_endpoint_auth: { type: "client_secret_basic" },
          resource: null,
          scope: "read"
        }
      })
      const third = yield* add(id, variable)
      assert.deepStrictEqual(third.auth, {
        type: "environment_variable",
        secret_name: "STRIPE_KEY",
        networking: { type: "limited", allowed_hosts: ["api.stripe.com"] },
        injection_location: { body: true, header: true }
      })
      const path = `/v1/vaults/${id}/credentials`
      assert.deepStrictEqual((yield* ok("GET", path)).data, [third, second, first])
      assert.deepStrictEqual(yield* ok("GET", `${path}/${second.id}`), second)
      const other = yield* create()
      assert.strictEqual(
        yield* refusal("GET", `/v1/vaults/${other.id}/credentials/${first.id}`),
        `404 not_found_error: Credential ${first.id} not found.`
      )
    }).pipe(Effect.provide(layer())))

  it.effect("10.5.6 have no secret in the ledger, also of a refused request", () =>
    Effect.gen(function*() {
      const { id } = yield* create()
      for (const auth of [bearer, oauth, variable]) yield* add(id, auth)
      yield* refused(id, { ...oauth, expires_at: "1960-01-01T00:00:00Z" })
      yield* refused(id, { ...bearer, other: bearer.token })
      const { ledger } = yield* Simulator.Simulator
      const text = inspect(yield* ledger, { depth: Infinity })
      for (const secret of secrets) assert.notInclude(text, secret)
      assert.include(text, "<redacted>")
      assert.include(text, "STRIPE_KEY")
    }).pipe(Effect.provide(layer())))

  it.effect("10.5.7, 5.47 are one to a server or variable and at most 20 to a vault, as long as they are active", () =>
    Effect.gen(function*() {
      const { id } = yield* create()
      const { id: first } = yield* add(id, bearer)
      yield* add(id, variable)
      const taken = (what: string) =>
        `409 invalid_request_error: Vault ${id} already has an active credential for ${what}.`
      assert.strictEqual(yield* refused(id, { ...oauth, mcp_server_url: server }), taken(`mcp_server_url ${server}`))
      assert.strictEqual(yield* refused(id, variable), taken("secret_name STRIPE_KEY"))
      const archived = yield* ok("POST", `/v1/vaults/${id}/credentials/${first}/archive`)
      assert.isNotNull(archived.archived_at)
      assert.deepStrictEqual(yield* ok("POST", `/v1/vaults/${id}/credentials/${first}/archive`), archived)
      yield* add(id, bearer)
      for (let n = 2; n < 20; n++) yield* add(id, { ...bearer, mcp_server_url: `${server}/${n}` })
      assert.strictEqual(
        yield* refused(id, oauth),
        "400 invalid_request_error: A vault can have at most 20 credentials."
      )
      const { data } = yield* ok("GET", `/v1/vaults/${id}/credentials?limit=50&include_archived=true`)
      assert.lengthOf(data, 21)
      const path = `/v1/vaults/${id}/credentials/${data[0].id}`
      assert.deepStrictEqual(yield* ok("DELETE", path), { id: data[0].id, type: "vault_credential_deleted" })
      assert.strictEqual(yield* refusal("GET", path), `404 not_found_error: Credential ${data[0].id} not found.`)
      yield* add(id, oauth)
    }).pipe(Effect.provide(layer())))

  it.effect("10.5.8 keep what an update leaves out, and never change their kind or what they are for", () =>
    Effect.gen(function*() {
      const { id } = yield* create()
      const paths = yield* Effect.forEach(
        [bearer, oauth, variable],
        (auth) =>
          Effect.map(
            add(id, auth, { display_name: "Old" }),
            (credential) => `/v1/vaults/${id}/credentials/${credential.id}`
          )
      )
      const [first = "", second = "", third = ""] = paths
      yield* TestClock.adjust("1 minute")
      const next = yield* ok("POST", first, {
        auth: { type: "static_bearer", token: "bearer_the-next" },
        metadata: { a: "1" }
      })
      assert.deepStrictEqual(
        [next.auth, next.display_name, next.metadata, next.updated_at],
        [{ type: "static_bearer", mcp_server_url: server }, "Old", { a: "1" }, "1970-01-01T00:01:00Z"]
      )
      const change = (path: string, auth: object) => Effect.map(ok("POST", path, { auth }), (one) => one.auth)
      const before = (yield* ok("GET", second)).auth
      assert.deepStrictEqual(
        yield* change(second, {
          type: "mcp_oauth",
          access_token: "oat_the-next",
          refresh: { scope: "", token_endpoint_auth: { type: "client_secret_post", client_secret: "the-next-secret" } }
        }),
        { ...before, refresh: { ...before.refresh, scope: null } }
      )
      assert.deepStrictEqual(
        yield* change(second, { type: "mcp_oauth", expires_at: "1970-01-02T00:00:00Z", refresh: null }),
        { ...before, expires_at: "1970-01-02T00:00:00Z", refresh: { ...before.refresh, scope: null } }
      )
      const anywhere = { type: "unrestricted" }
      const changed = yield* change(third, {
        type: "environment_variable",
        networking: anywhere,
        injection_location: { body: false }
      })
      assert.deepStrictEqual([changed.networking, changed.injection_location], [anywhere, {
        body: false,
        header: true
      }])
      const wrong = (path: string, auth: object) =>
        Effect.map(refusal("POST", path, { auth }), (text) => text.replace("400 invalid_request_error: ", ""))
      assert.strictEqual(
        yield* wrong(first, { type: "mcp_oauth" }),
        "auth.type: cannot be changed from \"static_bearer\""
      )
      assert.include(yield* wrong(first, { type: "static_bearer", mcp_server_url: "x" }), "unknown field")
      assert.strictEqual(
        yield* wrong(third, { type: "environment_variable", injection_location: { header: false } }),
        "auth.injection_location: at least one location must be enabled"
      )
      assert.strictEqual(
        yield* wrong(second, { type: "mcp_oauth", expires_at: "1970-01-01T00:01:00Z" }),
        "auth.expires_at: must be in the future"
      )
      yield* ok("POST", `${first}/archive`)
      assert.include(yield* refusal("POST", first, { display_name: "B" }), "is archived")
    }).pipe(Effect.provide(layer())))

  it.effect("10.5.9 have a refresh token and a client secret to replace, or the update is refused", () =>
    Effect.gen(function*() {
      const { id } = yield* create()
      const plain = yield* add(id, { ...oauth, refresh: null, mcp_server_url: "https://a" })
      const open = yield* add(id, {
        ...oauth,
        refresh: { ...oauth.refresh, token_endpoint_auth: { type: "none" } }
      })
      const update = (credential: string, refresh: object) =>
        refusal("POST", `/v1/vaults/${id}/credentials/${credential}`, { auth: { type: "mcp_oauth", refresh } })
      assert.strictEqual(
        yield* update(plain.id, { refresh_token: "ort_next-token" }),
        "400 invalid_request_error: auth.refresh: the credential has no refresh token"
      )
      assert.strictEqual(
        yield* update(open.id, { token_endpoint_auth: { type: "client_secret_post", client_secret: "next-secret" } }),
        "400 invalid_request_error: auth.refresh.token_endpoint_auth: the credential has no client secret"
      )
    }).pipe(Effect.provide(layer())))

  it.effect("10.5.10 are valid until their token expires, and are renewed if they can be", () =>
    Effect.gen(function*() {
      const { id } = yield* create()
      const renewable = yield* add(id, oauth)
      const plain = yield* add(id, { ...oauth, mcp_server_url: "https://a", refresh: null })
      const lasting = yield* add(id, { ...oauth, mcp_server_url: "https://b", refresh: null, expires_at: null })
      const validate = (credential: string) =>
        ok("POST", `/v1/vaults/${id}/credentials/${credential}/mcp_oauth_validate`)
      assert.deepStrictEqual(yield* validate(renewable.id), {
        type: "vault_credential_validation",
        credential_id: renewable.id,
        vault_id: id,
        status: "valid",
        has_refresh_token: true,
        mcp_probe: null,
        refresh: null,
        validated_at: "1970-01-01T00:00:00Z"
      })
      yield* TestClock.adjust("2 hours")
      const renewed = yield* validate(renewable.id)
      assert.deepStrictEqual([renewed.status, renewed.refresh], ["valid", { status: "succeeded", http_response: null }])
      const again = yield* ok("GET", `/v1/vaults/${id}/credentials/${renewable.id}`)
      assert.strictEqual(again.auth.expires_at, "1970-01-01T03:00:00Z")
      assert.isNull((yield* validate(renewable.id)).refresh)
      const expired = yield* validate(plain.id)
      assert.deepStrictEqual(
        [
          expired.status,
          expired.has_refresh_token,
          expired.mcp_probe.method,
          expired.mcp_probe.http_response.status_code
        ],
        ["invalid", false, "initialize", 401]
      )
      assert.deepStrictEqual(expired.refresh, { status: "no_refresh_token", http_response: null })
      assert.strictEqual((yield* validate(lasting.id)).status, "valid")
      const other = yield* add(id, bearer)
      assert.strictEqual(
        yield* refusal("POST", `/v1/vaults/${id}/credentials/${other.id}/mcp_oauth_validate`),
        "400 invalid_request_error: Only credentials of type mcp_oauth can be validated."
      )
    }).pipe(Effect.provide(layer())))

  it.effect("10.5.12, 10.10.12 whose token cannot be renewed are invalid, and a webhook says so", () => {
    const deliveries: Array<object> = []
    const types = ["vault_credential.refresh_failed"]
    const endpoint = WebhookEndpoint.make(({ body }) => Effect.sync(() => deliveries.push(JSON.parse(body).data)), {
      secret: Redacted.make("whsec_c2VjcmV0"),
      types
    })
    return Effect.gen(function*() {
      const { id } = yield* create()
      const credential = (yield* add(id, { ...oauth, expires_at: "1970-01-01T01:00:00Z" })).id
      const path = `/v1/vaults/${id}/credentials/${credential}`
      assert.strictEqual((yield* ok("POST", `${path}/mcp_oauth_validate`)).status, "valid")
      yield* TestClock.adjust("2 hours")
      const { refresh, status } = yield* ok("POST", `${path}/mcp_oauth_validate`)
      assert.deepStrictEqual([status, refresh.status, refresh.http_response.status_code], ["invalid", "failed", 400])
      assert.strictEqual((yield* ok("GET", path)).auth.expires_at, "1970-01-01T01:00:00Z")
      yield* TestClock.adjust("1 second")
      assert.lengthOf(deliveries, 1)
      assert.deepInclude(deliveries[0], { type: types[0], id: credential, vault_id: id })
    }).pipe(Effect.provide(layer({ rules: { tokensAreRenewed: false }, webhooks: [endpoint] })))
  })

  it.effect("10.5.11 are one of the documented kinds", () =>
    Effect.gen(function*() {
      const { id } = yield* create()
      assert.match(yield* refused(id, { ...bearer, type: "basic" }), /^400 .*auth\.type: expected one of/)
      assert.match(
        yield* refused(id, { type: "static_bearer", mcp_server_url: server }),
        /auth\.token: value is required/
      )
      const { status } = yield* call("POST", `/v1/vaults/${id}/credentials`, {
        auth: { ...variable, networking: { type: "limited", allowed_hosts: ["https://x"] } }
      })
      assert.strictEqual(status, 400)
    }).pipe(Effect.provide(layer())))
})
