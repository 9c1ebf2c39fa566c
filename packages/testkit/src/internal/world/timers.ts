import type { Micros } from "../session/timestamp.ts"

/** Something that is to happen at a time. */
export interface Timer {
  readonly run: (now: Micros) => void
  /** Infinity while it is not set. */
  due: Micros
  /** Of those due at the same time, the one that was set first goes first. */
  order: number
  /** Its place in the heap, or -1. */
  at: number
}

/** A timer that is not set. */
export const make = (run: Timer["run"]): Timer => ({ run, due: Infinity, order: 0, at: -1 })

const before = (a: Timer, b: Timer): boolean => a.due < b.due || (a.due === b.due && a.order < b.order)

/** The timers that are set, in a binary heap. */
export class Timers {
  private readonly heap: Array<Timer> = []
  private count = 0

  /** When the next one is due. */
  get next(): Micros | undefined {
    return this.heap[0]?.due
  }

  /** Sets a timer, or sets it anew, or, to undefined, takes it out. */
  set(timer: Timer, due: Micros | undefined): void {
    if (timer.due === (due ?? Infinity)) return
    if (timer.at !== -1) this.remove(timer)
    timer.due = due ?? Infinity
    if (due === undefined) return
    timer.order = this.count++
    this.heap.push(timer)
    this.up(timer, this.heap.length - 1)
  }

  /** Takes out the next one, if it is due. */
  take(now: Micros): Timer | undefined {
    const timer = this.heap[0]
    if (timer === undefined || timer.due > now) return undefined
    this.remove(timer)
    timer.due = Infinity
    return timer
  }

  private remove(timer: Timer): void {
    const { at } = timer
    timer.at = -1
    const last = this.heap.pop()
    if (last === undefined || last === timer) return
    this.up(last, at)
    this.down(last, last.at)
  }

  private up(timer: Timer, from: number): void {
    let at = from
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = this.heap[above]
      if (parent === undefined || !before(timer, parent)) break
      this.put(parent, at)
      at = above
    }
    this.put(timer, at)
  }

  private down(timer: Timer, from: number): void {
    let at = from
    for (;;) {
      const left = this.heap[2 * at + 1]
      const right = this.heap[2 * at + 2]
      const least = left !== undefined && right !== undefined && before(right, left) ? right : left
      if (least === undefined || !before(least, timer)) break
      const below = least.at
      this.put(least, at)
      at = below
    }
    this.put(timer, at)
  }

  private put(timer: Timer, at: number): void {
    this.heap[at] = timer
    timer.at = at
  }
}
