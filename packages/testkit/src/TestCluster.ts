/**
 * Several processes in one test: workers on the same store of turns and the same journal, which die, freeze and thaw.
 *
 * A process that is killed does nothing from then on: what it had begun hangs, as with a real one, and its leases run out.
 * One that is frozen goes on where it was when it is thawed, and finds that time has passed. Both may happen after
 * any number of its steps: calls of a store or of the service that have come back.
 *
 * Stores are in memory and time is the test's, so that hours of failures take no time.
 *
 * @since 0.1.0
 */
import * as ApiClient from "@effect-managed-agents/core/ApiClient"
import type { InvalidParams } from "@effect-managed-agents/core/ApiError"
import * as Events from "@effect-managed-agents/core/Events"
import type { SessionId } from "@effect-managed-agents/core/Ids"
import * as Journal from "@effect-managed-agents/core/Journal"
import type * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as TurnStore from "@effect-managed-agents/core/TurnStore"
import * as TurnWorker from "@effect-managed-agents/core/TurnWorker"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as gate from "./internal/cluster/gate.ts"
import type * as Ledger from "./Ledger.ts"

// ---------------------------------------------------------------------------------------------------------------------
// Processes
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The moment at which something happens to a process.
 * @category options
 */
export interface Moment {
  /**
   * The number of steps of the process after which it happens: calls of the stores and of the service that have come back.
   *
   * @default 0
   */
  readonly afterSteps?: number | undefined
}

/**
 * Processes of a test.
 * @category services
 */
export interface Service {
  /** Starts a process; one of the same name that is alive is killed first. */
  readonly start: (name: string) => Effect.Effect<void>
  /** Kills a process, as `SIGKILL` does. */
  readonly kill: (name: string, moment?: Moment) => Effect.Effect<void>
  /** Freezes a process, as `SIGSTOP` does. */
  readonly freeze: (name: string, moment?: Moment) => Effect.Effect<void>
  /** Lets a frozen process go on, and one that is still to be frozen. */
  readonly thaw: (name: string) => Effect.Effect<void>
  /** Ends a process in order, as a deploy does, and waits until it has handed its sessions over, or is dead. */
  readonly stop: (name: string) => Effect.Effect<void>
  /** The number of steps of a process since it was started. */
  readonly steps: (name: string) => Effect.Effect<number>
  /** The state of a process; one that was killed or stopped is `dead`. */
  readonly state: (name: string) => Effect.Effect<"alive" | "frozen" | "dead">
  /** The name of the process that has claimed a session last. */
  readonly ownerOf: (sessionId: SessionId) => Effect.Effect<string | undefined>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class TestCluster extends Context.Tag("@effect-managed-agents/testkit/TestCluster")<TestCluster, Service>() {}

/**
 * Options of a cluster: those of its workers.
 * @category options
 */
export interface Options<E1 = never, R1 = never, E2 = never, R2 = never, T extends ToolRunner.Source = never>
  extends Omit<TurnWorker.Options<E1, R1, E2, R2, T>, "owner">
{
  /**
   * The names of the processes that are started at once.
   *
   * @default ["a", "b"]
   */
  readonly processes?: ReadonlyArray<string> | undefined
}

interface Process {
  readonly gate: gate.Gate
  readonly scope: Scope.CloseableScope
  readonly fiber: Fiber.RuntimeFiber<unknown, unknown>
}

/**
 * Makes a cluster on the `TurnStore` and the `Journal` at hand. All of its processes die with the scope.
 * @category constructors
 */
export const make = <E1 = never, R1 = never, E2 = never, R2 = never, T extends ToolRunner.Source = never>(
  { processes: names = ["a", "b"], ...options }: Options<E1, R1, E2, R2, T> = {}
): Effect.Effect<
  Service,
  never,
  ApiClient.ApiClient | TurnStore.TurnStore | R1 | R2 | ToolRunner.Context<T> | Scope.Scope
> =>
  Effect.gen(function*() {
    const api = yield* ApiClient.ApiClient
    const store = yield* TurnStore.TurnStore
    const journal = yield* Journal.Journal
    const clock = yield* Clock.clockWith(Effect.succeed)
    const context = yield* Effect.context<R1 | R2 | ToolRunner.Context<T>>()
    const processes = new Map<string, Process>()
    const owners = new Map<SessionId, string>()
    let count = 0

    const worker = (name: string, own: gate.Gate, scope: Scope.Scope) => {
      const ownStore = gate.store(own, {
        ...store,
        claim: (claim) =>
          Effect.tap(store.claim(claim), (claimed) =>
            Effect.sync(() => {
              for (const { sessionId } of claimed) owners.set(sessionId, name)
            }))
      })
      const run = TurnWorker.run<E1, R1, E2, R2, T>({ ...options, owner: `${name}-${count++}` })
      return Effect.provideServiceEffect(run, Events.Events, Events.make).pipe(
        Effect.provideService(ApiClient.ApiClient, gate.client(own, api, scope)),
        Effect.provideService(TurnStore.TurnStore, ownStore),
        Effect.provideService(Journal.Journal, gate.journal(own, journal)),
        Effect.withClock(gate.clock(own, clock)),
        // what a worker requires is there, or has just been provided
        (self) => Effect.provide(self as Effect.Effect<never, WorkerError<T>, R1 | R2 | ToolRunner.Context<T>>, context)
      )
    }
    const end = (name: string): Effect.Effect<void> =>
      Effect.suspend(() => {
        const known = processes.get(name)
        if (known === undefined) return Effect.void
        known.gate.become("dead")
        return Scope.close(known.scope, Exit.void)
      })
    const start = (name: string) =>
      Effect.zipRight(
        end(name),
        Effect.gen(function*() {
          const scope = yield* Scope.make()
          const own = gate.make()
          yield* Effect.forkDaemon(Effect.zipRight(own.died, Scope.close(scope, Exit.void)))
          const fiber = yield* Effect.forkDaemon(Effect.interruptible(worker(name, own, scope)))
          processes.set(name, { gate: own, scope, fiber })
        })
      )
    const gateOf = (name: string): gate.Gate => processes.get(name)?.gate ?? gate.dead
    yield* Effect.addFinalizer(() => Effect.forEach([...processes.keys()], end, { discard: true }))
    yield* Effect.forEach(names, start, { discard: true })

    return TestCluster.of({
      start,
      kill: (name, moment) =>
        (moment?.afterSteps ?? 0) > 0
          ? Effect.sync(() => gateOf(name).become("dead", moment?.afterSteps))
          : end(name),
      freeze: (name, moment) => Effect.sync(() => gateOf(name).become("frozen", moment?.afterSteps)),
      thaw: (name) => Effect.sync(() => gateOf(name).become("alive")),
      stop: (name) =>
        Effect.suspend(() => {
          const known = processes.get(name)
          return known === undefined || known.gate.state() !== "alive"
            ? Effect.void
            // it may die before it has handed over, and then it never ends
            : Effect.zipRight(Effect.raceFirst(Fiber.interrupt(known.fiber), known.gate.died), end(name))
        }),
      steps: (name) => Effect.sync(() => gateOf(name).steps()),
      state: (name) => Effect.sync(() => gateOf(name).state()),
      ownerOf: (sessionId) => Effect.sync(() => owners.get(sessionId))
    })
  })

type WorkerError<T> = InvalidParams | ToolRunner.MakeError<T> | Journal.MissingJournal

/**
 * Provides {@link TestCluster}, and the stores that its processes share, for the test itself.
 *
 * @example
 * ```ts
 * import * as DurableTurn from "@effect-managed-agents/core/DurableTurn"
 * import * as Sessions from "@effect-managed-agents/core/Sessions"
 * import * as Fixtures from "@effect-managed-agents/testkit/Fixtures"
 * import * as TestCluster from "@effect-managed-agents/testkit/TestCluster"
 * import * as Testkit from "@effect-managed-agents/testkit/Testkit"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * export const test = Effect.gen(function*() {
 *   const cluster = yield* TestCluster.TestCluster
 *   const sessions = yield* Sessions.Sessions
 *   const session = yield* sessions.create({ agent: Fixtures.agentId, environment_id: Fixtures.environmentId })
 *   yield* cluster.kill("a", { afterSteps: 5 })
 *   yield* DurableTurn.start("greeting", session.id, "Hello")
 *   // adjust the `TestClock` meanwhile
 *   return yield* DurableTurn.result("greeting")
 * }).pipe(Effect.provide(TestCluster.layer().pipe(Layer.provideMerge(Testkit.layer()))))
 * ```
 *
 * @category layers
 */
export const layer = <E1 = never, R1 = never, E2 = never, R2 = never, T extends ToolRunner.Source = never>(
  options: Options<E1, R1, E2, R2, T> = {}
): Layer.Layer<
  TestCluster | TurnStore.TurnStore,
  never,
  ApiClient.ApiClient | Exclude<R1 | R2 | ToolRunner.Context<T>, TurnStore.TurnStore>
> =>
  // the store is provided, and the scope is the layer's
  Layer.scoped(TestCluster, make(options)).pipe(
    Layer.provideMerge(Layer.merge(TurnStore.layerMemory, Journal.layerMemory()))
  ) as Layer.Layer<
    TestCluster | TurnStore.TurnStore,
    never,
    ApiClient.ApiClient | Exclude<R1 | R2 | ToolRunner.Context<T>, TurnStore.TurnStore>
  >

// ---------------------------------------------------------------------------------------------------------------------
// Effects of tools
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Effects that tools have had on the world.
 * @category services
 */
export interface EffectsService {
  /** Notes an effect, at the moment at which the tool has it. */
  readonly note: (name: string) => Effect.Effect<void>
  /** The names of the effects so far. */
  readonly noted: Effect.Effect<ReadonlyArray<string>>
  /** The law that each tool effect happens once: no name is noted twice. For `Ledger.assert`. */
  readonly once: Ledger.Law
}

/**
 * Tag for {@link EffectsService}.
 * @category services
 */
export class Effects extends Context.Tag("@effect-managed-agents/testkit/TestCluster/Effects")<
  Effects,
  EffectsService
>() {}

/**
 * Makes an empty record of effects.
 * @category constructors
 */
export const makeEffects: Effect.Effect<EffectsService> = Effect.sync(() => {
  const noted: Array<{ readonly name: string; readonly at: number }> = []
  return Effects.of({
    note: (name) =>
      Effect.map(Clock.currentTimeMillis, (at) => {
        noted.push({ name, at })
      }),
    noted: Effect.sync(() => noted.map(({ name }) => name)),
    once: {
      name: "each tool effect once",
      offences: () =>
        noted.flatMap(({ at, name }, index) => {
          const first = noted.findIndex((other) => other.name === name)
          return first === index ? [] : [{
            message: `${name} happened again, ${at - (noted[first]?.at ?? at)} ms after the first time`,
            sessionId: "",
            moments: []
          }]
        })
    }
  })
})

/**
 * Provides {@link Effects}.
 * @category layers
 */
export const layerEffects: Layer.Layer<Effects> = Layer.effect(Effects, makeEffects)
