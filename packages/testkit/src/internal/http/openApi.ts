import * as Agent from "@effect-managed-agents/core/Agent"
import * as Descriptions from "@effect-managed-agents/core/Descriptions"
import type * as Endpoint from "@effect-managed-agents/core/Endpoint"
import * as JSONSchema from "effect/JSONSchema"
import * as Schema from "effect/Schema"
import * as AgentScript from "../../AgentScript.ts"
import { Exchange } from "../ledger/history.ts"
import * as bodies from "./controlBodies.ts"
import * as routes from "./routes.ts"

interface Json {
  readonly [key: string]: unknown
}

/** A control route as the document describes it. */
interface ControlRoute {
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  readonly path: string
  readonly summary: string
  readonly body?: Schema.Schema.All
  readonly success: Schema.Schema.All
}

const controlRoutes: ReadonlyArray<ControlRoute> = [
  { method: "GET", path: "/_sim/health", summary: "Whether the simulator runs, and its time.", success: bodies.Health },
  {
    method: "POST",
    path: "/_sim/reset",
    summary: "Back to the state at the start; open streams end.",
    success: bodies.Health
  },
  {
    method: "PUT",
    path: "/_sim/agents/{agent_id}",
    summary: "Creates an agent or adds a version to it, and sets what it does.",
    body: bodies.PutAgent,
    success: Agent.SessionAgent
  },
  {
    method: "PUT",
    path: "/_sim/environments/{environment_id}",
    summary: "Creates or replaces an environment.",
    body: bodies.PutEnvironment,
    success: bodies.Environment
  },
  {
    method: "POST",
    path: "/_sim/faults",
    summary: "Adds faults behind those that are left. Answers all that are left.",
    body: bodies.PostFaults,
    success: bodies.Faults
  },
  { method: "GET", path: "/_sim/faults", summary: "The faults that are left.", success: bodies.Faults },
  { method: "DELETE", path: "/_sim/faults", summary: "Drops all faults.", success: bodies.Faults },
  {
    method: "POST",
    path: "/_sim/clock/advance",
    summary:
      "Moves the virtual clock, whoever waits for it. Answers after everything that came due has happened, or at a " +
      "reset, which ends it.",
    body: bodies.Advance,
    success: bodies.Now
  },
  {
    method: "POST",
    path: "/_sim/clock/next",
    summary: "Moves the virtual clock to the next moment at which something comes due, if there is one.",
    success: bodies.Now
  },
  {
    method: "POST",
    path: "/_sim/sessions/{session_id}/emit",
    summary: "Puts any event on the streams of a session, and on request in its list.",
    body: bodies.Emit,
    success: bodies.Emit.fields.event
  },
  {
    method: "GET",
    path: "/_sim/requests",
    summary: "The requests to the API and their answers, in the order of arrival.",
    success: Schema.Array(Exchange)
  },
  {
    method: "GET",
    path: "/_sim/history",
    summary: "The requests among all that the service did, and what the laws of the ledger say about it.",
    success: Schema.Object
  },
  {
    method: "GET",
    path: "/_sim/scripts",
    summary: "The scripts that agents were given, by agent. A step that is an Effect has `true` for it.",
    success: Schema.Object
  },
  { method: "GET", path: "/_sim/openapi.json", summary: "This document.", success: Schema.Object }
]

/** Describes one schema, collecting what it refers to. */
type Describe = (schema: Schema.Schema.All, inline?: boolean) => Json

const parameters = (path: string): ReadonlyArray<Json> =>
  Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" }
  }))

const queryParameters = (describe: Describe, query: Schema.Schema.All | undefined): ReadonlyArray<Json> => {
  if (query === undefined) return []
  const object = describe(query, true)
  // a query is described by a struct, whose JSON Schema has these
  const required = object["required"] as ReadonlyArray<string>
  const properties = object["properties"] as Readonly<Record<string, Json>>
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name: schema["type"] === "array" ? `${name}[]` : name,
    in: "query",
    required: required.includes(name),
    ...(description !== undefined && { description }),
    schema
  }))
}

const apiHeaders = ({ betas }: Endpoint.Any): ReadonlyArray<Json> => [
  ...(betas.length === 0 ? [] : [{
    name: "anthropic-beta",
    in: "header",
    required: true,
    schema: { type: "string", example: betas.join(",") }
  }]),
  { name: "anthropic-version", in: "header", required: false, schema: { type: "string", example: "2023-06-01" } }
]

const content = (type: string, schema: Json): Json => ({ content: { [type]: { schema } } })

const requestBody = (describe: Describe, body: Schema.Schema.All | undefined, type = "application/json"): Json =>
  body === undefined ? {} : { requestBody: { required: true, ...content(type, describe(body)) } }

const responses = (describe: Describe, success: Json): Json => ({
  responses: {
    "200": { description: "Done", ...success },
    default: { description: "Refused", ...content("application/json", describe(bodies.ErrorBody)) }
  }
})

const mediaTypes = { json: "application/json", events: "text/event-stream", bytes: "application/octet-stream" }

const apiOperation = (describe: Describe, endpoint: Endpoint.Any): Json => ({
  operationId: endpoint.name,
  tags: [endpoint.name.split(".", 1)[0]],
  security: [{ apiKey: [] }, { bearer: [] }],
  parameters: [...parameters(endpoint.path), ...apiHeaders(endpoint), ...queryParameters(describe, endpoint.query)],
  ...requestBody(describe, endpoint.body, endpoint.encoding.mediaType),
  ...responses(describe, content(mediaTypes[endpoint.kind], describe(endpoint.success)))
})

const controlOperation = (describe: Describe, route: ControlRoute): Json => ({
  operationId: `simulator ${route.method} ${route.path}`,
  tags: ["Simulator"],
  summary: route.summary,
  parameters: parameters(route.path),
  ...requestBody(describe, route.body),
  ...responses(describe, content("application/json", describe(route.success)))
})

/** JSON Schema as Effect writes it, without the identifiers by which it marks `unknown`. */
const withoutIds = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutIds)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) =>
      key === "$id" && typeof item === "string" ? [] : [[key, withoutIds(item)]]
    )
  )
}

const make = (): Json => {
  const definitions: Record<string, JSONSchema.JsonSchema7> = {}
  const describe: Describe = (schema, inline = false) => ({
    ...JSONSchema.fromAST(Descriptions.describe(Schema.make(schema.ast)).ast, {
      definitions,
      definitionPath: "#/components/schemas/",
      target: "openApi3.1",
      topLevelReferenceStrategy: inline ? "skip" : "keep",
      // what a newer version adds is no error
      additionalPropertiesStrategy: "allow"
    })
  })
  // referred to by name
  describe(AgentScript.DataScript)

  const paths: Record<string, Record<string, Json>> = {}
  const add = (method: string, path: string, operation: Json) => {
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation }
  }
  for (const endpoint of routes.endpoints) add(endpoint.method, endpoint.path, apiOperation(describe, endpoint))
  for (const route of controlRoutes) add(route.method, route.path, controlOperation(describe, route))

  const document = {
    openapi: "3.1.0",
    info: {
      title: "Simulator of the Claude Managed Agents API",
      version: "2026-04-01",
      description: "The API as the simulator answers it, and under `/_sim` the routes that control the simulator."
    },
    paths,
    components: {
      schemas: definitions,
      securitySchemes: {
        apiKey: {
          type: "apiKey",
          in: "header",
          name: "x-api-key",
          description:
            "Any text. One that begins with `sk-ant-oat01-` or `sk-ant-req-` is that of a worker of a self-hosted " +
            "environment, which alone may send `user.tool_result`."
        },
        bearer: { type: "http", scheme: "bearer" }
      }
    }
  }
  // an object stays one
  return withoutIds(document) as Json
}

let made: Json | undefined

/** The OpenAPI document of the API and of the control routes. */
export const document = (): Json => made ??= make()
