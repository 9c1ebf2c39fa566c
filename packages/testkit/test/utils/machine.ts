import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Runtime from "effect/Runtime"
import type * as Scheduler from "effect/Scheduler"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as virtualClock from "../../src/internal/time/virtualClock.ts"
import * as Simulator from "../../src/Simulator.ts"
import type { Json } from "./wire.ts"
import { jsonOf, request } from "./wire.ts"

/** Which of so many fibers that can run runs next. */
export type Pick = (count: number) => number

/** A stream that was opened: its bytes, and what they say. */
export interface Reader {
  readonly events: ReadonlyArray<Json>
  readonly bytes: () => string
  readonly ended: () => boolean
  readonly close: () => void
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly json: Json
}

/** A simulator whose fibers and time move only when it is told so, and at once: thousands fit into a second. */
export interface Machine {
  readonly ask: (method: string, url: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Answer
  readonly open: (url: string) => Answer | Reader
  /** Runs an effect as far as it goes by itself, together with every other fiber that can run. */
  readonly fork: <A>(effect: Effect.Effect<A>) => Fiber.RuntimeFiber<A>
  /** The same, for an effect that comes to its end. */
  readonly run: <A>(effect: Effect.Effect<A>) => A
  readonly advance: (millis: number) => void
  readonly clock: virtualClock.VirtualClock
  readonly simulator: Simulator.Service
  readonly close: () => void
}

const decoder = new TextDecoder()

const inOrder: Pick = () => 0

export const start = 1_800_000_000_000

export const make = (options: Simulator.Options, pick: Pick = inOrder): Machine => {
  const tasks: Array<() => void> = []
  const scheduler: Scheduler.Scheduler = {
    scheduleTask: (task) => {
      tasks.push(task)
    },
    shouldYield: () => false
  }
  const flush = () => {
    for (let task = tasks.splice(pick(tasks.length), 1)[0]; task !== undefined;) {
      task()
      task = tasks.splice(pick(tasks.length), 1)[0]
    }
  }
  const clock = virtualClock.make(start, Effect.sync(flush))
  const scope = Effect.runSync(Scope.make())

  const exitOf = <A>(fiber: Fiber.RuntimeFiber<A>): A => {
    const exit = fiber.unsafePoll()
    if (exit === null) throw new Error("does not end by itself")
    return Exit.getOrElse(exit, (cause) => {
      throw new Error(Cause.pretty(cause))
    })
  }
  const runtime: Runtime.Runtime<never> = Effect.runSync(
    // scripts that fail on purpose are logged by the thousand
    Effect.scoped(Layer.toRuntime(Layer.provideMerge(Layer.setClock(clock), Logger.remove(Logger.defaultLogger))))
  )
  const fork = <A>(effect: Effect.Effect<A>): Fiber.RuntimeFiber<A> => {
    const fiber = Runtime.runFork(runtime)(Clock.currentTimeMillis.pipe(Effect.zipRight(effect)), { scheduler })
    flush()
    return fiber
  }
  const run = <A>(effect: Effect.Effect<A>): A => exitOf(fork(effect))
  const simulator = run(Scope.extend(Simulator.make(options), scope))

  // there are no faults here
  const handle = (request: Simulator.Request) => Effect.orDie(simulator.handle(request))
  const answer = (response: Simulator.Response): Answer => ({
    status: response.status,
    headers: response.headers,
    json: jsonOf(response)
  })

  return {
    ask: (method, url, body, headers) =>
      answer(run(Effect.scoped(handle(request(method, url, body, headers === undefined ? {} : { headers }))))),
    open: (url) => {
      const own = run(Scope.make())
      const response = run(Scope.extend(handle(request("GET", url)), own))
      const close = () => run(Scope.close(own, Exit.void))
      if (response.body._tag !== "Events") {
        close()
        return answer(response)
      }
      const events: Array<Json> = []
      const chunks: Array<string> = []
      const fiber = fork(
        Stream.runForEach(Stream.orDie(response.body.stream), (bytes) =>
          Effect.sync(() => {
            const text = decoder.decode(bytes)
            chunks.push(text)
            const data = /^data: (.*)$/m.exec(text)?.[1]
            if (data !== undefined) events.push(JSON.parse(data))
          }))
      )
      return {
        events,
        bytes: () => chunks.join(""),
        ended: () => fiber.unsafePoll() !== null,
        close: () => {
          flush()
          fiber.unsafeInterruptAsFork(fiber.id())
          flush()
          close()
        }
      }
    },
    fork,
    run,
    clock,
    advance: (millis) => run(clock.advance(millis)),
    simulator,
    close: () => run(Scope.close(scope, Exit.void))
  }
}
