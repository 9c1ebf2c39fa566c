import * as Api from "@effect-managed-agents/core/Api"
import type * as Endpoint from "@effect-managed-agents/core/Endpoint"
import * as Upload from "@effect-managed-agents/core/Upload"
import * as WorkspaceApi from "@effect-managed-agents/core/WorkspaceApi"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Rules } from "../../Rules.ts"
import type { Ruling } from "../session/refusal.ts"
import * as validate from "../session/validate.ts"
import type * as Field from "./form.ts"
import * as agents from "./handlers/agents.ts"
import type { Call, Download, Stream as EventStream } from "./handlers/context.ts"
import * as credentials from "./handlers/credentials.ts"
import * as deploymentRuns from "./handlers/deploymentRuns.ts"
import * as deployments from "./handlers/deployments.ts"
import * as environments from "./handlers/environments.ts"
import * as events from "./handlers/events.ts"
import { sendBody } from "./handlers/events.ts"
import * as files from "./handlers/files.ts"
import * as memories from "./handlers/memories.ts"
import * as memoryStores from "./handlers/memoryStores.ts"
import * as memoryVersions from "./handlers/memoryVersions.ts"
import * as models from "./handlers/models.ts"
import * as resources from "./handlers/resources.ts"
import * as sessions from "./handlers/sessions.ts"
import { createBody, listQuery } from "./handlers/sessions.ts"
import * as skills from "./handlers/skills.ts"
import * as threads from "./handlers/threads.ts"
import * as vaults from "./handlers/vaults.ts"
import * as work from "./handlers/work.ts"
import type { Request } from "./message.ts"

// the table keeps no types of what is on the wire; each handler states those of its own endpoint
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyCall = Call<any, any>

type Handlers<Endpoints> = {
  readonly [K in keyof Endpoints]: Endpoints[K] extends { readonly kind: "events" } ?
    (call: AnyCall) => Ruling<EventStream>
    : Endpoints[K] extends { readonly kind: "bytes" } ? (call: AnyCall) => Ruling<Download>
    : (call: AnyCall) => Ruling<unknown>
}

/** A group of endpoints, with the handler of each by its name. */
interface Group {
  readonly endpoints: Readonly<Record<string, Endpoint.Any>>
  readonly handlers: Readonly<Record<string, (call: AnyCall) => Ruling<unknown>>>
}

const group = <Endpoints extends Readonly<Record<string, Endpoint.Any>>>(
  endpoints: Endpoints,
  handlers: Handlers<Endpoints>
  // a module may export more than its handlers
): Group => ({ endpoints, handlers: handlers as Group["handlers"] })

const groups: ReadonlyArray<Group> = [
  group(Api.sessions, sessions),
  group(Api.events, events),
  group(Api.resources, resources),
  group(Api.threads, threads),
  group(WorkspaceApi.agents, agents),
  group(WorkspaceApi.deployments, deployments),
  group(WorkspaceApi.deploymentRuns, deploymentRuns),
  group(WorkspaceApi.environments, environments),
  group(WorkspaceApi.environmentWork, work),
  group(WorkspaceApi.memories, memories),
  group(WorkspaceApi.memoryStores, memoryStores),
  group(WorkspaceApi.memoryVersions, memoryVersions),
  group(WorkspaceApi.models, models),
  group(WorkspaceApi.vaults, vaults),
  group(WorkspaceApi.credentials, credentials),
  group(WorkspaceApi.files, files),
  group(WorkspaceApi.skills, skills)
]

/** The endpoints that the simulator has. */
export const endpoints: ReadonlyArray<Endpoint.Any> = groups.flatMap((one) => Object.values(one.endpoints))

/** Names of parts of the API that exist and that the simulator does not have. */
export const elsewhere: ReadonlyArray<string> = [
  "compliance",
  "dreams",
  "messages",
  "organizations",
  "tunnels",
  "user_profiles"
]

/** An endpoint, and how requests of it are read and answered. */
export interface Route {
  readonly endpoint: Endpoint.Any
  readonly segments: ReadonlyArray<string>
  readonly query: (pairs: Request["query"]) => Ruling<unknown>
  readonly body: ((body: unknown) => Ruling<unknown>) | undefined
  readonly run: (call: AnyCall) => Ruling<unknown>
}

/** Reads the body of an endpoint that takes a form. */
const formBody = (schema: Schema.Schema.All): Route["body"] => {
  const read = validate.form(
    schema,
    ({ mediaType, name, size }: Field.File) => Upload.fromStream(Stream.empty, { mediaType, name, size })
  )
  // the fields of a form are all that reaches such an endpoint
  return (fields) => read(fields as ReadonlyArray<Field.Field>)
}

const bodyOf = (endpoint: Endpoint.Any, rules: Rules): Route["body"] => {
  if (endpoint === Api.events.send) return sendBody(rules)
  if (endpoint === Api.sessions.create) return createBody
  if (endpoint.body === undefined) return undefined
  return endpoint.encoding.mediaType === "multipart/form-data"
    ? formBody(endpoint.body)
    : validate.body(endpoint.body)
}

const parameterCount = ({ segments }: Route): number => segments.filter((part) => part.startsWith("{")).length

/** The routes of all endpoints. A path that names something goes before one that has a parameter in its place. */
export const make = (rules: Rules): ReadonlyArray<Route> =>
  groups.flatMap(({ endpoints, handlers }) =>
    Object.entries(endpoints).flatMap(([name, endpoint]) => {
      const run = handlers[name]
      if (run === undefined) return []
      return [{
        endpoint,
        segments: endpoint.path.split("/").slice(1),
        query: endpoint === Api.sessions.list ? listQuery : validate.query(endpoint.query),
        body: bodyOf(endpoint, rules),
        run
      }]
    })
  ).sort((a, b) => parameterCount(a) - parameterCount(b))
