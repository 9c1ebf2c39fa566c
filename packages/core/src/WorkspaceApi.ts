/**
 * The endpoints of what sessions are made of: agents, environments, models, deployments, files, skills, vaults and memory
 * stores.
 *
 * Apart from `Api`, so that a program on sessions alone stays small.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { memoryBeta } from "./ClientConfig.ts"
import * as Credential from "./Credential.ts"
import * as Deployment from "./Deployment.ts"
import * as DeploymentRun from "./DeploymentRun.ts"
import * as Endpoint from "./Endpoint.ts"
import * as Environment from "./Environment.ts"
import * as Memory from "./Memory.ts"
import * as MemoryStore from "./MemoryStore.ts"
import * as MemoryVersion from "./MemoryVersion.ts"
import * as Model from "./Model.ts"
import { Page } from "./Page.ts"
import * as SavedAgent from "./SavedAgent.ts"
import * as Skill from "./Skill.ts"
import * as StoredFile from "./StoredFile.ts"
import * as Vault from "./Vault.ts"
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
const vault = "/v1/vaults/{vault_id}"
const credential = `${vault}/credentials/{credential_id}` as const
const memoryStore = "/v1/memory_stores/{memory_store_id}"
const memory = `${memoryStore}/memories/{memory_id}` as const
const memoryVersion = `${memoryStore}/memory_versions/{memory_version_id}` as const

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

/**
 * Vaults of credentials.
 * @category constants
 */
export const vaults = {
  create: Endpoint.post("Vaults.create", "/v1/vaults", Vault.Vault, { body: Vault.CreateParams }),
  retrieve: Endpoint.get("Vaults.retrieve", vault, Vault.Vault),
  list: Endpoint.get("Vaults.list", "/v1/vaults", Page(Vault.Vault), { query: Vault.ListParams }),
  update: Endpoint.post("Vaults.update", vault, Vault.Vault, { body: Vault.UpdateParams }),
  delete: Endpoint.del("Vaults.delete", vault, Vault.DeletedVault),
  archive: Endpoint.post("Vaults.archive", `${vault}/archive`, Vault.Vault)
}

/**
 * The credentials in a vault.
 * @category constants
 */
export const credentials = {
  create: Endpoint.post("Credentials.create", `${vault}/credentials`, Credential.Credential, {
    body: Credential.CreateParams
  }),
  retrieve: Endpoint.get("Credentials.retrieve", credential, Credential.Credential),
  list: Endpoint.get("Credentials.list", `${vault}/credentials`, Page(Credential.Credential), {
    query: Credential.ListParams
  }),
  update: Endpoint.post("Credentials.update", credential, Credential.Credential, { body: Credential.UpdateParams }),
  delete: Endpoint.del("Credentials.delete", credential, Credential.DeletedCredential),
  archive: Endpoint.post("Credentials.archive", `${credential}/archive`, Credential.Credential),
  mcpOAuthValidate: Endpoint.post(
    "Credentials.mcpOAuthValidate",
    `${credential}/mcp_oauth_validate`,
    Credential.Validation
  )
}

// they have a beta of their own, and are refused with that of sessions
const betas = [memoryBeta]

/**
 * Memory stores.
 * @category constants
 */
export const memoryStores = {
  create: Endpoint.post("MemoryStores.create", "/v1/memory_stores", MemoryStore.MemoryStore, {
    body: MemoryStore.CreateParams,
    betas
  }),
  retrieve: Endpoint.get("MemoryStores.retrieve", memoryStore, MemoryStore.MemoryStore, { betas }),
  list: Endpoint.get("MemoryStores.list", "/v1/memory_stores", Page(MemoryStore.MemoryStore), {
    query: MemoryStore.ListParams,
    betas
  }),
  update: Endpoint.post("MemoryStores.update", memoryStore, MemoryStore.MemoryStore, {
    body: MemoryStore.UpdateParams,
    betas
  }),
  delete: Endpoint.del("MemoryStores.delete", memoryStore, MemoryStore.DeletedMemoryStore, { betas }),
  archive: Endpoint.post("MemoryStores.archive", `${memoryStore}/archive`, MemoryStore.MemoryStore, { betas })
}

/**
 * The memories in a store.
 * @category constants
 */
export const memories = {
  create: Endpoint.post("Memories.create", `${memoryStore}/memories`, Memory.Memory, {
    query: Memory.ViewParams,
    body: Memory.CreateParams,
    betas
  }),
  retrieve: Endpoint.get("Memories.retrieve", memory, Memory.Memory, { query: Memory.ViewParams, betas }),
  list: Endpoint.get("Memories.list", `${memoryStore}/memories`, Page(Memory.ListItem), {
    query: Memory.ListParams,
    betas
  }),
  update: Endpoint.post("Memories.update", memory, Memory.Memory, {
    query: Memory.ViewParams,
    body: Memory.UpdateParams,
    betas
  }),
  delete: Endpoint.del("Memories.delete", memory, Memory.DeletedMemory, { query: Memory.DeleteParams, betas })
}

/**
 * The versions of a store's memories.
 * @category constants
 */
export const memoryVersions = {
  retrieve: Endpoint.get("MemoryVersions.retrieve", memoryVersion, MemoryVersion.MemoryVersion, {
    query: Memory.ViewParams,
    betas
  }),
  list: Endpoint.get("MemoryVersions.list", `${memoryStore}/memory_versions`, Page(MemoryVersion.MemoryVersion), {
    query: MemoryVersion.ListParams,
    betas
  }),
  redact: Endpoint.post("MemoryVersions.redact", `${memoryVersion}/redact`, MemoryVersion.MemoryVersion, { betas })
}
