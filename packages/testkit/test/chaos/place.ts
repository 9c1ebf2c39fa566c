/** What runners are beside: a database with the stores, and the simulator on a port, both in this process's hands. */
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as SqlStore from "@effect-managed-agents/core/SqlStore"
import type * as TurnStore from "@effect-managed-agents/core/TurnStore"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as postgres from "../../../core/test/utils/postgres.ts"
import * as AgentScript from "../../src/AgentScript.ts"
import type * as Rules from "../../src/Rules.ts"
import * as SimulatorServer from "../../src/SimulatorServer.ts"
import * as Testkit from "../../src/Testkit.ts"
import { database, migrate } from "./world.ts"

/** A call of a payment for the turn whose message it answers. */
export const pay = (number: number, name = "pay") =>
  AgentScript.customTool({ name, input: { turn: "{{text}}", number } })

/** The agent of all sessions, that plays these turns. */
const agentThat = (turns: ReadonlyArray<ReadonlyArray<AgentScript.Step>>, rules: Partial<Rules.Rules>) =>
  Testkit.layer({
    fixtures: { environments: [{ id: "env_1", type: "cloud" }] },
    rules: { strictTools: false, ...rules },
    agents: { agent_1: { agent: { name: "Clerk" }, script: AgentScript.make({ turns }) } }
  })

export const create = Effect.flatMap(
  Sessions.Sessions,
  // the simulator's ids are shorter than those of the service
  (sessions) => sessions.create({ agent: "agent_1", environment_id: "env_1" } as never)
)

export interface Place {
  readonly server: postgres.Postgres
  /** Of the simulator. */
  readonly url: string
}

export interface Options {
  readonly turns: ReadonlyArray<ReadonlyArray<AgentScript.Step>>
  readonly rules?: Partial<Rules.Rules> | undefined
}

/** Runs something there. */
export const beside = <A, E>(
  { rules = {}, turns }: Options,
  self: (
    place: Place
  ) => Effect.Effect<A, E, TurnStore.TurnStore | SqlClient.SqlClient | Testkit.Services | Scope.Scope>
) =>
  Effect.gen(function*() {
    const server = yield* postgres.make
    const { url } = yield* SimulatorServer.start()
    return yield* self({ server, url }).pipe(
      Effect.provide(SqlStore.layer().pipe(Layer.provide(Layer.effectDiscard(migrate)))),
      Effect.provide(Layer.fresh(database(server.port, "driver")))
    )
  }).pipe(Effect.scoped, Effect.provide(agentThat(turns, rules)))
