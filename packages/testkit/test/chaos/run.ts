/** A run: turns are started and answered while things happen to the processes that run them. */
import * as DurableTurn from "@effect-managed-agents/core/DurableTurn"
import type * as Ids from "@effect-managed-agents/core/Ids"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import type * as TurnRecord from "@effect-managed-agents/core/TurnRecord"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type * as postgres from "../../../core/test/utils/postgres.ts"
import * as AgentScript from "../../src/AgentScript.ts"
import { judge } from "./judge.ts"
import type { Machine } from "./machine.ts"
import * as machines from "./machine.ts"
import { beside, create, pay } from "./place.ts"
import * as plans from "./plan.ts"
import * as processes from "./processes.ts"
import type { Engine } from "./world.ts"
import { clients } from "./world.ts"

const { say, sleep, together, tool } = AgentScript

/** In which turns pay by themselves, two at a time, and after being allowed to. */
const script = [
  [sleep("500 millis"), pay(1), sleep("300 millis"), tool({ name: "bash", permission: "ask" }), pay(2), say("Done.")],
  [together(pay(1), pay(2)), sleep("500 millis"), pay(3, "pay_much"), say("Done.")]
]

type Client = Effect.Effect.Success<typeof clients.lease>

/** Tries again until it works: whoever uses the library from outside has to, while the database is down. */
export const patiently = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, never, R> =>
  Effect.catchAll(self, () => Effect.zipRight(Effect.sleep("500 millis"), patiently(self)))

/** Starts a turn, and answers what it waits for until it has ended. */
const drive = (client: Client, session: Ids.SessionId, id: string) =>
  Effect.gen(function*() {
    yield* patiently(client.start(session, id, id))
    for (;;) {
      const record: TurnRecord.TurnRecord = yield* patiently(DurableTurn.result(id, { pollEvery: "1 second" }))
      if (record._tag !== "RequiresAction") return
      yield* Effect.sleep(yield* Random.nextRange(100, 1500))
      for (const action of record.actions) {
        if (action._tag !== "Confirmation" && action._tag !== "ToolApproval") continue
        // one that was answered before is refused
        yield* Effect.ignore(client.answer(action, PendingAction.allow))
      }
      yield* patiently(client.wake(session))
      yield* Effect.sleep("200 millis")
    }
  })

/** Does to the processes what the plan says. */
const disturb = (
  steps: ReadonlyArray<plans.Step>,
  runners: processes.Runners,
  server: postgres.Postgres,
  restarts: Array<number>
) => {
  const begin = Date.now()
  const restart = (slot: number) =>
    Effect.gen(function*() {
      yield* Effect.sleep(yield* Random.nextRange(100, 1500))
      if (runners.at(slot) === undefined) runners.start(slot)
    })
  const replace = (slot: number) =>
    Effect.gen(function*() {
      const runner = runners.at(slot)
      // a frozen one does not see the signal
      if (runner !== undefined && !runner.isFrozen) {
        yield* Effect.promise(() => runners.end(runner)).pipe(
          Effect.timeoutTo({
            duration: "25 seconds",
            onSuccess: () => Effect.void,
            onTimeout: () => Effect.promise(() => runners.kill(runner))
          }),
          Effect.flatten
        )
      }
      if (runners.at(slot) === undefined) runners.start(slot)
      yield* Effect.sleep("2 seconds")
    })
  const act = (step: plans.Step) =>
    Effect.gen(function*() {
      const runner = runners.at(step.slot)
      switch (step.what) {
        case "kill":
          if (runner !== undefined) yield* Effect.promise(() => runners.kill(runner))
          return yield* restart(step.slot)
        case "freeze":
          if (runner === undefined || runner.isFrozen || runner.isLeaving) return
          runners.freeze(runner)
          yield* Effect.sleep(step.length)
          return runners.at(step.slot) === runner ? runners.thaw(runner) : undefined
        case "restart":
          restarts.push(Date.now())
          yield* server.stop
          yield* Effect.sleep("300 millis")
          yield* server.start
          return restarts.push(Date.now())
        case "deploy":
          return yield* Effect.forEach(runners.all().map((_, slot) => slot), replace, { discard: true })
      }
    })
  return Effect.forEach(
    steps,
    (step) => Effect.delay(act(step), Math.max(0, step.at - (Date.now() - begin))),
    { concurrency: "unbounded", discard: true }
  )
}

/** Starts again what has ended by itself, as a supervisor does. */
const supervise = (runners: processes.Runners, slots: number) =>
  Effect.forever(
    Effect.delay(
      Effect.sync(() => {
        for (let slot = 0; slot < slots; slot++) if (runners.at(slot) === undefined) runners.start(slot)
      }),
      "3 seconds"
    )
  )

interface Options extends plans.Sizes {
  readonly engine: Engine
  readonly seed: number
  readonly maxGap: number
  readonly program: ReadonlyArray<string>
  /** The bundled program that measures what others on the machine take. */
  readonly probe: string
  /** The folder for what the runners print. */
  readonly logs: string
}

/** Waits until it is done, and gives it up after some milliseconds; those that others took do not count. */
const atMost = <A, E>(fiber: Fiber.Fiber<A, E>, millis: number, { stolen }: Machine) => {
  const begin = Date.now()
  const wait: Effect.Effect<boolean, E> = Effect.suspend(() => {
    const left = begin + millis + stolen(begin, Date.now()) - Date.now()
    return left <= 0
      ? Effect.as(Fiber.interrupt(fiber), false)
      : Effect.flatMap(
        Effect.timeoutOption(Fiber.join(fiber), Math.min(left, 1000)),
        Option.match({ onNone: () => wait, onSome: () => Effect.succeed(true) })
      )
  })
  return wait
}

/** Runs it all, and judges it. */
export const run = (options: Options) =>
  beside({ turns: script }, ({ server, url }) =>
    Effect.gen(function*() {
      const { engine, slots, turns } = options
      const machine = yield* machines.watch(options.probe)
      const random = Random.make(options.seed)
      const client = yield* clients[engine]
      const steps = yield* Effect.withRandom(plans.make(options), random)
      const runners = yield* processes.make({ ...options, postgres: server.port, url, lease: 6000, payTime: 150 })
      for (let slot = 0; slot < slots; slot++) {
        runners.start(slot)
        // tables of the cluster are made by whoever is first
        if (slot === 0 && engine === "cluster") yield* Effect.sleep("3 seconds")
      }
      const restarts: Array<number> = []
      const duration = plans.durationOf(options)
      const sessions = yield* Effect.replicateEffect(create, Math.ceil(turns / script.length))
      const moments = yield* Effect.withRandom(Effect.replicateEffect(Random.nextRange(0, duration), turns), random)
      const starts = moments.sort((a, b) => a - b)
      yield* Effect.forkScoped(Effect.delay(supervise(runners, slots), "10 seconds"))
      const chaos = yield* Effect.forkScoped(disturb(steps, runners, server, restarts))
      const driving = yield* Effect.forkScoped(Effect.forEach(
        starts,
        (at, index) => {
          const { id } = sessions[index % sessions.length]!
          return Effect.delay(drive(client, id, `turn-${index}`), at)
        },
        { concurrency: "unbounded", discard: true }
      ))
      const isComplete = yield* atMost(driving, duration + 90_000, machine)
      yield* chaos.await.pipe(Effect.timeoutOption("60 seconds"))
      for (const runner of runners.all()) if (runner.isFrozen) runners.thaw(runner)
      const verdict = yield* judge({
        incidents: runners.incidents,
        restarts,
        maxGap: options.maxGap,
        stolen: machine.stolen
      })
      return { ...verdict, incidents: [...runners.incidents], isComplete }
    }))
