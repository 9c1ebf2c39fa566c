import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import type { Handle } from "../../src/internal/http/exchange.ts"
import type { Request, Response } from "../../src/internal/http/message.ts"

const encoder = new TextEncoder()

/** A handler to try the doors with: it counts the requests that are open and the chunks that were produced. */
export const make = Effect.gen(function*() {
  const open = yield* Ref.make(0)
  const produced = yield* Ref.make(0)
  const live = yield* Queue.unbounded<string>()
  const requests = yield* Ref.make<ReadonlyArray<Request>>([])

  const json = (value: unknown, status = 200): Response => ({
    status,
    headers: { "content-type": "application/json", "request-id": "req_1" },
    body: { _tag: "Json", value }
  })
  const events = (stream: Stream.Stream<string>): Response => ({
    status: 200,
    headers: { "content-type": "text/event-stream" },
    body: { _tag: "Events", stream: Stream.map(stream, (text) => encoder.encode(text)) }
  })

  const handle: Handle = (request) =>
    Effect.gen(function*() {
      yield* Ref.update(requests, (all) => [...all, request])
      yield* Effect.acquireRelease(Ref.update(open, (n) => n + 1), () => Ref.update(open, (n) => n - 1))
      switch (request.path) {
        case "/echo":
          return json({ ...request })
        case "/empty":
          return { status: 204, headers: {}, body: { _tag: "Empty" } }
        case "/slow":
          yield* Effect.sleep("1 hour")
          return json({ slow: true })
        case "/never":
          return yield* Effect.never
        case "/defect":
          return yield* Effect.die(new Error("a bug of the simulator"))
        case "/live":
          return events(Stream.fromQueue(live))
        case "/hourly":
          return events(Stream.repeatEffect(Effect.as(Effect.sleep("1 hour"), "data: tick\n\n")))
        case "/count":
          return events(
            Stream.repeatEffect(Ref.updateAndGet(produced, (n) => n + 1)).pipe(Stream.map((n) => `data: ${n}\n\n`))
          )
        case "/flood":
          return events(
            Stream.repeatEffect(Effect.as(Ref.update(produced, (n) => n + 1), `data: ${"x".repeat(65_536)}\n\n`))
          )
        case "/two":
          return events(Stream.make("data: 1\n\n", "data: 2\n\n"))
        case "/breaks":
          return events(Stream.concat(Stream.make("data: 1\n\n"), Stream.die(new Error("a bug in the stream"))))
        default:
          return json({ type: "error" }, 404)
      }
    })

  return { handle, open, produced, live, requests }
})
