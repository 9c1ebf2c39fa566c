/**
 * All services of the client as one layer.
 *
 * @since 0.1.0
 */
import type { HttpClient } from "@effect/platform/HttpClient"
import type { Config } from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Layer from "effect/Layer"
import * as ApiClient from "./ApiClient.ts"
import * as ClientConfig from "./ClientConfig.ts"
import * as Events from "./Events.ts"
import * as Resources from "./Resources.ts"
import * as Sessions from "./Sessions.ts"
import * as Threads from "./Threads.ts"

/**
 * The services that {@link layer} provides.
 * @category models
 */
export type Services =
  | ApiClient.ApiClient
  | Events.Events
  | Resources.Resources
  | Sessions.Sessions
  | Threads.Threads

/**
 * Provides every service of the client, on the given configuration and `HttpClient`.
 *
 * Layers are shared by reference: a program that builds two clients at once, on different configurations, wraps the second
 * use in `Layer.fresh`.
 *
 * @category layers
 */
export const layer: Layer.Layer<Services, never, ClientConfig.ClientConfig | HttpClient> = Layer.mergeAll(
  Events.layer,
  Resources.layer,
  Sessions.layer,
  Threads.layer
).pipe(Layer.provideMerge(ApiClient.layer))

/**
 * Provides every service of the client, configured by the variables that {@link ClientConfig.layerEnv} reads, such as
 * `ANTHROPIC_API_KEY`.
 * @category layers
 */
export const layerEnv: Layer.Layer<Services, ConfigError, HttpClient> = Layer.provide(
  Layer.fresh(layer),
  ClientConfig.layerEnv
)

/**
 * Provides every service of the client, configured by Effect `Config` values.
 * @category layers
 */
export const layerConfig = (
  options: Config.Wrap<ClientConfig.Options>
): Layer.Layer<Services, ConfigError, HttpClient> =>
  Layer.provide(Layer.fresh(layer), ClientConfig.layerConfig(options))
