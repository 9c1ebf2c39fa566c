import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import type { ConnectionReset, Request, Response } from "./message.ts"
import * as http from "./message.ts"

/**
 * Handles a request: the one function behind the in-memory client, the `fetch` and the port. The scope is that of the
 * request.
 */
export type Handle = (request: Request) => Effect.Effect<Response, ConnectionReset, Scope.Scope>

/** The simulator went away, or the request was aborted, before there was an answer. */
export class Closed extends Data.TaggedError("Closed") {
  override readonly message = "The simulator closed the connection"
}

/** An answer, and the scope of the request: whoever reads a stream closes it, however the reading ends. */
export interface Answer {
  readonly response: Response
  readonly scope: Scope.CloseableScope
}

/**
 * Runs one exchange. Interrupting it interrupts the handler. Aborting the signal closes the request at any time, also while
 * its body is read. Any other answer than a stream comes with a closed scope.
 */
export type Send = (request: Request, signal?: AbortSignal) => Effect.Effect<Answer, Closed | ConnectionReset>

/**
 * Sends requests to a handler for as long as the scope is open.
 *
 * Each request is handled by a fiber of its own that is born from the runtime of this moment, as on a server: what the
 * caller has set for itself (spans, log levels, services, its being uninterruptible) does not reach the simulator.
 */
export const open = (handle: Handle): Effect.Effect<Send, never, Scope.Scope> =>
  Effect.gen(function*() {
    const runtime = yield* Effect.runtime<never>()
    const fork = Runtime.runFork(runtime)
    const parent = yield* Effect.scope
    return (request, signal) =>
      Effect.uninterruptibleMask((restore) => {
        if (signal?.aborted === true) return new Closed()
        return Effect.flatMap(Scope.fork(parent, ExecutionStrategy.sequential), (scope) => {
          const close = Scope.close(scope, Exit.void)
          const fiber = Runtime.runFork(Runtime.provideService(runtime, Scope.Scope, scope))(handle(request))
          const answer = (
            exit: Exit.Exit<Response, ConnectionReset>
          ): Effect.Effect<Answer, Closed | ConnectionReset> =>
            Exit.isSuccess(exit)
              ? http.isStream(exit.value.body)
                ? Effect.succeed({ response: exit.value, scope })
                : Effect.as(close, { response: exit.value, scope })
              : Effect.flatMap(
                close,
                (): Effect.Effect<never, Closed | ConnectionReset> =>
                  Exit.isInterrupted(exit) ? new Closed() : Effect.failCause(exit.cause)
              )
          // most answers are there at once, and are neither aborted nor waited for
          const exit = fiber.unsafePoll()
          if (exit !== null && !(Exit.isSuccess(exit) && http.isStream(exit.value.body))) return answer(exit)
          const abort = () => void fork(close)
          signal?.addEventListener("abort", abort)
          return Scope.addFinalizer(
            scope,
            Effect.suspend(() => {
              signal?.removeEventListener("abort", abort)
              return fiber.unsafePoll() === null ? Fiber.interrupt(fiber) : Effect.void
            })
          ).pipe(
            // `join` would carry the handler's fiber-local state over to the caller
            Effect.zipRight(
              exit === null ? Effect.onInterrupt(restore(Fiber.await(fiber)), () => close) : Effect.succeed(exit)
            ),
            Effect.flatMap(answer)
          )
        })
      })
  })

/** The parts of a request that stand in its URL. */
export const fromUrl = (url: URL): Pick<Request, "path" | "query"> => ({
  path: url.pathname,
  query: [...url.searchParams]
})
