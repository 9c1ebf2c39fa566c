/** Files and skills: forms that are sent, bytes that are read, and what becomes of either if it breaks off. */
import * as FileSystem from "@effect/platform/FileSystem"
import { RequestError } from "@effect/platform/HttpClientError"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { inspect } from "node:util"
import type { ApiError } from "../src/ApiError.ts"
import * as Files from "../src/Files.ts"
import * as Skills from "../src/Skills.ts"
import * as Upload from "../src/Upload.ts"
import * as Workspace from "../src/Workspace.ts"
import * as Stub from "./utils/StubHttpClient.ts"
import * as telemetry from "./utils/telemetry.ts"

const at = "2026-03-15T10:00:00Z"
const file = {
  type: "file",
  id: "file_1",
  filename: "a.txt",
  mime_type: "text/plain",
  size_bytes: 3,
  downloadable: true,
  scope: { type: "session", id: "sesn_1" },
  expires_at: null,
  created_at: at
}
const skill = {
  type: "skill",
  id: "skill_1",
  display_name: "S",
  latest_version_id: "skver_1",
  source: { type: "custom" },
  created_at: at,
  updated_at: at
}
const version = {
  type: "skill_version",
  id: "skver_1",
  skill_id: "skill_1",
  name: "s",
  description: "D",
  created_at: at
}
const page = (item: unknown) => ({ data: [item], next_page: null })

const files = <A, E>(f: (service: Files.Service) => Effect.Effect<A, E>) => Effect.flatMap(Files.Files, f)
const skills = <A, E>(f: (service: Skills.Service) => Effect.Effect<A, E>) => Effect.flatMap(Skills.Skills, f)
const collect = <E>(stream: Stream.Stream<Uint8Array, E>) =>
  Effect.map(Stream.runCollect(stream), (chunks) => Buffer.concat(Chunk.toReadonlyArray(chunks)).toString())

const client = (stub: ReturnType<typeof Stub.make>) =>
  Workspace.layer.pipe(Layer.provideMerge(stub.client({ apiKey: Redacted.make("sk-test") })))

/** Reads the body of a request to its end before it answers, as a server does. */
const receiving = (answer: Stub.Answer, bodies: Array<Uint8Array>): Stub.Answer => (request) => {
  const { body } = request
  if (body._tag !== "Stream") return Effect.dieMessage(`a body of kind ${body._tag}`)
  const pieces: Array<Uint8Array> = []
  return Stream.runForEach(body.stream, (piece) => Effect.sync(() => void pieces.push(piece))).pipe(
    Effect.ensuring(Effect.sync(() => bodies.push(Buffer.concat(pieces)))),
    Effect.mapError((cause) => new RequestError({ request, reason: "Transport", cause })),
    Effect.zipRight(answer(request))
  )
}

const form = (body: Uint8Array, type: string) =>
  Effect.promise(() => new Response(Buffer.from(body), { headers: { "content-type": type } }).formData())

const text = Upload.fromBytes("a\r\n--b", { name: "a.txt", mediaType: "text/plain" })
const skillFiles = [
  Upload.fromBytes("---\nname: s\n---", { name: "s/SKILL.md", mediaType: "text/markdown" }),
  Upload.fromBytes("1", { name: "s/scripts/a.py" })
]

describe("calls", () => {
  interface Call {
    readonly request: string
    readonly answer: unknown
    readonly run: Effect.Effect<unknown, ApiError, Workspace.Services>
  }
  const calls: ReadonlyArray<Call> = [
    { request: "GET /v1/files/file_1", answer: file, run: files((_) => _.retrieveMetadata("file_1")) },
    {
      request: "GET /v1/files?ids%5B%5D=file_1&ids%5B%5D=file_2",
      answer: page(file),
      run: files((_) => _.listPage({ ids: ["file_1", "file_2"] }))
    },
    {
      request: "GET /v1/files?scope_id=sesn_1&limit=1",
      answer: page({ ...file, scope: { type: "later" }, downloadable: false }),
      run: files((_) => _.listPage({ scope_id: "sesn_1", limit: 1 }))
    },
    {
      request: "DELETE /v1/files/file_1",
      answer: { type: "file_deleted", id: "file_1" },
      run: files((_) => _.delete("file_1"))
    },
    { request: "GET /v1/skills/skill_1", answer: skill, run: skills((_) => _.retrieve("skill_1")) },
    {
      request: "GET /v1/skills?source=custom",
      answer: page(skill),
      run: skills((_) => _.listPage({ source: "custom" }))
    },
    {
      request: "DELETE /v1/skills/skill_1",
      answer: { type: "skill_deleted", id: "skill_1" },
      run: skills((_) => _.delete("skill_1"))
    },
    {
      request: "GET /v1/skills/skill_1/versions/skver_1",
      answer: version,
      run: skills((_) => _.retrieveVersion("skill_1", "skver_1"))
    },
    {
      request: "GET /v1/skills/skill_1/versions?page=p",
      answer: page(version),
      run: skills((_) => _.listVersionsPage("skill_1", { page: "p" }))
    },
    {
      request: "DELETE /v1/skills/skill_1/versions/skver_1",
      answer: { type: "skill_version_deleted", id: "skver_1" },
      run: skills((_) => _.deleteVersion("skill_1", "skver_1"))
    }
  ]
  it.effect.each(calls)("$request", ({ answer, request, run }) => {
    const stub = Stub.make([Stub.json(answer), Stub.json({ type: "other", id: 1, data: {} })])
    return Effect.gen(function*() {
      assert.deepStrictEqual(yield* run, answer)
      const { headers, method, url } = stub.sent[0]!
      assert.strictEqual(`${method} ${url.pathname}${url.search}`, request)
      // the names of the betas would select the shapes of that time
      assert.isUndefined(headers["anthropic-beta"])
      const refused = yield* Effect.flip(run)
      assert.strictEqual(refused._tag, "MalformedResponse")
    }).pipe(Effect.provide(client(stub)))
  })

  const uploads: ReadonlyArray<Call & { readonly fields: ReadonlyArray<readonly [string, string]> }> = [
    {
      request: "POST /v1/files",
      answer: file,
      fields: [["file", "a.txt text/plain a\r\n--b"], ["expires_in_seconds", "3600"]],
      run: files((_) => _.upload({ file: text, expires_in_seconds: 3600 }))
    },
    {
      request: "POST /v1/skills",
      answer: skill,
      fields: [
        ["files[]", "s/SKILL.md text/markdown ---\nname: s\n---"],
        ["files[]", "s/scripts/a.py application/octet-stream 1"],
        ["display_name", "Übung"]
      ],
      run: skills((_) => _.create({ files: skillFiles, display_name: "Übung" }))
    },
    {
      request: "POST /v1/skills/skill_1/versions",
      answer: version,
      fields: [["files[]", "s.zip application/zip PK"]],
      run: skills((_) =>
        _.createVersion("skill_1", { files: [Upload.fromBytes("PK", { name: "s.zip", mediaType: "application/zip" })] })
      )
    }
  ]
  it.effect.each(uploads)("$request is a form", ({ answer, fields, request, run }) => {
    const bodies: Array<Uint8Array> = []
    const stub = Stub.make([receiving(Stub.json(answer), bodies)])
    return Effect.gen(function*() {
      assert.deepStrictEqual(yield* run, answer)
      const { headers, method, url } = stub.sent[0]!
      assert.strictEqual(`${method} ${url.pathname}${url.search}`, request)
      assert.isUndefined(headers["anthropic-beta"])
      assert.strictEqual(headers["content-length"], String(bodies[0]?.length))
      const found = yield* form(bodies[0]!, headers["content-type"]!)
      const read = yield* Effect.promise(() =>
        Promise.all(Array.from(found, async ([name, value]) => [
          name,
          typeof value === "string" ? value : `${value.name} ${value.type} ${await value.text()}`
        ]))
      )
      assert.deepStrictEqual(read, fields.map((field) => [...field]))
    }).pipe(Effect.provide(client(stub)))
  })
})

describe("an upload", () => {
  it.effect("writes names as browsers do", () => {
    const name = "a \"b\"\r\n\\ü😀'.txt"
    const bodies: Array<Uint8Array> = []
    return Effect.gen(function*() {
      yield* files((_) => _.upload({ file: Upload.fromBytes("x", { name }) }))
      const theirs = new FormData()
      theirs.append("file", new File(["x"], name))
      const expected = yield* Effect.promise(() => new Response(theirs).text())
      assert.strictEqual(Buffer.from(bodies[0]!).toString().split("\r\n")[1], expected.split("\r\n")[1])
    }).pipe(Effect.provide(client(Stub.make([receiving(Stub.json(file), bodies)]))))
  })

  it.effect.each<readonly [string, Upload.Upload]>([
    ["file.name", Upload.fromBytes("x", { name: "" })],
    ["file.name", Upload.fromBytes("x", { name: "a\0b" })],
    ["file.name", Upload.fromBytes("x", { name: "\ud83d" })],
    ["file.mediaType", Upload.fromBytes("x", { name: "a", mediaType: "text/plain\r\nx: y" })],
    ["file.size", Upload.fromStream(Stream.empty, { name: "a", size: -1 })]
  ])("is not sent with a bad %s", ([path, file]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(files((_) => _.upload({ file })))
      if (error._tag !== "InvalidParams") return assert.fail(error._tag)
      return assert.deepStrictEqual(error.issues.map((issue) => issue.path), [path])
    }).pipe(Effect.provide(client(Stub.make([])))))

  const source = (pieces: Stream.Stream<string, unknown>, size?: number) =>
    Upload.fromStream(Stream.map(pieces, (piece) => Buffer.from(piece)), { name: "a", size, isRepeatable: true })
  it.effect.each<readonly [string, Upload.Upload, string]>([
    ["fails", source(Stream.concat(Stream.make("abc"), Stream.fail("disk on fire"))), "disk on fire"],
    ["is shorter than it says", source(Stream.make("abc"), 4), "3 bytes, and not 4"],
    ["is longer than it says", source(Stream.make("abc", "de"), 4), "5 bytes or more, and not 4"]
  ])("of a source that %s is broken off, once", ([, upload, detail]) => {
    const bodies: Array<Uint8Array> = []
    const stub = Stub.make([receiving(Stub.json(file), bodies)])
    return Effect.gen(function*() {
      const error = yield* Effect.flip(files((_) => _.upload({ file: upload })))
      if (error._tag !== "TransportError") return assert.fail(error._tag)
      assert.strictEqual(error.reason, "Source")
      assert.include(error.detail, detail)
      assert.isFalse(error.isRetryable)
      assert.strictEqual(stub.sent.length, 1)
      // without its end, no server takes a form for complete
      return assert.notMatch(Buffer.from(bodies[0]!).toString(), /--\r\n$/)
    }).pipe(Effect.provide(client(stub)))
  })

  const busy = Stub.apiError(429, "rate_limit_error", "slow down", { "retry-after-ms": "1" })
  const eventually = <A, E, R>(self: Effect.Effect<A, E, R>) =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(Effect.either(self))
      yield* TestClock.adjust("1 minute")
      return yield* Effect.flatten(Fiber.join(fiber))
    })

  it.effect("of bytes is repeated after a refusal", () => {
    const bodies: Array<Uint8Array> = []
    const stub = Stub.make([receiving(busy, bodies), receiving(Stub.json(file), bodies)])
    return Effect.gen(function*() {
      assert.strictEqual((yield* eventually(files((_) => _.upload({ file: text })))).id as string, "file_1")
      assert.strictEqual(Buffer.from(bodies[0]!).toString(), Buffer.from(bodies[1]!).toString())
    }).pipe(Effect.provide(client(stub)))
  })

  it.effect.each<readonly [string, Stub.Answer]>([
    ["a server error", Stub.apiError(500, "api_error", "no")],
    ["a lost connection", Stub.fail(Stub.connectionReset())]
  ])("is not repeated after %s", ([, answer]) => {
    const stub = Stub.make(receiving(answer, []))
    return Effect.gen(function*() {
      yield* Effect.flip(eventually(files((_) => _.upload({ file: text }))))
      assert.strictEqual(stub.sent.length, 1)
    }).pipe(Effect.provide(client(stub)))
  })

  it.effect("of a stream is not repeated once it has been read", () => {
    const once = Upload.fromStream(Stream.make(Buffer.from("abc")), { name: "a" })
    const stub = Stub.make([Stub.fail(Stub.connectionRefused()), receiving(busy, [])])
    return Effect.gen(function*() {
      const error = yield* Effect.flip(eventually(files((_) => _.upload({ file: once }))))
      assert.strictEqual(error._tag, "RateLimited")
      assert.strictEqual(stub.sent.length, 2)
      assert.isUndefined(stub.sent[0]?.headers["content-length"])
      const again = yield* Effect.flip(files((_) => _.upload({ file: once })))
      if (again._tag !== "InvalidParams") return assert.fail(again._tag)
      assert.deepStrictEqual(again.issues.map(({ path }) => path), ["file"])
      return assert.strictEqual(stub.sent.length, 2)
    }).pipe(Effect.provide(client(stub)))
  })

  it.effect("reads its source as the connection takes it", () => {
    let made = 0
    const endless = Stream.repeatEffect(Effect.sync(() => (made++, new Uint8Array(1024))))
    const slow: Stub.Answer = (request) =>
      request.body._tag === "Stream"
        ? Effect.zipRight(
          Effect.orDie(Stream.runDrain(Stream.take(request.body.stream, 11))),
          Stub.json(file)(request)
        )
        : Effect.dieMessage("no stream")
    return Effect.gen(function*() {
      yield* files((_) => _.upload({ file: Upload.fromStream(endless, { name: "a" }) }))
      assert.strictEqual(made, 10)
    }).pipe(Effect.provide(client(Stub.make([slow]))))
  })

  it("shows nothing of its content", () => {
    const upload = Upload.fromBytes("a-secret-text", { name: "a" })
    assert.deepStrictEqual(Object.keys(upload).sort(), ["isRepeatable", "mediaType", "name", "size"])
    assert.notInclude(inspect(upload, { depth: 9 }), "Uint8Array")
  })
})

describe("fromPath", () => {
  const info = (type: FileSystem.File.Type, size: number) =>
    // of a file's properties, these are looked at
    ({ type, size: FileSystem.Size(size) }) as FileSystem.File.Info
  const disk = FileSystem.layerNoop({
    stat: (path) => Effect.succeed(path.endsWith("folder") ? info("Directory", 0) : info("File", 3)),
    stream: (path) => Stream.make(Buffer.from(path.slice(-3)))
  })

  it.effect("reads a file when it is sent", () => {
    const bodies: Array<Uint8Array> = []
    return Effect.gen(function*() {
      const upload = yield* Files.fromPath("/some/folder/abc", { mediaType: "text/plain" })
      assert.deepStrictEqual([upload.name, upload.size, upload.isRepeatable], ["abc", 3, true])
      yield* files((_) => _.upload({ file: upload }))
      assert.include(Buffer.from(bodies[0]!).toString(), "filename=\"abc\"\r\nContent-Type: text/plain\r\n\r\nabc\r\n")
      assert.strictEqual((yield* Files.fromPath("a\\b.c", { name: "s/x" })).name, "s/x")
      assert.strictEqual((yield* Files.fromPath("a\\b.c")).name, "b.c")
    }).pipe(Effect.provide([client(Stub.make([receiving(Stub.json(file), bodies)])), disk]))
  })

  it.effect("refuses a folder", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Files.fromPath("/some/folder"))
      assert.include(error.message, "got a folder")
    }).pipe(Effect.provide(disk)))
})

describe("a download", () => {
  const content = files((_) => collect(_.download("file_1")))

  it.effect("gives the bytes, and asks anew each time", () => {
    const stub = Stub.make(Stub.body(Stream.make("ab", "c"), { headers: { "content-type": "image/png" } }))
    return Effect.gen(function*() {
      assert.strictEqual(yield* content, "abc")
      assert.strictEqual(yield* skills((_) => collect(_.downloadVersion("skill_1", "skver_1"))), "abc")
      assert.deepStrictEqual(stub.sent.map(({ url }) => url.pathname), [
        "/v1/files/file_1/content",
        "/v1/skills/skill_1/versions/skver_1/content"
      ])
      const { headers, signal } = stub.sent[0]!
      assert.strictEqual(headers["accept"], "application/binary, application/json")
      assert.strictEqual(headers["accept-encoding"], "identity")
      assert.isUndefined(headers["anthropic-beta"])
      assert.isTrue(signal.aborted)
    }).pipe(Effect.provide(client(stub)))
  })

  it.effect.each<readonly [string, Stub.Answer, string]>([
    ["breaks off", Stub.body(Stream.concat(Stream.make("ab"), Stub.breaks("cut"))), "cut"],
    [
      "ends before its length",
      Stub.body(Stream.make("ab"), { headers: { "content-length": "3" } }),
      "it has 2 of 3 bytes"
    ]
  ])("that %s is a failure, after what had come", ([, answer, detail]) =>
    Effect.gen(function*() {
      const got: Array<string> = []
      const error = yield* Effect.flip(files((_) =>
        Stream.runForEach(_.download("file_1"), (bytes) => Effect.sync(() => got.push(Buffer.from(bytes).toString())))
      ))
      if (error._tag !== "TransportError") {
        return assert.fail(error._tag)
      }
      assert.strictEqual(error.reason, "Body")
      assert.include(error.detail, detail)
      return assert.deepStrictEqual(got, ["ab"])
    }).pipe(Effect.provide(client(Stub.make([answer])))))

  it.effect("of a compressed answer is not measured by its length", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* content, "ab")
    }).pipe(Effect.provide(client(Stub.make([
      Stub.body(Stream.make("ab"), { headers: { "content-length": "3", "content-encoding": "gzip" } })
    ])))))

  it.effect("is refused with the error of the service", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(content)
      assert.strictEqual(error._tag, "InvalidRequest")
    }).pipe(Effect.provide(client(Stub.make([Stub.apiError(400, "invalid_request_error", "not downloadable")])))))

  it.effect("shows nothing in its span", () =>
    Effect.gen(function*() {
      const { spans, tracer } = yield* telemetry.tracer
      yield* Effect.withTracer(content, tracer)
      assert.deepStrictEqual(spans.map(({ name }) => name), ["Files.download"])
      const text = inspect(spans.map(({ attributes, status }) => [attributes, status]), { depth: 30 })
      assert.include(text, "file_1")
      assert.notInclude(text, "sk-test")
    }).pipe(Effect.provide(client(Stub.make([Stub.body(Stream.make("ab"))])))))

  it.effect("is read as it is consumed, and let go of when it is left", () => {
    let made = 0
    const endless = Stream.repeatEffect(Effect.sync(() => (made++, "x")))
    const stub = Stub.make([Stub.body(endless)])
    return Effect.gen(function*() {
      yield* files((_) => Stream.runDrain(Stream.take(_.download("file_1"), 5)))
      assert.strictEqual(made, 5)
      assert.isTrue(stub.sent[0]?.signal.aborted)
    }).pipe(Effect.provide(client(stub)))
  })

  it.effect("that goes silent fails if it is told how long to wait", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(
        Effect.flip(files((_) => Stream.runDrain(_.download("file_1", { maxSilence: "10 seconds" }))))
      )
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "StreamStalled")
    }).pipe(Effect.provide(client(Stub.make([Stub.body(Stream.never)])))))
})

describe("a list of files", () => {
  it.effect.each<readonly [string, Effect.Effect<unknown, ApiError, Files.Files>]>([
    ["ids", files((_) => _.listPage({ ids: ["file_1"], limit: 1 }))],
    ["ids", files((_) => _.listPage({ ids: ["file_1"], page: "p" }))],
    ["ids", files((_) => _.listPage({ ids: Array.from({ length: 101 }, (_, n) => `file_${n}` as const) }))]
  ])("is not asked for with bad %s", ([path, run]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(run)
      if (error._tag !== "InvalidParams") return assert.fail(error._tag)
      return assert.deepStrictEqual(error.issues.map((issue) => issue.path), [path])
    }).pipe(Effect.provide(client(Stub.make([])))))

  it.effect("goes on page by page", () => {
    const stub = Stub.make([
      Stub.json({ data: [file], next_page: "p" }),
      Stub.json({ data: [{ ...file, id: "file_2" }], next_page: null })
    ])
    return Effect.gen(function*() {
      const all = yield* files((_) => Stream.runCollect(_.list({ limit: 1 })))
      assert.deepStrictEqual(Chunk.toReadonlyArray(all).map(({ id }) => id as string), ["file_1", "file_2"])
      assert.deepStrictEqual(stub.sent.map(({ url }) => url.search), ["?limit=1", "?limit=1&page=p"])
    }).pipe(Effect.provide(client(stub)))
  })
})

describe("a skill is not sent", () => {
  const md = "s/SKILL.md"
  it.effect.each<readonly [string, ReadonlyArray<string>, string]>([
    ["without files", [], "files"],
    ["without a SKILL.md", ["s/a.md"], "files"],
    ["with a SKILL.md deeper in its folder", ["s/x/SKILL.md"], "files"],
    ["with a SKILL.md outside of a folder", ["SKILL.md"], "files.0.name"],
    ["of two folders", [md, "t/a.md"], "files.1.name"],
    ["with a path that escapes", [md, "s/../../a"], "files.1.name"],
    ["with a path from the root", [md, "/s/a"], "files.1.name"],
    ["with a path that goes nowhere", [md, "s//a", "s/./b"], "files.1.name files.2.name"],
    ["with a path of another system", [md, "s\\a"], "files.1.name"],
    ["with a path twice", [md, md], "files.1.name"],
    ["with two archives", ["a.zip", "b.zip"], "files.0.name files.1.name"]
  ])("%s", ([, names, paths]) =>
    Effect.gen(function*() {
      const uploads = names.map((name) => Upload.fromBytes("x", { name }))
      const calls: ReadonlyArray<Effect.Effect<unknown, ApiError, Skills.Skills>> = [
        skills((_) => _.create({ files: uploads })),
        skills((_) => _.createVersion("skill_1", { files: uploads }))
      ]
      for (const run of calls) {
        const error = yield* Effect.flip(run)
        if (error._tag !== "InvalidParams") return assert.fail(error._tag)
        assert.deepStrictEqual(error.issues.map((issue) => issue.path), paths.split(" "))
      }
      return undefined
    }).pipe(Effect.provide(client(Stub.make([])))))
})
