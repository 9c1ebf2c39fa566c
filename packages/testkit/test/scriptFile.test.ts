import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as scriptFile from "../src/internal/node/scriptFile.ts"

const bytes = (text: string) => new TextEncoder().encode(text)
const read = (text: string) => scriptFile.read(bytes(text))
const wrong = (text: string) => Effect.map(Effect.flip(read(text)), ({ message }) => message)

const script = { turns: [[{ say: "hi" }]] }

describe("a file of scripts", () => {
  it.effect("may begin with a byte order mark and have any line ends", () =>
    Effect.gen(function*() {
      for (const text of [JSON.stringify({ a: script }), JSON.stringify({ a: script }, null, 1)]) {
        for (const mark of ["", "\ufeff"]) {
          for (const end of ["\n", "\r\n", "\r"]) {
            assert.deepStrictEqual(yield* read(mark + text.replaceAll("\n", end)), { a: { script } })
          }
        }
      }
    }))

  it.effect("says what an agent is, too", () =>
    Effect.gen(function*() {
      const agent = { name: "Clerk", tools: [{ type: "agent_toolset_20260401" as const }] }
      assert.deepStrictEqual(yield* read(JSON.stringify({ a: { agent, script }, b: { agent } })), {
        a: { agent, script },
        b: { agent, script: undefined }
      })
      assert.include(yield* wrong(JSON.stringify({ a: { agent: { tools: 1 }, script } })), "a: agent.tools: expected")
      assert.include(yield* wrong(JSON.stringify({ a: { script: { turns: 1 } } })), "a: script.turns: ")
      assert.include(
        yield* wrong(JSON.stringify({ a: { script, turns: [] } })),
        "a: Failed to parse request body: unknown"
      )
      assert.include(yield* wrong(JSON.stringify({ a: { turns: [[{ sya: "hi" }]] } })), "a: turns[0][0]: unknown key")
    }))

  it.effect("that is no JSON says where it goes wrong", () =>
    Effect.gen(function*() {
      const cases: ReadonlyArray<readonly [string, string]> = [
        ["", "line 1, column 1: unexpected end"],
        ["{\r\n  \"a\": 1,\r\n}", "line 3, column 1: unexpected \"}\" after a comma"],
        [
          "{\n  \"a\": {\n    \"turns\": [[{ \"say\": \"hi\" },]]\n  }\n}",
          "line 3, column 32: unexpected \"]\" after a comma"
        ],
        ["{ \"a\": {} } {}", "line 1, column 13: unexpected \"{\""],
        ["{ 'a': {} }", "line 1, column 3: unexpected \"'\""],
        ["{ a: {} }", "line 1, column 3: unexpected \"a\""],
        ["{ \"a\" {} }", "line 1, column 7: unexpected \"{\""],
        ["{ \"a\": 1 2 }", "line 1, column 10: unexpected \"2\""],
        ["{ \"a\": [1 }", "line 1, column 11: unexpected \"}\""],
        ["{ \"a\": [ , ] }", "line 1, column 10: unexpected \",\""],
        ["{ \"a\": }", "line 1, column 8: unexpected \"}\""],
        ["{ \"a\": 01 }", "line 1, column 9: unexpected \"1\""],
        ["{ \"a\": \"b\nc\" }", "line 1, column 8: unexpected \"\\\"\""],
        ["{ \"a\": {}", "line 1, column 10: unexpected end"],
        ["{ \"a\": tru }", "line 1, column 8: unexpected \"t\""],
        ["{ 1: 2 }", "line 1, column 3: unexpected \"1\""],
        ["{ \"a\": {} } // b", "line 1, column 13: unexpected \"/\""]
      ]
      for (const [text, expected] of cases) assert.strictEqual(yield* wrong(text), `is not JSON: ${expected}`, text)
    }))

  it.effect("that is no text in UTF-8 or no object says so", () =>
    Effect.gen(function*() {
      const utf16 = Uint8Array.from([0xff, 0xfe, 0x7b, 0, 0x7d, 0])
      assert.strictEqual((yield* Effect.flip(scriptFile.read(utf16))).message, "is not UTF-8")
      assert.strictEqual(yield* wrong("[]"), "is not an object of scripts by agent id")
    }))
})
