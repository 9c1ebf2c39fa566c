import type * as Session from "@effect-managed-agents/core/Session"
import type * as Thread from "@effect-managed-agents/core/Thread"
import type { Env } from "./draft.ts"
import * as draft from "./draft.ts"
import type * as state from "./state.ts"
import type { Micros } from "./timestamp.ts"
import * as time from "./timestamp.ts"
import * as transitions from "./transitions.ts"
import * as usage from "./usage.ts"

const seconds = (micros: Micros): number => micros / 1_000_000

/** A session as the API shows it. */
export const session = (self: state.Session, now: Micros, env: Env): typeof Session.Session.Encoded => {
  const active = draft.active(self.activity, now)
  return {
    id: self.id,
    agent: self.agent,
    archived_at: self.archivedAt === null ? null : time.format(self.archivedAt),
    budget: self.budget,
    created_at: time.format(self.createdAt),
    environment_id: self.environment.id,
    metadata: self.metadata,
    outcome_evaluations: self.outcomes,
    resources: self.resources.map((resource) => resource.value),
    stats: {
      active_seconds: seconds(self.threads.reduce((sum, thread) => sum + draft.active(thread.activity, now), 0)),
      duration_seconds: seconds(Math.max(0, (self.terminatedAt ?? now) - self.createdAt))
    },
    status: transitions.visibleStatus(self, now, env),
    title: self.title,
    type: "session",
    updated_at: time.format(self.updatedAt),
    usage: usage.total(env.rules, self.tally, active),
    vault_ids: self.vaultIds,
    ...(self.deploymentId !== null && { deployment_id: self.deploymentId })
  }
}

/** A thread as the API shows it. */
export const thread = (self: state.Session, one: state.Thread, now: Micros, env: Env): typeof Thread.Thread.Encoded => {
  const active = draft.active(one.activity, now)
  return {
    id: one.id,
    agent: one.advisor ?? one.agent,
    archived_at: one.archivedAt === null ? null : time.format(one.archivedAt),
    created_at: time.format(one.createdAt),
    parent_thread_id: one.parent,
    session_id: self.id,
    stats: one.started
      ? {
        active_seconds: seconds(active),
        duration_seconds: seconds(Math.max(0, (one.archivedAt ?? self.terminatedAt ?? now) - one.createdAt)),
        startup_seconds: 0
      }
      : null,
    status: one.status,
    type: "session_thread",
    updated_at: time.format(one.updatedAt),
    // the cost of running time is the session's
    usage: one.started ? { ...usage.total(env.rules, one.tally, 0), active_seconds: seconds(active) } : null,
    workflow_run_id: one.runId
  }
}
