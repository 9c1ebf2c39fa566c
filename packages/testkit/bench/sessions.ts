/** What sessions cost in memory while a simulator keeps them, and how long it takes to fill it. */
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as Effect from "effect/Effect"
import { ask } from "./processes.ts"
import { table } from "./report.ts"

/** Calls and what belongs to them: a hundred events with those of the turn itself. */
const script = AgentScript.make({
  otherwise: [
    ...Array.from(
      { length: 23 },
      (_, n) => AgentScript.tool({ name: "bash", input: { command: `ls ${n}` }, result: `file ${n} of {{text}}` })
    ),
    AgentScript.say("All done.")
  ]
})

const headers = {
  "x-api-key": "bench",
  "anthropic-version": "2023-06-01",
  "anthropic-beta": "managed-agents-2026-04-01"
}

interface Measurement {
  readonly events: number
  readonly seconds: number
  readonly heap: number
  readonly rss: number
  readonly deleted: number
}

export const measure = (sessions: number): Promise<Measurement> =>
  Effect.gen(function*() {
    const simulator = yield* Simulator.Simulator
    const request = (method: string, path: string, body = "") =>
      Effect.scoped(simulator.handle({ method, path, query: [], headers, body }))
    const heap = () => {
      globalThis.gc?.()
      return process.memoryUsage().heapUsed
    }
    const before = heap()
    const start = performance.now()
    const ids: Array<string> = []
    for (let n = 0; n < sessions; n++) {
      const created = yield* request(
        "POST",
        "/v1/sessions",
        JSON.stringify({
          agent: "agent_1",
          environment_id: "env_1",
          title: `session ${n}`,
          initial_events: [{ type: "user.message", content: [{ type: "text", text: `task ${n}` }] }]
        })
      )
      if (created.body._tag !== "Json" || created.status !== 200) throw new Error(`status ${created.status}`)
      // that is what a session has
      ids.push((created.body.value as { readonly id: string }).id)
    }
    const seconds = (performance.now() - start) / 1000
    const events = (yield* simulator.events(ids[0] ?? "")).length
    const full = heap() - before
    const { rss } = process.memoryUsage()
    for (const id of ids) yield* request("DELETE", `/v1/sessions/${id}`)
    return { events, seconds, heap: full, rss, deleted: heap() - before }
  }).pipe(
    Effect.provide(
      Simulator.layer({
        script,
        agents: { agent_1: { agent: { tools: [{ type: "agent_toolset_20260401" }] } } },
        environments: { env_1: {} }
      })
    ),
    Effect.runPromise
  )

export const run = async (sessions: number): Promise<void> => {
  const { deleted, events, heap, rss, seconds } = await ask<Measurement>("sessions", "", 0, sessions)
  const mb = (bytes: number) => (bytes / 2 ** 20).toFixed(0)
  console.log(`\n${sessions.toLocaleString("en")} sessions with ${events} events each, in one process\n`)
  console.log(table(
    ["seconds", "heap MB", "RSS MB", "bytes an event", "heap MB when all are deleted"],
    [[seconds.toFixed(1), mb(heap), mb(rss), (heap / sessions / events).toFixed(0), mb(deleted)]]
  ))
}
