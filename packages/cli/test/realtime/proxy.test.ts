/** What a proxy with a page lets whom do, and what it tells the service. */
import * as InspectorPage from "@effect-managed-agents/testkit/InspectorPage"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import * as Http from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as proxy from "../../src/proxy.ts"
import { Stdio } from "../../src/stdio.ts"

const key = "sk-ant-of-the-process"

const json = { "content-type": "application/json" }

/** A service that keeps what it is asked, and answers `/moved` with a redirect to another server. */
const service = Effect.gen(function*() {
  const asked: Array<Http.IncomingMessage> = []
  const server = yield* Effect.acquireRelease(
    Effect.async<Http.Server>((resume) => {
      const server = Http.createServer((request, response) => {
        asked.push(request)
        request.resume()
        if (request.url === "/v1/moved") response.writeHead(307, { location: "http://127.0.0.1:1/elsewhere" }).end()
        else response.writeHead(200, { ...json, "request-id": "req_1", "set-cookie": "of=the service" }).end("{}")
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close())
  )
  const address = server.address()
  return { asked, url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}` }
})

/** A built page: a directory with an index. */
const built = Effect.acquireRelease(
  Effect.promise(async () => {
    const folder = await mkdtemp(join(tmpdir(), "page-"))
    await writeFile(join(folder, "index.html"), "<!doctype html><title>page</title>")
    return folder
  }),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
)

const start = (upstream: string) =>
  Effect.gen(function*() {
    const page = yield* InspectorPage.make({ upstream: "api.test", directory: yield* built })
    assert.isDefined(page)
    const client = yield* HttpClient.HttpClient
    const warned: Array<string> = []
    const url = yield* proxy.start({
      host: "127.0.0.1",
      port: 0,
      upstream,
      apiKey: Redacted.make(key),
      inspector: { page, client }
    }).pipe(Effect.provideService(Stdio, {
      isTerminal: { stdin: false, stdout: false, stderr: false },
      columns: Effect.succeed(80),
      input: Stream.empty,
      write: () => Effect.void,
      warn: (text) => Effect.sync(() => void warned.push(text))
    }))
    const { host, port } = new URL(url)
    /** Sends exactly these headers. */
    const ask = (method: string, path: string, headers: Http.OutgoingHttpHeaders = {}) =>
      Effect.async<{ readonly status: number; readonly headers: Http.IncomingHttpHeaders; readonly text: string }>(
        (resume) => {
          const request = Http.request({ host: "127.0.0.1", port, method, path, headers }, (response) => {
            let text = ""
            response.setEncoding("utf8").on("data", (data) => text += data).on("end", () =>
              resume(Effect.succeed({ status: response.statusCode ?? 0, headers: response.headers, text })))
          })
          request.end(method === "POST" ? "{}" : "")
        }
      )
    return { ask, host, warned }
  }).pipe(Effect.provide(FetchHttpClient.layer))

const api = `${InspectorPage.upstream}/v1/sessions`

describe("a proxy with a page", () => {
  it.scopedLive("serves the page, and says what is behind it", () =>
    Effect.gen(function*() {
      const { asked, url } = yield* service
      const { ask } = yield* start(url)
      const page = yield* ask("GET", "/_sim/ui/")
      assert.include(page.text, "<title>page</title>")
      assert.include(String(page.headers["content-security-policy"]), "connect-src 'self'")
      assert.deepStrictEqual(JSON.parse((yield* ask("GET", "/_sim/health")).text), { upstream: "api.test" })
      assert.strictEqual((yield* ask("GET", "/_sim/ui")).headers.location, "/_sim/ui/")
      // it has nothing else of a simulator, and what is behind it cannot be one
      for (const path of ["/_sim", "/_sim/faults", "/_sim/observe/v1/sessions", "/_sim/upstream", "/_sim/ui/none.js"]) {
        assert.strictEqual((yield* ask("GET", path)).status, 404, path)
      }
      // a link from anywhere may lead to it, and to nothing else
      const visit = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }
      assert.strictEqual((yield* ask("GET", "/_sim/ui/?x", visit)).status, 200)
      for (const path of [api, "/_sim/health", "/v1/sessions"]) {
        assert.strictEqual((yield* ask("GET", path, visit)).status, 403, path)
      }
      assert.deepStrictEqual(asked, [])
    }))

  it.scopedLive("asks for the page with the credential of its process, and says nothing of the browser", () =>
    Effect.gen(function*() {
      const { asked, url } = yield* service
      const { ask, host } = yield* start(url)
      const origin = `http://${host}`
      const own = { ...json, origin, referer: `${origin}/`, "sec-fetch-site": "same-origin", cookie: "of=another" }
      const beta = { "anthropic-beta": "managed-agents-2026-04-01" }
      for (
        const headers of [{ ...own, ...beta }, { ...own, ...beta, "x-api-key": "other", authorization: "Bearer b" }]
      ) {
        const answer = yield* ask("POST", `${api}/sesn_1/events?x=1`, headers)
        assert.deepStrictEqual([answer.status, answer.text, answer.headers["request-id"]], [200, "{}", "req_1"])
        assert.notProperty(answer.headers, "set-cookie")
      }
      for (const { headers, url } of asked) {
        assert.strictEqual(url, "/v1/sessions/sesn_1/events?x=1")
        assert.strictEqual(headers["x-api-key"], key)
        assert.strictEqual(headers["anthropic-beta"], beta["anthropic-beta"])
        for (const name of ["origin", "referer", "cookie", "sec-fetch-site", "authorization", "traceparent", "b3"]) {
          assert.notProperty(headers, name)
        }
      }
      assert.strictEqual(asked.length, 2)
      // a program is told all
      assert.property((yield* ask("GET", "/v1/sessions")).headers, "set-cookie")
    }))

  it.scopedLive("refuses pages of other sites, names that lead here, and forms, on every route", () =>
    Effect.gen(function*() {
      const { asked, url } = yield* service
      const { ask, host, warned } = yield* start(url)
      const origin = `http://${host}`
      const port = new URL(origin).port
      const refused: ReadonlyArray<readonly [Http.OutgoingHttpHeaders, number]> = [
        [{ origin: "https://evil.example" }, 403],
        [{ origin: "null" }, 403],
        [{ origin: `http://localhost:${port}` }, 403],
        [{ "sec-fetch-site": "cross-site" }, 403],
        [{ "sec-fetch-site": "same-site" }, 403],
        // a name of the attacker's that has come to mean this machine
        [{ host: `evil.example:${port}`, origin: `http://evil.example:${port}` }, 403],
        [{ host: `evil.example:${port}` }, 403],
        [{ origin, "content-type": "application/x-www-form-urlencoded" }, 415],
        [{ "content-type": "text/plain;charset=UTF-8" }, 415]
      ]
      for (const [headers, status] of refused) {
        for (const path of ["/v1/sessions", api, "/_sim/ui/", "/_sim/health", "/_sim/faults"]) {
          const answer = yield* ask("POST", path, { ...json, ...headers })
          assert.strictEqual(answer.status, status, `POST ${path} ${JSON.stringify(headers)}`)
          if (status === 403) assert.strictEqual((yield* ask("GET", path, headers)).status, 403, path)
          assert.isUndefined(answer.headers["access-control-allow-origin"])
          assert.notInclude(JSON.stringify(answer), key)
        }
      }
      // the page sends JSON only, where a program may send files
      for (const headers of [{ "content-type": "multipart/form-data; boundary=b" }, {}]) {
        assert.strictEqual((yield* ask("POST", api, headers)).status, 415)
      }
      assert.strictEqual((yield* ask("OPTIONS", api, { "access-control-request-method": "POST" })).status, 405)
      assert.strictEqual((yield* ask("GET", `http://evil.example/v1/sessions`)).status, 400)
      assert.deepStrictEqual([asked, warned], [[], []])
    }))

  it.scopedLive("follows no redirect, and says in the page's words and its own why there is no answer", () =>
    Effect.gen(function*() {
      const { ask } = yield* start((yield* service).url)
      const moved = yield* ask("GET", `${InspectorPage.upstream}/v1/moved`)
      assert.deepStrictEqual([moved.status, moved.headers.location], [307, "http://127.0.0.1:1/elsewhere"])
      const gone = yield* Effect.scoped(service)
      const down = yield* start(gone.url)
      const message = `${gone.url} cannot be reached: connect ECONNREFUSED ${new URL(gone.url).host}`
      const answer = yield* down.ask("GET", api)
      assert.deepStrictEqual([answer.status, JSON.parse(answer.text)], [502, {
        type: "error",
        error: { type: "api_error", message }
      }])
      assert.deepStrictEqual(down.warned, [`GET ${api}: ${message}\n`])
    }))
})
