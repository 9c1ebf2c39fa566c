// The floor is what one can do with the platform alone.
// @effect-diagnostics globalFetch:off
import Anthropic from "@anthropic-ai/sdk"
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import type { StreamEvent } from "@effect-managed-agents/core/Event"
import * as Events from "@effect-managed-agents/core/Events"
import * as Follow from "@effect-managed-agents/core/Follow"
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

type Consume = <E>(events: Stream.Stream<StreamEvent, E>) => Effect.Effect<number, E>

const consumers: ReadonlyArray<readonly [string, Consume]> = [
  ["Stream.runFold", Stream.runFold(0, (seen, event) => seen + weigh(event))],
  ["Stream.toPull, an Effect per event", (events) =>
    Effect.suspend(() => {
      let seen = 0
      const look = (event: StreamEvent) =>
        Effect.sync(() => {
          seen += weigh(event)
        })
      return Stream.toPull(events).pipe(
        Effect.flatMap((pull) => Effect.forever(Effect.flatMap(pull, Effect.forEach(look, { discard: true })))),
        Effect.scoped,
        Effect.catchAll(Option.match({ onNone: () => Effect.succeed(seen), onSome: Effect.fail }))
      )
    })],
  ["Stream.runForEach", (events) =>
    Effect.suspend(() => {
      let seen = 0
      return Effect.map(
        Stream.runForEach(events, (event) =>
          Effect.sync(() => {
            seen += weigh(event)
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
  consumers.map(([consumer, consume]): Contender => ({
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

/** What it costs to follow a session rather than to read its stream. */
export const followers: ReadonlyArray<Contender> = consumers.flatMap(([consumer, consume]) =>
  (["stream", "follow"] as const).map((name): Contender => ({
    name: `Events.${name}`,
    consumer,
    connect: (baseUrl) => {
      const client = clientOf(baseUrl, FetchHttpClient.layer)
      return (count) =>
        client.runPromise(Effect.flatMap(Events.Events, (events) => {
          const id = SessionId.make(`${count}-unique`)
          return consume(name === "stream" ? events.stream(id) : Follow.events(events.follow(id)))
        }))
    }
  }))
)
