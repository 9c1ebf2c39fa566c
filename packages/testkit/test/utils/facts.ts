// The preamble of the tests of facts: all that they say to a simulator and look at, in one place.
import * as Effect from "effect/Effect"
import type { Step, Turn } from "../../src/AgentScript.ts"
import type * as Rules from "../../src/Rules.ts"
import { createSession, layer, message, ok, send } from "./wire.ts"
import type { Json } from "./wire.ts"

export * from "./answers.ts"
export * from "./shapes.ts"
export * from "./team.ts"
export * from "./wire.ts"

/** The parameters of a session, of which `createSession` takes what is added. */
export const session = { agent: "agent_1", environment_id: "env_1" }

/** Creates a session and sends it its first message. */
export const startSession = (more: object = {}) => Effect.tap(createSession(more), (id) => send(id, message("x")))

export const statusOf = (id: string) => Effect.map(ok("GET", `/v1/sessions/${id}`), (session): string => session.status)

export const threadsOf = (id: string) =>
  Effect.map(ok("GET", `/v1/sessions/${id}/threads`), (page): ReadonlyArray<Json> => page.data)

/** A budget in cents. */
export const limit = (amount: string) => ({ type: "limit", max_list_cost: { amount, currency: "USD" } })

/** A call that waits for its approval. */
export const ask: Step = { tool: { name: "bash", permission: "ask" } }

/** A call that waits for its result. */
export const custom: Step = { custom_tool: { name: "c" } }

/** A simulator whose agent gives each child a script of its own. */
export const team = (children: ReadonlyArray<Turn>, rules: Partial<Rules.Rules> = {}) =>
  layer({
    rules,
    agents: {
      agent_h: { agent: { name: "Helper" } },
      agent_1: {
        agent: { name: "Lead", multiagent: { type: "coordinator", agents: ["agent_h"] } },
        script: {
          turns: [
            children.map((turn) => ({ delegate: { agent: "Helper", message: "m", script: { turns: [turn] } } }))
          ]
        }
      }
    }
  })
