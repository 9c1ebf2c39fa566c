/** What a server lets whom do: its page, programs, and the pages of others. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import * as Http from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Simulator from "../../src/Simulator.ts"
import * as SimulatorServer from "../../src/SimulatorServer.ts"

interface Answer {
  readonly status: number
  readonly headers: Http.IncomingHttpHeaders
  readonly text: string
}

/** A request with exactly these headers. */
const ask = (port: number, method: string, path: string, headers: Http.OutgoingHttpHeaders = {}, body = "") =>
  Effect.async<Answer>((resume) => {
    const request = Http.request({ host: "127.0.0.1", port, method, path, headers }, (response) => {
      let text = ""
      response.setEncoding("utf8").on("data", (data) => text += data).on(
        "end",
        () => resume(Effect.succeed({ status: response.statusCode ?? 0, headers: response.headers, text }))
      )
    })
    request.end(body)
  })

/** A built page: a directory with an index. Beside it is what nobody may read. */
const built = Effect.acquireRelease(
  Effect.promise(async () => {
    const folder = await mkdtemp(join(tmpdir(), "page-"))
    await mkdir(join(folder, "page", "assets"), { recursive: true })
    await writeFile(join(folder, "page", "index.html"), "<!doctype html><title>page</title>")
    await writeFile(join(folder, "page", "assets", "index-1.js"), "export {}")
    await writeFile(join(folder, "secret.js"), "secret")
    return folder
  }),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
)

const server = Effect.gen(function*() {
  const folder = yield* built
  return yield* SimulatorServer.start({ inspector: join(folder, "page") })
})

const json = { "content-type": "application/json" }

describe("a server", () => {
  it.scopedLive("serves the page, which may talk to nobody else", () =>
    Effect.gen(function*() {
      const { inspector, port, url } = yield* server
      assert.strictEqual(inspector, `${url}/_sim/ui/`)
      const moved = yield* ask(port, "GET", "/_sim/ui")
      assert.deepStrictEqual([moved.status, moved.headers.location], [308, "/_sim/ui/"])
      const page = yield* ask(port, "GET", "/_sim/ui/")
      assert.strictEqual(page.status, 200)
      assert.include(page.text, "<title>page</title>")
      assert.strictEqual(page.headers["content-type"], "text/html; charset=utf-8")
      const policy = String(page.headers["content-security-policy"])
      assert.include(policy, "default-src 'none'")
      assert.include(policy, "connect-src 'self'")
      assert.include(policy, "frame-ancestors 'none'")
      assert.isUndefined(page.headers["access-control-allow-origin"])
      const script = yield* ask(port, "GET", "/_sim/ui/assets/index-1.js")
      assert.strictEqual(script.headers["content-type"], "text/javascript; charset=utf-8")
      for (const path of ["../secret.js", "%2e%2e/secret.js", "assets/../../secret.js", "nothing.js", "assets"]) {
        assert.strictEqual((yield* ask(port, "GET", `/_sim/ui/${path}`)).status, 404, path)
      }
      // a link from anywhere may lead to it
      const visit = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }
      assert.strictEqual((yield* ask(port, "GET", "/_sim/ui/", visit)).status, 200)
    }).pipe(Effect.provide(Simulator.layer())))

  it.scopedLive("says where there is no page", () =>
    Effect.gen(function*() {
      const folder = yield* built
      const { inspector, port } = yield* SimulatorServer.start({ inspector: join(folder, "nothing") })
      assert.isUndefined(inspector)
      const answer = yield* ask(port, "GET", "/_sim/ui/")
      assert.strictEqual(answer.status, 404)
      assert.include(answer.text, "The inspector is not built")
    }).pipe(Effect.provide(Simulator.layer())))

  it.scopedLive("is controlled by programs and by its own page", () =>
    Effect.gen(function*() {
      const { port } = yield* server
      const reset = (headers: Http.OutgoingHttpHeaders) =>
        Effect.map(ask(port, "POST", "/_sim/reset", headers), ({ status }) => status)
      assert.strictEqual(yield* reset({}), 200)
      assert.strictEqual(yield* reset({ "content-type": "text/plain;charset=UTF-8" }), 200)
      for (const host of ["127.0.0.1", "localhost", "app.localhost", "simulator", "[::1]"]) {
        assert.strictEqual(yield* reset({ host: `${host}:${port}` }), 200, host)
      }
      const origin = `http://127.0.0.1:${port}`
      assert.strictEqual(yield* reset({ ...json, origin, "sec-fetch-site": "same-origin" }), 200)
    }).pipe(Effect.provide(Simulator.layer())))

  it.scopedLive("is not controlled by a page of another site, by whatever name, nor by a form", () =>
    Effect.gen(function*() {
      const { port } = yield* server
      const simulator = yield* Simulator.Simulator
      yield* simulator.addFaults([{ do: { status: 529 } }])
      const refused: ReadonlyArray<readonly [Http.OutgoingHttpHeaders, number]> = [
        [{ origin: "https://evil.example" }, 403],
        [{ origin: "null" }, 403],
        [{ origin: `http://localhost:${port}` }, 403],
        [{ origin: `https://127.0.0.1:${port}` }, 403],
        [{ "sec-fetch-site": "cross-site" }, 403],
        [{ "sec-fetch-site": "same-site" }, 403],
        // a name of the attacker's that has come to mean this machine
        [{ host: `evil.example:${port}`, origin: `http://evil.example:${port}` }, 403],
        [{ host: `evil.example:${port}` }, 403],
        [{ origin: `http://127.0.0.1:${port}`, "content-type": "application/x-www-form-urlencoded" }, 415]
      ]
      for (const [headers, status] of refused) {
        for (
          const [method, path] of [["DELETE", "faults"], ["POST", "reset"], ["GET", "requests"], [
            "GET",
            "observe/v1/sessions"
          ]]
        ) {
          const answer = yield* ask(port, method ?? "", `/_sim/${path}`, { ...json, ...headers })
          assert.strictEqual(answer.status, status, `${method} ${path} ${JSON.stringify(headers)}`)
          assert.isUndefined(answer.headers["access-control-allow-origin"])
        }
      }
      const preflight = { origin: "https://evil.example", "access-control-request-method": "DELETE" }
      const asked = yield* ask(port, "OPTIONS", "/_sim/faults", preflight)
      assert.strictEqual(asked.status, 403)
      assert.isUndefined(asked.headers["access-control-allow-methods"])
      assert.strictEqual((yield* simulator.faults).length, 1)
      // the simulated API has nothing to protect
      const api = yield* ask(port, "OPTIONS", "/v1/sessions", preflight)
      assert.strictEqual(api.headers["access-control-allow-origin"], "*")
    }).pipe(Effect.provide(Simulator.layer())))
})
