/** A follower as server-sent events, over a real socket: it is pulled as the socket drains, and gone on with. */
import * as Events from "@effect-managed-agents/core/Events"
import type * as Follow from "@effect-managed-agents/core/Follow"
import * as SessionEvents from "@effect-managed-agents/core/SessionEvents"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServer from "@effect/platform/HttpServer"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { createServer } from "node:http"
import * as Http from "node:http"
import * as Fixtures from "../../src/Fixtures.ts"
import * as Testkit from "../../src/Testkit.ts"

/** Serves an application; its address. */
const serve = <E, R>(app: HttpApp.Default<E, R>) =>
  Effect.gen(function*() {
    const server = yield* NodeHttpServer.make(createServer, { port: 0, host: "127.0.0.1" })
    yield* HttpServer.serveEffect(app).pipe(Effect.provideService(HttpServer.HttpServer, server))
    return HttpServer.formatAddress(server.address)
  })

/** A reader of its own, which takes nothing until it is told to. */
const openPaused = (url: string) =>
  Effect.acquireRelease(
    Effect.async<Http.IncomingMessage>((resume) => {
      Http.get(url, { agent: false }, (response) => resume(Effect.succeed(response.pause())))
    }),
    (response) => Effect.sync(() => response.destroy())
  )

describe("a response over a socket", () => {
  it.scopedLive("pulls the follower only as the socket drains, and lets it go when the reader leaves", () =>
    Effect.gen(function*() {
      const total = 20_000
      let pulled = 0
      const left = yield* Deferred.make<void>()
      const source = Stream.range(1, total).pipe(
        Stream.rechunk(1),
        Stream.map((n): Follow.Update => {
          pulled = n
          return {
            _tag: "Preview",
            id: "sevt_1" as never,
            type: "agent.message",
            phase: "growing",
            index: 0,
            blocks: [text]
          }
        }),
        Stream.concat(Stream.never),
        Stream.ensuring(Deferred.succeed(left, undefined))
      )
      const response = yield* openPaused(yield* serve(SessionEvents.respond(() => source)))
      // until nothing more is pulled
      for (let before = -1; before !== pulled;) {
        before = pulled
        yield* Effect.sleep("200 millis")
      }
      assert.isAbove(pulled, 0)
      assert.isBelow(pulled, total / 2)
      response.destroy()
      yield* Deferred.await(left)
    }))

  it.scopedLive("is gone on with by a client whose connection is cut", () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      const sessions = yield* Sessions.Sessions
      const { id } = yield* sessions.create({ agent: Fixtures.agentId, environment_id: Fixtures.environmentId })
      yield* events.send(id, UserEvent.message("Hello"))
      yield* events.follow(id).pipe(
        Stream.takeUntil((update) => update._tag === "Event" && update.event.type === "session.status_idle"),
        Stream.runDrain
      )
      let requests = 0
      const url = yield* serve(Effect.suspend(() => {
        requests++
        // each connection has two more updates
        return SessionEvents.respond((from) => Stream.take(events.follow(id, { from }), 3), { retry: 0 })
      }))
      yield* sessions.archive(id)
      const received = yield* SessionEvents.follow(url).pipe(Stream.runCollect, Effect.provide(NodeHttpClient.layer))
      const history = yield* Stream.runCollect(events.list(id))
      assert.deepStrictEqual(
        Chunk.toReadonlyArray(received).flatMap((one) =>
          one._tag === "Received" && one.value._tag === "Event" ? [one.value.event] : []
        ),
        Chunk.toReadonlyArray(history)
      )
      assert.isAbove(requests, 3)
    }).pipe(Effect.provide(Testkit.layer())))
})

const text = "x".repeat(2000)
