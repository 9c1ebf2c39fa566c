import * as Duration from "effect/Duration"
import type { Rules } from "../../Rules.ts"
import type { Micros } from "../session/timestamp.ts"

/** Kind that a request counts as. */
export type Kind = "create" | "read"

/** Counts a request: undefined if it may be answered, else in how many whole seconds the next one may. */
export type Limiter = (kind: Kind, now: Micros) => number | undefined

interface Bucket {
  readonly perMicro: number
  readonly capacity: number
  level: number
  at: Micros
}

const take = (bucket: Bucket, now: Micros): number | undefined => {
  bucket.level = Math.min(bucket.capacity, bucket.level + Math.max(0, now - bucket.at) * bucket.perMicro)
  bucket.at = now
  if (bucket.level < 1) return Math.max(1, Math.ceil((1 - bucket.level) / bucket.perMicro / 1_000_000))
  bucket.level--
  return undefined
}

/** Full buckets of tokens, or none. */
export const make = ({ rateLimits }: Rules): Limiter => {
  if (rateLimits === null) return () => undefined
  const bucket = (perMinute: number): Bucket => {
    const perMicro = perMinute / 60_000_000
    const capacity = Math.max(1, perMicro * Duration.toMillis(rateLimits.burst) * 1000)
    return { perMicro, capacity, level: capacity, at: 0 }
  }
  const buckets = { create: bucket(rateLimits.createPerMinute), read: bucket(rateLimits.readPerMinute) }
  return (kind, now) => take(buckets[kind], now)
}
