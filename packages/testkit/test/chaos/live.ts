/** Two processes with many turns under way, one of which is killed: the other goes on with all of them. */
import * as DurableTurn from "@effect-managed-agents/core/DurableTurn"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as AgentScript from "../../src/AgentScript.ts"
import { Simulator } from "../../src/Simulator.ts"
import { judge } from "./judge.ts"
import { beside, create, pay } from "./place.ts"
import * as processes from "./processes.ts"
import { patiently } from "./run.ts"
import type { Engine } from "./world.ts"
import { clients } from "./world.ts"

export interface Options {
  readonly engine: Engine
  readonly live: number
  readonly program: ReadonlyArray<string>
  readonly logs: string
}

const pause = Random.nextRange(5000, 40_000)

export const runLive = (options: Options) => {
  const { engine, live } = options
  let isOver = false
  // until all have been taken over, and not all at once
  const wait = (agent: AgentScript.Agent): Effect.Effect<void> =>
    Effect.suspend(() => isOver ? Effect.void : Effect.zipRight(Effect.flatMap(pause, agent.sleep), wait(agent)))
  const turns = [[AgentScript.effect(wait), pay(1), AgentScript.say("Done.")]]
  return beside({ turns }, ({ server, url }) =>
    Effect.gen(function*() {
      const simulator = yield* Simulator
      const client = yield* clients[engine]
      const runners = yield* processes.make({
        ...options,
        slots: 2,
        postgres: server.port,
        url,
        lease: 15_000,
        payTime: 50
      })
      for (const slot of [0, 1]) {
        runners.start(slot)
        yield* Effect.sleep("4 seconds")
      }
      const sessions = yield* Effect.replicateEffect(create, live)
      yield* Effect.forEach(sessions, ({ id }, n) => client.start(id, `turn-${n}`, `turn-${n}`), {
        concurrency: 10,
        discard: true
      })
      const follow = Effect.repeat(Effect.delay(simulator.openStreams(), "200 millis"), {
        until: (open) => open >= live
      })
      yield* follow
      const memory = runners.all().map((runner) => Math.round((processes.usage(runner)?.rss ?? 0) / 2 ** 20))
      const heaps = yield* Effect.forEach(
        runners.all(),
        (runner) =>
          Effect.map(Effect.promise(() => processes.memoryOf(runner)), ({ heapUsed }) => Math.round(heapUsed / 2 ** 20))
      )
      const [victim, survivor] = runners.all()
      if (victim === undefined || survivor === undefined) return yield* Effect.dieMessage("a runner has gone")
      const killed = Date.now()
      yield* Effect.promise(() => runners.kill(victim))
      yield* Effect.repeat(Effect.delay(simulator.openStreams(), "100 millis"), { until: (open) => open < live })
      yield* follow
      const takeover = (Date.now() - killed) / 1000
      const rssThen = Math.round((processes.usage(survivor)?.rss ?? 0) / 2 ** 20)
      isOver = true
      yield* Effect.forEach(sessions, (_, n) => patiently(DurableTurn.result(`turn-${n}`)), {
        concurrency: "unbounded",
        discard: true
      })
      const rss = Math.round((processes.usage(survivor)?.rss ?? 0) / 2 ** 20)
      const verdict = yield* judge({ incidents: runners.incidents, restarts: [], maxGap: Infinity, stolen: () => 0 })
      return { ...verdict, heaps, memory, rss, rssThen, takeover }
    }))
}
