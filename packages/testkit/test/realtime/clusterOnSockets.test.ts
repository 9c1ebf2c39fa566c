/** What a client of a cluster gets through its sockets: from processes on ports of their own, and with a PostgreSQL. */
import * as AgentCluster from "@effect-managed-agents/core/AgentCluster"
import type { SessionId } from "@effect-managed-agents/core/Ids"
import * as SqlStore from "@effect-managed-agents/core/SqlStore"
import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as NodeClusterSocket from "@effect/platform-node/NodeClusterSocket"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { createServer } from "node:http"
import { listen } from "../../../core/test/utils/listen.ts"
import * as postgres from "../../../core/test/utils/postgres.ts"
import * as AgentScript from "../../src/AgentScript.ts"
import { statusOf } from "../utils/cluster.ts"
import { agentThat, create } from "../utils/conversation.ts"

const { say, sleep } = AgentScript

const Desk = AgentCluster.make("Desk", { follow: { previews: ["agent.message"] } })

/** A process that runs turns: it has its own port and its own connections. */
const start = (config: PgClient.PgClientConfig) =>
  Effect.gen(function*() {
    const port = yield* Effect.scoped(listen(createServer()))
    const shardingConfig = { ...AgentCluster.config, runnerAddress: Option.some(RunnerAddress.make("127.0.0.1", port)) }
    yield* Layer.build(Layer.fresh(Desk.layer.pipe(
      Layer.provide(NodeClusterSocket.layer({ shardingConfig })),
      Layer.provide(Layer.fresh(SqlStore.layer())),
      Layer.provide(Layer.fresh(PgClient.layer(config)))
    )))
  })

/** A client, as a web server has it, and two processes that run turns; the second in a scope of its own. */
const prepare = (config: PgClient.PgClientConfig) =>
  Effect.gen(function*() {
    yield* start(config)
    const second = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.sequential)
    yield* Scope.extend(start(config), second)
    const context = yield* Layer.build(
      NodeClusterSocket.layer({ clientOnly: true, shardingConfig: AgentCluster.config })
    )
    return { desk: yield* Effect.provide(Desk.client, context), second }
  })

/** The names of those who own sessions. */
const owners = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql<{ readonly owner: string }>`SELECT DISTINCT owner FROM ema_sessions WHERE owner IS NOT NULL`
)

const onSockets = <A, E>(
  turns: Parameters<typeof agentThat>[0],
  self: (config: PgClient.PgClientConfig) => Effect.Effect<
    A,
    E,
    Scope.Scope | Layer.Layer.Success<ReturnType<typeof world>>
  >
) => Effect.flatMap(postgres.make, ({ config }) => Effect.provide(self(config), world(turns, config)))

const world = (turns: Parameters<typeof agentThat>[0], config: PgClient.PgClientConfig) =>
  SqlStore.layer().pipe(
    Layer.provide(Layer.effectDiscard(SqlStore.migrate())),
    Layer.provideMerge(PgClient.layer(config)),
    Layer.provideMerge(agentThat(turns))
  )

/** Looks until it is so. */
const until = <A, E, R>(self: Effect.Effect<A, E, R>, is: (value: A) => boolean) =>
  Effect.repeat(Effect.delay(self, "100 millis"), { until: is })

/** Sessions, so many that each process gets some of them. */
const createSome = Effect.replicateEffect(create, 8)

describe.skipIf(!postgres.available)("a client of a cluster, by sockets,", () => {
  it.scopedLive(
    "stops the agents of sessions that any process has",
    () =>
      onSockets([[sleep("1 hour"), say("done")]], (config) =>
        Effect.gen(function*() {
          const { desk } = yield* prepare(config)
          const sessions = yield* createSome
          yield* Effect.forEach(sessions, (id) => desk.start(id, { id: `turn of ${id}`, input: "Think." }), {
            concurrency: "unbounded"
          })
          for (const id of sessions) yield* until(statusOf(`turn of ${id}`), (status) => status === "running")
          // both have some, once the cluster has given the second its share
          yield* until(owners, ({ length }) => length === 2)
          const results = yield* Effect.forEach(
            sessions,
            (id) => Effect.zipRight(desk.interrupt(id), desk.result(`turn of ${id}`)),
            { concurrency: "unbounded" }
          )
          assert.deepStrictEqual(results.map(({ _tag }) => _tag), sessions.map(() => "Interrupted"))
        })),
    120_000
  )

  it.scopedLive(
    "sees what happens in sessions that any process has, and goes on when they move",
    () =>
      onSockets(Array.from({ length: 60 }, () => [say("Hello.")]), (config) =>
        Effect.gen(function*() {
          const { desk, second } = yield* prepare(config)
          const sessions = yield* createSome
          let seen: Array<AgentCluster.Update> = []
          yield* Effect.forkScoped(Effect.forEach(
            sessions,
            (id) => Stream.runForEach(desk.updates(id), (update) => Effect.sync(() => seen.push(update))),
            { concurrency: "unbounded", discard: true }
          ))
          // what comes while nobody is connected is not shown, so turns are started until each session has shown one
          const showAll = (name: string) =>
            Effect.gen(function*() {
              const turnsOf = (id: SessionId) =>
                seen.filter((update) => update._tag === "Finished" && update.turnId.startsWith(`${name} of ${id}`))
              for (let n = 0; sessions.some((id) => turnsOf(id).length === 0); n++) {
                for (const id of sessions) {
                  const turn = { id: `${name} of ${id}, ${n}`, input: "Hello" }
                  yield* desk.start(id, turn)
                }
                yield* Effect.forEach(sessions, (id) => desk.result(`${name} of ${id}, ${n}`), {
                  concurrency: "unbounded"
                })
                yield* Effect.sleep("1 second")
              }
            })
          yield* showAll("one")
          assert.isTrue(seen.some((update) => update._tag === "Preview" && update.blocks[0] === "Hello."))
          assert.isTrue(seen.some((update) => update._tag === "Event" && update.event.type === "agent.message"))
          yield* Scope.close(second, Exit.void)
          seen = []
          yield* showAll("another")
        })),
    120_000
  )
})
