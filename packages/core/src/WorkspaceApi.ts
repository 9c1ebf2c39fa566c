/**
 * The endpoints of what sessions are made of: agents, environments, models, deployments, files and skills.
 *
 * Apart from `Api`, so that a program on sessions alone stays small.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Deployment from "./Deployment.ts"
import * as DeploymentRun from "./DeploymentRun.ts"
import * as Endpoint from "./Endpoint.ts"
import * as Environment from "./Environment.ts"
import * as Model from "./Model.ts"
import { Page } from "./Page.ts"
import * as SavedAgent from "./SavedAgent.ts"
import * as Skill from "./Skill.ts"
import * as StoredFile from "./StoredFile.ts"
import * as Work from "./Work.ts"

const agent = "/v1/agents/{agent_id}"
const environment = "/v1/environments/{environment_id}"
const work = `${environment}/work/{work_id}` as const
const deployment = "/v1/deployments/{deployment_id}"
const file = "/v1/files/{file_id}"
const skill = "/v1/skills/{skill_id}"
const skillVersion = `${skill}/versions/{version}` as const

/** Files and skills have left their betas, whose names would select the shapes of that time. */
const released = { betas: [] }

/**
 * Saved agents.
 * @category constants
 */
export const agents = {
  create: Endpoint.post("Agents.create", "/v1/agents", SavedAgent.SavedAgent, { body: SavedAgent.CreateParams }),
  retrieve: Endpoint.get("Agents.retrieve", agent, SavedAgent.SavedAgent, { query: SavedAgent.RetrieveParams }),
  list: Endpoint.get("Agents.list", "/v1/agents", Page(SavedAgent.SavedAgent), { query: SavedAgent.ListParams }),
  update: Endpoint.post("Agents.update", agent, SavedAgent.SavedAgent, { body: SavedAgent.UpdateParams }),
  archive: Endpoint.post("Agents.archive", `${agent}/archive`, SavedAgent.SavedAgent),
  listVersions: Endpoint.get("Agents.listVersions", `${agent}/versions`, Page(SavedAgent.SavedAgent), {
    query: SavedAgent.ListVersionsParams
  })
}

/**
 * The environments of sandboxes.
 * @category constants
 */
export const environments = {
  create: Endpoint.post("Environments.create", "/v1/environments", Environment.Environment, {
    body: Environment.CreateParams
  }),
  retrieve: Endpoint.get("Environments.retrieve", environment, Environment.Environment),
  list: Endpoint.get("Environments.list", "/v1/environments", Page(Environment.Environment), {
    query: Environment.ListParams
  }),
  update: Endpoint.post("Environments.update", environment, Environment.Environment, {
    body: Environment.UpdateParams
  }),
  delete: Endpoint.del("Environments.delete", environment, Environment.DeletedEnvironment),
  archive: Endpoint.post("Environments.archive", `${environment}/archive`, Environment.Environment)
}

/**
 * The work queue of a self-hosted environment.
 * @category constants
 */
export const environmentWork = {
  retrieve: Endpoint.get("EnvironmentWork.retrieve", work, Work.Work),
  list: Endpoint.get("EnvironmentWork.list", `${environment}/work`, Page(Work.Work), { query: Work.ListParams }),
  update: Endpoint.post("EnvironmentWork.update", work, Work.Work, { body: Work.UpdateParams }),
  poll: Endpoint.get(
    "EnvironmentWork.poll",
    `${environment}/work/poll`,
    Schema.NullOr(Work.Work).annotations({ identifier: "PolledWork" }),
    {
      query: Work.PollParams
    }
  ),
  ack: Endpoint.post("EnvironmentWork.ack", `${work}/ack`, Work.Work),
  heartbeat: Endpoint.post("EnvironmentWork.heartbeat", `${work}/heartbeat`, Work.Heartbeat, {
    query: Work.HeartbeatParams
  }),
  stop: Endpoint.post("EnvironmentWork.stop", `${work}/stop`, Work.Work, { body: Work.StopParams }),
  stats: Endpoint.get("EnvironmentWork.stats", `${environment}/work/stats`, Work.Stats)
}

/**
 * The models of the service, which are part of no beta.
 * @category constants
 */
export const models = {
  list: Endpoint.get("Models.list", "/v1/models", Model.ModelPage, { query: Model.ListParams, betas: [] }),
  retrieve: Endpoint.get("Models.retrieve", "/v1/models/{model_id}", Model.Model, { betas: [] })
}

/**
 * Deployments: agents that run on a schedule or on demand.
 * @category constants
 */
export const deployments = {
  create: Endpoint.post("Deployments.create", "/v1/deployments", Deployment.Deployment, {
    body: Deployment.CreateParams
  }),
  retrieve: Endpoint.get("Deployments.retrieve", deployment, Deployment.Deployment),
  list: Endpoint.get("Deployments.list", "/v1/deployments", Page(Deployment.Deployment), {
    query: Deployment.ListParams
  }),
  update: Endpoint.post("Deployments.update", deployment, Deployment.Deployment, { body: Deployment.UpdateParams }),
  archive: Endpoint.post("Deployments.archive", `${deployment}/archive`, Deployment.Deployment),
  pause: Endpoint.post("Deployments.pause", `${deployment}/pause`, Deployment.Deployment),
  unpause: Endpoint.post("Deployments.unpause", `${deployment}/unpause`, Deployment.Deployment),
  run: Endpoint.post("Deployments.run", `${deployment}/run`, DeploymentRun.DeploymentRun)
}

/**
 * The runs of deployments.
 * @category constants
 */
export const deploymentRuns = {
  list: Endpoint.get("DeploymentRuns.list", "/v1/deployment_runs", Page(DeploymentRun.DeploymentRun), {
    query: DeploymentRun.ListParams
  }),
  retrieve: Endpoint.get(
    "DeploymentRuns.retrieve",
    "/v1/deployment_runs/{deployment_run_id}",
    DeploymentRun.DeploymentRun
  )
}

/**
 * The files of a workspace.
 * @category constants
 */
export const files = {
  upload: Endpoint.postForm("Files.upload", "/v1/files", StoredFile.StoredFile, {
    body: StoredFile.UploadParams,
    ...released
  }),
  retrieveMetadata: Endpoint.get("Files.retrieveMetadata", file, StoredFile.StoredFile, released),
  list: Endpoint.get("Files.list", "/v1/files", Page(StoredFile.StoredFile), {
    query: StoredFile.ListParams,
    ...released
  }),
  download: Endpoint.bytes("Files.download", `${file}/content`, released),
  delete: Endpoint.del("Files.delete", file, StoredFile.DeletedFile, released)
}

/**
 * Skills, and their versions.
 * @category constants
 */
export const skills = {
  create: Endpoint.postForm("Skills.create", "/v1/skills", Skill.Skill, { body: Skill.CreateParams, ...released }),
  retrieve: Endpoint.get("Skills.retrieve", skill, Skill.Skill, released),
  list: Endpoint.get("Skills.list", "/v1/skills", Page(Skill.Skill), { query: Skill.ListParams, ...released }),
  delete: Endpoint.del("Skills.delete", skill, Skill.DeletedSkill, released),
  createVersion: Endpoint.postForm("Skills.createVersion", `${skill}/versions`, Skill.SkillVersion, {
    body: Skill.CreateVersionParams,
    ...released
  }),
  retrieveVersion: Endpoint.get("Skills.retrieveVersion", skillVersion, Skill.SkillVersion, released),
  listVersions: Endpoint.get("Skills.listVersions", `${skill}/versions`, Page(Skill.SkillVersion), {
    query: Skill.ListVersionsParams,
    ...released
  }),
  deleteVersion: Endpoint.del("Skills.deleteVersion", skillVersion, Skill.DeletedSkillVersion, released),
  downloadVersion: Endpoint.bytes("Skills.downloadVersion", `${skillVersion}/content`, released)
}
