import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { join } from "node:path"
import { code } from "../src/failure.ts"
import * as simulated from "./utils/simulated.ts"

const provide = Effect.provide(Layer.merge(simulated.layer, NodeContext.layer))

const folder = Effect.flatMap(FileSystem.FileSystem, (files) => files.makeTempDirectoryScoped())

describe("files", () => {
  it.scoped("go up from a path or standard input, and come back to a path or standard output", () =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const path = join(yield* folder, "data.bin")
      const content = Uint8Array.from([0, 1, 2, 255, 254, 10])
      yield* files.writeFile(path, content)
      const up = ["files", "upload", "--fields", "id,filename,size_bytes", "--format", "jsonl", "--file"]
      const first = JSON.parse((yield* simulated.run([...up, path])).stdout)
      assert.deepInclude(first, { filename: "data.bin", size_bytes: 6 })
      const second = JSON.parse((yield* simulated.run([...up, "-"], { input: content })).stdout)
      assert.deepInclude(second, { filename: "stdin", size_bytes: 6 })
      for (const { id } of [first, second]) {
        const back = yield* simulated.run(["files", "download", "--file-id", id, "--output", `${path}.back`])
        // files that the agent did not make are not given back
        assert.include([code.done, code.refused, code.credential], back.code, back.stderr)
      }
    }).pipe(provide))

  it.scoped("stand for the texts that name them", () =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const directory = yield* folder
      const [text, binary] = [join(directory, "prompt.txt"), join(directory, "x.bin")]
      yield* files.writeFileString(text, "Be brief.\nBe kind.\n")
      yield* files.writeFile(binary, Uint8Array.from([0, 255]))
      const make = (system: string) =>
        Effect.map(
          simulated.run([
            "agents",
            "create",
            "--name",
            "\\@home",
            "--model",
            "{id: claude-sonnet-4-6}",
            "--system",
            system,
            "--metadata",
            `{note: "@${text}"}`,
            "--fields",
            "name,system,metadata.note",
            "--format",
            "jsonl"
          ]),
          ({ stderr, stdout }) => stdout === "" ? stderr : JSON.parse(stdout)
        )
      const note = "Be brief.\nBe kind.\n"
      assert.deepStrictEqual(yield* make(`@${text}`), { name: "@home", system: note, "metadata.note": note })
      assert.strictEqual((yield* make(`@${binary}`)).system, "AP8=")
      assert.strictEqual((yield* make(`@data://${text}`)).system, btoa(note))
      assert.strictEqual(yield* make(`@file://${binary}`), `managed-agents: ${binary}: is not UTF-8\n`)
    }).pipe(provide))

  it.scoped("of a skill are named from their folder on", () =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const directory = join(yield* folder, "greeting")
      yield* files.makeDirectory(join(directory, "scripts"), { recursive: true })
      yield* files.writeFileString(join(directory, "SKILL.md"), "---\nname: greeting\ndescription: Greets.\n---\n")
      yield* files.writeFileString(join(directory, "scripts", "hi.sh"), "echo hi\n")
      for (const paths of [["--file", directory], ["--file", join(directory, "SKILL.md")]]) {
        const { code, stderr, stdout } = yield* simulated.run(["skills", "create", ...paths])
        assert.strictEqual(code, 0, stderr)
        const { id, latest_version_id: version } = JSON.parse(stdout)
        const args = ["--skill-id", id, "--version", version]
        assert.isString(version, stdout)
        const zip = join(directory, "..", "skill.zip")
        const saved = yield* simulated.run(["skills:versions", "download", ...args, "-o", zip])
        assert.strictEqual(saved.stderr, `Saved ${zip}\n`)
        const shown = yield* simulated.run(["skills:versions", "download", ...args])
        const bytes = yield* files.readFile(zip)
        assert.isAbove(bytes.length, 0)
        assert.strictEqual(shown.stdout.length > 0, true)
        assert.isFalse(yield* files.exists(`${zip}.part`))
      }
    }).pipe(provide))

  it.scoped("that are broken off are not there", () =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const path = join(yield* folder, "x")
      const ended = yield* simulated.run(["files", "download", "--file-id", "file_none", "--output", path])
      assert.strictEqual(ended.code, code.notFound)
      assert.isFalse(yield* files.exists(path))
      assert.isFalse(yield* files.exists(`${path}.part`))
    }).pipe(provide))
})
