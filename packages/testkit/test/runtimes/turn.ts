// What every runtime runs, with the packed core: a turn with a tool, on a stream that is cut and one that is left, a
// redirect, and a port at which nobody listens.
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as Events from "@effect-managed-agents/core/Events"
import * as Ids from "@effect-managed-agents/core/Ids"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as RetryPolicy from "@effect-managed-agents/core/RetryPolicy"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

const Colors = Toolkit.make(
  Tool.make("color_of", { parameters: { id: Schema.String }, success: Schema.String })
)

const Handlers = Colors.toLayer({ color_of: ({ id }) => Effect.delay(Effect.succeed(`grün ${id} 🌱`), "20 millis") })

const client = (baseUrl: string) =>
  ManagedAgents.layer.pipe(
    Layer.provide(ClientConfig.layer({ baseUrl, apiKey: Redacted.make("test") })),
    Layer.provide(FetchHttpClient.layer)
  )

/** The error of a call that is made once, of a session that the simulator redirects. */
const failure = Effect.flatMap(Sessions.Sessions, ({ retrieve }) => retrieve("sesn_moved")).pipe(
  Effect.flip,
  RetryPolicy.provide(RetryPolicy.none)
)

/** Has a conversation with the simulator at the URL, and says what it was and where it ran. */
export const turn = (baseUrl: string, nobody: string, agent: string, environment: string) =>
  Effect.gen(function*() {
    const session = yield* SessionLifecycle.scoped({
      agent: Ids.AgentId.make(agent),
      environment_id: Ids.EnvironmentId.make(environment)
    })
    const result = yield* Conversation.turn(session.id, "Wie ist 1234?", { tools: Colors })
    const { stream } = yield* Events.Events
    yield* Effect.timeoutOption(Stream.runDrain(stream(session.id)), "100 millis")
    const redirected = yield* failure
    const refused = yield* Effect.provide(failure, Layer.fresh(client(nobody)))
    return {
      ended: result._tag,
      reply: result.reply,
      redirected: redirected._tag,
      refused: refused._tag === "TransportError" ? refused.reason : refused._tag,
      userAgent: globalThis.navigator?.userAgent
    }
  }).pipe(
    Effect.scoped,
    Effect.provide(Layer.merge(client(baseUrl), Handlers)),
    Effect.runPromise
  )
