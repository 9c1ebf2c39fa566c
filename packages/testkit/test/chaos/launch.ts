/** A process that runs turns, until it is ended by a signal. Its memory is told to whoever asks. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { setTimeout } from "node:timers/promises"
import type { Settings } from "./world.ts"
import { runner } from "./world.ts"

export const launch = (text = "{}"): void => {
  // written by `processes`
  const settings = JSON.parse(text) as Settings
  process.on("message", async () => {
    // pages are given back some time after a collection
    for (let n = 0; n < 4; n++) {
      globalThis.gc?.()
      await setTimeout(250)
    }
    process.send?.(process.memoryUsage())
  })
  // nobody is left behind by a run that was cut off
  process.on("disconnect", () => process.exit())
  NodeRuntime.runMain(Effect.provide(Layer.launch(runner(settings)), Logger.logFmt), { disablePrettyLogger: true })
}
