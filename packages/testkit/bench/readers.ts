/** Readers of a stream of events that there are on both lines of core, and in the official SDK. */
import Anthropic from "@anthropic-ai/sdk"
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"

/** Reads a stream of that many events from the server, and says how many came. */
export type Read = (count: number) => Promise<number>

export interface Contender {
  readonly name: string
  /** How the events are consumed. Each consumer looks at every event once. */
  readonly consumer: string
  readonly connect: (baseUrl: string) => Read
}

/** What is done with an event: as little as keeps it from being optimised away. */
export const weigh = (event: { readonly type: unknown }): number => event.type === "session.deleted" ? 0 : 1

export const official: Contender = {
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

/** Consumes a stream, and says what was in it. */
export type Consume<in A> = <E>(stream: Stream.Stream<A, E>) => Effect.Effect<number, E>

/** The consumers that programs have most often. */
export const consumersOf = <A>(
  weigh: (a: A) => number
): { readonly fold: Consume<A>; readonly forEach: Consume<A> } => ({
  fold: Stream.runFold(0, (seen, a: A) => seen + weigh(a)),
  forEach: (stream) =>
    Effect.suspend(() => {
      let seen = 0
      return Effect.map(
        Stream.runForEach(stream, (a) =>
          Effect.sync(() => {
            seen += weigh(a)
          })),
        () => seen
      )
    })
})

/** The client as an application has it: one for all its streams. */
export const clientOf = (baseUrl: string, transport: Layer.Layer<HttpClient.HttpClient>) =>
  ManagedRuntime.make(
    ManagedAgents.layer.pipe(
      Layer.provide(ClientConfig.layer({ apiKey: Redacted.make("key"), baseUrl })),
      Layer.provide(transport)
    )
  )
