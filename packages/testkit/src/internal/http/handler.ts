import * as Effect from "effect/Effect"
import { Simulator } from "../../Simulator.ts"
import { VirtualClock } from "../time/virtualClock.ts"
import * as control from "./control.ts"
import type { Handle } from "./exchange.ts"
import { owns } from "./guard.ts"

/** Requests below this are those of a spectator. */
const observed = "/_sim/observe"

/** All that a simulator answers: the API, and under `/_sim` the routes by which a test controls it. */
export const make: Effect.Effect<Handle, never, Simulator> = Effect.gen(function*() {
  const simulator = yield* Simulator
  const answer = control.make(simulator, yield* Effect.serviceOption(VirtualClock))
  return (request) => {
    if (!owns(request.path)) return simulator.handle(request)
    return request.path.startsWith(`${observed}/`)
      ? simulator.observe({ ...request, path: request.path.slice(observed.length) })
      : answer(request)
  }
})
