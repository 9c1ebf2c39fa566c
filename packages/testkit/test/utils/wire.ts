import * as Api from "@effect-managed-agents/core/Api"
import type * as Endpoint from "@effect-managed-agents/core/Endpoint"
import * as WorkspaceApi from "@effect-managed-agents/core/WorkspaceApi"
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Request, Response } from "../../src/internal/http/message.ts"
import * as Simulator from "../../src/Simulator.ts"

export const headers = {
  "x-api-key": "test-key",
  "anthropic-version": "2023-06-01",
  "anthropic-beta": "managed-agents-2026-04-01",
  "content-type": "application/json"
}

export const request = (method: string, url: string, body?: unknown, more: Partial<Request> = {}): Request => {
  const at = url.indexOf("?")
  const path = at === -1 ? url : url.slice(0, at)
  return {
    method,
    path,
    query: at === -1 ? [] : [...new URLSearchParams(url.slice(at + 1))],
    headers,
    body: body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body),
    ...more
  }
}

/** Whatever JSON a test looks into. */
// tests index into answers freely; what they find is asserted
export type Json = any

export const jsonOf = (response: Response): Json => response.body._tag === "Json" ? response.body.value : undefined

const parameters = ({ path }: Endpoint.Any): number => path.split("{").length

const endpoints = [...Object.values(Api), ...Object.values(WorkspaceApi)]
  .flatMap((group) => Object.values<Endpoint.Any>(group))
  // a path that names something goes before one that has a parameter in its place
  .sort((a, b) => parameters(a) - parameters(b))
  .map((endpoint) => ({
    method: endpoint.method,
    path: new RegExp(`^${endpoint.path.replace(/\{\w+\}/g, "[^/]+")}$`),
    check: ParseResult.validateEither(Schema.typeSchema(endpoint.success as Schema.Schema<unknown>))
  }))

/** What core makes of an answer: nothing the simulator says may be a surprise to it. */
export const conform = (method: string, url: string, value: unknown): void => {
  const path = url.split("?")[0] ?? ""
  const endpoint = endpoints.find((endpoint) => endpoint.method === method && endpoint.path.test(path))
  if (endpoint === undefined) throw new Error(`no endpoint ${method} ${path}`)
  const result = endpoint.check(value)
  if (result._tag === "Left") throw result.left
}

/** One exchange that is not a stream. */
export const call = Effect.fnUntraced(function*(method: string, url: string, body?: unknown, more?: Partial<Request>) {
  const simulator = yield* Simulator.Simulator
  const response = yield* Effect.scoped(simulator.handle(request(method, url, body, more)))
  return { status: response.status, headers: response.headers, json: jsonOf(response) }
})

/** One exchange that must succeed. */
export const ok = Effect.fnUntraced(function*(method: string, url: string, body?: unknown) {
  const { json, status } = yield* call(method, url, body)
  if (status !== 200) return yield* Effect.dieMessage(`${method} ${url}: ${status} ${JSON.stringify(json)}`)
  conform(method, url, json)
  return json
})

/** One exchange that must be refused. */
export const refusal = Effect.fnUntraced(
  function*(method: string, url: string, body?: unknown, more?: Partial<Request>) {
    const { json, status } = yield* call(method, url, body, more)
    return `${status} ${json.error?.type}: ${json.error?.message}`
  }
)

const decoder = new TextDecoder()

/** Opens a stream and collects what it carries, as events, until the scope closes. */
export const open = Effect.fnUntraced(function*(url: string) {
  const simulator = yield* Simulator.Simulator
  const response = yield* simulator.handle(request("GET", url))
  const seen: Array<Json> = []
  const state = { ended: false, pings: 0 }
  if (response.body._tag !== "Events") return yield* Effect.dieMessage(`no stream: ${JSON.stringify(jsonOf(response))}`)
  yield* response.body.stream.pipe(
    Stream.runForEach((bytes) =>
      Effect.sync(() => {
        const [event, data] = decoder.decode(bytes).split("\n")
        const json = JSON.parse(data!.slice("data: ".length))
        if (event !== `event: ${json.type}`) throw new Error(`frame ${event} of ${json.type}`)
        if (json.type === "ping") state.pings++
        else {
          conform("GET", url, json)
          seen.push(json)
        }
      })
    ),
    Effect.zipRight(Effect.sync(() => {
      state.ended = true
    })),
    Effect.forkScoped
  )
  return { seen, state }
})

/** Lets every fiber that can run do so. */
export const settle = Effect.repeatN(Effect.yieldNow(), 20)

export const types = (events: ReadonlyArray<{ readonly type: string }>): ReadonlyArray<string> =>
  events.map((event) => event.type)

export const message = (text: string) => ({ type: "user.message", content: [{ type: "text", text }] })

/** A simulator with one agent and one environment. */
export const layer = <R = never>(options: Simulator.Options<R> = {}) =>
  Simulator.layer({
    fixtures: {
      environments: [{ id: "env_1", type: "cloud" }, { id: "env_self", type: "self_hosted" }],
      memoryStores: [{ id: "memstore_1", name: "User Preferences", description: "What users like" }]
    },
    ...options,
    // what most tests are about is the same for any tool, and the tools are made up
    rules: { strictTools: false, ...options.rules },
    agents: options.agents ?? {
      agent_1: {
        agent: { name: "Agent", tools: [{ type: "agent_toolset_20260401" }] }
      }
    }
  })

/** Creates a session of that agent. */
export const createSession = (more: object = {}) =>
  Effect.map(
    ok("POST", "/v1/sessions", { agent: "agent_1", environment_id: "env_1", ...more }),
    (session): string => session.id
  )

export const send = (id: string, ...events: ReadonlyArray<object>) =>
  ok("POST", `/v1/sessions/${id}/events`, { events })

export const eventsOf = (id: string) =>
  Effect.map(ok("GET", `/v1/sessions/${id}/events`), (page): ReadonlyArray<Json> => page.data)

/** A simulator whose agent plays a script. */
export const scripted = <R = never>(script: Simulator.Options<R>["script"], options: Simulator.Options<R> = {}) =>
  layer({ ...options, script })
