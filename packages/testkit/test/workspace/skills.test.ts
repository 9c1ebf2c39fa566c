/**
 * Section 10.8 of FIDELITY.md: skills and their versions, through core's client.
 */
import * as Agents from "@effect-managed-agents/core/Agents"
import type { ApiError } from "@effect-managed-agents/core/ApiError"
import { SkillId } from "@effect-managed-agents/core/Ids"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as Skills from "@effect-managed-agents/core/Skills"
import * as Upload from "@effect-managed-agents/core/Upload"
import * as Workspace from "@effect-managed-agents/core/Workspace"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { strFromU8, strToU8, unzipSync, zipSync } from "fflate"
import { Buffer } from "node:buffer"
import * as Fixtures from "../../src/Fixtures.ts"
import type * as Simulator from "../../src/Simulator.ts"
import * as SimulatorFetch from "../../src/SimulatorFetch.ts"
import * as Testkit from "../../src/Testkit.ts"

const layer = (options: Simulator.Options = {}) =>
  Workspace.layer.pipe(Layer.provideMerge(Testkit.layer({ fixtures: Fixtures.docs, ...options })))

const skillMd = (name: string, description = "Does it.") =>
  `---\nname: ${name}\ndescription: ${description}\n---\n# Do it\n`

const upload = (files: Readonly<Record<string, string>>) =>
  Object.entries(files).map(([name, content]) => Upload.fromBytes(content, { name }))

const files = upload({ "orders/SKILL.md": skillMd("orders"), "orders/scripts/find.py": "print(1)" })

const unzipped = (id: `skill_${string}`, version: `skver_${string}`) =>
  Effect.flatMap(Skills.Skills, (skills) => Stream.runCollect(skills.downloadVersion(id, version))).pipe(
    Effect.map((pieces) => unzipSync(Buffer.concat(Chunk.toReadonlyArray(pieces)))),
    Effect.map((found) => Object.fromEntries(Object.entries(found).map(([name, bytes]) => [name, strFromU8(bytes)])))
  )

// an id of the service has its prefix
const skillId = (id: string) => id as `skill_${string}`
const versionId = (id: string) => id as `skver_${string}`

/** What the service says to a form that the client would not have sent. */
const refused = (entries: ReadonlyArray<readonly [string, Uint8Array | string]>, path = "/v1/skills") =>
  Effect.gen(function*() {
    const fetch = yield* SimulatorFetch.make
    const data = new FormData()
    for (const [name, content] of entries) data.append("files[]", new File([content as string], name))
    return yield* Effect.promise(async () => {
      const response = await fetch(`http://simulator${path}`, {
        method: "POST",
        body: data,
        headers: { "x-api-key": "test" }
      })
      const json: { readonly error?: { readonly message: string } } = await response.json()
      return `${response.status} ${json.error?.message ?? ""}`
    })
  }).pipe(Effect.scoped)

describe("a skill", () => {
  it.effect("10.8.1 has a first version, and is named by its SKILL.md", () =>
    Effect.gen(function*() {
      const skills = yield* Skills.Skills
      const skill = yield* skills.create({ files })
      assert.match(skill.id, /^skill_\w+$/)
      assert.match(skill.latest_version_id, /^skver_\w+$/)
      assert.deepStrictEqual(
        [skill.display_name, skill.source, skill.created_at as string],
        ["orders", { type: "custom" }, "1970-01-01T00:00:00Z"]
      )
      assert.deepStrictEqual(yield* skills.retrieve(skill.id), skill)
      const version = yield* skills.retrieveVersion(skill.id, skill.latest_version_id)
      assert.deepStrictEqual({ ...version } as object, {
        type: "skill_version",
        id: skill.latest_version_id,
        skill_id: skill.id,
        name: "orders",
        description: "Does it.",
        created_at: "1970-01-01T00:00:00Z"
      })
      const named = yield* skills.create({ files, display_name: "Orders & more" })
      assert.strictEqual(named.display_name, "Orders & more")
    }).pipe(Effect.provide(layer())))

  it.effect("10.8.2 is downloaded as a zip archive with its folder, the same each time", () =>
    Effect.gen(function*() {
      const skills = yield* Skills.Skills
      const skill = yield* skills.create({ files })
      const content = yield* unzipped(skillId(skill.id), versionId(skill.latest_version_id))
      assert.deepStrictEqual(content, {
        "orders/SKILL.md": skillMd("orders"),
        "orders/scripts/find.py": "print(1)"
      })
    }).pipe(Effect.provide(layer())))

  it.effect("10.8.3 is also taken from an archive", () =>
    Effect.gen(function*() {
      const skills = yield* Skills.Skills
      const zip = zipSync({ orders: { "SKILL.md": strToU8(skillMd("orders")), "a.bin": strToU8("x") } })
      const skill = yield* skills.create({ files: [Upload.fromBytes(zip, { name: "orders.zip" })] })
      const content = yield* unzipped(skillId(skill.id), versionId(skill.latest_version_id))
      assert.deepStrictEqual(content, { "orders/SKILL.md": skillMd("orders"), "orders/a.bin": "x" })
      assert.strictEqual(yield* refused([["a.zip", "PK"]]), "400 files.0: is not a zip archive")
    }).pipe(Effect.provide(layer())))

  it.effect.each<readonly [string, ReadonlyArray<readonly [string, string]>, string]>([
    ["without files", [], "400 "],
    ["without a SKILL.md", [["s/a.md", "x"]], "400 files: must have a SKILL.md at the top of its folder"],
    ["of two folders", [["s/SKILL.md", "x"], ["t/a", "x"]], "400 files.1.name: must be in the same folder"],
    ["with a path that escapes", [["s/SKILL.md", "x"], ["s/../a", "x"]], "400 files.1.name: must be a path that stays"],
    ["outside of a folder", [["SKILL.md", "x"]], "400 files.0.name: must be in a folder"],
    ["with a name that is no slug", [["s/SKILL.md", skillMd("My Skill")]], "400 SKILL.md: name"],
    ["with a long description", [["s/SKILL.md", skillMd("s", "x".repeat(1025))]], "400 SKILL.md: description"]
  ])("10.8.4 is refused %s", ([, entries, expected]) =>
    Effect.gen(function*() {
      const skills = yield* Skills.Skills
      assert.include(yield* refused(entries), expected)
      assert.deepStrictEqual((yield* skills.listPage()).data, [])
    }).pipe(Effect.provide(layer())))

  it.effect("10.8.5 is named by its folder where SKILL.md has no name; values may be quoted or folded", () =>
    Effect.gen(function*() {
      const skills = yield* Skills.Skills
      const plain = yield* skills.create({ files: upload({ "plain/SKILL.md": "# Do it" }) })
      const folded = yield* skills.create({
        files: upload({ "x/SKILL.md": "---\r\nname: \"folded\"\r\ndescription: >\r\n  One,\r\n  two.\r\n---\r\n" })
      })
      assert.deepStrictEqual([plain.display_name, folded.display_name], ["plain", "folded"])
      const version = yield* skills.retrieveVersion(folded.id, folded.latest_version_id)
      assert.strictEqual(version.description, "One, two.")
    }).pipe(Effect.provide(layer())))

  it.effect("10.8.6 is listed with the newest first, by its source", () =>
    Effect.gen(function*() {
      const skills = yield* Skills.Skills
      const first = yield* skills.create({ files })
      yield* TestClock.adjust("1 second")
      const second = yield* skills.create({ files })
      const ids = (params: Parameters<Skills.Service["list"]>[0]) =>
        Effect.map(Stream.runCollect(skills.list(params)), (all) => Chunk.toReadonlyArray(all).map(({ id }) => id))
      assert.deepStrictEqual(yield* ids({ limit: 1 }), [second.id, first.id])
      assert.deepStrictEqual(yield* ids({ source: "custom" }), [second.id, first.id])
      assert.deepStrictEqual(yield* ids({ source: "anthropic" }), [])
      assert.isNull((yield* skills.listPage()).next_page)
    }).pipe(Effect.provide(layer())))

  it.effect("10.8.7 gets versions of its own name, of which it keeps one, and goes with all of them", () =>
    Effect.gen(function*() {
      const skills = yield* Skills.Skills
      const { id, latest_version_id: first } = yield* skills.create({ files })
      yield* TestClock.adjust("1 hour")
      const second = yield* skills.createVersion(id, { files: upload({ "x/SKILL.md": skillMd("orders", "Better.") }) })
      const skill = yield* skills.retrieve(id)
      assert.deepStrictEqual([skill.latest_version_id, skill.updated_at as string], [second.id, "1970-01-01T01:00:00Z"])
      assert.deepStrictEqual(yield* unzipped(skillId(id), versionId(second.id)), {
        "orders/SKILL.md": skillMd("orders", "Better.")
      })
      const versions = yield* Stream.runCollect(skills.listVersions(id, { limit: 1 }))
      assert.deepStrictEqual(Chunk.toReadonlyArray(versions).map((version) => version.id), [second.id, first])
      const other = yield* refused([["other/SKILL.md", skillMd("other")]], `/v1/skills/${id}/versions`)
      assert.strictEqual(other, "400 SKILL.md: name: \"other\" must be \"orders\", as in the first version")
      assert.deepStrictEqual(yield* skills.deleteVersion(id, second.id), {
        id: second.id,
        type: "skill_version_deleted"
      })
      assert.strictEqual((yield* skills.retrieve(id)).latest_version_id, first)
      const last = yield* Effect.flip(skills.deleteVersion(id, first))
      assert.strictEqual(last._tag, "InvalidRequest")
      assert.deepStrictEqual(yield* skills.delete(id), { id, type: "skill_deleted" })
      const gone = yield* Effect.flip(skills.retrieveVersion(id, first))
      assert.strictEqual(gone._tag, "NotFound")
    }).pipe(Effect.provide(layer())))

  it.effect("10.8.9 is there for agents and their sessions, in the latest version unless one is named", () =>
    Effect.gen(function*() {
      const skills = yield* Skills.Skills
      const agents = yield* Agents.Agents
      const sessions = yield* Sessions.Sessions
      const agent = (skill_id: string, version?: string) =>
        agents.create({
          name: "A",
          model: "claude-opus-5-5",
          tools: [{ type: "agent_toolset_20260401" }],
          skills: [{ type: "custom", skill_id: SkillId.make(skill_id), version }]
        })
      const tagOf = <A, R>(self: Effect.Effect<A, ApiError, R>) => Effect.map(Effect.flip(self), ({ _tag }) => _tag)
      // a test may make ids up, as long as no skill was created
      yield* agent("skill_made_up")
      const { id, latest_version_id: first } = yield* skills.create({ files })
      assert.strictEqual(yield* tagOf(agent("skill_made_up")), "NotFound")
      assert.strictEqual(yield* tagOf(agent(id, "no_version")), "NotFound")
      const saved = yield* agent(id)
      assert.deepStrictEqual(saved.skills, [{ type: "custom", skill_id: SkillId.make(id), version: first }])
      yield* TestClock.adjust("1 second")
      const second = yield* skills.createVersion(id, { files })
      const updated = yield* agents.update(saved.id, {
        version: 1,
        skills: [{ type: "custom", skill_id: SkillId.make(id), version: "latest" }]
      })
      assert.strictEqual(updated.skills[0]?.version, second.id)
      const create = sessions.create({ agent: saved.id, environment_id: Fixtures.environmentId })
      assert.strictEqual((yield* create).agent.skills[0]?.version, second.id)
      const overridden = yield* sessions.create({
        agent: { type: "agent_with_overrides", id: saved.id, skills: [{ type: "custom", skill_id: SkillId.make(id) }] },
        environment_id: Fixtures.environmentId
      })
      assert.strictEqual(overridden.agent.skills[0]?.version, second.id)
      yield* skills.deleteVersion(id, second.id)
      assert.strictEqual(yield* tagOf(create), "NotFound")
      yield* skills.delete(id)
      assert.strictEqual(yield* tagOf(create), "NotFound")
      assert.strictEqual(yield* tagOf(agent(id)), "NotFound")
    }).pipe(Effect.provide(layer())))

  it.effect("10.8.8 needs no beta; the shapes of the old one are not modelled", () =>
    Effect.gen(function*() {
      const skills = yield* Skills.Skills
      const error = yield* Effect.flip(skills.listPage({}, { betas: ["skills-2025-10-02"] }))
      assert.strictEqual("status" in error && error.status, 501)
    }).pipe(Effect.provide(layer())))
})
