/**
 * Section 10.7 of FIDELITY.md: files, through core's client.
 */
import type * as ApiError from "@effect-managed-agents/core/ApiError"
import * as Events from "@effect-managed-agents/core/Events"
import * as Files from "@effect-managed-agents/core/Files"
import * as Resources from "@effect-managed-agents/core/Resources"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as Upload from "@effect-managed-agents/core/Upload"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as Workspace from "@effect-managed-agents/core/Workspace"
import { assert, describe, it } from "@effect/vitest"
import { assertNone } from "@effect/vitest/utils"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Buffer } from "node:buffer"
import * as AgentScript from "../../src/AgentScript.ts"
import * as Fault from "../../src/Fault.ts"
import * as Fixtures from "../../src/Fixtures.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as SimulatorFetch from "../../src/SimulatorFetch.ts"
import * as Testkit from "../../src/Testkit.ts"

const layer = (options: Simulator.Options = {}) =>
  Workspace.layer.pipe(Layer.provideMerge(Testkit.layer({ fixtures: Fixtures.docs, ...options })))

const upload = (content: Uint8Array | string, options: Partial<Upload.Options> = {}) =>
  Effect.flatMap(
    Files.Files,
    (files) => files.upload({ file: Upload.fromBytes(content, { name: "a.txt", ...options }) })
  )

const download = (id: string) =>
  Effect.flatMap(Files.Files, (files) => Stream.runCollect(files.download(id as `file_${string}`))).pipe(
    Effect.map((pieces) => Buffer.concat(Chunk.toReadonlyArray(pieces)))
  )

const list = (params?: Parameters<Files.Service["list"]>[0]) =>
  Effect.flatMap(Files.Files, (files) => Stream.runCollect(files.list(params))).pipe(
    Effect.map((all) => Chunk.toReadonlyArray(all).map(({ id }) => id as string))
  )

/** An error of the service: its status, and its code or else its words. */
const refusal = <A, R>(call: Effect.Effect<A, ApiError.ApiError, R>) =>
  Effect.map(Effect.flip(call), (error) =>
    "status" in error && "detail" in error
      ? `${error.status} ${"errorCode" in error ? error.errorCode ?? error.detail : error.detail}`
      : error._tag)

const every = Uint8Array.from({ length: 70_000 }, (_, n) => n % 256)

describe("a file", () => {
  it.effect("10.7.1 comes back byte for byte, and is described by what it was uploaded with", () =>
    Effect.gen(function*() {
      const file = yield* upload(every, { name: "folder/日本 \"x\"😀.bin", mediaType: "application/x-test" })
      assert.match(file.id, /^file_\w+$/)
      assert.deepStrictEqual({ ...file, id: "" } as object, {
        type: "file",
        id: "",
        filename: "日本 \"x\"😀.bin",
        mime_type: "application/x-test",
        size_bytes: 70_000,
        created_at: "1970-01-01T00:00:00Z",
        downloadable: true,
        expires_at: null,
        scope: null
      })
      const files = yield* Files.Files
      assert.deepStrictEqual(yield* files.retrieveMetadata(file.id), file)
      assert.isTrue((yield* download(file.id)).equals(every))
      const shared = Buffer.from("abc")
      const { id } = yield* upload(shared)
      shared.fill("x")
      assert.strictEqual((yield* download(id)).toString(), "abc")
      const empty = yield* upload("")
      assert.strictEqual(empty.size_bytes, 0)
      assert.strictEqual((yield* download(empty.id)).length, 0)
    }).pipe(Effect.provide(layer())))

  it.effect("10.7.2 is listed with the newest first, page by page, by session or by id", () =>
    Effect.gen(function*() {
      const ids: Array<string> = []
      for (const n of [0, 1, 2]) {
        ids.unshift((yield* upload(String(n))).id)
        yield* TestClock.adjust("1 second")
      }
      assert.deepStrictEqual(yield* list({ limit: 1 }), [...ids, Fixtures.fileId])
      const files = yield* Files.Files
      assert.isNull((yield* files.listPage()).next_page)
      const [newest, , oldest] = ids as [`file_${string}`, `file_${string}`, `file_${string}`]
      assert.deepStrictEqual(yield* list({ ids: [oldest, newest, "file_gone"] }), [newest, oldest])
      assert.deepStrictEqual(yield* list({ scope_id: Fixtures.sessionId }), [])
    }).pipe(Effect.provide(layer())))

  it.effect("10.7.3 that is deleted is gone everywhere", () =>
    Effect.gen(function*() {
      const files = yield* Files.Files
      const { id } = yield* upload("x")
      assert.deepStrictEqual(yield* files.delete(id), { id, type: "file_deleted" })
      const gone = `404 File ${id} not found.`
      for (const call of [files.retrieveMetadata(id), files.delete(id), download(id)]) {
        assert.strictEqual(yield* refusal<unknown, Files.Files>(call), gone)
      }
      assert.notInclude(yield* list(), id)
      const resources = yield* Resources.Resources
      assert.strictEqual(yield* refusal(resources.add(Fixtures.sessionId, { type: "file", file_id: id })), gone)
    }).pipe(Effect.provide(layer())))

  it.effect("10.7.4 expires when it was said to, and then has no content", () =>
    Effect.gen(function*() {
      const files = yield* Files.Files
      const { expires_at, id } = yield* files.upload({
        file: Upload.fromBytes("x", { name: "a" }),
        expires_in_seconds: 3600
      })
      assert.strictEqual(expires_at as string, "1970-01-01T01:00:00Z")
      yield* TestClock.adjust("59 minutes")
      assert.strictEqual((yield* download(id)).toString(), "x")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* refusal(download(id)), "404 file_expired")
      assert.strictEqual((yield* files.retrieveMetadata(id)).id, id)
    }).pipe(Effect.provide(layer())))

  it.effect("10.7.5 that was uploaded cannot be downloaded if the rules say so", () =>
    Effect.gen(function*() {
      const { downloadable, id } = yield* upload("x")
      assert.isFalse(downloadable)
      assert.strictEqual(yield* refusal(download(id)), "400 file_not_downloadable")
    }).pipe(Effect.provide(layer({ rules: { uploadsAreDownloadable: false } }))))
})

describe("a file in a session", () => {
  it.effect("10.7.6, 7.16 is a copy, which stays when the upload is deleted, and goes with the session", () =>
    Effect.gen(function*() {
      const files = yield* Files.Files
      const sessions = yield* Sessions.Sessions
      const resources = yield* Resources.Resources
      const first = yield* upload("first")
      const second = yield* upload("second", { name: "b.txt" })
      const session = yield* sessions.create({
        agent: Fixtures.agentId,
        environment_id: Fixtures.environmentId,
        resources: [{ type: "file", file_id: first.id }]
      })
      const [mounted] = session.resources
      const added = yield* resources.add(session.id, { type: "file", file_id: second.id })
      if (mounted?.type !== "file" || added.type !== "file") return assert.fail("no file")
      yield* files.delete(first.id)
      const copies = [added.file_id, mounted.file_id] as ReadonlyArray<string>
      assert.deepStrictEqual(yield* list({ scope_id: session.id }), copies)
      const copy = yield* files.retrieveMetadata(mounted.file_id)
      assert.deepStrictEqual(
        [copy.filename, copy.size_bytes, copy.downloadable, copy.scope],
        ["a.txt", 5, false, { type: "session", id: session.id }]
      )
      assert.strictEqual(yield* refusal(download(copy.id)), "400 file_not_downloadable")
      yield* sessions.delete(session.id)
      assert.deepStrictEqual(yield* list({ scope_id: session.id }), [])
      assert.strictEqual((yield* files.retrieveMetadata(second.id)).id, second.id)
      return undefined
    }).pipe(Effect.provide(layer())))
})

describe("what an agent writes", () => {
  const write = (file_path: string, result?: Partial<AgentScript.ToolCall>) =>
    AgentScript.tool({ name: "write", input: { file_path, content: "42\n" }, permission: "allow", ...result })

  const script = AgentScript.make({
    turns: [[
      write("/mnt/session/outputs/charts/sum.txt"),
      write("/mnt/session/outputs/denied.txt", { permission: "deny" }),
      write("/mnt/session/outputs/broken.txt", { is_error: true }),
      write("/tmp/sum.txt")
    ]]
  })

  it.effect("7.16 to the folder of outputs is a file of the session, which can be downloaded", () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      const files = yield* Files.Files
      yield* events.send(Fixtures.sessionId, UserEvent.message("Add up."))
      const made = yield* list({ scope_id: Fixtures.sessionId })
      assert.lengthOf(made, 1)
      const [id = ""] = made
      const { downloadable, filename, size_bytes } = yield* files.retrieveMetadata(id as `file_${string}`)
      assert.deepStrictEqual([filename, size_bytes, downloadable], ["sum.txt", 3, true])
      assert.strictEqual((yield* download(id)).toString(), "42\n")
    }).pipe(Effect.provide(layer({ script }))))
})

describe("an upload", () => {
  const send = (body: FormData | string, headers: Record<string, string> = {}) =>
    Effect.gen(function*() {
      const fetch = yield* SimulatorFetch.make
      return yield* Effect.promise(async () => {
        const response = await fetch("http://simulator/v1/files", {
          method: "POST",
          body,
          headers: { "x-api-key": "test", ...headers }
        })
        const json: { readonly error?: { readonly message: string }; readonly filename?: string } = await response
          .json()
        return `${response.status} ${json.error?.message ?? json.filename}`
      })
    }).pipe(Effect.scoped)

  const form = (fields: Record<string, string | File>) => {
    const data = new FormData()
    for (const [name, value] of Object.entries(fields)) data.append(name, value)
    return data
  }
  const file = new File(["x"], "a.txt", { type: "text/plain" })
  const boundary = { "content-type": "multipart/form-data; boundary=b" }
  const part = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nx"

  it.effect.each<readonly [string, FormData | string, Record<string, string>, string]>([
    ["JSON", "{}", { "content-type": "application/json" }, "415 Unsupported content type"],
    ["an empty body", "", {}, "400 Failed to parse request body: unexpected end of input"],
    ["a form without its end", part, boundary, "400 Failed to parse request body: unexpected end of the form"],
    ["a form that ends between two files", `${part}\r\n--b\r\n`, boundary, "unexpected end of the form"],
    ["a form without a boundary", part, { "content-type": "multipart/form-data" }, "400 Failed to parse request body"],
    ["no file", form({ expires_in_seconds: "3600" }), {}, "400 file: value is required"],
    ["a text for a file", form({ file: "x" }), {}, "400 file: expected a valid value"],
    ["a field too many", form({ file, more: "x" }), {}, "400 Failed to parse request body: unknown field \"more\""],
    ["a time that is too short", form({ file, expires_in_seconds: "60" }), {}, "400 expires_in_seconds: must be"],
    [
      "a time that is no number",
      form({ file, expires_in_seconds: "x" }),
      {},
      "400 expires_in_seconds: expected a number"
    ],
    [
      "a name that has a NUL",
      form({ file: new File(["x"], "a\0b") }),
      {},
      "400 Failed to parse request body: a part has"
    ]
  ])("10.7.7 is refused: %s", ([, body, headers, expected]) =>
    Effect.gen(function*() {
      assert.include(yield* send(body, headers), expected)
      assert.deepStrictEqual(yield* list(), [Fixtures.fileId])
    }).pipe(Effect.provide(layer())))

  it.effect("10.7.8 without a name gets one", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* send(form({ file: new File(["x"], "", { type: "text/plain" }) })), "200 unnamed.txt")
      const named = part.replace("filename=\"a\"", "filename*=UTF-8''%C3%BC.txt")
      assert.strictEqual(yield* send(`${named}\r\n--b--\r\n`, boundary), "200 ü.txt")
    }).pipe(Effect.provide(layer())))

  it.effect("10.7.9 needs no beta; the shapes of the old one are not modelled", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* send(form({ file })), "200 a.txt")
      assert.match(yield* send(form({ file }), { "anthropic-beta": "files-api-2025-04-14" }), /^501 /)
    }).pipe(Effect.provide(layer())))

  it.effect("10.7.10 that breaks off leaves nothing", () =>
    Effect.gen(function*() {
      const files = yield* Files.Files
      const broken = Stream.concat(Stream.make(every), Stream.fail("the disk is gone"))
      const error = yield* Effect.flip(files.upload({ file: Upload.fromStream(broken, { name: "a" }) }))
      if (error._tag !== "TransportError") return assert.fail(error._tag)
      assert.strictEqual(error.reason, "Source")
      return assert.deepStrictEqual(yield* list(), [Fixtures.fileId])
    }).pipe(Effect.provide(layer())))
})

describe("the ledger", () => {
  it.effect("has what a file is, and not what is in it", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const { id } = yield* upload("a-secret-text", { mediaType: "text/plain" })
      yield* download(id)
      const ledger = yield* simulator.ledger
      assert.deepStrictEqual(ledger[0]?.body, {
        file: { filename: "a.txt", mime_type: "text/plain", size_bytes: 13 }
      })
      assert.notInclude(JSON.stringify([ledger, yield* simulator.history]), "a-secret-text")
    }).pipe(Effect.provide(layer())))
})

describe("faults", () => {
  const interrupted = <A, R>(call: Effect.Effect<A, ApiError.ApiError, R>) =>
    Effect.map(Effect.flip(call), (error) => error._tag === "TransportError" ? error.reason : error._tag)

  it.effect("cut a download in the middle, which is a failure", () =>
    Effect.gen(function*() {
      const files = yield* Files.Files
      const { id } = yield* upload(every)
      const got: Array<Uint8Array> = []
      const reading = Stream.runForEach(files.download(id), (bytes) => Effect.sync(() => got.push(bytes)))
      assert.strictEqual(yield* interrupted(reading), "Body")
      assert.isTrue(Buffer.concat(got).equals(every.subarray(0, 66_000)))
      // cleanly, so that only the length shows it
      assert.strictEqual(yield* interrupted(download(id)), "Body")
      assert.isTrue((yield* download(id)).equals(every))
    }).pipe(Effect.provide(layer({
      faults: [
        { do: { stream: { cut_after_events: 1 } } },
        { do: { stream: { cut_after_bytes: 66_000 } } },
        { match: { path: "/v1/files/**" }, do: { stream: { cut_after_bytes: 10, clean: true } } }
      ]
    }))))

  it.effect("leave a download without a word, which is a failure if there is a limit", () =>
    Effect.gen(function*() {
      const files = yield* Files.Files
      const { id } = yield* upload(every)
      const got: Array<Uint8Array> = []
      const reading = yield* Effect.fork(Effect.flip(Stream.runForEach(
        files.download(id, { maxSilence: "30 seconds" }),
        (bytes) => Effect.sync(() => got.push(bytes))
      )))
      yield* TestClock.adjust("29 seconds")
      assertNone(yield* Fiber.poll(reading))
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(reading))._tag, "StreamStalled")
      assert.isTrue(Buffer.concat(got).equals(every.subarray(0, 66_000)))
      assert.isTrue((yield* download(id)).equals(every))
    }).pipe(Effect.provide(layer({ faults: [Fault.stallAfterBytes(66_000)] }))))

  it.effect("of an upload that landed leave the file, which is uploaded once", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* interrupted(upload("x")), "Connection")
      assert.strictEqual((yield* list()).length, 2)
    }).pipe(Effect.provide(layer({ faults: [{ match: { method: "POST" }, do: { drop: "after" } }] }))))
})
