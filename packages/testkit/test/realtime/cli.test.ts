// the other process lives in real time
// @effect-diagnostics globalFetch:off
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import * as Net from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Fixtures from "../../src/Fixtures.ts"
import * as flags from "../../src/internal/node/flags.ts"
import * as cli from "../utils/cli.ts"
import type { Json } from "../utils/wire.ts"
import { headers, message } from "../utils/wire.ts"

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

describe("flags", () => {
  it("have the documented defaults", () => {
    assert.deepStrictEqual(Either.getOrThrow(flags.parse([])), {
      port: 8787,
      host: "127.0.0.1",
      seed: 0,
      clock: "real",
      fixtures: "docs",
      scripts: undefined,
      pace: 0,
      webhook: undefined,
      "webhook-secret": "whsec_c2ltdWxhdG9y"
    })
  })

  it("are read in both notations", () => {
    assert.deepStrictEqual(
      Either.getOrThrow(flags.parse(
        ("--port 0 --host=::1 --seed -5 --clock=virtual --fixtures none --scripts=a=b.json --pace 1.5s " +
          "--webhook http://x/y --webhook-secret whsec_eA==").split(" ")
      )),
      {
        port: 0,
        host: "::1",
        seed: -5,
        clock: "virtual",
        fixtures: "none",
        scripts: "a=b.json",
        pace: 1500,
        webhook: "http://x/y",
        "webhook-secret": "whsec_eA=="
      }
    )
    assert.strictEqual(Either.getOrThrow(flags.parse(["--port", "1", "--help"])), "help")
  })

  it("say in one line what is wrong", () => {
    const cases: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
      [["--prot", "1"], "Unknown flag --prot; see --help"],
      [["8787"], "Unknown flag 8787; see --help"],
      [["-p", "1"], "Unknown flag -p; see --help"],
      [["--constructor=1"], "Unknown flag --constructor=1; see --help"],
      [["--port"], "--port needs a value"],
      [["--port="], "--port must be an integer from 0 to 65535, not \"\""],
      [["--port", "65536"], "--port must be an integer from 0 to 65535, not \"65536\""],
      [["--port", "1e3"], "--port must be an integer from 0 to 65535, not \"1e3\""],
      [["--seed", "x"], "--seed must be an integer from -9007199254740991 to 9007199254740991, not \"x\""],
      [["--clock", "unreal"], "--clock must be real or virtual, not \"unreal\""],
      [["--fixtures", ""], "--fixtures must be docs or none, not \"\""],
      [["--host="], "--host needs a value"],
      [["--scripts="], "--scripts needs a value"],
      [["--pace", "5"], "--pace must be a duration such as 500ms, 2s or 1m, not \"5\""],
      [["--webhook", "x"], "--webhook must be a URL such as http://127.0.0.1:3000/hook, not \"x\""],
      [["--webhook-secret", "sesame"], "--webhook-secret must be whsec_ and base64"],
      [["--port", "1", "--port=2"], "--port is given twice"]
    ]
    for (const [args, expected] of cases) {
      assert.strictEqual(Either.getOrThrow(Either.flip(flags.parse(args))).message, expected)
    }
  })
})

describe("the command line", () => {
  it.scopedLive("says one line when it listens, and ends open streams at a signal", () =>
    Effect.gen(function*() {
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        const simulator = yield* cli.serve("--seed", "42")
        assert.match(simulator.stdout(), /^Simulator listening on http:\/\/127\.0\.0\.1:\d+\n$/)
        assert.strictEqual((yield* call(`${simulator.url}/_sim/health`)).seed, 42)
        const stream = yield* Effect.promise(() =>
          fetch(`${simulator.url}/v1/sessions/${Fixtures.sessionId}/events/stream`, { headers })
        )
        assert.strictEqual(stream.status, 200)
        simulator.process.kill(signal)
        // to its end, not to a broken connection
        assert.strictEqual(yield* Effect.promise(() => stream.text()), "")
        assert.strictEqual(yield* simulator.exit, 0)
        assert.match(simulator.stdout(), /^Simulator listening on \S+\n$/)
        assert.strictEqual(simulator.stderr(), "")
      }
    }))

  it.scopedLive(
    "answers no differently for the same seed and the same requests in virtual time",
    () =>
      Effect.gen(function*() {
        const bytes = Effect.gen(function*() {
          const { url } = yield* cli.serve("--clock", "virtual", "--seed", "1")
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
      const { url } = yield* cli.serve("--fixtures", "none", "--scripts", file)
      assert.deepStrictEqual((yield* call(`${url}/v1/sessions`)).data, [])
      yield* call(`${url}/_sim/environments/env_1`, "PUT")
      const session = yield* call(`${url}/v1/sessions`, "POST", { agent: "agent_mine", environment_id: "env_1" })
      yield* call(`${url}/v1/sessions/${session.id}/events`, "POST", { events: [message("Hi")] })
      assert.include(JSON.stringify(yield* call(`${url}/v1/sessions/${session.id}/events`)), "\"Mine\"")
    }))

  it.scopedLive("has time for a stream that is opened after the message was sent", () =>
    Effect.gen(function*() {
      // nothing happens before the clock is moved, so nothing is a race
      const { url } = yield* cli.serve("--clock", "virtual", "--pace", "300ms")
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
        [["--nonsense"], "Unknown flag --nonsense; see --help"],
        [["--port", String(port)], `Port ${port} of 127.0.0.1 is taken`],
        [["--host", "192.0.2.1"], "192.0.2.1 is not an address of this machine"],
        [["--scripts", "/nowhere.json"], "/nowhere.json: cannot be read (ENOENT)"],
        [["--scripts", text], `${text}: is not JSON: line 1, column 2: unexpected end`],
        [["--scripts", list], `${list}: is not an object of scripts by agent id`],
        [["--scripts", malformed], `${malformed}: agent_1: turns[0][0].say: `]
      ]
      yield* Effect.forEach(cases, ([args, expected]) =>
        Effect.gen(function*() {
          const ended = yield* cli.run(...(args.includes("--port") ? [] : ["--port", "0"]), ...args)
          assert.strictEqual(yield* ended.exit, 1, expected)
          assert.strictEqual(ended.stdout(), "")
          assert.isTrue(ended.stderr().startsWith(`managed-agents-simulator: ${expected}`), ended.stderr())
          assert.strictEqual(ended.stderr().split("\n").length, 2, ended.stderr())
        }), { concurrency: 3 })
    }))

  it.scopedLive("prints its usage on request", () =>
    Effect.gen(function*() {
      const help = yield* cli.run("--help")
      assert.strictEqual(yield* help.exit, 0)
      assert.strictEqual(help.stdout(), flags.usage)
      assert.strictEqual(help.stderr(), "")
    }))
})
