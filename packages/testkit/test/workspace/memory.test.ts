/**
 * Section 10.6 of FIDELITY.md: memory stores, memories and their versions, and the sessions that have them.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as TestClock from "effect/TestClock"
import { createHash } from "node:crypto"
import { sha256 } from "../../src/internal/workspace/sha256.ts"
import type { Json } from "../utils/wire.ts"
import { call, createSession, headers, layer, ok, refusal } from "../utils/wire.ts"

const hash = (text: string) => createHash("sha256").update(text).digest("hex")

const createStore = (more: object = {}) => ok("POST", "/v1/memory_stores", { name: "Notes", ...more })
const storePath = Effect.map(createStore(), ({ id }): string => `/v1/memory_stores/${id}`)
const write = (store: string, path: string, content = "", view = "") =>
  ok("POST", `${store}/memories${view}`, { path, content })
const versions = (store: string, query = "") =>
  Effect.map(ok("GET", `${store}/memory_versions${query}`), ({ data }): ReadonlyArray<Json> => data)

describe("the beta of memory stores", () => {
  it.effect("10.6.1, 1.16 or that of sessions opens their endpoints, and not both at once", () =>
    Effect.gen(function*() {
      const list = (...betas: ReadonlyArray<string>) =>
        Effect.map(
          call("GET", "/v1/memory_stores", undefined, { headers: { ...headers, "anthropic-beta": betas.join(",") } }),
          ({ json, status }) => status === 200 ? status : `${status} ${json.error.message}`
        )
      const [sessions, memory] = ["managed-agents-2026-04-01", "agent-memory-2026-07-22"] as const
      assert.strictEqual(yield* list(memory), 200)
      assert.strictEqual(yield* list(sessions), 200)
      assert.strictEqual(
        yield* list(sessions, memory),
        `400 The betas \`${sessions}\` and \`${memory}\` cannot be used together.`
      )
      assert.strictEqual(yield* list(), `404 Not found: this endpoint needs the header \`anthropic-beta: ${memory}\``)
      const { status } = yield* call("GET", "/v1/sessions", undefined, {
        headers: { ...headers, "anthropic-beta": memory }
      })
      assert.strictEqual(status, 404)
    }).pipe(Effect.provide(layer())))
})

describe("memory stores", () => {
  it.effect("10.6.2 are created, read, changed and listed with the newest first", () =>
    Effect.gen(function*() {
      const store = yield* createStore({ metadata: { user: "u1" } })
      assert.match(store.id, /^memstore_\w+$/)
      assert.deepStrictEqual(store, {
        type: "memory_store",
        id: store.id,
        name: "Notes",
        description: "",
        metadata: { user: "u1" },
        created_at: "1970-01-01T00:00:00Z",
        updated_at: "1970-01-01T00:00:00Z",
        archived_at: null
      })
      yield* TestClock.adjust("1 hour")
      const path = `/v1/memory_stores/${store.id}`
      const next = yield* ok("POST", path, { name: null, description: "d", metadata: { user: null } })
      assert.deepStrictEqual(next, { ...store, description: "d", metadata: {}, updated_at: "1970-01-01T01:00:00Z" })
      yield* TestClock.adjust("1 hour")
      yield* write(path, "/a")
      assert.deepStrictEqual(yield* ok("GET", path), next)
      assert.strictEqual((yield* ok("POST", path, { description: "" })).description, "")
      const other = yield* createStore({ name: "Other" })
      const { data } = yield* ok("GET", "/v1/memory_stores?limit=2")
      assert.deepStrictEqual(data.map(({ id }: Json) => id), [other.id, store.id])
      const early = yield* ok("GET", "/v1/memory_stores?created_at[lte]=1970-01-01T00:30:00Z")
      assert.deepStrictEqual(early.data.map(({ id }: Json) => id), [store.id, "memstore_1"])
      assert.strictEqual(
        yield* refusal("GET", "/v1/memory_stores/memstore_0"),
        "404 not_found_error: Memory store memstore_0 not found."
      )
    }).pipe(Effect.provide(layer())))

  it.effect("10.6.3 can be read and emptied when they are archived, and nothing else", () =>
    Effect.gen(function*() {
      const store = yield* storePath
      const first = yield* write(store, "/a", "1")
      const { id } = first
      yield* ok("POST", `${store}/memories/${id}`, { content: "2" })
      const archived = yield* ok("POST", `${store}/archive`)
      assert.isNotNull(archived.archived_at)
      assert.deepStrictEqual(yield* ok("POST", `${store}/archive`), archived)
      const wrong = `400 invalid_request_error: Memory store ${archived.id} is archived.`
      assert.strictEqual(yield* refusal("POST", store, { name: "B" }), wrong)
      assert.strictEqual(yield* refusal("POST", `${store}/memories`, { path: "/b", content: "" }), wrong)
      assert.strictEqual(yield* refusal("POST", `${store}/memories/${id}`, { content: "3" }), wrong)
      assert.strictEqual((yield* ok("GET", `${store}/memories/${id}`)).content, "2")
      yield* ok("POST", `${store}/memory_versions/${first.memory_version_id}/redact`)
      yield* ok("DELETE", `${store}/memories/${id}`)
      assert.notInclude((yield* ok("GET", "/v1/memory_stores")).data.map(({ id }: Json) => id), archived.id)
      assert.include(
        (yield* ok("GET", "/v1/memory_stores?include_archived=true")).data.map(({ id }: Json) => id),
        archived.id
      )
      assert.deepStrictEqual(yield* ok("DELETE", store), { id: archived.id, type: "memory_store_deleted" })
    }).pipe(Effect.provide(layer())))

  it.effect("10.6.4 are gone with their memories and versions when they are deleted", () =>
    Effect.gen(function*() {
      const store = yield* storePath
      const { id, memory_version_id } = yield* write(store, "/a")
      yield* ok("DELETE", store)
      for (const path of ["", "/memories", `/memories/${id}`, `/memory_versions/${memory_version_id}`]) {
        assert.match(yield* refusal("GET", `${store}${path}`), /^404 not_found_error: Memory store .* not found\.$/)
      }
    }).pipe(Effect.provide(layer())))

  it.effect("10.6.5 are mounted in sessions under their name at that time, unless archived or gone", () =>
    Effect.gen(function*() {
      const store = yield* createStore({ name: "Client Notes", description: "About clients" })
      const resources = [{ type: "memory_store", memory_store_id: store.id, access: "read_only" }]
      const session = yield* createSession({ resources })
      yield* ok("POST", `/v1/memory_stores/${store.id}`, { name: "Renamed" })
      const mounted = (yield* ok("GET", `/v1/sessions/${session}`)).resources
      assert.deepStrictEqual(mounted, [{
        type: "memory_store",
        memory_store_id: store.id,
        access: "read_only",
        mount_path: "/mnt/memory/client-notes",
        name: "Client Notes",
        description: "About clients"
      }])
      const create = (id: string) =>
        refusal("POST", "/v1/sessions", {
          agent: "agent_1",
          environment_id: "env_1",
          resources: [{ type: "memory_store", memory_store_id: id }]
        })
      yield* ok("POST", `/v1/memory_stores/${store.id}/archive`)
      assert.match(yield* create(store.id), /^400 .*memory_store_id: memory store .* is archived$/)
      yield* ok("DELETE", `/v1/memory_stores/${store.id}`)
      assert.strictEqual(yield* create(store.id), `404 not_found_error: Memory store ${store.id} not found.`)
      assert.strictEqual(yield* create("memstore_0"), "404 not_found_error: Memory store memstore_0 not found.")
      assert.deepStrictEqual((yield* ok("GET", `/v1/sessions/${session}`)).resources, mounted)
      assert.lengthOf((yield* ok("GET", `/v1/sessions?memory_store_id=${store.id}`)).data, 1)
    }).pipe(Effect.provide(layer())))
})

describe("memories", () => {
  it.effect("10.6.6 are shown with their text where it is asked for", () =>
    Effect.gen(function*() {
      const store = yield* storePath
      const memory = yield* write(store, "/projects/a/notes.md", "héllo")
      assert.match(memory.id, /^mem_\w+$/)
      assert.deepStrictEqual(memory, {
        type: "memory",
        id: memory.id,
        memory_store_id: store.split("/").at(-1),
        path: "/projects/a/notes.md",
        content: null,
        content_sha256: hash("héllo"),
        content_size_bytes: 6,
        memory_version_id: memory.memory_version_id,
        created_at: "1970-01-01T00:00:00Z",
        updated_at: "1970-01-01T00:00:00Z"
      })
      const full = { ...memory, content: "héllo" }
      const path = `${store}/memories/${memory.id}`
      assert.deepStrictEqual(yield* ok("GET", path), full)
      assert.deepStrictEqual(yield* ok("GET", `${path}?view=basic`), memory)
      assert.deepStrictEqual((yield* ok("GET", `${store}/memories`)).data, [memory])
      assert.deepStrictEqual((yield* ok("GET", `${store}/memories?view=full`)).data, [full])
      assert.strictEqual((yield* write(store, "/b", "x", "?view=full")).content, "x")
      assert.strictEqual((yield* ok("POST", `${path}?view=full`, { content: "y" })).content, "y")
      assert.strictEqual((yield* write(store, "/empty")).content_sha256, hash(""))
    }).pipe(Effect.provide(layer())))

  it("10.6.7 have the hash that anybody computes", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: "grapheme", maxLength: 200 }), (text) => {
        assert.deepStrictEqual(sha256(text), { digest: hash(text), size: Buffer.byteLength(text) })
      })
    )
    // around the edges of a block
    for (let length = 50; length < 130; length++) {
      assert.strictEqual(sha256("x".repeat(length)).digest, hash("x".repeat(length)))
    }
  })

  it.effect("10.6.8 have paths of which none is another's, above another or below it", () =>
    Effect.gen(function*() {
      const store = yield* storePath
      const { id } = yield* write(store, "/notes/todo.md")
      const conflict = (method: string, url: string, body: object) =>
        Effect.map(call(method, url, body), ({ headers, json, status }) => [
          status,
          headers["x-should-retry"],
          json.error?.type,
          json.error?.conflicting_path,
          json.error?.conflicting_memory_id
        ])
      const taken = [409, "false", "memory_path_conflict_error", "/notes/todo.md", id]
      for (const path of ["/notes/todo.md", "/notes", "/notes/todo.md/x"]) {
        assert.deepStrictEqual(yield* conflict("POST", `${store}/memories`, { path, content: "" }), taken)
      }
      yield* write(store, "/notes/todo.md2")
      yield* write(store, "/Notes")
      const other = yield* write(store, "/other")
      const rename = `${store}/memories/${other.id}`
      assert.deepStrictEqual(yield* conflict("POST", rename, { path: "/notes" }), taken)
      const renamed = yield* ok("POST", rename, { path: "/other/deeper" })
      assert.deepStrictEqual([renamed.id, renamed.path], [other.id, "/other/deeper"])
      yield* ok("DELETE", `${store}/memories/${id}`)
      yield* write(store, "/notes/todo.md")
      for (const path of ["a", "/", "/a/", "/../a", "/a\u0000", "/e\u0301"]) {
        assert.match(yield* refusal("POST", `${store}/memories`, { path, content: "" }), /^400 .*path: must /)
      }
    }).pipe(Effect.provide(layer())))

  it.effect("10.6.9 change only if their text is as expected, or already as it is to become", () =>
    Effect.gen(function*() {
      const store = yield* storePath
      const { content_sha256, id } = yield* write(store, "/a", "one")
      const path = `${store}/memories/${id}`
      const update = (body: object, sha: string) =>
        call("POST", path, { ...body, precondition: { type: "content_sha256", content_sha256: sha } })
      const stale = (body: object) =>
        Effect.map(
          update(body, hash("other")),
          ({ headers, json, status }) =>
            status === 200 ? status : `${status} ${json.error.type} ${headers["x-should-retry"]}`
        )
      const failed = "409 memory_precondition_failed_error false"
      assert.strictEqual((yield* update({ content: "two" }, content_sha256)).status, 200)
      assert.strictEqual(yield* stale({ content: "three" }), failed)
      assert.strictEqual(yield* stale({ path: "/b" }), failed)
      assert.strictEqual(yield* stale({}), failed)
      assert.strictEqual(yield* stale({ content: "two" }), 200)
      assert.strictEqual(yield* stale({ content: "two", path: "/a" }), 200)
      assert.lengthOf(yield* versions(store), 2)
      const remove = `${path}?expected_content_sha256=`
      assert.match(yield* refusal("DELETE", `${remove}${hash("other")}`), /^409 memory_precondition_failed_error/)
      assert.strictEqual((yield* ok("GET", path)).content, "two")
      assert.deepStrictEqual(yield* ok("DELETE", `${remove}${hash("two")}`), { id, type: "memory_deleted" })
      assert.strictEqual(yield* refusal("GET", path), `404 not_found_error: Memory ${id} not found.`)
      assert.match(yield* refusal("DELETE", `${remove}b9`), /^400 /)
    }).pipe(Effect.provide(layer())))

  it.effect("10.6.10 are listed below a directory, down to its bottom or one level", () =>
    Effect.gen(function*() {
      const store = yield* storePath
      for (const path of ["/a/x/1", "/a/x/2", "/a/y", "/ab", "/c"]) yield* write(store, path)
      const list = (query: string) =>
        Effect.map(ok("GET", `${store}/memories?${query}`), ({ data }) => data.map(({ path }: Json) => path))
      assert.deepStrictEqual(yield* list(""), ["/c", "/ab", "/a/y", "/a/x/2", "/a/x/1"])
      assert.deepStrictEqual(yield* list("path_prefix=/a/"), ["/a/y", "/a/x/2", "/a/x/1"])
      assert.deepStrictEqual(yield* list("depth=1"), ["/c", "/ab", "/a/"])
      assert.deepStrictEqual(yield* list("depth=1&path_prefix=/a/"), ["/a/y", "/a/x/"])
      assert.deepStrictEqual(yield* list("path_prefix=/none/"), [])
      const { data, next_page } = yield* ok("GET", `${store}/memories?depth=1&limit=2`)
      assert.lengthOf(data, 2)
      const rest = yield* ok("GET", `${store}/memories?depth=1&limit=2&page=${next_page}`)
      assert.deepStrictEqual(rest.data, [{ type: "memory_prefix", path: "/a/" }])
      assert.match(yield* refusal("GET", `${store}/memories?path_prefix=/a`), /^400 .*path_prefix/)
      assert.strictEqual(
        yield* refusal("GET", `${store}/memories?depth=2`),
        "400 invalid_request_error: depth: must be 0 or 1"
      )
      for (let n = 0; n < 20; n++) yield* write(store, `/many/${n}`)
      assert.lengthOf((yield* ok("GET", `${store}/memories?view=full&limit=50`)).data, 20)
      assert.lengthOf((yield* ok("GET", `${store}/memories?limit=50`)).data, 25)
    }).pipe(Effect.provide(layer())))
})

describe("versions of memories", () => {
  it.effect("10.6.11 are one to each change, and stay when the memory is deleted", () =>
    Effect.gen(function*() {
      const store = yield* storePath
      const created = yield* write(store, "/a", "one")
      const path = `${store}/memories/${created.id}`
      yield* TestClock.adjust("1 minute")
      const modified = yield* ok("POST", path, { content: "two" })
      assert.strictEqual(modified.updated_at, "1970-01-01T00:01:00Z")
      assert.deepStrictEqual(yield* ok("POST", path, { content: "two", path: "/a" }), modified)
      yield* ok("POST", path, { path: "/b" })
      yield* ok("DELETE", path)
      const all = yield* versions(store, `?memory_id=${created.id}`)
      assert.deepStrictEqual(
        all.map((one) => [one.operation, one.path, one.content, one.content_sha256, one.content_size_bytes]),
        [
          ["deleted", "/b", null, null, null],
          ["modified", "/b", null, hash("two"), 3],
          ["modified", "/a", null, hash("two"), 3],
          ["created", "/a", null, hash("one"), 3]
        ]
      )
      assert.deepStrictEqual(all.slice(2).map(({ id }) => id), [modified.memory_version_id, created.memory_version_id])
      const first = yield* ok("GET", `${store}/memory_versions/${created.memory_version_id}`)
      assert.deepStrictEqual(first, { ...all[3], content: "one" })
      assert.match(first.created_by.api_key_id, /^apikey_\w+$/)
      const filter = (query: string) => Effect.map(versions(store, query), (found) => found.length)
      assert.strictEqual(yield* filter("?operation=modified"), 2)
      assert.strictEqual(yield* filter("?memory_id=mem_0"), 0)
      assert.strictEqual(yield* filter("?session_id=sesn_1"), 0)
      assert.strictEqual(yield* filter(`?api_key_id=${first.created_by.api_key_id}`), 4)
      assert.strictEqual(yield* filter("?created_at[lte]=1970-01-01T00:00:30Z"), 1)
      assert.strictEqual((yield* versions(store, "?view=full"))[3]?.content, "one")
    }).pipe(Effect.provide(layer())))

  it.effect("10.6.12 lose their text and path when they are redacted, unless they are the current one", () =>
    Effect.gen(function*() {
      const store = yield* storePath
      const { id, memory_version_id: first } = yield* write(store, "/secret", "one")
      const redact = `${store}/memory_versions/${first}/redact`
      assert.match(yield* refusal("POST", redact), /^400 .* is the current version of a memory/)
      yield* ok("POST", `${store}/memories/${id}`, { content: "two" })
      const before = yield* ok("GET", `${store}/memory_versions/${first}`)
      yield* TestClock.adjust("1 minute")
      const redacted = yield* ok("POST", redact)
      assert.deepStrictEqual(redacted, {
        ...before,
        path: null,
        content: null,
        content_sha256: null,
        content_size_bytes: null,
        redacted_at: "1970-01-01T00:01:00Z",
        redacted_by: before.created_by
      })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* ok("POST", redact), redacted)
      assert.deepStrictEqual(yield* ok("GET", `${store}/memory_versions/${first}`), redacted)
      assert.strictEqual((yield* ok("GET", `${store}/memories/${id}`)).content, "two")
      assert.strictEqual(
        yield* refusal("POST", `${store}/memory_versions/memver_0/redact`),
        "404 not_found_error: Memory version memver_0 not found."
      )
    }).pipe(Effect.provide(layer())))
})
