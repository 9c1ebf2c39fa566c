import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as TestClock from "effect/TestClock"
import * as ids from "../src/internal/ids.ts"
import * as Simulator from "../src/Simulator.ts"
import type { Json } from "./utils/wire.ts"
import { jsonOf, layer, message, ok, open, request, settle } from "./utils/wire.ts"

const script: Simulator.Options["script"] = {
  otherwise: [
    { think: true },
    { together: [{ tool: { name: "bash" } }, { custom_tool: { name: "c" } }] },
    { sleep: 1000 },
    { say: "{{text}} {{result}}" }
  ]
}

/** A whole conversation, and every byte that it was answered. */
const converse = (title: string, pause: Effect.Effect<void>) =>
  Effect.gen(function*() {
    const simulator = yield* Simulator.Simulator
    const bytes: Array<string> = []
    const ask = (method: string, url: string, body?: unknown) =>
      Effect.gen(function*() {
        yield* pause
        const response = yield* Effect.scoped(simulator.handle(request(method, url, body)))
        bytes.push(JSON.stringify([response.status, response.headers, jsonOf(response)]))
        return jsonOf(response)
      })
    const session = yield* ask("POST", "/v1/sessions", {
      agent: "agent_1",
      environment_id: "env_1",
      title,
      resources: [{ type: "file", file_id: "file_1" }]
    })
    const url = `/v1/sessions/${session.id}`
    const stream = yield* open(`${url}/events/stream?event_deltas[]=agent.message`)
    yield* ask("POST", `${url}/events`, { events: [message(title)] })
    const events = yield* ask("GET", `${url}/events`)
    const call = events.data.find((event: Json) => event.type === "agent.custom_tool_use")
    yield* ask("POST", `${url}/events`, { events: [{ type: "user.custom_tool_result", custom_tool_use_id: call.id }] })
    yield* ask("POST", `${url}/events`, { events: [message("steer")] })
    yield* ask("GET", `${url}/events?limit=3`)
    yield* ask("GET", `${url}/events/nope`)
    return { bytes, stream, url }
  })

const world = (seed: number) => layer({ seed, script })

const play = (seed: number, pauses: ReadonlyArray<Effect.Effect<void>>) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(0)
    const talks = yield* Effect.forEach(pauses, (pause, i) => converse(`talk ${i}`, pause), {
      concurrency: "unbounded"
    })
    yield* TestClock.adjust("1 minute")
    const after = yield* Effect.forEach(talks, ({ url }) => ok("GET", `${url}/events`))
    yield* settle
    return JSON.stringify(talks.map(({ bytes, stream }) => [bytes, stream.seen]).concat(after))
  }).pipe(Effect.scoped, Effect.provide(world(seed)))

const yields = (n: number) => Effect.repeatN(Effect.yieldNow(), n)

describe("the same seed and the same requests", () => {
  it.effect("give the same bytes, whatever the order in which fibers run", () =>
    Effect.gen(function*() {
      const wanted = yield* play(7, [Effect.void, Effect.void, Effect.void])
      for (let i = 0; i < 20; i++) {
        const pauses = [i, 20 - i, (i * 7) % 13].map((n) => yields(n))
        assert.strictEqual(yield* play(7, pauses), wanted)
      }
    }), 60_000)

  it.effect("another seed gives other ids, and the same story", () =>
    Effect.gen(function*() {
      const strip = (text: string) =>
        text.replace(/_011C[1-9A-Za-z]{20}/g, "_").replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "").replace(
          /page_[\w-]+/g,
          "page_"
        )
      const [one, two] = [yield* play(1, [Effect.void]), yield* play(2, [Effect.void])]
      assert.notStrictEqual(one, two)
      assert.strictEqual(strip(one), strip(two))
    }))
})

describe("ids", () => {
  it.prop(
    "are spelled like the service's",
    [FastCheck.integer(), FastCheck.string(), FastCheck.nat()],
    ([seed, name, n]) => {
      assert.match(
        ids.format("sevt", ids.nth(ids.child(ids.root(seed), name), n)),
        /^sevt_011C[1-9A-HJ-NP-Za-km-z]{20}$/
      )
    }
  )

  it("differ by seed, by name and by number", () => {
    const seen = new Set<string>()
    for (let seed = 0; seed < 20; seed++) {
      for (const name of ["a", "b", "ab", "ba", ""]) {
        for (let n = 0; n < 1000; n++) seen.add(ids.format("sevt", ids.nth(ids.child(ids.root(seed), name), n)))
      }
    }
    assert.strictEqual(seen.size, 20 * 5 * 1000)
  })
})
