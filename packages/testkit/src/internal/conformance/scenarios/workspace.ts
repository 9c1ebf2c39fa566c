import * as Agents from "@effect-managed-agents/core/Agents"
import type { ApiError } from "@effect-managed-agents/core/ApiError"
import { Credentials } from "@effect-managed-agents/core/Credentials"
import { Deployments } from "@effect-managed-agents/core/Deployments"
import { Environments } from "@effect-managed-agents/core/Environments"
import { EnvironmentWork } from "@effect-managed-agents/core/EnvironmentWork"
import { Files } from "@effect-managed-agents/core/Files"
import { Memories } from "@effect-managed-agents/core/Memories"
import { MemoryStores } from "@effect-managed-agents/core/MemoryStores"
import { MemoryVersions } from "@effect-managed-agents/core/MemoryVersions"
import { Models } from "@effect-managed-agents/core/Models"
import { Sessions } from "@effect-managed-agents/core/Sessions"
import { Skills } from "@effect-managed-agents/core/Skills"
import * as Upload from "@effect-managed-agents/core/Upload"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import { Vaults } from "@effect-managed-agents/core/Vaults"
import * as Workspace from "@effect-managed-agents/core/Workspace"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { Inconclusive } from "../expectation.ts"
import type { Requirements, Trouble } from "../lab.ts"
import { attempt, collect, Lab } from "../lab.ts"
import type { Scenario } from "../scenario.ts"
import { define } from "../scenario.ts"

const withWorkspace = <A>(
  program: Effect.Effect<A, Trouble, Requirements | Workspace.Services>
): Effect.Effect<A, Trouble, Requirements> => Effect.provide(program, Workspace.layer)

/** Creates something that is removed with the scope, if it is still there. */
const temporary = <A, R>(
  create: Effect.Effect<A, ApiError, R>,
  remove: (made: A) => Effect.Effect<unknown, ApiError>
): Effect.Effect<A, ApiError, R | Scope.Scope> => Effect.acquireRelease(create, (made) => Effect.ignore(remove(made)))

const title = "conformance"
const model = "claude-haiku-4-5"

const agents: Scenario = define({
  name: "agent.versions",
  description:
    "An agent has a version for each change; a stale one is refused, and no session has one that is archived.",
  turns: 0,
  program: withWorkspace(Effect.gen(function*() {
    const agents = yield* Agents.Agents
    const { target } = yield* Lab
    const first = yield* temporary(agents.create({ name: title, model }), ({ id }) => agents.archive(id))
    const second = yield* agents.update(first.id, { version: first.version, name: "renamed" })
    const stale = yield* attempt(agents.update(first.id, { version: first.version, name: "again" }))
    const versions = yield* collect(agents.listVersions(first.id))
    const archived = yield* agents.archive(first.id)
    const sessions = yield* Sessions
    const refused = yield* attempt(sessions.create({ agent: first.id, environment_id: target.environmentId }))
    return { archived, first, refused, second, stale, versions }
  })),
  expectations: ({ equal, holds }) => [
    equal("the first version is 1, and a change makes the next", () => [1, 2, "renamed"], ({ first, second }) => [
      first.version,
      second.version,
      second.name
    ]),
    equal("a change of a version that is not the latest is a conflict", () => 409, ({ stale }) => stale.status),
    equal(
      "all versions are listed",
      () => [1, 2],
      ({ versions }) => versions.map(({ version }) => version).sort((a, b) => a - b)
    ),
    holds("archiving says when", "a time", ({ archived }) => archived.archived_at, (seen) => typeof seen === "string"),
    equal("an archived agent gets no session", () => 400, ({ refused }) => refused.status)
  ]
})

const environments: Scenario = define({
  name: "environment.lifecycle",
  description: "An environment is created, changed, archived and deleted.",
  turns: 0,
  program: withWorkspace(Effect.gen(function*() {
    const environments = yield* Environments
    const { id } = yield* temporary(
      environments.create({ name: title, config: { type: "cloud" } }),
      ({ id }) => environments.delete(id)
    )
    const updated = yield* environments.update(id, { description: "changed" })
    const archived = yield* environments.archive(id)
    const deleted = yield* environments.delete(id)
    return { archived, deleted, gone: yield* attempt(environments.retrieve(id)), id, updated }
  })),
  expectations: ({ equal, holds }) => [
    equal("a change leaves the rest", () => [title, "changed"], ({ updated }) => [updated.name, updated.description]),
    holds("archiving says when", "a time", ({ archived }) => archived.archived_at, (seen) => typeof seen === "string"),
    equal("deleting is confirmed", ({ id }) => ({ id, type: "environment_deleted" }), ({ deleted }) => deleted),
    equal("then it is gone", () => 404, ({ gone }) => gone.status)
  ]
})

const work: Scenario = define({
  name: "work.credentials",
  description: "The queue of a self-hosted environment is empty at first, and no API key can take from it.",
  turns: 0,
  program: withWorkspace(Effect.gen(function*() {
    const environments = yield* Environments
    const queue = yield* EnvironmentWork
    const { id } = yield* temporary(
      environments.create({ name: title, config: { type: "self_hosted" } }),
      ({ id }) => environments.delete(id)
    )
    return { polled: yield* attempt(queue.poll(id)), stats: yield* queue.stats(id) }
  })),
  expectations: ({ equal }) => [
    equal("a poll with an API key is refused", () => 403, ({ polled }) => polled.status),
    equal("nothing waits", () => 0, ({ stats }) => stats.depth)
  ]
})

const secret = "conformance-secret"

const vaults: Scenario = define({
  name: "vault.credential",
  description: "A credential goes into a vault, is shown without its secret, and goes with the vault.",
  turns: 0,
  program: withWorkspace(Effect.gen(function*() {
    const vaults = yield* Vaults
    const credentials = yield* Credentials
    const { id } = yield* temporary(vaults.create({ display_name: title }), ({ id }) => vaults.delete(id))
    const created = yield* credentials.create(id, {
      auth: { type: "static_bearer", token: Redacted.make(secret), mcp_server_url: "https://mcp.example.com/sse" }
    })
    const listed = yield* collect(credentials.list(id))
    const deleted = yield* vaults.delete(id)
    return { created, deleted, gone: yield* attempt(vaults.retrieve(id)), id, listed }
  })),
  expectations: ({ equal }) => [
    equal("it is listed as it was created", ({ created }) => [created], ({ listed }) => listed),
    equal(
      "no answer has the secret",
      () => false,
      (_, exchanges) => exchanges.some(({ answer }) => JSON.stringify(answer ?? null).includes(secret))
    ),
    equal("deleting the vault is confirmed", ({ id }) => ({ id, type: "vault_deleted" }), ({ deleted }) => deleted),
    equal("then it is gone", () => 404, ({ gone }) => gone.status)
  ]
})

const bytes = Uint8Array.from({ length: 256 }, (_, n) => n)

const files: Scenario = define({
  name: "file.upload",
  description: "A file of any bytes is uploaded, listed by its id and deleted.",
  turns: 0,
  program: withWorkspace(Effect.gen(function*() {
    const files = yield* Files
    const stored = yield* temporary(
      files.upload({ file: Upload.fromBytes(bytes, { name: "conformance.bin" }) }),
      ({ id }) => files.delete(id)
    )
    const metadata = yield* files.retrieveMetadata(stored.id)
    const deleted = yield* files.delete(stored.id)
    return { deleted, gone: yield* attempt(files.retrieveMetadata(stored.id)), metadata, stored }
  })),
  expectations: ({ equal }) => [
    equal("it has the name and the size that it was sent with", () => ["conformance.bin", 256], ({ stored }) => [
      stored.filename,
      stored.size_bytes
    ]),
    equal("its metadata are what the upload answered", ({ stored }) => stored, ({ metadata }) => metadata),
    equal("deleting is confirmed", ({ stored: { id } }) => ({ id, type: "file_deleted" }), ({ deleted }) => deleted),
    equal("then it is gone", () => 404, ({ gone }) => gone.status)
  ]
})

const memories: Scenario = define({
  name: "memory.versions",
  description: "A memory changes only from what it was read as, and each change is a version, which can be redacted.",
  turns: 0,
  program: withWorkspace(Effect.gen(function*() {
    const stores = yield* MemoryStores
    const memories = yield* Memories
    const versions = yield* MemoryVersions
    const { id } = yield* temporary(stores.create({ name: title }), ({ id }) => stores.delete(id))
    const first = yield* memories.create(id, { path: "/notes.md", content: "one" })
    const from = (content_sha256: string, content: string) =>
      memories.update(id, first.id, { content, precondition: { type: "content_sha256", content_sha256 } })
    const second = yield* from(first.content_sha256, "two")
    const stale = yield* attempt(from(first.content_sha256, "three"))
    const taken = yield* attempt(memories.create(id, { path: "/notes.md", content: "other" }))
    const all = yield* collect(versions.list(id, { memory_id: first.id }))
    const old = all.find(({ content_sha256 }) => content_sha256 === first.content_sha256)
    if (old === undefined) return yield* new Inconclusive({ why: "the first version is not listed" })
    yield* versions.redact(id, old.id)
    return {
      count: all.length,
      read: yield* memories.retrieve(id, first.id),
      redacted: yield* versions.retrieve(id, old.id),
      second,
      stale,
      taken
    }
  })),
  expectations: ({ equal }) => [
    equal("it is read as it was changed", () => "two", ({ read }) => read.content),
    equal("a change from another content is a conflict", () => 409, ({ stale }) => stale.status),
    equal("a path is taken once", () => 409, ({ taken }) => taken.status),
    equal("there is a version for each change", () => 2, ({ count }) => count),
    equal("a redacted version has no content", () => null, ({ redacted }) => redacted.content ?? null)
  ]
})

const skillMd = (description: string) => `---\nname: conformance\ndescription: ${description}\n---\n# Nothing\n`
const skillFiles = (description: string) => [Upload.fromBytes(skillMd(description), { name: "conformance/SKILL.md" })]

const skills: Scenario = define({
  name: "skill.versions",
  description: "A skill has versions, of which it keeps one, and is deleted.",
  turns: 0,
  program: withWorkspace(Effect.gen(function*() {
    const skills = yield* Skills
    const created = yield* temporary(
      skills.create({ files: skillFiles("First.") }),
      ({ id }) => skills.delete(id)
    )
    const { id } = created
    const second = yield* skills.createVersion(id, { files: skillFiles("Second.") })
    const after = yield* skills.retrieve(id)
    const archive = yield* skills.downloadVersion(id, second.id).pipe(collect)
    yield* skills.deleteVersion(id, second.id)
    return { after, archive: archive.flatMap((piece) => [...piece]).slice(0, 2), second, created, id }
  })),
  expectations: ({ equal }) => [
    equal(
      "the latest version is the one that came last",
      ({ second }) => second.id,
      ({ after }) => after.latest_version_id
    ),
    equal("its content is a zip archive", () => [0x50, 0x4b], ({ archive }) => archive)
  ]
})

const deployments: Scenario = define({
  name: "deployment.pause",
  description: "A deployment is paused, goes on and is archived.",
  turns: 0,
  program: withWorkspace(Effect.gen(function*() {
    const deployments = yield* Deployments
    const { target } = yield* Lab
    const { id } = yield* temporary(
      deployments.create({
        name: title,
        agent: target.agentId,
        environment_id: target.environmentId,
        initial_events: [UserEvent.message("Hello")]
      }),
      ({ id }) => deployments.archive(id)
    )
    const paused = yield* deployments.pause(id)
    const unpaused = yield* deployments.unpause(id)
    return { archived: yield* deployments.archive(id), paused, unpaused }
  })),
  expectations: ({ equal, holds }) => [
    equal("its status says so", () => ["paused", "active"], ({ paused, unpaused }) => [paused.status, unpaused.status]),
    holds("archiving says when", "a time", ({ archived }) => archived.archived_at, (seen) => typeof seen === "string")
  ]
})

const models: Scenario = define({
  name: "model.list",
  description: "Models are listed and read.",
  turns: 0,
  program: withWorkspace(Effect.gen(function*() {
    const models = yield* Models
    const [listed] = (yield* models.listPage({ limit: 1 })).data
    if (listed === undefined) return yield* new Inconclusive({ why: "there is no model" })
    return { listed, read: yield* models.retrieve(listed.id) }
  })),
  expectations: ({ equal }) => [equal("a model is read as it is listed", ({ listed }) => listed, ({ read }) => read)]
})

export const all: ReadonlyArray<Scenario> = [
  agents,
  environments,
  work,
  vaults,
  files,
  memories,
  skills,
  deployments,
  models
]
