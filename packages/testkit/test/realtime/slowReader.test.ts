// The service lives at the other end of a real socket.
// @effect-diagnostics globalTimers:off
/** A reader that is slower than the service, over a real socket: the service cannot write on, and nothing is kept. */
import type { ApiError } from "@effect-managed-agents/core/ApiError"
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import type { StreamEvent } from "@effect-managed-agents/core/Event"
import * as Events from "@effect-managed-agents/core/Events"
import * as Follow from "@effect-managed-agents/core/Follow"
import { SessionId } from "@effect-managed-agents/core/Ids"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import * as Http from "node:http"
import type { Socket } from "node:net"
import { listen } from "../../../core/test/utils/listen.ts"

const total = 1_000_000

/** Events in one write. */
const block = 100

const idOf = (n: number) => `sevt_${String(n).padStart(8, "0")}`

// every one of the same size
const frame = (n: number) => {
  const event = {
    type: "span.model_request_start",
    id: idOf(n),
    processed_at: new Date(n).toISOString()
  }
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
}
const size = frame(0).length

/** A service that has a million events to write, and writes them as fast as they are taken. Its list is empty. */
const service = Effect.gen(function*() {
  const state = { written: 0, blocked: false }
  const write = (response: Http.ServerResponse) => {
    state.blocked = false
    while (state.written < total && !response.destroyed) {
      let text = ""
      for (let i = 0; i < block; i++) text += frame(state.written++)
      if (response.write(text)) continue
      state.blocked = true
      response.once("drain", () => write(response))
      return
    }
  }
  const server = Http.createServer((request, response) => {
    const isStream = request.url?.endsWith("/stream") === true
    response.writeHead(200, { "content-type": isStream ? "text/event-stream" : "application/json" })
    if (isStream) write(response)
    else response.end(JSON.stringify({ data: [] }))
  })
  const port = yield* listen(server)
  return { state, url: `http://127.0.0.1:${port}` }
})

/** How many bytes this process has read from its connections to a port. */
const bytesRead = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      const sockets: Array<Socket> = []
      // what the channel publishes
      const listener = (message: unknown) => void sockets.push((message as { readonly socket: Socket }).socket)
      subscribe("net.client.socket", listener)
      return { sockets, listener }
    }),
    ({ listener }) => Effect.sync(() => unsubscribe("net.client.socket", listener))
  ),
  ({ sockets }) => () => sockets.reduce((sum, socket) => sum + socket.bytesRead, 0)
)

const turn = Effect.async<void>((resume) => void setImmediate(() => resume(Effect.void)))

/** Goes on for as long as anything moves: until these numbers have been the same for many turns of the event loop. */
const standstill = (numbers: () => ReadonlyArray<number>, turns: number) =>
  Effect.gen(function*() {
    let last = ""
    for (let still = 0; still < turns; still++) {
      yield* turn
      const now = numbers().join()
      if (now !== last) still = 0
      last = now
    }
  })

/** Bytes in use, after everything that is not has been collected. */
const memory = Effect.map(turn, () => {
  globalThis.gc?.()
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
})

const id = SessionId.make("sesn_1")
const readers: Record<"stream" | "follow", Stream.Stream<StreamEvent, ApiError, Events.Events>> = {
  stream: Stream.unwrap(Effect.map(Events.Events, (events) => events.stream(id))),
  follow: Follow.events(Stream.unwrap(Effect.map(Events.Events, (events) => events.follow(id))))
}
const transports = { fetch: FetchHttpClient.layer, "node:http": NodeHttpClient.layer }

/** What a client may have read from its socket that nobody has taken, in bytes: a few chunks. It is about 200,000. */
const readAhead = 512 * 1024

/** What a service may have written that nobody has taken, in bytes: it is for the most part in the system's buffers. */
const writtenAhead = total * size / 4

describe("a reader that takes nothing for a while", () => {
  it.scoped.each(
    [
      { reader: "stream", transport: "fetch" },
      { reader: "stream", transport: "node:http" },
      { reader: "follow", transport: "fetch" },
      { reader: "follow", transport: "node:http" }
    ] as const
  )(
    "blocks a service that has a million events to write: Events.$reader, $transport",
    ({ reader, transport }) =>
      Effect.gen(function*() {
        const received = yield* bytesRead
        const { state, url } = yield* service
        const client = ManagedAgents.layer.pipe(
          Layer.provide(ClientConfig.layer({ apiKey: Redacted.make("key"), baseUrl: url })),
          Layer.provide(transports[transport])
        )
        const permits = Effect.unsafeMakeSemaphore(1)
        let taken = 0
        let mostAhead = 0
        const fiber = yield* readers[reader].pipe(
          Stream.runForEach((event) =>
            Effect.suspend(() => {
              assert.strictEqual("id" in event && event.id, idOf(taken))
              mostAhead = Math.max(mostAhead, received() - taken * size)
              taken++
              return permits.take(1)
            })
          ),
          Effect.provide(client),
          Effect.fork
        )
        const samples: Array<number> = []
        /** Waits until so many are taken and nothing moves any more. */
        const look = (count: number, turns: number) =>
          Effect.gen(function*() {
            yield* Effect.repeat(turn, { until: () => taken === count || fiber.unsafePoll() !== null })
            yield* standstill(() => [state.written, received()], turns)
            assert.strictEqual(taken, count)
            assert.isTrue(state.blocked)
            assert.isAtMost((state.written - taken) * size, writtenAhead)
            assert.isAtMost(received() - taken * size, readAhead)
            samples.push(yield* memory)
          })
        yield* look(2, 1000)
        // it may take its time: nobody takes a connection that is not read for a dead one
        yield* TestClock.adjust("1 hour")
        yield* look(2, 10_000)
        for (const step of [1, 1, 1, 10, 100, 1000, 10_000, 10_000, 10_000, 10_000]) {
          const before = received()
          yield* permits.release(step)
          yield* look(taken + step, 1000)
          // what comes in is what has made room
          assert.isAtMost(received() - before, step * size + readAhead)
        }
        assert.isAtMost(mostAhead, readAhead)
        const [first = 0] = samples
        assert.isBelow(Math.max(...samples) - first, 4_000_000, `in use: ${samples.join(", ")}`)
        yield* Fiber.interrupt(fiber)
      }),
    60_000
  )
})
