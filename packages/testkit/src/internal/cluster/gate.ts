import type * as ApiClient from "@effect-managed-agents/core/ApiClient"
import type * as Journal from "@effect-managed-agents/core/Journal"
import type * as TurnStore from "@effect-managed-agents/core/TurnStore"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as FiberId from "effect/FiberId"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/** The state of a process. */
export type State = "alive" | "frozen" | "dead"

/** The gate that everything goes through which a process does: it is open while the process lives. */
export interface Gate {
  readonly state: () => State
  /** Waits until the process is dead. */
  readonly died: Effect.Effect<void>
  /** The number of calls that have come back. */
  readonly steps: () => number
  /** Changes the state now, or after so many more steps. What is dead stays so; who is to live is no longer to be frozen. */
  readonly become: (state: State, afterSteps?: number) => void
  /** Waits until the process is alive. */
  readonly pass: Effect.Effect<void>
  /** Lets a call through, and its answer. */
  readonly step: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/** Unlike `Effect.never`, waiting for it keeps nothing alive. */
const never = Deferred.unsafeMake<never>(FiberId.none)

/** Makes the gate of a process that is alive. */
export const make = (): Gate => {
  const died = Deferred.unsafeMake<void>(FiberId.none)
  let state: State = "alive"
  let steps = 0
  let planned: { readonly state: State; readonly at: number } | undefined
  let thawed = Deferred.unsafeMake<void>(FiberId.none)
  const set = (next: State): void => {
    if (state === "dead") return
    state = next
    if (next === "dead") Deferred.unsafeDone(died, Effect.void)
    if (next !== "alive") return
    const waiting = thawed
    thawed = Deferred.unsafeMake<void>(FiberId.none)
    Deferred.unsafeDone(waiting, Effect.void)
  }
  const pass: Effect.Effect<void> = Effect.suspend(() => {
    if (state === "alive") return Effect.void
    return state === "dead" ? Deferred.await(never) : Effect.zipRight(Deferred.await(thawed), pass)
  })
  const count = Effect.suspend(() => {
    steps++
    if (planned !== undefined && steps >= planned.at) {
      const next = planned.state
      planned = undefined
      set(next)
    }
    return pass
  })
  return {
    state: () => state,
    died: Deferred.await(died),
    steps: () => steps,
    become: (next, afterSteps = 0) => {
      if (afterSteps > 0) {
        planned = { state: next, at: steps + afterSteps }
        return
      }
      if (next === "alive" && planned?.state === "frozen") planned = undefined
      set(next)
    },
    pass,
    // whoever is cut off does not learn how a call ended, not even that it failed
    step: (self) => Effect.zipRight(pass, Effect.onExit(self, () => Effect.interruptible(count)))
  }
}

/** The gate of a process that was never there. */
export const dead: Gate = {
  state: () => "dead",
  died: Effect.void,
  steps: () => 0,
  become: () => {},
  pass: Deferred.await(never),
  step: () => Deferred.await(never)
}

/** A clock whose sleepers wake only while the process is alive. */
export const clock = (gate: Gate, base: Clock.Clock): Clock.Clock => ({
  [Clock.ClockTypeId]: Clock.ClockTypeId,
  unsafeCurrentTimeMillis: () => base.unsafeCurrentTimeMillis(),
  unsafeCurrentTimeNanos: () => base.unsafeCurrentTimeNanos(),
  currentTimeMillis: base.currentTimeMillis,
  currentTimeNanos: base.currentTimeNanos,
  sleep: (duration) => Effect.zipRight(base.sleep(duration), gate.pass)
})

/** The store as a process has it. */
export const store = ({ step }: Gate, base: TurnStore.Service): TurnStore.Service => ({
  add: (turn) => step(base.add(turn)),
  get: (id) => step(base.get(id)),
  next: (sessionId) => step(base.next(sessionId)),
  put: (owner, id, state, options) => step(base.put(owner, id, state, options)),
  wake: (id) => step(base.wake(id)),
  own: (sessionId, owner) => step(base.own(sessionId, owner)),
  claim: (options) => step(base.claim(options)),
  renew: (owned, expiresAfter) => step(base.renew(owned, expiresAfter)),
  release: (owned) => step(base.release(owned)),
  due: (options) => step(base.due(options)),
  forget: (options) => step(base.forget(options))
})

/** The journal as a process has it. */
export const journal = ({ step }: Gate, base: Journal.Service): Journal.Service => ({
  get: (call, owner) => step(base.get(call, owner)),
  put: (call, entry, owner) => step(base.put(call, entry, owner)),
  forget: (sessionId) => step(base.forget(sessionId)),
  exclusively: base.exclusively
})

/** The client as a process has it. Its connections end with the process, whose scope it is. */
export const client = ({ pass, step }: Gate, base: ApiClient.Service, process: Scope.Scope): ApiClient.Service => ({
  call: (endpoint, input, options) => step(base.call(endpoint, input, options)),
  open: (endpoint, input, options) =>
    Effect.flatMap(
      Effect.acquireRelease(
        Scope.fork(process, ExecutionStrategy.sequential),
        (scope, exit) => Scope.close(scope, exit)
      ),
      (scope) =>
        Effect.map(
          step(Scope.extend(base.open(endpoint, input, options), scope)),
          Stream.mapChunksEffect((events) => Effect.as(pass, events))
        )
    )
})
