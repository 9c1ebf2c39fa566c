import type * as Deployment from "@effect-managed-agents/core/Deployment"
import type * as DeploymentRun from "@effect-managed-agents/core/DeploymentRun"
import type * as SavedAgent from "@effect-managed-agents/core/SavedAgent"
import * as Either from "effect/Either"
import type * as ids from "../session/ids.ts"
import * as metadata from "../session/metadata.ts"
import type { Refusal, Ruling } from "../session/refusal.ts"
import * as refusal from "../session/refusal.ts"
import type { Micros } from "../session/timestamp.ts"
import * as time from "../session/timestamp.ts"
import type { Schedule } from "./schedule.ts"
import * as schedules from "./schedule.ts"

type CreateParams = typeof Deployment.CreateParams.Encoded
type UpdateParams = typeof Deployment.UpdateParams.Encoded
type View = typeof Deployment.Deployment.Encoded
type Reference = typeof SavedAgent.Reference.Encoded

/** Error of a run. */
interface RunError {
  readonly type: refusal.Reason | "session_creation_rejected_error" | "session_rate_limited_error"
  readonly message: string
}

/** Parameters of the sessions of a deployment. */
export type Template =
  & Pick<CreateParams, "budget" | "environment_id" | "initial_events" | "resources" | "vault_ids">
  & {
    readonly agent: Reference
  }

/** A deployment. */
export interface Kept {
  readonly id: string
  /** From which the ids of its runs derive. */
  readonly key: ids.Key
  /** The order of creation, which breaks ties of `created_at`. */
  readonly seq: number
  readonly name: string
  readonly description: string | null
  readonly template: Template
  readonly schedule: Schedule | null
  /** The time of the schedule that comes next; null if it is paused, archived, or has none. */
  readonly next: Micros | null
  readonly lastRunAt: Micros | null
  readonly pausedReason: View["paused_reason"]
  readonly metadata: Readonly<Record<string, string>>
  readonly runs: number
  readonly createdAt: Micros
  readonly updatedAt: Micros
  readonly archivedAt: Micros | null
}

/** A run, which is never changed. */
export interface Run {
  readonly id: string
  readonly seq: number
  readonly deploymentId: string
  readonly agent: Reference
  readonly sessionId: string | null
  readonly error: RunError | null
  readonly trigger: typeof DeploymentRun.Trigger.Encoded
  readonly createdAt: Micros
}

/** All deployments by id, and their runs in the order of running. */
export interface Deployments {
  readonly all: ReadonlyMap<string, Kept>
  readonly runs: ReadonlyArray<Run>
}

/** No deployments. */
export const empty: Deployments = { all: new Map(), runs: [] }

/** Result of a change: all deployments, and the one that was changed. */
export type Change = readonly [deployments: Deployments, deployment: Kept]

const set = (self: Deployments, kept: Kept): Change => {
  const due = kept.archivedAt === null && kept.pausedReason === null ? kept.next : null
  const next = { ...kept, next: due }
  return [{ ...self, all: new Map(self.all).set(kept.id, next) }, next]
}

/** A deployment by its id. */
export const find = (self: Deployments, id: string): Ruling<Kept> => {
  const kept = self.all.get(id)
  return kept === undefined ? refusal.notFound(`Deployment ${id} not found.`) : Either.right(kept)
}

// ---------------------------------------------------------------------------------------------------------------------
// As the API shows them
// ---------------------------------------------------------------------------------------------------------------------

type ResourceParams = NonNullable<CreateParams["resources"]>[number]

/** A resource without what is secret. */
const resourceView = (params: ResourceParams): View["resources"][number] => {
  if (params.type !== "github_repository" || !("authorization_token" in params)) {
    // all other params are shown as they are
    return params as View["resources"][number]
  }
  const { authorization_token: _, ...rest } = params
  // the params of a resource without its token are its configuration
  return rest as View["resources"][number]
}

const scheduleView = (kept: Kept, now: Micros): View["schedule"] => {
  const { archivedAt, lastRunAt, schedule } = kept
  if (schedule === null) return null
  return {
    type: "cron",
    expression: schedule.expression,
    timezone: schedule.timezone,
    last_run_at: lastRunAt === null ? null : time.format(lastRunAt),
    upcoming_runs_at: archivedAt === null ? schedules.upcoming(schedule, now, 5).map(time.format) : []
  }
}

/** A deployment as the API shows it. */
export const view = (kept: Kept, now: Micros): View => {
  const { agent, budget, environment_id, initial_events, resources, vault_ids } = kept.template
  return {
    type: "deployment",
    id: kept.id,
    name: kept.name,
    description: kept.description,
    agent,
    environment_id,
    // the params of these events are what is shown of them
    initial_events: initial_events as View["initial_events"],
    resources: (resources ?? []).map(resourceView),
    vault_ids: vault_ids ?? [],
    ...(budget !== undefined && budget !== null && { budget }),
    schedule: scheduleView(kept, now),
    status: kept.pausedReason === null ? "active" : "paused",
    paused_reason: kept.pausedReason,
    metadata: kept.metadata,
    created_at: time.format(kept.createdAt),
    updated_at: time.format(kept.updatedAt),
    archived_at: kept.archivedAt === null ? null : time.format(kept.archivedAt)
  }
}

/** A run as the API shows it. */
export const runView = (run: Run): typeof DeploymentRun.DeploymentRun.Encoded => ({
  type: "deployment_run",
  id: run.id,
  deployment_id: run.deploymentId,
  agent: run.agent,
  session_id: run.sessionId,
  error: run.error,
  trigger_context: run.trigger,
  created_at: time.format(run.createdAt)
})

// ---------------------------------------------------------------------------------------------------------------------
// Changes
// ---------------------------------------------------------------------------------------------------------------------

const scheduleOf = (params: CreateParams["schedule"], now: Micros): Ruling<Schedule | null> =>
  // an unknown kind of schedule is refused before it comes here
  params === undefined || params === null || params.type !== "cron" ? Either.right(null) : schedules.parse(params, now)

const nextOf = (schedule: Schedule | null, after: Micros): Micros | null =>
  schedule === null ? null : schedules.next(schedule, after) ?? null

/** Creates a deployment. */
export const create = (
  self: Deployments,
  identity: Pick<Kept, "id" | "key">,
  params: CreateParams,
  template: Template,
  now: Micros
): Ruling<Change> =>
  Either.map(scheduleOf(params.schedule, now), (schedule) =>
    set(self, {
      ...identity,
      seq: self.all.size,
      name: params.name,
      description: params.description === "" ? null : params.description ?? null,
      template,
      schedule,
      next: nextOf(schedule, now),
      lastRunAt: null,
      pausedReason: null,
      metadata: params.metadata ?? {},
      runs: 0,
      createdAt: now,
      updatedAt: now,
      archivedAt: null
    }))

const mayChange = (self: Deployments, id: string, verb: string): Ruling<Kept> =>
  Either.flatMap(
    find(self, id),
    (kept) => kept.archivedAt === null ? Either.right(kept) : refusal.invalid(`Cannot ${verb} archived deployment`)
  )

/** Changes a deployment. A schedule that is given counts from now on. */
export const update = (
  self: Deployments,
  id: string,
  params: UpdateParams,
  template: Template,
  now: Micros
): Ruling<Change> =>
  Either.gen(function*() {
    const kept = yield* mayChange(self, id, "modify")
    const schedule = params.schedule === undefined ? kept.schedule : yield* scheduleOf(params.schedule, now)
    return set(self, {
      ...kept,
      name: params.name ?? kept.name,
      description: params.description === undefined ? kept.description : params.description || null,
      template,
      schedule,
      next: params.schedule === undefined ? kept.next : nextOf(schedule, now),
      metadata: yield* metadata.patch(kept.metadata, params.metadata ?? {}),
      updatedAt: now
    })
  })

/** Keeps the schedule of a deployment from running. Doing it again changes nothing. */
export const pause = (self: Deployments, id: string, now: Micros): Ruling<Change> =>
  Either.map(mayChange(self, id, "pause"), (kept): Change =>
    kept.pausedReason === null
      ? set(self, { ...kept, pausedReason: { type: "manual" }, updatedAt: now })
      : [self, kept])

/** Lets the schedule of a deployment run again, from now on: what it has missed is not made up for. */
export const unpause = (self: Deployments, id: string, now: Micros): Ruling<Change> =>
  Either.map(mayChange(self, id, "unpause"), (kept): Change =>
    kept.pausedReason === null
      ? [self, kept]
      : set(self, { ...kept, pausedReason: null, next: nextOf(kept.schedule, now), updatedAt: now }))

/** Archives a deployment, for good: it runs no more. Doing it again changes nothing. */
export const archive = (self: Deployments, id: string, now: Micros): Ruling<Change> =>
  Either.map(find(self, id), (kept): Change =>
    kept.archivedAt === null
      ? set(self, { ...kept, pausedReason: null, archivedAt: now, updatedAt: now })
      : [self, kept])

/** Refuses to run a deployment that is archived. A paused one can be run. */
export const mayRun = (self: Deployments, id: string): Ruling<Kept> => mayChange(self, id, "run")

/** Error of a run whose session was refused. */
export const errorOf = (wrong: Refusal): RunError => {
  const type = wrong.status === 429
    ? "session_rate_limited_error"
    : wrong.reason ?? "session_creation_rejected_error"
  return { type, message: wrong.message }
}

/** The errors after which the next run may succeed. */
const passing: ReadonlyArray<RunError["type"]> = ["session_rate_limited_error", "session_creation_rejected_error"]

/** Records a run. One by the schedule counts as its last, and pauses the deployment if it is sure to fail again. */
export const record = (self: Deployments, kept: Kept, run: Run, scheduledAt: Micros | null): Change => {
  const error = scheduledAt === null || run.error === null || passing.includes(run.error.type) ? null : run.error
  return set({ ...self, runs: [...self.runs, run] }, {
    ...kept,
    runs: kept.runs + 1,
    ...(scheduledAt !== null && { lastRunAt: run.createdAt, next: nextOf(kept.schedule, scheduledAt) }),
    // the errors that pause are those of the runs, without their messages
    ...(error !== null && {
      pausedReason: { type: "error", error: { type: error.type } } as View["paused_reason"],
      updatedAt: run.createdAt
    })
  })
}
