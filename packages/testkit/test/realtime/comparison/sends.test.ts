/**
 * What the vendor's SDK and this client make of the same mishap: the answer to a message is lost, and the message is not.
 */
import Anthropic from "@anthropic-ai/sdk"
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as Events from "@effect-managed-agents/core/Events"
import { SessionId } from "@effect-managed-agents/core/Ids"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Fault from "../../../src/Fault.ts"
import * as Fixtures from "../../../src/Fixtures.ts"
import * as Simulator from "../../../src/Simulator.ts"
import * as SimulatorServer from "../../../src/SimulatorServer.ts"

const text = "Pay the invoice."

/** A simulator on a port where the answer to the first message is lost, and both clients of it. */
const setup = (fault: Fault.Fault) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(Simulator.layer({ fixtures: Fixtures.docs, faults: [fault] }))
    const { url: baseURL } = yield* Effect.provide(SimulatorServer.start(), context)
    const simulator = Context.get(context, Simulator.Simulator)
    const { sessions } = new Anthropic({ apiKey: "sk-test", baseURL, logLevel: "off" }).beta
    const { id } = yield* Effect.promise(() =>
      sessions.create({ agent: Fixtures.agentId, environment_id: Fixtures.environmentId })
    )
    const ours = ManagedAgents.layer.pipe(
      Layer.provide(ClientConfig.layer({ apiKey: Redacted.make("sk-test"), baseUrl: baseURL })),
      Layer.provide(FetchHttpClient.layer)
    )
    const said = Effect.map(
      simulator.events(id),
      (events) => events.filter(({ type }) => type === "user.message").length
    )
    return { id: SessionId.make(id), ours, said, sessions }
  })

const post = { method: "POST", path: "/v1/sessions/*/events" }

const mishaps: { readonly [name: string]: Fault.Fault } = {
  "answered with a 500": Fault.status(500, { match: post, landed: true }),
  "cut off": Fault.drop("after", { match: post })
}

for (const [name, fault] of Object.entries(mishaps)) {
  describe(`a message that arrived and was ${name}`, () => {
    it.scopedLive("is sent twice by the SDK", () =>
      Effect.gen(function*() {
        const { id, said, sessions } = yield* setup(fault)
        yield* Effect.promise(() =>
          sessions.events.send(id, { events: [{ type: "user.message", content: [{ type: "text", text }] }] })
        )
        assert.strictEqual(yield* said, 2)
      }))

    it.scopedLive("is sent once by a turn, which has its outcome", () =>
      Effect.gen(function*() {
        const { id, ours, said } = yield* setup(fault)
        const outcome = yield* Effect.provide(Conversation.turn(id, text), ours)
        assert.deepInclude(outcome, { _tag: "EndTurn", reply: `You said: ${text}` })
        assert.strictEqual(yield* said, 1)
      }))

    it.scopedLive("is sent once by deliver, which says that it had arrived", () =>
      Effect.gen(function*() {
        const { id, ours, said } = yield* setup(fault)
        const delivery = yield* Effect.flatMap(Events.Events, (events) => events.deliver(id, UserEvent.message(text)))
          .pipe(Effect.provide(ours))
        assert.strictEqual(delivery._tag, "AlreadyLanded")
        assert.strictEqual(yield* said, 1)
      }))

    it.scopedLive("is not sent again by send, which fails", () =>
      Effect.gen(function*() {
        const { id, ours, said } = yield* setup(fault)
        const error = yield* Effect.flatMap(Events.Events, (events) => events.send(id, UserEvent.message(text))).pipe(
          Effect.provide(ours),
          Effect.flip
        )
        assert.include(["ServerError", "TransportError"], error._tag)
        assert.strictEqual(yield* said, 1)
      }))
  })
}
