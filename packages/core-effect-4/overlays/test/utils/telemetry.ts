/** Tracer and logger that keep what they are given. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"

/** A tracer, and every span that it made. */
export const tracer = Effect.map(Effect.tracer, (native) => {
  const spans: Array<Tracer.Span> = []
  const tracer = Tracer.make({
    context: native.context,
    span: (options) => {
      const span = native.span(options)
      spans.push(span)
      return span
    }
  })
  return { spans, tracer }
})

/** A logger of every level, and the lines that it wrote in a given format. */
export const logger = (
  format: Logger.Logger<unknown, string> = Logger.make(({ logLevel, message }) =>
    `${logLevel.toUpperCase()} ${String(message)}`
  )
) => {
  const lines: Array<string> = []
  const layer = Layer.mergeAll(
    Logger.layer([Logger.map(format, (line) => void lines.push(line))]),
    Layer.succeed(References.MinimumLogLevel, "All")
  )
  return { lines, layer }
}
