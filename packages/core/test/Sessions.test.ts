/** Lists, which are alike in every service. */
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import type { ApiError } from "../src/ApiError.ts"
import * as Events from "../src/Events.ts"
import type { Services } from "../src/ManagedAgents.ts"
import * as Resources from "../src/Resources.ts"
import * as RetryPolicy from "../src/RetryPolicy.ts"
import * as Sessions from "../src/Sessions.ts"
import * as Threads from "../src/Threads.ts"
import { sessionId, threadId } from "./utils/calls.ts"
import * as Stub from "./utils/StubHttpClient.ts"

interface List {
  readonly name: string
  readonly path: string
  readonly stream: Stream.Stream<{ readonly id?: string }, ApiError, Services>
}

const list = <S>(
  service: Effect.Effect<S, never, Services>,
  f: (service: S) => Stream.Stream<object, ApiError>
): List["stream"] => Stream.unwrap(Effect.map(service, f))

const lists: ReadonlyArray<List> = [
  {
    name: "Sessions.list",
    path: "/v1/sessions?limit=2",
    stream: list(Sessions.Sessions, (sessions) => sessions.list({ limit: 2 }))
  },
  {
    name: "Events.list",
    path: "/v1/sessions/sesn_1/events?limit=2",
    stream: list(Events.Events, (events) => events.list(sessionId, { limit: 2 }))
  },
  {
    name: "Resources.list",
    path: "/v1/sessions/sesn_1/resources?limit=2",
    stream: list(Resources.Resources, (resources) => resources.list(sessionId, { limit: 2 }))
  },
  {
    name: "Threads.list",
    path: "/v1/sessions/sesn_1/threads?limit=2",
    stream: list(Threads.Threads, (threads) => threads.list(sessionId, { limit: 2 }))
  },
  {
    name: "Threads.listEvents",
    path: "/v1/sessions/sesn_1/threads/sthr_1/events?limit=2",
    stream: list(Threads.Threads, (threads) => threads.listEvents(sessionId, threadId, { limit: 2 }))
  }
]

describe.each(lists)("$name", ({ name, path, stream }) => {
  const [example] = (Stub.documented(name) as { readonly data: ReadonlyArray<object> }).data
  const item = (id: string) => ({ ...example, id })
  const page = (ids: ReadonlyArray<string>, next_page?: string | null) =>
    Stub.json({ data: ids.map(item), ...(next_page === undefined ? {} : { next_page }) })
  const ids = (items: Chunk.Chunk<{ readonly id?: string }>) => Chunk.toReadonlyArray(items).map(({ id }) => id)

  it.effect("goes on as long as there is a cursor", () => {
    const stub = Stub.make([page(["a", "b"], "p 2"), page([], "p3"), page(["c"], null)])
    return Effect.gen(function*() {
      assert.deepStrictEqual(ids(yield* Stream.runCollect(stream)), ["a", "b", "c"])
      assert.deepStrictEqual(
        stub.sent.map(({ url }) => url.pathname + url.search),
        [path, `${path}&page=p%202`, `${path}&page=p3`]
      )
    }).pipe(Effect.provide(stub.client()))
  })

  it.effect.each([[undefined], [null], [""]])("ends with the cursor %j", ([cursor]) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(ids(yield* Stream.runCollect(stream)), ["a"])
    }).pipe(Effect.provide(Stub.make([page(["a"], cursor)]).client())))

  it.effect("fetches a page when it is needed", () => {
    const stub = Stub.make((request) => page(["a", "b"], `after ${new URL(request.url).search}`)(request))
    return Effect.gen(function*() {
      assert.deepStrictEqual(ids(yield* Stream.runCollect(Stream.take(stream, 2))), ["a", "b"])
      assert.lengthOf(stub.sent, 1)
      yield* Stream.runDrain(Stream.take(stream, 5))
      assert.lengthOf(stub.sent, 4)
    }).pipe(Effect.provide(stub.client()))
  })

  it.effect("fails where a page does, after what came before", () => {
    const stub = Stub.make([page(["a"], "p2"), Stub.apiError(400, "invalid_request_error", "Bad cursor")])
    const seen: Array<string | undefined> = []
    return Effect.gen(function*() {
      const exit = yield* Effect.exit(Stream.runForEach(stream, ({ id }) => Effect.sync(() => seen.push(id))))
      assert.isTrue(Exit.isFailure(exit))
      assert.deepStrictEqual(seen, ["a"])
    }).pipe(Effect.provide(stub.client()))
  })

  it.effect("repeats only the page that failed", () => {
    const stub = Stub.make([page(["a"], "p2"), Stub.fail(Stub.connectionReset()), page(["b"])])
    return Effect.gen(function*() {
      assert.deepStrictEqual(ids(yield* Stream.runCollect(stream)), ["a", "b"])
    }).pipe(RetryPolicy.provide({ baseDelay: 0 }), Effect.provide(stub.client()))
  })

  it.effect("can be run again", () => {
    const stub = Stub.make([page(["a"]), page(["b"])])
    return Effect.gen(function*() {
      assert.deepStrictEqual(ids(yield* Stream.runCollect(stream)), ["a"])
      assert.deepStrictEqual(ids(yield* Stream.runCollect(stream)), ["b"])
    }).pipe(Effect.provide(stub.client()))
  })
})

describe("Sessions.listPage", () => {
  it.effect("gives both cursors", () => {
    const stub = Stub.make((request) =>
      Stub.json({ data: [], next_page: new URL(request.url).search === "" ? "n" : null, prev_page: "p" })(request)
    )
    return Effect.gen(function*() {
      const sessions = yield* Sessions.Sessions
      const page = yield* sessions.listPage()
      assert.deepStrictEqual(page, { data: [], next_page: "n", prev_page: "p" })
      yield* sessions.listPage({ page: page.next_page })
      yield* sessions.listPage({ page: page.prev_page })
      assert.deepStrictEqual(stub.sent.map(({ url }) => url.search), ["", "?page=n", "?page=p"])
    }).pipe(Effect.provide(stub.client()))
  })
})
