/** Spans of answered tools, over a real socket, where the answer is under way when the turn ends. */
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as AgentScript from "../../src/AgentScript.ts"
import * as Fixtures from "../../src/Fixtures.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as SimulatorServer from "../../src/SimulatorServer.ts"
import { traced } from "../utils/telemetry.ts"

const Tools = Toolkit.make(Tool.make("lookup", { success: Schema.String }))
const Handlers = Tools.toLayer({ lookup: () => Effect.succeed("42") })

const turns = 20

it.scopedLive(`the span of an answered tool succeeds, ${turns} times of ${turns}`, () =>
  Effect.gen(function*() {
    const { url } = yield* SimulatorServer.SimulatorServer
    const Client = ManagedAgents.layer.pipe(
      Layer.provide([ClientConfig.layer({ apiKey: Redacted.make("test"), baseUrl: url }), FetchHttpClient.layer])
    )
    const spans = yield* traced(
      Effect.forEach(
        Array.from({ length: turns }),
        () => Conversation.turn(Fixtures.sessionId, "Hello", { tools: Tools }),
        { discard: true }
      ).pipe(Effect.provide([Client, Handlers]))
    )
    const answers = spans.filter(({ span }) => span.name === "ToolRunner.answer")
    assert.lengthOf(answers, turns)
    for (const { span } of answers) {
      assert.isTrue(span.status._tag === "Ended" && Exit.isSuccess(span.status.exit))
    }
  }).pipe(Effect.provide(Layer.provide(
    SimulatorServer.layer(),
    Simulator.layer({
      fixtures: Fixtures.withTools(Fixtures.docs, Tools),
      script: AgentScript.make({ otherwise: [AgentScript.customTool({ name: "lookup" })] })
    })
  ))))
