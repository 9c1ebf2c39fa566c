import type * as DeploymentRun from "@effect-managed-agents/core/DeploymentRun"
import type * as Page from "@effect-managed-agents/core/Page"
import * as Either from "effect/Either"
import * as refusal from "../../session/refusal.ts"
import type { Ruling } from "../../session/refusal.ts"
import * as deployments from "../../workspace/deployments.ts"
import type { Call } from "./context.ts"
import * as pages from "./pages.ts"

type View = typeof DeploymentRun.DeploymentRun.Encoded

export const retrieve = ({ path, world }: Call<unknown, unknown>): Ruling<View> => {
  const id = path["deployment_run_id"] ?? ""
  const run = world.workspace.deployments.runs.find((one) => one.id === id)
  return run === undefined
    ? refusal.notFound(`Deployment run ${id} not found.`)
    : Either.right(deployments.runView(run))
}

export const list = (call: Call<typeof DeploymentRun.ListParams.Encoded, unknown>): Ruling<Page.Page<View>> => {
  const { deployment_id, has_error, trigger_type } = call.query
  const shown = call.world.workspace.deployments.runs.filter(({ deploymentId, error, trigger }) =>
    (deployment_id === undefined || deploymentId === deployment_id) &&
    (has_error === undefined || has_error === (error !== null)) &&
    (trigger_type === undefined || trigger.type === trigger_type)
  )
  return Either.map(pages.list(call, shown, { list: "deployment_runs" }), (page) => ({
    ...page,
    data: page.data.map(deployments.runView)
  }))
}
