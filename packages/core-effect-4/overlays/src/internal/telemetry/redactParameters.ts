import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"

/** A tracer that drops the attribute in which the toolkit's span shows the parameters of a call: content is not for traces. */
const withoutParameters = (tracer: Tracer.Tracer): Tracer.Tracer =>
  Tracer.make({
    context: tracer.context,
    span: (options) => {
      const span = tracer.span(options)
      if (options.name !== "Toolkit.handle") return span
      const attribute = span.attribute.bind(span)
      return Object.assign(span, {
        attribute: (key: string, value: unknown) => key === "parameters" ? undefined : attribute(key, value)
      })
    }
  })

/** Runs a toolkit's handler in a span of its own, which it annotates, without the parameters. */
export const redactParameters = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.flatMap(
    Effect.tracer,
    (tracer) =>
      Effect.withTracer(
        Effect.withSpan(self, "Toolkit.handle", { captureStackTrace: false }),
        withoutParameters(tracer)
      )
  )
