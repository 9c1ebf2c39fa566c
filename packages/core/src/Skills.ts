/**
 * Skills: create, read, list and delete them, version by version.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { RequestOptions, StreamOptions } from "./ApiClient.ts"
import { ApiClient } from "./ApiClient.ts"
import type { ApiError } from "./ApiError.ts"
import type { SkillIdInput, SkillVersionIdInput } from "./Ids.ts"
import { paginate } from "./internal/http/paginate.ts"
import type { Page } from "./Page.ts"
import type {
  CreateParams,
  CreateVersionParams,
  DeletedSkill,
  DeletedSkillVersion,
  ListParams,
  ListVersionsParams,
  Skill,
  SkillVersion
} from "./Skill.ts"
import * as Api from "./WorkspaceApi.ts"

/**
 * Operations on skills and their versions.
 * @category services
 */
export interface Service {
  /**
   * Creates a skill with its first version. Files without a `SKILL.md` at the top of their one folder, and paths that leave
   * it, are refused before anything is sent. Not repeated after a failure that may have created one.
   */
  readonly create: (params: CreateParams, options?: RequestOptions) => Effect.Effect<Skill, ApiError>
  /** Reads a skill. */
  readonly retrieve: (id: SkillIdInput, options?: RequestOptions) => Effect.Effect<Skill, ApiError>
  /** All skills that match, page by page as they are consumed. */
  readonly list: (params?: ListParams, options?: RequestOptions) => Stream.Stream<Skill, ApiError>
  /** One page of skills. Pass its `next_page` as `page` to go on. */
  readonly listPage: (params?: ListParams, options?: RequestOptions) => Effect.Effect<Page<Skill>, ApiError>
  /** Deletes a skill with all its versions. */
  readonly delete: (id: SkillIdInput, options?: RequestOptions) => Effect.Effect<DeletedSkill, ApiError>
  /** Adds a version to a skill, which becomes its latest. Its `SKILL.md` must have the name of the skill. */
  readonly createVersion: (
    id: SkillIdInput,
    params: CreateVersionParams,
    options?: RequestOptions
  ) => Effect.Effect<SkillVersion, ApiError>
  /** Reads a version. */
  readonly retrieveVersion: (
    id: SkillIdInput,
    version: SkillVersionIdInput,
    options?: RequestOptions
  ) => Effect.Effect<SkillVersion, ApiError>
  /** All versions of a skill, page by page as they are consumed. */
  readonly listVersions: (
    id: SkillIdInput,
    params?: ListVersionsParams,
    options?: RequestOptions
  ) => Stream.Stream<SkillVersion, ApiError>
  /** One page of a skill's versions. Pass its `next_page` as `page` to go on. */
  readonly listVersionsPage: (
    id: SkillIdInput,
    params?: ListVersionsParams,
    options?: RequestOptions
  ) => Effect.Effect<Page<SkillVersion>, ApiError>
  /** Deletes a version. */
  readonly deleteVersion: (
    id: SkillIdInput,
    version: SkillVersionIdInput,
    options?: RequestOptions
  ) => Effect.Effect<DeletedSkillVersion, ApiError>
  /** The files of a version as a zip archive, read from the connection as it is consumed. */
  readonly downloadVersion: (
    id: SkillIdInput,
    version: SkillVersionIdInput,
    options?: StreamOptions
  ) => Stream.Stream<Uint8Array, ApiError>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class Skills extends Context.Tag("@effect-managed-agents/core/Skills")<Skills, Service>() {}

/**
 * Builds the service.
 * @category constructors
 */
export const make: Effect.Effect<Service, never, ApiClient> = Effect.map(ApiClient, (api) => {
  const path = (skill_id: SkillIdInput) => ({ path: { skill_id } })
  const versionPath = (skill_id: SkillIdInput, version: SkillVersionIdInput) => ({ path: { skill_id, version } })
  const listPage: Service["listPage"] = (query, options) => api.call(Api.skills.list, { query }, options)
  const listVersionsPage: Service["listVersionsPage"] = (id, query, options) =>
    api.call(Api.skills.listVersions, { ...path(id), query }, options)
  return Skills.of({
    create: (body, options) => api.call(Api.skills.create, { body }, options),
    retrieve: (id, options) => api.call(Api.skills.retrieve, path(id), options),
    list: (params, options) => paginate((page) => listPage({ ...params, ...page }, options)),
    listPage,
    delete: (id, options) => api.call(Api.skills.delete, path(id), options),
    createVersion: (id, body, options) => api.call(Api.skills.createVersion, { ...path(id), body }, options),
    retrieveVersion: (id, version, options) => api.call(Api.skills.retrieveVersion, versionPath(id, version), options),
    listVersions: (id, params, options) => paginate((page) => listVersionsPage(id, { ...params, ...page }, options)),
    listVersionsPage,
    deleteVersion: (id, version, options) => api.call(Api.skills.deleteVersion, versionPath(id, version), options),
    downloadVersion: (id, version, options) =>
      Stream.unwrapScoped(api.open(Api.skills.downloadVersion, versionPath(id, version), options))
  })
})

/**
 * Provides {@link Skills}.
 * @category layers
 */
export const layer: Layer.Layer<Skills, never, ApiClient> = Layer.effect(Skills, make)
