import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import type { Rules } from "../../Rules.ts"
import type { WebhookEndpoint } from "../../WebhookEndpoint.ts"
import type * as history from "../ledger/history.ts"
import * as scriptAgent from "../script/scriptAgent.ts"
import { ScriptFiber } from "../script/scriptFiber.ts"
import { SynchronousScheduler } from "../script/synchronousScheduler.ts"
import type { EffectRequest, Env, Outcome, ScriptFailure } from "../session/draft.ts"
import type { LiveEvent } from "../session/eventLog.ts"
import * as ids from "../session/ids.ts"
import type { Session } from "../session/state.ts"
import type { Micros } from "../session/timestamp.ts"
import * as time from "../session/timestamp.ts"
import * as transitions from "../session/transitions.ts"
import * as files from "../workspace/files.ts"
import * as work from "../workspace/work.ts"
import * as workspace from "../workspace/workspace.ts"
import type { Workspace } from "../workspace/workspace.ts"
import { outputOf } from "./outputs.ts"
import * as rateLimit from "./rateLimit.ts"
import * as subscription from "./subscription.ts"
import type { Subscription } from "./subscription.ts"
import type { Timer } from "./timers.ts"
import * as timers from "./timers.ts"
import * as webhooks from "./webhooks.ts"

/** A session and what is attached to it from outside: readers, a timer, running Effects. */
export interface Cell {
  session: Session
  readonly subscriptions: Set<Subscription>
  readonly timer: Timer
  /** By token. */
  readonly effects: Map<number, ScriptFiber>
}

/** A simulator that runs for weeks forgets the oldest of the failures that nobody has looked at. */
const maxFailures = 1000

/** Timer lag, in milliseconds, above which elapsed real time is ignored. */
const maxDelay = 250

/** One that runs for weeks counts anew, with other ids, when it has seen so many different requests. */
const maxOccurrences = 100_000

/**
 * The one owner of all state. Sessions are values; this holds the latest of each, puts what they emit on streams, and
 * wakes them when their time comes. Every change is one synchronous step, so nothing ever sees half of one.
 */
export class World {
  workspace: Workspace = workspace.empty
  /** By id. */
  readonly cells = new Map<string, Cell>()
  /** In order of creation. */
  readonly ordered: Array<Cell> = []
  created = 0
  limiter: rateLimit.Limiter
  readonly env: Env
  readonly root: ids.Key
  private webhooks: webhooks.Webhooks
  private readonly endpoints: ReadonlyArray<WebhookEndpoint>
  private readonly occurrences = new Map<string, number>()
  private epoch = 0
  private readonly clock: Clock.Clock
  private readonly runtime: Runtime.Runtime<never>
  private readonly scope: Scope.Scope
  private readonly note: (moment: Exclude<history.Moment, history.Asked>) => void
  private streams = 0
  /** The polls that wait for work. */
  private readonly polls = new Set<() => void>()
  private readonly timers = new timers.Timers()
  /** The timers of what is no session, by name. */
  private readonly alarms = new Map<string, Timer>()
  /** The fibers that sleep until a timer may be due, by that time. */
  private readonly sleepers = new Map<Micros, Fiber.RuntimeFiber<void>>()
  private readonly scheduler: SynchronousScheduler
  private readonly scriptFibers = new Set<ScriptFiber>()
  /** Scripts that failed, in the order of failing. */
  readonly failures: Array<ScriptFailure> = []
  /** Real time, to tell a test that hangs. */
  private readonly live = Clock.make()
  private lastProgress = 0
  private watching = false

  constructor(
    options: {
      readonly seed: number
      readonly rules: Rules
      readonly pace: Micros
      readonly clock: Clock.Clock
      readonly runtime: Runtime.Runtime<never>
      readonly scope: Scope.Scope
      readonly note: World["note"]
      readonly endpoints: ReadonlyArray<WebhookEndpoint>
    }
  ) {
    this.root = ids.root(options.seed)
    this.env = {
      rules: options.rules,
      script: (agentId) => workspace.scriptOf(this.workspace, agentId),
      pace: options.pace
    }
    this.limiter = rateLimit.make(options.rules)
    this.endpoints = options.endpoints
    this.webhooks = new webhooks.Webhooks(this, this.endpoints)
    this.clock = options.clock
    this.runtime = options.runtime
    this.scope = options.scope
    this.note = options.note
    this.scheduler = new SynchronousScheduler(
      FiberRefs.getOrDefault(options.runtime.fiberRefs, FiberRef.currentScheduler)
    )
  }

  now(): Micros {
    return time.now(this.clock)
  }

  /** A key for the n-th thing that is described by the same text. */
  key(kind: string, description: string): ids.Key {
    if (this.occurrences.size >= maxOccurrences) {
      this.occurrences.clear()
      this.epoch++
    }
    const origin = this.epoch === 0 ? this.root : ids.nth(this.root, this.epoch)
    const key = ids.child(ids.child(origin, kind), description)
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
    const cell: Cell = {
      session,
      subscriptions: new Set(),
      timer: timers.make((now) => this.commit(cell, transitions.advance(cell.session, now, this.env))),
      effects: new Map()
    }
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

  /**
   * Makes the outcome of a transition the state of a session, and lets the world know: streams, timers, and the Effects
   * of scripts, which go on at once as far as they can. What the service took from a client comes before all that it emits.
   */
  commit(cell: Cell, outcome: Outcome, taken: history.Took["events"] = []): void {
    if (taken.length > 0) this.note({ _tag: "Took", at: this.at(), sessionId: cell.session.id, events: taken })
    this.scheduler.run(() => this.apply(cell, outcome))
    this.recordProgress()
    this.watch()
  }

  private apply(cell: Cell, outcome: Outcome): void {
    cell.session = outcome.session
    for (const { event, session, thread } of outcome.emissions) {
      if (session) this.webhooks.announceAll(cell.session, event)
      this.keepOutput(cell.session, event)
      this.noteEmitted(cell.session.id, event, session ? null : thread)
      for (const one of cell.subscriptions) {
        if (one.thread === null ? session : one.thread === thread) subscription.offer(one, event)
      }
    }
    for (const one of cell.subscriptions) {
      if (this.isOver(cell.session, one)) this.end(cell, one)
    }
    this.set(cell.timer, transitions.nextDue(cell.session))
    for (const failure of outcome.failures) this.report(failure)
    if (cell.effects.size > 0) {
      const awaited = transitions.awaitedEffects(cell.session)
      for (const [token, scriptFiber] of cell.effects) if (!awaited.has(token)) this.dismiss(cell, token, scriptFiber)
    }
    this.ensureWork(cell, outcome.emissions.some(({ event }) => event.type === "session.status_running"))
    for (const { played, token } of outcome.replies) cell.effects.get(token)?.reply(played)
    for (const request of outcome.effects) this.runEffect(cell, request)
  }

  /** Makes what an agent has written a file of its session. */
  private keepOutput(session: Session, event: LiveEvent): void {
    const file = outputOf(session, event)
    if (file === undefined) return
    const id = ids.format("file", this.key("output", `${session.id} ${file.name}`))
    const output = { file, sessionId: session.id, now: this.now() }
    this.workspace = { ...this.workspace, files: files.add(this.workspace.files, id, output) }
  }

  /** Queues work for a session that needs a worker and has none, and wakes the polls that wait. */
  ensureWork({ session }: Cell, hasBegun = false): void {
    if (session.environment.type !== "self_hosted") return
    const queue = work.ensure(this.workspace.work, session, hasBegun, this.now())
    if (queue === this.workspace.work) return
    this.workspace = { ...this.workspace, work: queue }
    const waiting = [...this.polls]
    this.polls.clear()
    for (const wake of waiting) wake()
  }

  /** Waits until there is more work, or until a time. */
  workBefore(until: Micros): Effect.Effect<void> {
    return Effect.async<void>((resume) => {
      const wake = () => {
        this.polls.delete(wake)
        this.set(timer, undefined)
        resume(Effect.void)
      }
      const timer = timers.make(wake)
      this.polls.add(wake)
      this.set(timer, until)
      return Effect.sync(() => {
        this.polls.delete(wake)
        this.set(timer, undefined)
      })
    })
  }

  /** Opens a stream. It sees what is emitted from this moment on, until the scope closes. */
  open(
    cell: Cell,
    options: Pick<Subscription, "isSpectator" | "key" | "previewed" | "thread">
  ): Effect.Effect<Subscription, never, Scope.Scope> {
    return Effect.gen(this, function*() {
      const { rules } = this.env
      const { thread } = options
      const followed = cell.session.threads.find((one) => one.id === thread) ?? cell.session.threads[0]
      const one = subscription.make({
        ...options,
        number: options.isSpectator ? 0 : ++this.streams,
        rules,
        previewing: (followed.play?.request ?? null) === null
      })
      if (!one.isSpectator) {
        this.note({ _tag: "Opened", at: this.at(), stream: one.number, sessionId: cell.session.id, threadId: thread })
      }
      if (this.isOver(cell.session, one)) {
        this.end(cell, one)
        return one
      }
      cell.subscriptions.add(one)
      const stop = this.keepAlive(cell, one)
      yield* Scope.addFinalizer(
        yield* Effect.scope,
        Effect.sync(() => {
          cell.subscriptions.delete(one)
          stop()
          if (!one.ended) this.noteClosed(cell, one, "client")
          // whoever still reads learns that the connection is closed
          subscription.end(one)
        })
      )
      return one
    })
  }

  /** Ends a stream once what was emitted is read. */
  end(cell: Cell, one: Subscription): void {
    if (one.ended) return
    subscription.end(one)
    this.noteClosed(cell, one, "service")
  }

  /** Puts a part of the workspace in the place of the one before. Webhooks tell of it unless nothing has changed. */
  keep<Part extends keyof Workspace, A>(
    part: Part,
    [next, changed]: readonly [Workspace[Part], A],
    changeOf?: (changed: A) => webhooks.Change
  ): A {
    if (changeOf !== undefined && next !== this.workspace[part]) this.announce(changeOf(changed))
    this.workspace = { ...this.workspace, [part]: next }
    return changed
  }

  /** Lets the endpoints of webhooks know that something has changed. */
  announce(change: webhooks.Change): void {
    this.webhooks.announce(change)
  }

  private noteEmitted(sessionId: string, event: LiveEvent, threadId: string | null): void {
    this.note({
      _tag: "Emitted",
      // when it happened: the timestamps of a session that began after the time of the test are ahead of it
      at: this.at(),
      sessionId,
      threadId,
      // it was made by typed constructors, or injected by a test on purpose
      event: event as history.Emitted["event"]
    })
  }

  private noteClosed(cell: Cell, one: Subscription, by: history.Closed["by"]): void {
    if (one.isSpectator) return
    this.note({ _tag: "Closed", at: this.at(), stream: one.number, sessionId: cell.session.id, by })
  }

  private at(): string {
    return time.format(this.now())
  }

  /**
   * Ages a stream: it ends at its age, and a reader that waits gets heartbeats; one that does not
   * finds the overdue one when it comes.
   */
  private keepAlive(cell: Cell, one: Subscription): () => void {
    const { heartbeat, maxStreamAge } = this.env.rules
    const start = this.now()
    const age = timers.make(() => this.end(cell, one))
    if (Duration.isFinite(maxStreamAge)) {
      const lifetime = Duration.times(maxStreamAge, 0.5 + ids.fraction(one.key) / 2)
      this.set(age, start + Math.round(Duration.toMillis(lifetime) * 1000))
    }
    let beats = 0
    const interval = Duration.toMillis(heartbeat) * 1000
    const beat = () => {
      beats = Math.floor((this.now() - start) / interval)
      this.recordProgress()
      subscription.beat(one)
    }
    const next = timers.make(() => {
      if (one.wake !== undefined) beat()
    })
    if (Duration.isFinite(heartbeat)) {
      one.onWait = () => {
        const due = start + (beats + 1) * interval
        if (due <= this.now()) beat()
        else this.set(next, due)
      }
    }
    return () => {
      this.set(age, undefined)
      this.set(next, undefined)
    }
  }

  /** Resets the hang watchdog. */
  recordProgress(): void {
    this.lastProgress = this.live.unsafeCurrentTimeMillis()
  }

  /** Drops every session and closes every stream. */
  clear(): void {
    for (const cell of this.cells.values()) this.release(cell)
    for (const alarm of this.alarms.values()) this.set(alarm, undefined)
    this.alarms.clear()
    this.streams = 0
    for (const fiber of this.sleepers.values()) fiber.unsafeInterruptAsFork(FiberId.none)
    this.sleepers.clear()
    this.cells.clear()
    this.ordered.length = 0
    this.occurrences.clear()
    this.epoch = 0
    this.failures.length = 0
    this.created = 0
    this.limiter = rateLimit.make(this.env.rules)
    this.webhooks.stop()
    this.webhooks = new webhooks.Webhooks(this, this.endpoints)
  }

  /** Tells whether nothing will ever come on a stream again, and the server says so. */
  private isOver(session: Session, { thread }: Subscription): boolean {
    return this.env.rules.closeEndedStreams && (
      session.status === "terminated" ||
      session.threads.some((one) => one.id === thread && one.status === "terminated")
    )
  }

  /** The same for good, and waits until the Effects of scripts have come to their ends. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    const fibers = [...this.scriptFibers].flatMap(({ fiber }) => fiber === undefined ? [] : [fiber])
    this.clear()
    return Fiber.interruptAll(fibers)
  })

  private release(cell: Cell): void {
    for (const one of cell.subscriptions) this.end(cell, one)
    this.set(cell.timer, undefined)
    for (const [token, scriptFiber] of cell.effects) this.dismiss(cell, token, scriptFiber)
  }

  fork(effect: Effect.Effect<void>): Fiber.RuntimeFiber<void> {
    return Runtime.runFork(this.runtime)(effect, { scope: this.scope })
  }

  /** Sets what is to happen at a time, in place of what was set under the same name. */
  setAlarm(name: string, due: Micros | undefined, run: (now: Micros) => void): void {
    const before = this.alarms.get(name)
    if (before !== undefined) this.set(before, undefined)
    this.alarms.delete(name)
    if (due === undefined) return
    const alarm = timers.make(run)
    this.alarms.set(name, alarm)
    this.set(alarm, due)
  }

  private set(timer: Timer, due: Micros | undefined): void {
    this.timers.set(timer, due)
    this.arm()
  }

  /** One fiber sleeps for all timers: under a `TestClock` every fiber that wakes up costs milliseconds. */
  private arm(): void {
    const { next } = this.timers
    if (next === undefined) return
    // who sleeps longer than needed in the end is left alone: a `TestClock` wakes also those that were interrupted
    for (const due of this.sleepers.keys()) if (due <= next) return
    const sleeping = this.clock.sleep(Duration.millis(Math.max(0, (next - this.now()) / 1000))).pipe(
      Effect.zipRight(Effect.sync(() => {
        this.sleepers.delete(next)
        const now = Math.max(next, this.now())
        for (let timer = this.timers.take(now); timer !== undefined; timer = this.timers.take(now)) timer.run(now)
        this.arm()
      }))
    )
    const fiber = this.fork(sleeping)
    // what is due already happens at once under a `TestClock`
    if (fiber.unsafePoll() === null) this.sleepers.set(next, fiber)
  }

  private runEffect(cell: Cell, { about, step, token }: EffectRequest): void {
    // what was played for another may have ended the turn
    if (!transitions.awaitedEffects(cell.session).has(token)) return
    const scriptFiber = new ScriptFiber(
      (operation) => this.commit(cell, transitions.perform(cell.session, this.now(), this.env, token, operation)),
      (ending) => {
        this.forget(cell, token, scriptFiber)
        this.commit(cell, transitions.endEffect(cell.session, this.now(), this.env, token, ending))
      }
    )
    cell.effects.set(token, scriptFiber)
    this.scriptFibers.add(scriptFiber)
    const agent = scriptAgent.make(about, (operation) => scriptFiber.perform(operation))
    // the Effect is a test author's and may fail with anything: the whole cause becomes an error of the session
    // @effect-diagnostics-next-line anyUnknownInErrorContext:off
    const run = Effect.suspend(() => step.effect(agent)).pipe(
      Effect.exit,
      Effect.map((exit) =>
        this.scheduler.run(() =>
          scriptFiber.ended(
            Exit.isSuccess(exit) ? { _tag: "Success" } : { _tag: "Failure", cause: Cause.pretty(exit.cause) }
          )
        )
      )
    )
    // it begins when its fiber is known, but within this step
    scriptFiber.fiber = Runtime.runFork(this.runtime)(run, { scheduler: this.scheduler, immediate: false })
  }

  private dismiss(cell: Cell, token: number, scriptFiber: ScriptFiber): void {
    this.forget(cell, token, scriptFiber)
    scriptFiber.stop()
  }

  private forget(cell: Cell, token: number, scriptFiber: ScriptFiber): void {
    cell.effects.delete(token)
    this.scriptFibers.delete(scriptFiber)
  }

  private report(failure: ScriptFailure): void {
    this.failures.push(failure)
    if (this.failures.length > maxFailures) this.failures.shift()
    const { agentId, message, sessionId, threadId } = failure
    this.fork(Effect.annotateLogs(Effect.logError(message), { agentId, sessionId, threadId }))
  }

  /**
   * Watches over the Effects that keep a session waiting. One that waits for what will never come would have a test hang
   * without a word, and in virtual time there is no time-out that could end it.
   */
  private watch(): void {
    const { scriptTimeout } = this.env.rules
    if (this.watching || !Duration.isFinite(scriptTimeout) || !this.isKeptWaiting()) return
    this.watching = true
    const look: Effect.Effect<void> = Effect.suspend(() => {
      if (!this.isKeptWaiting()) {
        this.watching = false
        return Effect.void
      }
      const left = this.lastProgress + Duration.toMillis(scriptTimeout) - this.live.unsafeCurrentTimeMillis()
      if (left > 0) {
        const due = this.live.unsafeCurrentTimeMillis() + left
        return this.live.sleep(Duration.millis(left)).pipe(
          Effect.zipRight(Effect.suspend(() => {
            // the timer fired late, so the event loop was blocked: restart the countdown
            if (this.live.unsafeCurrentTimeMillis() > due + maxDelay) this.recordProgress()
            return look
          }))
        )
      }
      this.watching = false
      this.giveUp(
        `it has not gone on for ${Duration.format(scriptTimeout)} of real time (Rules.scriptTimeout): ` +
          "it waits for something that does not happen"
      )
      return Effect.void
    })
    this.fork(look)
  }

  private isKeptWaiting(): boolean {
    for (const scriptFiber of this.scriptFibers) if (scriptFiber.isAwaited) return true
    return false
  }

  private giveUp(cause: string): void {
    for (const cell of this.cells.values()) {
      for (const [token, scriptFiber] of cell.effects) {
        if (!scriptFiber.isAwaited) continue
        const failed = transitions.endEffect(cell.session, this.now(), this.env, token, { _tag: "Failure", cause })
        this.commit(cell, failed)
      }
    }
  }
}

const byCreation = (a: Cell, b: Cell): number =>
  a.session.createdAt - b.session.createdAt || a.session.seq - b.session.seq
