import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Cursor from "../../Cursor.ts"
import type { StreamEvent } from "../../Event.ts"
import * as Timestamp from "../../Timestamp.ts"
import * as identity from "./identity.ts"

type Stamp = Timestamp.Timestamp

/** What an event is to a follower: new in one of its two states, or nothing new. */
export type Verdict = "queued" | "processed" | undefined

/** One reading of the event list, oldest first. */
export interface Reading {
  /** Whether it has come to an event that is remembered. What lies before the first such event was delivered. */
  anchored: boolean
}

/** Events in the order of their delivery. They are indexed when one is looked up, which few ever are. */
class Generation {
  /** Those of clients, which are looked up often. */
  readonly submitted = new Set<string>()
  readonly keys: Array<string> = []
  readonly stamps: Array<Stamp | undefined> = []
  private readonly index = new Set<string>()
  private indexed = 0

  has(key: string): boolean {
    for (const { keys } = this; this.indexed < keys.length; this.indexed++) this.index.add(keys[this.indexed] ?? "")
    return this.index.has(key)
  }

  latest(count: number): ReadonlyArray<readonly [key: string, at: Stamp | null]> {
    const first = this.keys.length - count
    return this.keys.slice(first).map((key, n) => [key, this.stamps[first + n] ?? null])
  }

  /** Whose stamp it is. */
  keyAt(at: Stamp | undefined): string | undefined {
    return this.keys[this.stamps.lastIndexOf(at)]
  }
}

/**
 * What a follower has delivered, in bounded memory.
 *
 * The latest events are known by their keys, `remember` of them at least and twice as many at most. Of what is forgotten
 * only the latest stamp is kept (`floor`), and whose it was: everything before it was delivered.
 */
export class Position {
  private readonly remember: number
  private young = new Generation()
  private old = new Generation()
  /** No stamp in `old` is later. */
  private oldest: Stamp | undefined
  private oldestKey: string | undefined
  private floor: Stamp | undefined
  private floorKey: string | undefined
  private latest: Stamp | undefined
  private readonly queued = new Set<string>()

  constructor(cursor: Cursor.Cursor, remember: number) {
    this.remember = Math.max(1, remember)
    this.floor = this.latest = cursor.before
    for (const [key, at] of cursor.read) this.add(key, at ?? undefined, true)
    for (const key of cursor.queued) this.queued.add(key)
  }

  /** Judges an event of the live stream, and remembers it. */
  live(event: StreamEvent, type = identity.typeOf(event)): Verdict {
    const at = identity.stampOf(event)
    const key = identity.keyOf(event, at)
    if (at === undefined) return this.unstamped(event, key)
    if (key === undefined) return "processed"
    // What is later than everything so far is new. Only what clients have sent has been seen to change its stamp.
    const isSubmitted = identity.isSubmitted(type)
    const isLatest = this.latest === undefined || identity.isLater(at, this.latest)
    const isOver = isLatest
      ? isSubmitted && this.knowsSubmitted(key)
      : this.knows(key) || (this.floor !== undefined && identity.isLater(this.floor, at))
    if (isOver) return undefined
    this.add(key, at, isSubmitted, isLatest)
    return "processed"
  }

  /** Judges an event of the list, and remembers it. */
  listed(event: StreamEvent, reading: Reading): Verdict {
    const at = identity.stampOf(event)
    const key = identity.keyOf(event, at)
    if (at === undefined && identity.isQueued(event)) return this.unstamped(event, key)
    if (key === undefined) return undefined
    if (this.knows(key)) {
      reading.anchored = true
      return undefined
    }
    // as precise as the service's clock: of what has the very stamp of the last forgotten event, the order tells
    const forgotten = this.floor !== undefined &&
      (at === undefined ? !reading.anchored : identity.isLater(this.floor, at) ||
        (!reading.anchored && !identity.isLater(at, this.floor)))
    if (forgotten) return undefined
    this.add(key, at, identity.isSubmitted(identity.typeOf(event)))
    return "processed"
  }

  /** Whether an event of the list should have been delivered and was not. */
  misses(event: StreamEvent): boolean {
    const at = identity.stampOf(event)
    const key = identity.keyOf(event, at)
    return at !== undefined && key !== undefined && !this.knows(key) &&
      (this.floor === undefined || identity.isLater(at, this.floor))
  }

  /** Takes everything up to a moment for delivered. */
  forget(upTo: Stamp): void {
    this.floor = upTo
  }

  /** What lies before this moment need not be read again. */
  bound(overlap: Duration.Duration): Stamp | undefined {
    // the stamp of an event of an unknown type may be no moment
    if (this.latest === undefined || Number.isNaN(Date.parse(this.latest))) return this.floor
    const from = Timestamp.fromDateTime(DateTime.subtractDuration(Timestamp.toDateTime(this.latest), overlap))
    return this.floor !== undefined && identity.isLater(this.floor, from) ? this.floor : from
  }

  /** This position as a value. */
  get cursor(): Cursor.Cursor {
    const { old, young } = this
    const fromYoung = Math.min(young.keys.length, Cursor.size)
    const fromOld = Math.min(old.keys.length, Cursor.size - fromYoung)
    let before = this.floor
    const pass = (at: Stamp | undefined): void => {
      if (at !== undefined && (before === undefined || identity.isLater(at, before))) before = at
    }
    for (let n = 0; n < old.stamps.length - fromOld; n++) pass(old.stamps[n])
    for (let n = 0; n < young.stamps.length - fromYoung; n++) pass(young.stamps[n])
    return {
      version: 1,
      ...(before === undefined ? {} : { before }),
      read: [...old.latest(fromOld), ...young.latest(fromYoung)],
      queued: [...this.queued].slice(-Cursor.size)
    }
  }

  private unstamped(event: StreamEvent, key: string | undefined): Verdict {
    const queued = identity.isQueued(event)
    // what cannot be recognised is not announced: an input is delivered when it is processed
    if (key === undefined) return queued ? undefined : "processed"
    if (this.knows(key) || this.queued.has(key)) return undefined
    if (!queued) {
      this.add(key, undefined, identity.isSubmitted(identity.typeOf(event)))
      return "processed"
    }
    this.queued.add(key)
    if (this.queued.size > this.remember) {
      for (const first of this.queued) {
        this.queued.delete(first)
        break
      }
    }
    return "queued"
  }

  /** Whether an event is among those that are remembered. */
  knows(key: string): boolean {
    return this.young.has(key) || this.old.has(key) || key === this.floorKey
  }

  /** The same for an event that came from a client. */
  private knowsSubmitted(key: string): boolean {
    return this.young.submitted.has(key) || this.old.submitted.has(key) || key === this.floorKey
  }

  private add(
    key: string,
    at: Stamp | undefined,
    isSubmitted: boolean,
    isLatest = at !== undefined && (this.latest === undefined || identity.isLater(at, this.latest))
  ): void {
    if (this.young.keys.length >= this.remember) {
      if (this.oldest !== undefined) {
        this.floor = this.oldest
        this.floorKey = this.oldestKey
      }
      this.oldest = this.latest
      this.oldestKey = this.young.keyAt(this.latest) ?? this.oldestKey
      this.old = this.young
      this.young = new Generation()
    }
    this.young.keys.push(key)
    this.young.stamps.push(at)
    if (isSubmitted) this.young.submitted.add(key)
    if (isLatest) this.latest = at
    if (this.queued.size > 0) this.queued.delete(key)
  }
}
