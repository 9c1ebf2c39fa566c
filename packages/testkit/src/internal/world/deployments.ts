import type * as DeploymentRun from "@effect-managed-agents/core/DeploymentRun"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as ids from "../session/ids.ts"
import type { Ruling } from "../session/refusal.ts"
import * as refusal from "../session/refusal.ts"
import type { Micros } from "../session/timestamp.ts"
import * as time from "../session/timestamp.ts"
import type { SendableEncoded } from "../session/transitions.ts"
import * as deployments from "../workspace/deployments.ts"
import * as creation from "./creation.ts"
import type { Cell, World } from "./world.ts"

/** Checks that a session can be created from a template, and answers what creates it. */
export const prepare = (
  world: World,
  { agent, budget, environment_id, initial_events, resources, vault_ids }: deployments.Template,
  plan: Pick<creation.Plan, "deploymentId" | "key" | "now">
): Ruling<() => Cell> =>
  creation.prepare(world, {
    ...plan,
    params: {
      agent,
      environment_id,
      ...(resources !== undefined && { resources }),
      ...(vault_ids !== undefined && { vault_ids }),
      ...(budget !== undefined && budget !== null && { budget })
    },
    // the schema of the body admits only events that can be sent
    events: initial_events as ReadonlyArray<SendableEncoded>
  })

/** Makes a change the state of the world, and sets the timer of the deployment. */
export const commit = (world: World, change: deployments.Change): deployments.Kept => {
  const kept = world.keep("deployments", change)
  world.setAlarm(
    kept.id,
    kept.next === null ? undefined : kept.next + jitter(world, kept),
    (now) => runDue(world, kept.id, now)
  )
  return kept
}

/** The offset of a deployment's runs from its schedule. */
const jitter = (world: World, { key }: deployments.Kept): Micros =>
  Math.floor(ids.fraction(ids.child(key, "jitter")) * Duration.toMillis(world.env.rules.maxScheduleJitter)) * 1000

/** Runs a deployment at each time of its schedule that has come. */
const runDue = (world: World, id: string, now: Micros): void => {
  for (;;) {
    const kept = world.workspace.deployments.all.get(id)
    if (kept === undefined || kept.next === null) return
    const due = kept.next + jitter(world, kept)
    if (due > now) return
    run(world, kept, { type: "schedule", scheduled_at: time.format(kept.next) }, due)
  }
}

/** Runs a deployment: creates a session, and records that or why there is none. */
export const run = (
  world: World,
  kept: deployments.Kept,
  trigger: typeof DeploymentRun.Trigger.Encoded,
  now: Micros
): deployments.Run => {
  const key = ids.nth(ids.child(kept.key, "run"), kept.runs)
  const scheduled = trigger.type === "schedule"
  // the request that runs one by hand has been counted
  const wait = scheduled ? world.limiter("create", now) : undefined
  const prepared = wait === undefined
    ? prepare(world, kept.template, { key: ids.child(key, "session"), deploymentId: kept.id, now })
    : refusal.rateLimited(wait)
  const id = ids.format("drun", key)
  world.announce({ type: "deployment_run.started", id })
  const created = Either.map(prepared, (create) => create())
  const { deployments: known } = world.workspace
  const one: deployments.Run = {
    id,
    seq: known.runs.length,
    deploymentId: kept.id,
    agent: kept.template.agent,
    ...Either.match(created, {
      onLeft: (wrong) => ({ sessionId: null, error: deployments.errorOf(wrong) }),
      onRight: ({ session }) => ({ sessionId: session.id, error: null })
    }),
    trigger,
    createdAt: now
  }
  const { pausedReason } = commit(world, deployments.record(known, kept, one, scheduled ? kept.next : null))
  world.announce({ type: one.error === null ? "deployment_run.succeeded" : "deployment_run.failed", id })
  if (kept.pausedReason === null && pausedReason !== null) world.announce({ type: "deployment.paused", id: kept.id })
  return one
}
