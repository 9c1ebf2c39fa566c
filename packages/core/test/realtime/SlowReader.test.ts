/** A reader that is slower than the service: the service is kept waiting, and nothing is kept in memory. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { ApiError } from "../../src/ApiError.ts"
import type { StreamEvent } from "../../src/Event.ts"
import * as Events from "../../src/Events.ts"
import * as Follow from "../../src/Follow.ts"
import { sessionId } from "../utils/calls.ts"
import * as eagerClock from "../utils/eagerClock.ts"
import * as Stub from "../utils/StubHttpClient.ts"

/** All of the million with `ENDURANCE=full`, otherwise a tenth. */
const total = process.env["ENDURANCE"] === "full" ? 1_000_000 : 100_000

/** Events in one chunk of bytes. */
const block = 100

const second = 1000

const event = (n: number) => ({
  type: "span.model_request_start" as const,
  id: `sevt_${n}`,
  processed_at: new Date(n * second).toISOString()
})

const heap = (): number => {
  globalThis.gc?.()
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
}

/** A service that writes the next block whenever one is asked for, and has nothing in its list. */
const service = () => {
  const state = { written: 0 }
  const stream = Stub.sse(Stream.repeatEffectOption(Effect.suspend(() => {
    if (state.written === total) return Effect.fail(Option.none())
    let text = ""
    for (let i = 0; i < block; i++) text += Stub.frame(event(state.written++))
    return Effect.succeed(text)
  })))
  const answer: Stub.Answer = (request) =>
    request.url.endsWith("/stream") ? stream(request) : Stub.json({ data: [] })(request)
  return { state, client: Stub.make(answer).client() }
}

const readers: Record<"Events.stream" | "Events.follow", Stream.Stream<StreamEvent, ApiError, Events.Events>> = {
  "Events.stream": Stream.unwrap(Effect.map(Events.Events, (events) => events.stream(sessionId))),
  "Events.follow": Follow.events(Stream.unwrap(Effect.map(Events.Events, (events) => events.follow(sessionId))))
}

describe("a reader that takes one event a second", () => {
  it.effect.each(["Events.stream", "Events.follow"] as const)(
    "blocks a service that has a million, for eleven and a half days, and holds nothing: %s",
    (name) => {
      const { client, state } = service()
      return Effect.gen(function*() {
        const start = yield* Clock.currentTimeMillis
        const samples: Array<number> = []
        let read = 0
        let ahead = 0
        yield* readers[name].pipe(
          Stream.take(total),
          Stream.runForEach((event) =>
            Effect.suspend(() => {
              ahead = Math.max(ahead, state.written - read)
              assert.strictEqual("id" in event && event.id, `sevt_${read}`)
              read++
              if (read % (total / 20) === 0) samples.push(heap())
              return Effect.sleep(second)
            })
          )
        )
        assert.strictEqual(read, total)
        assert.strictEqual((yield* Clock.currentTimeMillis) - start, total * second)
        // the block that it is reading, of which it has taken the first
        assert.isAtMost(ahead, block)
        // what is made once has been made by the first samples, and what was before them may be collected after the first
        const first = Math.min(...samples.slice(0, 3))
        const most = Math.max(...samples.slice(3))
        assert.isBelow(most - first, 1_000_000, `the heap after each twentieth of them: ${samples.join(", ")}`)
      }).pipe(Effect.provide(client), Effect.withClock(eagerClock.make()))
    },
    120_000
  )
})
