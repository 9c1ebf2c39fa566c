/*
 * What the compiler infers of clusters.
 */
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import type * as Sharding from "@effect/cluster/Sharding"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "tstyche"
import * as AgentCluster from "../src/AgentCluster.ts"
import type { ApiError, InvalidParams } from "../src/ApiError.ts"
import type * as Events from "../src/Events.ts"
import type * as Journal from "../src/Journal.ts"
import type * as PendingAction from "../src/PendingAction.ts"
import type * as Sessions from "../src/Sessions.ts"
import type * as TurnStore from "../src/TurnStore.ts"

class Bank extends Context.Tag("Bank")<Bank, { readonly name: string }>() {}

const Tools = Toolkit.make(Tool.make("pay", { parameters: { amount: Schema.Int }, success: Schema.String }))

declare const value: <A>() => A

describe("a cluster", () => {
  const Desk = AgentCluster.make("Desk", {
    tools: Tools,
    approve: () => value<Effect.Effect<PendingAction.Decision, never, Bank>>()
  })

  it("its runners need what its tools and decisions need", () => {
    expect(Desk.layer).type.toBe<
      Layer.Layer<
        never,
        InvalidParams | Journal.MissingJournal,
        | Bank
        | Tool.HandlersFor<typeof Tools.tools>
        | Sharding.Sharding
        | TurnStore.TurnStore
        | Events.Events
        | Sessions.Sessions
      >
    >()
  })

  it("its clients need none of it", () => {
    expect(Desk.client).type.toBe<
      Effect.Effect<AgentCluster.Client, never, Sharding.Sharding | TurnStore.TurnStore | Events.Events>
    >()
    expect<Effect.Effect.Error<ReturnType<AgentCluster.Client["interrupt"]>>>().type.toBe<
      ApiError | TurnStore.TurnStoreError
    >()
  })
})
