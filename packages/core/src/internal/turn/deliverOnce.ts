import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ApiError } from "../../ApiError.ts"
import type * as Cursor from "../../Cursor.ts"
import * as Delivery from "../../Delivery.ts"
import type * as Event from "../../Event.ts"
import type * as Events from "../../Events.ts"
import type { SessionId } from "../../Ids.ts"
import { readAgain } from "../http/foreign.ts"

/** Input that may have been sent by a process that is gone, and what to do about it. */
export interface Options<E, R> {
  readonly sent: ReadonlyArray<Event.EventParams>
  /** The place in the history before it. */
  readonly since: Cursor.Cursor
  /** It may have been sent before. */
  readonly isUncertain: boolean
  /** Comes before each attempt to send, and allows it by succeeding. */
  readonly beforeSending: Effect.Effect<void, E, R>
  readonly delivery: Omit<Events.DeliverOptions, "since"> | undefined
}

/** The wait between two looks at the event list, at first and at most. */
const looks = { first: 250, most: 2000 }

/** The time for which to look for input that a service may be at work on, behind a gateway that has given up. */
const inFlight = 30_000

/**
 * Sends input unless it is in the list of the session. Where nobody knows whether it arrived, it is looked for, for as
 * long as a request of a process that is gone may take to be in the list, and then sent again.
 */
export const deliverOnce = <E, R>(
  events: Events.Service,
  sessionId: SessionId,
  { beforeSending, delivery: options, isUncertain, sent, since }: Options<E, R>
): Effect.Effect<Delivery.Accepted, ApiError | E, R> =>
  Effect.gen(function*() {
    const types = [...new Set(sent.map(({ type }) => type as Event.EventType))]
    const recent = readAgain(events.listPage(sessionId, { order: "desc", limit: 100, types }, options?.request))
    const look = (millis: number) =>
      Effect.gen(function*() {
        const start = yield* Clock.currentTimeMillis
        for (let pause = looks.first;; pause = Math.min(pause * 2, looks.most)) {
          const found = Delivery.find(sent, (yield* recent).data, since)
          const left = start + millis - (yield* Clock.currentTimeMillis)
          if (found !== undefined || left <= 0) return found
          yield* Effect.sleep(Math.min(pause, left))
        }
      })
    const settle = Duration.toMillis(options?.settle ?? "5 seconds")
    let wait = isUncertain ? settle : undefined
    for (;;) {
      if (wait !== undefined) {
        const found = yield* look(wait)
        if (found !== undefined) return { _tag: "Accepted", events: found }
      }
      yield* beforeSending
      const delivery = yield* events.deliver(sessionId, sent, { ...options, since, resends: 0 })
      if (delivery._tag !== "Indeterminate") return { _tag: "Accepted", events: delivery.events }
      wait = Delivery.verdict(delivery.error) === "in-flight" ? inFlight : settle
    }
  })
