/*
 * Our types of what sessions are made of against those of the official SDK, by the rules of `compare.ts`. The SDK's side is
 * taken from the methods of its client.
 */
import type Anthropic from "@anthropic-ai/sdk"
import { describe, expect, it } from "tstyche"
import type * as Credential from "../src/Credential.ts"
import type * as Deployment from "../src/Deployment.ts"
import type * as DeploymentRun from "../src/DeploymentRun.ts"
import type * as Environment from "../src/Environment.ts"
import type * as Memory from "../src/Memory.ts"
import type * as MemoryStore from "../src/MemoryStore.ts"
import type * as MemoryVersion from "../src/MemoryVersion.ts"
import type * as Model from "../src/Model.ts"
import type * as SavedAgent from "../src/SavedAgent.ts"
import type * as Skill from "../src/Skill.ts"
import type * as StoredFile from "../src/StoredFile.ts"
import type * as Vault from "../src/Vault.ts"
import type * as Work from "../src/Work.ts"
import type { Closed, Differences } from "./compare.ts"
import type { differences } from "./differences.ts"
import type { First, Result, Second } from "./pairs.ts"
import type { workspaceDifferences } from "./workspaceDifferences.ts"

type Sdk = Anthropic["beta"]
/** The parts of a form that are no files: those are values of this package here, and web objects there. */
type WithoutFiles<P> = Omit<P, "file" | "files">
type InBody<P> = Omit<P, "environment_id" | "Anthropic-Worker-ID" | "vault_id" | "memory_store_id">
type Vaults = Sdk["vaults"]
type Stores = Sdk["memoryStores"]
type View = typeof Memory.ViewParams.Encoded

interface Pairs {
  readonly Agent: [typeof SavedAgent.SavedAgent.Encoded, Result<Sdk["agents"]["retrieve"]>]
  readonly CreateAgent: [typeof SavedAgent.CreateParams.Encoded, First<Sdk["agents"]["create"]>]
  readonly UpdateAgent: [typeof SavedAgent.UpdateParams.Encoded, Second<Sdk["agents"]["update"]>]
  readonly RetrieveAgent: [typeof SavedAgent.RetrieveParams.Encoded, Second<Sdk["agents"]["retrieve"]>]
  readonly ListAgents: [typeof SavedAgent.ListParams.Encoded, First<Sdk["agents"]["list"]>]
  readonly ListVersions: [typeof SavedAgent.ListVersionsParams.Encoded, Second<Sdk["agents"]["versions"]["list"]>]
  readonly Environment: [typeof Environment.Environment.Encoded, Result<Sdk["environments"]["retrieve"]>]
  readonly DeletedEnvironment: [typeof Environment.DeletedEnvironment.Encoded, Result<Sdk["environments"]["delete"]>]
  readonly CreateEnvironment: [typeof Environment.CreateParams.Encoded, First<Sdk["environments"]["create"]>]
  readonly UpdateEnvironment: [typeof Environment.UpdateParams.Encoded, Second<Sdk["environments"]["update"]>]
  readonly ListEnvironments: [typeof Environment.ListParams.Encoded, First<Sdk["environments"]["list"]>]
  readonly Work: [typeof Work.Work.Encoded, Result<Sdk["environments"]["work"]["retrieve"]>]
  readonly Heartbeat: [typeof Work.Heartbeat.Encoded, Result<Sdk["environments"]["work"]["heartbeat"]>]
  readonly Stats: [typeof Work.Stats.Encoded, Result<Sdk["environments"]["work"]["stats"]>]
  readonly UpdateWork: [typeof Work.UpdateParams.Encoded, InBody<Second<Sdk["environments"]["work"]["update"]>>]
  readonly ListWork: [typeof Work.ListParams.Encoded, Second<Sdk["environments"]["work"]["list"]>]
  readonly Poll: [typeof Work.PollParams.Encoded, InBody<Second<Sdk["environments"]["work"]["poll"]>>]
  readonly SendHeartbeat: [
    typeof Work.HeartbeatParams.Encoded,
    InBody<Second<Sdk["environments"]["work"]["heartbeat"]>>
  ]
  readonly StopWork: [typeof Work.StopParams.Encoded, InBody<Second<Sdk["environments"]["work"]["stop"]>>]
  readonly Model: [typeof Model.Model.Encoded, Result<Sdk["models"]["retrieve"]>]
  readonly ListModels: [typeof Model.ListParams.Encoded, First<Sdk["models"]["list"]>]
  readonly Deployment: [typeof Deployment.Deployment.Encoded, Result<Sdk["deployments"]["retrieve"]>]
  readonly CreateDeployment: [typeof Deployment.CreateParams.Encoded, First<Sdk["deployments"]["create"]>]
  readonly UpdateDeployment: [typeof Deployment.UpdateParams.Encoded, Second<Sdk["deployments"]["update"]>]
  readonly ListDeployments: [typeof Deployment.ListParams.Encoded, First<Sdk["deployments"]["list"]>]
  readonly DeploymentRun: [typeof DeploymentRun.DeploymentRun.Encoded, Result<Sdk["deployments"]["run"]>]
  readonly ListDeploymentRuns: [typeof DeploymentRun.ListParams.Encoded, First<Sdk["deploymentRuns"]["list"]>]
  readonly File: [typeof StoredFile.StoredFile.Encoded, Result<Sdk["files"]["retrieveMetadata"]>]
  readonly DeletedFile: [typeof StoredFile.DeletedFile.Encoded, Result<Sdk["files"]["delete"]>]
  readonly UploadFile: [
    WithoutFiles<typeof StoredFile.UploadParams.Encoded>,
    WithoutFiles<First<Sdk["files"]["upload"]>>
  ]
  readonly ListFiles: [typeof StoredFile.ListParams.Encoded, First<Sdk["files"]["list"]>]
  readonly Skill: [typeof Skill.Skill.Encoded, Result<Sdk["skills"]["retrieve"]>]
  readonly DeletedSkill: [typeof Skill.DeletedSkill.Encoded, Result<Sdk["skills"]["delete"]>]
  readonly CreateSkill: [WithoutFiles<typeof Skill.CreateParams.Encoded>, WithoutFiles<First<Sdk["skills"]["create"]>>]
  readonly ListSkills: [typeof Skill.ListParams.Encoded, First<Sdk["skills"]["list"]>]
  readonly SkillVersion: [typeof Skill.SkillVersion.Encoded, Result<Sdk["skills"]["versions"]["retrieve"]>]
  readonly DeletedSkillVersion: [
    typeof Skill.DeletedSkillVersion.Encoded,
    Result<Sdk["skills"]["versions"]["delete"]>
  ]
  readonly CreateSkillVersion: [
    WithoutFiles<typeof Skill.CreateVersionParams.Encoded>,
    WithoutFiles<Second<Sdk["skills"]["versions"]["create"]>>
  ]
  readonly ListSkillVersions: [typeof Skill.ListVersionsParams.Encoded, Second<Sdk["skills"]["versions"]["list"]>]
  readonly Vault: [typeof Vault.Vault.Encoded, Result<Vaults["retrieve"]>]
  readonly DeletedVault: [typeof Vault.DeletedVault.Encoded, Result<Vaults["delete"]>]
  readonly CreateVault: [typeof Vault.CreateParams.Encoded, First<Vaults["create"]>]
  readonly UpdateVault: [typeof Vault.UpdateParams.Encoded, Second<Vaults["update"]>]
  readonly ListVaults: [typeof Vault.ListParams.Encoded, First<Vaults["list"]>]
  readonly Credential: [typeof Credential.Credential.Encoded, Result<Vaults["credentials"]["retrieve"]>]
  readonly DeletedCredential: [typeof Credential.DeletedCredential.Encoded, Result<Vaults["credentials"]["delete"]>]
  readonly Validation: [typeof Credential.Validation.Encoded, Result<Vaults["credentials"]["mcpOAuthValidate"]>]
  readonly CreateCredential: [typeof Credential.CreateParams.Encoded, Second<Vaults["credentials"]["create"]>]
  readonly UpdateCredential: [typeof Credential.UpdateParams.Encoded, InBody<Second<Vaults["credentials"]["update"]>>]
  readonly ListCredentials: [typeof Credential.ListParams.Encoded, Second<Vaults["credentials"]["list"]>]
  readonly MemoryStore: [typeof MemoryStore.MemoryStore.Encoded, Result<Stores["retrieve"]>]
  readonly DeletedMemoryStore: [typeof MemoryStore.DeletedMemoryStore.Encoded, Result<Stores["delete"]>]
  readonly CreateMemoryStore: [typeof MemoryStore.CreateParams.Encoded, First<Stores["create"]>]
  readonly UpdateMemoryStore: [typeof MemoryStore.UpdateParams.Encoded, Second<Stores["update"]>]
  readonly ListMemoryStores: [typeof MemoryStore.ListParams.Encoded, First<Stores["list"]>]
  readonly Memory: [typeof Memory.Memory.Encoded, Result<Stores["memories"]["retrieve"]>]
  readonly MemoryListItem: [
    typeof Memory.ListItem.Encoded,
    Result<Stores["memories"]["list"]>["data"][number]
  ]
  readonly DeletedMemory: [typeof Memory.DeletedMemory.Encoded, Result<Stores["memories"]["delete"]>]
  readonly CreateMemory: [typeof Memory.CreateParams.Encoded & View, Second<Stores["memories"]["create"]>]
  readonly UpdateMemory: [typeof Memory.UpdateParams.Encoded & View, InBody<Second<Stores["memories"]["update"]>>]
  readonly RetrieveMemory: [View, InBody<Second<Stores["memories"]["retrieve"]>>]
  readonly DeleteMemory: [typeof Memory.DeleteParams.Encoded, InBody<Second<Stores["memories"]["delete"]>>]
  readonly ListMemories: [typeof Memory.ListParams.Encoded, Second<Stores["memories"]["list"]>]
  readonly MemoryVersion: [typeof MemoryVersion.MemoryVersion.Encoded, Result<Stores["memoryVersions"]["retrieve"]>]
  readonly RetrieveMemoryVersion: [View, InBody<Second<Stores["memoryVersions"]["retrieve"]>>]
  readonly ListMemoryVersions: [
    typeof MemoryVersion.ListParams.Encoded,
    // here it is part of the query, not of the path as elsewhere
    & Second<Stores["memoryVersions"]["list"]>
    & Pick<NonNullable<Parameters<Stores["memoryVersions"]["list"]>[1]>, "session_id">
  ]
}

type Compared = {
  [K in keyof Pairs & string]: Differences<Pairs[K][0], Pairs[K][1], K>
}[keyof Pairs & string]
type Listed = keyof typeof workspaceDifferences

describe("the current SDK", () => {
  it("has no difference that is not listed", () => {
    expect<Exclude<Compared, `${string}${Listed | keyof typeof differences}`> & string>().type.toBe<never>()
  })

  it("has values that our types accept", () => {
    type Refused = { [K in keyof Pairs]: Pairs[K][1] extends Pairs[K][0] ? never : K }[keyof Pairs]
    // these differ as listed
    expect<Exclude<Refused, "CreateDeployment" | "UpdateDeployment" | "UpdateMemory"> & string>().type.toBe<never>()
  })

  it("accepts our values, where no difference is listed", () => {
    type Refused = {
      [K in keyof Pairs & string]: [Differences<Pairs[K][0], Pairs[K][1], K>] extends [never]
        ? Closed<Pairs[K][0]> extends Pairs[K][1] ? never : K
        : never
    }[keyof Pairs & string]
    expect<Refused & string>().type.toBe<never>()
  })

  it("has every difference that is listed", () => {
    type Stale = { [L in Listed]: [Extract<Compared, `${string}${L}`>] extends [never] ? L : never }[Listed]
    expect<Stale & string>().type.toBe<never>()
  })
})
