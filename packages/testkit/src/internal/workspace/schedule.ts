import type * as Deployment from "@effect-managed-agents/core/Deployment"
import * as Cron from "effect/Cron"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Ruling } from "../session/refusal.ts"
import * as refusal from "../session/refusal.ts"
import type { Micros } from "../session/timestamp.ts"

/** Times at which a deployment runs. */
export interface Schedule {
  readonly expression: string
  readonly timezone: string
  readonly zone: DateTime.TimeZone
  readonly cron: Cron.Cron
}

const hour = 3_600_000

const offsetAt = (zone: DateTime.TimeZone, millis: number): number =>
  DateTime.zonedOffset(DateTime.unsafeMakeZoned(millis, { timeZone: zone }))

/**
 * The first time after another at which the clock on the wall shows what the expression says. `Cron.next` moves a time that
 * does not exist in spring, and leaves out the second hour of those that there are twice in autumn.
 */
const nextMillis = ({ cron, zone }: Schedule, after: number): number | undefined => {
  const following = (millis: number): number => Cron.next(cron, millis).getTime()
  try {
    // by how much the clock on the wall is put back about now
    const back = offsetAt(zone, after - hour) - offsetAt(zone, after + hour)
    if (back > 0) {
      for (let at = following(after - back); at <= after; at = following(at)) {
        if (Cron.match(cron, at + back)) return at + back
      }
    }
    let at = following(after)
    while (!Cron.match(cron, at)) at = following(at)
    return at
  } catch {
    // it throws where there is no such day, as 30 February
    return undefined
  }
}

/** The first time after another. */
export const next = (self: Schedule, after: Micros): Micros | undefined => {
  const millis = nextMillis(self, Math.floor(after / 1000))
  return millis === undefined ? undefined : millis * 1000
}

/** The first times after another. */
export const upcoming = (self: Schedule, after: Micros, count: number): ReadonlyArray<Micros> => {
  const times: Array<Micros> = []
  for (let at = next(self, after); at !== undefined && times.length < count; at = next(self, at)) times.push(at)
  return times
}

/** Reads a schedule: five fields, in a time zone that exists. */
export const parse = (params: typeof Deployment.CronScheduleParams.Encoded, now: Micros): Ruling<Schedule> => {
  const { expression, timezone } = params
  const zone = DateTime.zoneMakeNamed(timezone)
  if (Option.isNone(zone)) return refusal.invalid(`schedule.timezone: ${JSON.stringify(timezone)} is no IANA time zone`)
  const cron = Either.getOrUndefined(Cron.parse(expression, zone.value))
  if (expression.trim().split(/\s+/).length !== 5 || cron === undefined) {
    return refusal.invalid(`schedule.expression: ${JSON.stringify(expression)} is no cron expression of five fields`)
  }
  const schedule: Schedule = { expression, timezone, zone: zone.value, cron }
  return next(schedule, now) === undefined
    ? refusal.invalid(`schedule.expression: ${JSON.stringify(expression)} never comes`)
    : Either.right(schedule)
}
