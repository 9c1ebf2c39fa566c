/**
 * The simulator as an `HttpClient`, without a socket.
 *
 * Requests are handed to the simulator and its event streams are handed back as they are, so that a program under test
 * does everything that it does in production, in virtual time, and a step of the one is a step of the other. An event
 * is produced when it is read and not before. Interrupting the reader, leaving a stream early and never reading it all
 * close the simulator's end.
 *
 * Every request goes to the simulator, whatever its host, so nothing reaches a network.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as handler from "./internal/http/handler.ts"
import * as httpClient from "./internal/http/httpClient.ts"
import type { Simulator } from "./Simulator.ts"

/**
 * Makes a client of the simulator.
 * @category constructors
 */
export const make: Effect.Effect<HttpClient.HttpClient, never, Simulator | Scope.Scope> = Effect.flatMap(
  handler.make,
  httpClient.make
)

/**
 * Provides an `HttpClient` whose only server is the simulator.
 * @category layers
 */
export const layer: Layer.Layer<HttpClient.HttpClient, never, Simulator> = Layer.scoped(HttpClient.HttpClient, make)
