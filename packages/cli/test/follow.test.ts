import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as Fixtures from "@effect-managed-agents/testkit/Fixtures"
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { join } from "node:path"
import { code } from "../src/failure.ts"
import * as simulated from "./utils/simulated.ts"

const provide = Effect.provide(Layer.merge(simulated.layer, NodeContext.layer))

const id = Fixtures.sessionId

const send = (text: string) =>
  simulated.run(["events", "send", "--session-id", id], {
    input: JSON.stringify({ events: [UserEvent.message(text)] })
  })

/** Follows until the output has a text. */
const until = (args: ReadonlyArray<string>, text: string) =>
  Effect.gen(function*() {
    let stdout = ""
    const fiber = yield* Effect.fork(simulated.run(["follow", id, ...args], {
      onWrite: (written) => {
        stdout += written
      }
    }))
    yield* Effect.repeat(Effect.yieldNow(), { until: () => stdout.includes(text) })
    yield* Fiber.interrupt(fiber)
    return stdout
  })

const ids = (stdout: string): ReadonlyArray<string> =>
  stdout.trim().split("\n").map((line) => JSON.parse(line)).filter(({ type }) => type === "event").map(
    ({ event, state }) => `${event.id} ${state}`
  )

describe("follow", () => {
  it.effect("prints the history and what follows, as JSON and in words", () =>
    Effect.gen(function*() {
      yield* send("Hello")
      const json = yield* until(["--from-start", "--json"], "session.status_idle")
      const simulator = yield* Simulator.Simulator
      const events = (yield* simulator.events(id)).map((event) => `${event.id} processed`)
      assert.deepStrictEqual(ids(json).filter((key) => events.includes(key)), events)
      const text = yield* until(["--from-start"], "session.status_idle")
      assert.match(text, /● session +agent\.message +You said: Hello\n/)
      assert.notInclude(text, "\u001b")
    }).pipe(provide))

  it.scoped("goes on where its file says", () =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const file = join(yield* files.makeTempDirectoryScoped(), "cursor.json")
      yield* send("One")
      const args = ["--from-start", "--json", "--cursor-file", file]
      const first = ids(yield* until(args, "session.status_idle"))
      yield* Effect.repeat(files.exists(file), { until: (there) => there })
      yield* send("Two")
      const second = ids(yield* until(args, "session.status_idle"))
      const simulator = yield* Simulator.Simulator
      const all = (yield* simulator.events(id)).map((event) => `${event.id} processed`)
      assert.deepStrictEqual([...first, ...second].filter((key) => all.includes(key)), all)
      yield* files.writeFileString(file, "{}")
      const ended = yield* simulated.run(["follow", id, "--cursor-file", file])
      assert.strictEqual(ended.code, code.usage)
      assert.strictEqual(
        ended.stderr,
        `managed-agents: ${file}: holds no place in a session; delete it to begin anew\n`
      )
    }).pipe(provide))

  it.live("ends with the session, and fails for one that is not there", () =>
    Effect.gen(function*() {
      yield* simulated.run(["sessions", "archive", "--session-id", id])
      const ended = yield* simulated.run(["follow", id, "--from-start", "--json"])
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.include(ended.stdout, "{\"type\":\"ended\",\"thread_id\":null,\"reason\":\"archived\"}\n")
      assert.strictEqual((yield* simulated.run(["follow", "sesn_none"])).code, code.notFound)
      const none = yield* simulated.run(["follow"])
      assert.strictEqual(none.code, code.usage)
      assert.match(none.stderr, /^managed-agents: .*session.*; see managed-agents follow --help\n$/)
    }).pipe(provide))
})
