import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"
import type * as Scope from "effect/Scope"
import type * as Tracer from "effect/Tracer"
import type { SessionIdInput } from "../../Ids.ts"
import type { Pull } from "../stream/pull.ts"
import * as span from "./span.ts"

interface SessionSpan {
  readonly span: Tracer.Span
  /** The span in which the session was opened. */
  readonly parent: Tracer.AnySpan | undefined
}

/** The spans of the sessions that are open in a scope around this fiber. */
const spans = globalValue(
  "@effect-managed-agents/core/sessionSpan",
  () => FiberRef.unsafeMake<ReadonlyMap<string, SessionSpan>>(new Map())
)

/** Opens the span of a session, which is the parent of the session's turns. It ends with the scope. */
export const open: Effect.Effect<SessionSpan, never, Scope.Scope> = Effect.zipWith(
  span.current,
  span.open("Session"),
  (parent, span) => ({ span, parent })
)

/** Makes a session's span known to this fiber, until the scope closes. */
export const identify = (known: SessionSpan, id: SessionIdInput): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.flatMap(FiberRef.get(spans), (before) => {
      known.span.attribute("session.id", id)
      return Effect.as(FiberRef.set(spans, new Map(before).set(id, known)), before)
    }),
    (before) => FiberRef.set(spans, before)
  )

/** Children of the session's span, unless the program has put a span of its own in between, which is then linked to it. */
const options = (id: SessionIdInput): Effect.Effect<span.Options> =>
  Effect.zipWith(FiberRef.get(spans), span.current, (all, around) => {
    const known = all.get(id)
    const attributes = { "session.id": id }
    if (known === undefined) return { attributes }
    return around === undefined || around === known.parent
      ? { attributes, parent: known.span }
      : { attributes, links: [{ _tag: "SpanLink", span: known.span, attributes: {} }] }
  })

/** Runs an operation on a session in a span. */
export const within =
  (name: string, id: SessionIdInput) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, Exclude<R, Tracer.ParentSpan>> =>
    Effect.flatMap(options(id), (options) => span.within(name, options)(self))

/** {@link within} for a pull. The span ends with the scope. */
export const withinPull =
  (name: string, id: SessionIdInput) =>
  <A, E, R, E2, R2>(make: Effect.Effect<Pull<A, E, R>, E2, R2>): Effect.Effect<Pull<A, E, R>, E2, R2 | Scope.Scope> =>
    options(id).pipe(
      Effect.flatMap((options) => span.open(name, options)),
      Effect.flatMap((span) => Effect.map(Effect.withParentSpan(make, span), Effect.withParentSpan(span)))
    )
