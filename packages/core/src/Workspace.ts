/**
 * The services on what sessions are made of, as one layer on top of `ManagedAgents`: saved agents, environments and their
 * work, models, deployments, files, skills, vaults and memory stores.
 *
 * A layer of its own, so that a program on sessions alone stays small.
 *
 * @since 0.1.0
 */
import * as Layer from "effect/Layer"
import * as Agents from "./Agents.ts"
import type { ApiClient } from "./ApiClient.ts"
import * as Credentials from "./Credentials.ts"
import * as DeploymentRuns from "./DeploymentRuns.ts"
import * as Deployments from "./Deployments.ts"
import * as Environments from "./Environments.ts"
import * as EnvironmentWork from "./EnvironmentWork.ts"
import * as Files from "./Files.ts"
import * as Memories from "./Memories.ts"
import * as MemoryStores from "./MemoryStores.ts"
import * as MemoryVersions from "./MemoryVersions.ts"
import * as Models from "./Models.ts"
import * as Skills from "./Skills.ts"
import * as Vaults from "./Vaults.ts"

/**
 * The services that {@link layer} provides.
 * @category models
 */
export type Services =
  | Agents.Agents
  | Credentials.Credentials
  | DeploymentRuns.DeploymentRuns
  | Deployments.Deployments
  | EnvironmentWork.EnvironmentWork
  | Environments.Environments
  | Files.Files
  | Skills.Skills
  | Memories.Memories
  | MemoryStores.MemoryStores
  | MemoryVersions.MemoryVersions
  | Models.Models
  | Vaults.Vaults

/**
 * Provides the services, on the client of `ManagedAgents`:
 * `Workspace.layer.pipe(Layer.provideMerge(ManagedAgents.layerEnv))`.
 * @category layers
 */
export const layer: Layer.Layer<Services, never, ApiClient> = Layer.mergeAll(
  Agents.layer,
  Credentials.layer,
  DeploymentRuns.layer,
  Deployments.layer,
  EnvironmentWork.layer,
  Environments.layer,
  Files.layer,
  Skills.layer,
  Memories.layer,
  MemoryStores.layer,
  MemoryVersions.layer,
  Models.layer,
  Vaults.layer
)
