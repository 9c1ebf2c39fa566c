import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Tracer from "effect/Tracer"
import type { SessionId } from "../../Ids.ts"
import type { Pull } from "../stream/pull.ts"

interface Known {
  readonly span: Tracer.Span
  /** What surrounded the session where it was opened. */
  readonly around: Tracer.AnySpan | undefined
}

/** The spans of the sessions that are open in a scope around this fiber. */
const spans = globalValue(
  "@effect-managed-agents/core/sessionSpan",
  () => FiberRef.unsafeMake<ReadonlyMap<SessionId, Known>>(new Map())
)

const ambient = Effect.map(Effect.option(Effect.currentParentSpan), Option.getOrUndefined)

/** Opens the span of a session, which the session's turns are children of. It ends with the scope. */
export const open: Effect.Effect<Known, never, Scope.Scope> = Effect.zipWith(
  ambient,
  Effect.makeSpanScoped("Session", { captureStackTrace: false }),
  (around, span) => ({ span, around })
)

/** Tells whose span it is. */
export const identify = (known: Known, id: SessionId): Effect.Effect<void, never, Scope.Scope> =>
  Effect.flatMap(FiberRef.get(spans), (all) => {
    known.span.attribute("session.id", id)
    return Effect.locallyScoped(spans, new Map(all).set(id, known))
  })

/** Children of the session's span, unless the program has put a span of its own in between, which is then linked to it. */
const options = (id: SessionId): Effect.Effect<Tracer.SpanOptions> =>
  Effect.zipWith(FiberRef.get(spans), ambient, (all, around) => {
    const known = all.get(id)
    const common = { attributes: { "session.id": id }, captureStackTrace: false }
    if (known === undefined) return common
    return around === undefined || around === known.around
      ? { ...common, parent: known.span }
      : { ...common, links: [{ _tag: "SpanLink", span: known.span, attributes: {} }] }
  })

/** A span of something that is done with a session. */
export const within =
  (name: string, id: SessionId) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(options(id), (options) => Effect.withSpan(self, name, options))

/** {@link within} for what is pulled. The span ends with the scope. */
export const withinPull =
  (name: string, id: SessionId) =>
  <A, E, R, E2, R2>(make: Effect.Effect<Pull<A, E, R>, E2, R2>): Effect.Effect<Pull<A, E, R>, E2, R2 | Scope.Scope> =>
    Effect.flatMap(
      options(id),
      (options) =>
        Effect.flatMap(
          Effect.makeSpanScoped(name, options),
          (span) => Effect.map(Effect.withParentSpan(make, span), Effect.withParentSpan(span))
        )
    )
