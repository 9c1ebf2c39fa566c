/** Files over `fetch` and a real socket: they pass through, and what breaks off is noticed at both ends. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Http from "node:http"
import * as ClientConfig from "../../src/ClientConfig.ts"
import * as Files from "../../src/Files.ts"
import * as ManagedAgents from "../../src/ManagedAgents.ts"
import * as Upload from "../../src/Upload.ts"
import * as Workspace from "../../src/Workspace.ts"
import { listen } from "../utils/listen.ts"

const megabyte = 1024 * 1024
const total = 50 * megabyte
const piece = 64 * 1024

const file = JSON.stringify({
  type: "file",
  id: "file_1",
  filename: "a",
  mime_type: "a/b",
  size_bytes: total,
  created_at: "2026-03-15T10:00:00Z"
})

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

/** A server and a client of it. */
const server = (handler: Http.RequestListener) =>
  Effect.gen(function*() {
    const http = Http.createServer(handler)
    const port = yield* listen(http)
    return Workspace.layer.pipe(
      Layer.provide(ManagedAgents.layer),
      Layer.provide(ClientConfig.layer({ baseUrl: `http://127.0.0.1:${port}` })),
      Layer.provide(FetchHttpClient.layer),
      Layer.orDie
    )
  })

const source = (onPiece: (count: number) => void, options: Partial<Upload.StreamOptions> = {}) => {
  let count = 0
  const pieces = Stream.repeatEffect(Effect.sync(() => {
    onPiece(count++)
    return new Uint8Array(piece).fill(count)
  }))
  return { pieces, upload: Upload.fromStream(Stream.take(pieces, total / piece), { name: "a", ...options }) }
}

const upload = (file: Upload.Upload) => Effect.flatMap(Files.Files, (files) => files.upload({ file }))

describe("a file of 50 MB", () => {
  it.scopedLive("is sent without being held", () =>
    Effect.gen(function*() {
      let received = 0
      const client = yield* server((request, response) => {
        request.on("data", (bytes: Uint8Array) => received += bytes.length)
        request.on("end", () => response.writeHead(200, { "content-type": "application/json" }).end(file))
      })
      const memory = gauge()
      const { upload: made } = source((n) => n % 100 === 0 && memory.sample(), { size: total })
      const stored = yield* Effect.provide(upload(made), client)
      assert.strictEqual(stored.size_bytes, total)
      assert.isAbove(received, total)
      assert.isBelow(received, total + 1000)
      assert.isBelow(memory.growth(), total / 2)
    }), 60_000)

  it.scopedLive("is received without being held, as fast as it is read", () =>
    Effect.gen(function*() {
      let written = 0
      const client = yield* server((_, response) => {
        response.writeHead(200, { "content-type": "a/b", "content-length": total })
        const write = () => {
          while (written < total) {
            written += piece
            if (!response.write(new Uint8Array(piece))) return response.once("drain", write)
          }
          return response.end()
        }
        write()
      })
      const memory = gauge()
      let read = 0
      let ahead = 0
      yield* Stream.unwrap(Effect.map(Files.Files, (files) => files.download("file_1"))).pipe(
        Stream.rechunk(1),
        Stream.runForEach((bytes) =>
          Effect.sync(() => {
            const before = read
            read += bytes.length
            ahead = Math.max(ahead, written - read)
            if (Math.floor(before / (5 * megabyte)) < Math.floor(read / (5 * megabyte))) memory.sample()
          })
        ),
        Effect.provide(client)
      )
      assert.strictEqual(read, total)
      // what fits into the buffers of two sockets
      assert.isBelow(ahead, total / 2)
      assert.isBelow(memory.growth(), total / 2)
    }), 60_000)
})

describe("a source that breaks off", () => {
  it.scopedLive("leaves the server with a request that never ended", () =>
    Effect.gen(function*() {
      const ended = yield* Deferred.make<string>()
      const client = yield* server((request) => {
        request.resume()
        request.once("end", () => Deferred.unsafeDone(ended, Exit.succeed("complete")))
        request.once("error", () => Deferred.unsafeDone(ended, Exit.succeed("broken")))
      })
      const broken = Stream.concat(Stream.take(source(() => {}).pieces, 10), Stream.fail("the disk is gone"))
      const error = yield* Effect.provide(Effect.flip(upload(Upload.fromStream(broken, { name: "a" }))), client)
      if (error._tag !== "TransportError") return assert.fail(error._tag)
      assert.strictEqual(error.reason, "Source")
      assert.include(error.detail, "the disk is gone")
      return assert.strictEqual(yield* Deferred.await(ended), "broken")
    }))
})

describe("a redirect", () => {
  it.scopedLive("of an upload is not followed", () =>
    Effect.gen(function*() {
      let requests = 0
      const client = yield* server((request, response) => {
        requests++
        request.resume().once("end", () => response.writeHead(307, { location: "/elsewhere" }).end())
      })
      const error = yield* Effect.provide(Effect.flip(upload(Upload.fromBytes("abc", { name: "a" }))), client)
      assert.strictEqual(error._tag, "TransportError")
      assert.strictEqual(requests, 1)
    }))
})

describe("a server that breaks off", () => {
  it.scopedLive("during an upload has lost the connection, not the source", () =>
    Effect.gen(function*() {
      let requests = 0
      const client = yield* server((request) => {
        requests++
        request.once("data", () => request.socket.resetAndDestroy())
      })
      const error = yield* Effect.provide(Effect.flip(upload(source(() => {}).upload)), client)
      if (error._tag !== "TransportError") return assert.fail(error._tag)
      assert.strictEqual(error.reason, "Connection")
      return assert.strictEqual(requests, 1)
    }))

  it.scopedLive("during a download is a failure", () =>
    Effect.gen(function*() {
      const client = yield* server((request, response) => {
        response.writeHead(200, { "content-type": "a/b", "content-length": 20 })
        response.write("0123456789", () => request.socket.destroy())
      })
      const error = yield* Stream.runDrain(
        Stream.unwrap(Effect.map(Files.Files, (files) => files.download("file_1")))
      ).pipe(Effect.flip, Effect.provide(client))
      if (error._tag !== "TransportError") return assert.fail(error._tag)
      return assert.strictEqual(error.reason, "Body")
    }))
})
