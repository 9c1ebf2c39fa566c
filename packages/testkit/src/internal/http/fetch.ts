import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as exchange from "./exchange.ts"
import type { ConnectionReset } from "./message.ts"
import * as http from "./message.ts"

/** A `fetch` whose every request goes to `handle`, whatever the host. */
export const make = (handle: exchange.Handle): Effect.Effect<typeof globalThis.fetch, never, Scope.Scope> =>
  Effect.gen(function*() {
    const send = yield* exchange.open(handle)
    const run = Runtime.runPromiseExit(yield* Effect.runtime<never>())

    const answer = (request: Parameters<exchange.Send>[0], signal: AbortSignal) =>
      Effect.gen(function*() {
        const { response, scope } = yield* send(request, signal)
        const init = { status: response.status, headers: http.headersOf(response) }
        switch (response.body._tag) {
          case "Empty":
            return new globalThis.Response(null, init)
          case "Json":
          case "Text":
            return new globalThis.Response(http.text(response.body), init)
          case "Bytes":
          case "Events":
            return new globalThis.Response(yield* readable(run, response.body.stream, scope, signal), init)
        }
      })

    return async (input, init) => {
      const signal = init?.signal ?? (input instanceof globalThis.Request ? input.signal : new AbortController().signal)
      signal.throwIfAborted()
      // without the signal: a derived one may be collected before it fires, so this function obeys the caller's own
      const request = new globalThis.Request(input, { ...init, signal: null })
      const exit = await run(answer({
        method: request.method,
        ...exchange.fromUrl(new URL(request.url)),
        headers: Object.fromEntries(request.headers),
        ...await readBody(request)
      }, signal))
      signal.throwIfAborted()
      if (Exit.isSuccess(exit)) return exit.value
      throw new TypeError("fetch failed", { cause: Cause.squash(exit.cause) })
    }
  })

const readBody = async (request: globalThis.Request) => {
  const reader = http.bodyReader(request.headers.get("content-type") ?? undefined)
  const body = request.body?.getReader()
  for (let piece = await body?.read(); piece?.done === false; piece = await body?.read()) reader.push(piece.value)
  return reader.end()
}

/** Runs an Effect outside any fiber. */
type Run = <A, E>(
  effect: Effect.Effect<A, E>,
  options?: { readonly signal?: AbortSignal }
) => Promise<Exit.Exit<A, E>>

/** Nothing is produced before it is asked for; `cancel`, an abort and the simulator's end all close the scope. */
const readable = (
  run: Run,
  stream: Stream.Stream<Uint8Array, ConnectionReset>,
  scope: Scope.CloseableScope,
  signal: AbortSignal
) =>
  Effect.gen(function*() {
    const pull = yield* Scope.extend(Stream.toPull(stream), scope)
    const close = () => run(Scope.close(scope, Exit.void))
    const over = new AbortController()
    let open = true
    const body = new ReadableStream<Uint8Array>({
      start: (controller) =>
        over.signal.addEventListener("abort", () => {
          if (!open) return
          if (signal.aborted) controller.error(signal.reason)
          else controller.close()
        }),
      pull: async (controller) => {
        const exit = await run(pull, { signal: over.signal })
        if (over.signal.aborted) return
        if (Exit.isSuccess(exit)) {
          for (const bytes of exit.value) controller.enqueue(bytes)
          return
        }
        // the end of the events is a failure without an error; what is no failure is a defect
        const end = Cause.failureOption(exit.cause)
        if (Option.isSome(end) && Option.isNone(end.value)) return void await close()
        open = false
        await close()
        controller.error(
          Option.isNone(end)
            ? Cause.squash(exit.cause)
            // in the words of Node
            : new TypeError("terminated", { cause: Option.getOrUndefined(end.value) })
        )
      },
      cancel: async () => {
        open = false
        await close()
      }
    }, { highWaterMark: 0 })
    yield* Scope.addFinalizer(scope, Effect.sync(() => over.abort()))
    return body
  })
