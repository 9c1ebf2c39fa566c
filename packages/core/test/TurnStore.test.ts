import * as TurnStore from "@effect-managed-agents/core/TurnStore"
import * as Duration from "effect/Duration"
import * as TestClock from "effect/TestClock"
import { turnStoreLaws } from "./support/turnStoreLaws.ts"

turnStoreLaws("TurnStore.layerMemory", {
  layer: TurnStore.layerMemory,
  elapse: TestClock.adjust,
  lease: Duration.seconds(30)
})
