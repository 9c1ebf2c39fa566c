import type * as Page from "@effect-managed-agents/core/Page"
import type * as Skill from "@effect-managed-agents/core/Skill"
import * as Either from "effect/Either"
import type { Ruling } from "../../session/refusal.ts"
import * as skills from "../../workspace/skills.ts"
import type { File } from "../form.ts"
import type { Call, Download } from "./context.ts"
import * as pages from "./pages.ts"

type View = typeof Skill.Skill.Encoded
type VersionView = typeof Skill.SkillVersion.Encoded
type AnyCall = Call<unknown, unknown>

interface Files {
  readonly files: ReadonlyArray<File>
}

const idOf = ({ path }: AnyCall): string => path["skill_id"] ?? ""
const versionIdOf = ({ path }: AnyCall): string => path["version"] ?? ""

const locate = (call: AnyCall): Ruling<skills.Kept> => skills.find(call.world.workspace.skills, idOf(call))

export const create = (
  { body, key, world }: Call<unknown, Files & { readonly display_name?: string | null }>
): Ruling<View> =>
  Either.map(
    skills.create(world.workspace.skills, key, body, world.now()),
    (change) => skills.view(world.keep("skills", change))
  )

export const retrieve = (call: AnyCall): Ruling<View> => Either.map(locate(call), skills.view)

export const list = (call: Call<typeof Skill.ListParams.Encoded, unknown>): Ruling<Page.Page<View>> => {
  const { source } = call.query
  // those that come with the service are not modelled
  const shown = !source || source === "custom" ? [...call.world.workspace.skills.all.values()] : []
  return Either.map(pages.list(call, shown, { list: "skills", nullEdges: true }), (page) => ({
    ...page,
    data: page.data.map(skills.view)
  }))
}

const remove = (call: AnyCall): Ruling<typeof Skill.DeletedSkill.Encoded> => {
  const { world } = call
  const id = idOf(call)
  return Either.map(skills.remove(world.workspace.skills, id), (next) => {
    world.workspace = { ...world.workspace, skills: next }
    return { id, type: "skill_deleted" as const }
  })
}

export const createVersion = (call: Call<unknown, Files>): Ruling<VersionView> => {
  const { body, key, world } = call
  return Either.flatMap(
    skills.addVersion(world.workspace.skills, idOf(call), key, body.files, world.now()),
    (change) => {
      const kept = world.keep("skills", change)
      return Either.map(skills.findVersion(kept, "latest"), (version) => skills.versionView(kept, version))
    }
  )
}

export const retrieveVersion = (call: AnyCall): Ruling<VersionView> =>
  Either.flatMap(
    locate(call),
    (kept) => Either.map(skills.findVersion(kept, versionIdOf(call)), (version) => skills.versionView(kept, version))
  )

export const listVersions = (
  call: Call<typeof Skill.ListVersionsParams.Encoded, unknown>
): Ruling<Page.Page<VersionView>> =>
  Either.gen(function*() {
    const kept = yield* locate(call)
    const page = yield* pages.list(call, kept.versions, { list: `versions:${kept.id}`, nullEdges: true })
    return { ...page, data: page.data.map((version) => skills.versionView(kept, version)) }
  })

export const deleteVersion = (call: AnyCall): Ruling<typeof Skill.DeletedSkillVersion.Encoded> => {
  const { world } = call
  const id = versionIdOf(call)
  return Either.map(skills.removeVersion(world.workspace.skills, idOf(call), id, world.now()), (change) => {
    world.keep("skills", change)
    return { id, type: "skill_version_deleted" as const }
  })
}

export const downloadVersion = (call: AnyCall): Ruling<Download> =>
  Either.flatMap(locate(call), (kept) =>
    Either.map(skills.findVersion(kept, versionIdOf(call)), (version) => {
      const bytes = skills.archive(version)
      return { name: `${kept.name}.zip`, mediaType: "application/zip", size: bytes.length, chunks: [bytes] }
    }))

export { remove as delete }
