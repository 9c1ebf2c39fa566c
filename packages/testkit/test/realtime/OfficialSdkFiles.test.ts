/**
 * The vendor's own SDK makes every call on files and skills against the port.
 */
import Anthropic, { toFile } from "@anthropic-ai/sdk"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { strFromU8, unzipSync } from "fflate"
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Fixtures from "../../src/Fixtures.ts"
import { collect, port, refused } from "../utils/sdkOnPort.ts"

const bytesOf = async (response: Response): Promise<Uint8Array> => new Uint8Array(await response.arrayBuffer())

it.scopedLive("SDK 1.14.0 makes every call on files", () =>
  Effect.gen(function*() {
    const client = yield* port()
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "files-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true }))
    )
    yield* Effect.promise(async () => {
      const { files, sessions } = client.beta
      const content = Uint8Array.from({ length: 200_000 }, (_, n) => n % 251)
      writeFileSync(join(folder, "Übung \"1\".bin"), content)
      const streamed = await files.upload({ file: createReadStream(join(folder, "Übung \"1\".bin")) })
      assert.deepStrictEqual([streamed.filename, streamed.size_bytes], ["Übung \"1\".bin", 200_000])
      const file = await files.upload({
        file: await toFile(content, "a.csv", { type: "text/csv" }),
        expires_in_seconds: 3600
      })
      assert.deepStrictEqual([file.mime_type, file.type], ["text/csv", "file"])
      assert.deepStrictEqual(await files.retrieveMetadata(file.id), file)
      assert.deepStrictEqual(await bytesOf(await files.download(file.id)), content)
      assert.strictEqual((await collect(files.list({ limit: 1 }))).length, 3)
      assert.deepStrictEqual(await collect(files.list({ ids: [file.id, "file_gone"] })), [file])
      const session = await sessions.create({
        agent: Fixtures.agentId,
        environment_id: Fixtures.environmentId,
        resources: [{ type: "file", file_id: file.id }]
      })
      const [copy] = await collect(files.list({ scope_id: session.id }))
      assert.strictEqual(copy?.filename, "a.csv")
      assert.instanceOf(await refused(files.download(copy?.id ?? "")), Anthropic.FileNotDownloadableError)
      assert.deepStrictEqual(await files.delete(file.id), { id: file.id, type: "file_deleted" })
      assert.instanceOf(await refused(files.download(file.id)), Anthropic.NotFoundError)
    })
  }))

it.scopedLive("SDK 1.14.0 makes every call on skills", () =>
  Effect.gen(function*() {
    const client = yield* port()
    yield* Effect.promise(async () => {
      const { skills } = client.beta
      const files = async (description: string) => [
        await toFile(Buffer.from(`---\nname: orders\ndescription: ${description}\n---\n`), "orders/SKILL.md"),
        await toFile(Buffer.from("x"), "orders/a.txt")
      ]
      const skill = await skills.create({ files: await files("One."), display_name: "Orders" })
      assert.strictEqual(skill.display_name, "Orders")
      assert.deepStrictEqual(await skills.retrieve(skill.id), skill)
      assert.deepStrictEqual(await collect(skills.list()), [skill])
      const version = await skills.versions.create(skill.id, { files: await files("Two.") })
      assert.deepStrictEqual([version.name, version.description], ["orders", "Two."])
      assert.deepStrictEqual(await skills.versions.retrieve(version.id, { skill_id: skill.id }), version)
      assert.strictEqual((await collect(skills.versions.list(skill.id, { limit: 1 }))).length, 2)
      const zip = unzipSync(await bytesOf(await skills.versions.download(version.id, { skill_id: skill.id })))
      assert.deepStrictEqual(Object.keys(zip), ["orders/SKILL.md", "orders/a.txt"])
      assert.include(strFromU8(zip["orders/SKILL.md"]!), "Two.")
      const bad = [await toFile(Buffer.from("x"), "orders/readme.md")]
      assert.instanceOf(await refused(skills.create({ files: bad })), Anthropic.BadRequestError)
      await skills.versions.delete(version.id, { skill_id: skill.id })
      await skills.delete(skill.id)
      assert.deepStrictEqual(await collect(skills.list()), [])
    })
  }))
