// The example of a self-hosted environment, and the tools that it gives: what is outside of their directory is refused.
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as SelfHosted from "../../src/18-self-hosted.ts"
import * as Sandbox from "../../src/sandbox.ts"
import * as Simulation from "../../src/simulation.ts"
import { printed } from "../support.ts"

it.scopedLive("the example of a self-hosted environment", () =>
  Effect.gen(function*() {
    const [, text] = yield* printed(SelfHosted.program)
    assert.strictEqual(text, "It has 3 words.")
    const simulator = yield* Simulator.Simulator
    const [session] = yield* simulator.sessions
    const events = yield* simulator.events(session?.id ?? "")
    const results = events.flatMap((event) => event.type === "user.tool_result" ? [event] : [])
    assert.deepStrictEqual(results.map((event) => event.is_error === true), [false, true, false])
    assert.include(JSON.stringify(results[1]), "outside of the working directory")
  }).pipe(Effect.provide(Simulation.layer(SelfHosted.agent))))

/** The tools in a directory that has a file, and links to what is outside of it. */
const sandbox = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const outside = yield* fs.makeTempDirectoryScoped()
  const directory = `${yield* fs.makeTempDirectoryScoped()}/work`
  const tools = yield* Sandbox.make(directory)
  yield* fs.writeFileString(`${outside}/secret`, "secret")
  yield* fs.makeDirectory(`${directory}/src`)
  yield* fs.writeFileString(`${directory}/src/a.ts`, "const a = 1\nconst b = 2\n")
  yield* fs.symlink(outside, `${directory}/link`)
  yield* fs.symlink(`${outside}/secret`, `${directory}/file-link`)
  yield* fs.symlink(`${outside}/new`, `${directory}/dangling`)
  yield* fs.symlink("src", `${directory}/own`)
  const use = (name: keyof typeof Sandbox.SandboxTools.tools, input: object) =>
    Effect.either(tools.handle(name, input as never)).pipe(
      Effect.map((result) => result._tag === "Left" ? `failed: ${String(result.left)}` : String(result.right.result))
    )
  return { directory, fs, outside, use }
}).pipe(Effect.provide(NodeContext.layer))

describe("a directory with tools", () => {
  it.scopedLive("has files that are read, written, edited and found", () =>
    Effect.gen(function*() {
      const { use } = yield* sandbox
      assert.strictEqual(yield* use("write", { file_path: "x/y/note.txt", content: "one one" }), "Wrote x/y/note.txt.")
      assert.include(
        yield* use("edit", { file_path: "x/y/note.txt", old_string: "one", new_string: "two" }),
        "several times"
      )
      yield* use("edit", { file_path: "x/y/note.txt", old_string: "one", new_string: "$&", replace_all: true })
      assert.strictEqual(yield* use("read", { file_path: "x/y/note.txt" }), "$& $&")
      assert.strictEqual(yield* use("read", { file_path: "own/a.ts" }), "const a = 1\nconst b = 2\n")
      assert.strictEqual(yield* use("glob", { pattern: "**/*.ts" }), "src/a.ts")
      assert.strictEqual(yield* use("grep", { pattern: "b = \\d" }), "src/a.ts:2:const b = 2")
      assert.include(yield* use("grep", { pattern: "(" }), "Invalid regular expression")
    }))

  it.scopedLive("has none of what is outside of it", () =>
    Effect.gen(function*() {
      const { directory, fs, outside, use } = yield* sandbox
      const paths = [
        "../secret",
        "src/../../x",
        `${outside}/secret`,
        "/etc/passwd",
        "link/secret",
        "link/new/deep",
        "file-link",
        "dangling",
        `${directory}-beside/x`
      ]
      for (const file_path of paths) {
        assert.match(yield* use("read", { file_path }), /^failed: /, file_path)
        assert.match(yield* use("write", { file_path, content: "x" }), /^failed: /, file_path)
        assert.match(yield* use("edit", { file_path, old_string: "s", new_string: "x" }), /^failed: /, file_path)
      }
      assert.deepStrictEqual(yield* fs.readDirectory(outside), ["secret"])
      assert.strictEqual(yield* fs.readFileString(`${outside}/secret`), "secret")
      assert.match(yield* use("glob", { pattern: "**", path: ".." }), /^failed: /)
      assert.match(yield* use("grep", { pattern: "secret", path: "link" }), /^failed: /)
      assert.strictEqual(yield* use("grep", { pattern: "secret" }), "")
      assert.notInclude(yield* use("glob", { pattern: "**" }), "link")
    }))

  it.scopedLive("runs commands there, without the variables of this program", () =>
    Effect.gen(function*() {
      const { directory, use } = yield* sandbox
      assert.strictEqual(yield* use("bash", { command: "pwd; cat src/a.ts | wc -l | tr -d ' '" }), `${directory}\n2\n`)
      assert.strictEqual(
        yield* use("bash", { command: "echo out; echo err >&2; exit 3" }),
        "failed: out\nerr\n\nExit code 3"
      )
      process.env["A_SECRET"] = "value"
      assert.notInclude(yield* use("bash", { command: "env" }), "A_SECRET")
    }))
})
