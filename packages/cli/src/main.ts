import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as app from "./app.ts"
import { code } from "./failure.ts"
import * as nodeKeyboard from "./nodeKeyboard.ts"
import * as nodeStdio from "./nodeStdio.ts"

/** Runs a command line as this process. A signal interrupts it; a second one ends it. */
export const main = (args: ReadonlyArray<string>): void => {
  const fiber = Effect.runFork(
    app.run(args).pipe(
      Effect.provide(Layer.mergeAll(nodeKeyboard.layer, nodeStdio.layer, FetchHttpClient.layer, NodeContext.layer))
    )
  )
  let signals = 0
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (++signals > 1) process.exit(code.interrupted)
      if (args[0] === "conformance") {
        process.stderr.write("Stopping: sessions are being cleaned up. Once more to leave them behind.\n")
      }
      fiber.unsafeInterruptAsFork(FiberId.none)
    })
  }
  // stopping a server is no failure
  const interrupted = args[0] === "dev" ? code.done : code.interrupted
  fiber.addObserver((exit) => process.exit(Exit.isSuccess(exit) ? exit.value : interrupted))
}
