/**
 * Workers of a self-hosted environment while all sorts of things go wrong: no tool has its effect twice, no item is lost, no
 * lease outlives its worker for long.
 */
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as EnvironmentWork from "@effect-managed-agents/core/EnvironmentWork"
import * as EnvironmentWorker from "@effect-managed-agents/core/EnvironmentWorker"
import * as Journal from "@effect-managed-agents/core/Journal"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as RetryPolicy from "@effect-managed-agents/core/RetryPolicy"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as Workspace from "@effect-managed-agents/core/Workspace"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as AgentScript from "../../src/AgentScript.ts"
import * as Simulator from "../../src/Simulator.ts"
import { agentThat } from "../utils/conversation.ts"
import * as plans from "../utils/plans.ts"

const { say, together, tool } = AgentScript

const Tools = Toolkit.make(
  Tool.make("bash", { parameters: { n: Schema.Int, seconds: Schema.Int }, success: Schema.String })
    .annotate(ToolRunner.Limits, { timeout: "2 hours" })
)

const bash = (n: number, seconds: number) => tool({ name: "bash", input: { n, seconds } })

const environmentKey = Redacted.make("sk-ant-oat01-key")

type Worker = Effect.Effect<unknown, unknown, any>

const worker = (options: EnvironmentWorker.Options = {}): Worker =>
  EnvironmentWorker.run("env_self", Tools, { environmentKey, lease: "30 seconds", ...options }).pipe(
    // one whose polls are refused for good is started again, as any service is
    Effect.retry(Schedule.spaced("5 seconds"))
  )

/** A client whose calls stop being answered after a while: to the service that is a crash, to its program a lost network. */
const cutOff = (after: number): Layer.Layer<ManagedAgents.Services | Workspace.Services, never, any> =>
  Layer.fresh(Workspace.layer.pipe(
    Layer.provideMerge(ManagedAgents.layer),
    Layer.provide(Layer.effect(
      HttpClient.HttpClient,
      Effect.gen(function*() {
        const client = yield* HttpClient.HttpClient
        const end = (yield* Clock.currentTimeMillis) + after
        return HttpClient.transform(
          client,
          (response) => Effect.flatMap(Clock.currentTimeMillis, (now) => now >= end ? Effect.never : response)
        )
      })
    ))
  ))

interface Kind {
  readonly workers: ReadonlyArray<Worker>
  /** Where workers are cut off, calls may be, and the agent reads that. */
  readonly least: number
}

const kinds: { readonly [name: string]: Kind } = {
  "alone": { workers: [worker()], least: 4 },
  "three at a time": { workers: [worker(), worker(), worker({ concurrency: 1 })], least: 4 },
  "that are started anew every few seconds": {
    workers: [Effect.forever(Effect.ignore(Effect.timeout(worker({ grace: "2 seconds" }), "7 seconds")))],
    least: 2
  },
  "of which one crashes": {
    workers: [Effect.provide(worker(), cutOff(9000)), Effect.delay(worker(), "5 seconds")],
    least: 2
  }
}

/** What must be true whatever goes wrong. */
const check = ({ least, workers }: Kind) =>
  Effect.gen(function*() {
    const ran: Array<number> = []
    const handlers = Tools.toLayer({
      bash: ({ n, seconds }) =>
        Effect.suspend(() => {
          ran.push(n)
          return Effect.as(Effect.sleep(seconds * 1000), "done")
        })
    })
    const simulator = yield* Simulator.Simulator
    const sessions = yield* Sessions.Sessions
    const { id } = yield* sessions.create({ agent: "agent_1", environment_id: "env_self" } as never)
    for (const one of workers) yield* Effect.forkScoped(Effect.provide(one, handlers))
    const outcome = yield* Conversation.turn(id, "Go", { delivery: { resends: 10 }, answer: () => Effect.never })
    assert.strictEqual(`${outcome._tag} ${outcome.reply}`.trim(), "EndTurn Done")

    const events = yield* simulator.events(id)
    assert.deepStrictEqual([...new Set(ran)], ran, "run twice")
    assert.isAtLeast(ran.length, least)
    const calls = events.flatMap((event) => event.type === "agent.tool_use" ? [event.id] : [])
    const answers = events.flatMap((event) => event.type === "user.tool_result" ? [event.tool_use_id] : [])
    assert.strictEqual(calls.length, 4)
    assert.deepStrictEqual(answers.toSorted(), calls.toSorted(), "one answer to each call")

    // a session that has nothing to do holds no worker, and no lease is left behind
    const queue = yield* EnvironmentWork.EnvironmentWork
    yield* Stream.runCollect(queue.list("env_self", {}, { authToken: environmentKey })).pipe(
      Effect.retry(Schedule.spaced("1 second")),
      Effect.repeat({
        until: Chunk.every(({ state }) => state === "stopped"),
        schedule: Schedule.spaced("5 seconds")
      }),
      Effect.timeoutFail({
        duration: "30 minutes",
        onTimeout: () => new Cause.TimeoutException("an item is not stopped")
      })
    )
  }).pipe(RetryPolicy.provide({ maxRetries: 10, jitter: 0 }), Effect.scoped)

const turns = [[together(bash(1, 1), bash(2, 12)), bash(3, 1), bash(4, 40), say("Done")]]

const run = (kind: Kind) =>
  plans.under((faults) => {
    const program = Effect.provide(check(kind), [Journal.layerMemory(), agentThat(turns, { faults })])
    return Effect.withTracerEnabled(program, false) as Effect.Effect<void, unknown>
  }, 8 * 3_600_000)

describe("workers", () => {
  const runs = Math.ceil(Number(process.env["WORKER_FAULTS"] ?? 20) / Object.keys(kinds).length)
  for (const [at, [name, kind]] of Object.entries(kinds).entries()) {
    it(
      `${name} do what they should in ${runs} ways to go wrong`,
      { timeout: 900_000 },
      () => plans.search(run(kind), { runs, seed: at * 1_000_000, kinds: plans.kinds, maxShrinks: 100 })
    )
  }
})
