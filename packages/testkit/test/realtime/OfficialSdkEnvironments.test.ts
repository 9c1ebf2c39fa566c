/**
 * The vendor's own SDK makes every call on environments against the port.
 */
import Anthropic from "@anthropic-ai/sdk"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fixtures from "../../src/Fixtures.ts"
import { collect, port, refused } from "../utils/sdkOnPort.ts"

it.scopedLive("SDK 1.14.0 makes every call on environments", () =>
  Effect.gen(function*() {
    const client = yield* port()
    yield* Effect.promise(async () => {
      const { environments, sessions } = client.beta
      const environment = await environments.create({
        name: "Python",
        description: "With pandas",
        config: {
          type: "cloud",
          networking: { type: "limited", allowed_hosts: ["api.example.com"], allow_package_managers: true },
          packages: { pip: ["pandas==2.2.0"] }
        },
        metadata: { team: "a" }
      })
      const own = await environments.create({ name: "Own", config: { type: "self_hosted" } })
      assert.strictEqual(own.config.type, "self_hosted")
      const changed = await environments.update(environment.id, { description: null, metadata: { team: null } })
      assert.deepStrictEqual([changed.description, changed.metadata, changed.config], [null, {}, environment.config])
      assert.deepStrictEqual(await environments.retrieve(environment.id), changed)
      assert.deepStrictEqual((await collect(environments.list({ limit: 1 }))).length, 3)
      const wrong = await refused(environments.update(own.id, { config: { type: "cloud" } }))
      assert.instanceOf(wrong, Anthropic.BadRequestError)
      assert.strictEqual(
        (wrong as InstanceType<typeof Anthropic.BadRequestError>).message.includes("config.type"),
        true
      )
      const session = await sessions.create({ agent: Fixtures.agentId, environment_id: own.id })
      assert.instanceOf(await refused(environments.delete(own.id)), Anthropic.ConflictError)
      await sessions.delete(session.id)
      assert.deepStrictEqual(await environments.delete(own.id), { id: own.id, type: "environment_deleted" })
      assert.instanceOf(await refused(environments.retrieve(own.id)), Anthropic.NotFoundError)
      assert.isString((await environments.archive(environment.id)).archived_at)
      assert.strictEqual((await collect(environments.list())).length, 1)
      assert.strictEqual((await collect(environments.list({ include_archived: true }))).length, 2)
    })
  }))
