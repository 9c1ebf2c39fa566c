import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { createSession, eventsOf, layer, message, ok, open, send, settle, types } from "./utils/wire.ts"

describe("first turn", () => {
  it.scoped("is streamed and stored in the recorded order", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      assert.deepStrictEqual(yield* ok("GET", `/v1/sessions/${id}/events`), { data: [] })
      const stream = yield* open(`/v1/sessions/${id}/events/stream`)
      const echo = yield* send(id, message("Hello"))
      assert.deepStrictEqual(Object.keys(echo.data[0]), ["id", "type", "content"])
      yield* settle
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events), [
        "session.status_running",
        "session.thread_status_running",
        "user.message",
        "span.model_request_start",
        "agent.message",
        "span.model_request_end",
        "session.thread_status_idle",
        "session.usage",
        "session.status_idle"
      ])
      assert.deepStrictEqual(stream.seen, events)
    }).pipe(Effect.provide(layer())))
})
