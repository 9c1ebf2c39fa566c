// Webhooks: no stream is open while the agent works. The service calls when a session has become idle, and the program
// reads then what is new in it.
//
// On the API, the Console is told the address of this server, and shows the secret: ANTHROPIC_WEBHOOK_SIGNING_KEY. With
// stores that last, such as `NodeKeyValueStore.layerFileSystem`, nothing has to run between two calls.
import * as Content from "@effect-managed-agents/core/Content"
import * as CursorStore from "@effect-managed-agents/core/CursorStore"
import type * as Event from "@effect-managed-agents/core/Event"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as Webhooks from "@effect-managed-agents/core/Webhooks"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as HttpServer from "@effect/platform/HttpServer"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Console from "effect/Console"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { createServer } from "node:http"
import { port, secret } from "./operator.ts"
import { Target } from "./target.ts"
import * as WebhookApp from "./webhookApp.ts"

/** An `HttpApp` that reads on when it is called, and what it waits for. */
export const make = Effect.gen(function*() {
  const done = yield* Deferred.make<void>()
  let isOver = false
  const show = (event: Event.Event) =>
    Effect.gen(function*() {
      if (event.type === "agent.message") yield* Console.log(`agent: ${Content.textOf(event.content)}`)
      if (event.type !== "session.status_idle" || event.stop_reason.type !== "end_turn") return
      isOver = true
    })
  const app = yield* WebhookApp.make((data) =>
    Effect.gen(function*() {
      yield* Console.log(`webhook: ${data.type}`)
      if (data.type === "session.status_idled") yield* Stream.runForEach(WebhookApp.news(data.id), show)
    })
  )
  // the last call is answered first
  const answered = Effect.suspend(() => isOver ? Deferred.succeed(done, undefined) : Effect.void)
  return { app: Effect.zipLeft(app, answered), done: Deferred.await(done) }
})

/** Gives the agent something to do, and leaves. */
export const begin = Effect.gen(function*() {
  const { agent, environment } = yield* Target
  const sessions = yield* Sessions.Sessions
  const initial_events = [UserEvent.message("Read the logs of today, and tell me what went wrong.")]
  yield* sessions.create({ agent, environment_id: environment, title: "Webhooks", initial_events })
})

export const Services = Layer.merge(
  Layer.provideMerge(CursorStore.layer(), KeyValueStore.layerMemory),
  Layer.orElse(Webhooks.layerEnv, () => Webhooks.layer({ secrets: [secret] }))
)

export const program = Effect.gen(function*() {
  const { app, done } = yield* make
  yield* HttpServer.serveEffect(app)
  yield* begin
  yield* done
}).pipe(
  Effect.scoped,
  Effect.provide(NodeHttpServer.layer(createServer, { port, host: "127.0.0.1" })),
  Effect.provide(Services)
)

export { agent, simulation } from "./operator.ts"
