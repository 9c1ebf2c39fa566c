import * as Api from "@effect-managed-agents/core/Api"
import type * as Endpoint from "@effect-managed-agents/core/Endpoint"
import * as WorkspaceApi from "@effect-managed-agents/core/WorkspaceApi"
import type { Flag } from "./flags.ts"
import * as flags from "./flags.ts"

/** A call of the API as a command: `<group> <name> <flags>`. */
export interface Call {
  /** Such as `sessions:events`. */
  readonly group: string
  /** Such as `send`. */
  readonly name: string
  readonly endpoint: Endpoint.Any
  readonly flags: ReadonlyArray<Flag>
}

/** The groups of commands, by the module of the endpoint's name. They are those of the vendor's command line. */
const groups: { readonly [module: string]: string } = {
  Sessions: "sessions",
  Events: "sessions:events",
  Resources: "sessions:resources",
  Threads: "sessions:threads",
  Agents: "agents",
  Environments: "environments",
  EnvironmentWork: "environments:work",
  Files: "files",
  Skills: "skills",
  Vaults: "vaults",
  Credentials: "vaults:credentials",
  MemoryStores: "memory-stores",
  Memories: "memory-stores:memories",
  MemoryVersions: "memory-stores:memory-versions",
  Deployments: "deployments",
  DeploymentRuns: "deployment-runs",
  Models: "models"
}

/** Commands whose names do not follow from that of the endpoint. */
const exceptions: { readonly [endpoint: string]: readonly [group: string, name: string] } = {
  "Threads.stream": ["sessions:threads:events", "stream"],
  "Credentials.mcpOAuthValidate": ["vaults:credentials", "mcp-oauth-validate"]
}

const nameOf = (endpoint: string): readonly [group: string, name: string] => {
  const [module = "", operation = ""] = endpoint.split(".")
  const group = groups[module] ?? module
  // what a service calls `listVersions` is `list` in a group of its own
  const [, verb, inner] = /^([a-z]+)(Version|Event)s?$/.exec(operation) ?? []
  return exceptions[endpoint] ?? (verb === undefined
    ? [group, operation.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)]
    : [`${group}:${inner?.toLowerCase()}s`, verb])
}

/** A group that no module has follows the one that it is in. */
const order = (group: string): number => {
  const all = Object.values(groups)
  return all.includes(group) ? all.indexOf(group) : all.indexOf(group.replace(/:\w+$/, "")) + 0.5
}

/** All calls, from the descriptions of the endpoints. */
export const calls: ReadonlyArray<Call> = [Api, WorkspaceApi]
  .flatMap((api) => Object.values<{ readonly [name: string]: Endpoint.Any }>(api))
  .flatMap((endpoints) => Object.values(endpoints))
  .map((endpoint) => {
    const [group, name] = nameOf(endpoint.name)
    return { group, name, endpoint, flags: flags.ofEndpoint(endpoint) }
  })
  .toSorted((a, b) => order(a.group) - order(b.group))

/** The names of the groups. */
export const groupNames: ReadonlyArray<string> = [...new Set(calls.map(({ group }) => group))]

const short = ["events", "resources", "threads", "threads:events", "work", "credentials", "memories", "memory-versions"]

/** The group that a word names: with or without `beta:`, and in short where that is not ambiguous. */
export const groupOf = (word: string): string => {
  const name = word.replace(/^beta:/, "")
  if (groupNames.includes(name) || !short.includes(name)) return name
  return groupNames.find((group) => group.endsWith(`:${name}`)) ?? name
}
