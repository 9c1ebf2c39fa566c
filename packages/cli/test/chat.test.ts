import * as Api from "@effect-managed-agents/core/Api"
import * as Fault from "@effect-managed-agents/testkit/Fault"
import * as Fixtures from "@effect-managed-agents/testkit/Fixtures"
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as SimulatorHttpClient from "@effect-managed-agents/testkit/SimulatorHttpClient"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as TestClock from "effect/TestClock"
import { join } from "node:path"
import { code } from "../src/failure.ts"
import { Keyboard } from "../src/keyboard.ts"
import type * as cli from "./utils/cli.ts"
import * as simulated from "./utils/simulated.ts"

const lookUp = {
  type: "custom",
  name: "look_up",
  description: "Looks things up",
  input_schema: { type: "object" }
} as const

const provide = (script: Simulator.AgentOptions["script"], faults: Fault.Plan = []) =>
  Effect.provide(Layer.merge(
    Layer.provideMerge(
      SimulatorHttpClient.layer,
      Simulator.layer({
        faults,
        fixtures: Fixtures.withTools(Fixtures.docs, [lookUp]),
        ...(script !== undefined && { agents: { [Fixtures.agentId]: { script } } })
      })
    ),
    NodeContext.layer
  ))

/** Has a conversation whose lines come from a file. */
const converse = (args: ReadonlyArray<string>, ...lines: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    let shown = ""
    const left = [...lines]
    const keyboard = Layer.succeed(
      Keyboard,
      Effect.succeed({
        isPerson: false,
        next: Effect.sync(() => Option.fromNullable(left.shift())),
        show: (text: string) => Effect.sync(() => void (shown += text)),
        prompt: () => Effect.void,
        onInterrupt: () => Effect.void
      })
    )
    const ended: cli.Ended = yield* simulated.run(["chat", ...args], { keyboard })
    return { ...ended, shown }
  })

const fresh = ["--agent", Fixtures.agentId, "--environment-id", Fixtures.environmentId]

const sent = Effect.map(
  Effect.flatMap(Simulator.Simulator, ({ ledger }) => ledger),
  (entries) =>
    entries.flatMap(({ body, method, path }) =>
      method === "POST" && path.endsWith("/events")
        ? [(body as { readonly events: ReadonlyArray<unknown> }).events]
        : []
    ).flat()
)

describe("chat", () => {
  it.effect("asks about calls, and takes results of custom tools", () =>
    Effect.gen(function*() {
      const { code, shown, stderr } = yield* converse(fresh, "Do it", "y", "42 pieces", "Again", "n: not now", "none")
      assert.strictEqual(code, 0, stderr)
      const lines = shown.split("\n").slice(1)
      assert.deepStrictEqual(lines.filter((line) => !line.includes("tokens in")), [
        "you    Do it",
        "call   bash {\"command\":\"ls\"}",
        "asks   bash {\"command\":\"ls\"}",
        "allowed",
        "result a.txt",
        "call   look_up {\"id\":1}",
        "asks   look_up {\"id\":1}",
        "result 42 pieces",
        "agent  It says: 42 pieces",
        "you    Again",
        "call   bash {\"command\":\"ls\"}",
        "asks   bash {\"command\":\"ls\"}",
        "denied: not now",
        "result Permission to use bash has been rejected. Rejection message: not now",
        "call   look_up {\"id\":1}",
        "asks   look_up {\"id\":1}",
        "result none",
        "agent  It says: none",
        ""
      ])
      assert.strictEqual(lines.filter((line) => /^\d+ tokens in, \d+ out/.test(line)).length, 2)
    }).pipe(provide({
      turns: [],
      otherwise: [
        { tool: { name: "bash", input: { command: "ls" }, permission: "ask", result: "a.txt" } },
        { custom_tool: { name: "look_up", input: { id: 1 } } },
        { say: "It says: {{result}}" }
      ]
    })))

  it.effect("interrupts once the message has arrived, however early Ctrl-C is pressed", () =>
    Effect.gen(function*() {
      const isOver = yield* Deferred.make<void>()
      const lines = ["Wait for me"]
      let press: (() => void) | undefined
      const keyboard = Layer.succeed(
        Keyboard,
        Effect.succeed({
          isPerson: true,
          next: Effect.suspend(() => {
            const line = lines.shift()
            if (line !== undefined) return Effect.succeedSome(line)
            press?.()
            return Effect.as(Deferred.await(isOver), Option.none<string>())
          }),
          show: (text: string) => text.includes("Interrupted.") ? Deferred.succeed(isOver, undefined) : Effect.void,
          prompt: () => Effect.void,
          onInterrupt: (handler: () => void) => Effect.sync(() => void (press = handler))
        })
      )
      const fiber = yield* Effect.fork(simulated.run(["chat", ...fresh], { keyboard }))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(fiber)).code, 0)
      assert.deepStrictEqual((yield* sent).map((event) => Predicate.hasProperty(event, "type") && event.type), [
        "user.message",
        "user.interrupt"
      ])
    }).pipe(provide(
      { turns: [], otherwise: [{ sleep: 3_600_000 }] },
      [Fault.delay("2 seconds", { match: Fault.on(Api.events.send, { times: 1 }) })]
    )))

  it.scoped("sends files with a message", () =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const folder = yield* files.makeTempDirectoryScoped()
      const [image, text, binary] = ["a.png", "notes.md", "x.bin"].map((name) => join(folder, name)) as [
        string,
        string,
        string
      ]
      yield* files.writeFile(image, Uint8Array.from([137, 80]))
      yield* files.writeFileString(text, "# Notes")
      yield* files.writeFile(binary, Uint8Array.from([0]))
      const { shown } = yield* converse(
        fresh,
        `/attach ${image}`,
        `/attach ${text}`,
        `/attach ${binary}`,
        "/attach /nowhere/x",
        "Look",
        "And now"
      )
      assert.include(shown, `${binary}: is no image, no PDF and no text\n`)
      assert.include(shown, "/nowhere/x: cannot be read (there is no such file)\n")
      assert.deepStrictEqual(yield* sent, [
        {
          type: "user.message",
          content: [
            { type: "image", source: { type: "base64", media_type: "image/png", data: "iVA=" } },
            {
              type: "document",
              source: { type: "text", media_type: "text/plain", data: "# Notes" },
              title: "notes.md"
            },
            { type: "text", text: "Look" }
          ]
        },
        { type: "user.message", content: [{ type: "text", text: "And now" }] }
      ])
    }).pipe(provide(undefined)))

  it.effect("goes on with a session that waits for a decision", () =>
    Effect.gen(function*() {
      yield* simulated.run(["events", "send", "--session-id", Fixtures.sessionId], {
        input: "events: [{type: user.message, content: [{type: text, text: Go}]}]"
      })
      const { shown } = yield* converse([Fixtures.sessionId], "yes", "/quit")
      assert.include(shown, "allowed\nresult done\nagent  Finished\n")
    }).pipe(provide({
      turns: [[{ tool: { name: "bash", input: {}, permission: "ask", result: "done" } }, { say: "Finished" }]]
    })))

  it.effect("says what it needs", () =>
    Effect.gen(function*() {
      const ended = yield* converse([])
      assert.strictEqual(ended.code, code.usage)
      assert.match(ended.stderr, /^managed-agents: A new session needs --agent and --environment; .*\n$/)
      const { shown } = yield* converse(fresh, "/help", "/quit", "never sent")
      assert.include(shown, "/interrupt")
      assert.deepStrictEqual(yield* sent, [])
    }).pipe(provide(undefined)))
})
