/**
 * Section 7 of FIDELITY.md, as far as no other test shows it: resources.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { createSession, layer, ok, refusal, session } from "../utils/facts.ts"

const creating = (...resources: ReadonlyArray<object>) => refusal("POST", "/v1/sessions", { ...session, resources })

const file = { type: "file", file_id: "file_1" }
const store = { type: "memory_store", memory_store_id: "memstore_1" }
const repository = {
  type: "github_repository",
  url: "https://github.com/acme/widgets",
  authorization_token: "ghp_secret"
}

const fixtures = {
  environments: [{ id: "env_1", type: "cloud" as const }],
  files: ["file_1"],
  memoryStores: [
    { id: "memstore_1", name: "Preferences" },
    { id: "memstore_old", name: "Old", archived: true }
  ],
  vaults: ["vlt_1"]
}

describe("what can be done with a resource", () => {
  it.effect("7.1, 7.18 only files can be added and removed, and only the token of a repository can change", () =>
    Effect.gen(function*() {
      const id = yield* createSession({ resources: [file, repository, store] })
      const url = `/v1/sessions/${id}/resources`
      const { data: [mounted, cloned] } = yield* ok("GET", url)
      for (const other of [repository, store]) assert.match(yield* refusal("POST", url, other), /^400/)
      assert.match(yield* refusal("DELETE", `${url}/${cloned.id}`), /^400/)
      assert.match(yield* refusal("POST", `${url}/${mounted.id}`, { authorization_token: "t" }), /^400/)
      assert.match(yield* refusal("POST", `${url}/${cloned.id}`, { url: "https://github.com/a/b" }), /^400/)
      yield* ok("POST", `${url}/${cloned.id}`, { authorization_token: "t" })
      yield* ok("DELETE", `${url}/${mounted.id}`)
    }).pipe(Effect.provide(layer())))

  it.effect("7.8 a repository can be checked out at a branch or a commit, with any token that works or does not", () =>
    Effect.gen(function*() {
      for (const checkout of [{ type: "branch", name: "main" }, { type: "commit", sha: "abc" }]) {
        const id = yield* createSession({ resources: [{ ...repository, checkout }] })
        const { data: [cloned] } = yield* ok("GET", `/v1/sessions/${id}/resources`)
        assert.deepStrictEqual(cloned.checkout, checkout)
        assert.deepStrictEqual((yield* ok("GET", `/v1/sessions/${id}/events`)).data, [])
      }
      assert.match(yield* creating({ ...repository, checkout: { type: "tag", name: "v1" } }), /^400 .*checkout/)
    }).pipe(Effect.provide(layer())))

  it.effect("7.10 a memory store has neither an id nor stamps, and instructions only if some were given", () =>
    Effect.gen(function*() {
      const id = yield* createSession({ resources: [store] })
      const { data: [attached] } = yield* ok("GET", `/v1/sessions/${id}/resources`)
      assert.deepStrictEqual(attached, {
        type: "memory_store",
        memory_store_id: "memstore_1",
        access: "read_write",
        mount_path: "/mnt/memory/preferences",
        name: "Preferences"
      })
      assert.match(yield* creating({ ...store, mount_path: "/mnt/x" }), /^400 .*unknown field "mount_path"/)
    }).pipe(Effect.provide(layer({ fixtures }))))
})

describe("the token of a repository", () => {
  const { authorization_token: _, ...tokenless } = repository

  it.effect("7.12 is optional", () =>
    Effect.gen(function*() {
      yield* createSession({ resources: [tokenless] })
    }).pipe(Effect.provide(layer())))

  it.effect("7.12 or required, in the recorded words", () =>
    Effect.gen(function*() {
      assert.strictEqual(
        yield* creating(file, tokenless),
        "400 invalid_request_error: resources.1.github_repository.authorization_token: value is required"
      )
      yield* createSession({ resources: [repository] })
    }).pipe(Effect.provide(layer({ rules: { requireRepositoryTokens: true } }))))
})

describe("references", () => {
  const unknown = Effect.gen(function*() {
    const file_ = yield* creating({ ...file, file_id: "file_nope" })
    const memory = yield* creating({ ...store, memory_store_id: "memstore_nope" })
    const vault = yield* refusal("POST", "/v1/sessions", { ...session, vault_ids: ["vlt_1", "vlt_nope"] })
    return { file: file_, memory, vault }
  })

  it.effect("7.13 to a memory store that is archived are refused", () =>
    Effect.gen(function*() {
      assert.match(yield* creating({ ...store, memory_store_id: "memstore_old" }), /^400 .*is archived$/)
    }).pipe(Effect.provide(layer({ fixtures }))))

  it.effect("7.14, 7.15 to memory stores must exist, to files and vaults need not", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* unknown, {
        file: "200 undefined: undefined",
        memory: "404 not_found_error: Memory store memstore_nope not found.",
        vault: "200 undefined: undefined"
      })
    }).pipe(Effect.provide(layer({ fixtures: { ...fixtures, files: [], vaults: [] } }))))

  it.effect("7.15 to files and vaults must exist once there is one, also when it is gone", () =>
    Effect.gen(function*() {
      const { id } = yield* ok("POST", "/v1/vaults", { display_name: "V" })
      const answers = {
        file: "200 undefined: undefined",
        memory: "404 not_found_error: Memory store memstore_nope not found.",
        vault: "404 not_found_error: Vault vlt_1 not found."
      }
      assert.deepStrictEqual(yield* unknown, answers)
      yield* ok("DELETE", `/v1/vaults/${id}`)
      assert.deepStrictEqual(yield* unknown, answers)
    }).pipe(Effect.provide(layer({ fixtures: { ...fixtures, files: [], vaults: [] } }))))

  it.effect("7.14, 7.15 or as the rule says", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* unknown, {
        file: "404 not_found_error: File file_nope not found.",
        memory: "200 undefined: undefined",
        vault: "404 not_found_error: Vault vlt_nope not found."
      })
      const id = yield* createSession({ resources: [file], vault_ids: ["vlt_1"] })
      assert.match(yield* refusal("POST", `/v1/sessions/${id}/resources`, { ...file, file_id: "file_nope" }), /^404/)
      yield* ok("POST", `/v1/sessions/${id}/resources`, { ...file, mount_path: "/again" })
    }).pipe(Effect.provide(layer({ fixtures, rules: { strictReferences: ["file", "vault"] } }))))
})
