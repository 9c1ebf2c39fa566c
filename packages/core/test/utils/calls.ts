/** One call of every operation, and what it looks like on the wire. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { RequestOptions } from "../../src/ApiClient.ts"
import type { ApiError } from "../../src/ApiError.ts"
import * as Events from "../../src/Events.ts"
import { AgentId, EnvironmentId, FileId, ResourceId, SessionId, ThreadId } from "../../src/Ids.ts"
import type { Services } from "../../src/ManagedAgents.ts"
import * as Resources from "../../src/Resources.ts"
import * as Sessions from "../../src/Sessions.ts"
import * as Threads from "../../src/Threads.ts"
import { Timestamp } from "../../src/Timestamp.ts"
import * as UserEvent from "../../src/UserEvent.ts"
import * as Stub from "./StubHttpClient.ts"

export const sessionId = SessionId.make("sesn_1")
export const threadId = ThreadId.make("sthr_1")
export const resourceId = ResourceId.make("sesrsc_1")
export const token = "ghp_a-token-for-the-repository"

export interface Call {
  /** `Module.operation`, as in spans and errors. */
  readonly name: string
  readonly request: string
  /** The decoded query, in order. */
  readonly query?: ReadonlyArray<readonly [string, string]>
  readonly body?: unknown
  /** Whether a failure of which nobody knows whether it took effect may be repeated. */
  readonly safe: boolean
  readonly kind: "json" | "events"
  readonly run: (options?: RequestOptions) => Effect.Effect<unknown, ApiError, Services>
}

const collect = <A, E, R>(stream: Stream.Stream<A, E, R>): Effect.Effect<ReadonlyArray<A>, E, R> =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

const stamp = Timestamp.make("2026-03-15T10:00:00.5Z")

export const calls: ReadonlyArray<Call> = [
  {
    name: "Sessions.create",
    request: "POST /v1/sessions",
    body: {
      agent: "agent_1",
      environment_id: "env_1",
      title: null,
      resources: [{ type: "github_repository", url: "https://github.com/o/r", authorization_token: token }]
    },
    safe: false,
    kind: "json",
    run: (options) =>
      Effect.flatMap(Sessions.Sessions, (sessions) =>
        sessions.create({
          agent: AgentId.make("agent_1"),
          environment_id: EnvironmentId.make("env_1"),
          title: null,
          metadata: undefined,
          resources: [{
            type: "github_repository",
            url: "https://github.com/o/r",
            authorization_token: Redacted.make(token)
          }]
        }, options))
  },
  {
    name: "Sessions.list",
    request: "GET /v1/sessions",
    query: [
      ["agent_id", "agent_1"],
      ["agent_version", "2"],
      ["statuses[]", "idle"],
      ["statuses[]", "running"],
      ["include_archived", "true"],
      ["created_at[gte]", "2026-03-15T10:00:00.5Z"],
      ["order", "asc"],
      ["limit", "10"],
      ["page", ""]
    ],
    safe: true,
    kind: "json",
    run: (options) =>
      Effect.flatMap(Sessions.Sessions, (sessions) =>
        sessions.listPage({
          agent_id: AgentId.make("agent_1"),
          agent_version: 2,
          deployment_id: undefined,
          statuses: ["idle", "running"],
          include_archived: true,
          "created_at[gte]": stamp,
          order: "asc",
          limit: 10,
          page: null
        }, options))
  },
  {
    name: "Sessions.retrieve",
    request: "GET /v1/sessions/sesn_1",
    safe: true,
    kind: "json",
    run: (options) => Effect.flatMap(Sessions.Sessions, (sessions) => sessions.retrieve(sessionId, options))
  },
  {
    name: "Sessions.update",
    request: "POST /v1/sessions/sesn_1",
    body: { title: "New", metadata: { old: null, kept: "yes" }, budget: null },
    safe: false,
    kind: "json",
    run: (options) =>
      Effect.flatMap(
        Sessions.Sessions,
        (sessions) =>
          sessions.update(sessionId, { title: "New", metadata: { old: null, kept: "yes" }, budget: null }, options)
      )
  },
  {
    name: "Sessions.delete",
    request: "DELETE /v1/sessions/sesn_1",
    safe: false,
    kind: "json",
    run: (options) => Effect.flatMap(Sessions.Sessions, (sessions) => sessions.delete(sessionId, options))
  },
  {
    name: "Sessions.archive",
    request: "POST /v1/sessions/sesn_1/archive",
    safe: false,
    kind: "json",
    run: (options) => Effect.flatMap(Sessions.Sessions, (sessions) => sessions.archive(sessionId, options))
  },
  {
    name: "Events.list",
    request: "GET /v1/sessions/sesn_1/events",
    query: [
      ["limit", "5"],
      ["order", "desc"],
      ["types[]", "agent.message"],
      ["types[]", "user.message"],
      ["created_at[gt]", "2026-03-15T10:00:00.5Z"],
      ["created_at[lt]", "2026-03-15T10:00:00.5Z"]
    ],
    safe: true,
    kind: "json",
    run: (options) =>
      Effect.flatMap(Events.Events, (events) =>
        events.listPage(sessionId, {
          limit: 5,
          order: "desc",
          types: ["agent.message", "user.message"],
          "created_at[gt]": stamp,
          "created_at[lt]": stamp
        }, options))
  },
  {
    name: "Events.send",
    request: "POST /v1/sessions/sesn_1/events",
    body: { events: [{ type: "user.message", content: [{ type: "text", text: "Hello" }] }] },
    safe: false,
    kind: "json",
    run: (options) =>
      Effect.flatMap(Events.Events, (events) => events.send(sessionId, UserEvent.message("Hello"), options))
  },
  {
    name: "Events.stream",
    request: "GET /v1/sessions/sesn_1/events/stream",
    query: [["event_deltas[]", "agent.message"], ["event_deltas[]", "agent.thinking"]],
    safe: true,
    kind: "events",
    run: (options) =>
      Effect.flatMap(
        Events.Events,
        (events) => collect(events.stream(sessionId, { event_deltas: ["agent.message", "agent.thinking"] }, options))
      )
  },
  {
    name: "Resources.add",
    request: "POST /v1/sessions/sesn_1/resources",
    body: { type: "file", file_id: "file_1", mount_path: "/mnt/a.csv" },
    safe: false,
    kind: "json",
    run: (options) =>
      Effect.flatMap(Resources.Resources, (resources) =>
        resources.add(sessionId, {
          type: "file",
          file_id: FileId.make("file_1"),
          mount_path: "/mnt/a.csv"
        }, options))
  },
  {
    name: "Resources.list",
    request: "GET /v1/sessions/sesn_1/resources",
    query: [["limit", "1000"], ["page", "a b&c=d"]],
    safe: true,
    kind: "json",
    run: (options) =>
      Effect.flatMap(
        Resources.Resources,
        (resources) => resources.listPage(sessionId, { limit: 1000, page: "a b&c=d" }, options)
      )
  },
  {
    name: "Resources.retrieve",
    request: "GET /v1/sessions/sesn_1/resources/sesrsc_1",
    safe: true,
    kind: "json",
    run: (options) =>
      Effect.flatMap(Resources.Resources, (resources) => resources.retrieve(sessionId, resourceId, options))
  },
  {
    name: "Resources.update",
    request: "POST /v1/sessions/sesn_1/resources/sesrsc_1",
    body: { authorization_token: token },
    safe: false,
    kind: "json",
    run: (options) =>
      Effect.flatMap(
        Resources.Resources,
        (resources) => resources.update(sessionId, resourceId, { authorization_token: Redacted.make(token) }, options)
      )
  },
  {
    name: "Resources.delete",
    request: "DELETE /v1/sessions/sesn_1/resources/sesrsc_1",
    safe: false,
    kind: "json",
    run: (options) =>
      Effect.flatMap(Resources.Resources, (resources) => resources.delete(sessionId, resourceId, options))
  },
  {
    name: "Threads.list",
    request: "GET /v1/sessions/sesn_1/threads",
    query: [["statuses[]", "idle"], ["limit", "3"]],
    safe: true,
    kind: "json",
    run: (options) =>
      Effect.flatMap(
        Threads.Threads,
        (threads) => threads.listPage(sessionId, { statuses: ["idle"], limit: 3 }, options)
      )
  },
  {
    name: "Threads.retrieve",
    request: "GET /v1/sessions/sesn_1/threads/sthr_1",
    safe: true,
    kind: "json",
    run: (options) => Effect.flatMap(Threads.Threads, (threads) => threads.retrieve(sessionId, threadId, options))
  },
  {
    name: "Threads.archive",
    request: "POST /v1/sessions/sesn_1/threads/sthr_1/archive",
    safe: false,
    kind: "json",
    run: (options) => Effect.flatMap(Threads.Threads, (threads) => threads.archive(sessionId, threadId, options))
  },
  {
    name: "Threads.listEvents",
    request: "GET /v1/sessions/sesn_1/threads/sthr_1/events",
    query: [["limit", "7"], ["page", "next"]],
    safe: true,
    kind: "json",
    run: (options) =>
      Effect.flatMap(
        Threads.Threads,
        (threads) => threads.listEventsPage(sessionId, threadId, { limit: 7, page: "next" }, options)
      )
  },
  {
    name: "Threads.stream",
    request: "GET /v1/sessions/sesn_1/threads/sthr_1/stream",
    query: [["event_deltas[]", "agent.message"]],
    safe: true,
    kind: "events",
    run: (options) =>
      Effect.flatMap(
        Threads.Threads,
        (threads) => collect(threads.stream(sessionId, threadId, { event_deltas: ["agent.message"] }, options))
      )
  }
]

/** The answer of the documentation to a call. */
export const documented = ({ kind, name }: Call): Stub.Answer => {
  const value = Stub.documented(name)
  // the documented examples of streams are events
  return kind === "json" ? Stub.json(value) : Stub.sse(Stream.make(Stub.frame(value as { readonly type: string })))
}
