import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Cursor from "../../Cursor.ts"
import type { StreamEvent } from "../../Event.ts"
import { fromDateTime, type Timestamp, toDateTime } from "../../Timestamp.ts"
import * as identity from "./identity.ts"

/** Verdict about an event for a follower: new in one of its two states, or nothing new. */
export type Verdict = "queued" | "processed" | undefined

/** One reading of the event list, oldest first. */
export interface Reading {
  /** True once it has come to an event that is remembered. What lies before the first such event was delivered. */
  anchored: boolean
}

/** The number of events that a busy follower has room for from the beginning. */
const room = 1024

/** The same of one that has not been busy yet: thousands of followers wait for some events each. */
const little = 16

/** Events in the order of their delivery. They are indexed when one is looked up, which few ever are. */
class Generation {
  /** Of those of clients, which are looked up often: to hash a text is what would cost most of it. */
  readonly submitted = new Set<number>()
  size = 0
  private readonly keys: Array<string>
  private readonly timestamps: Array<Timestamp | undefined>
  private readonly index = new Set<string>()
  private indexed = 0

  /** Arrays that grow would be much of what a busy follower allocates. */
  constructor(capacity: number) {
    this.keys = []
    this.timestamps = []
    this.keys.length = this.timestamps.length = capacity
  }

  add(key: string, at: Timestamp | undefined): void {
    this.keys[this.size] = key
    this.timestamps[this.size++] = at
  }

  has(key: string): boolean {
    for (const { keys, size } = this; this.indexed < size; this.indexed++) this.index.add(keys[this.indexed] ?? "")
    return this.index.has(key)
  }

  latest(count: number): ReadonlyArray<readonly [key: string, at: Timestamp | null]> {
    const first = this.size - count
    return this.keys.slice(first, this.size).map((key, n) => [key, this.timestamps[first + n] ?? null])
  }

  /** The timestamps, without those of so many of the latest. */
  timestampsBefore(count: number): ReadonlyArray<Timestamp | undefined> {
    return this.timestamps.slice(0, this.size - count)
  }

  /** The key of the last event of a moment. */
  keyAt(at: Timestamp | undefined): string | undefined {
    return this.keys[this.timestamps.lastIndexOf(at, this.size - 1)]
  }
}

/**
 * Record of the delivered events, in bounded memory.
 *
 * The latest events are known by their keys, `remember` of them at least and twice as many at most. Of what is
 * forgotten only the latest timestamp is kept (`floor`), and whose it was: everything before it was delivered.
 */
export class Position {
  private readonly remember: number
  private young: Generation
  private old = new Generation(0)
  /** No timestamp in `old` is later. */
  private oldest: Timestamp | undefined
  private oldestKey: string | undefined
  private floor: Timestamp | undefined
  private floorKey: string | undefined
  private latest: Timestamp | undefined
  private readonly queued = new Set<string>()
  /** True if something without a timestamp is remembered, which it may have in the list. */
  private hasUntimed = false
  /** True if what was read before may be remembered by digests: the cursor was a text. */
  private readonly hasDigests: boolean

  constructor(cursor: Cursor.Cursor, remember: number) {
    this.remember = Math.max(1, remember)
    this.young = new Generation(Math.min(this.remember, little))
    this.floor = this.latest = cursor.before
    this.hasDigests = cursor.read.some(([key]) => identity.isDigest(key)) || cursor.queued.some(identity.isDigest)
    for (const [key, at] of cursor.read) this.add(key, at ?? undefined, true)
    for (const key of cursor.queued) this.queued.add(key)
  }

  /** Judges an event of the live stream, and remembers it. */
  live(event: StreamEvent, type = identity.typeOf(event)): Verdict {
    const at = identity.timestampOf(event)
    const key = identity.keyOf(event, at)
    if (at === undefined) return this.untimed(event, key)
    if (key === undefined) return "processed"
    const isSubmitted = identity.isSubmitted(type)
    const isLatest = this.isLatest(at)
    const isOver = isLatest
      ? isSubmitted && this.knowsSubmitted(key)
      : this.knows(key) || (this.floor !== undefined && identity.isLater(this.floor, at))
    if (isOver) return undefined
    this.add(key, at, isSubmitted, isLatest)
    return "processed"
  }

  /** Judges an event of the list, and remembers it. */
  listed(event: StreamEvent, reading: Reading): Verdict {
    const at = identity.timestampOf(event)
    const key = identity.keyOf(event, at)
    if (at === undefined && identity.isQueued(event)) return this.untimed(event, key)
    if (key === undefined) return undefined
    const isSubmitted = identity.isSubmitted(identity.typeOf(event))
    const isLatest = this.isLatest(at)
    const isSurelyNew = isLatest && !this.hasUntimed && !(isSubmitted && this.knowsSubmitted(key))
    if (!isSurelyNew && this.knows(key)) {
      // what was ordered in late, before the last forgotten event, says nothing about what lies in between
      reading.anchored ||= this.floor === undefined || at === undefined || !identity.isLater(this.floor, at)
      return undefined
    }
    // as precise as the service's clock: of what has the very timestamp of the last forgotten event, the order tells
    const forgotten = this.floor !== undefined &&
      (at === undefined ? !reading.anchored : identity.isLater(this.floor, at) ||
        (!reading.anchored && !identity.isLater(at, this.floor)))
    if (forgotten) return undefined
    this.add(key, at, isSubmitted, isLatest)
    return "processed"
  }

  /** Tells an event of the list that should have been delivered and was not. */
  misses(event: StreamEvent): boolean {
    const at = identity.timestampOf(event)
    const key = identity.keyOf(event, at)
    return at !== undefined && key !== undefined && !this.knows(key) &&
      (this.floor === undefined || identity.isLater(at, this.floor))
  }

  /** Takes everything up to a moment for delivered. */
  forget(upTo: Timestamp): void {
    this.floor = upTo
  }

  /** The moment before which nothing need be read again. */
  bound(overlap: Duration.Duration): Timestamp | undefined {
    // the timestamp of an event of an unknown type may be no moment
    if (this.latest === undefined || Number.isNaN(Date.parse(this.latest))) return this.floor
    const from = fromDateTime(DateTime.subtractDuration(toDateTime(this.latest), overlap))
    return this.floor !== undefined && identity.isLater(this.floor, from) ? this.floor : from
  }

  /** This position as a value. */
  get cursor(): Cursor.Cursor {
    const { old, young } = this
    const fromYoung = Math.min(young.size, Cursor.size)
    const fromOld = Math.min(old.size, Cursor.size - fromYoung)
    const before = identity.latestOf(this.floor, [
      ...old.timestampsBefore(fromOld),
      ...young.timestampsBefore(fromYoung)
    ])
    return {
      version: 1,
      ...(before === undefined ? {} : { before }),
      read: [...old.latest(fromOld), ...young.latest(fromYoung)],
      queued: [...this.queued].slice(-Cursor.size)
    }
  }

  private untimed(event: StreamEvent, key: string | undefined): Verdict {
    const queued = identity.isQueued(event)
    // what cannot be recognised is not announced: an input is delivered when it is processed
    if (key === undefined) return queued ? undefined : "processed"
    if (this.knows(key) || this.queued.has(key)) return undefined
    if (this.hasDigests && this.queued.has(identity.digestOf(key))) return undefined
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

  /**
   * Tells a moment that is later than everything so far. What happened then is new: only what clients have sent has been seen
   * to change its timestamp.
   */
  private isLatest(at: Timestamp | undefined): boolean {
    return at !== undefined && (this.latest === undefined || identity.isLater(at, this.latest))
  }

  /** Tells an event that is remembered. */
  knows(key: string): boolean {
    return this.has(key) || (this.hasDigests && this.has(identity.digestOf(key)))
  }

  private has(key: string): boolean {
    return this.young.has(key) || this.old.has(key) || key === this.floorKey
  }

  /** The same for an event that came from a client. */
  private knowsSubmitted(key: string): boolean {
    const mark = identity.hashOf(key)
    const isCandidate = this.hasDigests || this.young.submitted.has(mark) || this.old.submitted.has(mark) ||
      key === this.floorKey
    return isCandidate && this.knows(key)
  }

  private add(
    key: string,
    at: Timestamp | undefined,
    isSubmitted: boolean,
    isLatest = this.isLatest(at)
  ): void {
    if (at === undefined) this.hasUntimed = true
    if (this.young.size >= this.remember) {
      if (this.oldest !== undefined) {
        this.floor = this.oldest
        this.floorKey = this.oldestKey
      }
      this.oldest = this.latest
      this.oldestKey = this.young.keyAt(this.latest) ?? this.oldestKey
      this.old = this.young
      this.young = new Generation(Math.min(this.remember, room))
    }
    this.young.add(key, at)
    if (isSubmitted) this.young.submitted.add(identity.hashOf(key))
    if (isLatest) this.latest = at
    if (this.queued.size > 0 && !this.queued.delete(key) && this.hasDigests) this.queued.delete(identity.digestOf(key))
  }
}
