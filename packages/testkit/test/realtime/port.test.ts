// the other end of a real socket lives in real time
// @effect-diagnostics globalTimers:off globalFetch:off
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Queue from "effect/Queue"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as Http from "node:http"
import * as Net from "node:net"
import { gzipSync } from "node:zlib"
import * as Fixtures from "../../src/Fixtures.ts"
import { listen } from "../../src/internal/node/listen.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as SimulatorServer from "../../src/SimulatorServer.ts"
import * as fake from "../utils/fake.ts"

const local = { host: "127.0.0.1", port: 0 }

const setup = Effect.gen(function*() {
  const server = yield* fake.make
  const address = yield* listen(server.handle, local)
  return { server, ...address }
})

/** Waits in real time, as the other end of a socket has no virtual one. */
const eventually = (condition: Effect.Effect<boolean>): Effect.Effect<void> =>
  Effect.flatMap(condition, (holds) =>
    holds ? Effect.void : Effect.zipRight(
      Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 2))),
      eventually(condition)
    ))

const isOpen = (server: Effect.Effect.Success<typeof fake.make>, n: number) =>
  eventually(Effect.map(server.open, (open) => open === n))

/** Sends bytes, optionally half-closes, and resolves with all that comes back once the connection is over. */
const raw = (port: number, bytes: string, options: { readonly end?: boolean } = {}) =>
  Effect.promise(() =>
    new Promise<string>((resolve) => {
      let text = ""
      const socket = Net.connect(port, "127.0.0.1", () => {
        socket.write(bytes)
        if (options.end === true) socket.end()
      })
      socket.setEncoding("utf8")
      socket.on("data", (data) => text += data)
      socket.on("error", () => {})
      socket.on("close", () => resolve(text))
    })
  )

const connect = (port: number) =>
  Effect.acquireRelease(
    Effect.promise(() =>
      new Promise<Net.Socket>((resolve) => {
        const socket: Net.Socket = Net.connect(port, "127.0.0.1", () => resolve(socket))
        socket.on("error", () => {})
      })
    ),
    (socket) => Effect.sync(() => socket.destroy())
  )

const get = (url: string, init?: RequestInit) => Effect.promise(() => fetch(url, init))

const text = (response: globalThis.Response) => Effect.promise(() => response.text())

describe("the port", () => {
  it.scopedLive("hands over the request as it is on the wire", () =>
    Effect.gen(function*() {
      const { port, server, url } = yield* setup
      const response = yield* get(`${url}/echo?statuses%5B%5D=idle&x=%20y&x=2`, {
        method: "POST",
        headers: { "X-Api-Key": "k" },
        body: "{\"a\":\"ü\"}"
      })
      assert.strictEqual(response.status, 200)
      assert.strictEqual(response.headers.get("request-id"), "req_1")
      const echo: any = yield* Effect.promise(() => response.json())
      assert.strictEqual(echo.method, "POST")
      assert.deepStrictEqual(echo.query, [["statuses[]", "idle"], ["x", " y"], ["x", "2"]])
      assert.strictEqual(echo.headers["x-api-key"], "k")
      assert.strictEqual(echo.body, "{\"a\":\"ü\"}")
      yield* raw(port, "GET /a%2Fb/%zz?%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
      yield* raw(port, "GET http://elsewhere/full?a=1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
      const [, odd, full] = yield* server.requests
      assert.strictEqual(odd?.path, "/a%2Fb/%zz")
      assert.strictEqual(full?.path, "/full")
      assert.deepStrictEqual(full?.query, [["a", "1"]])
      const empty = yield* get(`${url}/empty`)
      assert.strictEqual(empty.status, 204)
    }))

  it.scopedLive("sends the head before there is an event", () =>
    Effect.gen(function*() {
      const { server, url } = yield* setup
      const response = yield* get(`${url}/live`)
      assert.strictEqual(response.status, 200)
      assert.strictEqual(response.headers.get("content-type"), "text/event-stream")
      yield* Queue.offer(server.live, "data: 1\n\n")
      const reader = response.body!.getReader()
      const first = yield* Effect.promise(() => reader.read())
      assert.strictEqual(new TextDecoder().decode(first.value), "data: 1\n\n")
      yield* Effect.promise(() => reader.cancel())
      yield* isOpen(server, 0)
    }))

  it.scopedLive("ends a stream that is over", () =>
    Effect.gen(function*() {
      const { server, url } = yield* setup
      assert.strictEqual(yield* text(yield* get(`${url}/two`)), "data: 1\n\ndata: 2\n\n")
      yield* isOpen(server, 0)
    }))

  it.scopedLive("closes the request when the client goes, reading or waiting", () =>
    Effect.gen(function*() {
      const { port, server, url } = yield* setup
      for (const path of ["/live", "/hourly", "/never", "/flood"]) {
        const socket = yield* connect(port)
        socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`)
        yield* isOpen(server, 1)
        socket.destroy()
        yield* isOpen(server, 0)
      }
      const abort = new AbortController()
      yield* get(`${url}/live`, { signal: abort.signal })
      abort.abort()
      yield* isOpen(server, 0)
    }))

  it.scopedLive("produces no more than the client takes", () =>
    Effect.gen(function*() {
      const { port, server } = yield* setup
      const socket = yield* connect(port)
      socket.pause()
      socket.write("GET /flood HTTP/1.1\r\nhost: x\r\n\r\n")
      // the kernel's buffers fill up, and then nothing is produced any more
      let last = -1
      yield* eventually(Effect.gen(function*() {
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 50)))
        const produced = yield* server.produced
        const still = produced === last && produced > 0
        last = produced
        return still
      }))
      // 64 kB each
      assert.isBelow(last, 400)
      socket.resume()
      yield* eventually(Effect.map(server.produced, (produced) => produced > last + 100))
    }))

  it.scopedLive("answers a client that has closed its own side", () =>
    Effect.gen(function*() {
      const { port } = yield* setup
      const answer = yield* raw(port, "GET /echo HTTP/1.1\r\nhost: x\r\n\r\n", { end: true })
      assert.match(answer, /^HTTP\/1\.1 200 /)
      assert.include(answer, "\"path\":\"/echo\"")
    }))

  it.scopedLive("takes a request in pieces, and several on one connection", () =>
    Effect.gen(function*() {
      const { port } = yield* setup
      const socket = yield* connect(port)
      let answer = ""
      socket.setEncoding("utf8").on("data", (data) => answer += data)
      const request = "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\na€"
      for (const byte of Buffer.from(request + request)) {
        socket.write(Buffer.of(byte))
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      }
      yield* eventually(Effect.sync(() => answer.split("\"body\":\"a€\"").length === 3))
    }))

  it.scopedLive("closes without waiting for anybody, and ends what is open", () =>
    Effect.gen(function*() {
      const server = yield* fake.make
      const scope = yield* Scope.make()
      const { port, url } = yield* Scope.extend(listen(server.handle, local), scope)
      const live = yield* get(`${url}/live`)
      const stuck = yield* connect(port)
      stuck.pause()
      stuck.write("GET /flood HTTP/1.1\r\nhost: x\r\n\r\n")
      const half = yield* connect(port)
      half.write("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc")
      const idle = yield* connect(port)
      const headless = yield* connect(port)
      headless.write("GET /ec")
      const waiting = raw(port, "GET /never HTTP/1.1\r\nhost: x\r\n\r\n")
      const waited = yield* Effect.fork(waiting)
      yield* isOpen(server, 3)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(yield* server.open, 0)
      assert.strictEqual(yield* text(live), "")
      assert.strictEqual(yield* waited, "")
      yield* eventually(Effect.sync(() => idle.destroyed || idle.readableEnded || !idle.readable))
      // the port is free again
      yield* Effect.scoped(listen(server.handle, { host: "127.0.0.1", port }))
    }))

  it.scopedLive("refuses a body that is too large, after reading it", () =>
    Effect.gen(function*() {
      const { server, url } = yield* setup
      const limit = 32 * 1024 * 1024
      const fits = yield* get(`${url}/other`, { method: "POST", body: "x".repeat(limit) })
      assert.strictEqual(fits.status, 404)
      yield* text(fits)
      const large = yield* get(`${url}/other`, { method: "POST", body: "x".repeat(limit + 1) })
      assert.strictEqual(large.status, 413)
      assert.deepStrictEqual(yield* Effect.promise(() => large.json()), {
        type: "error",
        error: { type: "request_too_large", message: "Request exceeds the maximum size" },
        request_id: large.headers.get("request-id")
      })
      assert.strictEqual((yield* server.requests).length, 1)
    }))

  it.scopedLive("answers what is no request in the API's own error shape", () =>
    Effect.gen(function*() {
      const { port, server } = yield* setup
      const cases = [
        ["rubbish\r\n\r\n", 400],
        ["GET /echo HTTP/9.9\r\n\r\n", 400],
        [`GET /echo HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(1_000_000)}\r\n\r\n`, 431],
        [`GET /echo HTTP/1.1\r\nhost: x\r\n${"a: b\r\n".repeat(50_000)}\r\n`, 431]
      ] as const
      for (const [bytes, status] of cases) {
        const answer = yield* raw(port, bytes)
        assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `))
        const body = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")))
        assert.strictEqual(body.type, "error")
        assert.strictEqual(body.error.type, "invalid_request_error")
        assert.include(answer, `\r\nrequest-id: ${body.request_id}\r\n`)
      }
      assert.deepStrictEqual(yield* server.requests, [])
    }))

  it.scopedLive("shows no stack trace, and logs it", () => {
    const logged: Array<string> = []
    const logger = Logger.make(({ message }) => void logged.push(String(message)))
    return Effect.gen(function*() {
      const { server, url } = yield* setup
      const response = yield* get(`${url}/defect`)
      assert.strictEqual(response.status, 500)
      assert.deepStrictEqual(yield* Effect.promise(() => response.json()), {
        type: "error",
        error: { type: "api_error", message: "Internal server error" },
        request_id: response.headers.get("request-id")
      })
      const broken = yield* get(`${url}/breaks`)
      const outcome = yield* Effect.promise(() => broken.text().then(() => "ended", () => "broken"))
      assert.strictEqual(outcome, "broken")
      yield* isOpen(server, 0)
      assert.strictEqual(logged.length, 2)
      assert.include(logged[0], "The simulator failed to answer a request")
    }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
  })

  it.scopedLive("lets a page of any origin in", () =>
    Effect.gen(function*() {
      const { server, url } = yield* setup
      const preflight = yield* get(`${url}/echo`, {
        method: "OPTIONS",
        headers: {
          "origin": "http://page",
          "access-control-request-method": "POST",
          "access-control-request-headers": "authorization,anthropic-beta"
        }
      })
      assert.strictEqual(preflight.status, 204)
      assert.strictEqual(preflight.headers.get("access-control-allow-origin"), "*")
      assert.strictEqual(preflight.headers.get("access-control-allow-headers"), "authorization,anthropic-beta")
      assert.include(preflight.headers.get("access-control-allow-methods"), "DELETE")
      assert.deepStrictEqual(yield* server.requests, [])
      for (const path of ["/echo", "/two", "/empty"]) {
        const response = yield* get(`${url}${path}`)
        assert.strictEqual(response.headers.get("access-control-allow-origin"), "*")
        assert.strictEqual(response.headers.get("access-control-expose-headers"), "*")
        yield* text(response)
      }
    }))

  it.scopedLive("says in one line why it cannot listen", () =>
    Effect.gen(function*() {
      const { port, server } = yield* setup
      const taken = yield* Effect.flip(listen(server.handle, { host: "127.0.0.1", port }))
      assert.strictEqual(taken.message, `Port ${port} of 127.0.0.1 is taken`)
      const elsewhere = yield* Effect.flip(listen(server.handle, { host: "192.0.2.1", port: 0 }))
      assert.strictEqual(elsewhere.message, "192.0.2.1 is not an address of this machine")
    }))

  it.scopedLive("leaves nothing open after many clients that stop early", () =>
    Effect.gen(function*() {
      const { server, url } = yield* setup
      const agent = new Http.Agent({ keepAlive: true })
      for (let i = 0; i < 50; i++) {
        yield* Effect.promise(() =>
          new Promise<void>((resolve) => {
            Http.get(`${url}/count`, { agent }, (response) => {
              response.once("data", () => {
                response.destroy()
                resolve()
              })
            })
          })
        )
      }
      agent.destroy()
      yield* isOpen(server, 0)
      assert.isAbove(yield* Ref.get(server.produced), 0)
    }))
})

describe("the simulator on a port", () => {
  it.scopedLive("5.53 refuses bodies that are compressed, or no UTF-8, and says so", () =>
    Effect.gen(function*() {
      const { url } = yield* SimulatorServer.start()
      const text = JSON.stringify({ agent: Fixtures.agentId, environment_id: Fixtures.environmentId, title: "ab" })
      const post = (body: Uint8Array<ArrayBuffer>, more: object) =>
        Effect.promise(async () => {
          const response = await fetch(`${url}/v1/sessions`, {
            method: "POST",
            headers: {
              "x-api-key": "k",
              "anthropic-beta": "managed-agents-2026-04-01",
              "content-type": "application/json",
              ...more
            },
            body
          })
          const { error } = (await response.json()) as { readonly error?: { readonly message: string } }
          return [response.status, error?.message, response.headers.get("accept-encoding")]
        })
      assert.deepStrictEqual(yield* post(Uint8Array.from(gzipSync(text)), { "content-encoding": "gzip" }), [
        415,
        "Unsupported content encoding \"gzip\"",
        "identity"
      ])
      const wrong = Uint8Array.from(text, (character) => character === "b" ? 0xff : character.charCodeAt(0))
      assert.deepStrictEqual(yield* post(wrong, {}), [
        400,
        "Failed to parse request body: it is not valid UTF-8",
        null
      ])
      assert.deepStrictEqual(yield* post(new TextEncoder().encode(text), {}), [200, undefined, null])
    }).pipe(Effect.provide(Simulator.layer({ fixtures: Fixtures.docs }))))

  it.scopedLive("answers nonsense in the API's own error shape", () =>
    Effect.gen(function*() {
      const { port } = yield* SimulatorServer.start()
      const credentials = "x-api-key: k\r\nanthropic-beta: managed-agents-2026-04-01\r\n"
      const targets = [
        "/",
        "//",
        "*",
        "/v1/sessions/%",
        "/v1/sessions/%zz/events",
        "/v1/sessions/%ff",
        "/v1/sessions/..%2f..",
        "/v1/sessions/../sessions",
        "/v1//sessions",
        "/v1/sessions/",
        "/v1/sessions?%zz=%",
        "/v1/sessions?__proto__=1&constructor=2",
        "/v1/sessions/__proto__",
        `/v1/sessions/${"x".repeat(8000)}`,
        "/_sim/agents/%zz",
        "/_sim/sessions/%/emit",
        "http://[::1/x"
      ]
      for (const target of targets) {
        for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
          const answer = yield* raw(
            port,
            `${method} ${target} HTTP/1.1\r\nhost: x\r\n${credentials}connection: close\r\ncontent-length: 1\r\n\r\n{`
          )
          const label = `${method} ${target.slice(0, 50)}: ${answer}`
          assert.match(answer, /^HTTP\/1\.1 4\d\d /, label)
          const { error, type } = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")))
          assert.strictEqual(type, "error", label)
          assert.isString(error.message, label)
          assert.notMatch(answer, /\bat .*:\d+:\d+/, label)
        }
      }
    }).pipe(Effect.provide(Simulator.layer({ fixtures: Fixtures.docs }))))
})
