import * as Fixtures from "@effect-managed-agents/testkit/Fixtures"
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Yaml from "yaml"
import { code } from "../src/failure.ts"
import * as cli from "./utils/cli.ts"
import * as simulated from "./utils/simulated.ts"

const provide = Effect.provide(simulated.layer)

/** Makes agents that are called after numbers, the last of which a list has first. */
const makeAgents = (n: number) =>
  Effect.forEach(
    Array.from({ length: n }, (_, i) => i),
    (i) => simulated.run(["agents", "create", "--name", `Agent ${i}`, "--model", "claude-sonnet-4-6"])
  )

const names = (json: string) => JSON.parse(json).map(({ name }: { readonly name: string }) => name)

/** The requests for pages that were made. */
const pages = Effect.map(
  Effect.flatMap(Simulator.Simulator, ({ ledger }) => ledger),
  (entries) => entries.filter(({ method }) => method === "GET").length
)

const session = ["sessions", "retrieve", "--session-id", Fixtures.sessionId]

describe("one value", () => {
  it.effect("is JSON where there is no terminal, and YAML at one", () =>
    Effect.gen(function*() {
      const piped = yield* simulated.run(session)
      assert.strictEqual(JSON.parse(piped.stdout).id, Fixtures.sessionId)
      assert.include(piped.stdout, "\n  \"id\": ")
      const shown = yield* simulated.run(session, { terminal: true })
      assert.deepStrictEqual(Yaml.parse(shown.stdout), JSON.parse(piped.stdout))
      const line = yield* simulated.run([...session, "--format", "jsonl"])
      assert.deepStrictEqual(JSON.parse(line.stdout), JSON.parse(piped.stdout))
      assert.strictEqual(line.stdout.split("\n").length, 2)
    }).pipe(provide))

  it.effect("can be cut down to some fields, and to bare texts", () =>
    Effect.gen(function*() {
      const some = yield* simulated.run([
        ...session,
        "--fields",
        "id,agent.name,resources.0.type,no.such",
        "--format=jsonl"
      ])
      assert.deepStrictEqual(JSON.parse(some.stdout), {
        id: Fixtures.sessionId,
        "agent.name": Fixtures.agent.name,
        "resources.0.type": "file",
        "no.such": null
      })
      const raw = yield* simulated.run([...session, "--fields", "id,agent.version", "-r"])
      assert.strictEqual(raw.stdout, `${Fixtures.sessionId}\t1\n`)
      const table = yield* simulated.run([...session, "--fields", "id,status", "--format", "table"])
      assert.strictEqual(table.stdout, `ID                             STATUS\n${Fixtures.sessionId}  idle\n`)
    }).pipe(provide))

  it.effect("has no control characters at a terminal", () =>
    Effect.gen(function*() {
      const title = "\u001b]0;owned\u0007\u001b[2J"
      const created = yield* simulated.run(
        ["sessions", "update", "--session-id", Fixtures.sessionId, "--title", title],
        {
          terminal: true
        }
      )
      assert.strictEqual(created.code, 0, created.stderr)
      assert.notInclude(created.stdout, "\u001b]")
      assert.notInclude(created.stdout, "\u001b[2J")
      const table = yield* simulated.run(["sessions", "list"], { terminal: true })
      assert.notInclude(table.stdout, "\u001b")
    }).pipe(provide))

  it.effect("may come after flags that stand before the command", () =>
    Effect.gen(function*() {
      const { stdout } = yield* simulated.run(["--format", "jsonl", "-r", "--fields=id", ...session])
      assert.strictEqual(stdout, `${Fixtures.sessionId}\n`)
    }).pipe(provide))
})

describe("a list", () => {
  it.effect("has all pages, in every format", () =>
    Effect.gen(function*() {
      yield* makeAgents(5)
      const list = (format: string) =>
        Effect.map(simulated.run(["agents", "list", "--limit", "2", "--format", format]), ({ stdout }) => stdout)
      const all = ["Agent 4", "Agent 3", "Agent 2", "Agent 1", "Agent 0"]
      const json = yield* list("json")
      assert.deepStrictEqual(names(json).slice(0, 5), all)
      assert.deepStrictEqual(
        (yield* list("jsonl")).trim().split("\n").map((line) => JSON.parse(line)),
        JSON.parse(json)
      )
      assert.deepStrictEqual(Yaml.parse(yield* list("yaml")), JSON.parse(json))
      const [head, first] = (yield* list("table")).split("\n")
      assert.match(head!, /^ID +VERSION +TYPE +NAME +CREATED_AT$/)
      assert.include(first, "Agent 4")
    }).pipe(provide))

  it.effect("is read no further than it is shown", () =>
    Effect.gen(function*() {
      yield* makeAgents(5)
      const { stdout } = yield* simulated.run(["agents", "list", "--limit", "2", "--max-items", "3"])
      assert.deepStrictEqual(names(stdout), ["Agent 4", "Agent 3", "Agent 2"])
      assert.strictEqual(yield* pages, 2)
    }).pipe(provide))

  it.effect("is an empty list where there is nothing", () =>
    Effect.gen(function*() {
      const { stdout } = yield* simulated.run(["deployments", "list", "--format", "json"])
      assert.strictEqual(stdout, "[]\n")
    }).pipe(provide))

  it.effect("is valid JSON when the second page fails", () =>
    Effect.gen(function*() {
      yield* makeAgents(3)
      const ended = yield* simulated.run(["agents", "list", "--limit", "2", "--page", "nonsense"])
      assert.strictEqual(ended.code, code.refused)
      assert.deepStrictEqual(JSON.parse(ended.stdout), [])
    }).pipe(provide))

  it.effect("is valid JSON when it is interrupted, and asks for no more pages when its reader has gone", () =>
    Effect.gen(function*() {
      yield* makeAgents(5)
      for (const limit of [0, 1, 2, 3]) {
        let items = 0
        let stdout = ""
        const fiber = yield* Effect.fork(
          Effect.suspend(() =>
            simulated.run(["agents", "list", "--limit", "1", "--format", "json"], {
              onWrite: (text) => {
                stdout += text
                items += text.includes("\"id\": \"agent_") ? 1 : 0
                if (items >= limit) fiber.unsafeInterruptAsFork(fiber.id())
              }
            })
          )
        )
        yield* Fiber.await(fiber)
        assert.strictEqual(JSON.parse(stdout).length, items)
        assert.isBelow(items, 5)
      }
      const before = yield* pages
      const gone = yield* simulated.run(["agents", "list", "--limit", "1"], {
        onWrite: (text) => !text.includes("Agent 3")
      })
      assert.strictEqual(gone.code, code.done)
      assert.strictEqual(gone.stderr, "")
      assert.strictEqual((yield* pages) - before, 2)
    }).pipe(provide))

  it.effect("of models is paged by their ids", () =>
    Effect.gen(function*() {
      const all = yield* simulated.run(["models", "list", "--fields", "id", "-r"])
      const paged = yield* simulated.run(["models", "list", "--fields", "id", "-r", "--limit", "1"])
      assert.strictEqual(paged.stdout, all.stdout)
      assert.isAbove(all.stdout.split("\n").length, 2)
    }).pipe(provide))
})

describe("a stream", () => {
  it.effect("prints events as they come", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const fiber = yield* Effect.fork(simulated.run(
        ["events", "stream", "--session-id", Fixtures.sessionId, "--event-delta", "agent.message"],
        { onWrite: (text) => void lines.push(text) }
      ))
      const simulator = yield* Simulator.Simulator
      yield* Effect.repeat(simulator.openStreams(), { until: (n) => n > 0 })
      const sent = yield* simulated.run(["events", "send", "--session-id", Fixtures.sessionId], {
        input: "events: [{type: user.message, content: [{type: text, text: Hi}]}]"
      })
      assert.strictEqual(sent.code, 0, sent.stderr)
      yield* Effect.repeat(Effect.yieldNow(), {
        until: () => lines.some((line) => line.includes("session.status_idle"))
      })
      const types = lines.map((line) => JSON.parse(line).type)
      assert.include(types, "event_delta")
      assert.isBelow(types.indexOf("event_start"), types.indexOf("agent.message"))
      yield* Fiber.interrupt(fiber)
    }).pipe(provide))
})

describe("help", () => {
  it.effect("is for the program, a group and a command, without colours where there is no terminal", () =>
    Effect.gen(function*() {
      const root = yield* cli.run([])
      assert.include(root.stdout, "sessions:events                list, send, stream\n")
      assert.notInclude(root.stdout, "\u001b")
      assert.strictEqual((yield* cli.run(["--help"])).stdout, root.stdout)
      assert.include((yield* cli.run(["--help"], { terminal: true })).stdout, "\u001b[0;1mUSAGE")
      const group = yield* cli.run(["beta:sessions", "--help"])
      assert.include(group.stdout, "create    POST /v1/sessions\n")
      const command = yield* cli.run(["sessions", "create", "--agent", "x", "-h"])
      assert.include(command.stdout, "$ managed-agents sessions create [flags] [< body.yaml]\n")
      assert.include(command.stdout, "(--vault-id, --vault-ids text)...")
      assert.include(command.stdout, "The environment of the sandbox. Required.")
    }))

  it.effect("has completions for shells, and the version", () =>
    Effect.gen(function*() {
      const { code, stdout } = yield* cli.run(["--completions", "bash"])
      assert.strictEqual(code, 0)
      assert.include(stdout, "--environment-id")
      assert.strictEqual((yield* cli.run(["--version"])).stdout.trim(), "0.1.0")
    }))
})
