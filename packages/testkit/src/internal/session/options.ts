import * as Agent from "@effect-managed-agents/core/Agent"
import * as Session from "@effect-managed-agents/core/Session"
import * as Thread from "@effect-managed-agents/core/Thread"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Rules from "../../Rules.ts"
import * as strict from "./strict.ts"

const list = <A, I>(item: Schema.Schema<A, I>) => Schema.optional(Schema.Array(item))

const type = strict.oneOf("cloud", "self_hosted")

const Fixtures = Schema.Struct({
  agents: list(Agent.SessionAgent),
  environments: list(Schema.Struct({ id: Schema.String, type })),
  memoryStores: list(Schema.Struct({
    id: Schema.String,
    name: Schema.String,
    description: Schema.optional(Schema.String),
    archived: Schema.optional(Schema.Boolean)
  })),
  files: list(Schema.String),
  vaults: list(Schema.String),
  sessions: list(Session.Session),
  threadIds: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String })),
  threads: list(Thread.Thread)
}).annotations({ identifier: "Fixtures" })

const Given = Schema.Struct({
  seed: Schema.optional(Schema.Number.pipe(
    Schema.filter((seed) => Number.isFinite(seed) || "Expected a finite number")
  )),
  fixtures: Schema.optional(Fixtures),
  // what an agent is has a check of its own
  agents: Schema.optional(Schema.Record({
    key: Schema.String,
    value: Schema.Struct({
      agent: Schema.optional(Schema.Unknown),
      script: Schema.optional(Schema.Unknown)
    }).annotations({ identifier: "AgentOptions" })
  })),
  environments: Schema.optional(Schema.Record({
    key: Schema.String,
    value: Schema.Struct({ type: Schema.optional(type) }).annotations({ identifier: "EnvironmentOptions" })
  }))
})

const decode = strict.decode(Given)

/** The kind of a rule's value, where its default tells. */
const isLike = (byDefault: unknown, value: unknown): boolean => {
  if (value === undefined || byDefault === null) return true
  if (Duration.isDuration(byDefault)) return Option.isSome(Duration.decodeUnknown(value))
  if (Array.isArray(byDefault)) return Array.isArray(value)
  return typeof value === typeof byDefault && value !== null && !Number.isNaN(value)
}

/** Tells in a line what is wrong with the options of a simulator, apart from scripts and faults; else `undefined`. */
export const problemOf = (
  { agents, environments, fixtures, rules, seed }: {
    readonly seed?: unknown
    readonly fixtures?: unknown
    readonly agents?: unknown
    readonly environments?: unknown
    readonly rules?: object | undefined
  }
): string | undefined => {
  const problem = Either.match(decode({ seed, fixtures, agents, environments }), {
    onLeft: strict.describe,
    onRight: () => undefined
  })
  if (problem !== undefined) return problem
  const defaults = new Map<string, unknown>(Object.entries(Rules.defaults))
  for (const [name, value] of Object.entries(rules ?? {})) {
    if (!defaults.has(name)) return `rules.${name}: no such rule`
    if (!isLike(defaults.get(name), value)) {
      const byDefault = defaults.get(name)
      const kind = Duration.isDuration(byDefault) ? "duration" : Array.isArray(byDefault) ? "list" : typeof byDefault
      return `rules.${name}: expected a value of the kind of its default, a ${kind}`
    }
  }
  return undefined
}
