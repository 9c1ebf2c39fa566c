/** The rows of `docs/what-happens-when.md` about files. */
import type { ApiError } from "@effect-managed-agents/core/ApiError"
import * as Files from "@effect-managed-agents/core/Files"
import * as Skills from "@effect-managed-agents/core/Skills"
import * as Upload from "@effect-managed-agents/core/Upload"
import * as Workspace from "@effect-managed-agents/core/Workspace"
import { assert } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type * as Fault from "../../src/Fault.ts"
import * as Fixtures from "../../src/Fixtures.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as Testkit from "../../src/Testkit.ts"
import { inTime } from "../utils/conversation.ts"
import { type Claims, says, section } from "../utils/page.ts"

const content = Uint8Array.from({ length: 1000 }, (_, n) => n % 256)

const layer = (faults: Fault.Plan = []) => Workspace.layer.pipe(Layer.provideMerge(Testkit.layer({ faults })))

const upload = (file: Upload.Upload) => Effect.flatMap(Files.Files, (files) => files.upload({ file }))

const bytes = Upload.fromBytes(content, { name: "a" })
const stream = () => Upload.fromStream(Stream.make(content), { name: "a" })
const broken = Stream.concat(Stream.make(content), Stream.fail("the disk is gone"))

const downloadOf = Effect.fnUntraced(function*(options: Parameters<Files.Service["download"]>[1]) {
  const files = yield* Files.Files
  const { id } = yield* upload(bytes)
  return yield* Stream.runDrain(files.download(id, options))
})
const download = downloadOf({})

/** How a call failed, how often it was sent, and how many files there are then. */
const failure = <A, R>(call: Effect.Effect<A, ApiError, R>) =>
  Effect.gen(function*() {
    const error = yield* inTime(Effect.flip(call))
    const simulator = yield* Simulator.Simulator
    const sent = (yield* simulator.ledger).filter(({ method }) => method === "POST").length
    const files = yield* Files.Files
    const listed = Chunk.toReadonlyArray(yield* Stream.runCollect(files.list()))
    const stored = listed.filter(({ id }) => id !== Fixtures.fileId).length
    const reason = error._tag === "TransportError" ? error.reason : undefined
    return { error: error._tag, reason, sent, stored }
  })

const sees = ([, claim]: Claims, found: { readonly error: string; readonly reason?: string | undefined }) => {
  says(claim, found.error)
  if (found.reason !== undefined) says(claim, found.reason)
}

section("A file is sent or read", {
  "its source fails in the middle": (claims) =>
    Effect.gen(function*() {
      const found = yield* failure(upload(Upload.fromStream(broken, { name: "a", isRepeatable: true })))
      sees(claims, found)
      assert.deepStrictEqual([found.sent, found.stored], [0, 0])
    }).pipe(Effect.provide(layer())),

  "its source has another size than it says": (claims) =>
    Effect.gen(function*() {
      for (const size of [999, 1001]) {
        const found = yield* failure(upload(Upload.fromStream(Stream.make(content), { name: "a", size })))
        sees(claims, found)
        assert.deepStrictEqual([found.sent, found.stored], [0, 0])
      }
    }).pipe(Effect.provide(layer())),

  "the answer to an upload is lost": (claims) =>
    Effect.gen(function*() {
      const found = yield* failure(upload(bytes))
      sees(claims, found)
      assert.deepStrictEqual([found.sent, found.stored], [1, 1])
    }).pipe(Effect.provide(layer([{ match: { method: "POST" }, do: { drop: "after" } }]))),

  "429 or 529 to an upload of bytes or of a path": () =>
    Effect.gen(function*() {
      yield* inTime(upload(bytes))
      const simulator = yield* Simulator.Simulator
      assert.deepStrictEqual((yield* simulator.ledger).map(({ status }) => status), [429, 529, 200])
    }).pipe(Effect.provide(layer([429, 529].map((status) => ({ do: { status } }))))),

  "429 or 529 to an upload of a stream that was read": (claims) =>
    Effect.forEach([429, 529], (status) =>
      Effect.gen(function*() {
        const found = yield* failure(upload(stream()))
        says(claims[1], found.error)
        assert.strictEqual(found.sent, 1)
      }).pipe(Effect.provide(layer([{ do: { status } }])))),

  "a stream that was read is uploaded again": (claims) =>
    Effect.gen(function*() {
      const once = stream()
      yield* upload(once)
      const found = yield* failure(upload(once))
      sees(claims, found)
      assert.deepStrictEqual([found.sent, found.stored], [1, 1])
    }).pipe(Effect.provide(layer())),

  "a download breaks off": (claims) =>
    Effect.forEach([true, false], (clean) =>
      Effect.gen(function*() {
        sees(claims, yield* failure(download))
      }).pipe(Effect.provide(layer([{ do: { stream: { cut_after_bytes: 10, clean } } }])))),

  "a download with `maxSilence` goes silent": (claims) =>
    Effect.gen(function*() {
      sees(claims, yield* failure(downloadOf({ maxSilence: "30 seconds" })))
    }).pipe(Effect.provide(layer([{ do: { stream: { stall_after_bytes: 10 } } }]))),

  "the files make no skill": (claims) =>
    Effect.gen(function*() {
      const skills = yield* Skills.Skills
      const files = [Upload.fromBytes("x", { name: "skill/readme.md" })]
      const found = yield* failure(skills.create({ files }))
      sees(claims, found)
      assert.strictEqual(found.sent, 0)
    }).pipe(Effect.provide(layer()))
})
