import * as Effect from "effect/Effect"
import { Simulator } from "../../Simulator.ts"
import { VirtualClock } from "../time/virtualClock.ts"
import * as control from "./control.ts"
import type { Handle } from "./exchange.ts"

/** All that a simulator answers: the API, and under `/_sim` the routes by which a test controls it. */
export const make: Effect.Effect<Handle, never, Simulator> = Effect.gen(function*() {
  const simulator = yield* Simulator
  const answer = control.make(simulator, yield* Effect.serviceOption(VirtualClock))
  return (request) => control.owns(request.path) ? answer(request) : simulator.handle(request)
})
