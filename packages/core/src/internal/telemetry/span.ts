import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"

/** Options of a span. */
export type Options = Omit<Tracer.SpanOptions, "captureStackTrace">

/** Runs an effect in a span. A stack trace for each span is too slow. */
export const within =
  (name: string, options?: Options) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, Exclude<R, Tracer.ParentSpan>> =>
    Effect.withSpan(self, name, { ...options, captureStackTrace: false })

/** Opens a span that ends with the scope. */
export const open = (name: string, options?: Options): Effect.Effect<Tracer.Span, never, Scope.Scope> =>
  Effect.makeSpanScoped(name, { ...options, captureStackTrace: false })

/** Adds an event to the span around the current effect, if there is one. */
export const event = (name: string, attributes: Record<string, unknown>): Effect.Effect<void> =>
  Effect.flatMap(current, (span) =>
    span?._tag === "Span"
      ? Effect.map(Clock.currentTimeNanos, (now) => span.event(name, now, attributes))
      : Effect.void)

/** The span around the current effect, if any. `Effect.currentParentSpan` would fail with a stack trace where there is none. */
export const current: Effect.Effect<Tracer.AnySpan | undefined> = Effect.map(
  Effect.serviceOption(Tracer.ParentSpan),
  Option.getOrUndefined
)
