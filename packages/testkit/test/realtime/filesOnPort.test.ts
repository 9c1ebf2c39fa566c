/** Large files through the port, and uploads that break off there. */
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as Files from "@effect-managed-agents/core/Files"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as Upload from "@effect-managed-agents/core/Upload"
import * as Workspace from "@effect-managed-agents/core/Workspace"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Http from "node:http"
import * as Simulator from "../../src/Simulator.ts"
import * as SimulatorServer from "../../src/SimulatorServer.ts"

const megabyte = 1024 * 1024
const total = 50 * megabyte
const piece = 64 * 1024

const held = (): number => {
  globalThis.gc?.()
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
}

/** The most that is held beyond what was held at first. */
const gauge = () => {
  const first = held()
  let most = first
  return { sample: () => void (most = Math.max(most, held())), growth: () => most - first }
}

const server = Effect.gen(function*() {
  const context = yield* Layer.build(Simulator.layer())
  const { port, url } = yield* Effect.provide(SimulatorServer.start(), context)
  const client = Workspace.layer.pipe(
    Layer.provide(ManagedAgents.layer),
    Layer.provide(ClientConfig.layer({ baseUrl: url, apiKey: Redacted.make("sk-test") })),
    Layer.provide(FetchHttpClient.layer)
  )
  return { client: yield* Layer.build(client), port }
}).pipe(Effect.orDie)

const pieces = (onPiece: (n: number) => void) =>
  Stream.range(0, total / piece - 1).pipe(
    Stream.rechunk(1),
    Stream.map((n) => {
      onPiece(n)
      return new Uint8Array(piece).fill(n)
    })
  )

const count = (stream: Stream.Stream<unknown, unknown>) => Effect.map(Stream.runCollect(stream), Chunk.size)

describe("a file of 50 MB", () => {
  it.scopedLive("is kept once by the simulator, and by nobody else", () =>
    Effect.gen(function*() {
      const { client } = yield* server
      const files = yield* Effect.provide(Files.Files, client)
      const memory = gauge()
      const upload = Upload.fromStream(pieces((n) => n % 100 === 0 && memory.sample()), { name: "a", size: total })
      const { id, size_bytes } = yield* files.upload({ file: upload })
      assert.strictEqual(size_bytes, total)
      memory.sample()
      assert.isBelow(memory.growth(), total * 1.6)
      const kept = gauge()
      let read = 0
      yield* Stream.runForEach(files.download(id), (bytes) =>
        Effect.sync(() => {
          const before = read
          assert.strictEqual(bytes[0], Math.floor(read / piece) % 256)
          read += bytes.length
          if (Math.floor(before / (5 * megabyte)) < Math.floor(read / (5 * megabyte))) kept.sample()
        }))
      assert.strictEqual(read, total)
      assert.isBelow(kept.growth(), total / 2)
    }), 60_000)
})

describe("an upload", () => {
  it.scopedLive("10.7.10 that breaks off leaves nothing, whoever breaks it off", () =>
    Effect.gen(function*() {
      const { client, port } = yield* server
      const files = yield* Effect.provide(Files.Files, client)
      const broken = Stream.concat(Stream.take(pieces(() => {}), 20), Stream.fail("the disk is gone"))
      const error = yield* Effect.flip(files.upload({ file: Upload.fromStream(broken, { name: "a" }) }))
      if (error._tag !== "TransportError") return assert.fail(error._tag)
      assert.strictEqual(error.reason, "Source")
      // a client that dies in the middle
      yield* Effect.async<void>((resume) => {
        const request = Http.request({
          port,
          method: "POST",
          path: "/v1/files",
          headers: { "x-api-key": "k", "content-type": "multipart/form-data; boundary=b", "content-length": 1000 }
        })
        request.once("error", () => resume(Effect.void))
        request.write("--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nx", () =>
          request.destroy(new Error("gone")))
      })
      assert.strictEqual(yield* count(files.list()), 0)
      // and the port goes on
      yield* files.upload({ file: Upload.fromBytes("x", { name: "a" }) })
      return assert.strictEqual(yield* count(files.list()), 1)
    }), 30_000)
})
