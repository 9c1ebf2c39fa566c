import type * as Entity from "@effect/cluster/Entity"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import type * as ShardId from "@effect/cluster/ShardId"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import type * as Rpc from "@effect/rpc/Rpc"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type { Issue } from "../../ApiError.ts"
import type * as TurnStore from "../../TurnStore.ts"
import { durations } from "../options/durations.ts"
import * as inMemory from "../turn/inMemory.ts"

/** Options of a runner. */
export interface Options {
  readonly maxLive?: number | undefined
  readonly sweepEvery?: Duration.DurationInput | undefined
  readonly grace?: Duration.DurationInput | undefined
}

/** Options of a runner, checked and complete; durations in milliseconds. */
export interface Settings {
  readonly maxLive: number
  readonly sweepEvery: number
  readonly grace: number
}

/** Checks options. */
export const check = (options: Options): Settings | ReadonlyArray<Issue> => {
  const issues: Array<Issue> = []
  const duration = durations<"sweepEvery" | "grace">(options, issues, "1 second")
  const settings: Settings = {
    maxLive: options.maxLive ?? 2000,
    sweepEvery: Duration.toMillis(duration("sweepEvery", "5 seconds")),
    grace: Duration.toMillis(duration("grace", "10 seconds"))
  }
  if (!(settings.maxLive >= 1)) issues.push({ path: "maxLive", message: "expected a number above 0" })
  if (!(settings.sweepEvery >= 1000 && settings.sweepEvery < Infinity)) {
    issues.push({ path: "sweepEvery", message: "expected a second or more, and an end" })
  }
  return issues.length === 0 ? settings : issues
}

/** Services that the cluster was made with. It gives them to entities only, so they are read while one is registered. */
export type Found = Context.Context<never> | undefined

/** An entity that notes what the cluster was made with. */
export const noting = <Type extends string, Rpcs extends Rpc.Any>(
  entity: Entity.Entity<Type, Rpcs>,
  note: (found: Context.Context<never>) => void
): Entity.Entity<Type, Rpcs> =>
  // the same entity, with one property that is looked at
  Object.create(entity, {
    protocol: {
      get: () => {
        const fiber = Fiber.getCurrentFiber()
        if (Option.isSome(fiber)) note(fiber.value.currentContext)
        return entity.protocol
      }
    }
  }) as Entity.Entity<Type, Rpcs>

/** The configuration of the cluster, or the one that it has by default. */
export const configOf = (found: Found): ShardingConfig.ShardingConfig["Type"] =>
  found === undefined
    ? ShardingConfig.defaults
    : Option.getOrElse(Context.getOption(found, ShardingConfig.ShardingConfig), () => ShardingConfig.defaults)

/** The milliseconds after which the cluster renews its locks. */
export const refreshEvery = (found: Found): number => {
  const { shardLockExpiration, shardLockRefreshInterval } = configOf(found)
  return Math.min(Duration.toMillis(shardLockRefreshInterval), Duration.toMillis(shardLockExpiration) / 3)
}

const storageOf = (found: Found) =>
  found === undefined ? Option.none() : Context.getOption(found, RunnerStorage.RunnerStorage)

/** Renews locks of this process, and answers which of them it has, unless nobody can tell. */
export const confirm = (found: Found) => {
  const asked = Option.all([storageOf(found), configOf(found).runnerAddress])
  return (shards: ReadonlyArray<ShardId.ShardId>): Effect.Effect<Option.Option<ReadonlyArray<ShardId.ShardId>>> =>
    Effect.flatMap(asked, ([storage, address]) => storage.refresh(address, shards)).pipe(Effect.option)
}

const atLeast = (
  config: ShardingConfig.ShardingConfig["Type"],
  name: "shardLockRefreshInterval" | "shardLockExpiration" | "entityTerminationTimeout",
  least: number,
  why: string
): ReadonlyArray<Issue> =>
  Duration.toMillis(config[name]) >= least
    ? []
    : [{ path: `shardingConfig.${name}`, message: `expected ${least / 1000} seconds or more: ${why}` }]

/** Finds what is known to go wrong. */
export const problems = (
  found: Found,
  settings: Settings,
  store: TurnStore.Service
): Effect.Effect<ReadonlyArray<Issue>> =>
  Effect.gen(function*() {
    const config = configOf(found)
    const issues = [
      ...atLeast(config, "shardLockRefreshInterval", 3000, "a busy process would lose all of its sessions at once"),
      ...atLeast(config, "shardLockExpiration", 9000, "it is refreshed three times as often"),
      ...atLeast(config, "entityTerminationTimeout", settings.grace, "tools that run at a deploy would be cut off")
    ]
    if (inMemory.isInMemory(store) && (yield* hasOthers(found, config))) {
      issues.push({ path: "TurnStore", message: "expected a store that the other runners of the cluster reach" })
    }
    return issues
  })

/** Tells that other processes are runners of the cluster. */
const hasOthers = (found: Found, config: ShardingConfig.ShardingConfig["Type"]): Effect.Effect<boolean> => {
  const storage = storageOf(found)
  if (Option.isNone(storage)) return Effect.succeed(false)
  return storage.value.getRunners.pipe(
    Effect.map((runners) =>
      runners.some(([runner, healthy]) => healthy && !Option.exists(config.runnerAddress, Equal.equals(runner.address)))
    ),
    // an unreachable storage is the cluster's to report
    Effect.orElseSucceed(() => false)
  )
}
