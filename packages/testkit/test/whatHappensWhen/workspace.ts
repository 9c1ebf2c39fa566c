/** The rows of `docs/what-happens-when.md` about what sessions are made of. */
import * as Agents from "@effect-managed-agents/core/Agents"
import type { ApiError } from "@effect-managed-agents/core/ApiError"
import * as DeploymentRuns from "@effect-managed-agents/core/DeploymentRuns"
import * as Deployments from "@effect-managed-agents/core/Deployments"
import * as Environments from "@effect-managed-agents/core/Environments"
import type * as Ids from "@effect-managed-agents/core/Ids"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import { assert } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Fixtures from "../../src/Fixtures.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as Testkit from "../../src/Testkit.ts"
import * as WebhookEndpoint from "../../src/WebhookEndpoint.ts"
import { says, section } from "../utils/page.ts"

/** A call that must be refused, and was sent once. */
const refusal = <A, R>(call: Effect.Effect<A, ApiError, R>) =>
  Effect.gen(function*() {
    const { ledger } = yield* Simulator.Simulator
    const before = (yield* ledger).length
    const error = yield* Effect.flip(call)
    assert.strictEqual((yield* ledger).length - before, 1)
    return error._tag
  })

const createAgent = Effect.flatMap(
  Agents.Agents,
  (agents) => agents.create({ name: "Orders", model: "claude-opus-5-5" })
)

const createSession = (agent: Ids.AgentId, environment: Ids.EnvironmentId = Fixtures.environmentId) =>
  Effect.flatMap(Sessions.Sessions, (sessions) => sessions.create({ agent, environment_id: environment }))

section("An agent, an environment or a deployment changes", {
  "an agent is updated that somebody has changed meanwhile": ([, sees]) =>
    Effect.gen(function*() {
      const agents = yield* Agents.Agents
      const { id, version } = yield* createAgent
      yield* agents.update(id, { version, name: "B" })
      says(sees, yield* refusal(agents.update(id, { version, name: "C" })))
      assert.strictEqual((yield* agents.update(id, { name: "C" })).version, 3)
    }).pipe(Effect.provide(Testkit.layer())),

  "an update of an agent changes nothing": () =>
    Effect.gen(function*() {
      const agents = yield* Agents.Agents
      const agent = yield* createAgent
      assert.deepStrictEqual(yield* agents.update(agent.id, { name: agent.name }), agent)
    }).pipe(Effect.provide(Testkit.layer())),

  "an agent gets another version": () =>
    Effect.gen(function*() {
      const agents = yield* Agents.Agents
      const sessions = yield* Sessions.Sessions
      const agent = yield* createAgent
      const { id } = yield* createSession(agent.id)
      yield* agents.update(agent.id, { name: "B" })
      assert.strictEqual((yield* sessions.retrieve(id)).agent.version, 1)
    }).pipe(Effect.provide(Testkit.layer())),

  "the agent or environment of a new session is archived": ([, sees]) =>
    Effect.gen(function*() {
      const agents = yield* Agents.Agents
      const environments = yield* Environments.Environments
      const sessions = yield* Sessions.Sessions
      const agent = yield* createAgent
      const environment = yield* environments.create({ name: "E" })
      const { id } = yield* createSession(agent.id, environment.id)
      yield* environments.archive(environment.id)
      says(sees, yield* refusal(createSession(agent.id, environment.id)))
      yield* agents.archive(agent.id)
      says(sees, yield* refusal(createSession(agent.id)))
      assert.strictEqual((yield* sessions.retrieve(id)).status, "idle")
    }).pipe(Effect.provide(Testkit.layer())),

  "an environment is deleted while sessions are active in it": ([, sees]) =>
    Effect.gen(function*() {
      const environments = yield* Environments.Environments
      says(sees, yield* refusal(environments.delete(Fixtures.environmentId)))
    }).pipe(Effect.provide(Testkit.layer())),

  "a deployment should run, and no session can be created": () =>
    Effect.gen(function*() {
      const agents = yield* Agents.Agents
      const deployments = yield* Deployments.Deployments
      const runs = yield* DeploymentRuns.DeploymentRuns
      const agent = yield* createAgent
      const { id } = yield* deployments.create({
        name: "Hourly",
        agent: agent.id,
        environment_id: Fixtures.environmentId,
        initial_events: [{ type: "user.message", content: [{ type: "text", text: "Go" }] }],
        schedule: { type: "cron", expression: "0 * * * *", timezone: "UTC" }
      })
      yield* agents.archive(agent.id)
      yield* TestClock.adjust("2 hours")
      const all = Chunk.toReadonlyArray(yield* Stream.runCollect(runs.list({ deployment_id: id })))
      assert.deepStrictEqual(all.map(({ error }) => error?.type), ["agent_archived_error"])
      const { paused_reason } = yield* deployments.retrieve(id)
      assert.deepStrictEqual(paused_reason, { type: "error", error: { type: "agent_archived_error" } })
    }).pipe(Effect.provide(Testkit.layer())),

  "a webhook is not acknowledged": () =>
    Effect.suspend(() => {
      const ids: Array<string> = []
      const deliver = ({ headers }: WebhookEndpoint.Delivery) =>
        Effect.sync(() => {
          ids.push(headers["webhook-id"])
          return 503
        })
      const endpoint = WebhookEndpoint.make(deliver, { secret: Redacted.make("whsec_c2VjcmV0") })
      return Effect.gen(function*() {
        yield* createSession(Fixtures.agentId)
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(ids.length, 3)
        assert.strictEqual(new Set(ids).size, 1)
      }).pipe(Effect.provide(Testkit.layer({ webhooks: [endpoint] })))
    })
})
