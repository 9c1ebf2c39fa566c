import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as AgentScript from "../src/AgentScript.ts"

const wrong = (input: unknown) => Effect.map(Effect.flip(AgentScript.decode(input)), (error) => error.message)

const everything: AgentScript.DataScript = {
  turns: [
    [
      { think: true },
      { say: "Hello {{text}}" },
      { say: ["a", "b"] },
      { tool: { name: "bash", input: { command: "ls" }, permission: "ask", result: "x", is_error: true } },
      { mcp_tool: { server: "crm", name: "find" } },
      { custom_tool: { name: "get_order", input: {} } },
      { together: [{ tool: { name: "bash" } }, { custom_tool: { name: "c" } }] },
      { sleep: 1500 },
      { fail: { type: "model_overloaded_error", message: "busy", retry_status: "retrying" } },
      { reschedule: { millis: 10 } },
      { compact: true },
      { delegate: { agent: "Researcher", message: "Look", script: { otherwise: [{ say: "Found" }] } } },
      {
        workflow: {
          name: "Survey",
          description: "d",
          phases: [{ name: "a", agents: [] }, { name: "b", description: "d", agents: [], overlaps: true }],
          lifetime: 1000,
          result: "stopped"
        }
      },
      { consult: { advice: "a", redacted: true } },
      { refuse: { category: "cyber", explanation: "no" } }
    ],
    []
  ],
  otherwise: [{ refuse: {} }],
  grades: ["needs_revision", { result: "satisfied", explanation: "good" }]
}

describe("a script in data form", () => {
  it.effect("is read as it is", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* AgentScript.decode(everything), everything)
      assert.deepStrictEqual(yield* AgentScript.decode({}), {})
      assert.deepStrictEqual(Schema.decodeUnknownSync(AgentScript.DataScript)(everything), everything)
    }))

  it.effect("that is malformed names the field", () =>
    Effect.gen(function*() {
      const cases: ReadonlyArray<readonly [unknown, RegExp]> = [
        [5, /^Expected Script, actual 5$/],
        [{ turn: [] }, /^turn: is unexpected/],
        [{ turns: {} }, /^turns: /],
        [{ turns: [{}] }, /^turns\[0\]: /],
        [{ turns: [[5]] }, /^turns\[0\]\[0\]: expected an object with exactly one key of "think", "say"/],
        [{ turns: [[{}]] }, /^turns\[0\]\[0\]: expected an object .*, not none$/],
        [{ turns: [[], [{ think: true, say: "x" }]] }, /^turns\[1\]\[0\]: expected .*, not "think", "say"$/],
        [{ otherwise: [{ shout: "x" }] }, /^otherwise\[0\]: unknown key "shout", expected one of "think"/],
        [{ otherwise: [{ think: false }] }, /^otherwise\[0\]\.think: Expected true, actual false$/],
        [{ otherwise: [{ say: 5 }] }, /^otherwise\[0\]\.say: Expected string, actual 5$/],
        [{ otherwise: [{ say: [] }] }, /^otherwise\[0\]\.say: /],
        [{ otherwise: [{ tool: {} }] }, /^otherwise\[0\]\.tool\.name: is missing$/],
        [{ otherwise: [{ tool: { name: "x", output: 1 } }] }, /^otherwise\[0\]\.tool\.output: is unexpected/],
        [
          { otherwise: [{ tool: { name: "x", permission: "maybe" } }] },
          /^otherwise\[0\]\.tool\.permission: Expected "allow" \| "ask" \| "deny", actual "maybe"$/
        ],
        [{ otherwise: [{ mcp_tool: { name: "x" } }] }, /^otherwise\[0\]\.mcp_tool\.server: is missing$/],
        [{ otherwise: [{ together: [] }] }, /^otherwise\[0\]\.together: Expected at least one element$/],
        [
          { otherwise: [{ together: [{ say: "x" }] }] },
          /^otherwise\[0\]\.together\[0\]: unknown key "say", expected one of "tool"/
        ],
        [{ otherwise: [{ sleep: -1 }] }, /^otherwise\[0\]\.sleep: Expected milliseconds/],
        [{ otherwise: [{ fail: { type: "x" } }] }, /^otherwise\[0\]\.fail\.retry_status: is missing$/],
        [{ otherwise: [{ reschedule: {} }] }, /^otherwise\[0\]\.reschedule\.millis: is missing$/],
        [
          { otherwise: [{ delegate: { agent: "a", message: "m", script: { turns: [[{ say: 1 }]] } } }] },
          /^otherwise\[0\]\.delegate\.script\.turns\[0\]\[0\]\.say: /
        ],
        [
          { otherwise: [{ delegate: { agent: "a", message: "m", script: { grades: ["failed"] } } }] },
          /^otherwise\[0\]\.delegate\.script\.grades: has no effect: /
        ],
        [
          { otherwise: [{ fail: { type: "unknown_error", retry_status: "terminal", vault_id: "vlt_1" } }] },
          /^otherwise\[0\]\.fail\.vault_id: has no effect: only errors whose type begins with credential_/
        ],
        [{ otherwise: [{ consult: { advice: null, redacted: true } }] }, /^otherwise\[0\]\.consult\.redacted: has no/],
        [
          { otherwise: [{ workflow: { name: "w", phases: [{ name: "a", agents: [], overlaps: true }] } }] },
          /^otherwise\[0\]\.workflow\.phases\[0\]\.overlaps: has no effect: there is no phase before$/
        ],
        [
          { otherwise: [{ workflow: { name: "w", phases: [{ name: "a", agents: [], declared: false }] } }] },
          /^otherwise\[0\]\.workflow\.phases\[0\]\.declared: has no effect: /
        ],
        [{ otherwise: [{ effect: 1 }] }, /^otherwise\[0\]: unknown key "effect"/],
        [{ grades: ["fine"] }, /^grades\[0\]: /],
        [{ grades: [{ result: "fine" }] }, /^grades\[0\]\.result: Expected "satisfied"/]
      ]
      for (const [input, pattern] of cases) assert.match(yield* wrong(input), pattern)
      assert.deepInclude(yield* Effect.flip(AgentScript.decode({ turns: [[{ tool: {} }]] })), {
        _tag: "MalformedScript",
        path: "turns[0][0].tool.name"
      })
    }))
})

describe("the constructors", () => {
  it("make the data form", () => {
    const made: AgentScript.Script = AgentScript.make({
      turns: [[
        AgentScript.think,
        AgentScript.say("a", "b"),
        AgentScript.tool({ name: "bash" }),
        AgentScript.mcpTool({ server: "crm", name: "find" }),
        AgentScript.customTool({ name: "c" }),
        AgentScript.together(AgentScript.tool({ name: "bash" }), AgentScript.customTool({ name: "c" })),
        AgentScript.sleep("1.5 seconds"),
        AgentScript.fail({ type: "billing_error", retry_status: "exhausted" }),
        AgentScript.reschedule("1 minute"),
        AgentScript.compact,
        AgentScript.delegate({ agent: "R", message: "m" }),
        AgentScript.refuse()
      ]]
    })
    assert.deepStrictEqual(made, {
      turns: [[
        { think: true },
        { say: ["a", "b"] },
        { tool: { name: "bash" } },
        { mcp_tool: { server: "crm", name: "find" } },
        { custom_tool: { name: "c" } },
        { together: [{ tool: { name: "bash" } }, { custom_tool: { name: "c" } }] },
        { sleep: 1500 },
        { fail: { type: "billing_error", retry_status: "exhausted" } },
        { reschedule: { millis: 60_000 } },
        { compact: true },
        { delegate: { agent: "R", message: "m" } },
        { refuse: {} }
      ]]
    })
  })
})
