/** Calls on what sessions are made of: what is on the wire, and what is made of the answer. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { inspect } from "node:util"
import * as Agents from "../src/Agents.ts"
import type { ApiError } from "../src/ApiError.ts"
import * as DeploymentRuns from "../src/DeploymentRuns.ts"
import * as Deployments from "../src/Deployments.ts"
import * as Environments from "../src/Environments.ts"
import * as EnvironmentWork from "../src/EnvironmentWork.ts"
import * as Models from "../src/Models.ts"
import * as Work from "../src/Work.ts"
import * as Workspace from "../src/Workspace.ts"
import * as Stub from "./utils/StubHttpClient.ts"
import * as telemetry from "./utils/telemetry.ts"

const at = "2026-03-15T10:00:00Z"
const times = { created_at: at, updated_at: at, archived_at: null }
const agent = {
  type: "agent",
  id: "agent_1",
  version: 2,
  name: "A",
  description: null,
  model: { id: "claude-opus-5-5" },
  system: null,
  tools: [],
  mcp_servers: [],
  skills: [],
  multiagent: {
    type: "multiagent_20261001",
    advisor: { type: "disabled" },
    subagents: {
      type: "enabled",
      inline_agents: { type: "enabled" },
      predefined_agents: [{ type: "agent", id: "agent_2", version: 1 }]
    },
    workflows: { type: "disabled" }
  },
  metadata: {},
  added_later: true,
  ...times
}
const packages = { apt: [], cargo: [], gem: [], go: [], npm: [], pip: ["pandas"] }
const environment = {
  type: "environment",
  id: "env_1",
  name: "E",
  description: null,
  config: { type: "cloud", networking: { type: "unrestricted" }, packages },
  metadata: {},
  ...times
}
const work = {
  type: "work",
  id: "work_1",
  environment_id: "env_1",
  data: { type: "session", id: "sesn_1" },
  state: "queued",
  secret: null,
  metadata: {},
  created_at: at,
  acknowledged_at: null,
  started_at: null,
  latest_heartbeat_at: null,
  stop_requested_at: null,
  stopped_at: null
}
const heartbeat = { type: "work_heartbeat", last_heartbeat: at, lease_extended: true, state: "active", ttl_seconds: 60 }
const stats = { type: "work_queue_stats", depth: 1, pending: 0, oldest_queued_at: null, workers_polling: null }
const model = {
  type: "model",
  id: "claude-opus-5-5",
  display_name: "Claude Opus 5.5",
  capabilities: null,
  line: "opus",
  lifecycle: "active",
  allowed_fallback_models: null,
  max_input_tokens: 1000,
  max_tokens: 10,
  created_at: at,
  deprecated_at: null,
  retires_at: null
}
const reference = { type: "agent", id: "agent_1", version: 2 }
const deployment = {
  type: "deployment",
  id: "depl_1",
  name: "D",
  description: null,
  agent: reference,
  environment_id: "env_1",
  initial_events: [{ type: "user.message", content: [{ type: "text", text: "Go" }] }],
  resources: [{ type: "github_repository", url: "https://github.com/o/r" }],
  vault_ids: [],
  schedule: { type: "cron", expression: "0 9 * * 1-5", timezone: "UTC", upcoming_runs_at: [at] },
  status: "paused",
  paused_reason: { type: "error", error: { type: "agent_archived_error" } },
  metadata: {},
  ...times
}
const run = {
  type: "deployment_run",
  id: "drun_1",
  deployment_id: "depl_1",
  agent: reference,
  session_id: null,
  error: { type: "vault_not_found_error", message: "gone" },
  trigger_context: { type: "schedule", scheduled_at: at },
  created_at: at
}

const token = "ghp_a-token-for-the-repository"
const key = Redacted.make("sk-ant-oat01-the-key-of-the-environment")
const page = (item: unknown) => ({ data: [item], next_page: null })

interface Call {
  readonly request: string
  readonly body?: unknown
  readonly answer: unknown
  readonly beta?: string
  readonly bearer?: boolean
  readonly run: Effect.Effect<unknown, ApiError, Workspace.Services>
}

const agents = <A>(f: (service: Agents.Service) => Effect.Effect<A, ApiError>) => Effect.flatMap(Agents.Agents, f)
const environments = <A>(f: (service: Environments.Service) => Effect.Effect<A, ApiError>) =>
  Effect.flatMap(Environments.Environments, f)
const queue = <A>(f: (service: EnvironmentWork.Service) => Effect.Effect<A, ApiError>) =>
  Effect.flatMap(EnvironmentWork.EnvironmentWork, f)
const models = <A>(f: (service: Models.Service) => Effect.Effect<A, ApiError>) => Effect.flatMap(Models.Models, f)
const deployments = <A>(f: (service: Deployments.Service) => Effect.Effect<A, ApiError>) =>
  Effect.flatMap(Deployments.Deployments, f)
const runs = <A>(f: (service: DeploymentRuns.Service) => Effect.Effect<A, ApiError>) =>
  Effect.flatMap(DeploymentRuns.DeploymentRuns, f)

const createAgent = {
  name: "A",
  model: "claude-opus-5-5",
  tools: [{ type: "mcp_toolset", mcp_server_name: "m" }],
  mcp_servers: [{ type: "url", name: "m", url: "https://m" }],
  multiagent: { type: "coordinator", agents: ["agent_2", { type: "self" }, { type: "advisor", model: "x" }] }
} as const
const repository = { type: "github_repository", url: "https://github.com/o/r" } as const
const createDeployment = {
  name: "D",
  agent: "agent_1",
  environment_id: "env_1",
  initial_events: [{ type: "user.message", content: [{ type: "text", text: "Go" }] }]
} as const
const limited = {
  type: "cloud",
  networking: { type: "limited", allowed_hosts: ["a.example"] },
  packages: { npm: ["x"] }
} as const
const poll = (options?: Parameters<EnvironmentWork.Service["poll"]>[2]) =>
  queue((_) => _.poll("env_1", { block_ms: 999 }, options))

const calls: ReadonlyArray<Call> = [
  { request: "POST /v1/agents", body: createAgent, answer: agent, run: agents((_) => _.create(createAgent)) },
  {
    request: "GET /v1/agents/agent_1?version=2",
    answer: agent,
    run: agents((_) => _.retrieve("agent_1", { version: 2 }))
  },
  {
    request: "GET /v1/agents?include_archived=true",
    answer: page(agent),
    run: agents((_) => _.listPage({ include_archived: true }))
  },
  {
    request: "POST /v1/agents/agent_1",
    body: { version: 2, system: null },
    answer: agent,
    run: agents((_) => _.update("agent_1", { version: 2, system: null }))
  },
  { request: "POST /v1/agents/agent_1/archive", answer: agent, run: agents((_) => _.archive("agent_1")) },
  {
    request: "GET /v1/agents/agent_1/versions?limit=3",
    answer: page(agent),
    run: agents((_) => _.listVersionsPage("agent_1", { limit: 3 }))
  },
  {
    request: "POST /v1/environments",
    body: { name: "E", config: limited },
    answer: environment,
    run: environments((_) => _.create({ name: "E", config: limited }))
  },
  { request: "GET /v1/environments/env_1", answer: environment, run: environments((_) => _.retrieve("env_1")) },
  {
    request: "GET /v1/environments?page=p",
    answer: page(environment),
    run: environments((_) => _.listPage({ page: "p" }))
  },
  {
    request: "POST /v1/environments/env_1",
    body: { description: null },
    answer: { ...environment, config: { type: "self_hosted" } },
    run: environments((_) => _.update("env_1", { description: null }))
  },
  {
    request: "DELETE /v1/environments/env_1",
    answer: { type: "environment_deleted", id: "env_1" },
    run: environments((_) => _.delete("env_1"))
  },
  { request: "POST /v1/environments/env_1/archive", answer: environment, run: environments((_) => _.archive("env_1")) },
  { request: "GET /v1/environments/env_1/work/work_1", answer: work, run: queue((_) => _.retrieve("env_1", "work_1")) },
  {
    request: "GET /v1/environments/env_1/work?limit=1",
    answer: page(work),
    bearer: true,
    run: queue((_) => _.listPage("env_1", { limit: 1 }, { authToken: key }))
  },
  {
    request: "POST /v1/environments/env_1/work/work_1",
    body: { metadata: { a: null } },
    answer: work,
    run: queue((_) => _.update("env_1", "work_1", { metadata: { a: null } }))
  },
  {
    request: "GET /v1/environments/env_1/work/poll?block_ms=999",
    answer: null,
    bearer: true,
    run: poll({ authToken: key })
  },
  {
    request: "POST /v1/environments/env_1/work/work_1/ack",
    answer: work,
    bearer: true,
    run: queue((_) => _.ack("env_1", "work_1", { authToken: key }))
  },
  {
    request: "POST /v1/environments/env_1/work/work_1/heartbeat?expected_last_heartbeat=NO_HEARTBEAT",
    answer: heartbeat,
    bearer: true,
    run: queue((_) => _.heartbeat("env_1", "work_1", { expected_last_heartbeat: Work.noHeartbeat }, { authToken: key }))
  },
  {
    request: "POST /v1/environments/env_1/work/work_1/stop",
    body: { force: true },
    answer: work,
    run: queue((_) => _.stop("env_1", "work_1", { force: true }))
  },
  { request: "GET /v1/environments/env_1/work/stats", answer: stats, run: queue((_) => _.stats("env_1")) },
  {
    request: "GET /v1/models?lifecycle%5B%5D=retired&limit=2",
    answer: { data: [model], first_id: null, last_id: null, has_more: false },
    beta: "",
    run: models((_) => _.listPage({ lifecycle: ["retired"], limit: 2 }))
  },
  { request: "GET /v1/models/opus", answer: model, beta: "", run: models((_) => _.retrieve("opus")) },
  {
    request: "POST /v1/deployments",
    body: { ...createDeployment, resources: [{ ...repository, authorization_token: token }] },
    answer: deployment,
    run: deployments((_) =>
      _.create({ ...createDeployment, resources: [{ ...repository, authorization_token: Redacted.make(token) }] })
    )
  },
  { request: "GET /v1/deployments/depl_1", answer: deployment, run: deployments((_) => _.retrieve("depl_1")) },
  {
    request: "GET /v1/deployments?status=paused",
    answer: page(deployment),
    run: deployments((_) => _.listPage({ status: "paused" }))
  },
  {
    request: "POST /v1/deployments/depl_1",
    body: { schedule: null },
    answer: deployment,
    run: deployments((_) => _.update("depl_1", { schedule: null }))
  },
  { request: "POST /v1/deployments/depl_1/archive", answer: deployment, run: deployments((_) => _.archive("depl_1")) },
  { request: "POST /v1/deployments/depl_1/pause", answer: deployment, run: deployments((_) => _.pause("depl_1")) },
  { request: "POST /v1/deployments/depl_1/unpause", answer: deployment, run: deployments((_) => _.unpause("depl_1")) },
  { request: "POST /v1/deployments/depl_1/run", answer: run, run: deployments((_) => _.run("depl_1")) },
  {
    request: "GET /v1/deployment_runs?has_error=true",
    answer: page(run),
    run: runs((_) => _.listPage({ has_error: true }))
  },
  { request: "GET /v1/deployment_runs/drun_1", answer: run, run: runs((_) => _.retrieve("drun_1")) }
]

const client = (stub: ReturnType<typeof Stub.make>) =>
  Workspace.layer.pipe(Layer.provideMerge(stub.client({ apiKey: Redacted.make("sk-test") })))

describe.each(calls)(
  "$request",
  ({ answer, bearer = false, beta = "managed-agents-2026-04-01", body, request, run }) => {
    it.effect("is on the wire what the service expects, and gives its answer", () => {
      const stub = Stub.make([Stub.json(answer)])
      return Effect.gen(function*() {
        assert.deepStrictEqual(yield* run, answer)
        const { body: sent, headers, method, url } = stub.sent[0]!
        assert.strictEqual(`${method} ${url.pathname}${url.search}`, request)
        assert.deepStrictEqual(sent === undefined ? undefined : JSON.parse(sent), body)
        assert.strictEqual(headers["anthropic-beta"] ?? "", beta)
        assert.strictEqual(headers["authorization"], bearer ? `Bearer ${Redacted.value(key)}` : undefined)
        assert.strictEqual(headers["x-api-key"], bearer ? undefined : "sk-test")
      }).pipe(Effect.provide(client(stub)))
    })

    it.effect("refuses an answer of another shape", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(run)
        assert.strictEqual(error._tag, "MalformedResponse")
      }).pipe(Effect.provide(client(Stub.make([Stub.json({ type: "other", id: 1, data: {} })])))))
  }
)

describe("the secret of a work item", () => {
  const text = JSON.stringify({ sessions_token: "sk-ant-req-the-token", api_base_url: "https://b" })
  const secret = Buffer.from(text).toString("base64url")

  it.effect("is redacted, and is read as credentials", () =>
    Effect.gen(function*() {
      const item = yield* poll()
      if (item === null || item.secret === null) return assert.fail("no secret")
      assert.notInclude(inspect(item, { depth: 9 }) + JSON.stringify(item), secret)
      assert.strictEqual(Redacted.value(item.secret), secret)
      const found = Work.credentials(item)
      assert.strictEqual(found && Redacted.value(found.token), "sk-ant-req-the-token")
      assert.strictEqual(found?.baseUrl, "https://b")
      assert.isUndefined(Work.credentials({ secret: Redacted.make("%") }))
      return assert.isUndefined(Work.credentials({ secret: null }))
    }).pipe(Effect.provide(client(Stub.make([Stub.json({ ...work, secret })])))))

  it.effect.each<readonly [string, Stub.Answer]>([
    ["that is fine", Stub.json({ ...work, secret })],
    ["of another shape", Stub.json({ ...work, secret, created_at: secret, type: secret })],
    ["that is cut off", Stub.text(`{"secret":"${secret}","id":`, { headers: { "content-type": "application/json" } })],
    ["of another type", Stub.text(JSON.stringify({ secret }), { headers: { "content-type": "text/html" } })]
  ])("is in no span, log or error of an answer %s", ([, answer]) =>
    Effect.gen(function*() {
      const { spans, tracer } = yield* telemetry.tracer
      const log = telemetry.logger()
      const exit = yield* poll().pipe(Effect.exit, Effect.withTracer(tracer), Effect.provide(log.layer))
      const texts = [
        inspect(exit, { depth: 20 }),
        inspect(spans.map(({ attributes, status }) => [attributes, status]), { depth: 20 }),
        log.lines.join("\n"),
        Exit.isFailure(exit) ? Cause.pretty(exit.cause) + JSON.stringify(exit.cause) : ""
      ]
      assert.isNotEmpty(log.lines)
      for (const text of texts) assert.notInclude(text, secret.slice(0, 12))
    }).pipe(Effect.provide(client(Stub.make([answer])))))
})

describe("calls", () => {
  it.effect("poll answers an empty body with nothing, and names the worker", () => {
    const stub = Stub.make([Stub.empty({ status: 204 })])
    return Effect.gen(function*() {
      assert.isNull(yield* poll({ headers: { "Anthropic-Worker-ID": "w1" } }))
      assert.strictEqual(stub.sent[0]?.headers["anthropic-worker-id"], "w1")
    }).pipe(Effect.provide(client(stub)))
  })

  it.effect("models are paged by ids", () => {
    const models = (id: string, has_more: boolean) =>
      Stub.json({ data: [{ ...model, id }], first_id: id, last_id: id, has_more })
    const stub = Stub.make([models("a", true), models("b", false)])
    return Effect.gen(function*() {
      const found = yield* Stream.runCollect(Stream.unwrap(Effect.map(Models.Models, (_) => _.list({ limit: 1 }))))
      assert.deepStrictEqual(Chunk.toReadonlyArray(found).map(({ id }) => id), ["a", "b"])
      assert.deepStrictEqual(stub.sent.map(({ url }) => url.search), ["?limit=1", "?limit=1&after_id=a"])
    }).pipe(Effect.provide(client(stub)))
  })

  it.effect("a stale version is a conflict", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(agents((_) => _.update("agent_1", { version: 1, name: "B" })))
      assert.strictEqual(error._tag, "Conflict")
    }).pipe(
      Effect.provide(client(Stub.make([Stub.apiError(409, "invalid_request_error", "Concurrent modification")])))
    ))

  it.effect.each<readonly [string, Call["run"]]>([
    ["mcp_servers.0.name", agents((_) => _.create({ ...createAgent, tools: [] }))],
    ["tools.0.mcp_server_name", agents((_) => _.create({ ...createAgent, mcp_servers: [] }))],
    [
      "multiagent.agents.1",
      agents((_) =>
        _.create({
          name: "A",
          model: "m",
          multiagent: { type: "coordinator", agents: [{ type: "self" }, { type: "self" }] }
        })
      )
    ],
    ["initial_events", deployments((_) => _.create({ ...createDeployment, initial_events: [] }))],
    ["status", deployments((_) => _.listPage({ status: "paused", include_archived: true }))],
    ["block_ms", queue((_) => _.poll("env_1", { block_ms: 1000 }))],
    ["authToken", poll({ authToken: Redacted.make("a b") })],
    ["headers.accept", poll({ headers: { accept: "x" } })]
  ])("that break a rule are not sent: %s", ([path, run]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(run)
      if (error._tag !== "InvalidParams") return assert.fail(error._tag)
      return assert.deepStrictEqual(error.issues.map((issue) => issue.path), [path])
    }).pipe(Effect.provide(client(Stub.make([])))))
})
