import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { call, createSession, layer, ok, refusal } from "./utils/wire.ts"

const create = (...resources: ReadonlyArray<object>) =>
  Effect.flatMap(
    createSession({ resources }),
    (id) => Effect.map(ok("GET", `/v1/sessions/${id}`), (session) => ({ id, resources: session.resources }))
  )

const file = (mount_path?: string) => ({
  type: "file",
  file_id: "file_1",
  ...(mount_path !== undefined && { mount_path })
})

describe("files", () => {
  it.effect("7.2 are mounted under the uploads, whatever path is given", () =>
    Effect.gen(function*() {
      const { resources } = yield* create(
        file(),
        file("/data.csv"),
        file("/uploads/x"),
        file("/mnt/session/uploads/y/z"),
        file("rel")
      )
      assert.deepStrictEqual(resources.map((resource: { readonly mount_path: string }) => resource.mount_path), [
        "/mnt/session/uploads/file_1",
        "/mnt/session/uploads/data.csv",
        "/mnt/session/uploads/x",
        "/mnt/session/uploads/y/z",
        "/mnt/session/uploads/rel"
      ])
      for (const path of ["/", "/../x", "/uploads", "/a/../../b"]) {
        assert.match(
          yield* refusal("POST", "/v1/sessions", {
            agent: "agent_1",
            environment_id: "env_1",
            resources: [file(path)]
          }),
          /^400 .*resources\.0\.file\.mount_path/
        )
      }
    }).pipe(Effect.provide(layer())))

  it.effect("7.3 get an id of their own", () =>
    Effect.gen(function*() {
      const { resources: [one, two] } = yield* create(file("/a"), file("/b"))
      assert.match(one.file_id, /^file_011C/)
      assert.notStrictEqual(one.file_id, two.file_id)
      assert.match(one.id, /^sesrsc_011C/)
    }).pipe(Effect.provide(layer())))

  it.effect("7.1, 4.14, 7.11 can be added, read, listed and deleted", () =>
    Effect.gen(function*() {
      const { id } = yield* create(file("/a"))
      yield* TestClock.adjust("1 second")
      const url = `/v1/sessions/${id}/resources`
      const added = yield* ok("POST", url, file("/b"))
      assert.deepInclude(added, { mount_path: "/mnt/session/uploads/b", created_at: "1970-01-01T00:00:01Z" })
      assert.deepStrictEqual(yield* ok("GET", `${url}/${added.id}`), added)
      const { data } = yield* ok("GET", url)
      assert.deepStrictEqual(data[1], added)
      const page = yield* ok("GET", `${url}?limit=1`)
      assert.deepStrictEqual(page.data, [data[0]])
      assert.deepStrictEqual((yield* ok("GET", `${url}?limit=1&page=${page.next_page}`)).data, [added])
      assert.deepStrictEqual(yield* ok("DELETE", `${url}/${added.id}`), {
        id: added.id,
        type: "session_resource_deleted"
      })
      assert.match(yield* refusal("GET", `${url}/${added.id}`), /^404/)
      assert.deepStrictEqual((yield* ok("GET", url)).data, [data[0]])
      assert.match(yield* refusal("POST", `${url}/${data[0].id}`, { authorization_token: "t" }), /^400/)
      assert.match(yield* refusal("GET", `${url}?limit=1001`), /^400 .*limit/)
    }).pipe(Effect.provide(layer())))

  it.effect("7.4 cannot be added if the agent cannot read them", () =>
    Effect.gen(function*() {
      const toolset = { type: "agent_toolset_20260401", configs: [{ name: "read", enabled: false }] }
      for (const tools of [[], [toolset]]) {
        const id = yield* createSession({ agent: { type: "agent_with_overrides", id: "agent_1", tools } })
        assert.strictEqual(
          yield* refusal("POST", `/v1/sessions/${id}/resources`, file()),
          "400 invalid_request_error: Missing required tool: file resources require the read tool to be usable " +
            "(enabled and not always_deny) on the session's `agent_toolset`"
        )
      }
    }).pipe(Effect.provide(layer())))
})

describe("repositories", () => {
  const repository = {
    type: "github_repository",
    url: "https://github.com/acme/widgets",
    authorization_token: "ghp_secret",
    checkout: { type: "branch", name: "main" }
  }

  it.effect("7.5, 7.6 are mounted in the workspace, and nothing shows their token", () =>
    Effect.gen(function*() {
      const { id, resources } = yield* create(repository, { ...repository, mount_path: "/workspace/deep/w" })
      assert.deepInclude(resources[0], {
        type: "github_repository",
        url: repository.url,
        mount_path: "/workspace/widgets",
        checkout: repository.checkout
      })
      assert.strictEqual(resources[1].mount_path, "/workspace/deep/w")
      yield* TestClock.adjust("1 second")
      const url = `/v1/sessions/${id}/resources/${resources[0].id}`
      const rotated = yield* ok("POST", url, { authorization_token: "ghp_other" })
      assert.deepStrictEqual(rotated, { ...resources[0], updated_at: "1970-01-01T00:00:01Z" })
      const all = JSON.stringify([rotated, yield* ok("GET", `/v1/sessions/${id}`), resources])
      assert.notInclude(all, "ghp_")
      assert.match(yield* refusal("DELETE", url), /^400/)
      assert.match(yield* refusal("POST", url, {}), /^400 .*authorization_token: value is required/)
    }).pipe(Effect.provide(layer())))

  it.effect("7.7 live on GitHub, and stay in the workspace", () =>
    Effect.gen(function*() {
      const wrong = (more: object) =>
        refusal("POST", "/v1/sessions", {
          agent: "agent_1",
          environment_id: "env_1",
          resources: [{ ...repository, ...more }]
        })
      assert.match(yield* wrong({ url: "https://gitlab.com/a/b" }), /^400 .*resources\.0\.github_repository\.url/)
      assert.match(yield* wrong({ url: `${repository.url}.git` }), /^400 .*url/)
      assert.match(yield* wrong({ mount_path: "/tmp/x" }), /^400 .*mount_path/)
      assert.match(yield* wrong({ mount_path: "/workspace/../x" }), /^400 .*mount_path/)
    }).pipe(Effect.provide(layer())))
})

describe("memory stores", () => {
  it.effect("7.9 are mounted under a slug of their name, which is counted up", () =>
    Effect.gen(function*() {
      const store = { type: "memory_store", memory_store_id: "memstore_1" }
      const { resources } = yield* create(store, { ...store, access: "read_only", instructions: "Look here" })
      assert.deepStrictEqual(resources, [
        {
          type: "memory_store",
          memory_store_id: "memstore_1",
          access: "read_write",
          mount_path: "/mnt/memory/user-preferences",
          name: "User Preferences",
          description: "What users like"
        },
        {
          type: "memory_store",
          memory_store_id: "memstore_1",
          access: "read_only",
          mount_path: "/mnt/memory/user-preferences-2",
          name: "User Preferences",
          description: "What users like",
          instructions: "Look here"
        }
      ])
    }).pipe(Effect.provide(layer())))
})

describe("self-hosted environments", () => {
  it.effect("5.19 take memory stores and nothing else", () =>
    Effect.gen(function*() {
      const post = (resource: object) =>
        call("POST", "/v1/sessions", { agent: "agent_1", environment_id: "env_self", resources: [resource] })
      const refused = yield* post(file())
      assert.strictEqual(
        refused.json.error.message,
        "Environment env_self is a self-hosted environment. `resources` are not supported with self-hosted environments."
      )
      assert.strictEqual((yield* post({ type: "memory_store", memory_store_id: "memstore_1" })).status, 200)
    }).pipe(Effect.provide(layer())))
})
