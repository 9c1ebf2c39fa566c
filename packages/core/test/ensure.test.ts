/** Set-up that is described: agents and environments that are found, created or updated, also by several at once. */
import { assert, describe, it } from "@effect/vitest"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Agents from "../src/Agents.ts"
import { type ApiError, Conflict, TransportError } from "../src/ApiError.ts"
import type { Environment } from "../src/Environment.ts"
import * as Environments from "../src/Environments.ts"
import { AgentId, EnvironmentId } from "../src/Ids.ts"
import type { CreateParams, SavedAgent, UpdateParams } from "../src/SavedAgent.ts"
import { Timestamp } from "../src/Timestamp.ts"

const at = (n: number) => Timestamp.make(`2026-03-15T10:00:00.${String(n).padStart(6, "0")}Z`)

const unused = () => Effect.dieMessage("is not called")

const conflict = new Conflict({
  operation: "Agents.update",
  status: 409,
  type: "conflict_error",
  detail: "another version"
})

const lost = new TransportError({ operation: "Agents.create", reason: "Connection", detail: "reset" })

/** A workspace of agents, in which every call takes a turn of the scheduler. */
const workspace = () => {
  const agents = new Map<string, SavedAgent>()
  const calls: Array<string> = []
  /** What happens to the next calls of create, after they took effect. */
  const failures: Array<ApiError> = []
  const step = <A, E>(name: string, effect: Effect.Effect<A, E>) =>
    Effect.zipRight(Effect.yieldNow(), Effect.suspend(() => (calls.push(name), effect)))

  const set = (agent: SavedAgent): SavedAgent => {
    agents.set(agent.id, agent)
    return agent
  }
  const defaults: { readonly [key: string]: unknown } = {
    description: null,
    system: null,
    tools: [],
    mcp_servers: [],
    skills: [],
    multiagent: null
  }
  const merge = (agent: SavedAgent, { metadata, ...params }: UpdateParams): SavedAgent => {
    const pairs = { ...agent.metadata, ...metadata }
    const fields = Object.fromEntries(Object.entries(params).map(([key, value]) => [key, value ?? defaults[key]]))
    return {
      ...agent,
      ...fields,
      metadata: Object.fromEntries(Object.entries(pairs).filter((pair): pair is [string, string] => pair[1] !== null))
    }
  }
  const service = Agents.Agents.of({
    create: (params: CreateParams) =>
      step(
        "create",
        Effect.suspend(() => {
          const n = agents.size + 1
          const agent = set({
            ...(defaults as Pick<SavedAgent, "tools" | "mcp_servers" | "skills" | "multiagent">),
            // the form of requests, which is good enough here
            ...(params as unknown as Pick<SavedAgent, "name" | "model" | "system" | "description">),
            type: "agent",
            id: AgentId.make(`agent_${n}`),
            version: 1,
            metadata: params.metadata ?? {},
            created_at: at(n),
            updated_at: at(n),
            archived_at: null
          })
          const failure = failures.shift()
          return failure === undefined ? Effect.succeed(agent) : Effect.fail(failure)
        })
      ),
    list: () =>
      Stream.unwrap(step(
        "list",
        Effect.sync(() =>
          // newest first
          Stream.fromIterable([...agents.values()].filter((agent) => agent.archived_at === null).reverse())
        )
      )),
    update: (id, params) =>
      step(
        "update",
        Effect.suspend(() => {
          const agent = agents.get(id)
          if (agent === undefined || params.version !== agent.version) return conflict
          return Effect.succeed(set({ ...merge(agent, params), version: agent.version + 1, updated_at: at(999) }))
        })
      ),
    archive: (id) => step("archive", Effect.sync(() => set({ ...agents.get(id)!, archived_at: at(999) }))),
    retrieve: unused,
    listPage: unused,
    listVersions: () => Stream.empty,
    listVersionsPage: unused
  })
  const ensure = (definition: CreateParams) =>
    Effect.provideService(Agents.ensure(definition, { key: "clerk" }), Agents.Agents, service)
  const living = () => [...agents.values()].filter((agent) => agent.archived_at === null)
  return { agents, calls, failures, service, ensure, living }
}

const clerk: CreateParams = { name: "Clerk", model: "claude-opus-5-5", system: "Be brief.", metadata: { team: "shop" } }

describe("Agents.ensure", () => {
  it.effect("creates, then finds unchanged with one read", () =>
    Effect.gen(function*() {
      const { calls, ensure } = workspace()
      const first = yield* ensure(clerk)
      assert.strictEqual(first._tag, "Created")
      calls.length = 0
      // the order of members is no change
      const again = yield* ensure({
        metadata: { team: "shop" },
        system: "Be brief.",
        model: "claude-opus-5-5",
        name: "Clerk"
      })
      assert.deepStrictEqual([again._tag, again.value.id, again.value.version], ["Unchanged", first.value.id, 1])
      assert.deepStrictEqual(calls, ["list"])
    }))

  it.effect("makes a version of what differs, and removes what is left out", () =>
    Effect.gen(function*() {
      const { ensure } = workspace()
      yield* ensure(clerk)
      const changed = yield* ensure({ name: "Clerk", model: "claude-opus-5-5", description: "Sells." })
      if (changed._tag !== "Updated") return assert.fail(changed._tag)
      assert.deepStrictEqual(changed.fields, ["description", "metadata", "system"])
      assert.deepInclude(changed.value, { version: 2, description: "Sells.", system: null })
      assert.deepStrictEqual(Object.keys(changed.value.metadata).sort(), ["ensure", "ensure_mark"])
      assert.strictEqual(
        (yield* ensure({ name: "Clerk", model: "claude-opus-5-5", description: "Sells." }))._tag,
        "Unchanged"
      )
    }))

  it.effect("puts right what somebody else has changed", () =>
    Effect.gen(function*() {
      const { ensure, service } = workspace()
      const { value } = yield* ensure(clerk)
      yield* service.update(value.id, { version: 1, system: "Be long." })
      const mended = yield* ensure(clerk)
      assert.deepStrictEqual(mended._tag === "Updated" && mended.fields, ["system"])
      assert.deepInclude(mended.value, { version: 3, system: "Be brief." })
    }))

  it.effect("takes another one's agent of the same name for none of its business", () =>
    Effect.gen(function*() {
      const { ensure, service } = workspace()
      yield* service.create(clerk)
      assert.strictEqual((yield* ensure(clerk))._tag, "Created")
    }))

  it.effect("finds what was created although the answer was lost", () =>
    Effect.gen(function*() {
      const { ensure, failures, living } = workspace()
      failures.push(lost)
      assert.strictEqual((yield* ensure(clerk))._tag, "Created")
      assert.strictEqual(living().length, 1)
    }))

  it.effect("fails after a while if what may have been created does not appear", () =>
    Effect.gen(function*() {
      const { agents, calls, failures, service } = workspace()
      failures.push(lost)
      const forgetful = {
        ...service,
        create: (params: CreateParams) =>
          Effect.tapError(service.create(params), () => Effect.sync(() => agents.clear()))
      }
      const fiber = yield* Effect.fork(Effect.flip(
        Effect.provideService(Agents.ensure(clerk, { key: "clerk" }), Agents.Agents, forgetful)
      ))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "TransportError")
      assert.strictEqual(calls.filter((call) => call === "create").length, 1)
    }))

  it.effect.prop(
    "is the same for all that do it at once, whatever they agree on",
    {
      waits: FastCheck.array(FastCheck.array(FastCheck.nat(4), { minLength: 4, maxLength: 8 }), {
        minLength: 2,
        maxLength: 5
      }),
      versions: FastCheck.boolean()
    },
    ({ versions, waits }) =>
      Effect.gen(function*() {
        const { ensure, living, service } = workspace()
        if (versions) yield* service.create({ ...clerk, metadata: { ensure: "clerk" } })
        const all = yield* Effect.forEach(
          waits,
          (yields) =>
            Effect.zipRight(
              Effect.repeatN(Effect.yieldNow(), yields.reduce((a, b) => a + b, 0)),
              Effect.either(ensure(clerk))
            ),
          { concurrency: "unbounded" }
        )
        const results = Arr.filterMap(all, Either.getRight)
        assert.strictEqual(results.length, waits.length, "somebody failed")
        assert.strictEqual(new Set(results.map(({ value }) => value.id)).size, 1)
        assert.strictEqual(living().length, 1)
        assert.deepInclude(living()[0], { name: "Clerk", system: "Be brief." })
        assert.strictEqual((yield* ensure(clerk))._tag, "Unchanged")
      })
  )
})

describe("Environments.ensure", () => {
  it.effect("creates, finds, and changes what differs, also if somebody else did it", () =>
    Effect.gen(function*() {
      let stored: ReadonlyArray<Environment> = []
      const save = (environment: Environment) => Effect.sync(() => (stored = [environment], environment))
      const packages = { apt: [], cargo: [], gem: [], go: [], npm: [], pip: ["pandas"] }
      const config = { type: "cloud", networking: { type: "unrestricted" }, packages } as const
      const service = Environments.Environments.of({
        create: (params) =>
          save({
            type: "environment",
            id: EnvironmentId.make("env_1"),
            name: params.name,
            description: null,
            config,
            metadata: params.metadata ?? {},
            created_at: at(1),
            updated_at: at(1),
            archived_at: null
          }),
        list: () => Stream.suspend(() => Stream.fromIterable(stored)),
        update: (_, { config, metadata, name }) => {
          const environment = stored[0]
          if (environment === undefined) return conflict
          return save({
            ...environment,
            name: name ?? environment.name,
            config: (config ?? environment.config) as Environment["config"],
            metadata: { ...environment.metadata, ...metadata as Environment["metadata"] },
            updated_at: at(2)
          })
        },
        listPage: unused,
        retrieve: unused,
        archive: unused,
        delete: unused
      })
      const ensure = (pip: ReadonlyArray<string>) =>
        Environments.ensure({ name: "Analysis", config: { type: "cloud", packages: { pip } } }, { key: "analysis" })
          .pipe(
            Effect.provideService(Environments.Environments, service)
          )
      assert.strictEqual((yield* ensure(["pandas"]))._tag, "Created")
      assert.strictEqual((yield* ensure(["pandas"]))._tag, "Unchanged")
      const changed = yield* ensure(["pandas", "polars"])
      assert.deepStrictEqual(changed._tag === "Updated" && changed.fields, ["config"])
      stored = stored.map((environment) => ({ ...environment, name: "Other" }))
      const mended = yield* ensure(["pandas", "polars"])
      assert.deepStrictEqual(mended._tag === "Updated" && mended.fields, ["name"])
    }))
})
