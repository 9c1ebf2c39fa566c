// The client in the page. It talks to the server that the page came from, which has the credentials, if there are any.
import { Atom } from "@effect-atom/atom-react"
import * as ApiClient from "@effect-managed-agents/core/ApiClient"
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ahead from "./ahead.ts"
import * as Source from "./source.ts"

/**
 * True if the page reads like any other client: faults hit it, and the ledger has its requests. Otherwise it looks on, and
 * the program that is being watched runs as if nobody did. There is a choice on the simulator only.
 */
export const isParticipant: Atom.Writable<boolean> = Atom.keepAlive(Atom.make(false))

/** Reads as who looks on, and acts as anybody. */
const spectator = (observe: Source.Source["observe"]) => (client: HttpClient.HttpClient) =>
  HttpClient.mapRequest(
    client,
    (request) => request.method === "GET" ? HttpClientRequest.setUrl(request, observe(request.url)) : request
  )

const layer = <A>(
  services: Layer.Layer<A, never, ApiClient.ApiClient>,
  isParticipant: boolean,
  wrap = (fetch: typeof globalThis.fetch) => fetch
) =>
  Layer.unwrapEffect(Effect.map(Source.current, ({ apiKey, baseUrl, observe }) => {
    const transport = Layer.effect(
      HttpClient.HttpClient,
      Effect.map(HttpClient.HttpClient, isParticipant ? (client) => client : spectator(observe))
    )
    // the services of before are not those of now, though their layers are the same
    return Layer.fresh(
      services.pipe(
        Layer.provideMerge(ApiClient.layer),
        Layer.provide(ClientConfig.layer({ baseUrl, apiKey })),
        Layer.provide(transport)
      )
    )
  })).pipe(
    // with a `fetch` of its own
    Layer.provideMerge(Layer.fresh(FetchHttpClient.layer)),
    Layer.provide(Layer.succeed(FetchHttpClient.Fetch, wrap(ahead.make(globalThis.fetch.bind(globalThis)))))
  )

/** Runtime to read with, by a `fetch` that may be wrapped. */
export const reading = <A>(
  services: Layer.Layer<A, never, ApiClient.ApiClient>,
  wrap?: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch
) => Atom.runtime((get) => layer(services, get(isParticipant), wrap))

/** Runtime to act with. It never changes: an act would be done again with the next. */
export const acting = <A>(services: Layer.Layer<A, never, ApiClient.ApiClient>) => Atom.runtime(layer(services, true))
