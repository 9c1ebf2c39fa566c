/**
 * What the official SDK and its documented recipe lose, hang on or repeat, beside this client on the same run of the
 * simulator: the SDK against the port, or in memory through `fetch`.
 */
import Anthropic from "@anthropic-ai/sdk"
import * as Event from "@effect-managed-agents/core/Event"
import * as Events from "@effect-managed-agents/core/Events"
import type * as Follow from "@effect-managed-agents/core/Follow"
import type { SessionId } from "@effect-managed-agents/core/Ids"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Fault from "../../../src/Fault.ts"
import * as Fixtures from "../../../src/Fixtures.ts"
import * as Simulator from "../../../src/Simulator.ts"
import * as SimulatorFetch from "../../../src/SimulatorFetch.ts"
import * as Testkit from "../../../src/Testkit.ts"
import type { Json } from "../../utils/wire.ts"
import { settle } from "../../utils/wire.ts"

const create = Effect.flatMap(Sessions.Sessions, (sessions) =>
  Effect.map(
    sessions.create({ agent: Fixtures.agentId, environment_id: Fixtures.environmentId }),
    (session) => session.id
  ))

const official = Effect.map(
  SimulatorFetch.make,
  (fetch) => new Anthropic({ apiKey: "test", baseURL: "http://simulator", fetch, maxRetries: 0 })
)

/** The recipe of the vendor's documentation: open, list, remember the ids, skip those on the stream. */
const recipe = Effect.fnUntraced(function*(client: Anthropic, id: SessionId) {
  const seen: Array<Json> = []
  const ids = new Set<unknown>()
  const take = (event: Json) => {
    if (ids.has(event.id)) return
    ids.add(event.id)
    seen.push(event)
  }
  const abort = new AbortController()
  yield* Effect.addFinalizer(() => Effect.sync(() => abort.abort()))
  const events = client.beta.sessions.events
  const stream = yield* Effect.promise(() =>
    events.stream(id, { event_deltas: ["agent.message"] } as never, { signal: abort.signal })
  )
  yield* Effect.promise(async () => {
    for await (const event of events.list(id)) take(event)
  })
  yield* Effect.forkScoped(Effect.ignore(Effect.tryPromise(async () => {
    for await (const event of stream) take(event)
  })))
  return seen
})

/** This client, in the background. */
const ours = Effect.fnUntraced(function*(id: SessionId, options: Follow.Options = {}) {
  const seen: Array<Follow.Update> = []
  const events = yield* Events.Events
  yield* events.follow(id, options).pipe(
    Stream.runForEach((update) => Effect.sync(() => seen.push(update))),
    Effect.forkScoped
  )
  yield* settle
  return seen
})

/** Lets promises and fibers do all that they can do now. */
const quiet = Effect.repeatN(Effect.promise(() => new Promise((resolve) => setImmediate(resolve))), 20)

const say = (text: string) => ({ script: { otherwise: [{ say: text }] } })

describe("the documented recipe", () => {
  it.scoped("loses every part of a preview but the first; follow loses none", () =>
    Effect.gen(function*() {
      const id = yield* create
      const events = yield* Events.Events
      const theirs = yield* recipe(yield* official, id)
      const mine = yield* ours(id, { previews: ["agent.message"] })
      yield* events.send(id, UserEvent.message("Hello"))
      yield* quiet
      // all previews lack an id, and so does the very first one that is let through
      const previews = theirs.filter((event) => event.type === "event_start" || event.type === "event_delta")
      assert.strictEqual(previews.length, 1)
      const growing = mine.flatMap((update) =>
        update._tag === "Preview" && update.phase === "growing" ? [update.blocks[0]] : []
      )
      assert.isAbove(growing.length, 2)
      assert.strictEqual(growing.at(-1), "One two three four five six seven eight nine ten eleven twelve.")
    }).pipe(Effect.provide(Testkit.layer(say("One two three four five six seven eight nine ten eleven twelve.")))))

  it.scoped("loses that a queued message was processed; follow tells both", () =>
    Effect.gen(function*() {
      const id = yield* create
      const events = yield* Events.Events
      yield* events.send(id, UserEvent.message("Hello"))
      yield* events.send(id, UserEvent.message("One more thing"))
      const theirs = yield* recipe(yield* official, id)
      const mine = yield* ours(id)
      yield* TestClock.adjust("1 minute")
      yield* quiet
      const stored = yield* (yield* Simulator.Simulator).events(id)
      const message = stored.filter(Event.is("user.message") as never).at(-1) as Json
      assert.strictEqual(message.content[0].text, "One more thing")
      const isIt = (event: Json) => event.id === message.id
      assert.deepStrictEqual(theirs.filter(isIt).map((event) => event.processed_at), [undefined])
      assert.deepStrictEqual(
        mine.flatMap((update) => update._tag === "Event" && isIt(update.event) ? [update.state] : []),
        ["queued", "processed"]
      )
    }).pipe(Effect.provide(Testkit.layer({ script: { otherwise: [{ sleep: 1000 }, { say: "ok" }] } }))))

  it.scoped("waits for ever on a connection that has died; follow makes a new one", () =>
    Effect.gen(function*() {
      const id = yield* create
      const events = yield* Events.Events
      const simulator = yield* Simulator.Simulator
      const stall = Fault.stallAfterEvents(0, { match: { path: "/v1/sessions/*/events/stream", times: 2 } })
      yield* simulator.addFaults([stall])
      const theirs = yield* recipe(yield* official, id)
      const mine = yield* ours(id)
      yield* events.send(id, UserEvent.message("Hello"))
      yield* TestClock.adjust("10 minutes")
      yield* quiet
      const stored = yield* simulator.events(id)
      assert.isAbove(stored.length, 5)
      assert.isEmpty(theirs)
      assert.deepStrictEqual(
        mine.flatMap((update) => update._tag === "Event" ? [update.event] : []),
        stored as never
      )
      assert.deepStrictEqual(
        mine.flatMap((update) => update._tag === "Reconnecting" ? [update.error._tag] : []),
        ["StreamStalled"]
      )
    }).pipe(Effect.provide(Testkit.layer())))

  it.scoped("misses events whose frame has no name; follow goes by what is in them", () =>
    Effect.gen(function*() {
      const id = yield* create
      const simulator = yield* Simulator.Simulator
      const event = { type: "span.model_request_start", id: "sevt_nameless", processed_at: "2026-03-15T10:00:00Z" }
      yield* simulator.addFaults([
        Fault.insert({ after_events: 0, frame: `data: ${JSON.stringify(event)}\n\n` }, {
          match: { path: "/v1/sessions/*/events/stream", times: 2 }
        })
      ])
      const theirs = yield* recipe(yield* official, id)
      const mine = yield* ours(id)
      yield* quiet
      assert.isEmpty(theirs)
      assert.deepStrictEqual(mine.flatMap((update) => update._tag === "Event" ? [update.event] : []), [event] as never)
    }).pipe(Effect.provide(Testkit.layer())))

  it.scoped("ends when the connection ends; follow goes on", () =>
    Effect.gen(function*() {
      const id = yield* create
      const events = yield* Events.Events
      const simulator = yield* Simulator.Simulator
      const theirs = yield* recipe(yield* official, id)
      const mine = yield* ours(id)
      yield* simulator.closeStreams()
      yield* quiet
      yield* events.send(id, UserEvent.message("Hello"))
      yield* TestClock.adjust("1 minute")
      yield* quiet
      assert.isEmpty(theirs)
      assert.deepStrictEqual(
        mine.flatMap((update) => update._tag === "Event" ? [update.event] : []),
        (yield* simulator.events(id)) as never
      )
    }).pipe(Effect.provide(Testkit.layer())))
})
