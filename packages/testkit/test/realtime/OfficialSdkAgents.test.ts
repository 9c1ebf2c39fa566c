/**
 * The vendor's own SDK makes every call on agents and models against the port.
 */
import Anthropic from "@anthropic-ai/sdk"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fixtures from "../../src/Fixtures.ts"
import { collect, port, refused } from "../utils/sdkOnPort.ts"

it.scopedLive("SDK 1.14.0 makes every call on agents", () =>
  Effect.gen(function*() {
    const client = yield* port()
    yield* Effect.promise(async () => {
      const { agents, sessions } = client.beta
      const helper = await agents.create({ name: "Helper", model: "claude-haiku-5-5" })
      const agent = await agents.create({
        name: "Orders",
        model: { id: "claude-opus-5-5", effort: "high" },
        tools: [{ type: "agent_toolset_20260401" }, { type: "mcp_toolset", mcp_server_name: "crm" }],
        mcp_servers: [{ type: "url", name: "crm", url: "https://crm.example/sse" }],
        skills: [{ type: "anthropic", skill_id: "xlsx" }],
        multiagent: { type: "coordinator", agents: [helper.id, { type: "self" }] },
        metadata: { team: "a" }
      })
      assert.strictEqual(agent.version, 1)
      const next = await agents.update(agent.id, { version: 1, description: "Looks up orders" })
      assert.strictEqual(next.version, 2)
      assert.instanceOf(await refused(agents.update(agent.id, { version: 1, name: "X" })), Anthropic.ConflictError)
      assert.deepStrictEqual(await agents.retrieve(agent.id, { version: 1 }), agent)
      assert.deepStrictEqual(await agents.retrieve(agent.id), next)
      const versions = await collect(agents.versions.list(agent.id, { limit: 1 }))
      assert.deepStrictEqual(versions, [next, agent])
      const listed = await collect(agents.list({ limit: 1 }))
      // those of the fixtures are among them
      assert.strictEqual(listed.length, 4)
      assert.deepStrictEqual(listed[0], next)
      const session = await sessions.create({ agent: agent.id, environment_id: Fixtures.environmentId })
      assert.deepStrictEqual([session.agent.version, session.agent.tools], [2, next.tools])
      assert.isString((await agents.archive(agent.id)).archived_at)
      assert.strictEqual((await collect(agents.list({ include_archived: true }))).length, 4)
      assert.strictEqual((await collect(agents.list({ "created_at[gte]": helper.created_at }))).length, 1)
      const params = { agent: agent.id, environment_id: Fixtures.environmentId }
      assert.instanceOf(await refused(sessions.create(params)), Anthropic.BadRequestError)
    })
  }))

it.scopedLive("SDK 1.14.0 makes every call on models", () =>
  Effect.gen(function*() {
    const client = yield* port()
    yield* Effect.promise(async () => {
      const models = await collect(client.models.list({ limit: 4 }))
      assert.isAbove(models.length, 8)
      assert.deepStrictEqual(await client.models.retrieve("claude-sonnet-4-5"), models.at(-1))
    })
  }))
