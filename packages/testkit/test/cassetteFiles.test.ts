/** Cassettes of forms and of the content of files: byte for byte, apart from secrets. */
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as Files from "@effect-managed-agents/core/Files"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as Skills from "@effect-managed-agents/core/Skills"
import * as Upload from "@effect-managed-agents/core/Upload"
import type * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Buffer } from "node:buffer"
import * as Cassette from "../src/Cassette.ts"
import * as Fault from "../src/Fault.ts"
import * as Fixtures from "../src/Fixtures.ts"
import * as Simulator from "../src/Simulator.ts"
import * as SimulatorHttpClient from "../src/SimulatorHttpClient.ts"

const secret = "sk-ant-very-secret"

const service = (options: Simulator.Options = {}) =>
  SimulatorHttpClient.layer.pipe(Layer.provide(Simulator.layer({ fixtures: Fixtures.docs, ...options })))

const clientOn = <A, E, R>(http: Layer.Layer<A | HttpClient.HttpClient, E, R>) =>
  Layer.mergeAll(Files.layer, Skills.layer).pipe(
    Layer.provideMerge(ManagedAgents.layer),
    Layer.provideMerge(http),
    Layer.provide(
      Layer.orDie(ClientConfig.layer({ baseUrl: "http://simulator", apiKey: Redacted.make(secret) }))
    )
  )

type Services = Files.Files | Skills.Skills | Cassette.Cassette

const record = <A, E>(program: Effect.Effect<A, E, Services>, options: Simulator.Options = {}) =>
  Effect.gen(function*() {
    const value = yield* program
    return { value, recording: yield* (yield* Cassette.Cassette).recording }
  }).pipe(Effect.provide(clientOn(Cassette.layerRecord().pipe(Layer.provide(service(options))))))

/** Replays what is in the file. */
const replay = <A, E>(program: Effect.Effect<A, E, Services>, recording: Cassette.Recording) =>
  Effect.flatMap(
    Cassette.decode(Cassette.encode(recording)),
    (recording) => Effect.provide(program, clientOn(Cassette.layerReplay(recording)))
  )

const collect = <E, R>(stream: Stream.Stream<Uint8Array, E, R>) =>
  Effect.map(Stream.runCollect(stream), (pieces) => Buffer.concat(Chunk.toReadonlyArray(pieces)))

const roundTrip = (bytes: Uint8Array, mediaType: string) =>
  Effect.gen(function*() {
    const files = yield* Files.Files
    const { id } = yield* files.upload({ file: Upload.fromBytes(bytes, { name: "naïve \"a\".bin", mediaType }) })
    return yield* collect(files.download(id))
  })

// each is changed by a text or a value of JSON in between
const contents: ReadonlyArray<readonly [name: string, bytes: Uint8Array, mediaType: string]> = [
  ["all bytes", Uint8Array.from({ length: 256 }, (_, n) => n), "application/octet-stream"],
  ["JSON with spaces", Buffer.from("{ \"a\":  1.0 }\n"), "application/json"],
  ["a text with a byte order mark", Buffer.from("\ufeffa;b\r\n"), "text/csv"],
  ["half a character", Buffer.from([0x68, 0xc3]), "text/plain"],
  ["nothing", Buffer.alloc(0), "text/plain"]
]

describe("a file", () => {
  it.effect.each(contents)("%s comes back byte for byte", ([, bytes, mediaType]) =>
    Effect.gen(function*() {
      const program = roundTrip(bytes, mediaType)
      const { recording, value } = yield* record(program)
      assert.deepStrictEqual([...value], [...bytes])
      const again = yield* replay(Effect.tap(program, Cassette.assertDone), recording)
      assert.deepStrictEqual([...again], [...bytes])
    }))

  it.effect("is compared by its content, whatever the boundary of the form", () =>
    Effect.gen(function*() {
      const [first, second] = [Uint8Array.of(0xff, 1), Uint8Array.of(0xff, 2)]
      const { recording } = yield* record(roundTrip(first, "image/png"))
      yield* replay(roundTrip(first, "image/png"), recording)
      const exit = yield* Effect.exit(replay(roundTrip(second, "image/png"), recording))
      const message = Exit.isFailure(exit) ? String(Cause.squash(exit.cause)) : ""
      assert.include(message, "form[0].bytes: expected \"/wE=\", received \"/wI=\"")
    }))

  it.effect("has no credential in a cassette, whether it is a text or not", () =>
    Effect.gen(function*() {
      const text = Buffer.from(`key=${secret};`)
      const binary = Buffer.concat([Uint8Array.of(0xff), text])
      for (const bytes of [text, binary]) {
        const program = roundTrip(bytes, "text/plain")
        const { recording, value } = yield* record(program)
        assert.deepStrictEqual([...value], [...bytes])
        const written = Cassette.encode(recording)
        assert.notInclude(written, secret)
        assert.notInclude(written, Buffer.from(bytes).toString("base64"))
        assert.include((yield* replay(program, recording)).toString("latin1"), "key=<redacted>;")
      }
    }))

  it.effect("whose source fails is not as it was recorded, or fails again", () =>
    Effect.gen(function*() {
      const program = Effect.gen(function*() {
        const files = yield* Files.Files
        const bytes = Stream.concat(Stream.make(Uint8Array.of(1)), Stream.fail("the disk is gone"))
        return yield* Effect.flip(files.upload({ file: Upload.fromStream(bytes, { name: "a.bin" }) }))
      })
      const { recording, value } = yield* record(program)
      assert.deepInclude(value, { _tag: "TransportError", reason: "Source" })
      assert.deepInclude(yield* replay(Effect.tap(program, Cassette.assertDone), recording), {
        _tag: "TransportError",
        reason: "Source"
      })
    }))
})

describe("a download that breaks off", () => {
  it.effect("breaks off at the same byte", () =>
    Effect.gen(function*() {
      const bytes = Uint8Array.from({ length: 1000 }, (_, n) => n % 256)
      const program = Effect.gen(function*() {
        const files = yield* Files.Files
        const { id } = yield* files.upload({ file: Upload.fromBytes(bytes, { name: "a.bin" }) })
        const got: Array<number> = []
        const error = yield* Effect.flip(
          Stream.runForEach(files.download(id), (piece) => Effect.sync(() => got.push(...piece)))
        )
        return { error: error._tag, got }
      })
      const { recording, value } = yield* record(program, {
        faults: [Fault.cutAfterBytes(600, { match: { path: "/v1/files/*/content" } })]
      })
      assert.deepStrictEqual(value, { error: "TransportError", got: Array.from(bytes.subarray(0, 600)) })
      assert.deepStrictEqual(yield* replay(program, recording), value)
    }))
})

describe("a skill", () => {
  it.effect("is recorded with all its files, and so is its archive", () =>
    Effect.gen(function*() {
      const program = Effect.gen(function*() {
        const skills = yield* Skills.Skills
        const content = "---\nname: orders\ndescription: Finds them.\n---\n"
        const { id, latest_version_id } = yield* skills.create({
          files: [
            Upload.fromBytes(content, { name: "orders/SKILL.md" }),
            Upload.fromBytes(Uint8Array.of(0xff, 0), { name: "orders/logo.png" })
          ]
        })
        return yield* collect(skills.downloadVersion(id, latest_version_id))
      })
      const { recording, value } = yield* record(program)
      assert.strictEqual(value.subarray(0, 2).toString(), "PK")
      const asked = recording.entries.flatMap((entry) => "request" in entry ? [entry.request.form] : [])
      assert.deepStrictEqual(asked[0]?.map(({ filename }) => filename), ["orders/SKILL.md", "orders/logo.png"])
      const again = yield* replay(Effect.tap(program, Cassette.assertDone), recording)
      assert.isTrue(again.equals(value))
    }))
})
