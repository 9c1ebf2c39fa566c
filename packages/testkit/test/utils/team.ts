import type { Step } from "../../src/AgentScript.ts"
import type * as Simulator from "../../src/Simulator.ts"
import { layer } from "./wire.ts"

/** A simulator whose agent delegates the same work, so many times at once, and then says that it is done. */
export const delegating = (work: ReadonlyArray<Step>, times: number, options: Simulator.Options = {}) =>
  layer({
    ...options,
    agents: {
      agent_1: {
        agent: { name: "Lead", multiagent: { type: "coordinator", agents: [{ type: "self" }] } },
        script: {
          turns: [[
            ...Array.from({ length: times }, (_, i) => ({
              delegate: { agent: "Lead", message: String(i), script: { otherwise: work } }
            })),
            { say: "done" }
          ]]
        }
      }
    }
  })
