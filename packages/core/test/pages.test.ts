/** Lists whose pages lead nowhere: every list there is comes to an end. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Agents from "../src/Agents.ts"
import type { ApiError } from "../src/ApiError.ts"
import * as Conversation from "../src/Conversation.ts"
import * as DeploymentRuns from "../src/DeploymentRuns.ts"
import * as Deployments from "../src/Deployments.ts"
import * as Environments from "../src/Environments.ts"
import * as EnvironmentWork from "../src/EnvironmentWork.ts"
import * as Events from "../src/Events.ts"
import * as Files from "../src/Files.ts"
import { AgentId, EnvironmentId } from "../src/Ids.ts"
import type { Services } from "../src/ManagedAgents.ts"
import * as Models from "../src/Models.ts"
import * as Resources from "../src/Resources.ts"
import * as SessionLifecycle from "../src/SessionLifecycle.ts"
import * as Sessions from "../src/Sessions.ts"
import * as Skills from "../src/Skills.ts"
import * as Threads from "../src/Threads.ts"
import * as Workspace from "../src/Workspace.ts"
import { sessionId, threadId } from "./utils/calls.ts"
import * as Stub from "./utils/StubHttpClient.ts"

type Read = Effect.Effect<unknown, ApiError, Services | Workspace.Services>

const all = <A, R>(stream: Effect.Effect<Stream.Stream<A, ApiError>, never, R>) =>
  Effect.flatMap(stream, Stream.runCount)

/** Whatever reads one page after another. */
const reads: Record<string, Read> = {
  "Sessions.list": all(Effect.map(Sessions.Sessions, (_) => _.list())),
  "Events.list": all(Effect.map(Events.Events, (_) => _.list(sessionId))),
  "Resources.list": all(Effect.map(Resources.Resources, (_) => _.list(sessionId))),
  "Threads.list": all(Effect.map(Threads.Threads, (_) => _.list(sessionId))),
  "Threads.listEvents": all(Effect.map(Threads.Threads, (_) => _.listEvents(sessionId, threadId))),
  "Agents.list": all(Effect.map(Agents.Agents, (_) => _.list())),
  "Agents.listVersions": all(Effect.map(Agents.Agents, (_) => _.listVersions("agent_1"))),
  "Environments.list": all(Effect.map(Environments.Environments, (_) => _.list())),
  "EnvironmentWork.list": all(Effect.map(EnvironmentWork.EnvironmentWork, (_) => _.list("env_1"))),
  "Models.list": all(Effect.map(Models.Models, (_) => _.list())),
  "Deployments.list": all(Effect.map(Deployments.Deployments, (_) => _.list())),
  "DeploymentRuns.list": all(Effect.map(DeploymentRuns.DeploymentRuns, (_) => _.list())),
  "Files.list": all(Effect.map(Files.Files, (_) => _.list())),
  "Skills.list": all(Effect.map(Skills.Skills, (_) => _.list())),
  "Skills.listVersions": all(Effect.map(Skills.Skills, (_) => _.listVersions("skill_1"))),
  "Events.follow": all(Effect.map(Events.Events, (_) => _.follow(sessionId))),
  "Events.follow from now": all(Effect.map(Events.Events, (_) => _.follow(sessionId, { from: "now" }))),
  "Threads.follow": all(Effect.map(Threads.Threads, (_) => _.follow(sessionId, threadId))),
  "Threads.follow from now": all(Effect.map(Threads.Threads, (_) => _.follow(sessionId, threadId, { from: "now" }))),
  "Threads.followAll": all(Effect.map(Threads.Threads, (_) => _.followAll(sessionId))),
  "Threads.followAll from now": all(Effect.map(Threads.Threads, (_) => _.followAll(sessionId, { from: "now" }))),
  "Conversation.join": Conversation.join(sessionId),
  "SessionLifecycle.createOnce": SessionLifecycle.createOnce(
    { agent: AgentId.make("agent_1"), environment_id: EnvironmentId.make("env_1") },
    { key: "k" }
  )
}

/** Any page that is asked for, from a cache that looks at the path alone. */
const cached: Stub.Answer = (request) =>
  request.url.endsWith("/stream")
    ? Stub.sse(Stream.never)(request)
    : Stub.json({ data: [], next_page: "page_2", has_more: true, first_id: "a", last_id: "a" })(request)

describe("a page that leads back to itself", () => {
  for (const [name, read] of Object.entries(reads)) {
    it.effect(`ends ${name} with an error that says so`, () => {
      const stub = Stub.make(cached)
      return Effect.gen(function*() {
        const error = yield* Effect.flip(read)
        assert.strictEqual(error._tag, "MalformedResponse")
        assert.match(error.message, /(next_page|last_id): expected another page/)
        assert.isBelow(stub.sent.length, 6)
      }).pipe(Effect.provide(Layer.provideMerge(Workspace.layer, stub.client())))
    })
  }
})
