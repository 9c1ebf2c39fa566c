import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ApiError } from "../../ApiError.ts"
import { StreamStalled, TransportError } from "../../ApiError.ts"
import type { StreamEvent } from "../../Event.ts"
import type * as Follow from "../../Follow.ts"
import * as RetryPolicy from "../../RetryPolicy.ts"
import { timeLimit } from "../http/timeLimit.ts"
import type { Pull } from "../stream/pull.ts"
import * as pull from "../stream/pull.ts"
import { unsafeNow } from "../telemetry/clock.ts"
import { countReconnect, countRecovered } from "../telemetry/metrics.ts"
import * as span from "../telemetry/span.ts"
import { audit } from "./audit.ts"
import * as observer from "./observer.ts"
import * as retry from "./schedule.ts"
import type { Settings } from "./settings.ts"
import * as settings from "./settings.ts"
import type { Source } from "./sources.ts"
import type { Command, Loss, Signal, Step } from "./step.ts"
import { received, start, step } from "./step.ts"

/** Times the silence of a stream that a page of the list may take. */
const pageTimeout = 4

/**
 * Follows a source: attach, read in the list what came before, then pass on what is live; and again when the connection
 * is lost. Attaching comes first, so that every event is in the list or on the stream, and those that are in both are
 * recognised.
 */
export const follow = (source: Source, options: Follow.Options): Stream.Stream<Follow.Update, ApiError> =>
  pull.toStream(Effect.flatMap(settings.make(source.operation, options), (settings) => run(source, settings)))

/** Obeys the commands of {@link step}, one at a time. */
const run = Effect.fnUntraced(function*(source: Source, settings: Settings) {
  const { operation } = source
  const now = yield* unsafeNow
  const onRecovered = yield* countRecovered(operation)
  const connection = yield* makeConnection(source, settings)
  const schedule = retry.driver(settings.reconnect)
  const limited = limit(source, settings)
  let current = start(source, settings)

  yield* audit(settings, source, {
    isMissing: (event) => current.state.position.misses(event),
    isListening: () => current.command._tag === "Receive" && connection.isReceiving(),
    received: connection.received,
    page: (query) => limited(source.page(query)),
    onComplete: (events) => settings[observer.key]?.({ _tag: "Audited", events }),
    stall: connection.stall
  })

  const perform = (
    command: Exclude<Command, { readonly _tag: "Receive" | "Stop" }>
  ): Effect.Effect<Signal, ApiError> => {
    switch (command._tag) {
      case "Open":
        return Effect.match(connection.open(command.loss), {
          onFailure: failed,
          onSuccess: () => ({ _tag: "Connected" })
        })
      case "List":
        return Effect.match(limited(source.page(command.query)), {
          onFailure: failed,
          onSuccess: (page) => ({ _tag: "PageRead", page })
        })
      case "CheckEnd":
        return Effect.match(limited(source.end), {
          onFailure: failed,
          onSuccess: (reason) => ({ _tag: "EndChecked", reason })
        })
      case "Reschedule":
        return Effect.flatMap(
          schedule(command.error, command.isFresh),
          (delay): Effect.Effect<Signal> =>
            delay === undefined
              ? Effect.succeed({ _tag: "Exhausted" })
              : Effect.as(countReconnect(operation, command.error._tag), { _tag: "Rescheduled", delay })
        )
      case "Fail":
        return Effect.fail(command.error)
    }
  }

  const advance = (made: Step): Pull<Follow.Update, ApiError> => {
    current = made
    if (made.recovered > 0) onRecovered(made.recovered)
    if (made.skipped !== undefined) {
      const { data, next_page } = made.skipped
      settings[observer.key]?.({ _tag: "Baseline", events: data, isWhole: !next_page })
    }
    const emitted = emit(made.updates)
    return made.disconnects ? Effect.zipRight(connection.close, emitted) : emitted
  }
  // what is made anew for each chunk of a busy stream is what it costs
  const emit = (updates: ReadonlyArray<Follow.Update>): Pull<Follow.Update, ApiError> =>
    updates.length === 0 ? next : Effect.succeed(pull.chunk(updates))
  const obey = (signal: Signal) => advance(step(current.state, signal, now()))
  const receive = Effect.matchEffect(connection.receive, {
    onFailure: (error) => obey(failed(error)),
    onSuccess: (events) => events === undefined ? obey({ _tag: "Closed" }) : advance(received(current.state, events))
  })
  const next: Pull<Follow.Update, ApiError> = Effect.suspend(() => {
    const { command } = current
    if (command._tag === "Stop") return Effect.succeed(undefined)
    return command._tag === "Receive" ? receive : Effect.flatMap(perform(command), obey)
  })
  return next
})

const failed = (error: ApiError): Signal => ({ _tag: "Failed", error })

/** Limits the time of a request that is not a stream. */
const limit =
  ({ operation }: Source, { maxSilence }: Settings) =>
  <A>(self: Effect.Effect<A, ApiError>): Effect.Effect<A, ApiError> =>
    timeLimit(self, {
      duration: Duration.times(maxSilence, pageTimeout),
      onTimeout: () => new TransportError({ operation, reason: "Timeout", detail: "the history did not come in time" })
    })

/** The connection of a follower, made again and again. */
interface Connection {
  /** Waits as long as the loss of the last one asks for, and connects. */
  readonly open: (loss: Loss | undefined) => Effect.Effect<void, ApiError>
  /** The next events; `undefined` when the service has closed it. */
  readonly receive: Effect.Effect<ReadonlyArray<StreamEvent> | undefined, ApiError>
  readonly close: Effect.Effect<void>
  /** Gives it up although it is alive. */
  readonly stall: (error: StreamStalled) => Effect.Effect<void>
  readonly isReceiving: () => boolean
  /** Counts the chunks that have come, over all connections. */
  readonly received: () => number
}

const makeConnection = (
  { open, operation }: Source,
  settings: Settings
): Effect.Effect<Connection, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    const { maxSilence, previews } = settings
    let own: Scope.CloseableScope | undefined
    let live: Pull<StreamEvent, ApiError> = Effect.succeed(undefined)
    let count = 0
    let isReceiving = false
    let stalledBy: StreamStalled | undefined

    const close = Effect.suspend(() => {
      if (own === undefined) return Effect.void
      const closing = Scope.close(own, Exit.void)
      own = undefined
      return closing
    })
    const connect = Effect.suspend(() =>
      timeLimit(open(previews === undefined ? {} : { event_deltas: previews }, settings), {
        duration: maxSilence,
        onTimeout: () => new StreamStalled({ operation, silence: maxSilence })
      })
    ).pipe(RetryPolicy.provide(RetryPolicy.none), Effect.flatMap(pull.fromStream))

    return {
      open: (loss) =>
        Effect.gen(function*() {
          const made = yield* Scope.fork(scope, ExecutionStrategy.sequential)
          own = made
          const connecting = Scope.extend(connect, made)
          live = yield* loss === undefined ? connecting : reconnect(operation, loss, connecting)
        }),
      receive: Effect.suspend(() => {
        isReceiving = true
        return live
      }).pipe(Effect.matchEffect({
        onFailure: (error) => {
          isReceiving = false
          const reason = stalledBy ?? error
          stalledBy = undefined
          return Effect.fail(reason)
        },
        onSuccess: (events) => {
          isReceiving = false
          count++
          return Effect.succeed(events === undefined ? undefined : pull.toArray(events))
        }
      })),
      close,
      stall: (error) =>
        Effect.suspend(() => {
          stalledBy = error
          return close
        }),
      isReceiving: () => isReceiving,
      received: () => count
    }
  })

const reconnect = <A>(
  operation: string,
  { attempt, delay, error }: Loss,
  connecting: Effect.Effect<A, ApiError>
): Effect.Effect<A, ApiError> =>
  (Duration.equals(delay, Duration.zero) ? connecting : Effect.delay(connecting, delay)).pipe(
    span.within("Follow.reconnect", {
      attributes: { operation, "reconnect.attempt": attempt, "error.type": error._tag }
    })
  )
