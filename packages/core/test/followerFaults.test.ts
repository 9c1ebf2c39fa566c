/** Followers of sessions, of threads and of both at once, before what gateways do: every request of theirs may meet it. */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"

import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import type { ApiError } from "../src/ApiError.ts"
import * as Event from "../src/Event.ts"
import * as Events from "../src/Events.ts"
import type * as Follow from "../src/Follow.ts"
import type { Services } from "../src/ManagedAgents.ts"
import * as Threads from "../src/Threads.ts"
import { sessionId, threadId } from "./utils/calls.ts"
import * as Stub from "./utils/StubHttpClient.ts"

interface Follower {
  readonly name: string
  /** The stream whose connections are lost: that of the session, or that of a thread. */
  readonly stream: string
  readonly updates: Stream.Stream<Follow.Update, ApiError, Services>
}

const inner = <E, R>(updates: Stream.Stream<Follow.Threaded, E, R>) =>
  Stream.filterMap(updates, ({ threadId, update }) => threadId === null ? Option.none() : Option.some(update))

const session = `/v1/sessions/${sessionId}`
const thread = `${session}/threads/${threadId}`

const followers: ReadonlyArray<Follower> = [
  {
    name: "Events.follow",
    stream: `${session}/events/stream`,
    updates: Stream.unwrap(Effect.map(Events.Events, (_) => _.follow(sessionId)))
  },
  {
    name: "Threads.follow",
    stream: `${thread}/stream`,
    updates: Stream.unwrap(Effect.map(Threads.Threads, (_) => _.follow(sessionId, threadId)))
  },
  {
    name: "Threads.followAll",
    stream: `${thread}/stream`,
    updates: inner(Stream.unwrap(Effect.map(Threads.Threads, (_) => _.followAll(sessionId))))
  }
]

const at = (second: number) => `2026-03-15T10:00:0${second}Z`
const message = (id: string, second: number) => ({
  id,
  type: "agent.message",
  processed_at: at(second),
  content: [{ type: "text", text: id }]
})
const named = { agent_name: "Researcher", session_thread_id: threadId }
const created = { id: "t", type: "session.thread_created", processed_at: at(0), ...named }
const [a, b, c] = [message("a", 1), message("b", 2), message("c", 3)]
const last = (stream: string) =>
  stream === `${session}/events/stream`
    ? { id: "z", type: "session.status_terminated", processed_at: at(4) }
    : { id: "z", type: "session.thread_status_terminated", processed_at: at(4), ...named }

const running = { status: "running", archived_at: null }
const sessionNow = Stub.json({ ...Object(Stub.documented("Sessions.retrieve")), ...running })
const threadNow = Stub.json({ ...Object(Stub.documented("Threads.retrieve")), ...running, id: threadId })

type Kind = "stream" | "list" | "status"
const kinds: ReadonlyArray<Kind> = ["stream", "list", "status"]

/**
 * The service: one event on the first connection and then `damage`, one event that is in the list only, the rest on the
 * next connection. `fault` may answer what is asked for about the stream's source after the first connection.
 */
const service = (stream: string, damage: string, fault: (kind: Kind) => Stub.Answer | undefined): Stub.Answer => {
  const source = stream.replace(/(\/events)?\/stream$/, "")
  let connections = 0
  const list = (request: HttpClientRequest, events: ReadonlyArray<object>) => {
    const isBackwards = request.url.includes("order=desc")
    return Stub.json({ data: isBackwards ? events.toReversed() : events })(request)
  }
  return (request) => {
    const { pathname } = new URL(request.url)
    const kind = pathname === stream ? "stream" : pathname === source ? "status" : "list"
    const isSource = kind !== "list" || pathname === `${source}/events`
    const answer = isSource && connections > 0 ? fault(kind) : undefined
    if (answer !== undefined) return answer(request)
    if (kind === "stream") {
      return ++connections === 1
        ? Stub.sse(Stream.make(Stub.frame(a), damage))(request)
        : Stub.sse(Stream.make(Stub.frame(c), Stub.frame(last(stream))))(request)
    }
    if (isSource) {
      return kind === "list"
        ? list(request, connections > 1 ? [a, b] : [])
        : (source === thread ? threadNow : sessionNow)(request)
    }
    // the session around the thread
    if (pathname === `${session}/events/stream`) {
      return Stub.sse(Stream.concat(Stream.make(Stub.frame(created)), Stream.never))(request)
    }
    return pathname === session ? sessionNow(request) : list(request, [])
  }
}

/** What a follower gave: ids of events, and how it ended. */
const read = ({ stream, updates }: Follower, damage: string, fault: (kind: Kind) => Stub.Answer | undefined) => {
  const stub = Stub.make(service(stream, damage, fault))
  return Effect.gen(function*() {
    const collected = updates.pipe(Stream.takeUntil(({ _tag }) => _tag === "Ended"), Stream.runCollect)
    const fiber = yield* Effect.fork(Effect.either(collected))
    yield* TestClock.adjust("6 minutes")
    const result = yield* Fiber.join(fiber)
    if (result._tag === "Left") return result.left._tag
    return Chunk.toReadonlyArray(result.right).flatMap((update): ReadonlyArray<string | undefined> =>
      update._tag === "Event" ? [Event.idOf(update.event)] : update._tag === "Ended" ? [update.reason] : []
    )
  }).pipe(Effect.provide(stub.client()))
}

const everything = ["a", "b", "c", "z", "terminated"]

const once = (kind: Kind, answer: Stub.Answer) => {
  let left = 1
  return (asked: Kind) => asked === kind && left-- > 0 ? answer : undefined
}

const half = Stub.frame(b).slice(0, 60)
const error = "{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"read error\"}}"

const damages: Record<string, string> = {
  "a connection that ends": "",
  "an event that breaks off": half,
  "an event that breaks off and is closed by a blank line": `${half}\n\n`,
  "an error of a gateway behind half an event": `${half}\ndata: ${error}\n\n`,
  "an error of a gateway": `data: ${error}\n\n`,
  "an error by name, which is no JSON": "event: error\ndata: upstream gone\n\n",
  "a page as an event": "data: <html>\n\n",
  "null as an event": "data: null\n\n",
  "a list as an event": "data: []\n\n",
  "an object that is no event": "data: {}\n\n",
  "the sentinel of another service": "data: [DONE]\n\n",
  "a 404 inside the stream": "event: error\ndata: {\"error\":{\"type\":\"not_found_error\",\"message\":\"gone\"}}\n\n"
}

const html = { "content-type": "text/html" }
const page = (status: number) => Stub.text("<html>Back soon</html>", { status, headers: html })
const faults: Record<string, Stub.Answer> = {
  "a page with status 200": page(200),
  "a page that claims to be JSON": Stub.text("<html>", { headers: { "content-type": "application/json" } }),
  "a login in JSON": Stub.json({ login: "required" }),
  "an error with status 200": Stub.json(JSON.parse(error)),
  "an empty object": Stub.json({}),
  "an empty list": Stub.json([]),
  "null": Stub.json(null),
  "an empty body": Stub.text("", { headers: { "content-type": "application/json" } }),
  "no content": Stub.empty({ status: 204 }),
  "JSON that breaks off": Stub.text("{\"data\":[", { headers: { "content-type": "application/json" } }),
  "a page with status 404": page(404),
  "one 404 of the API": Stub.apiError(404, "not_found_error", "gone"),
  "a redirect": Stub.empty({ status: 302, headers: { location: "https://elsewhere.example" } }),
  "a redirect to nowhere": Stub.empty({ status: 307 }),
  "a misdirected request": page(421),
  "a request that was closed": page(499),
  "a gateway that finds no server": page(523),
  "a 503 until a date": Stub.apiError(503, "api_error", "later", { "retry-after": "Thu, 01 Jan 1970 00:00:40 GMT" }),
  "a 429 until a date that has passed": Stub.apiError(429, "rate_limit_error", "slow", {
    "retry-after": "Wed, 31 Dec 1969 00:00:00 GMT"
  }),
  "a 429 for less than no time": Stub.apiError(429, "rate_limit_error", "slow", { "retry-after": "-5" }),
  "a 429 for some word": Stub.apiError(429, "rate_limit_error", "slow", { "retry-after": "soon" }),
  "a 429 for an hour": Stub.apiError(429, "rate_limit_error", "slow", { "retry-after": "3600" }),
  "a 429 for a century": Stub.apiError(429, "rate_limit_error", "slow", { "retry-after": "3153600000" })
}

describe.each(followers)("$name gives each event once and goes on after", (follower) => {
  for (const [name, damage] of Object.entries(damages)) {
    it.effect(name, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* read(follower, damage, () => undefined), everything)
      }))
  }
  for (const kind of kinds) {
    it.effect.each(Object.entries(faults))(`%s in place of the ${kind}`, ([, answer]) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* read(follower, "", once(kind, answer)), everything)
      }))
  }
})
