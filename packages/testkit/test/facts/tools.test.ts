/**
 * Section 2.6 of FIDELITY.md: the tools that an agent has.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as AgentScript from "../../src/AgentScript.ts"
import * as Fixtures from "../../src/Fixtures.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as Testkit from "../../src/Testkit.ts"
import { message, send } from "../utils/facts.ts"

const { customTool, mcpTool, say, together, tool } = AgentScript

const custom = (name: string) => ({ type: "custom", name, description: "", input_schema: { type: "object" } } as const)
const toolset =
  "\"bash\" (built-in), \"edit\" (built-in), \"read\" (built-in), \"write\" (built-in), \"glob\" (built-in), " +
  "\"grep\" (built-in), \"web_fetch\" (built-in), \"web_search\" (built-in)"

/** How the script fails when the agent of the fixtures plays it, or `undefined`. */
const failure = (options: Testkit.Options, sessionId: string = Fixtures.sessionId) =>
  Effect.gen(function*() {
    yield* send(sessionId, message("x"))
    const { events, failures } = yield* Simulator.Simulator
    const [first] = yield* failures
    assert.strictEqual(
      first !== undefined,
      (yield* events(sessionId)).some(({ type }) => type === "session.status_terminated")
    )
    return first?.message
  }).pipe(Effect.provide(Testkit.layer(options)))

const script = (...turn: AgentScript.Turn) => AgentScript.make({ turns: [turn] })

describe("the tools of an agent", () => {
  it.effect("2.6.13 a call of a tool that it does not have fails the script, and names what it has", () =>
    Effect.gen(function*() {
      const at = `The script of agent ${Fixtures.agentId} failed in turn 0 at `
      const has = `it has ${toolset}`
      const rule = "(Rules.strictTools)"
      assert.strictEqual(
        yield* failure({ script: script(say("a"), customTool({ name: "find_order" })) }),
        `${at}turns[0][1] (custom_tool): the agent has no custom tool named "find_order"; ${has} ${rule}`
      )
      assert.strictEqual(
        yield* failure({ script: script(tool({ name: "pay" })) }),
        `${at}turns[0][0] (tool): the agent has no built-in tool named "pay"; ${has} ${rule}`
      )
      assert.strictEqual(
        yield* failure({ script: script(mcpTool({ server: "example-mcp", name: "find" })) }),
        `${at}turns[0][0] (mcp_tool): the agent has no tool of the MCP server "example-mcp" named "find"; ${has} ${rule}`
      )
      assert.strictEqual(
        yield* failure({
          script: script(together(tool({ name: "bash" }), customTool({ name: "b" }))),
          tools: [custom("a")]
        }),
        `${at}turns[0][0] (together): the agent has no custom tool named "b"; ${has}, "a" (custom) ${rule}`
      )
      assert.strictEqual(
        yield* failure({
          script: script(AgentScript.effect((agent) => agent.customTool({ name: "c" }))),
          tools: [{ type: "agent_toolset_20260401", default_config: { enabled: false } }]
        }),
        `${at}turns[0][0] (effect), operation 1, custom_tool: the agent has no custom tool named "c"; it has no tools ${rule}`
      )
    }))

  it.effect("2.6.13 of a tool that is not enabled it can only be denied", () =>
    Effect.gen(function*() {
      const tools: Testkit.Options["tools"] = [
        {
          type: "agent_toolset_20260401",
          default_config: { enabled: false },
          configs: [{ name: "read", enabled: true }]
        },
        {
          type: "mcp_toolset",
          mcp_server_name: "example-mcp",
          default_config: { enabled: false },
          configs: [{ name: "find", enabled: true }]
        }
      ]
      const why = (...turn: AgentScript.Turn) => failure({ tools, script: script(...turn) })
      const mcp = (name: string) => mcpTool({ server: "example-mcp", name, permission: "allow" })
      assert.isUndefined(yield* why(tool({ name: "read" }), tool({ name: "bash", permission: "deny" }), mcp("find")))
      const has = "it has \"read\" (built-in), \"find\" (MCP server \"example-mcp\")"
      assert.include(yield* why(tool({ name: "bash" })), `no enabled built-in tool named "bash"; ${has}`)
      assert.include(yield* why(mcp("drop")), `no enabled tool of the MCP server "example-mcp" named "drop"; ${has}`)
    }))

  it.effect("2.6.13 it has those of the test, in every session and thread", () =>
    Effect.gen(function*() {
      const tools: Testkit.Options["tools"] = [custom("a"), { type: "mcp_toolset", mcp_server_name: "example-mcp" }]
      const calls = [customTool({ name: "a" }), mcpTool({ server: "example-mcp", name: "any", permission: "allow" })]
      assert.isUndefined(yield* failure({ tools, script: script(together(customTool({ name: "a" }))) }))
      assert.isUndefined(
        yield* failure({
          tools,
          script: script(AgentScript.delegate({ agent: "Researcher", message: "m", script: { otherwise: calls } }))
        })
      )
      assert.include(
        yield* failure({
          script: script(AgentScript.delegate({ agent: "Researcher", message: "m", script: { otherwise: calls } }))
        }),
        `The script of agent ${Fixtures.researcherId} failed`
      )
    }))

  it.effect("2.6.13 unless the rule is turned off", () =>
    Effect.map(
      failure({ script: script(tool({ name: "pay" }), customTool({ name: "a" })), rules: { strictTools: false } }),
      (why) => assert.isUndefined(why)
    ))

  it.effect("tools that nobody could have, or that are none, are a mistake in the test", () =>
    Effect.gen(function*() {
      const why = (options: Testkit.Options) =>
        Effect.map(
          Effect.exit(Effect.provide(Effect.void, Testkit.layer(options))),
          (exit) => Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "nothing"
        )
      assert.include(yield* why({ tools: [], fixtures: Fixtures.none }), "the fixtures have no agent")
      assert.include(
        yield* why({ tools: [custom("mcp__a")] }),
        "tools.0.name: \"mcp__a\" uses reserved MCP tool prefix"
      )
    }))
})
