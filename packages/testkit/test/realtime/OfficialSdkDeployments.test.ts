/**
 * The vendor's own SDK makes every call on deployments and their runs against the port.
 */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fixtures from "../../src/Fixtures.ts"
import { collect, port } from "../utils/sdkOnPort.ts"

it.scopedLive("SDK 1.14.0 makes every call on deployments and their runs", () =>
  Effect.gen(function*() {
    const client = yield* port()
    yield* Effect.promise(async () => {
      const { deploymentRuns, deployments, sessions } = client.beta
      const created = await deployments.create({
        name: "Daily report",
        agent: { type: "agent", id: Fixtures.agentId },
        environment_id: Fixtures.environmentId,
        initial_events: [{ type: "user.message", content: [{ type: "text", text: "Compile the report." }] }],
        resources: [{ type: "file", file_id: Fixtures.fileId }],
        vault_ids: [Fixtures.vaultId],
        schedule: { type: "cron", expression: "0 9 * * 1-5", timezone: "America/Los_Angeles" },
        budget: { type: "limit", max_list_cost: { amount: "500", currency: "USD" } }
      })
      assert.strictEqual(created.schedule?.upcoming_runs_at?.length, 5)
      const changed = await deployments.update(created.id, { description: "For the morning", budget: null })
      assert.deepStrictEqual([changed.description, "budget" in changed], ["For the morning", false])
      assert.deepStrictEqual(await deployments.retrieve(created.id), changed)
      assert.strictEqual((await deployments.pause(created.id)).paused_reason?.type, "manual")
      assert.deepStrictEqual((await collect(deployments.list({ status: "paused" }))).map(({ id }) => id), [created.id])
      assert.strictEqual((await deployments.unpause(created.id)).status, "active")
      const run = await deployments.run(created.id)
      assert.deepStrictEqual([run.error, run.trigger_context.type], [null, "manual"])
      const session = await sessions.retrieve(run.session_id ?? "")
      assert.strictEqual(session.deployment_id, created.id)
      assert.deepStrictEqual(await deploymentRuns.retrieve(run.id), run)
      assert.deepStrictEqual(await collect(deploymentRuns.list({ deployment_id: created.id, has_error: false })), [run])
      assert.isString((await deployments.archive(created.id)).archived_at)
      assert.deepStrictEqual(await collect(deployments.list()), [])
      assert.strictEqual((await collect(deployments.list({ include_archived: true }))).length, 1)
    })
  }))
