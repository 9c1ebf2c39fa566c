import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import type * as Ledger from "../Ledger.ts"
import type { Rules } from "../Rules.ts"
import type { EffectRequest, Env, Outcome } from "./draft.ts"
import type { LiveEvent } from "./eventLog.ts"
import * as ids from "./ids.ts"
import * as rateLimit from "./rateLimit.ts"
import * as registry from "./registry.ts"
import type { Registry } from "./registry.ts"
import type { Session } from "./state.ts"
import * as tail from "./tail.ts"
import type { Tail } from "./tail.ts"
import type { Micros } from "./time.ts"
import * as time from "./time.ts"
import * as transitions from "./transitions.ts"

/** A session and what is attached to it from outside: readers, a timer, running Effects. */
export interface Cell {
  session: Session
  readonly tails: Set<Tail>
  timer: { readonly due: Micros; readonly fiber: Fiber.RuntimeFiber<void> } | undefined
  readonly effects: Map<number, Fiber.RuntimeFiber<void>>
}

/**
 * The one owner of all state. Sessions are values; this holds the latest of each, puts what they emit on streams, and
 * wakes them when their time comes. Every change is one synchronous step, so nothing ever sees half of one.
 */
export class World {
  registry: Registry = registry.empty
  /** By id. */
  readonly cells = new Map<string, Cell>()
  /** In order of creation. */
  readonly ordered: Array<Cell> = []
  created = 0
  limiter: rateLimit.Limiter
  readonly env: Env
  readonly root: ids.Key
  private readonly occurrences = new Map<string, number>()
  private readonly clock: Clock.Clock
  private readonly runtime: Runtime.Runtime<never>
  private readonly scope: Scope.Scope
  private readonly note: (moment: Exclude<Ledger.Moment, Ledger.Asked>) => void
  private streams = 0

  constructor(
    options: {
      readonly seed: number
      readonly rules: Rules
      readonly clock: Clock.Clock
      readonly runtime: Runtime.Runtime<never>
      readonly scope: Scope.Scope
      readonly note: World["note"]
    }
  ) {
    this.root = ids.root(options.seed)
    this.env = { rules: options.rules, script: (agentId) => registry.scriptOf(this.registry, agentId) }
    this.limiter = rateLimit.make(options.rules)
    this.clock = options.clock
    this.runtime = options.runtime
    this.scope = options.scope
    this.note = options.note
  }

  now(): Micros {
    return Math.floor(this.clock.unsafeCurrentTimeMillis() * 1000)
  }

  /** A key for the n-th thing that is described by the same text. */
  key(kind: string, description: string): ids.Key {
    const key = ids.child(ids.child(this.root, kind), description)
    const name = key.join()
    const n = this.occurrences.get(name) ?? 0
    this.occurrences.set(name, n + 1)
    return ids.nth(key, n)
  }

  /** A session that is up to date. */
  find(id: string): Cell | undefined {
    const cell = this.cells.get(id)
    if (cell === undefined) return undefined
    const due = transitions.nextDue(cell.session)
    const now = this.now()
    if (due !== undefined && due <= now) this.commit(cell, transitions.advance(cell.session, now, this.env))
    return cell
  }

  /** Brings all sessions up to date. */
  all(): ReadonlyArray<Cell> {
    for (const cell of this.ordered) this.find(cell.session.id)
    return this.ordered
  }

  add(session: Session): Cell {
    const cell: Cell = { session, tails: new Set(), timer: undefined, effects: new Map() }
    this.cells.set(session.id, cell)
    const last = this.ordered.at(-1)
    this.ordered.push(cell)
    if (last !== undefined && last.session.createdAt > session.createdAt) this.ordered.sort(byCreation)
    return cell
  }

  remove(cell: Cell): void {
    this.cells.delete(cell.session.id)
    this.ordered.splice(this.ordered.indexOf(cell), 1)
    this.release(cell)
  }

  /** Makes the outcome of a transition the state of a session, and lets the world know. */
  commit(cell: Cell, outcome: Outcome): void {
    cell.session = outcome.session
    for (const { event, session, thread } of outcome.emissions) {
      this.noteEmitted(cell.session.id, event, session ? null : thread)
      for (const one of cell.tails) {
        if (one.thread === null ? session : one.thread === thread) tail.offer(one, event)
      }
    }
    for (const one of cell.tails) {
      if (this.isOver(cell.session, one)) this.end(cell, one)
    }
    this.arm(cell)
    for (const request of outcome.effects) this.runEffect(cell, request)
    if (cell.effects.size > 0) {
      const awaited = transitions.awaitedEffects(cell.session)
      for (const [token, fiber] of cell.effects) {
        if (awaited.has(token)) continue
        cell.effects.delete(token)
        fiber.unsafeInterruptAsFork(FiberId.none)
      }
    }
  }

  /** Opens a stream. It sees what is emitted from this moment on, until the scope closes. */
  open(
    cell: Cell,
    options: Pick<Tail, "key" | "previewed" | "thread">
  ): Effect.Effect<Tail, never, Scope.Scope> {
    return Effect.gen(this, function*() {
      const { rules } = this.env
      const { thread } = options
      const followed = cell.session.threads.find((one) => one.id === thread) ?? cell.session.threads[0]
      const one = tail.make({
        ...options,
        number: ++this.streams,
        rules,
        previewing: (followed.play?.request ?? null) === null
      })
      this.note({ _tag: "Opened", at: this.at(), stream: one.number, sessionId: cell.session.id, threadId: thread })
      if (this.isOver(cell.session, one)) {
        this.end(cell, one)
        return one
      }
      cell.tails.add(one)
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          cell.tails.delete(one)
          if (!one.ended) this.noteClosed(cell, one, "client")
        })
      )
      const { heartbeat, maxStreamAge } = rules
      if (Duration.isFinite(maxStreamAge)) {
        yield* this.clock.sleep(Duration.times(maxStreamAge, 0.5 + ids.fraction(one.key) / 2)).pipe(
          Effect.zipRight(Effect.sync(() => this.end(cell, one))),
          Effect.forkScoped
        )
      }
      if (Duration.isFinite(heartbeat)) {
        yield* this.clock.sleep(heartbeat).pipe(
          Effect.zipRight(Effect.sync(() => tail.beat(one))),
          Effect.forever,
          Effect.forkScoped
        )
      }
      return one
    })
  }

  /** Ends a stream once what was emitted is read. */
  end(cell: Cell, one: Tail): void {
    if (one.ended) return
    tail.end(one)
    this.noteClosed(cell, one, "service")
  }

  /** Writes down what a client has sent and the service has taken. */
  noteTaken(cell: Cell, events: Ledger.Took["events"]): void {
    this.note({ _tag: "Took", at: this.at(), sessionId: cell.session.id, events })
  }

  private noteEmitted(sessionId: string, event: LiveEvent, threadId: string | null): void {
    const stamp = "processed_at" in event && typeof event.processed_at === "string" ? event.processed_at : this.at()
    // what is emitted was made by typed constructors, or injected by a test on purpose
    this.note({ _tag: "Emitted", at: stamp, sessionId, threadId, event: event as Ledger.Emitted["event"] })
  }

  private noteClosed(cell: Cell, one: Tail, by: Ledger.Closed["by"]): void {
    this.note({ _tag: "Closed", at: this.at(), stream: one.number, sessionId: cell.session.id, by })
  }

  private at(): string {
    return time.format(this.now())
  }

  /** Drops every session and closes every stream. */
  clear(): void {
    for (const cell of this.cells.values()) this.release(cell)
    this.streams = 0
    this.cells.clear()
    this.ordered.length = 0
    this.occurrences.clear()
    this.created = 0
    this.limiter = rateLimit.make(this.env.rules)
  }

  /** Whether nothing will ever come on a stream again, and the server says so. */
  private isOver(session: Session, { thread }: Tail): boolean {
    return this.env.rules.closeEndedStreams && (
      session.status === "terminated" ||
      session.threads.some((one) => one.id === thread && one.status === "terminated")
    )
  }

  private release(cell: Cell): void {
    for (const one of cell.tails) this.end(cell, one)
    cell.timer?.fiber.unsafeInterruptAsFork(FiberId.none)
    cell.timer = undefined
    for (const fiber of cell.effects.values()) fiber.unsafeInterruptAsFork(FiberId.none)
    cell.effects.clear()
  }

  private fork(effect: Effect.Effect<void>): Fiber.RuntimeFiber<void> {
    return Runtime.runFork(this.runtime)(effect, { scope: this.scope })
  }

  private arm(cell: Cell): void {
    const due = transitions.nextDue(cell.session)
    if (cell.timer?.due === due) return
    cell.timer?.fiber.unsafeInterruptAsFork(FiberId.none)
    cell.timer = undefined
    if (due === undefined) return
    const fiber = this.clock.sleep(Duration.millis(Math.max(0, (due - this.now()) / 1000))).pipe(
      Effect.zipRight(Effect.sync(() => {
        // this fiber is the timer: it must not interrupt itself
        cell.timer = undefined
        this.commit(cell, transitions.advance(cell.session, Math.max(due, this.now()), this.env))
      }))
    )
    cell.timer = { due, fiber: this.fork(fiber) }
  }

  private runEffect(cell: Cell, { context, step, token }: EffectRequest): void {
    const resume = (exit: Parameters<typeof transitions.resumeEffect>[4]) =>
      Effect.sync(() => {
        cell.effects.delete(token)
        this.commit(cell, transitions.resumeEffect(cell.session, this.now(), this.env, token, exit))
      })
    // the Effect is a test author's and may fail with anything: the whole cause becomes an error of the session
    // @effect-diagnostics-next-line anyUnknownInErrorContext:off
    const fiber = Effect.suspend(() => step.effect(context)).pipe(
      Effect.exit,
      Effect.flatMap((exit) => {
        if (Exit.isSuccess(exit)) return resume({ _tag: "Success", steps: exit.value ?? [] })
        if (Cause.isInterruptedOnly(exit.cause)) return Effect.void
        return resume({
          _tag: "Failure",
          message: `The script of agent ${cell.session.agent.id} failed: ${Cause.pretty(exit.cause)}`
        })
      })
    )
    cell.effects.set(token, this.fork(fiber))
  }
}

const byCreation = (a: Cell, b: Cell): number =>
  a.session.createdAt - b.session.createdAt || a.session.seq - b.session.seq
