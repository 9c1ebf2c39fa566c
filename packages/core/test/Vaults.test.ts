/** Calls on vaults and memory stores: what is on the wire, and what is made of the answer. */
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { RequestOptions } from "../src/ApiClient.ts"
import type { ApiError } from "../src/ApiError.ts"
import type * as ClientConfig from "../src/ClientConfig.ts"
import * as Credentials from "../src/Credentials.ts"
import { MemoryId, VaultId } from "../src/Ids.ts"
import type { Services } from "../src/ManagedAgents.ts"
import * as Memories from "../src/Memories.ts"
import * as MemoryStores from "../src/MemoryStores.ts"
import * as MemoryVersions from "../src/MemoryVersions.ts"
import * as Sessions from "../src/Sessions.ts"
import * as Unknown from "../src/Unknown.ts"
import * as Vaults from "../src/Vaults.ts"
import * as Workspace from "../src/Workspace.ts"
import { credentialCalls } from "./utils/credentialCalls.ts"
import * as Stub from "./utils/StubHttpClient.ts"

const at = "2026-03-15T10:00:00Z"
const times = { created_at: at, updated_at: at, archived_at: null }
const sha = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"
const sessionsBeta = "managed-agents-2026-04-01"
const memoryBeta = "agent-memory-2026-07-22"

const vault = { type: "vault", id: "vlt_1", display_name: "V", metadata: {}, added_later: 1, ...times }
const auth = {
  type: "mcp_oauth",
  mcp_server_url: "https://m",
  expires_at: at,
  refresh: {
    client_id: "c",
    token_endpoint: "https://t",
    token_endpoint_auth: { type: "client_secret_post" },
    scope: null
  }
}
const credential = {
  type: "vault_credential",
  id: "vcrd_1",
  vault_id: "vlt_1",
  display_name: null,
  auth,
  metadata: {},
  ...times
}
const variable = {
  ...credential,
  auth: {
    type: "environment_variable",
    secret_name: "KEY",
    networking: { type: "limited", allowed_hosts: ["*.example.com"] },
    injection_location: { header: true, body: false }
  }
}
const refused = { status_code: 401, content_type: "text/plain", body: "no", body_truncated: false }
const validation = {
  type: "vault_credential_validation",
  credential_id: "vcrd_1",
  vault_id: "vlt_1",
  status: "invalid",
  has_refresh_token: true,
  mcp_probe: { method: "initialize", http_response: refused },
  refresh: { status: "connect_error", http_response: null },
  validated_at: at
}
const store = { type: "memory_store", id: "memstore_1", name: "M", description: "", metadata: {}, ...times }
const memory = {
  type: "memory",
  id: "mem_1",
  memory_store_id: "memstore_1",
  path: "/a/b.md",
  content: null,
  content_sha256: sha,
  content_size_bytes: 11,
  memory_version_id: "memver_1",
  created_at: at,
  updated_at: at
}
const version = {
  type: "memory_version",
  id: "memver_1",
  memory_id: "mem_1",
  memory_store_id: "memstore_1",
  operation: "modified",
  path: null,
  content: null,
  content_sha256: null,
  content_size_bytes: null,
  created_at: at,
  created_by: { type: "session_actor", session_id: "sesn_1" },
  redacted_at: at,
  redacted_by: { type: "api_actor", api_key_id: "apikey_1" }
}
const page = (...data: ReadonlyArray<unknown>) => ({ data, next_page: null })

type Needs = Services | Workspace.Services
type Run = (options?: RequestOptions) => Effect.Effect<unknown, ApiError, Needs>

interface Call {
  readonly request: string
  readonly body?: unknown
  readonly answer: unknown
  readonly beta?: string
  readonly run: Run
}

const vaults = <A>(f: (service: Vaults.Service) => Effect.Effect<A, ApiError>) => Effect.flatMap(Vaults.Vaults, f)
const credentials = <A>(f: (service: Credentials.Service) => Effect.Effect<A, ApiError>) =>
  Effect.flatMap(Credentials.Credentials, f)
const stores = <A>(f: (service: MemoryStores.Service) => Effect.Effect<A, ApiError>) =>
  Effect.flatMap(MemoryStores.MemoryStores, f)
const memories = <A>(f: (service: Memories.Service) => Effect.Effect<A, ApiError>) =>
  Effect.flatMap(Memories.Memories, f)
const versions = <A>(f: (service: MemoryVersions.Service) => Effect.Effect<A, ApiError>) =>
  Effect.flatMap(MemoryVersions.MemoryVersions, f)

const calls: ReadonlyArray<Call> = [
  {
    request: "POST /v1/vaults",
    body: { display_name: "V", metadata: { a: "b" } },
    answer: vault,
    run: (options) => vaults((_) => _.create({ display_name: "V", metadata: { a: "b" } }, options))
  },
  { request: "GET /v1/vaults/vlt_1", answer: vault, run: (options) => vaults((_) => _.retrieve("vlt_1", options)) },
  {
    request: "GET /v1/vaults?include_archived=true&limit=2",
    answer: page(vault),
    run: (options) => vaults((_) => _.listPage({ include_archived: true, limit: 2 }, options))
  },
  {
    request: "POST /v1/vaults/vlt_1",
    body: { display_name: null, metadata: { a: null } },
    answer: vault,
    run: (options) => vaults((_) => _.update("vlt_1", { display_name: null, metadata: { a: null } }, options))
  },
  {
    request: "DELETE /v1/vaults/vlt_1",
    answer: { type: "vault_deleted", id: "vlt_1" },
    run: (options) => vaults((_) => _.delete("vlt_1", options))
  },
  {
    request: "POST /v1/vaults/vlt_1/archive",
    answer: vault,
    run: (options) => vaults((_) => _.archive("vlt_1", options))
  },
  ...credentialCalls.map((call) => ({ ...call, answer: credential })),
  {
    request: "GET /v1/vaults/vlt_1/credentials/vcrd_1",
    answer: { ...credential, auth: { type: "added_later", x: 1 } },
    run: (options) => credentials((_) => _.retrieve("vlt_1", "vcrd_1", options))
  },
  {
    request: "GET /v1/vaults/vlt_1/credentials?page=p",
    answer: page(credential, variable),
    run: (options) => credentials((_) => _.listPage("vlt_1", { page: "p" }, options))
  },
  {
    request: "DELETE /v1/vaults/vlt_1/credentials/vcrd_1",
    answer: { type: "vault_credential_deleted", id: "vcrd_1" },
    run: (options) => credentials((_) => _.delete("vlt_1", "vcrd_1", options))
  },
  {
    request: "POST /v1/vaults/vlt_1/credentials/vcrd_1/archive",
    answer: credential,
    run: (options) => credentials((_) => _.archive("vlt_1", "vcrd_1", options))
  },
  {
    request: "POST /v1/vaults/vlt_1/credentials/vcrd_1/mcp_oauth_validate",
    answer: validation,
    run: (options) => credentials((_) => _.mcpOAuthValidate("vlt_1", "vcrd_1", options))
  },
  ...([
    {
      request: "POST /v1/memory_stores",
      body: { name: "M", description: "d" },
      answer: store,
      run: (options) => stores((_) => _.create({ name: "M", description: "d" }, options))
    },
    {
      request: "GET /v1/memory_stores/memstore_1",
      answer: store,
      run: (options) => stores((_) => _.retrieve("memstore_1", options))
    },
    {
      request: "GET /v1/memory_stores?include_archived=true",
      answer: page(store),
      run: (options) => stores((_) => _.listPage({ include_archived: true }, options))
    },
    {
      request: "POST /v1/memory_stores/memstore_1",
      body: { description: "" },
      answer: store,
      run: (options) => stores((_) => _.update("memstore_1", { description: "" }, options))
    },
    {
      request: "DELETE /v1/memory_stores/memstore_1",
      answer: { type: "memory_store_deleted", id: "memstore_1" },
      run: (options) => stores((_) => _.delete("memstore_1", options))
    },
    {
      request: "POST /v1/memory_stores/memstore_1/archive",
      answer: store,
      run: (options) => stores((_) => _.archive("memstore_1", options))
    },
    {
      request: "POST /v1/memory_stores/memstore_1/memories",
      body: { path: "/a/b.md", content: "hello world" },
      answer: memory,
      run: (options) => memories((_) => _.create("memstore_1", { path: "/a/b.md", content: "hello world" }, options))
    },
    {
      request: "GET /v1/memory_stores/memstore_1/memories/mem_1?view=full",
      answer: { ...memory, content: "hello world" },
      run: (options) => memories((_) => _.retrieve("memstore_1", "mem_1", { view: "full" }, options))
    },
    {
      request: "GET /v1/memory_stores/memstore_1/memories?path_prefix=%2Fa%2F&depth=1",
      answer: page(memory, { type: "memory_prefix", path: "/a/c/" }),
      run: (options) => memories((_) => _.listPage("memstore_1", { path_prefix: "/a/", depth: 1 }, options))
    },
    {
      request: "POST /v1/memory_stores/memstore_1/memories/mem_1?view=full",
      body: { content: "x", precondition: { type: "content_sha256", content_sha256: sha } },
      answer: memory,
      run: (options) =>
        memories((_) =>
          _.update("memstore_1", "mem_1", {
            content: "x",
            precondition: { type: "content_sha256", content_sha256: sha },
            view: "full"
          }, options)
        )
    },
    {
      request: `DELETE /v1/memory_stores/memstore_1/memories/mem_1?expected_content_sha256=${sha}`,
      answer: { type: "memory_deleted", id: "mem_1" },
      run: (options) => memories((_) => _.delete("memstore_1", "mem_1", { expected_content_sha256: sha }, options))
    },
    {
      request: "GET /v1/memory_stores/memstore_1/memory_versions/memver_1?view=basic",
      answer: version,
      run: (options) => versions((_) => _.retrieve("memstore_1", "memver_1", { view: "basic" }, options))
    },
    {
      request: "GET /v1/memory_stores/memstore_1/memory_versions?memory_id=mem_1&operation=deleted",
      answer: page(version),
      run: (options) => versions((_) => _.listPage("memstore_1", { memory_id: "mem_1", operation: "deleted" }, options))
    },
    {
      request: "POST /v1/memory_stores/memstore_1/memory_versions/memver_1/redact",
      answer: version,
      run: (options) => versions((_) => _.redact("memstore_1", "memver_1", options))
    }
  ] satisfies ReadonlyArray<Call>).map((call) => ({ ...call, beta: memoryBeta }))
]

const client = (stub: ReturnType<typeof Stub.make>, config: ClientConfig.Options = {}) =>
  Workspace.layer.pipe(Layer.provideMerge(stub.client({ apiKey: Redacted.make("sk-test"), ...config })))

describe.each(calls)("$request", ({ answer, beta = sessionsBeta, body, request, run }) => {
  it.effect("is on the wire what the service expects, and gives its answer", () => {
    const stub = Stub.make([Stub.json(answer)])
    return Effect.gen(function*() {
      assert.deepStrictEqual(yield* run(), answer)
      const { body: sent, headers, method, url } = stub.sent[0]!
      assert.strictEqual(`${method} ${url.pathname}${url.search}`, request)
      assert.deepStrictEqual(sent === undefined ? undefined : JSON.parse(sent), body)
      assert.strictEqual(headers["anthropic-beta"], beta)
    }).pipe(Effect.provide(client(stub)))
  })

  it.effect("refuses an answer of another shape", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(run())
      assert.strictEqual(error._tag, "MalformedResponse")
    }).pipe(Effect.provide(client(Stub.make([Stub.json({ type: "other", id: 1, data: {} })])))))
})

describe("the beta of memory stores", () => {
  const retrieve = (options?: RequestOptions) => stores((_) => _.retrieve("memstore_1", options))
  const session = (options?: RequestOptions) =>
    Effect.flatMap(Sessions.Sessions, (sessions) => sessions.retrieve("sesn_1", options))

  it.effect.each<readonly [string, Run, RequestOptions, ClientConfig.Options]>([
    ["a call adds that of sessions", retrieve, { betas: [sessionsBeta] }, {}],
    ["the configuration adds that of sessions", retrieve, {}, { betas: [sessionsBeta] }],
    ["a call on a session adds that of memory", session, { betas: [memoryBeta] }, {}],
    ["a call adds both where there is none", (options) => vaults((_) => _.list({}, options).pipe(Stream.runDrain)), {
      betas: [memoryBeta]
    }, {}]
  ])("is never sent beside that of sessions: %s", ([, run, options, config]) => {
    const stub = Stub.make([])
    return Effect.gen(function*() {
      const error = yield* Effect.flip(run(options))
      if (error._tag !== "InvalidParams") return assert.fail(error._tag)
      assert.deepStrictEqual(error.issues.map(({ path }) => path), ["betas"])
      return assert.lengthOf(stub.sent, 0)
    }).pipe(Effect.provide(client(stub, config)))
  })

  it.effect("cannot be replaced by a header", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(retrieve({ headers: { "Anthropic-Beta": sessionsBeta } }))
      assert.strictEqual(error._tag, "InvalidParams")
    }).pipe(Effect.provide(client(Stub.make([])))))

  it.effect("goes with any other", () => {
    const stub = Stub.make([Stub.json(store)])
    return Effect.gen(function*() {
      yield* retrieve({ betas: ["b"] })
      assert.strictEqual(stub.sent[0]?.headers["anthropic-beta"], `b,a,${memoryBeta}`)
    }).pipe(Effect.provide(client(stub, { betas: ["a"] })))
  })
})

describe("calls", () => {
  it.effect("list all pages", () => {
    const stub = Stub.make([Stub.json({ data: [memory], next_page: "p" }), Stub.json(page({ ...memory, id: "mem_2" }))])
    return Effect.gen(function*() {
      const service = yield* Memories.Memories
      const found = yield* Stream.runCollect(service.list("memstore_1", { depth: 0 }))
      const ids = Chunk.toReadonlyArray(found).map((item) => item.type === "memory" && item.id)
      assert.deepStrictEqual(ids, [MemoryId.make("mem_1"), MemoryId.make("mem_2")])
      assert.deepStrictEqual(stub.sent.map(({ url }) => url.search), ["?depth=0", "?depth=0&page=p"])
    }).pipe(Effect.provide(client(stub)))
  })

  it.effect("name the memory that is in the way", () => {
    const path = `/${"x".repeat(600)}`
    const error = { type: "memory_path_conflict_error", conflicting_memory_id: "mem_9", conflicting_path: path }
    return Effect.gen(function*() {
      const conflict = yield* Effect.flip(memories((_) => _.create("memstore_1", { path: "/a", content: "" })))
      if (conflict._tag !== "Conflict") return assert.fail(conflict._tag)
      assert.strictEqual(conflict.type, "memory_path_conflict_error")
      assert.strictEqual(conflict.conflictingPath, path)
      return assert.strictEqual(conflict.conflictingMemoryId, "mem_9")
    }).pipe(Effect.provide(client(Stub.make([Stub.json({ type: "error", error }, { status: 409 })]))))
  })

  it.effect("say that a precondition did not hold, and do not try again", () => {
    const stub = Stub.make([Stub.apiError(409, "memory_precondition_failed_error", "changed")])
    return Effect.gen(function*() {
      const conflict = yield* Effect.flip(
        memories((_) => _.delete("memstore_1", "mem_1", { expected_content_sha256: sha }))
      )
      if (conflict._tag !== "Conflict") return assert.fail(conflict._tag)
      assert.strictEqual(conflict.type, "memory_precondition_failed_error")
      assert.isUndefined(conflict.conflictingPath)
      assert.isUndefined(conflict.conflictingMemoryId)
      return assert.lengthOf(stub.sent, 1)
    }).pipe(Effect.provide(client(stub)))
  })

  const create = (path: string, content: string | null = "") =>
    memories((_) => _.create("memstore_1", { path, content }))
  const limited = (host: string) =>
    credentials((_) =>
      _.create("vlt_1", {
        auth: {
          type: "environment_variable",
          secret_name: "KEY",
          secret_value: Redacted.make("sk_live_the-variable"),
          networking: { type: "limited", allowed_hosts: ["a.example", host] }
        }
      })
    )

  it.effect.each<readonly [string, string, ReturnType<Run>]>([
    ["display_name", "no name", vaults((_) => _.create({ display_name: "" }))],
    ["display_name", "a long name", vaults((_) => _.update("vlt_1", { display_name: "x".repeat(256) }))],
    ["vault_id", "no vault", credentials((_) => _.listPage(VaultId.make("")))],
    [
      "auth.token",
      "an empty secret",
      credentials((_) => _.update("vlt_1", "vcrd_1", { auth: { type: "static_bearer", token: Redacted.make("") } }))
    ],
    ...["https://a.example", "a.example:443", "a.example/x", "[::1]", "*", "a.*.example", ""].map((host) =>
      ["auth.networking.allowed_hosts.1", `the host ${host}`, limited(host)] as const
    ),
    ["name", "a control character", stores((_) => _.create({ name: "a\nb" }))],
    ["description", "a long description", stores((_) => _.update("memstore_1", { description: "x".repeat(1025) }))],
    ...[
      "a",
      "",
      "/",
      "/a/",
      "//a",
      "/a/../b",
      "/.",
      "/a\u200eb",
      "/a\u2028",
      "/e\u0301",
      `/${"é".repeat(512)}`,
      "/a".repeat(21)
    ]
      .map((path) => ["path", `the path ${path}`, create(path)] as const),
    ["content", "a long text", create("/a", "é".repeat(51_201))],
    ["path_prefix", "a prefix without end", memories((_) => _.listPage("memstore_1", { path_prefix: "/a" }))],
    [
      "precondition.content_sha256",
      "a hash in upper case",
      memories((_) =>
        _.update("memstore_1", "mem_1", { precondition: { type: "content_sha256", content_sha256: sha.toUpperCase() } })
      )
    ],
    [
      "expected_content_sha256",
      "a short hash",
      memories((_) => _.delete("memstore_1", "mem_1", { expected_content_sha256: "b9" }))
    ]
  ])("that break a rule are not sent: %s, %s", ([path, , run]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(run)
      if (error._tag !== "InvalidParams") return assert.fail(error._tag)
      return assert.deepStrictEqual(error.issues.map((issue) => issue.path), [path])
    }).pipe(Effect.provide(client(Stub.make([])))))

  it.effect("with a secret where none is known to be are not sent with a placeholder", () =>
    Effect.gen(function*() {
      const { create } = yield* Credentials.Credentials
      // a kind of credential that this version does not know
      const auth = Unknown.make({
        type: "passkey",
        token: Redacted.make("secret"),
        nested: [{ key: Redacted.make("k") }]
      })
      const error = yield* Effect.flip(create("vlt_1", { auth }))
      if (error._tag !== "InvalidParams") return assert.fail(error._tag)
      return assert.deepStrictEqual(error.issues.map((issue) => issue.path), ["auth.token", "auth.nested.0.key"])
    }).pipe(Effect.provide(client(Stub.make([])))))

  it.effect.each<readonly [string, ReturnType<Run>]>([
    ["a path of 1,024 bytes", create(`/${"é".repeat(511)}x`)],
    ["a path of 20 segments", create("/a".repeat(20))],
    ["a path with dots", create("/.config/a..b")],
    ["a text of 102,400 bytes", create("/a", "é".repeat(51_200))],
    ["an empty text", create("/a", "")],
    ["a wildcard", limited("*.a.example")]
  ])("that break none are: %s", ([, run]) => {
    const stub = Stub.make([Stub.json({})])
    return Effect.gen(function*() {
      yield* Effect.flip(run)
      assert.lengthOf(stub.sent, 1)
    }).pipe(Effect.provide(client(stub)))
  })
})
