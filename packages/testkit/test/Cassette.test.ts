/** Recording and replaying; the cassettes of `cassettes/` are old recordings that new code has to go on understanding. */
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as Events from "@effect-managed-agents/core/Events"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as RetryPolicy from "@effect-managed-agents/core/RetryPolicy"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import { assertNone } from "@effect/vitest/utils"
import * as Arbitrary from "effect/Arbitrary"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as TestContext from "effect/TestContext"
import { fileURLToPath } from "node:url"
import * as AgentScript from "../src/AgentScript.ts"
import * as Cassette from "../src/Cassette.ts"
import type * as Fault from "../src/Fault.ts"
import * as Fixtures from "../src/Fixtures.ts"
import * as Simulator from "../src/Simulator.ts"
import * as SimulatorHttpClient from "../src/SimulatorHttpClient.ts"
import { inTime } from "./utils/conversation.ts"

const secret = "sk-ant-very-secret"

const { customTool, say, sleep, together, think, tool } = AgentScript

const service = (script: AgentScript.Script, options: Simulator.Options = {}) =>
  SimulatorHttpClient.layer.pipe(
    Layer.provide(Simulator.layer({ fixtures: Fixtures.docs, script, rules: { strictTools: false }, ...options }))
  )

const clientOn = <A, E, R>(
  http: Layer.Layer<A | HttpClient.HttpClient, E, R>,
  config: ClientConfig.Options = {}
) =>
  ManagedAgents.layer.pipe(
    Layer.provideMerge(http),
    Layer.provide(RetryPolicy.layer({ jitter: 0 })),
    Layer.provide(
      Layer.orDie(ClientConfig.layer({ baseUrl: "http://simulator", apiKey: Redacted.make(secret), ...config }))
    )
  )

const params = { agent: Fixtures.agentId, environment_id: Fixtures.environmentId }

/** A program that has it all: approvals, answers to several calls at once, a second turn, an archive. */
const conversation = Effect.gen(function*() {
  const sessions = yield* Sessions.Sessions
  const { id } = yield* sessions.create({ ...params, title: "Order #1234" })
  const began = yield* Clock.currentTimeMillis
  const first = yield* Conversation.turn(id, "Where is my order #1234?", {
    approve: () => Effect.delay(Effect.succeed(PendingAction.allow), "30 seconds"),
    answer: (call) => Effect.succeedSome(PendingAction.result(`result of ${call.name}`))
  })
  const second = yield* Conversation.turn(id, "Thanks!")
  const events = yield* Stream.runCollect((yield* Events.Events).list(id))
  yield* sessions.archive(id)
  return {
    replies: [first.reply, second.reply],
    tools: first.toolCalls.map(({ call }) => call.name),
    types: Chunk.toReadonlyArray(events).map(({ type }) => String(type)),
    millis: (yield* Clock.currentTimeMillis) - began
  }
})

const shop = AgentScript.make({
  turns: [
    [
      think,
      sleep("1500 millis"),
      tool({ name: "bash", input: { command: "grep 1234 orders.csv" }, permission: "ask", result: "1234,shipped" }),
      together(
        customTool({ name: "track", input: { order: 1234 } }),
        customTool({ name: "weather", input: { city: "Zürich" } })
      ),
      sleep("2 seconds"),
      say("It comes tomorrow – ☀️.")
    ],
    [say("You are welcome.")]
  ]
})

/** `RECORD_CASSETTES=1 pnpm vitest run --project testkit Cassette` records them anew. */
const eras: ReadonlyArray<readonly [name: string, config: ClientConfig.Options]> = [
  ["tools", { apiKeyHeader: "authorization", apiVersion: "2026-10-21" }],
  ["tools-seed-era", { apiKeyHeader: "x-api-key", apiVersion: "2023-06-01" }]
]

const pathOf = (name: string) => fileURLToPath(new URL(`./cassettes/${name}.jsonl`, import.meta.url))

describe("the cassettes of the repository", () => {
  it.effect.each(eras)(
    "%s: new code says the same, in the words of either era",
    ([name, config]) =>
      Effect.gen(function*() {
        const files = yield* FileSystem.FileSystem
        if (process.env["RECORD_CASSETTES"] === "1") {
          const { recording } = yield* record(conversation, service(shop), {}, config)
          yield* files.writeFileString(pathOf(name), Cassette.encode(recording))
        }
        for (const [, config] of eras) {
          const told = yield* Effect.tap(inTime(conversation, "1 minute"), Cassette.assertDone).pipe(
            Effect.provide(
              clientOn(
                Cassette.layer({ path: pathOf(name), mode: "replay" }).pipe(Layer.provide(service(shop))),
                config
              )
            )
          )
          assert.deepStrictEqual(told.replies, ["It comes tomorrow – ☀️.", "You are welcome."])
          assert.deepStrictEqual(told.tools, ["bash", "track", "weather"])
          assert.strictEqual(told.millis, 33_500)
          assert.strictEqual(told.types.filter((type) => type === "user.custom_tool_result").length, 2)
        }
        const text = yield* files.readFileString(pathOf(name))
        assert.notInclude(text, secret)
        assert.include(text, "<redacted>")
      }).pipe(Effect.provide(NodeFileSystem.layer))
  )
})

/** Records a program on a simulator. */
const record = <A, E>(
  program: Effect.Effect<A, E, ManagedAgents.Services | HttpClient.HttpClient | Cassette.Cassette>,
  http: Layer.Layer<HttpClient.HttpClient>,
  options?: Cassette.RecordOptions,
  config?: ClientConfig.Options
) =>
  Effect.gen(function*() {
    const exit = yield* Effect.exit(inTime(program, "1 minute"))
    const { recording } = yield* Cassette.Cassette
    return { exit, recording: yield* recording }
  }).pipe(Effect.provide(clientOn(Cassette.layerRecord(options).pipe(Layer.provide(http)), config)))

/** Replays it, from what is in the file. */
const replay = <A, E>(
  program: Effect.Effect<A, E, ManagedAgents.Services | HttpClient.HttpClient | Cassette.Cassette>,
  recording: Cassette.Recording,
  options?: Cassette.ReplayOptions
) =>
  Effect.flatMap(
    Cassette.decode(Cassette.encode(recording)),
    (recording) => Effect.provide(program, clientOn(Cassette.layerReplay(recording, options)))
  )

const messageOf = (exit: Exit.Exit<unknown, unknown>) =>
  Exit.isFailure(exit) ? String(Cause.squash(exit.cause)) : "no failure"

/** Says something and tells what it hears until the session is idle, and when. */
const dialog = (text: string) =>
  Effect.gen(function*() {
    const sessions = yield* Sessions.Sessions
    const events = yield* Events.Events
    const { id } = yield* sessions.create(params)
    const began = yield* Clock.currentTimeMillis
    const live = yield* events.open(id)
    yield* events.send(id, { type: "user.message", content: [{ type: "text", text }] })
    return yield* live.pipe(
      Stream.takeUntil(({ type }) => type === "session.status_idle"),
      Stream.mapEffect((event) =>
        Effect.map(Clock.currentTimeMillis, (now) => [now - began, JSON.stringify(event)] as const)
      ),
      Stream.runCollect,
      Effect.map(Chunk.toReadonlyArray),
      Effect.either
    )
  }).pipe(Effect.scoped)

const slow = AgentScript.make({ turns: [[sleep("1 minute"), say("Hello"), sleep("1 minute"), say("Bye")]] })

describe("a replay", () => {
  it.effect("is what was recorded, also when things go wrong", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(
          FastCheck.array(
            FastCheck.oneof(
              FastCheck.integer({ min: 0, max: 100_000 }).map((millis) => sleep(millis)),
              FastCheck.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).map((text) => say(`> ${text}`))
            ),
            { maxLength: 5 }
          ),
          FastCheck.constantFrom<ReadonlyArray<Fault.Fault>>(
            [],
            [{ match: { method: "POST" }, do: { status: 529 } }],
            [{ match: { method: "POST" }, do: { drop: "after" } }],
            [{ match: { method: "GET" }, do: { drop: "before" } }],
            [{ match: {}, do: { stream: { split_bytes: 7 } } }],
            [{ match: {}, do: { stream: { cut_after_events: 3 } } }],
            [{ match: {}, do: { stream: { cut_after_bytes: 250, clean: true } } }],
            [{ match: { method: "GET" }, do: { delay: 5000 } }]
          ),
          (turn, faults) =>
            Effect.gen(function*() {
              const program = Effect.exit(dialog("Hi"))
              const { exit, recording } = yield* record(
                program,
                service(AgentScript.make({ turns: [turn] }), { faults })
              )
              const again = yield* Effect.exit(
                replay(Effect.tap(inTime(program, "1 minute"), Cassette.assertDone), recording)
              )
              assert.deepStrictEqual(JSON.stringify(again), JSON.stringify(exit))
            }).pipe(Effect.provide(TestContext.TestContext), Effect.runPromise)
        ),
        { numRuns: 25 }
      )
    ))

  it.effect("has its time, unless told otherwise", () =>
    Effect.gen(function*() {
      const { exit, recording } = yield* record(dialog("Hi"), service(slow))
      const heard = yield* yield* exit
      assert.isAbove(heard.length, 5)
      // nobody moves the clock
      const at = yield* Clock.currentTimeMillis
      const again = yield* yield* replay(dialog("Hi"), recording, { timing: "none" })
      assert.deepStrictEqual(again, heard.map(([, event]) => [0, event] as const))
      assert.strictEqual(yield* Clock.currentTimeMillis, at)
    }))

  it.effect("says what differs, and is not retried", () =>
    Effect.gen(function*() {
      const { recording } = yield* record(dialog("Hi"), service(slow))
      const found = yield* replay(
        Effect.gen(function*() {
          const exit = yield* Effect.exit(dialog("Good morning"))
          const failed = yield* Effect.flip(Cassette.assertDone)
          return [messageOf(exit), failed.message] as const
        }),
        recording
      )
      const difference = "body.events[0].content[0].text: expected \"Hi\", received \"Good morning\""
      assert.include(found[0], difference)
      assert.match(found[0], /POST \/v1\/sessions\/sesn_\w+\/events \(exchange 3\) is not as recorded/)
      assert.include(found[1], difference)
      assert.include(found[1], "These requests were recorded, but not made:")
    }))

  it.effect("knows nothing of what was never asked", () =>
    Effect.gen(function*() {
      const { recording } = yield* record(dialog("Hi"), service(slow))
      const list = Effect.flatMap(Sessions.Sessions, (sessions) => Stream.runDrain(sessions.list()))
      const exit = yield* Effect.exit(replay(list, recording))
      assert.include(messageOf(exit), "GET /v1/sessions was recorded never")
      assert.include(messageOf(exit), "POST /v1/sessions (exchange 1)")
    }))
})

const post = (path: string, body: unknown) =>
  Effect.flatMap(
    HttpClient.HttpClient,
    (http) => http.execute(HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post(`http://any${path}`), body))
  )

/** A service that echoes after as many milliseconds as it is told. */
const echo = Layer.succeed(
  HttpClient.HttpClient,
  HttpClient.make((request) => {
    const text = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : "{}"
    const { millis = 0 } = JSON.parse(text) as { readonly millis?: number }
    return Effect.delay(
      Effect.sync(() =>
        HttpClientResponse.fromWeb(
          request,
          new Response(text, { headers: { "content-type": "application/json", "set-cookie": "id=1", "x-other": "1" } })
        )
      ),
      millis
    )
  })
)

const said = (body: unknown) => Effect.flatMap(post("/v1/x", body), (response) => response.json)

describe("the order of requests", () => {
  it.effect("is free where they overlapped", () =>
    Effect.gen(function*() {
      const one = { name: "one", millis: 1000 }
      const two = { name: "two", millis: 500 }
      const both = (a: unknown, b: unknown) => Effect.all([said(a), said(b)], { concurrency: 2 })
      const { recording } = yield* record(both(one, two), echo)
      const replayed = replay(Effect.tap(both(two, one), Cassette.assertDone), recording)
      const fiber = yield* Effect.fork(replayed)
      yield* TestClock.adjust("999 millis")
      assertNone(yield* Fiber.poll(fiber))
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* Fiber.join(fiber), [two, one])
    }))

  it.effect("is kept where one was answered first", () =>
    Effect.gen(function*() {
      const { recording } = yield* record(Effect.zipRight(said({ n: 1 }), said({ n: 2 })), echo)
      const exit = yield* Effect.exit(replay(said({ n: 2 }), recording))
      assert.include(messageOf(exit), "body.n: expected 1, received 2")
    }))

  it.effect("of members does not matter", () =>
    Effect.gen(function*() {
      const { recording } = yield* record(said({ a: 1, b: [2] }), echo)
      assert.deepStrictEqual(yield* replay(said({ b: [2], a: 1 }), recording), { a: 1, b: [2] })
    }))
})

describe("a recording", () => {
  it.effect("has frames wait for the request that caused them", () =>
    Effect.gen(function*() {
      const hesitant = (pause: number) =>
        Effect.gen(function*() {
          const events = yield* Events.Events
          const { id } = yield* (yield* Sessions.Sessions).create(params)
          const live = yield* events.open(id)
          const first = yield* live.pipe(
            Stream.filter(({ type }) => type === "agent.message"),
            Stream.runHead,
            Effect.zipRight(Clock.currentTimeMillis),
            Effect.fork
          )
          yield* Effect.sleep(pause)
          const sent = yield* Clock.currentTimeMillis
          yield* events.send(id, { type: "user.message", content: [{ type: "text", text: "Hi" }] })
          return (yield* Fiber.join(first)) - sent
        }).pipe(Effect.scoped)
      const { exit, recording } = yield* record(hesitant(1000), service(slow))
      assert.strictEqual(yield* exit, 60_000)
      assert.strictEqual(yield* inTime(replay(hesitant(600_000), recording), "1 minute"), 60_000)
      assert.strictEqual(yield* inTime(replay(hesitant(0), recording), "1 minute"), 60_000)
    }))

  it.effect("has no secrets, and nothing that is to be kept out", () =>
    Effect.gen(function*() {
      const token = "github_pat_0123456789"
      const told = { note: `${token} and me@example.com`, resources: [{ authorization_token: token }] }
      const asked = Effect.flatMap(HttpClient.HttpClient, (http) =>
        http.execute(
          HttpClientRequest.post(`http://user:password1@any/prefix/v1/x?api_key=${secret}`).pipe(
            HttpClientRequest.setHeaders({ "x-api-key": secret, "x-custom": "hunter22", cookie: "session=1" }),
            HttpClientRequest.bodyUnsafeJson({ ...told, said: secret })
          )
        ).pipe(Effect.flatMap((response) => response.json)))
      const redact = (text: string, name: string) => name === "note" ? text.replace(/\S+@\S+/, "<email>") : text
      const { exit, recording } = yield* record(asked, echo, { redact })
      assert.deepStrictEqual(yield* exit, { ...told, said: secret })
      const text = Cassette.encode(recording)
      for (const hidden of [secret, token, "example.com", "hunter22", "session=1", "password1", "id=1", "x-other"]) {
        assert.notInclude(text, hidden)
      }
      assert.include(text, "\"path\":\"/v1/x\"")
      const left = {
        note: "<redacted> and <email>",
        resources: [{ authorization_token: "<redacted>" }],
        said: "<redacted>"
      }
      assert.deepStrictEqual(yield* replay(asked, recording, { redact }), left)
    }))

  it.effect("has no secret of a vault or of a work item", () =>
    Effect.gen(function*() {
      const hidden = [
        "oat_the-access-token",
        "ort_the-refresh-token",
        "the-client-secret",
        "the-bearer",
        "sk_live_1",
        "d29yaw"
      ]
      const [access_token, refresh_token, client_secret, token, secret_value, secret] = hidden
      const told = {
        oauth: { type: "mcp_oauth", access_token, refresh: { refresh_token, token_endpoint_auth: { client_secret } } },
        bearer: { type: "static_bearer", token, note: `not ${token}` },
        variable: { type: "environment_variable", secret_value },
        work: { type: "work", secret },
        // these are no secrets
        others: [{ type: "work", secret: null }, { type: "custom", token: "word", secret: "word" }]
      }
      const asked = Effect.flatMap(HttpClient.HttpClient, (http) =>
        http.execute(
          HttpClientRequest.post("http://any/v1/x").pipe(HttpClientRequest.bodyUnsafeJson(told))
        ).pipe(Effect.flatMap((response) => response.json)))
      const { exit, recording } = yield* record(asked, echo)
      assert.deepStrictEqual(yield* exit, told)
      const text = Cassette.encode(recording)
      for (const one of hidden) assert.notInclude(text, String(one))
      assert.deepInclude(yield* replay(asked, recording), {
        bearer: { type: "static_bearer", token: "<redacted>", note: "not <redacted>" },
        work: { type: "work", secret: "<redacted>" },
        others: told.others
      })
    }))

  describe("with secrets in pieces", () => {
    const token = "github_pat_ABCDEF0123456789"
    const delta = (text: string, event_id = "sevt_1") => ({
      type: "event_delta",
      event_id,
      delta: { type: "content_delta", index: 0, content: { type: "text", text } }
    })

    /** The pieces of texts that are left in a recording of a stream. */
    const leftOf = (
      events: ReadonlyArray<ReturnType<typeof delta>>,
      options?: Cassette.RecordOptions
    ) =>
      Effect.gen(function*() {
        const body = events.map((event) => `event: event_delta\ndata: ${JSON.stringify(event)}\n\n`).join("")
        const stream = Layer.succeed(
          HttpClient.HttpClient,
          HttpClient.make((request) =>
            Effect.succeed(HttpClientResponse.fromWeb(
              request,
              new Response(body, { headers: { "content-type": "text/event-stream" } })
            ))
          )
        )
        const { recording } = yield* record(
          Effect.gen(function*() {
            yield* post("/v1/sessions/s/resources", { authorization_token: token })
            const http = yield* HttpClient.HttpClient
            yield* Stream.runDrain((yield* http.get("http://any/v1/sessions/s/events/stream")).stream)
          }),
          stream,
          options
        )
        return recording.entries.flatMap((entry) => {
          if (!("frame" in entry)) return []
          const event: ReturnType<typeof delta> = JSON.parse(entry.frame.split("data: ")[1] ?? "")
          assert.deepStrictEqual(Object.keys(event), ["type", "event_id", "delta"])
          return [event.delta.content.text]
        })
      })

    it.effect("has none of them", () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(
          yield* leftOf(["remote: github_p", "at_ABC", "DEF0123456789", " and so on"].map((text) => delta(text))),
          ["remote: <redacted>", "", "", " and so on"]
        )
      }))

    it.effect("keeps the texts of several events apart", () =>
      Effect.gen(function*() {
        const events = [
          delta("github_pat_ABC"),
          delta("none, ", "sevt_2"),
          delta("DEF0123456789"),
          delta("really", "sevt_2")
        ]
        assert.deepStrictEqual(yield* leftOf(events), ["<redacted>", "none, ", "", "really"])
      }))

    it.effect("has no part of one in a stream that was cut off, or that began later", () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* leftOf([delta("It is github_p"), delta("at_ABC")]), ["It is <redacted>", ""])
        assert.deepStrictEqual(yield* leftOf([delta("EF01234"), delta("56789.")]), ["<redacted>", "."])
        assert.deepStrictEqual(yield* leftOf([delta("789 git")]), ["789 git"])
      }))

    it.effect("has nothing that is to be kept out", () =>
      Effect.gen(function*() {
        const redact = (text: string, name: string) => name === "text" ? text.replace(/\S+@\S+/g, "<email>") : text
        const events = ["Ask me@exam", "ple.com or you@", "example.com today"].map((text) => delta(text))
        assert.deepStrictEqual(yield* leftOf(events, { redact }), ["Ask <email> or <email>", "", " today"])
        const all = (_: string, name: string) => name === "text" ? "<text>" : _
        assert.deepStrictEqual(yield* leftOf(events, { redact: all }), ["<text>", "", ""])
      }))
  })

  it.effect("does not notice a body that nobody reads to its end", () =>
    Effect.gen(function*() {
      const { recording } = yield* record(Effect.asVoid(post("/v1/x", {})), echo)
      yield* replay(Effect.zipRight(post("/v1/x", {}), Cassette.assertDone), recording)
    }))

  it.effect("is read as it was written", () =>
    Effect.sync(() =>
      FastCheck.assert(
        FastCheck.property(Arbitrary.make(Cassette.Recording), (recording) => {
          // JSON has no undefined and no -0
          const plain = JSON.parse(JSON.stringify(recording)) as Cassette.Recording
          const exit = Effect.runSyncExit(Cassette.decode(Cassette.encode(plain)))
          // the numbers of arbitrary exchanges make no sense
          if (Exit.isSuccess(exit)) assert.deepStrictEqual(exit.value, plain)
          else assert.match(messageOf(exit), /exchange -?\d+ has/)
        }),
        { numRuns: 50 }
      )
    ))

  it.effect("may begin with a byte order mark and have any line ends", () =>
    Effect.gen(function*() {
      const { recorded } = yield* Cassette.decode(
        "\ufeff{\"cassette\":1,\"recorded\":\"2026-01-01T00:00:00Z\"}\r\n\r\n"
      )
      assert.strictEqual(recorded, "2026-01-01T00:00:00Z")
    }))

  it.effect("that is damaged is refused with the line", () =>
    Effect.gen(function*() {
      const head = "{\"cassette\":1,\"recorded\":\"2026-01-01T00:00:00Z\"}\n"
      const why = (text: string) => Effect.map(Effect.flip(Cassette.decode(text)), ({ message }) => message)
      assert.strictEqual(yield* why(""), "the cassette is empty")
      assert.include(yield* why(head.replace("1", "2")), "line 1: expected the head of a cassette of version 1")
      assert.match(yield* why(`${head}\n{"at":1,`), /^line 3: not JSON: SyntaxError: .*$/)
      const second = (line: string) => why(`${head}${line}`)
      assert.strictEqual(
        yield* second(`{"at":1}`),
        "line 2: expected an object with one of request, response, frame, end"
      )
      assert.strictEqual(
        yield* second(`{"at":1,"exchange":"2","frame":"x"}`),
        "line 2: exchange: Expected number, actual \"2\""
      )
      assert.strictEqual(
        yield* second(`{"at":1,"exchange":1,"request":{"method":"GET","path":"/v1/x","headers":{"accept":1}}}`),
        "line 2: request.headers.accept: Expected string, actual 1"
      )
      assert.strictEqual(
        yield* second(`{"at":1,"exchange":1,"end":{"type":"gone"}}`),
        "line 2: end.type: Expected \"done\" | \"left\" | \"failed\", actual \"gone\""
      )
      assert.match(
        yield* second(`{"at":1,"exchange":1,"frames":"x","end":{"type":"left"}}`),
        /^line 2: frames: is unexpected/
      )
      assert.match(
        yield* second(`{"at":1,"exchange":1,"request":"${"x".repeat(5000)}"}`),
        /^line 2: request: .{0,200}$/
      )
      assert.strictEqual(
        yield* why(`${head}{"at":1,"exchange":7,"frame":"x"}`),
        "line 2: exchange 7 has no request yet"
      )
    }))
})

describe("a file", () => {
  const withFolder = <A, E>(
    use: (path: string, files: FileSystem.FileSystem) => Effect.Effect<A, E, FileSystem.FileSystem>
  ) =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const folder = yield* files.makeTempDirectoryScoped()
      return yield* use(`${folder}/a/b/one.jsonl`, files)
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))

  const env = (...entries: ReadonlyArray<readonly [string, string]>) =>
    Layer.setConfigProvider(ConfigProvider.fromMap(new Map(entries)))

  const on = (options: Cassette.Options) => Cassette.layer(options).pipe(Layer.provide(echo))

  it.effect("is recorded if it is not there, and then replayed", () =>
    withFolder((path, files) =>
      Effect.gen(function*() {
        yield* Effect.provide(said({ n: 1 }), on({ path }))
        assert.isTrue(yield* files.exists(path))
        assert.deepStrictEqual(yield* Effect.provide(Effect.tap(said({ n: 1 }), Cassette.assertDone), on({ path })), {
          n: 1
        })
        assert.include(messageOf(yield* Effect.exit(Effect.provide(said({ n: 2 }), on({ path })))), "body.n")
      }).pipe(Effect.provide(env(["CI", "false"])))
    ))

  it.effect("is not recorded by CI", () =>
    withFolder((path, files) =>
      Effect.gen(function*() {
        const exit = yield* Effect.exit(Effect.provide(said({ n: 1 }), on({ path })))
        assert.include(messageOf(exit), "no such cassette, and CI records none")
        assert.isFalse(yield* files.exists(path))
      }).pipe(Effect.provide(env(["CI", "true"])))
    ))

  it.effect("is left as it was by a program that fails, whose recording is beside it", () =>
    withFolder((path, files) =>
      Effect.gen(function*() {
        const record = on({ path, mode: "record" })
        yield* Effect.provide(said({ n: 1 }), record)
        const before = yield* files.readFileString(path)
        yield* Effect.exit(Effect.provide(Effect.zipRight(said({ n: 2 }), Effect.fail("no")), record))
        assert.strictEqual(yield* files.readFileString(path), before)
        assert.include(yield* files.readFileString(`${path}.failed`), "{\"n\":2}")
      })
    ))

  it.effect("is recorded by one at a time", () =>
    withFolder((path, files) =>
      Effect.gen(function*() {
        const record = on({ path, mode: "record" })
        const second = Effect.exit(Effect.provide(said({ n: 2 }), record))
        const exit = yield* Effect.provide(Effect.zipRight(said({ n: 1 }), second), record)
        assert.include(messageOf(exit), `${path}: it is being recorded already`)
        assert.deepStrictEqual(yield* files.readDirectory(path.replace(/[^/]*$/, "")), ["one.jsonl"])
        assert.include(yield* files.readFileString(path), "{\"n\":1}")
        // and then by the next
        yield* Effect.provide(said({ n: 3 }), record)
        assert.include(yield* files.readFileString(path), "{\"n\":3}")
      })
    ))

  it.effect("is not recorded in the time of a TestClock that is moved", () =>
    withFolder((path, files) =>
      Effect.gen(function*() {
        const program = Effect.zipRight(said({ n: 1 }), Effect.zipRight(TestClock.adjust("1 minute"), said({ n: 2 })))
        // a background fiber may have swallowed the defect
        const exit = yield* Effect.provide(Effect.exit(program), on({ path, mode: "record" }))
        assert.include(messageOf(exit), `${path}: the service takes real time, but the program moved its TestClock`)
        assert.deepStrictEqual(yield* files.readDirectory(path.replace(/[^/]*$/, "")), ["one.jsonl.failed"])
      })
    ))

  it.effect("that was edited by hand is refused with its name, the line and the member", () =>
    withFolder((path, files) =>
      Effect.gen(function*() {
        yield* Effect.provide(said({ n: 1 }), on({ path, mode: "record" }))
        const text = yield* files.readFileString(path)
        yield* files.writeFileString(path, text.replace("\"status\":200", "\"status\":\"200\""))
        const exit = yield* Effect.exit(Effect.provide(said({ n: 1 }), on({ path, mode: "replay" })))
        assert.include(messageOf(exit), `${path}: line 3: response.status: Expected number, actual "200"`)
      })
    ))

  it.effect("that is not there cannot be replayed", () =>
    withFolder((path) =>
      Effect.gen(function*() {
        const exit = yield* Effect.exit(Effect.provide(said({}), on({ path, mode: "replay" })))
        assert.include(messageOf(exit), path)
      })
    ))
})
