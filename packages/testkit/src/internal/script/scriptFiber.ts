import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import type { Message } from "../../AgentScript.ts"
import type { Played } from "../session/draft.ts"
import type { Ending } from "../session/interpreter.ts"
import type { Operation } from "./scriptMessages.ts"

interface Ticket {
  readonly operation: Operation
  played: Played | undefined
  resume: ((effect: Effect.Effect<Played>) => void) | undefined
  abandoned: boolean
}

/**
 * An Effect of a script that runs. It plays what the Effect asks for, one operation after another, in the order of
 * asking: what was begun cannot be taken back, so whoever gives up on an operation does not end it.
 */
export class ScriptFiber {
  fiber: Fiber.RuntimeFiber<void> | undefined
  private current: Ticket | undefined
  private readonly queue: Array<Ticket> = []
  private ending: Ending | undefined
  private over = false
  private busy = false
  /** Messages that nobody waited for any more when they came. */
  private readonly kept: Array<Message> = []

  private readonly play: (operation: Operation) => void
  private readonly end: (ending: Ending) => void

  constructor(play: (operation: Operation) => void, end: (ending: Ending) => void) {
    this.play = play
    this.end = end
  }

  /** Tells whether the session waits for the Effect, and not the Effect for the session. */
  get isAwaited(): boolean {
    return !this.over && this.current === undefined
  }

  perform(operation: Operation): Effect.Effect<Played> {
    return Effect.suspend(() => {
      if (this.over) return Effect.interrupt
      const kept = operation.steps.some((step) => "listen" in step) ? this.kept.shift() : undefined
      if (kept !== undefined) return Effect.succeed({ calls: [], reports: [], message: kept })
      const ticket: Ticket = { operation, played: undefined, resume: undefined, abandoned: false }
      this.queue.push(ticket)
      this.proceed()
      if (ticket.played !== undefined) return Effect.succeed(ticket.played)
      return Effect.async<Played>((resume) => {
        ticket.resume = resume
        return Effect.sync(() => {
          ticket.abandoned = true
          const at = this.queue.indexOf(ticket)
          if (at !== -1) this.queue.splice(at, 1)
        })
      })
    })
  }

  /** The operation that was begun has been played. */
  reply(played: Played): void {
    const ticket = this.current
    if (ticket === undefined) return
    this.current = undefined
    ticket.played = played
    if (!ticket.abandoned) ticket.resume?.(Effect.succeed(played))
    else if (played.message !== null) this.kept.push(played.message)
    this.proceed()
  }

  /** The Effect is done. What it has begun and not waited for is played first, unless it has failed. */
  ended(ending: Ending): void {
    if (this.over) return
    this.ending = ending
    this.queue.length = 0
    if (ending._tag === "Failure") this.current = undefined
    this.proceed()
  }

  /** Nobody wants it any more. */
  stop(): void {
    this.over = true
    this.fiber?.unsafeInterruptAsFork(FiberId.none)
  }

  private proceed(): void {
    if (this.busy) return
    this.busy = true
    try {
      while (!this.over && this.current === undefined) {
        const ticket = this.queue.shift()
        if (ticket !== undefined) {
          this.current = ticket
          this.play(ticket.operation)
        } else {
          if (this.ending !== undefined) {
            this.over = true
            this.end(this.ending)
          }
          return
        }
      }
    } finally {
      this.busy = false
    }
  }
}
