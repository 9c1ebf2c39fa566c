/**
 * What no client would send, at the port and in memory. Whatever comes, the answer is an error in the API's own shape or
 * a closed connection; nothing crashes, hangs or stays open.
 */
// the other end of a real socket lives in real time
// @effect-diagnostics globalTimers:off
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Supervisor from "effect/Supervisor"
import * as Net from "node:net"
import * as Fixtures from "../../src/Fixtures.ts"
import * as handler from "../../src/internal/http/handler.ts"
import { listen } from "../../src/internal/node/listen.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as SimulatorServer from "../../src/SimulatorServer.ts"
import * as fake from "../utils/fake.ts"
import type { Json } from "../utils/wire.ts"
import { call, conform, createSession, jsonOf, layer, message, request, send } from "../utils/wire.ts"

const credentials = "host: x\r\nx-api-key: k\r\nanthropic-beta: managed-agents-2026-04-01\r\n"
const pause = (millis: number) => Effect.promise(() => new Promise((resolve) => setTimeout(resolve, millis)))

const eventually = <E, R>(condition: Effect.Effect<boolean, E, R>): Effect.Effect<void, E, R> =>
  Effect.flatMap(condition, (holds) => holds ? Effect.void : Effect.zipRight(pause(5), eventually(condition)))

interface Connection {
  readonly socket: Net.Socket
  readonly text: () => string
  readonly closed: Effect.Effect<string>
}

/** A client that is polite only where a test wants it to be. */
const connect = (port: number) =>
  Effect.acquireRelease(
    Effect.promise(() =>
      new Promise<Connection>((resolve) => {
        let text = ""
        const socket: Net.Socket = Net.connect(
          { port, host: "127.0.0.1", allowHalfOpen: true },
          () => resolve({ socket, text: () => text, closed: Effect.promise(() => closed) })
        )
        const closed = new Promise<string>((resolve) => {
          socket.once("end", () => {
            resolve(text)
            socket.end()
          })
          socket.once("close", () => resolve(text))
        })
        socket.setEncoding("utf8").on("data", (data) => text += data)
        socket.on("error", () => {})
      })
    ),
    ({ socket }) => Effect.sync(() => socket.destroy())
  )

/** All that comes back once the connection is over. */
const exchange = (port: number, bytes: string | Uint8Array, how: { readonly end?: boolean } = {}) =>
  Effect.scoped(Effect.gen(function*() {
    const { closed, socket } = yield* connect(port)
    socket.write(bytes)
    if (how.end === true) socket.end()
    return yield* closed
  }))

/** The answers in what came back; fails on anything that is neither an answer nor an error in the API's shape. */
const statusesOf = (text: string): ReadonlyArray<number> => {
  const statuses: Array<number> = []
  let rest = text
  while (rest !== "") {
    const head = rest.slice(0, rest.indexOf("\r\n\r\n"))
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1])
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1])
    assert.isTrue(status > 0 && length >= 0, `no answer: ${rest.slice(0, 200)}`)
    const body = Buffer.from(rest).subarray(Buffer.byteLength(head) + 4, Buffer.byteLength(head) + 4 + length)
      .toString()
    if (status >= 400) checkError(status, JSON.parse(body))
    rest = Buffer.from(rest).subarray(Buffer.byteLength(head) + 4 + length).toString()
    statuses.push(status)
  }
  return statuses
}

const checkError = (status: number, body: Json): void => {
  assert.deepStrictEqual(Object.keys(body), ["type", "error", "request_id"])
  assert.strictEqual(body.type, "error")
  assert.isString(body.error.type)
  assert.isString(body.error.message)
  assert.notMatch(body.error.message, /\bat .*:\d+:\d+|\n {4}at /)
  assert.match(body.request_id, /^req_/)
  assert.isTrue(status >= 400 && status < 500, JSON.stringify(body))
}

const server = Layer.provideMerge(SimulatorServer.layer(), Simulator.layer({ fixtures: Fixtures.docs }))

const post = (path: string, body: string | Uint8Array, headers = "") =>
  Buffer.concat([
    Buffer.from(
      `POST ${path} HTTP/1.1\r\n${credentials}${headers}connection: close\r\n` +
        `content-length: ${Buffer.byteLength(body)}\r\n\r\n`
    ),
    Buffer.from(body)
  ])

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth)

// a machine that is busy with other things takes its time
const timeout = 60_000

describe("at the port", { timeout }, () => {
  it.scopedLive("bodies that are no JSON, or too deep", () =>
    Effect.gen(function*() {
      const { port } = yield* SimulatorServer.SimulatorServer
      const session = `/v1/sessions/${Fixtures.sessionId}`
      const bodies = [
        "",
        "{",
        "nul",
        "[]",
        "\u0000",
        "{\"title\":1e999}",
        "{\"title\":\"\\ud800\",\"title\":5}",
        "{\"__proto__\":{\"title\":\"x\"}}",
        Uint8Array.of(0xff, 0xfe, 0x7b, 0x7d),
        nested(200_000),
        `{"title":${nested(200_000)}}`,
        `{"agent":{"tools":[{"type":"custom","name":"x","description":"","input_schema":{"type":"object","properties":{"a":${
          nested(200_000)
        }}}}]}}`
      ]
      for (const path of ["/v1/sessions", session, `${session}/events`, `${session}/resources`, "/_sim/agents/a"]) {
        for (const body of bodies) {
          const request = Buffer.from(post(path, body))
          const answer = yield* exchange(
            port,
            path.startsWith("/_sim/agents")
              ? Buffer.from(request.toString("latin1").replace("POST", "PUT"), "latin1")
              : request
          )
          // an empty body of a control route asks for nothing
          if (path.startsWith("/_sim") && body === "") continue
          assert.deepStrictEqual(statusesOf(answer), [400], `${path} ${body.toString().slice(0, 50)}`)
        }
      }
      const deep = `{"event":{"type":"x","deep":${nested(200_000)}}}`
      assert.deepStrictEqual(
        statusesOf(yield* exchange(port, post(`/_sim/sessions/${Fixtures.sessionId}/emit`, deep))),
        [400]
      )
    }).pipe(Effect.provide(server)))

  it.scopedLive("heads that no server likes", () =>
    Effect.gen(function*() {
      const { port } = yield* SimulatorServer.SimulatorServer
      const get = (head: string) =>
        exchange(port, `${head.replace("\r\n", `\r\n${credentials}connection: close\r\n`)}\r\n`)
      const sessions = "GET /v1/sessions HTTP/1.1\r\n"
      // what it expects or wants to become is ignored
      assert.deepStrictEqual(statusesOf(yield* get(`${sessions}expect: the-unexpected\r\n`)), [200])
      assert.deepStrictEqual(statusesOf(yield* get(`${sessions}upgrade: websocket\r\n`)), [200])
      assert.deepStrictEqual(statusesOf(yield* get(`${sessions}transfer-encoding: chunked\r\ncontent-length: 3\r\n`)), [
        400
      ])
      assert.deepStrictEqual(statusesOf(yield* get(`${sessions}content-length: -1\r\n`)), [400])
      assert.deepStrictEqual(statusesOf(yield* get(`${sessions}x: ${"y".repeat(100_000)}\r\n`)), [431])
      assert.deepStrictEqual(statusesOf(yield* get(`${sessions}${"x: y\r\n".repeat(10_000)}`)), [431])
      assert.deepStrictEqual(statusesOf(yield* get(`GET /${"x".repeat(100_000)} HTTP/1.1\r\n`)), [431])
      assert.deepStrictEqual(statusesOf(yield* get("BREW /v1/sessions HTTP/1.1\r\n")), [400])
      assert.deepStrictEqual(statusesOf(yield* get("TRACE /v1/sessions HTTP/1.1\r\n")), [405])
      assert.strictEqual(yield* exchange(port, `CONNECT x:1 HTTP/1.1\r\n${credentials}\r\n`), "")
      for (const query of ["%", "%zz=1", "a&&&", "statuses[]", "=", "limit=1&limit=%00", `page=${"x".repeat(5000)}`]) {
        const [status] = statusesOf(yield* get(`GET /v1/sessions?${query} HTTP/1.1\r\n`))
        assert.isTrue(status === 400 || query === "limit=1&limit=%00", query)
      }
    }).pipe(Effect.provide(server)))

  it.scopedLive("requests that never arrive", () =>
    Effect.gen(function*() {
      const server = yield* fake.make
      const { port } = yield* listen(server.handle, { host: "127.0.0.1", port: 0, requestTimeout: 200 })
      const drip = (socket: Net.Socket, bytes: string) =>
        Effect.gen(function*() {
          for (const byte of bytes) {
            socket.write(byte)
            yield* pause(10)
          }
        }).pipe(Effect.forkScoped)
      const head = yield* connect(port)
      yield* drip(head.socket, `GET /echo HTTP/1.1\r\nx: ${"y".repeat(10_000)}`)
      const body = yield* connect(port)
      body.socket.write("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 10000\r\n\r\n")
      yield* drip(body.socket, "z".repeat(10_000))
      // neither of them keeps anybody waiting
      assert.match(yield* exchange(port, "GET /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"), / 200 /)
      assert.deepStrictEqual(statusesOf(yield* head.closed), [408])
      // there is nothing to say in the middle of a request, unless its head came as late
      assert.include(["", "408"], statusesOf(yield* body.closed).join())
      assert.strictEqual((yield* server.requests).length, 1)
    }))

  it.scopedLive("connections that are closed halfway, or half", () =>
    Effect.gen(function*() {
      const { port } = yield* SimulatorServer.SimulatorServer
      const simulator = yield* Simulator.Simulator
      const create = `POST /v1/sessions HTTP/1.1\r\n${credentials}content-length: 100\r\n\r\n{"agent":`
      const before = (yield* simulator.sessions).length
      assert.strictEqual(yield* exchange(port, "", { end: true }), "")
      for (const bytes of ["GET /v1", `GET /v1/sessions HTTP/1.1\r\n${credentials}`, create]) {
        const answer = yield* exchange(port, bytes, { end: true })
        assert.isTrue(answer === "" || statusesOf(answer).join() === "400", answer)
      }
      // one that promises what nobody could send
      const endless = create.replace("content-length: 100", "content-length: 10000000000")
      assert.strictEqual(yield* exchange(port, endless, { end: true }), "")
      assert.strictEqual((yield* simulator.sessions).length, before)
      // whoever closes their side of a stream cannot be told from one who has gone, and is not kept waiting for
      const { closed, socket } = yield* connect(port)
      socket.end(`GET /v1/sessions/${Fixtures.sessionId}/events/stream HTTP/1.1\r\n${credentials}\r\n`)
      yield* closed
      yield* eventually(Effect.map(simulator.openStreams(), (open) => open === 0))
    }).pipe(Effect.provide(server)))

  it.scopedLive("requests and rubbish in one go", () =>
    Effect.gen(function*() {
      const { port } = yield* SimulatorServer.SimulatorServer
      const simulator = yield* Simulator.Simulator
      const read = `GET /v1/sessions HTTP/1.1\r\n${credentials}\r\n`
      const last = read.replace("host", "connection: close\r\nhost")
      assert.deepStrictEqual(statusesOf(yield* exchange(port, read.repeat(200) + last)), Array(201).fill(200))
      // what is answered is well formed, and then the connection is over
      for (const rubbish of ["\0\0\0\0\r\n\r\n", "rubbish\r\n\r\n", "GET / HTTP/9\r\n\r\n", "{\"a\":1}"]) {
        const answer = yield* exchange(port, read + rubbish, { end: true })
        assert.isTrue(answer === "" || statusesOf(answer).every((status) => status === 200 || status === 400), answer)
      }
      // nor does it end up in the stream that the answer is
      const { closed, socket, text } = yield* connect(port)
      socket.write(`${read}GET /v1/sessions/${Fixtures.sessionId}/events/stream HTTP/1.1\r\n${credentials}\r\n`)
      yield* eventually(Effect.sync(() => text().includes("text/event-stream")))
      socket.write("rubbish\r\n\r\n")
      yield* closed
      assert.notInclude(text().slice(text().indexOf("text/event-stream")), "HTTP/1.1")
      yield* eventually(Effect.map(simulator.openStreams(), (open) => open === 0))
    }).pipe(Effect.provide(server)))
})

// it counts what is open in the process
describe("a thousand streams that are dropped at once", { timeout }, () => {
  it.scopedLive("leave no socket, no stream and no fiber", () => {
    const logged: Array<string> = []
    const logger = Logger.make(({ message }) => void logged.push(String(message)))
    return Effect.gen(function*() {
      const supervisor = yield* Supervisor.track
      const context = yield* Layer.build(server).pipe(Effect.supervised(supervisor))
      const { port } = yield* Effect.provide(SimulatorServer.SimulatorServer, context)
      const simulator = yield* Effect.provide(Simulator.Simulator, context)
      const sockets = Effect.sync(() =>
        process.getActiveResourcesInfo().filter((name) => name.startsWith("TCPSocket")).length
      )
      const fibers = Effect.map(supervisor.value, (fibers) => fibers.length)
      const atStart = { sockets: yield* sockets, fibers: yield* fibers }
      const request = `GET /v1/sessions/${Fixtures.sessionId}/events/stream HTTP/1.1\r\n${credentials}\r\n`
      yield* Effect.scoped(Effect.gen(function*() {
        const connections = yield* Effect.replicateEffect(connect(port), 1000, { concurrency: 50 })
        for (const { socket } of connections) socket.write(request)
        yield* eventually(Effect.map(simulator.openStreams(), (open) => open === 1000))
        assert.isAtLeast(yield* fibers, 1000)
        yield* simulator.emit(Fixtures.sessionId, { type: "agent.thinking" })
        yield* eventually(Effect.sync(() => connections.every(({ text }) => text().includes("agent.thinking"))))
      }))
      yield* eventually(Effect.map(simulator.openStreams(), (open) => open === 0))
      yield* eventually(Effect.map(sockets, (open) => open <= atStart.sockets))
      // the one that sleeps for all timers may sleep on
      yield* eventually(Effect.map(fibers, (alive) => alive <= atStart.fibers + 1))
      assert.deepStrictEqual(logged, [])
    }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
  })
})

describe("in memory", { timeout }, () => {
  const ids = { session: Fixtures.sessionId, resource: Fixtures.fileResourceId, thread: Fixtures.threadId }
  const session = `/v1/sessions/${ids.session}`
  const text = { type: "text", text: "x" }

  /** Each endpoint with a body or a query that it likes, as a place to start from. */
  const endpoints: ReadonlyArray<readonly [method: string, path: string, body?: object]> = [
    ["GET", "/v1/sessions"],
    ["POST", "/v1/sessions", {
      agent: {
        type: "agent_with_overrides",
        id: Fixtures.agentId,
        version: 1,
        model: { id: "m", speed: "fast", effort: "high" },
        system: "s",
        tools: [
          {
            type: "agent_toolset_20260401",
            configs: [{ name: "bash", enabled: true, permission_policy: { type: "auto" } }, {
              name: "web_fetch",
              url_sources: { user_input: "all", client_tool_results: { type: "only", tools: [{ name: "c" }] } }
            }]
          },
          {
            type: "custom",
            name: "c",
            description: "",
            input_schema: { type: "object", properties: {}, required: [] }
          },
          { type: "mcp_toolset", mcp_server_name: "crm", configs: [] }
        ],
        mcp_servers: [{ type: "url", name: "crm", url: "https://x" }],
        skills: [{ type: "anthropic", skill_id: "xlsx", version: "1" }]
      },
      environment_id: Fixtures.environmentId,
      title: "t",
      metadata: { k: "v" },
      vault_ids: [Fixtures.vaultId],
      resources: [
        { type: "file", file_id: Fixtures.fileId, mount_path: "/x" },
        { type: "github_repository", url: "https://github.com/a/b", checkout: { type: "branch", name: "main" } },
        { type: "memory_store", memory_store_id: Fixtures.memoryStoreId, access: "read_only", instructions: "i" }
      ],
      initial_events: [{ type: "user.message", content: [text] }],
      budget: { type: "limit", max_list_cost: { amount: "100", currency: "USD" } }
    }],
    ["GET", session],
    ["POST", session, {
      title: "t",
      metadata: { k: null },
      agent: { tools: [], mcp_servers: [] },
      budget: null
    }],
    ["DELETE", "/v1/sessions/sesn_other"],
    ["POST", "/v1/sessions/sesn_other/archive", {}],
    ["GET", `${session}/events`],
    ["POST", `${session}/events`, {
      events: [
        { type: "user.interrupt", session_thread_id: ids.thread },
        { type: "user.tool_confirmation", tool_use_id: "sevt_1", result: "deny", deny_message: "no" },
        { type: "user.custom_tool_result", custom_tool_use_id: "sevt_1", content: [text], is_error: true },
        { type: "user.define_outcome", description: "d", rubric: { type: "text", content: "r" }, max_iterations: 2 },
        {
          type: "user.message",
          content: [text, { type: "image", source: { type: "url", url: "https://x" } }, {
            type: "document",
            title: "t",
            source: { type: "text", media_type: "text/plain", data: "d" }
          }]
        },
        { type: "system.message", content: [text] }
      ]
    }],
    ["POST", `${session}/events`, { events: [message("x")] }],
    ["GET", `${session}/events/stream`],
    ["GET", `${session}/resources`],
    ["POST", `${session}/resources`, { type: "file", file_id: Fixtures.fileId, mount_path: "/y" }],
    ["GET", `${session}/resources/${ids.resource}`],
    ["POST", `${session}/resources/${Fixtures.repositoryResourceId}`, { authorization_token: "t" }],
    ["DELETE", `${session}/resources/sesrsc_other`],
    ["GET", `${session}/threads`],
    ["GET", `${session}/threads/${ids.thread}`],
    ["POST", `${session}/threads/${ids.thread}/archive`, {}],
    ["GET", `${session}/threads/${ids.thread}/events`],
    ["GET", `${session}/threads/${ids.thread}/stream`]
  ]

  const words = FastCheck.constantFrom(
    "type",
    "id",
    "events",
    "content",
    "agent",
    "user.message",
    "text",
    "__proto__",
    "constructor",
    "toString",
    "\ud800",
    "\u0000",
    "",
    "null",
    Fixtures.sessionId
  )
  const junk: FastCheck.Arbitrary<unknown> = FastCheck.oneof(
    { depthSize: "small" },
    FastCheck.json().map((text) => JSON.parse(text)),
    words,
    FastCheck.constantFrom(null, true, 0, -1, 1.5, 1e308, [], {}, [[]], [null]),
    FastCheck.dictionary(words, FastCheck.oneof(words, FastCheck.constant(null), FastCheck.constant([{}])))
  )

  /** Where to change a value, chosen by the way down, and how. */
  const change = FastCheck.record({
    way: FastCheck.array(FastCheck.nat(20), { maxLength: 6 }),
    how: FastCheck.oneof(
      FastCheck.record({ put: junk }),
      FastCheck.record({ add: words, put: junk }),
      FastCheck.constant({ drop: true as const })
    )
  })
  type Change = typeof change extends FastCheck.Arbitrary<infer A> ? A : never

  const apply = (value: unknown, { how, way: [step, ...way] }: Change): unknown => {
    if (step === undefined || typeof value !== "object" || value === null || Object.keys(value).length === 0) {
      if ("drop" in how) return undefined
      if (!("add" in how)) return how.put
      return typeof value === "object" && value !== null && !Array.isArray(value)
        // unlike in a literal, `__proto__` is a name like any other
        ? Object.fromEntries([...Object.entries(value), [how.add, how.put]])
        : [value, how.put]
    }
    if (Array.isArray(value)) {
      const at = step % value.length
      return value.flatMap((item, i) => {
        const next = i === at ? apply(item, { way, how }) : item
        return next === undefined ? [] : [next]
      })
    }
    const entries = Object.entries(value)
    const at = step % entries.length
    return Object.fromEntries(
      entries.map(([key, item], i): [string, unknown] => [key, i === at ? apply(item, { way, how }) : item])
    )
  }

  const query = FastCheck.array(
    FastCheck.tuple(
      FastCheck.constantFrom(
        "limit",
        "page",
        "order",
        "types[]",
        "statuses[]",
        "event_deltas[]",
        "created_at[gt]",
        "agent_version",
        "include_archived",
        "created_by_ids[]",
        "__proto__",
        ""
      ),
      FastCheck.oneof(
        FastCheck.string(),
        FastCheck.constantFrom("1", "-1", "1e9", "999999999999999999999", "asc", "idle", "true", "9999-12-31T23:59:60Z")
      )
    ),
    { maxLength: 4 }
  )

  const check = (method: string, path: string, body: string | undefined, pairs: ReadonlyArray<[string, string]>) =>
    Effect.gen(function*() {
      const { headers, json, status } = yield* call(method, path, body, { query: pairs })
      if (status !== 200) {
        checkError(status, json)
        assert.strictEqual(headers["request-id"], json.request_id)
      } else if (!path.endsWith("/stream")) conform(method, path, json)
    })

  it.effect("whatever is sent to an endpoint, the answer is one of the API's, and the session stays readable", () =>
    Effect.gen(function*() {
      const runs = FastCheck.sample(
        FastCheck.tuple(
          FastCheck.constantFrom(...endpoints),
          FastCheck.oneof({ weight: 4, arbitrary: FastCheck.array(change, { maxLength: 2 }) }, {
            weight: 1,
            arbitrary: FastCheck.oneof(FastCheck.string(), junk.map((value) => JSON.stringify(value)))
          }),
          FastCheck.oneof({ weight: 2, arbitrary: FastCheck.constant<Array<[string, string]>>([]) }, {
            weight: 1,
            arbitrary: query
          })
        ),
        { numRuns: 1500, seed: 42 }
      )
      for (const [[method, path, body], changes, pairs] of runs) {
        const sent = typeof changes === "string"
          ? changes
          : body === undefined
          ? undefined
          : JSON.stringify(changes.reduce<unknown>(apply, body)) ?? ""
        yield* check(method, path, sent, pairs).pipe(
          Effect.catchAllDefect((defect) =>
            Effect.die(
              new Error(`${method} ${path} ${JSON.stringify(pairs)} ${sent}: ${String(defect)}`, { cause: defect })
            )
          )
        )
      }
      for (const [method, path] of endpoints) {
        if (method === "GET") yield* check(method, path, undefined, [])
      }
    }).pipe(Effect.provide(Simulator.layer({ fixtures: Fixtures.docs }))))

  it.effect("whatever is sent to a control route, the answer is one of the API's, and the simulator goes on", () =>
    Effect.gen(function*() {
      const handle = yield* handler.make
      const exchange = (method: string, path: string, body?: string) =>
        Effect.map(Effect.scoped(handle(request(method, path, body))), (response) => {
          const json: Json = jsonOf(response)
          if (response.status !== 200) checkError(response.status, json)
          return response.status
        })
      const routes: ReadonlyArray<readonly [method: string, path: string, body: object]> = [
        ["PUT", "/_sim/agents/agent_x", {
          agent: {
            name: "n",
            model: { id: "m", speed: "fast" },
            tools: [{ type: "agent_toolset_20260401", default_config: { enabled: true } }],
            multiagent: { type: "coordinator", agents: [Fixtures.agentId, { type: "self" }] }
          },
          script: {
            turns: [[{ think: true }, { say: ["a", "b"] }, {
              tool: { name: "bash", input: { a: 1 }, permission: "ask" }
            }]],
            otherwise: [{ together: [{ custom_tool: { name: "c" } }] }, {
              fail: { type: "x", retry_status: "retrying" }
            }],
            grades: ["satisfied", { result: "failed", explanation: "e" }]
          }
        }],
        ["PUT", "/_sim/environments/env_x", { type: "cloud" }],
        ["POST", "/_sim/clock/advance", { millis: 5 }],
        ["POST", `/_sim/sessions/${Fixtures.sessionId}/emit`, {
          event: { type: "agent.dream", id: "e" },
          persist: true
        }],
        ["POST", "/_sim/faults", { faults: [{ match: { path: "/nowhere", skip: 1, times: 2 }, do: { status: 529 } }] }]
      ]
      const runs = FastCheck.sample(
        FastCheck.tuple(FastCheck.constantFrom(...routes), FastCheck.array(change, { maxLength: 2 })),
        { numRuns: 1000, seed: 7 }
      )
      for (const [[method, path, body], changes] of runs) {
        const sent = JSON.stringify(changes.reduce<unknown>(apply, body)) ?? ""
        yield* exchange(method, path, sent).pipe(
          Effect.catchAllDefect((cause) =>
            Effect.die(new Error(`${method} ${path} ${sent}: ${String(cause)}`, { cause }))
          )
        )
      }
      assert.strictEqual(yield* exchange("DELETE", "/_sim/faults"), 200)
      for (const path of ["/_sim/health", "/_sim/requests", "/v1/sessions", `${session}/events`]) {
        assert.strictEqual(yield* exchange("GET", path), 200, path)
      }
    }).pipe(Effect.provide(Simulator.layer({ fixtures: Fixtures.docs }))))

  it.effect("an id may be any text", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      for (
        const odd of FastCheck.sample(FastCheck.oneof(FastCheck.string({ minLength: 1 }), words), {
          numRuns: 200,
          seed: 1
        })
      ) {
        const raw = encodeURIComponent(odd.replace(/[\ud800-\udfff]/g, "?"))
        if (raw === "") continue
        for (const path of [raw, `${raw}/events`, `${id}/threads/${raw}`, `${id}/resources/${raw}`]) {
          const { json, status } = yield* call("GET", `/v1/sessions/${path}`)
          checkError(status, json)
        }
      }
    }).pipe(Effect.provide(layer())))
})
