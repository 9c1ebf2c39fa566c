/** Sessions that one process works on at the same time: each has its event stream open and a turn under way. */
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as SessionPool from "@effect-managed-agents/core/SessionPool"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import * as Fixtures from "@effect-managed-agents/testkit/Fixtures"
import { Simulator } from "@effect-managed-agents/testkit/Simulator"
import * as Testkit from "@effect-managed-agents/testkit/Testkit"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { askWithin } from "./processes.ts"
import { table } from "./report.ts"

interface Measurement {
  readonly failed: number
  readonly open: number
  readonly seconds: number
  readonly rss: number
  /** What is alive while all are open. */
  readonly heap: number
}

/** Megabytes of heap: what one allows a process that has a gigabyte. Without a limit Node collects later. */
const limit = 768

/** Longer than it takes to begin all turns, so that all are under way together. */
const thinking = 30

export const measure = (sessions: number): Promise<Measurement> =>
  Effect.gen(function*() {
    const simulator = yield* Simulator
    const client = yield* Sessions.Sessions
    const start = performance.now()
    let rss = 0
    let open = 0
    let heap = 0
    yield* Effect.sync(() => {
      rss = Math.max(rss, process.memoryUsage().rss)
    }).pipe(
      Effect.zipRight(simulator.openStreams()),
      Effect.map((streams) => {
        open = Math.max(open, streams)
        if (open < sessions || heap > 0) return
        globalThis.gc?.()
        heap = process.memoryUsage().heapUsed
      }),
      Effect.delay("200 millis"),
      Effect.forever,
      Effect.forkScoped
    )
    const failed = yield* Stream.range(1, sessions).pipe(
      Stream.mapEffect(() => client.create({ agent: Fixtures.agentId, environment_id: Fixtures.environmentId })),
      SessionPool.forEach({
        session: ({ id }) => id,
        run: ({ id }) => Conversation.turn(id, "Hello"),
        lookahead: sessions
      }),
      Stream.filter(({ exit }) => !Exit.isSuccess(exit) || exit.value._tag !== "EndTurn"),
      Stream.runCount
    )
    return { failed, open, seconds: (performance.now() - start) / 1000, rss, heap }
  }).pipe(
    Effect.scoped,
    Effect.provide(SessionPool.layer({ concurrency: sessions })),
    Effect.provide(
      Testkit.layer({
        script: AgentScript.make({ otherwise: [AgentScript.sleep(`${thinking} seconds`), AgentScript.say("Done.")] })
      })
    ),
    Effect.runPromise
  )

export const run = async (sessions: number): Promise<void> => {
  const { failed, heap, open, rss, seconds } = await askWithin<Measurement>(limit, "many", "", 0, sessions)
  const mb = (bytes: number) => (bytes / 2 ** 20).toFixed(0)
  console.log(
    `\n${
      sessions.toLocaleString("en")
    } sessions, each with a turn in which the agent thinks for ${thinking} seconds, client and simulator in one process with a heap of at most ${limit} MB\n`
  )
  console.log(table(
    ["open at once", "did not end well", "seconds", "heap MB while open", "RSS MB"],
    [[open.toLocaleString("en"), String(failed), seconds.toFixed(1), mb(heap), mb(rss)]]
  ))
}
