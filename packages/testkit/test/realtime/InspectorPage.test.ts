import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as InspectorPage from "../../src/InspectorPage.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "page-"))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
)

describe("InspectorPage", () => {
  it.scopedLive("has the files of the page, what is behind it, and nothing else", () =>
    Effect.gen(function*() {
      const directory = yield* folder
      yield* Effect.promise(async () => {
        await mkdir(join(directory, "assets"))
        await writeFile(join(directory, "index.html"), "<!doctype html><title>page</title>")
        await writeFile(join(directory, "assets", "index-1.js"), "export {}")
      })
      const page = yield* InspectorPage.make({ upstream: "api.test", directory })
      assert.isDefined(page)
      const index = yield* page.get(InspectorPage.path)
      assert.deepStrictEqual([index.status, index.headers["cache-control"]], [200, "no-cache"])
      assert.include(index.body, "<title>page</title>")
      assert.include(index.headers["content-security-policy"], "connect-src 'self'")
      const script = yield* page.get(`${InspectorPage.path}assets/index-1.js`)
      assert.deepStrictEqual([script.headers["content-type"], script.body], [
        "text/javascript; charset=utf-8",
        "export {}"
      ])
      const health = yield* page.get("/_sim/health")
      assert.deepStrictEqual([health.status, JSON.parse(health.body)], [200, { upstream: "api.test" }])
      for (const path of ["/_sim", "/_sim/reset", "/_sim/uix", `${InspectorPage.path}../index.html`]) {
        assert.strictEqual((yield* page.get(path)).status, 404, path)
        assert.isTrue(InspectorPage.owns(path))
      }
      assert.isTrue(InspectorPage.owns(`${InspectorPage.upstream}/v1/sessions`))
      assert.isFalse(InspectorPage.owns("/v1/sessions"))
    }))

  it.scopedLive("is nowhere that it is not built", () =>
    Effect.gen(function*() {
      assert.isUndefined(yield* InspectorPage.make({ upstream: "api.test", directory: yield* folder }))
    }))
})
