// Record and replay: what a program and the service said to each other, once, and then again without the service.
//
// Here the recording stays in memory. `Cassette.layer({ path })` keeps it in a file, which is read and reviewed like code:
// record it with the real service, and replay it in every test.
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import * as Cassette from "@effect-managed-agents/testkit/Cassette"
import type * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Target } from "./target.ts"

const converse = (question: string) =>
  Effect.gen(function*() {
    const { agent, environment } = yield* Target
    const session = yield* SessionLifecycle.scoped({ agent, environment_id: environment, title: "Record and replay" })
    const { _tag, reply } = yield* Conversation.turn(session.id, question)
    yield* Console.log(`${_tag}: ${reply}`)
  }).pipe(Effect.scoped)

/** A client that writes down what goes over the wire, without credentials. */
const Recording = Layer.fresh(ManagedAgents.layer).pipe(Layer.provideMerge(Cassette.layerRecord()))

/** A client that has no network: it gets the answers that were recorded, after the time that they took. */
const replaying = (recording: Cassette.Recording) =>
  Layer.fresh(ManagedAgents.layer).pipe(
    Layer.provideMerge(Cassette.layerReplay(recording)),
    Layer.provide(Layer.orDie(ClientConfig.layer({ apiKey: Redacted.make("none") })))
  )

export const program = Effect.gen(function*() {
  yield* Console.log("Recording")
  const recording = yield* converse("Where is my order?").pipe(
    Effect.zipRight(Effect.flatMap(Cassette.Cassette, ({ recording }) => recording)),
    Effect.provide(Recording)
  )
  const bytes = Cassette.encode(recording).length
  yield* Console.log(`${recording.entries.length} lines, ${bytes} bytes`)

  yield* Console.log("Replaying")
  yield* converse("Where is my order?").pipe(Effect.provide(replaying(recording)))

  // A program that says something else is found out.
  yield* Console.log("Replaying something else")
  yield* converse("Cancel my order.").pipe(
    Effect.provide(replaying(recording)),
    Effect.catchAllCause((cause) => Console.log(Cause.pretty(cause).split("\n    at ")[0]))
  )
})

export const agent: Simulator.AgentOptions = {
  agent: { name: "Order assistant" },
  script: AgentScript.make({ turns: [[AgentScript.sleep("1 second"), AgentScript.say("It has shipped.")]] })
}
