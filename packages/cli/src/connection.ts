import * as ApiClient from "@effect-managed-agents/core/ApiClient"
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as Options from "@effect/cli/Options"
import type { HttpClient } from "@effect/platform/HttpClient"
import type * as ConfigError from "effect/ConfigError"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { code, Failure } from "./failure.ts"

/** The address of the API, if it is not that of the environment. */
export const baseUrl: Options.Options<Option.Option<string>> = Options.text("base-url").pipe(
  Options.withDescription("The address of the API, in place of ANTHROPIC_BASE_URL."),
  Options.optional
)

/** Says what is wrong with a configuration. */
export const messageOf = (error: ConfigError.ConfigError): string => {
  switch (error._op) {
    case "And":
    case "Or":
      return [messageOf(error.left), messageOf(error.right)].join("; ")
    default:
      return error.message
  }
}

/** The configuration of the client: the variables of the environment, and the flag. */
export const layerConfig = (
  baseUrl: Option.Option<string>
): Layer.Layer<ClientConfig.ClientConfig, Failure> =>
  ClientConfig.layerEnv.pipe(
    Layer.provide(
      Option.match(baseUrl, {
        onNone: () => Layer.empty,
        onSome: (url) =>
          Layer.unwrapEffect(Effect.configProviderWith((provider) =>
            Effect.succeed(Layer.setConfigProvider(
              ConfigProvider.orElse(ConfigProvider.fromMap(new Map([["ANTHROPIC_BASE_URL", url]])), () => provider)
            ))
          ))
      })
    ),
    Layer.mapError((error) => new Failure({ message: messageOf(error), code: code.credential }))
  )

/** The client. */
export const layer = (
  baseUrl: Option.Option<string>
): Layer.Layer<ApiClient.ApiClient | ClientConfig.ClientConfig, Failure, HttpClient> =>
  Layer.provideMerge(ApiClient.layer, layerConfig(baseUrl))
