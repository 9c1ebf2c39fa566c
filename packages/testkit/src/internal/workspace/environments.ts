import type * as Agent from "@effect-managed-agents/core/Agent"
import type * as Core from "@effect-managed-agents/core/Environment"
import * as Either from "effect/Either"
import type { Ruling } from "../session/refusal.ts"
import * as refusal from "../session/refusal.ts"
import type { Environment } from "../session/state.ts"
import type { Micros } from "../session/timestamp.ts"
import * as time from "../session/timestamp.ts"

type Cloud = typeof Core.CloudConfig.Encoded
type Config = Cloud | typeof Core.SelfHostedConfig.Encoded
type Network = typeof Core.UnrestrictedNetwork.Encoded | typeof Core.LimitedNetwork.Encoded
type CreateParams = typeof Core.CreateParams.Encoded
type UpdateParams = typeof Core.UpdateParams.Encoded
type Servers = typeof Agent.SessionAgent.Encoded["mcp_servers"]
type View = typeof Core.Environment.Encoded

/** An environment, also one that was deleted: its id is known for ever. */
export interface Kept {
  readonly id: string
  /** The order of creation, which breaks ties of `created_at`. */
  readonly seq: number
  readonly name: string
  readonly description: string | null
  readonly config: Config
  readonly metadata: Readonly<Record<string, string>>
  readonly createdAt: Micros
  readonly updatedAt: Micros
  readonly archivedAt: Micros | null
  readonly isDeleted: boolean
}

/** All environments, by id. */
export type Environments = ReadonlyMap<string, Kept>

/** No environments. */
export const empty: Environments = new Map()

/** Result of a change: all environments, and the one that was changed. */
export type Change = readonly [environments: Environments, environment: Kept]

const set = (self: Environments, kept: Kept): Change => [new Map(self).set(kept.id, kept), kept]

const noPackages: Cloud["packages"] = { type: "packages", apt: [], cargo: [], gem: [], go: [], npm: [], pip: [] }

const cloud: Cloud = { type: "cloud", networking: { type: "unrestricted" }, packages: noPackages }

/** An environment that is there. */
export const find = (self: Environments, id: string): Ruling<Kept> => {
  const kept = self.get(id)
  return kept === undefined || kept.isDeleted
    ? refusal.notFound(`Environment ${id} not found.`)
    : Either.right(kept)
}

/** An environment as the API shows it. */
export const view = (kept: Kept): View => ({
  type: "environment",
  id: kept.id,
  name: kept.name,
  description: kept.description,
  config: kept.config,
  metadata: kept.metadata,
  scope: "organization",
  created_at: time.format(kept.createdAt),
  updated_at: time.format(kept.updatedAt),
  archived_at: kept.archivedAt === null ? null : time.format(kept.archivedAt)
})

/** Adds or replaces an environment, as a test defines it. */
export const put = (self: Environments, { id, type }: Environment, now: Micros): Environments => {
  const [next] = set(self, {
    id,
    seq: self.get(id)?.seq ?? self.size,
    name: id,
    description: null,
    config: type === "cloud" ? cloud : { type },
    metadata: {},
    createdAt: now,
    updatedAt: now,
    archivedAt: null,
    isDeleted: false
  })
  return next
}

/** The environment of a new session, whose agent may use these MCP servers. */
export const resolve = (
  self: Environments,
  id: string,
  servers: Servers
): Ruling<Environment> =>
  Either.gen(function*() {
    const { archivedAt, config } = yield* refusal.because("environment_not_found_error", find(self, id))
    if (archivedAt !== null) {
      return yield* refusal.because("environment_archived_error", refusal.invalid(`Environment ${id} is archived.`))
    }
    if (config.type === "cloud") {
      yield* refusal.because("mcp_egress_blocked_error", checkServers(config.networking, servers))
    }
    return { id, type: config.type }
  })

const hostOf = (url: string): string => /^[a-z]+:\/\/([^/:?#]+)/i.exec(url)?.[1]?.toLowerCase() ?? url

/** True if a host is one of those that are allowed, of which `*.example.com` allows all below. */
const isAllowed = (host: string, allowed: ReadonlyArray<string>): boolean =>
  allowed.some((one) => one.startsWith("*.") ? host.endsWith(one.slice(1).toLowerCase()) : host === one.toLowerCase())

const checkServers = (
  network: Cloud["networking"],
  servers: Servers
): Ruling<void> => {
  if (network.type !== "limited" || network.allow_mcp_servers) return Either.void
  const blocked = servers.flatMap(({ name, url }) => {
    const host = hostOf(String(url))
    return isAllowed(host, network.allowed_hosts) ? [] : [`${JSON.stringify(name)} (${host})`]
  })
  return blocked.length === 0
    ? Either.void
    : refusal.invalid(
      `MCP server host(s) blocked by environment network policy: ${blocked.join(", ")}. ` +
        "Add these hosts to the environment's allowed_hosts, or set allow_mcp_servers=true."
    )
}

// ---------------------------------------------------------------------------------------------------------------------
// Through the API
// ---------------------------------------------------------------------------------------------------------------------

const networkOf = (given: typeof Core.NetworkParams.Encoded, stored: Cloud["networking"]): Network => {
  if (given.type !== "limited") return { type: "unrestricted" }
  const before = stored.type === "limited" ? stored : undefined
  return {
    type: "limited",
    allowed_hosts: given.allowed_hosts === undefined ? before?.allowed_hosts ?? [] : given.allowed_hosts ?? [],
    allow_mcp_servers: given.allow_mcp_servers === undefined
      ? before?.allow_mcp_servers ?? false
      : given.allow_mcp_servers ?? false,
    allow_package_managers: given.allow_package_managers === undefined
      ? before?.allow_package_managers ?? false
      : given.allow_package_managers ?? false
  }
}

const managers = ["apt", "cargo", "gem", "go", "npm", "pip"] as const

const packagesOf = (given: typeof Core.PackagesParams.Encoded, stored: Cloud["packages"]): Cloud["packages"] =>
  managers.reduce<Cloud["packages"]>((packages, name) => {
    const names = given[name]
    return names === undefined ? packages : { ...packages, [name]: names ?? [] }
  }, stored)

/** Configuration with what is absent as it is stored; an explicit null stands for the default. */
const configOf = (given: CreateParams["config"], stored: Config): Ruling<Config> => {
  // an unknown kind of configuration is refused before it comes here
  if (given === undefined || given === null || given.type === "self_hosted" || given.type !== "cloud") {
    return Either.right(stored)
  }
  if (stored.type !== "cloud") return Either.right(stored)
  const { networking, packages } = given
  const next: Cloud = {
    type: "cloud",
    networking: networking === undefined
      ? stored.networking
      : networking === null
      ? cloud.networking
      : networkOf(networking, stored.networking),
    packages: packages === undefined
      ? stored.packages
      : packages === null
      ? noPackages
      : packagesOf(packages, stored.packages)
  }
  return next.networking.type === "limited" && !next.networking.allow_package_managers &&
      managers.some((name) => next.packages[name].length > 0)
    ? refusal.invalid("config.packages: under limited networking, networking.allow_package_managers must be true")
    : Either.right(next)
}

/** Applies a patch to the metadata, in which an empty text deletes a key like null, and checks the outcome. */
const patch = (
  metadata: Kept["metadata"],
  changes: { readonly [key: string]: string | null }
): Ruling<Kept["metadata"]> => {
  const next = new Map(Object.entries(metadata))
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === "") next.delete(key)
    else next.set(key, value)
  }
  const problems = [...next].flatMap(([key, value]) => [
    ...(key.length > 64 ? [`key ${JSON.stringify(key)} has more than 64 characters`] : []),
    ...(value.length > 512 ? [`the value of ${JSON.stringify(key)} has more than 512 characters`] : [])
  ])
  if (next.size > 16) problems.unshift("must have at most 16 pairs")
  return problems.length === 0
    ? Either.right(Object.fromEntries(next))
    : refusal.invalid(`metadata: ${problems.join("; ")}`, "invalid_metadata")
}

const checkScope = ({ scope }: CreateParams | UpdateParams): Ruling<void> =>
  scope === "account" ? refusal.invalid("scope: must be \"organization\"") : Either.void

/** Creates an environment: a cloud environment without limits unless something else is said. */
export const create = (self: Environments, id: string, params: CreateParams, now: Micros): Ruling<Change> =>
  Either.gen(function*() {
    yield* checkScope(params)
    return set(self, {
      id,
      seq: self.size,
      name: params.name,
      description: params.description ?? null,
      config: yield* configOf(params.config, params.config?.type === "self_hosted" ? { type: "self_hosted" } : cloud),
      metadata: yield* patch({}, params.metadata ?? {}),
      createdAt: now,
      updatedAt: now,
      archivedAt: null,
      isDeleted: false
    })
  })

/** Changes an environment, whose kind is for ever. */
export const update = (self: Environments, id: string, params: UpdateParams, now: Micros): Ruling<Change> =>
  Either.gen(function*() {
    const kept = yield* find(self, id)
    if (kept.archivedAt !== null) {
      return yield* refusal.invalid("Cannot update archived environment", "environment_archived")
    }
    if (params.config && params.config.type !== kept.config.type) {
      return yield* refusal.invalid(
        `config.type: cannot be changed from ${JSON.stringify(kept.config.type)}`,
        "invalid_config_type_change"
      )
    }
    yield* checkScope(params)
    return set(self, {
      ...kept,
      name: params.name ?? kept.name,
      description: params.description === undefined ? kept.description : params.description,
      config: yield* configOf(params.config, kept.config),
      metadata: yield* patch(kept.metadata, params.metadata ?? {}),
      updatedAt: now
    })
  })

/** Archives an environment, for good. Doing it again changes nothing. */
export const archive = (self: Environments, id: string, now: Micros): Ruling<Change> =>
  Either.map(
    find(self, id),
    (kept) => kept.archivedAt === null ? set(self, { ...kept, archivedAt: now, updatedAt: now }) : [self, kept]
  )

/** Deletes an environment, unless sessions are active in it. */
export const remove = (self: Environments, id: string, active: number): Ruling<Change> =>
  Either.flatMap(find(self, id), (kept) =>
    active > 0
      ? refusal.conflict(`Environment has ${active} active sessions. Use force=true to delete anyway.`)
      : Either.right(set(self, { ...kept, isDeleted: true })))
