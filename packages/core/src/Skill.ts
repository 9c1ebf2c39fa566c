/**
 * Skills of a workspace, and what it takes to create and list them and their versions.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { SkillId, SkillVersionId } from "./Ids.ts"
import * as params from "./internal/schema/params.ts"
import * as wire from "./internal/schema/wire.ts"
import { Timestamp } from "./Timestamp.ts"
import * as Upload from "./Upload.ts"

/**
 * The origin of a skill.
 * @category schemas
 */
export class Source extends wire.Struct<Source>()("SkillSource", {
  /** `custom` skills belong to the workspace, all others can only be read. */
  type: wire.openString("SkillSourceType", "custom", "anthropic", "anthropic_example", "plugin")
}) {}

/**
 * A skill, which has at least one version.
 * @category schemas
 */
export class Skill extends wire.Struct<Skill>()("SavedSkill", {
  type: Schema.Literal("skill"),
  /** Names the skill in every other call. */
  id: SkillId,
  /** For people to read; others may have the same. */
  display_name: Schema.String,
  /** The newest version, which `latest` stands for. */
  latest_version_id: SkillVersionId,
  /** The origin. */
  source: Source,
  /** When the skill was created. */
  created_at: Timestamp,
  /** When it last changed. */
  updated_at: Timestamp
}) {}

/**
 * A version of a skill, without its files.
 * @category schemas
 */
export class SkillVersion extends wire.Struct<SkillVersion>()("SkillVersion", {
  type: Schema.Literal("skill_version"),
  /** Names the version in calls, and pins it in references. */
  id: SkillVersionId,
  /** The skill. */
  skill_id: SkillId,
  /** The name of the skill's folder, the same in all versions: the `name` in the head of the first `SKILL.md`. */
  name: Schema.String,
  /** The `description` in the head of its `SKILL.md`. */
  description: Schema.String,
  /** When the version was created. */
  created_at: Timestamp
}) {}

/**
 * The confirmation that a skill is gone, with all its versions.
 * @category schemas
 */
export class DeletedSkill extends wire.Struct<DeletedSkill>()("DeletedSkill", {
  type: Schema.Literal("skill_deleted"),
  /** The skill that is gone. */
  id: SkillId
}) {}

/**
 * The confirmation that a version of a skill is gone.
 * @category schemas
 */
export class DeletedSkillVersion extends wire.Struct<DeletedSkillVersion>()("DeletedSkillVersion", {
  type: Schema.Literal("skill_version_deleted"),
  /** The version that is gone. */
  id: SkillVersionId
}) {}

const isArchive = (files: ReadonlyArray<Upload.Upload>): boolean =>
  files.length === 1 && files.every(({ name }) => /^[^/\\]+\.zip$/i.test(name))

const check = (files: ReadonlyArray<Upload.Upload>): ReadonlyArray<Schema.FilterIssue> => {
  // the service looks into an archive
  if (isArchive(files)) return []
  const issues: Array<Schema.FilterIssue> = []
  const top = files[0]?.name.split("/")[0]
  const seen = new Set<string>()
  files.forEach(({ name }, index) => {
    const refuse = (message: string) => issues.push({ path: [index, "name"], message })
    const steps = name.split("/")
    if (steps.includes("") || steps.includes(".") || steps.includes("..") || name.includes("\\")) {
      refuse("must be a path that stays in its folder, with / between its parts")
    } else if (steps.length < 2) refuse("must be in a folder, such as my-skill/SKILL.md")
    else if (steps[0] !== top) refuse("must be in the same folder as the first file")
    else if (seen.has(name)) refuse("must not be the path of another file")
    seen.add(name)
  })
  if (issues.length === 0 && !seen.has(`${top}/SKILL.md`)) {
    issues.push({ path: [], message: "must have a SKILL.md at the top of its folder" })
  }
  return issues
}

/**
 * The files of a skill: all in one folder with a `SKILL.md` at its top, or one `.zip` with such a folder.
 * @category schemas
 */
export const SkillFiles: Schema.Schema<ReadonlyArray<Upload.Upload>> = params.list(Upload.Upload, { min: 1 }).pipe(
  Schema.filter(check, {
    identifier: "SkillFiles",
    jsonSchema: {},
    arbitrary: () => (fc) => fc.constant([Upload.fromBytes("", { name: "folder/SKILL.md" })])
  })
)

/**
 * Parameters of a new skill.
 * @category schemas
 */
export class CreateParams extends wire.Struct<CreateParams>()("CreateSkillParams", {
  /** The files, with paths that begin with the name of their folder. */
  files: SkillFiles,
  /** For people to read, in one line of at most 255 characters; the default is the `name` in the head of `SKILL.md`. */
  display_name: Schema.optional(Schema.NullOr(params.text({ max: 255 })))
}) {}

/**
 * Parameters of a new version of a skill.
 * @category schemas
 */
export class CreateVersionParams extends wire.Struct<CreateVersionParams>()("CreateSkillVersionParams", {
  /** All files of the version, with paths that begin with the name of their folder. */
  files: SkillFiles
}) {}

/**
 * Which skills to list.
 * @category schemas
 */
export class ListParams extends wire.Struct<ListParams>()("ListSkillsParams", {
  /** Only skills of this origin. */
  source: Schema.optional(Schema.NullOr(wire.openString("SkillSourceFilter", "custom", "anthropic"))),
  /** Skills per page. */
  limit: Schema.optional(params.integer({ min: 1 })),
  /** The cursor of a page; `null` stands for the first one. */
  page: Schema.optional(Schema.NullOr(Schema.String))
}) {}

/**
 * Which page of a skill's versions to list.
 * @category schemas
 */
export class ListVersionsParams extends wire.Struct<ListVersionsParams>()("ListSkillVersionsParams", {
  /** Versions per page. */
  limit: Schema.optional(params.integer({ min: 1 })),
  /** The cursor of a page; `null` stands for the first one. */
  page: Schema.optional(Schema.NullOr(Schema.String))
}) {}
