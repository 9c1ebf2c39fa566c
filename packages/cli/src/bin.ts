#!/usr/bin/env node
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as app from "./app.ts"
import { code } from "./failure.ts"
import * as nodeStdio from "./nodeStdio.ts"

const fiber = Effect.runFork(
  app.run(process.argv.slice(2)).pipe(
    Effect.provide(Layer.mergeAll(nodeStdio.layer, FetchHttpClient.layer, NodeContext.layer))
  )
)
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => fiber.unsafeInterruptAsFork(FiberId.none))
}
fiber.addObserver((exit) => process.exit(Exit.isSuccess(exit) ? exit.value : code.interrupted))
