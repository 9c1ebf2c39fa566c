/** A follower is cut off everywhere, and delivers what one delivers that was not. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Event from "../../src/Event.ts"
import * as Events from "../../src/Events.ts"
import type * as Follow from "../../src/Follow.ts"
import { SessionId } from "../../src/Ids.ts"
import * as eagerClock from "../utils/eagerClock.ts"
import { Prng } from "../utils/prng.ts"
import type { ConnectionPlan, Plan } from "../utils/Replay.ts"
import * as Replay from "../utils/Replay.ts"

const finals = new Map(Replay.stored.map((event) => [Event.idOf(event), event]))

/** What is wrong with what a follower was told; undefined if nothing is. */
const problemOf = (updates: ReadonlyArray<Follow.Update>): string | undefined => {
  const processed = new Set<unknown>()
  const queued = new Set<unknown>()
  const previews = new Map<string, Follow.Preview["phase"]>()
  for (const [at, update] of updates.entries()) {
    switch (update._tag) {
      case "Event": {
        const { event, state } = update
        const id = Event.idOf(event)
        const name = `${String(event.type)} ${id}`
        if (state === "queued") {
          if (processed.has(id) || queued.has(id)) return `${name} was queued again`
          queued.add(id)
          break
        }
        const expected = Replay.stored[processed.size]
        if (JSON.stringify(event) !== JSON.stringify(expected)) return `${name} in place of ${JSON.stringify(expected)}`
        processed.add(id ?? event)
        break
      }
      case "Preview": {
        const { blocks, id, phase } = update
        const before = previews.get(id)
        if (before === "final" || before === "abandoned") return `preview ${id} goes on after it was ${before}`
        if (phase === "opened" && before !== undefined) return `preview ${id} was opened again`
        previews.set(id, phase)
        const final = finals.get(id)
        const text = final?.type === "agent.message"
          ? final.content.map((block) => block.type === "text" ? block.text : "")
          : []
        if (blocks.some((block, index) => text[index]?.startsWith(block) !== true)) return `preview ${id} is wrong`
        const next = updates[at + 1]
        if (phase === "final" && (next?._tag !== "Event" || Event.idOf(next.event) !== id)) {
          return "a final preview alone"
        }
        break
      }
      case "Gap":
        return "there is a gap"
      case "Ended":
        if (at !== updates.length - 1 || update.reason !== "terminated") return `it ended early, or as ${update.reason}`
    }
  }
  const missing = Replay.stored[processed.size]
  if (missing !== undefined) return `${JSON.stringify(missing)} is missing`
  for (const [id, phase] of previews) if (phase === "opened" || phase === "growing") return `preview ${id} was left`
  return updates.at(-1)?._tag === "Ended" ? undefined : "it has not ended"
}

const show = (update: Follow.Update): string =>
  update._tag === "Event" ? `${update.state} ${String(update.event.type)} ${Event.idOf(update.event)}` : update._tag

const replays = new Map<string, Replay.Replay>()
const layer = Replay.events(replays)
let runs = 0

/** One follower, from the first event to the last. */
const run = (plan: Plan, options: Follow.Options = {}) =>
  Effect.gen(function*() {
    const events = yield* Events.Events
    const id = `run_${runs++}`
    const replay = new Replay.Replay(plan)
    replays.set(id, replay)
    const updates: Array<Follow.Update> = []
    const failure = yield* events.follow(SessionId.make(id), {
      previews: ["agent.message", "agent.thinking"],
      ...options
    })
      .pipe(
        Stream.runForEachChunk((chunk) => Effect.sync(() => updates.push(...chunk))),
        Effect.as(undefined),
        Effect.catchAll((error) => Effect.succeed(error.message)),
        Effect.withClock(eagerClock.make())
      )
    replays.delete(id)
    yield* breathe
    const problem = failure ?? problemOf(updates)
    if (problem !== undefined) {
      assert.fail([problem, JSON.stringify({ plan, options }), ...updates.map(show)].join("\n"))
    }
    return { replay, updates }
  })

const smooth: ConnectionPlan = { before: 0, between: 0 }
const plain: Plan = { connections: [smooth], page: 1000, offsets: false, announce: false }
const ends = ["break", "close"] as const

/** How many plans. With `FOLLOW_PLANS=100000` these are more, and the cuts are everywhere instead of here and there. */
const plans = Number(process.env["FOLLOW_PLANS"] ?? 400)
const everywhere = process.env["FOLLOW_PLANS"] !== undefined

/** The test runner hears from this process in between. */
const breathe = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** Everything that may go wrong, as chance has it. A plan is a function of its seed. */
const randomPlan = (seed: number): { readonly plan: Plan; readonly options: Follow.Options } => {
  const random = new Prng(seed)
  const upTo = (n: number): number => random.integer(n + 1)
  const one = <A>(...values: readonly [A, ...Array<A>]): A => values[upTo(values.length - 1)]!
  const connection = (): ConnectionPlan => ({
    before: one(0, 0, upTo(6)),
    between: one(0, 0, upTo(3)),
    ...one<Partial<ConnectionPlan>>(
      {},
      {},
      { refuse: { request: "stream" } },
      { refuse: { request: one<"stream" | number>("stream", 1, 2, 3), retryAfter: upTo(20_000) } }
    ),
    ...one<Partial<ConnectionPlan>>({}, { end: { bytes: upTo(4000), how: one("break", "close", "stall") } }),
    ...one<Partial<ConnectionPlan>>({}, {}, { chunk: 20 + upTo(2000) }),
    ...one<Partial<ConnectionPlan>>({}, {}, { twice: 1 + upTo(10) }),
    ...one<Partial<ConnectionPlan>>({}, {}, { ping: 1 + upTo(10) })
  })
  return {
    plan: {
      connections: [...Array.from({ length: 1 + upTo(5) }, connection), smooth],
      page: one(1000, 1000, 3 + upTo(40)),
      offsets: one(true, false),
      announce: one(true, false)
    },
    options: { overlap: one(0, 1000, 10_000), remember: one(4096, 4 + upTo(60)) }
  }
}

describe("a follower that is cut off", () => {
  it.effect("not at all", () =>
    Effect.gen(function*() {
      const { replay, updates } = yield* run(plain)
      assert.strictEqual(replay.connections, 1)
      assert.isAbove(updates.filter((update) => update._tag === "Preview").length, 15)
      assert.isEmpty(updates.filter((update) => update._tag === "Reconnecting"))
    }).pipe(Effect.provide(layer)))

  it.effect("after every byte, or every so many", () =>
    Effect.forEach(
      Array.from({ length: Replay.length - 1 }, (_, i) => i + 1).filter((n) => everywhere || n % 31 === 0),
      (bytes) => run({ ...plain, connections: [{ ...smooth, end: { bytes, how: ends[bytes % 2]! } }, smooth] }),
      { discard: true }
    ).pipe(Effect.provide(layer)))

  it.effect("after every event, once, twice, and with anything happening in between", () =>
    Effect.gen(function*() {
      let first = 0
      for (const step of Replay.steps) {
        if (step._tag === "Queue") continue
        first += step.frame.length
        const remaining = Replay.length - first
        // the second time after every third event that is left, or fewer, which over all the first ones is after every event
        for (let second = 40 + first % 400; second < remaining + 400; second += everywhere ? 500 : 4500) {
          yield* run({
            ...plain,
            announce: first % 2 === 0,
            page: second % 3 === 0 ? 7 : 1000,
            offsets: second % 2 === 0,
            connections: [
              { ...smooth, end: { bytes: first, how: "break" } },
              { before: second % 4, between: first % 3, end: { bytes: second, how: "close" } },
              smooth
            ]
          }, { overlap: second % 5 === 0 ? 0 : "10 seconds", remember: second % 2 === 0 ? 8 : 4096 })
        }
      }
    }).pipe(Effect.provide(layer)))

  it.effect("by silence, after every event", () =>
    Effect.gen(function*() {
      let bytes = 0
      for (const step of Replay.steps) {
        if (step._tag === "Queue") continue
        bytes += step.frame.length
        const { updates } = yield* run({
          ...plain,
          connections: [{ ...smooth, end: { bytes, how: "stall" } }, smooth]
        })
        const reasons = updates.flatMap((update) => update._tag === "Reconnecting" ? [update.error._tag] : [])
        assert.deepStrictEqual(reasons, bytes === Replay.length ? [] : ["StreamStalled"])
      }
    }).pipe(Effect.provide(layer)))

  it.effect("in chunks of any size", () =>
    Effect.forEach(
      [1, 2, 3, 5, 7, 16, 61, 250, 1000],
      (chunk) => run({ ...plain, connections: [{ ...smooth, chunk, ping: 3, twice: 4 }] }),
      { discard: true }
    ).pipe(Effect.provide(layer)))

  it.effect(
    `by ${plans} random plans`,
    () =>
      Effect.forEach(Array.from({ length: plans }, (_, seed) => seed), (seed) => {
        const { options, plan } = randomPlan(seed)
        return run(plan, options)
      }, { discard: true }).pipe(Effect.provide(layer)),
    3_000_000
  )
})
