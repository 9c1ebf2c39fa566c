// Observability: spans and metrics, exported with OpenTelemetry. A span per session, below it turns, calls, approvals and
// reconnects; metrics for calls, retries, reconnects, turns, tokens and cost. No content is in any of them.
//
// Here spans are kept in memory and printed as a tree. To send them somewhere, put another exporter in their place, such
// as `new BatchSpanProcessor(new OTLPTraceExporter())`; metrics take a `metricReader` beside it.
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import * as Fault from "@effect-managed-agents/testkit/Fault"
import type * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as NodeSdk from "@effect/opentelemetry/NodeSdk"
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import { Target } from "./target.ts"

const conversation = Effect.gen(function*() {
  const { agent, environment } = yield* Target
  const session = yield* SessionLifecycle.scoped({ agent, environment_id: environment, title: "Observability" })
  const outcome = yield* Conversation.turn(session.id, "Clean up.", {
    approve: () => Effect.delay(Effect.succeed(PendingAction.allow), "200 millis")
  })
  yield* Console.log(`${outcome._tag}: ${outcome.reply}\n`)
}).pipe(Effect.scoped)

export const program = Effect.gen(function*() {
  const exporter = new InMemorySpanExporter()
  const telemetry = NodeSdk.layer(() => ({
    resource: { serviceName: "examples" },
    spanProcessor: new SimpleSpanProcessor(exporter)
  }))
  yield* conversation.pipe(
    // before the layer closes, which empties the exporter
    Effect.ensuring(Effect.suspend(() => printTree(exporter.getFinishedSpans()))),
    Effect.tagMetrics("example", "observability"),
    Effect.provide(telemetry)
  )
  yield* printMetrics
})

const printTree = (spans: ReadonlyArray<ReadableSpan>, parent?: string, indent = ""): Effect.Effect<void> =>
  Effect.forEach(
    spans.filter((span) => span.parentSpanContext?.spanId === parent),
    (span) => {
      const about = span.attributes["turn.result"] ?? span.attributes["error.type"] ?? ""
      return Effect.zipRight(
        Console.log(`${indent}${span.name} ${String(about)}`.trimEnd()),
        printTree(spans, span.spanContext().spanId, `${indent}  `)
      )
    },
    { discard: true }
  )

const printMetrics = Effect.flatMap(
  Metric.snapshot,
  (metrics) =>
    Effect.forEach(metrics, ({ metricKey: { name, tags }, metricState }) => {
      const isOurs = name.startsWith("managed_agents_") && tags.some(({ value }) => value === "observability")
      if (!isOurs || !MetricState.isCounterState(metricState)) return Effect.void
      const labels = tags.map(({ value }) => value).filter((value) => value !== "observability")
      return Console.log([name, ...labels, metricState.count].join(" "))
    }, { discard: true })
)

/** The connection breaks once. */
export const simulation: Simulator.Options = { faults: [Fault.cutAfterEvents(5)] }

export const agent: Simulator.AgentOptions = {
  agent: { name: "Janitor", tools: [{ type: "agent_toolset_20260401" }] },
  script: AgentScript.make({
    turns: [[AgentScript.tool({ name: "bash", permission: "ask" }), AgentScript.say("All clean.")]]
  })
}
