import type * as Resource from "@effect-managed-agents/core/Resource"
import * as Either from "effect/Either"
import type { Rules } from "../../Rules.ts"
import type { Workspace } from "../workspace/workspace.ts"
import * as workspace from "../workspace/workspace.ts"
import * as agents from "./agents.ts"
import * as ids from "./ids.ts"
import * as refusal from "./refusal.ts"
import type { Ruling } from "./refusal.ts"
import type { Mounted, Session } from "./state.ts"
import type { Micros } from "./timestamp.ts"
import * as time from "./timestamp.ts"

/** The part of a session that its resources depend on. */
type Owner = Pick<Session, "agent" | "environment" | "issued" | "key" | "resources">

const uploads = "/mnt/session/uploads"

const segments = (path: string): ReadonlyArray<string> =>
  path.split("/").filter((segment) => segment !== "" && segment !== ".")

/** The path at which a file is mounted: every path is rooted in the directory of uploads, which is not repeated. */
const filePath = (path: string | null, fileId: string): Ruling<string> => {
  if (path === null) return Either.right(`${uploads}/${fileId}`)
  const parts = segments(path)
  const at = parts.slice(0, 3).join("/") === "mnt/session/uploads" ? 3 : parts[0] === "uploads" ? 1 : 0
  const rest = parts.slice(at)
  return rest.length === 0 || rest.includes("..")
    ? refusal.invalid(`mount_path: ${JSON.stringify(path)} is not a path of a file`)
    : Either.right(`${uploads}/${rest.join("/")}`)
}

const repositoryPath = (path: string | null, name: string): Ruling<string> => {
  if (path === null) return Either.right(`/workspace/${name}`)
  const parts = segments(path)
  return !path.startsWith("/") || parts[0] !== "workspace" || parts.length < 2 || parts.includes("..")
    ? refusal.invalid(`mount_path: ${JSON.stringify(path)} is not under /workspace`)
    : Either.right(`/${parts.join("/")}`)
}

const slug = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "") || "store"

const memoryPath = (owner: Owner, name: string): string => {
  const base = `/mnt/memory/${slug(name)}`
  const taken = new Set(owner.resources.map(({ value }) => value.mount_path))
  let path = base
  for (let n = 2; taken.has(path); n++) path = `${base}-${n}`
  return path
}

/** Result of mounting a resource. */
interface Mount extends Pick<Owner, "issued" | "resources"> {
  readonly value: Mounted["value"]
}

/** Mounts one more resource. */
const mount = (
  owner: Owner,
  known: Workspace,
  rules: Rules,
  now: Micros,
  params: typeof Resource.Params.Encoded
): Ruling<Mount> => {
  const at = time.format(now)
  const seq = owner.issued.resource
  const id = ids.format("sesrsc", ids.nth(ids.child(owner.key, "resource"), seq))
  const issued = { ...owner.issued, resource: seq + 1 }
  const added = (value: Mounted["value"], more: Partial<Session["issued"]> = {}) => ({
    issued: { ...issued, ...more },
    resources: [...owner.resources, { seq, value }],
    value
  })
  if (params.type !== "memory_store" && owner.environment.type === "self_hosted") {
    return refusal.because(
      "self_hosted_resources_unsupported_error",
      refusal.invalid(
        `Environment ${owner.environment.id} is a self-hosted environment. ` +
          "`resources` are not supported with self-hosted environments."
      )
    )
  }
  switch (params.type) {
    case "file": {
      const n = issued.file
      return workspace.checkReference(known, rules, "file", params.file_id).pipe(
        Either.flatMap(() => filePath(params.mount_path ?? null, params.file_id)),
        Either.map((mount_path) =>
          added({
            id,
            created_at: at,
            // the mount is a copy with an id of its own
            file_id: ids.format("file", ids.nth(ids.child(owner.key, "file"), n)),
            mount_path,
            type: "file",
            updated_at: at
          }, { file: n + 1 })
        )
      )
    }
    case "github_repository": {
      const name = /^https:\/\/github\.com\/[^/]+\/([^/]+?)$/.exec(params.url)?.[1]
      if (name === undefined || name.endsWith(".git")) {
        return refusal.invalid("url: must be https://github.com/<owner>/<repo>, without .git")
      }
      if (rules.requireRepositoryTokens && params.authorization_token === undefined) {
        return refusal.invalid("authorization_token: value is required")
      }
      return Either.map(repositoryPath(params.mount_path ?? null, name), (mount_path) =>
        // the token is used and forgotten
        added({
          id,
          created_at: at,
          mount_path,
          type: "github_repository",
          updated_at: at,
          url: params.url,
          ...(params.checkout !== undefined && params.checkout !== null && { checkout: params.checkout })
        }))
    }
    case "memory_store": {
      const store = known.memory.stores.get(params.memory_store_id)
      const mounted = added({
        type: "memory_store",
        memory_store_id: params.memory_store_id,
        access: params.access ?? "read_write",
        mount_path: memoryPath(owner, store?.name ?? params.memory_store_id),
        ...(store !== undefined && { name: store.name }),
        ...(store?.description !== undefined && { description: store.description }),
        ...(params.instructions !== undefined && params.instructions !== null && { instructions: params.instructions })
      })
      return Either.map(workspace.checkReference(known, rules, "memory_store", params.memory_store_id), () => mounted)
    }
    default:
      return refusal.invalid("resources: unknown type")
  }
}

/** Mounts the resources of a new session. */
export const mountAll = (
  owner: Owner,
  known: Workspace,
  rules: Rules,
  now: Micros,
  params: ReadonlyArray<typeof Resource.Params.Encoded>
): Ruling<Pick<Owner, "issued" | "resources">> =>
  Either.gen(function*() {
    let mounted: Owner = owner
    for (const [i, one] of params.entries()) {
      const next = yield* Either.mapLeft(
        mount(mounted, known, rules, now, one),
        (wrong) => ({ ...wrong, message: inPath(i, one, wrong.message) })
      )
      mounted = { ...mounted, ...next }
    }
    return { issued: mounted.issued, resources: mounted.resources }
  })

const inPath = (i: number, params: typeof Resource.Params.Encoded, message: string): string =>
  /^[a-z_]+: /.test(message) ? `resources.${i}.${String(params.type)}.${message}` : message

/** Mounts a file in a session that exists. */
export const add = (
  owner: Owner,
  known: Workspace,
  rules: Rules,
  now: Micros,
  params: typeof Resource.FileParams.Encoded
): Ruling<Mount> => {
  if (!agents.canRead(owner.agent)) {
    return refusal.invalid(
      "Missing required tool: file resources require the read tool to be usable (enabled and not always_deny) " +
        "on the session's `agent_toolset`"
    )
  }
  const files = owner.resources.filter(({ value }) => value.type === "file").length
  return files >= 500
    ? refusal.invalid("resources: must have at most 500 files")
    : mount(owner, known, rules, now, params)
}

/** A resource by its id. A memory store has none. */
export const find = (
  resources: ReadonlyArray<Mounted>,
  id: string
): Ruling<Mounted & { readonly value: { readonly id: string } }> => {
  for (const { seq, value } of resources) {
    if (value.type !== "memory_store" && value.id === id) return Either.right({ seq, value })
  }
  return refusal.notFound(`Resource ${id} not found.`)
}

/** Rotates the token of a repository: it shows in nothing but the time of the update. */
export const rotate = (
  resources: ReadonlyArray<Mounted>,
  id: string,
  now: Micros
): Ruling<{ readonly resources: ReadonlyArray<Mounted>; readonly value: Mounted["value"] }> =>
  Either.flatMap(find(resources, id), (found) => {
    if (found.value.type !== "github_repository") {
      return refusal.invalid("Only resources of type github_repository can be updated.")
    }
    const value = { ...found.value, updated_at: time.format(now) }
    return Either.right({ resources: resources.map((one) => one.seq === found.seq ? { ...one, value } : one), value })
  })

/** Detaches a file. */
export const remove = (resources: ReadonlyArray<Mounted>, id: string): Ruling<ReadonlyArray<Mounted>> =>
  Either.flatMap(find(resources, id), (found) =>
    found.value.type === "file"
      ? Either.right(resources.filter((one) => one.seq !== found.seq))
      : refusal.invalid("Only resources of type file can be deleted."))
