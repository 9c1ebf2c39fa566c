/**
 * Simulators that do something wrong on purpose.
 */
import * as Sse from "@effect-managed-agents/core/Sse"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { Handle } from "../../src/internal/http/exchange.ts"
import type { Request, Response } from "../../src/internal/http/message.ts"
import * as Simulator from "../../src/Simulator.ts"
import type { Json } from "./wire.ts"

/** Stands between the simulator and whoever asks. */
export type Fault = (simulator: Simulator.Service) => Handle

/** Provides a simulator with a fault. */
export const layer = (fault: Fault): Layer.Layer<Simulator.Simulator> =>
  Layer.provide(
    Layer.effect(
      Simulator.Simulator,
      Effect.map(Simulator.Simulator, (simulator) => ({ ...simulator, handle: fault(simulator) }))
    ),
    Simulator.layer()
  )

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const frameOf = (event: Json) => encoder.encode(Sse.encode({ event: event.type, data: JSON.stringify(event) }))

const eventOf = (frame: Uint8Array): Json => JSON.parse(/^data: (.*)$/m.exec(decoder.decode(frame))![1]!)

/** Edits requests. */
export const requests = (edit: (request: Request) => Request): Fault => ({ handle }) => (request) =>
  handle(edit(request))

/** Edits answers. */
export const answers = (edit: (response: Response, request: Request) => Response): Fault => ({ handle }) => (request) =>
  Effect.map(handle(request), (response) => edit(response, request))

/** Edits JSON. */
export const json = (edit: (value: Json, request: Request) => Json): Fault =>
  answers((response, request) =>
    response.body._tag === "Json"
      ? { ...response, body: { _tag: "Json", value: edit(response.body.value, request) } }
      : response
  )

/** Edits what streams carry, event by event. */
export const streamed = (edit: () => (event: Json) => ReadonlyArray<Json>): Fault =>
  answers((response) => {
    if (response.body._tag !== "Events") return response
    const one = edit()
    const stream = Stream.mapConcat(response.body.stream, (frame) => one(eventOf(frame)).map(frameOf))
    return { ...response, body: { _tag: "Events", stream } }
  })

/** Edits events wherever they are shown. */
export const events = (edit: () => (event: Json) => ReadonlyArray<Json>): Fault => (simulator) => {
  const handle = streamed(edit)(simulator)
  const isList = ({ method, path }: Request) => method === "GET" && path.endsWith("/events")
  return json((value, request) =>
    isList(request) && Array.isArray(value.data) ? { ...value, data: value.data.flatMap(edit()) } : value
  )({ ...simulator, handle })
}

/** Edits frames as they are on the wire. */
export const frames = (edit: (text: string) => string): Fault =>
  answers((response) =>
    response.body._tag === "Events"
      ? {
        ...response,
        body: {
          _tag: "Events",
          stream: Stream.map(response.body.stream, (frame) => encoder.encode(edit(decoder.decode(frame))))
        }
      }
      : response
  )

/** Lets streams begin with all that has happened before. */
export const replay: Fault = (simulator) => (request) =>
  Effect.gen(function*() {
    const response = yield* simulator.handle(request)
    const id = /^\/v1\/sessions\/([^/]+)\/events\/stream$/.exec(request.path)?.[1]
    if (id === undefined || response.body._tag !== "Events") return response
    const past = yield* Effect.orDie(simulator.events(id))
    const stream = Stream.concat(Stream.fromIterable(past.map(frameOf)), response.body.stream)
    return { ...response, body: { _tag: "Events", stream } }
  })

/** A refusal in the shape of the API. */
export const refusal = (status: number, type: string, message: string): Response => ({
  status,
  headers: { "content-type": "application/json", "request-id": "req_1" },
  body: { _tag: "Json", value: { type: "error", error: { type, message }, request_id: "req_1" } }
})
