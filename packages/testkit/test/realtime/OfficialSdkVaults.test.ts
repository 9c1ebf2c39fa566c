/**
 * The vendor's own SDK makes every call on vaults, credentials and memory stores against the port.
 */
import Anthropic from "@anthropic-ai/sdk"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"
import * as Fixtures from "../../src/Fixtures.ts"
import { collect, port, refused } from "../utils/sdkOnPort.ts"

const hash = (text: string) => createHash("sha256").update(text).digest("hex")

/** The body of an error of the API. */
const errorOf = (error: unknown): unknown =>
  error instanceof Anthropic.APIError && typeof error.error === "object" && error.error !== null &&
    "error" in error.error
    ? error.error.error
    : assert.fail(String(error))

it.scopedLive("SDK 1.14.0 makes every call on vaults and credentials", () =>
  Effect.gen(function*() {
    const client = yield* port()
    yield* Effect.promise(async () => {
      const { sessions, vaults } = client.beta
      const { credentials } = vaults
      const vault = await vaults.create({ display_name: "Alice", metadata: { user: "u1" } })
      assert.deepStrictEqual(await vaults.retrieve(vault.id), vault)
      const changed = await vaults.update(vault.id, { display_name: "Bob", metadata: { user: null } })
      assert.deepStrictEqual([changed.display_name, changed.metadata], ["Bob", {}])
      assert.deepStrictEqual((await collect(vaults.list({ limit: 1 }))).map(({ id }) => id), [
        vault.id,
        Fixtures.vaultId
      ])

      const oauth = await credentials.create(vault.id, {
        auth: {
          type: "mcp_oauth",
          access_token: "oat_the-token",
          mcp_server_url: "https://mcp.example",
          expires_at: "2999-01-01T00:00:00Z",
          refresh: {
            client_id: "c",
            refresh_token: "ort_the-token",
            token_endpoint: "https://mcp.example/token",
            token_endpoint_auth: { type: "client_secret_post", client_secret: "the-secret" }
          }
        }
      })
      const bearer = await credentials.create(vault.id, {
        auth: { type: "static_bearer", token: "bearer_the-token", mcp_server_url: "https://b.example" },
        display_name: "Linear"
      })
      const variable = await credentials.create(vault.id, {
        auth: {
          type: "environment_variable",
          secret_name: "KEY",
          secret_value: "sk_live_the-value",
          networking: { type: "limited", allowed_hosts: ["api.example.com"] }
        }
      })
      const at = { vault_id: vault.id }
      assert.deepStrictEqual(await credentials.retrieve(bearer.id, at), bearer)
      assert.deepStrictEqual(bearer.auth, { type: "static_bearer", mcp_server_url: "https://b.example" })
      assert.deepStrictEqual(
        (await collect(credentials.list(vault.id, { limit: 2 }))).map(({ id }) => id),
        [variable.id, bearer.id, oauth.id]
      )
      const next = await credentials.update(oauth.id, {
        ...at,
        auth: { type: "mcp_oauth", access_token: "oat_the-next", refresh: { scope: "read" } }
      })
      assert.strictEqual(next.auth.type === "mcp_oauth" && next.auth.refresh?.scope, "read")
      assert.strictEqual((await credentials.mcpOAuthValidate(oauth.id, at)).status, "valid")
      assert.isString((await credentials.archive(bearer.id, at)).archived_at)
      assert.deepStrictEqual(await credentials.delete(variable.id, at), {
        id: variable.id,
        type: "vault_credential_deleted"
      })
      const again = refused(credentials.create(vault.id, {
        auth: { type: "static_bearer", token: "bearer_the-token", mcp_server_url: "https://mcp.example" }
      }))
      assert.instanceOf(await again, Anthropic.ConflictError)

      const params = { agent: Fixtures.agentId, environment_id: Fixtures.environmentId, vault_ids: [vault.id] }
      assert.deepStrictEqual((await sessions.create(params)).vault_ids, [vault.id])
      assert.isString((await vaults.archive(vault.id)).archived_at)
      assert.instanceOf(await refused(sessions.create(params)), Anthropic.BadRequestError)
      assert.deepStrictEqual(await vaults.delete(vault.id), { id: vault.id, type: "vault_deleted" })
      assert.instanceOf(await refused(vaults.retrieve(vault.id)), Anthropic.NotFoundError)
    })
  }))

it.scopedLive("SDK 1.14.0 makes every call on memory stores, memories and versions", () =>
  Effect.gen(function*() {
    const client = yield* port()
    yield* Effect.promise(async () => {
      const { memoryStores, sessions } = client.beta
      const { memories, memoryVersions } = memoryStores
      const store = await memoryStores.create({ name: "Notes", description: "About clients" })
      assert.deepStrictEqual(await memoryStores.retrieve(store.id), store)
      assert.strictEqual((await memoryStores.update(store.id, { metadata: { a: "1" } })).metadata["a"], "1")
      assert.strictEqual((await collect(memoryStores.list({ limit: 1 }))).length, 2)
      const both = refused(collect(memoryStores.list({ betas: ["managed-agents-2026-04-01"] })))
      assert.instanceOf(await both, Anthropic.BadRequestError)

      const at = { memory_store_id: store.id }
      const memory = await memories.create(store.id, { path: "/a/b.md", content: "one", view: "full" })
      assert.deepStrictEqual([memory.content, memory.content_sha256], ["one", hash("one")])
      const taken = await refused(memories.create(store.id, { path: "/a", content: "" }))
      assert.instanceOf(taken, Anthropic.ConflictError)
      assert.deepInclude(errorOf(taken), {
        type: "memory_path_conflict_error",
        conflicting_path: "/a/b.md",
        conflicting_memory_id: memory.id
      })
      assert.deepStrictEqual(await memories.retrieve(memory.id, at), memory)
      const precondition = { type: "content_sha256", content_sha256: memory.content_sha256 } as const
      const updated = await memories.update(memory.id, { ...at, content: "two", precondition })
      const stale = await refused(memories.update(memory.id, { ...at, content: "three", precondition }))
      assert.deepInclude(errorOf(stale), { type: "memory_precondition_failed_error" })
      const items = await collect(memories.list(store.id, { depth: 1 }))
      assert.deepStrictEqual(items, [{ type: "memory_prefix", path: "/a/" }])
      assert.deepStrictEqual(await collect(memories.list(store.id, { path_prefix: "/a/" })), [updated])

      const resources = [{ type: "memory_store", memory_store_id: store.id }] as const
      const params = { agent: Fixtures.agentId, environment_id: Fixtures.environmentId, resources: [...resources] }
      const [mounted] = (await sessions.create(params)).resources
      assert.strictEqual(mounted?.type === "memory_store" && mounted.mount_path, "/mnt/memory/notes")

      const expected_content_sha256 = updated.content_sha256
      assert.instanceOf(
        await refused(memories.delete(memory.id, { ...at, expected_content_sha256: hash("x") })),
        Anthropic.ConflictError
      )
      assert.deepStrictEqual(await memories.delete(memory.id, { ...at, expected_content_sha256 }), {
        id: memory.id,
        type: "memory_deleted"
      })
      const versions = await collect(memoryVersions.list(store.id, { memory_id: memory.id, limit: 1 }))
      assert.deepStrictEqual(versions.map(({ operation }) => operation), ["deleted", "modified", "created"])
      assert.strictEqual((await memoryVersions.retrieve(memory.memory_version_id, at)).content, "one")
      assert.isNull((await memoryVersions.redact(memory.memory_version_id, at)).path)

      assert.isString((await memoryStores.archive(store.id)).archived_at)
      assert.instanceOf(await refused(sessions.create(params)), Anthropic.BadRequestError)
      assert.deepStrictEqual(await memoryStores.delete(store.id), { id: store.id, type: "memory_store_deleted" })
      assert.instanceOf(await refused(memoryStores.retrieve(store.id)), Anthropic.NotFoundError)
    })
  }))
