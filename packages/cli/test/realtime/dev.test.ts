// the other process lives in real time
// @effect-diagnostics globalFetch:off
import Anthropic from "@anthropic-ai/sdk"
import * as Fixtures from "@effect-managed-agents/testkit/Fixtures"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import * as Http from "node:http"
import * as Net from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as cli from "../utils/cli.ts"
import * as program from "../utils/program.ts"

/** Whatever JSON a test looks into. */
// tests index into answers freely; what they find is asserted
type Json = any

const headers = {
  "x-api-key": "test-key",
  "anthropic-version": "2023-06-01",
  "anthropic-beta": "managed-agents-2026-04-01",
  "content-type": "application/json"
}

const message = (text: string) => ({ type: "user.message", content: [{ type: "text", text }] })

const call = (url: string, method = "GET", body?: unknown) =>
  Effect.promise(async (): Promise<Json> => {
    const response = await fetch(url, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) })
    })
    return response.json()
  })

const tempFile = (text: string | Uint8Array) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() => mkdtemp(join(tmpdir(), "simulator-"))),
      (directory) => Effect.promise(() => rm(directory, { recursive: true }))
    ),
    (directory) => join(directory, "scripts.json")
  ).pipe(Effect.tap((file) => Effect.promise(() => writeFile(file, text))))

describe("dev", () => {
  it.scopedLive("says one line when it listens, and ends open streams at a signal", () =>
    Effect.gen(function*() {
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        const simulator = yield* program.serve("--seed", "42")
        assert.match(simulator.stdout(), /^Simulator listening on http:\/\/127\.0\.0\.1:\d+\n/)
        assert.strictEqual((yield* call(`${simulator.url}/_sim/health`)).seed, 42)
        const stream = yield* Effect.promise(() =>
          fetch(`${simulator.url}/v1/sessions/${Fixtures.sessionId}/events/stream`, { headers })
        )
        assert.strictEqual(stream.status, 200)
        simulator.process.kill(signal)
        // to its end, not to a broken connection
        assert.strictEqual(yield* Effect.promise(() => stream.text()), "")
        assert.strictEqual(yield* simulator.exit, 0)
        assert.match(simulator.stdout(), /^Simulator listening on \S+\n/)
        assert.strictEqual(simulator.stderr(), "")
      }
    }))

  it.scopedLive(
    "answers no differently for the same seed and the same requests in virtual time",
    () =>
      Effect.gen(function*() {
        const bytes = Effect.gen(function*() {
          const { url } = yield* program.serve("--clock", "virtual", "--seed", "1")
          const session = yield* call(`${url}/v1/sessions`, "POST", {
            agent: Fixtures.agentId,
            environment_id: Fixtures.environmentId
          })
          yield* call(`${url}/v1/sessions/${session.id}/events`, "POST", { events: [message("Hi")] })
          assert.deepStrictEqual(yield* call(`${url}/_sim/clock/advance`, "POST", { millis: 3_600_000 }), {
            now: "2026-03-15T11:00:00Z"
          })
          const events = yield* call(`${url}/v1/sessions/${session.id}/events`)
          assert.include(JSON.stringify(events), "You said: Hi")
          return JSON.stringify([session, events, yield* call(`${url}/v1/sessions`)])
        })
        const [first, second] = yield* Effect.all([bytes, bytes], { concurrency: 2 })
        assert.strictEqual(first, second)
      }),
    60_000
  )

  it.scopedLive("plays the scripts of a file, and can start without fixtures", () =>
    Effect.gen(function*() {
      // as an editor on Windows writes it
      const scripts = JSON.stringify({ agent_mine: { turns: [[{ say: "Mine" }]] } }, null, 2).replaceAll("\n", "\r\n")
      const file = yield* tempFile(`\ufeff${scripts}`)
      const { url } = yield* program.serve("--fixtures", "none", "--scripts", file)
      assert.deepStrictEqual((yield* call(`${url}/v1/sessions`)).data, [])
      yield* call(`${url}/_sim/environments/env_1`, "PUT")
      const session = yield* call(`${url}/v1/sessions`, "POST", { agent: "agent_mine", environment_id: "env_1" })
      yield* call(`${url}/v1/sessions/${session.id}/events`, "POST", { events: [message("Hi")] })
      assert.include(JSON.stringify(yield* call(`${url}/v1/sessions/${session.id}/events`)), "\"Mine\"")
    }))

  it.scopedLive("has time for a stream that is opened after the message was sent", () =>
    Effect.gen(function*() {
      // nothing happens before the clock is moved, so nothing is a race
      const { url } = yield* program.serve("--clock", "virtual", "--pace", "300ms")
      const session = `${url}/v1/sessions/${Fixtures.sessionId}`
      yield* call(`${session}/events`, "POST", { events: [message("Hi")] })
      const stream = yield* Effect.promise(() => fetch(`${session}/events/stream`, { headers }))
      yield* call(`${url}/_sim/clock/advance`, "POST", { millis: 300 })
      yield* call(`${session}/archive`, "POST")
      const text = yield* Effect.promise(() => stream.text())
      assert.deepStrictEqual([...text.matchAll(/^event: (.*)$/gm)].map(([, type]) => type), [
        "agent.message",
        "span.model_request_end",
        "session.thread_status_idle",
        "session.usage",
        "session.status_idle",
        "session.status_terminated"
      ])
    }))

  it.scopedLive("says in one line why it does not start", () =>
    Effect.gen(function*() {
      const taken = yield* Effect.acquireRelease(
        Effect.promise(() =>
          new Promise<Net.Server>((resolve) => {
            const server: Net.Server = Net.createServer().listen(0, "127.0.0.1", () => resolve(server))
          })
        ),
        (server) => Effect.sync(() => server.close())
      )
      const { port } = taken.address() as Net.AddressInfo
      const malformed = yield* tempFile("{ \"agent_1\": { \"turns\": [[{ \"say\": 1 }]] } }")
      const list = yield* tempFile("[]")
      const text = yield* tempFile("{")
      const cases: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
        [["--record", "x.jsonl"], "--record needs --upstream"],
        [["--port", String(port)], `Port ${port} of 127.0.0.1 is taken`],
        [["--host", "192.0.2.1"], "192.0.2.1 is not an address of this machine"],
        [["--scripts", "/nowhere.json"], "/nowhere.json: there is no such file"],
        [["--scripts", text], `${text}: is not JSON: line 1, column 2: unexpected end`],
        [["--scripts", list], `${list}: is not an object of scripts by agent id`],
        [["--scripts", malformed], `${malformed}: agent_1: turns[0][0].say: `]
      ]
      yield* Effect.forEach(cases, ([args, expected]) =>
        Effect.gen(function*() {
          const ended = yield* cli.run(["dev", ...(args.includes("--port") ? [] : ["--port", "0"]), ...args])
          assert.strictEqual(ended.code, 2, expected)
          assert.strictEqual(ended.stdout, "")
          assert.isTrue(ended.stderr.startsWith(`managed-agents: ${expected}`), ended.stderr)
          assert.strictEqual(ended.stderr.split("\n").length, 2, ended.stderr)
        }))
    }))

  it.scopedLive("signs the webhooks that it posts", () =>
    Effect.gen(function*() {
      const arrived = yield* Deferred.make<{ body: string; headers: Http.IncomingHttpHeaders }>()
      const hook = yield* Effect.acquireRelease(
        Effect.async<Http.Server>((resume) => {
          const server = Http.createServer((request, response) => {
            let body = ""
            request.setEncoding("utf8").on("data", (text) => body += text).on("end", () => {
              Deferred.unsafeDone(arrived, Effect.succeed({ body, headers: request.headers }))
              response.writeHead(204).end()
            })
          })
          server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close())
      )
      const { port } = hook.address() as Net.AddressInfo
      const secret = `whsec_${btoa("a secret of thirty-two characters")}`
      const { url } = yield* program.serve("--webhook", `http://127.0.0.1:${port}/hook`, "--webhook-secret", secret)
      const client = new Anthropic({ apiKey: "sk-test", maxRetries: 0, baseURL: url, webhookKey: secret })
      const agent = yield* Effect.promise(() => client.beta.agents.create({ name: "A", model: "claude-opus-5-5" }))
      const { body, headers } = yield* Deferred.await(arrived)
      const event = client.beta.webhooks.unwrap(body, { headers: headers as Record<string, string> })
      assert.deepStrictEqual([event.data.type, event.data.id], ["agent.created", agent.id])
    }))

  it.scopedLive("reads scripts again when they change, and keeps them when they are wrong", () =>
    Effect.gen(function*() {
      const script = (text: string) => JSON.stringify({ [Fixtures.agentId]: { turns: [], otherwise: [{ say: text }] } })
      const file = yield* tempFile(script("before"))
      const dev = yield* program.serve("--scripts", file)
      const session = `${dev.url}/v1/sessions/${Fixtures.sessionId}/events`
      const ask = Effect.gen(function*() {
        yield* call(session, "POST", { events: [message("Hi")] })
        return JSON.stringify(yield* call(session))
      })
      const warned = (text: string) => program.wrote(dev.stderr, text)
      assert.include(yield* ask, "before")
      yield* Effect.promise(() => writeFile(file, script("after")))
      yield* warned(`Read ${file} again\n`)
      assert.include(yield* ask, "after")
      yield* Effect.promise(() => writeFile(file, "{"))
      yield* warned("is not JSON: line 1, column 2: unexpected end; the scripts stay as they were\n")
      assert.include(yield* ask, "after")
    }))
})

/** Bytes that are no text in any encoding. */
const bytes = Uint8Array.from({ length: 1024 }, (_, n) => (n * 167) % 256)

/** What a program of the official SDK sees. */
const converse = (baseURL: string) =>
  Effect.promise(async () => {
    const client = new Anthropic({ apiKey: "sk-ant-client-secret", maxRetries: 0, baseURL })
    const agent = await client.beta.agents.create({ name: "Recorded", model: "claude-opus-5-5" })
    const environment = await client.beta.environments.create({ name: "Sandbox" })
    const session = await client.beta.sessions.create({ agent: agent.id, environment_id: environment.id })
    const stream = await client.beta.sessions.events.stream(session.id)
    await client.beta.sessions.events.send(session.id, {
      events: [{ type: "user.message", content: [{ type: "text", text: "Hi" }] }]
    })
    const seen: Array<unknown> = []
    for await (const event of stream) {
      seen.push(event)
      if (event.type === "session.status_idle") break
    }
    const refused = await client.beta.sessions.retrieve("sesn_none").catch((
      error: { status: number; message: string }
    ) => [
      error.status,
      error.message
    ])
    const listed: Array<unknown> = []
    for await (const event of client.beta.sessions.events.list(session.id, { limit: 2 })) listed.push(event)
    const file = await client.beta.files.upload({ file: await Anthropic.toFile(bytes, "noise.bin") })
    const back = await client.beta.files.download(file.id).then((response) => response.arrayBuffer())
    return { agent, environment, session, seen, refused, listed, file, back: Buffer.from(back).toString("base64") }
  })

/** The first line of a run in this process, which then is ended. */
const firstLine = (...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const said = yield* Deferred.make<string>()
    const onWrite = (text: string) => Deferred.unsafeDone(said, Effect.succeed(text))
    return yield* Effect.raceFirst(Deferred.await(said), Effect.map(cli.run(args, { onWrite }), ({ stderr }) => stderr))
  })

describe("a recording proxy", () => {
  it.scopedLive("is in front of the API itself where no address is given", () =>
    Effect.gen(function*() {
      const file = yield* tempFile("")
      const expected =
        /^(Listening|Recording) on http:\/\/127\.0\.0\.1:\d+, in front of https:\/\/api\.anthropic\.com\n$/
      assert.match(yield* firstLine("dev", "--port", "0", "--upstream"), expected)
      assert.match(yield* firstLine("dev", "--upstream", "--port", "0"), expected)
      assert.match(yield* firstLine("dev", "--port", "0", "--upstream", "--record", file), expected)
    }))

  it.effect("says what is wrong with its address or its credential, and not what that is", () =>
    Effect.gen(function*() {
      const cases: ReadonlyArray<readonly [string, string, string]> = [
        ["https://user:secret@api.test", "sk-ant", "--upstream: put a user name or password into a header instead"],
        [
          "https://api.test?key=secret",
          "sk-ant",
          "--upstream: expected an http or https URL without query or fragment"
        ],
        ["https://api.test", "sk-secret\u2026", "ANTHROPIC_API_KEY: contains characters that cannot stand in a header"]
      ]
      for (const [url, key, expected] of cases) {
        const { code, stderr, stdout } = yield* cli.run(["dev", "--port", "0", "--upstream", url], {
          env: { ANTHROPIC_API_KEY: key }
        })
        assert.deepStrictEqual([code, stdout], [2, ""])
        assert.include(stderr, expected)
        assert.notInclude(stderr, "secret")
      }
    }))

  it.scopedLive("is transparent to the official SDK, and its recording answers identically", () =>
    Effect.gen(function*() {
      const upstream = yield* program.serve("--pace", "20ms")
      const cassette = yield* tempFile("")
      const recording = yield* program.serve("--record", cassette, "--upstream", upstream.url)
      const first = yield* converse(recording.url)
      assert.include(JSON.stringify(first.seen), "You said: Hi")
      const noise = Buffer.from(bytes).toString("base64")
      assert.strictEqual(first.back, noise)
      recording.process.kill("SIGINT")
      assert.strictEqual(yield* recording.exit, 0)
      assert.include(recording.stderr(), `Wrote ${cassette}\n`)
      const written = yield* Effect.promise(() => readFile(cassette, "utf8"))
      assert.notInclude(written, "sk-ant-client-secret")
      // as it was sent, and as it came back
      assert.strictEqual(written.split(noise).length, 3)
      upstream.process.kill("SIGINT")
      yield* upstream.exit
      const replay = yield* program.serve("--replay", cassette)
      assert.deepStrictEqual(yield* converse(replay.url), first)
      // what was not recorded is an error that says so
      const other = yield* Effect.promise(() => fetch(`${replay.url}/v1/agents?limit=1`, { headers }))
      assert.strictEqual(other.status, 502)
      assert.include(replay.stderr(), "GET /v1/agents?limit=1: ")
    }))

  it.scopedLive("adds the credential of its own process, and gives it to no page", () =>
    Effect.gen(function*() {
      const key = "sk-ant-of-the-process"
      const asked: Array<Http.IncomingHttpHeaders> = []
      const upstream = yield* Effect.acquireRelease(
        Effect.async<Http.Server>((resume) => {
          const server = Http.createServer((request, response) => {
            asked.push(request.headers)
            response.writeHead(200, { "content-type": "application/json" }).end("{}")
          })
          server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close())
      )
      const { port } = upstream.address() as Net.AddressInfo
      const dev = yield* program.run(["dev", "--port", "0", "--upstream", `http://127.0.0.1:${port}`], {
        ANTHROPIC_API_KEY: key
      })
      yield* Effect.repeat(Effect.sleep("20 millis"), { until: () => dev.stdout().includes("\n") })
      const url = /on (\S+),/.exec(dev.stdout())?.[1] ?? ""
      const ask = (more: Record<string, string>, method = "GET") =>
        Effect.async<readonly [number | undefined, string]>((resume) => {
          Http.request(`${url}/v1/models`, { headers: more, method }, (response) => {
            let text = ""
            response.setEncoding("utf8").on("data", (chunk) => text += chunk)
            response.on("end", () => resume(Effect.succeed([response.statusCode, text])))
          }).end()
        })
      assert.deepStrictEqual(yield* ask({}), [200, "{}"])
      assert.strictEqual(asked[0]?.["x-api-key"], key)
      yield* ask({ "x-api-key": "sk-own" })
      assert.strictEqual(asked[1]?.["x-api-key"], "sk-own")
      const strangers = [
        { origin: "https://evil.test" },
        { origin: "null" },
        { host: "evil.test" },
        { "sec-fetch-site": "cross-site" }
      ]
      for (const stranger of strangers) {
        const [status, text] = yield* ask(stranger)
        assert.strictEqual(status, 403, JSON.stringify(stranger))
        assert.notInclude(text, key)
      }
      // what needs no permission of the server to be sent by a page, should its browser not say where it is from
      for (const type of ["application/x-www-form-urlencoded", "text/plain;charset=UTF-8"]) {
        assert.strictEqual((yield* ask({ "content-type": type }, "POST"))[0], 415, type)
      }
      assert.strictEqual(asked.length, 2)
      assert.notInclude(dev.stdout() + dev.stderr(), key)
    }))
})
