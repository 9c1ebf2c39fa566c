// Secrets: an agent uses the account of a customer, whose token neither the agent nor its sandbox ever sees.
//
// The token is in a vault, from which the service sends it to one MCP server, and nobody can read it back. On the API, let
// `server` be one that exists.
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as Credentials from "@effect-managed-agents/core/Credentials"
import type * as Ids from "@effect-managed-agents/core/Ids"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import * as Vaults from "@effect-managed-agents/core/Vaults"
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import type * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Target } from "./target.ts"

const server = "https://crm.example.com/mcp"
const token = Config.withDefault(Config.redacted("CRM_TOKEN"), Redacted.make("crm-token-of-ada"))

/** The vault of a customer, who is named in its metadata. It goes with the scope; that of a real customer stays. */
const vaultOf = (customer: string) =>
  Effect.gen(function*() {
    const vaults = yield* Vaults.Vaults
    const known = yield* Stream.runHead(
      Stream.filter(vaults.list(), ({ metadata }) => metadata["customer"] === customer)
    )
    if (Option.isSome(known)) return known.value.id
    const vault = yield* Effect.acquireRelease(
      vaults.create({ display_name: `Accounts of ${customer}`, metadata: { customer } }),
      ({ id }) => Effect.ignoreLogged(vaults.delete(id))
    )
    return vault.id
  })

/** Puts the token of a server into a vault, in place of an older one. */
const keep = (vault: Ids.VaultId, server: string, token: Redacted.Redacted) =>
  Effect.gen(function*() {
    const credentials = yield* Credentials.Credentials
    const known = yield* Stream.runHead(
      Stream.filter(credentials.list(vault), ({ auth }) =>
        auth.type === "static_bearer" && auth.mcp_server_url === server)
    )
    return yield* Option.match(known, {
      onNone: () =>
        credentials.create(vault, { auth: { type: "static_bearer", mcp_server_url: server, token } }),
      onSome: ({ id }) => credentials.update(vault, id, { auth: { type: "static_bearer", token } })
    })
  })

export const program = Effect.gen(function*() {
  const { agent, environment } = yield* Target
  const vault = yield* vaultOf("ada")
  const credential = yield* keep(vault, server, yield* token)
  yield* Console.log(JSON.stringify(credential.auth))
  // a new token replaces the old one, also for sessions that are running
  yield* keep(vault, server, Redacted.make("a-fresh-token"))

  const session = yield* SessionLifecycle.scoped({ agent, environment_id: environment, vault_ids: [vault] })
  const { reply } = yield* Conversation.turn(session.id, "What did I order last?")
  yield* Console.log(reply)
}).pipe(Effect.scoped)

export const agent: Simulator.AgentOptions = {
  agent: {
    name: "Account assistant",
    mcp_servers: [{ type: "url", name: "crm", url: server }],
    tools: [{ type: "mcp_toolset", mcp_server_name: "crm" }]
  },
  script: AgentScript.make({
    turns: [[
      AgentScript.mcpTool({ server: "crm", name: "last_order", input: {}, permission: "allow", result: "a lamp" }),
      AgentScript.say("You ordered {{result}}.")
    ]]
  })
}
