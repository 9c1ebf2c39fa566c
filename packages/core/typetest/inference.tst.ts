/*
 * What the compiler infers for users: narrowing, brands, and arguments it refuses.
 */
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import { describe, expect, it } from "tstyche"
import type * as Agent from "../src/Agent.ts"
import type * as AgentEvent from "../src/AgentEvent.ts"
import type * as AgentTool from "../src/AgentTool.ts"
import type * as Content from "../src/Content.ts"
import type * as Event from "../src/Event.ts"
import type * as Events from "../src/Events.ts"
import type * as Ids from "../src/Ids.ts"
import type * as Resource from "../src/Resource.ts"
import type * as Resources from "../src/Resources.ts"
import type * as Session from "../src/Session.ts"
import type * as SessionEvent from "../src/SessionEvent.ts"
import type * as SessionLifecycle from "../src/SessionLifecycle.ts"
import type * as SessionPool from "../src/SessionPool.ts"
import type * as Sessions from "../src/Sessions.ts"
import type * as Thread from "../src/Thread.ts"
import type * as Threads from "../src/Threads.ts"
import type * as Timestamp from "../src/Timestamp.ts"
import type * as Unknown from "../src/Unknown.ts"
import type * as Usage from "../src/Usage.ts"

declare const event: Event.StreamEvent
declare const session: Session.Session
declare const sessionId: Ids.SessionId
declare const threadId: Ids.ThreadId
declare const agentId: Ids.AgentId
declare const environmentId: Ids.EnvironmentId
declare const fileId: Ids.FileId
declare const timestamp: Timestamp.Timestamp

describe("events", () => {
  it("narrow on their type to exactly one event, and by default to the unknown one", () => {
    switch (event.type) {
      case "agent.message":
        expect(event).type.toBe<AgentEvent.Message>()
        break
      case "session.status_idle":
        expect(event).type.toBe<SessionEvent.StatusIdle>()
        break
    }
    if (event.type === "agent.tool_use" || event.type === "agent.mcp_tool_use") {
      expect(event).type.toBe<AgentEvent.ToolUse | AgentEvent.McpToolUse>()
    }
    // all the known ones taken away
    expect<Exclude<Event.StreamEvent, { readonly type: Event.Type }>>().type.toBe<Unknown.Unknown>()
  })

  it("narrow by default to the unknown variant", () => {
    const handle = (block: Content.MessageContent) => {
      switch (block.type) {
        case "text":
          expect(block.text).type.toBe<string>()
          return
        case "image":
        case "document":
          expect(block.source.type).type.not.toBe<string>()
          return
        case "redacted":
          return
        default:
          expect(block).type.toBe<Unknown.Unknown>()
          return
      }
    }
    expect(handle).type.toBeCallableWith({ type: "text", text: "" })
  })

  it("do not have a comparison with a type that does not exist", () => {
    // @ts-expect-error This comparison appears to be unintentional
    expect(event.type === "agent.mesage").type.toBe<boolean>()
  })

  it("narrow with a guard", () => {
    const events: ReadonlyArray<Event.StreamEvent> = []
    const is = {} as typeof Event.is
    expect(events.filter(is("agent.message"))).type.toBe<Array<AgentEvent.Message>>()
    expect(is).type.not.toBeCallableWith("agent.mesage")
  })
})

describe("resources and tools", () => {
  it("narrow on their type", () => {
    const handle = (resource: Resource.Resource) => {
      switch (resource.type) {
        case "file":
          expect(resource).type.toBe<Resource.FileResource>()
          return
        case "github_repository":
          expect(resource).type.toBe<Resource.GitHubRepositoryResource>()
          return
        case "memory_store":
          expect(resource).type.toBe<Resource.MemoryStoreResource>()
          expect(resource).type.not.toHaveProperty("id")
          return
        default:
          expect(resource).type.toBe<Unknown.Unknown>()
      }
    }
    expect(handle).type.toBeCallableWith(session.resources[0]!)
  })

  it("narrow the configurations of built-in tools on their name", () => {
    const handle = (config: AgentTool.ToolConfig) => {
      switch (config.name) {
        case "web_fetch":
          expect(config).type.toBe<AgentTool.WebFetchToolConfig>()
          return
        case "bash":
          expect(config).type.toBe<AgentTool.SandboxToolConfig<"bash">>()
          return
        case "web_search":
        case "edit":
        case "read":
        case "write":
        case "glob":
        case "grep":
          return
        default:
          expect(config).type.toBe<Unknown.Unknown<"name">>()
      }
    }
    expect(handle).type.toBeCallableWith({
      name: "bash",
      enabled: true,
      permission_policy: { type: "auto" }
    })
  })

  it("narrow agents and orchestration", () => {
    const handle = (thread: Thread.Thread) => {
      if (thread.agent.type === "agent") expect(thread.agent).type.toBe<Agent.ResolvedAgent>()
      if (thread.agent.type === "inline") expect(thread.agent).type.not.toHaveProperty("id")
    }
    expect(handle).type.toBeCallableWith({} as Thread.Thread)
    if (session.agent.multiagent?.type === "multiagent_20261001") {
      const { advisor } = session.agent.multiagent
      if (advisor.type === "enabled") expect(advisor.model).type.toBe<string>()
    }
  })
})

describe("vocabularies", () => {
  it("know their words and take any other", () => {
    expect(session.status).type.toBe<"idle" | "running" | "rescheduling" | "terminated" | (string & {})>()
    expect<string>().type.toBeAssignableTo<Agent.Model>()
    expect<Agent.Model>().type.toBeAssignableFrom<"claude-opus-5-5">()
  })
})

describe("ids and timestamps", () => {
  it("are strings", () => {
    expect(session.id).type.toBe<Ids.SessionId>()
    expect(session.id).type.toBeAssignableTo<string>()
    expect(session.created_at).type.toBe<Timestamp.Timestamp>()
    expect(session.archived_at).type.toBe<Timestamp.Timestamp | null>()
  })

  it("are not interchangeable, nor is any string one", () => {
    expect(threadId).type.not.toBeAssignableTo<Ids.SessionId>()
    expect(sessionId).type.not.toBeAssignableTo<Ids.ThreadId>()
    expect<string>().type.not.toBeAssignableTo<Ids.SessionId>()
    expect<string>().type.not.toBeAssignableTo<Timestamp.Timestamp>()
  })
})

describe("ids in the arguments of a call", () => {
  const sessions = {} as Sessions.Service
  const events = {} as Events.Service
  const threads = {} as Threads.Service
  const resources = {} as Resources.Service
  const pool = {} as SessionPool.Service
  const create = {} as (params: Session.CreateParams) => void

  it("are branded, or a literal with their prefix", () => {
    expect<Ids.SessionIdInput>().type.toBe<Ids.SessionId | `sesn_${string}`>()
    expect<Ids.EventIdInput>().type.toBe<Ids.EventId | `sevt_${string}`>()
    expect<Ids.ThreadIdInput>().type.toBe<Ids.ThreadId | `sthr_${string}`>()
    expect<Ids.ResourceIdInput>().type.toBe<Ids.ResourceId | `sesrsc_${string}`>()
    expect<Ids.OutcomeIdInput>().type.toBe<Ids.OutcomeId | `outc_${string}`>()
    expect<Ids.WorkflowRunIdInput>().type.toBe<Ids.WorkflowRunId | `wrun_${string}`>()
    expect<Ids.AgentIdInput>().type.toBe<Ids.AgentId | `agent_${string}`>()
    expect<Ids.EnvironmentIdInput>().type.toBe<Ids.EnvironmentId | `env_${string}`>()
    expect<Ids.FileIdInput>().type.toBe<Ids.FileId | `file_${string}`>()
    expect<Ids.MemoryStoreIdInput>().type.toBe<Ids.MemoryStoreId | `memstore_${string}`>()
    expect<Ids.VaultIdInput>().type.toBe<Ids.VaultId | `vlt_${string}`>()
    expect<Ids.CredentialIdInput>().type.toBe<Ids.CredentialId | `vcrd_${string}`>()
    expect<Ids.DeploymentIdInput>().type.toBe<Ids.DeploymentId | `depl_${string}`>()
    expect<Ids.SkillIdInput>().type.toBe<Ids.SkillId | `skill_${string}`>()
  })

  it("are taken by every service in both forms", () => {
    expect(sessions.retrieve).type.toBeCallableWith(sessionId)
    expect(sessions.retrieve).type.toBeCallableWith("sesn_1")
    expect(events.follow).type.toBeCallableWith("sesn_1")
    expect(threads.retrieve).type.toBeCallableWith("sesn_1", "sthr_1")
    expect(resources.retrieve).type.toBeCallableWith("sesn_1", "sesrsc_1")
    expect(pool.run).type.toBeCallableWith("sesn_1", Effect.void)
    expect<typeof SessionLifecycle.retire>().type.toBeCallableWith("sesn_1")
    expect(create).type.toBeCallableWith({ agent: "agent_1", environment_id: "env_1", vault_ids: ["vlt_1"] })
    expect(create).type.toBeCallableWith({
      agent: { type: "agent", id: "agent_1" },
      environment_id: "env_1",
      resources: [{ type: "file", file_id: "file_1" }]
    })
  })

  it("have the right prefix", () => {
    expect(sessions.retrieve).type.not.toBeCallableWith("sthr_1")
    expect(sessions.retrieve).type.not.toBeCallableWith(String())
    expect(sessions.retrieve).type.not.toBeCallableWith(threadId)
    expect(events.follow).type.not.toBeCallableWith("sevt_1")
    expect(threads.retrieve).type.not.toBeCallableWith("sthr_1", "sesn_1")
    expect(resources.retrieve).type.not.toBeCallableWith("sesn_1", "file_1")
    expect(pool.run).type.not.toBeCallableWith("agent_1", Effect.void)
    expect<typeof SessionLifecycle.retire>().type.not.toBeCallableWith("env_1")
    expect(create).type.not.toBeCallableWith({ agent: "agent_1", environment_id: "agent_1" })
  })
})

describe("fields that servers may leave out", () => {
  it("are optional", () => {
    expect(session.budget).type.toBe<Usage.Budget | null | undefined>()
    expect(session.agent.execution_identity).type.toBe<Agent.ExecutionIdentity | undefined>()
    expect<Thread.Thread["workflow_run_id"]>().type.toBe<Ids.WorkflowRunId | null | undefined>()
  })
})

describe("parameters of a session", () => {
  const create = {} as (params: Session.CreateParams) => void
  const update = {} as (params: Session.UpdateParams) => void
  const list = {} as (params: Session.ListParams) => void
  const environment_id = environmentId

  it("take an agent in each of its forms", () => {
    expect(create).type.toBeCallableWith({ agent: agentId, environment_id })
    expect(create).type.toBeCallableWith({ agent: { type: "agent", id: agentId, version: 3 }, environment_id })
    expect(create).type.toBeCallableWith({
      agent: { type: "agent_with_overrides", id: agentId, model: "claude-opus-5-5", system: null, tools: [] },
      environment_id
    })
    expect(create).type.not.toBeCallableWith({ agent: sessionId, environment_id })
    expect(create).type.not.toBeCallableWith({ agent: "env_1", environment_id })
    expect(create).type.not.toBeCallableWith({ agent: { type: "agent", id: agentId, system: "" }, environment_id })
    expect(create).type.not.toBeCallableWith({ agent: agentId })
  })

  it("take what is mounted, with tokens that are redacted", () => {
    const token = {} as Redacted.Redacted<string>
    const mount = (...resources: ReadonlyArray<Resource.Params>) => resources
    const url = "https://github.com/a/b"
    expect(mount).type.toBeCallableWith({ type: "file", file_id: fileId })
    expect(mount).type.toBeCallableWith({ type: "github_repository", url, authorization_token: token })
    expect(mount).type.toBeCallableWith({ type: "github_repository", url, checkout: { type: "branch", name: "main" } })
    expect(mount).type.not.toBeCallableWith({ type: "github_repository", url, authorization_token: "ghp_secret" })
    expect(mount).type.not.toBeCallableWith({ type: "github_repository", url, checkout: { type: "commit", name: "" } })
    expect(mount).type.not.toBeCallableWith({ type: "file", file_id: fileId, url })
  })

  it("start with messages and outcomes only", () => {
    const start = (...events: NonNullable<Session.CreateParams["initial_events"]>) => events
    expect(start).type.toBeCallableWith({ type: "user.message", content: [{ type: "text", text: "Hello" }] })
    expect(start).type.not.toBeCallableWith({ type: "user.interrupt" })
  })

  it("may be undefined where they are optional, in updates null where that means something", () => {
    expect(create).type.toBeCallableWith({ agent: agentId, environment_id, metadata: undefined, budget: undefined })
    expect(create).type.not.toBeCallableWith({ agent: agentId, environment_id, metadata: { a: null } })
    expect(create).type.not.toBeCallableWith({ agent: agentId, environment_id, budget: null })
    expect(update).type.toBeCallableWith({ metadata: { a: null }, budget: null, title: null })
    expect(update).type.not.toBeCallableWith({ agent: { system: "" } })
    expect(update).type.not.toBeCallableWith({ titel: "" })
  })

  it("filter lists with the keys of the wire", () => {
    expect(list).type.toBeCallableWith({ "created_at[gte]": timestamp, statuses: ["idle"], order: "asc", page: null })
    expect(list).type.not.toBeCallableWith({ statuses: ["asleep"] })
    expect(list).type.not.toBeCallableWith({ "created_at[gte]": "2026-01-01" })
    expect(list).type.not.toBeCallableWith({ "statuses[]": ["idle"] })
  })

  it("take what this version does not know, if it is marked so", () => {
    const unknown = {} as Unknown.Unknown
    expect(create).type.toBeCallableWith({ agent: unknown, environment_id, resources: [unknown] })
    expect(create).type.not.toBeCallableWith({ agent: agentId, environment_id, resources: [{ type: "s3_bucket" }] })
  })
})
