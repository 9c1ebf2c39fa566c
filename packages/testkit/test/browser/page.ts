// What runs in the page: the client holds a conversation with the simulator's port and reports what it saw.
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as Events from "@effect-managed-agents/core/Events"
import * as Ids from "@effect-managed-agents/core/Ids"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"

const params = new URL(document.location.href).searchParams
const param = (name: string) => params.get(name) ?? ""

const conversation = Effect.gen(function*() {
  const sessions = yield* Sessions.Sessions
  const events = yield* Events.Events
  const session = yield* sessions.create({
    agent: Ids.AgentId.make(param("agent")),
    environment_id: Ids.EnvironmentId.make(param("environment"))
  })
  const live = yield* events.open(session.id)
  yield* events.send(session.id, UserEvent.message("1234"))
  const seen: Array<string> = []
  yield* live.pipe(
    Stream.tap((event) => Effect.sync(() => seen.push(String(event.type)))),
    Stream.tap((event) =>
      event.type === "agent.custom_tool_use"
        ? events.send(session.id, UserEvent.customToolResult(event.id, "grün 🌱"))
        : Effect.void
    ),
    Stream.takeUntil((event) => event.type === "session.status_idle" && event.stop_reason.type === "end_turn"),
    Stream.runDrain
  )
  const listed = yield* Stream.runCollect(events.list(session.id, { types: ["agent.message"] }))
  // left while it waits for an event
  yield* Effect.timeoutOption(Stream.runDrain(events.stream(session.id)), "100 millis")
  return { seen, replies: Array.from(listed) }
}).pipe(
  Effect.scoped,
  Effect.provide(ManagedAgents.layer.pipe(
    Layer.provide(ClientConfig.layer({ baseUrl: param("simulator"), apiKey: Redacted.make("test") })),
    Layer.provide(FetchHttpClient.layer)
  ))
)

const report = (result: unknown) =>
  Effect.promise(() =>
    // to the server of the page, which is the test
    fetch("/result", { method: "POST", body: JSON.stringify(result) })
  )

Effect.runFork(Effect.matchCauseEffect(conversation, {
  onSuccess: report,
  onFailure: (cause) => report({ failure: Cause.pretty(cause) })
}))
