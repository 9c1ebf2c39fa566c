/** What programs tell about themselves. */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"

/** Every span that is made, as `name < name of its parent`. */
export const traced = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const native = yield* Effect.tracer
    const spans: Array<Tracer.Span> = []
    const tracer = Tracer.make({
      context: (f, fiber) => native.context(f, fiber),
      span: (...args) => {
        const span = native.span(...args)
        spans.push(span)
        return span
      }
    })
    yield* Effect.withTracer(self, tracer)
    const nameOf = (span: Tracer.AnySpan) => span._tag === "Span" ? span.name : span.spanId
    return spans.map((span) => ({
      span,
      line: `${span.name} < ${Option.match(span.parent, { onNone: () => "-", onSome: nameOf })}`
    }))
  })

const metrics = (test: string, is: (state: MetricState.MetricState.Untyped) => boolean) =>
  Effect.map(Metric.snapshot, (pairs) =>
    Object.fromEntries(
      pairs.flatMap(({ metricKey, metricState: state }) => {
        const labels = metricKey.tags.map(({ key, value }) => `${key}=${value}`)
        if (!labels.includes(`test=${test}`) || !is(state)) return []
        const rest = labels.filter((label) => label !== `test=${test}`).sort()
        const value = MetricState.isCounterState(state)
          ? state.count
          : MetricState.isGaugeState(state)
          ? state.value
          : NaN
        return [[[metricKey.name, ...rest].join(" "), Number(value)]]
      })
    ))

/** The counters of what was run with the label `test`, by name and other labels. */
export const counters = (test: string) => metrics(test, MetricState.isCounterState)

/** The same, and the gauges. */
export const metricsOf = (test: string) =>
  metrics(test, (state) => MetricState.isCounterState(state) || MetricState.isGaugeState(state))
