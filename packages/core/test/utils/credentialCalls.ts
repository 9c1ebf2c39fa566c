/** The calls that put secrets into a vault, and what they look like on the wire. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { RequestOptions } from "../../src/ApiClient.ts"
import type { ApiError } from "../../src/ApiError.ts"
import * as Credentials from "../../src/Credentials.ts"

export interface CredentialCall {
  readonly request: string
  readonly body: unknown
  /** The secrets in the body. */
  readonly carried: ReadonlyArray<string>
  readonly run: (options?: RequestOptions) => Effect.Effect<unknown, ApiError, Credentials.Credentials>
}

const credentials = <A>(f: (service: Credentials.Service) => Effect.Effect<A, ApiError>) =>
  Effect.flatMap(Credentials.Credentials, f)

const secrets = {
  access: "oat_the-access-token/1",
  refresh: "ort_the-refresh-token",
  client: "the client's \"secret\"",
  bearer: "bearer_the-static-token",
  variable: "sk_live_the-variable"
}
const secret = (name: keyof typeof secrets) => Redacted.make(secrets[name])

/** Every call that puts a secret into a vault. */
export const credentialCalls: ReadonlyArray<CredentialCall> = [
  {
    request: "POST /v1/vaults/vlt_1/credentials",
    body: {
      auth: {
        type: "mcp_oauth",
        access_token: secrets.access,
        mcp_server_url: "https://m",
        expires_at: null,
        refresh: {
          client_id: "c",
          refresh_token: secrets.refresh,
          token_endpoint: "https://t",
          token_endpoint_auth: { type: "client_secret_basic", client_secret: secrets.client }
        }
      },
      display_name: "C"
    },
    carried: [secrets.access, secrets.refresh, secrets.client],
    run: (options) =>
      credentials((_) =>
        _.create("vlt_1", {
          auth: {
            type: "mcp_oauth",
            access_token: secret("access"),
            mcp_server_url: "https://m",
            expires_at: null,
            refresh: {
              client_id: "c",
              refresh_token: secret("refresh"),
              token_endpoint: "https://t",
              token_endpoint_auth: { type: "client_secret_basic", client_secret: secret("client") }
            }
          },
          display_name: "C"
        }, options)
      )
  },
  {
    request: "POST /v1/vaults/vlt_1/credentials",
    body: { auth: { type: "static_bearer", token: secrets.bearer, mcp_server_url: "https://m" } },
    carried: [secrets.bearer],
    run: (options) =>
      credentials((_) =>
        _.create("vlt_1", {
          auth: { type: "static_bearer", token: secret("bearer"), mcp_server_url: "https://m" }
        }, options)
      )
  },
  {
    request: "POST /v1/vaults/vlt_1/credentials",
    body: {
      auth: {
        type: "environment_variable",
        secret_name: "KEY",
        secret_value: secrets.variable,
        networking: { type: "limited", allowed_hosts: ["*.example.com", "192.0.2.1"] },
        injection_location: { body: false }
      }
    },
    carried: [secrets.variable],
    run: (options) =>
      credentials((_) =>
        _.create("vlt_1", {
          auth: {
            type: "environment_variable",
            secret_name: "KEY",
            secret_value: secret("variable"),
            networking: { type: "limited", allowed_hosts: ["*.example.com", "192.0.2.1"] },
            injection_location: { body: false }
          }
        }, options)
      )
  },
  {
    request: "POST /v1/vaults/vlt_1/credentials/vcrd_1",
    body: {
      auth: {
        type: "mcp_oauth",
        access_token: secrets.access,
        refresh: {
          refresh_token: secrets.refresh,
          scope: "",
          token_endpoint_auth: { type: "client_secret_post", client_secret: secrets.client }
        }
      }
    },
    carried: [secrets.access, secrets.refresh, secrets.client],
    run: (options) =>
      credentials((_) =>
        _.update("vlt_1", "vcrd_1", {
          auth: {
            type: "mcp_oauth",
            access_token: secret("access"),
            refresh: {
              refresh_token: secret("refresh"),
              scope: "",
              token_endpoint_auth: { type: "client_secret_post", client_secret: secret("client") }
            }
          }
        }, options)
      )
  },
  {
    request: "POST /v1/vaults/vlt_1/credentials/vcrd_1",
    body: { auth: { type: "static_bearer", token: secrets.bearer }, metadata: { a: null } },
    carried: [secrets.bearer],
    run: (options) =>
      credentials((_) =>
        _.update("vlt_1", "vcrd_1", {
          auth: { type: "static_bearer", token: secret("bearer") },
          metadata: { a: null }
        }, options)
      )
  },
  {
    request: "POST /v1/vaults/vlt_1/credentials/vcrd_1",
    body: {
      auth: { type: "environment_variable", secret_value: secrets.variable, networking: { type: "unrestricted" } }
    },
    carried: [secrets.variable],
    run: (options) =>
      credentials((_) =>
        _.update("vlt_1", "vcrd_1", {
          auth: {
            type: "environment_variable",
            secret_value: secret("variable"),
            networking: { type: "unrestricted" }
          }
        }, options)
      )
  }
]
