/** Every endpoint there is, before answers that are not its own: none of them is a success, and none sends a second request. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Api from "../src/Api.ts"
import * as ApiClient from "../src/ApiClient.ts"
import type { ApiError } from "../src/ApiError.ts"
import type * as Endpoint from "../src/Endpoint.ts"
import * as Events from "../src/Events.ts"
import type { Services } from "../src/ManagedAgents.ts"
import * as UserEvent from "../src/UserEvent.ts"
import * as WorkspaceApi from "../src/WorkspaceApi.ts"
import { sessionId } from "./utils/calls.ts"
import * as Stub from "./utils/StubHttpClient.ts"

const endpoints: ReadonlyArray<Endpoint.Any> = [Api, WorkspaceApi].flatMap((module) =>
  Object.values(module).flatMap((group) => Object.values<Endpoint.Any>(group))
)

/** Calls an endpoint, or reads its stream to the end, without a body: the answer does not depend on it. */
const run = (endpoint: Endpoint.Any): Effect.Effect<unknown, ApiError, Services> =>
  Effect.gen(function*() {
    // to be an answer is to hold what was sent, which only the service knows
    if (endpoint === Api.events.send) {
      return yield* Effect.flatMap(Events.Events, (events) => events.send(sessionId, UserEvent.message("Hello")))
    }
    const client = yield* ApiClient.ApiClient
    const path = Object.fromEntries([...endpoint.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, "x_1"]))
    // one function for every endpoint: which parameters a path has is known at run time only
    const any = { ...endpoint, body: undefined } as unknown as Endpoint.Endpoint<"{p}", never, never, Uint8Array, never>
    const input = { path } as unknown as Endpoint.Input<"{p}", never, never>
    if (endpoint.kind === "json") return yield* client.call(any, input)
    return yield* Effect.scoped(Effect.flatMap(client.open(any, input), Stream.runDrain))
  })

const html = { "content-type": "text/html; charset=utf-8" }
const typed = { "content-type": "application/json" }
const error = { type: "error", error: { type: "overloaded_error", message: "Overloaded" }, request_id: "req_1" }

/** Answers with status 200, and whether they are one where there may be nothing to answer. */
const bodies: ReadonlyArray<readonly [name: string, answer: Stub.Answer, isNothing?: true]> = [
  ["an error with status 200", Stub.json(error)],
  ["an error without its envelope", Stub.json({ error: "unauthorized" })],
  ["a login page", Stub.text("<html>Sign in</html>", { headers: html })],
  ["a login page that claims to be JSON", Stub.text("<html>Sign in</html>", { headers: typed })],
  ["a login in JSON", Stub.json({ login: "required" })],
  ["an empty object", Stub.json({})],
  ["an empty list", Stub.json([])],
  ["null", Stub.json(null), true],
  ["false", Stub.json(false)],
  ["a number", Stub.json(0)],
  ["a text", Stub.json("OK")],
  ["an empty body", Stub.text("", { headers: typed }), true],
  ["no content", Stub.empty({ status: 204 }), true],
  ["blanks", Stub.text(" \n", { headers: typed })],
  ["JSON that breaks off", Stub.text("{\"type\":\"session\",\"id\":\"x", { headers: typed })],
  ["two values", Stub.text("{}{}", { headers: typed })],
  ["JSON with a prefix against scripts", Stub.text(")]}'\n{}", { headers: typed })],
  [
    "keys of objects",
    Stub.text("{\"__proto__\":{\"type\":\"session\",\"data\":[]},\"constructor\":1}", { headers: typed })
  ],
  ["a compressed body", Stub.text("\u001f\u008b\b\u0000", { headers: { ...typed, "content-encoding": "gzip" } })],
  ["an event stream that is none", Stub.text("{}", { headers: { "content-type": "text/event-stream" } })]
]

const redirects = [301, 302, 303, 307, 308].flatMap((status) =>
  [{ location: "https://elsewhere.example/login" }, { location: "" }, {}].map((headers) => ({ status, headers }))
)

describe("the endpoints", () => {
  it("are all here", () => {
    assert.isAtLeast(endpoints.length, 65)
  })
})

// a file may be of any type, a page too
describe.each(endpoints.filter(({ kind }) => kind !== "bytes"))("$name", (endpoint) => {
  it.effect("takes no foreign answer for its own", () =>
    Effect.gen(function*() {
      for (const [name, answer, isNothing] of bodies) {
        const stub = Stub.make([answer])
        const result = yield* Effect.either(Effect.provide(run(endpoint), stub.client()))
        assert.lengthOf(stub.sent, 1, name)
        // the only answer that may be nothing; and no frames are no events
        if (isNothing === true && endpoint.name === "EnvironmentWork.poll") {
          assert.deepInclude(result, { _tag: "Right", right: null }, name)
        } else if (name.startsWith("an event stream") && endpoint.kind === "events") {
          assert.strictEqual(result._tag, "Right", name)
        } else {
          const error = result._tag === "Left" && result.left._tag === "MalformedResponse" ? result.left : undefined
          assert.isDefined(error, name)
          // nothing of the service's, so that a follower survives it
          assert.notStrictEqual(error?.reason, "Schema", name)
        }
      }
    }))
})

describe.each(endpoints)("$name", (endpoint) => {
  it.effect("follows no redirect", () =>
    Effect.gen(function*() {
      for (const head of redirects) {
        const stub = Stub.make([Stub.empty(head)])
        const error = yield* Effect.flip(Effect.provide(run(endpoint), stub.client()))
        assert.lengthOf(stub.sent, 1)
        assert.strictEqual(error._tag, "UnexpectedStatus")
        assert.include(error.message, String(head.status))
        assert.strictEqual(error.message.includes("elsewhere.example"), Boolean(head.headers.location))
      }
    }))
})
