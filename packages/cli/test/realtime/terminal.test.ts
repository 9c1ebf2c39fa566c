// a real terminal, in real time
import * as Api from "@effect-managed-agents/core/Api"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as Fault from "@effect-managed-agents/testkit/Fault"
import * as Fixtures from "@effect-managed-agents/testkit/Fixtures"
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as SimulatorServer from "@effect-managed-agents/testkit/SimulatorServer"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as cli from "../utils/cli.ts"
import * as terminal from "../utils/terminal.ts"

const story = Array.from({ length: 40 }, (_, i) => `word${i}`).join(" ")

const approvals: Simulator.AgentOptions["script"] = {
  turns: [
    [
      { say: "Let me look." },
      { tool: { name: "bash", input: { command: "rm -r build" }, permission: "ask", result: "removed" } },
      { say: "Then it stays." }
    ],
    [{ sleep: 3_600_000 }],
    [{ say: story }]
  ]
}

const delegation: Simulator.AgentOptions["script"] = {
  turns: [[
    {
      delegate: { agent: Fixtures.researcher.name, message: "Look it up", script: { turns: [[{ say: "Found it." }]] } }
    },
    { say: "The report is in." }
  ]]
}

const setup = (script: Simulator.AgentOptions["script"], faults: Fault.Plan = []) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(
      Simulator.layer({
        fixtures: Fixtures.docs,
        agents: { [Fixtures.agentId]: { script } },
        pace: "200 millis",
        faults
      })
    )
    const { url } = yield* Effect.provide(SimulatorServer.start(), context)
    const simulator = Context.get(context, Simulator.Simulator)
    return { simulator, url, env: { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "sk-ant-test-terminal" } }
  })

const count = (text: string, what: string): number => text.split(what).length - 1

// where there is no tmux, the gate names what was left out
describe.runIf(terminal.isThere)("in a terminal", () => {
  it.scopedLive("a conversation asks in place, can be interrupted, keeps its shape, and is left by Ctrl-C twice", () =>
    Effect.gen(function*() {
      const { env } = yield* setup(approvals)
      const args = ["chat", "--agent", Fixtures.agentId, "--environment", Fixtures.environmentId]
      const { press, resize, screen, shows, type } = yield* terminal.open(args, env)
      yield* shows("/help for help")
      yield* type("Clean up")
      yield* shows("allow? [y, or n and why]")
      yield* type("n that is dangerous")
      const denied = yield* shows(/tokens in, \d+ out · USD/)
      assert.include(denied, "call   bash {\"command\":\"rm -r build\"}")
      assert.include(denied, "denied: that is dangerous")
      assert.include(denied, "agent  Then it stays.")
      yield* type("Wait for me")
      yield* shows("you    Wait for me\n…")
      yield* press("C-c")
      yield* shows("Interrupted.")
      yield* resize(50, 24)
      yield* type("Tell a story")
      // it grows, in place
      const half = yield* shows(/agent {2}word0 word1/)
      assert.strictEqual(count(half, "word1 "), 1)
      yield* shows(/word39\n\d+ tokens in/)
      yield* press("C-c")
      yield* shows("Ctrl-C again to leave")
      yield* press("C-c")
      yield* shows("ended with 0")
      const text = yield* screen
      for (const once of ["you    Clean up", "you    Wait for me", "word1 ", "word39", "Interrupted."]) {
        assert.strictEqual(count(text, once), 1, text)
      }
    }))

  it.scopedLive("a timeline has a lane for each thread, and every event once when the connection is cut", () =>
    Effect.gen(function*() {
      const { env, simulator, url } = yield* setup(delegation, [
        Fault.cutAfterEvents(6, { match: Fault.on(Api.events.stream, { times: 1 }) })
      ])
      const { press, shows } = yield* terminal.open(["follow", "--from-start", Fixtures.sessionId], env)
      yield* Effect.repeat(Effect.zipLeft(simulator.openStreams(), Effect.sleep("20 millis")), { until: (n) => n > 0 })
      const send = (text: string) =>
        cli.run(["events", "send", "--session-id", Fixtures.sessionId], {
          url,
          input: JSON.stringify({ events: [UserEvent.message(text)] })
        })
      yield* send("Go")
      yield* shows("connection lost")
      const text = yield* shows(/session\.status_idle +end_turn/)
      for (const once of ["Found it.", "The report is in.", "session.status_running"]) {
        assert.strictEqual(count(text, once), 1, text)
      }
      // the sub-agent's lane is the second
      assert.match(text, /│ ● \w.*Found it\./)
      assert.match(text, /● │? ?\S.*The report is in\./)
      yield* press("C-c")
      yield* shows("ended with 130")
    }))
})
