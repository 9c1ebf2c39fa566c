/** Bad input around sessions: each is a typed error, and nothing is half-made. */
import * as Agents from "@effect-managed-agents/core/Agents"
import type { ApiError } from "@effect-managed-agents/core/ApiError"
import * as Environments from "@effect-managed-agents/core/Environments"
import * as Files from "@effect-managed-agents/core/Files"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as Skills from "@effect-managed-agents/core/Skills"
import * as Upload from "@effect-managed-agents/core/Upload"
import * as Vaults from "@effect-managed-agents/core/Vaults"
import * as Fixtures from "@effect-managed-agents/testkit/Fixtures"
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as Testkit from "@effect-managed-agents/testkit/Testkit"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

const tagOf = <A, R>(self: Effect.Effect<A, ApiError, R>) => Effect.map(Effect.flip(self), ({ _tag }) => _tag)

const bytes = new TextEncoder().encode("half of it")

describe("bad input", () => {
  it.effect("a file that breaks off in the middle of an upload is not stored", () =>
    Effect.gen(function*() {
      const files = yield* Files.Files
      const source = Stream.concat(Stream.make(bytes), Stream.fail("the disk is gone"))
      for (const size of [undefined, 100]) {
        const error = yield* Effect.flip(files.upload({ file: Upload.fromStream(source, { name: "a.csv", size }) }))
        assert.deepInclude(error, { _tag: "TransportError", reason: "Source" })
      }
      assert.strictEqual(yield* Stream.runCount(files.list()), 0)
    }).pipe(Effect.provide(Testkit.layer({ fixtures: {} }))))

  it.effect("a stale version makes no other one", () =>
    Effect.gen(function*() {
      const agents = yield* Agents.Agents
      const { id } = yield* agents.create({ name: "A", model: "claude-opus-5-5" })
      yield* agents.update(id, { version: 1, name: "B" })
      assert.strictEqual(yield* tagOf(agents.update(id, { version: 1, name: "C" })), "Conflict")
      assert.deepInclude(yield* agents.retrieve(id), { version: 2, name: "B" })
    }).pipe(Effect.provide(Testkit.layer())))

  it.effect("a skill without a SKILL.md is not sent", () =>
    Effect.gen(function*() {
      const skills = yield* Skills.Skills
      const files = [Upload.fromBytes("# Notes", { name: "notes/README.md" })]
      assert.strictEqual(yield* tagOf(skills.create({ files })), "InvalidParams")
      assert.isEmpty(yield* (yield* Simulator.Simulator).ledger)
    }).pipe(Effect.provide(Testkit.layer())))

  it.effect("a deleted environment and an unknown or deleted vault begin no session", () =>
    Effect.gen(function*() {
      const environments = yield* Environments.Environments
      const sessions = yield* Sessions.Sessions
      const vaults = yield* Vaults.Vaults
      const simulator = yield* Simulator.Simulator
      const before = (yield* simulator.sessions).length
      const environment = yield* environments.create({ name: "E" })
      yield* environments.delete(environment.id)
      assert.strictEqual(
        yield* tagOf(sessions.create({ agent: Fixtures.agentId, environment_id: environment.id })),
        "NotFound"
      )
      const vault = yield* vaults.create({ display_name: "V" })
      yield* vaults.delete(vault.id)
      for (const id of [vault.id, "vlt_unknown"] as const) {
        assert.strictEqual(yield* tagOf(vaults.retrieve(id)), "NotFound")
        const create = sessions.create({
          agent: Fixtures.agentId,
          environment_id: Fixtures.environmentId,
          vault_ids: [id]
        })
        assert.strictEqual(yield* tagOf(create), "NotFound")
      }
      assert.lengthOf(yield* simulator.sessions, before)
    }).pipe(Effect.provide(Testkit.layer())))
})
