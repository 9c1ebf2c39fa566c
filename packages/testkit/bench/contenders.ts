// The floor is what one can do with the platform alone.
// @effect-diagnostics globalFetch:off
import Anthropic from "@anthropic-ai/sdk"
import type { ApiError } from "@effect-managed-agents/core/ApiError"
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as Events from "@effect-managed-agents/core/Events"
import type * as Follow from "@effect-managed-agents/core/Follow"
import { SessionId } from "@effect-managed-agents/core/Ids"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { createParser } from "eventsource-parser"

/** Reads a stream of that many events from the server, and says how many came. */
export type Read = (count: number) => Promise<number>

export interface Contender {
  readonly name: string
  /** How the events are consumed. Each consumer looks at every event once. */
  readonly consumer: string
  readonly connect: (baseUrl: string) => Read
}

/** What is done with an event: as little as keeps it from being optimised away. */
const weigh = (event: { readonly type: unknown }): number => event.type === "session.deleted" ? 0 : 1

/** The same for what a follower is told, of which only events count. */
const weighUpdate = (update: Follow.Update): number => update._tag === "Event" ? weigh(update.event) : 0

const official: Contender = {
  name: "official SDK",
  consumer: "for await",
  connect: (baseURL) => {
    const client = new Anthropic({ apiKey: "key", baseURL, maxRetries: 0 })
    return async (count) => {
      let seen = 0
      for await (const event of await client.beta.sessions.events.stream(String(count))) seen += weigh(event)
      return seen
    }
  }
}

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

const consumers = <A>(weigh: (a: A) => number): ReadonlyArray<
  readonly [string, <E>(events: Stream.Stream<A, E>) => Effect.Effect<number, E>]
> => [
  ["Stream.runFold", Stream.runFold(0, (seen, a: A) => seen + weigh(a))],
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
  ["Stream.runForEach", (stream) =>
    Effect.suspend(() => {
      let seen = 0
      return Effect.map(
        Stream.runForEach(stream, (a) =>
          Effect.sync(() => {
            seen += weigh(a)
          })),
        () => seen
      )
    })]
]

/** The transports on which the client of this library is measured. */
export const transports: ReadonlyArray<readonly [string, Layer.Layer<HttpClient.HttpClient>]> = [
  ["fetch", FetchHttpClient.layer],
  ["node http", NodeHttpClient.layer]
]

/** The client as an application has it: one for all its streams. */
export const clientOf = (baseUrl: string, transport: Layer.Layer<HttpClient.HttpClient>) =>
  ManagedRuntime.make(
    ManagedAgents.layer.pipe(
      Layer.provide(ClientConfig.layer({ apiKey: Redacted.make("key"), baseUrl })),
      Layer.provide(transport)
    )
  )

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
