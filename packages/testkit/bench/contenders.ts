// The floor is what one can do with the platform alone.
// @effect-diagnostics globalFetch:off
import type { ApiError } from "@effect-managed-agents/core/ApiError"
import * as Events from "@effect-managed-agents/core/Events"
import type * as Follow from "@effect-managed-agents/core/Follow"
import { SessionId } from "@effect-managed-agents/core/Ids"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { createParser } from "eventsource-parser"
import type { Consume, Contender } from "./readers.ts"
import { clientOf, consumersOf, official, weigh } from "./readers.ts"

/** The same as {@link weigh} for what a follower is told, of which only events count. */
const weighUpdate = (update: Follow.Update): number => update._tag === "Event" ? weigh(update.event) : 0

const floor: Contender = {
  name: "fetch + parser + JSON.parse",
  consumer: "callback",
  connect: (baseUrl) => async (count) => {
    const response = await fetch(`${baseUrl}/v1/sessions/${count}/events/stream`)
    let seen = 0
    const parser = createParser({
      onEvent: ({ data }) => {
        seen += weigh(JSON.parse(data))
      }
    })
    const decoder = new TextDecoder()
    for await (const bytes of response.body ?? []) parser.feed(decoder.decode(bytes, { stream: true }))
    return seen
  }
}

/** How events are consumed, by the name that it has in the table. */
const consumers = <A>(weigh: (a: A) => number): ReadonlyArray<readonly [string, Consume<A>]> => {
  const { fold, forEach } = consumersOf(weigh)
  return [
    ["Stream.runFold", fold],
    ["Stream.toPull, an Effect per event", (stream) =>
      Effect.suspend(() => {
        let seen = 0
        const look = (a: A) =>
          Effect.sync(() => {
            seen += weigh(a)
          })
        return Stream.toPull(stream).pipe(
          Effect.flatMap((pull) => Effect.forever(Effect.flatMap(pull, Effect.forEach(look, { discard: true })))),
          Effect.scoped,
          Effect.catchAll(Option.match({ onNone: () => Effect.succeed(seen), onSome: Effect.fail }))
        )
      })],
    ["Stream.runForEach", forEach]
  ]
}

/** The transports on which the client of this library is measured. */
export const transports: ReadonlyArray<readonly [string, Layer.Layer<HttpClient.HttpClient>]> = [
  ["fetch", FetchHttpClient.layer],
  ["node http", NodeHttpClient.layer]
]

const ours = transports.flatMap(([transport, layer]) =>
  consumers(weigh).map(([consumer, consume]): Contender => ({
    name: `this library, ${transport}`,
    consumer,
    connect: (baseUrl) => {
      const client = clientOf(baseUrl, layer)
      return (count) =>
        client.runPromise(
          Effect.flatMap(Events.Events, (events) => consume(events.stream(SessionId.make(String(count)))))
        )
    }
  }))
)

/** What is measured, the yardsticks first. */
export const contenders: readonly [Contender, Contender, ...Array<Contender>] = [official, floor, ...ours]

const follower = (
  name: string,
  consumer: string,
  consume: (events: Events.Service, id: SessionId) => Effect.Effect<number, ApiError>
): Contender => ({
  name,
  consumer,
  connect: (baseUrl) => {
    const client = clientOf(baseUrl, FetchHttpClient.layer)
    return (count) =>
      client.runPromise(
        Effect.flatMap(Events.Events, (events) => consume(events, SessionId.make(`${count}-unique`)))
      )
  }
})

const streaming = consumers(weigh)

/** What it costs to follow a session rather than to read its stream. */
export const followers: ReadonlyArray<Contender> = consumers(weighUpdate).flatMap(([name, consume], at) => [
  follower("Events.stream", name, (events, id) => streaming[at]![1](events.stream(id))),
  follower("Events.follow", name, (events, id) => consume(events.follow(id)))
])
