/** A session as the page draws it, of what a simulated team does. */
import * as Events from "@effect-managed-agents/core/Events"
import * as Ids from "@effect-managed-agents/core/Ids"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as Threads from "@effect-managed-agents/core/Threads"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import type * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as Testkit from "@effect-managed-agents/testkit/Testkit"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { type Bar, Recording } from "../src/model/recording.ts"
import { ofItem } from "../src/model/words.ts"

const editor = Ids.AgentId.make("agent_editor")
const environment = Ids.EnvironmentId.make("env_cloud")

const options: Simulator.Options = {
  fixtures: { environments: [{ id: environment, type: "cloud" }] },
  agents: {
    agent_researcher: {
      agent: { name: "Researcher" },
      script: AgentScript.make({ turns: [[AgentScript.sleep("2 seconds"), AgentScript.say("Bees dance.")]] })
    },
    [editor]: {
      agent: {
        name: "Editor",
        multiagent: { type: "coordinator", agents: ["agent_researcher"] },
        tools: [{
          type: "agent_toolset_20260401",
          default_config: { enabled: true, permission_policy: { type: "always_ask" } }
        }]
      },
      script: AgentScript.make({
        turns: [[
          AgentScript.delegate({ agent: "Researcher", message: "What is known?" }),
          AgentScript.sleep("1 second"),
          AgentScript.tool({ name: "write", input: { path: "bees.md" } }),
          AgentScript.sleep("3 seconds"),
          AgentScript.say("Done.")
        ]]
      })
    }
  }
}

/** A session of the editor that is asked for an article, recorded from its start. */
const recorded = Effect.gen(function*() {
  const sessions = yield* Sessions.Sessions
  const threads = yield* Threads.Threads
  const { id } = yield* sessions.create({
    agent: editor,
    environment_id: environment,
    initial_events: [UserEvent.message("Write about bees")]
  })
  const recording = new Recording("Editor")
  yield* threads.followAll(id).pipe(
    Stream.runForEachChunk((updates) => Effect.sync(() => recording.addAll(updates))),
    Effect.forkScoped
  )
  return { id, recording }
})

const lengths = (bars: ReadonlyArray<Bar>, kind: Bar["kind"]) =>
  bars.flatMap((bar) => bar.kind === kind ? [bar.end === undefined ? undefined : bar.end - bar.start] : [])

describe("a recording", () => {
  it.scoped("has a lane for each thread, with what has a length as a bar", () =>
    Effect.gen(function*() {
      const { recording } = yield* recorded
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(recording.lanes.map(({ name }) => name), ["Editor", "Researcher"])
      const [main, child] = recording.lanes
      assert.deepStrictEqual(lengths(child?.bars ?? [], "turn"), [2000])
      assert.deepStrictEqual(lengths(child?.bars ?? [], "model"), [2000])
      assert.include(lengths(main?.bars ?? [], "model"), 1000)
      assert.isTrue(recording.isCaughtUp)
      assert.deepStrictEqual(recording.connection, { _tag: "Live" })
      const times = recording.items.map(({ at }) => at)
      assert.deepStrictEqual(times, times.toSorted((a, b) => a - b))
    }).pipe(Effect.provide(Testkit.layer(options))))

  it.scoped("knows what waits, for how long it waited, and that it does not any more", () =>
    Effect.gen(function*() {
      const { id, recording } = yield* recorded
      const events = yield* Events.Events
      yield* TestClock.adjust("10 seconds")
      const main = () => recording.lanes[0]?.bars ?? []
      assert.deepStrictEqual(recording.waiting.map(ofItem).map(({ title }) => title), [
        "Calls write (asks for approval)"
      ])
      assert.deepStrictEqual(lengths(main(), "wait"), [undefined])
      assert.strictEqual(recording.turns, 0)
      yield* events.send(id, UserEvent.allow(Ids.EventId.make(recording.waiting[0]?.key ?? "")))
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(recording.waiting, [])
      assert.deepStrictEqual(lengths(main(), "wait"), [7000])
      assert.strictEqual(recording.turns, 1)
      assert.strictEqual(recording.status, "idle")
      assert.isAbove(recording.tokens, 0)
    }).pipe(Effect.provide(Testkit.layer(options))))

  it.scoped("has each event once, however often it comes", () =>
    Effect.gen(function*() {
      const { recording } = yield* recorded
      yield* TestClock.adjust("10 seconds")
      const before = recording.items.length
      recording.addEvents(
        recording.items.flatMap(({ event, lane }) => event === undefined ? [] : [{ threadId: lane.id, event }])
      )
      assert.strictEqual(recording.items.length, before)
    }).pipe(Effect.provide(Testkit.layer(options))))
})
