/**
 * Environments: where the sandboxes of sessions run, what they can reach and what is installed in them.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { EnvironmentId } from "./Ids.ts"
import * as params from "./internal/schema/params.ts"
import * as wire from "./internal/schema/wire.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * A network without limits.
 * @category schemas
 */
export class UnrestrictedNetwork extends wire.Struct<UnrestrictedNetwork>()("UnrestrictedNetwork", {
  type: Schema.Literal("unrestricted")
}) {}

/**
 * A network that reaches some hosts only.
 * @category schemas
 */
export class LimitedNetwork extends wire.Struct<LimitedNetwork>()("LimitedNetwork", {
  type: Schema.Literal("limited"),
  /** The hosts that can be reached. */
  allowed_hosts: Schema.Array(Schema.String),
  /** True if the MCP servers of the agent can be reached as well. */
  allow_mcp_servers: Schema.Boolean,
  /** True if public package registries can be reached as well. */
  allow_package_managers: Schema.Boolean
}) {}

/**
 * The hosts that a sandbox can reach.
 * @category schemas
 */
export const Network = wire.openUnion("Network", [UnrestrictedNetwork, LimitedNetwork])

/**
 * The values of {@link Network}.
 * @category models
 */
export type Network = wire.Named<typeof Network>["union" | "name"]

/**
 * The packages that are installed in a sandbox, by package manager.
 * @category schemas
 */
export class Packages extends wire.Struct<Packages>()("Packages", {
  type: wire.optional(Schema.Literal("packages")),
  /** Packages of Ubuntu. */
  apt: Schema.Array(Schema.String),
  /** Packages of Rust. */
  cargo: Schema.Array(Schema.String),
  /** Packages of Ruby. */
  gem: Schema.Array(Schema.String),
  /** Packages of Go. */
  go: Schema.Array(Schema.String),
  /** Packages of Node.js. */
  npm: Schema.Array(Schema.String),
  /** Packages of Python. */
  pip: Schema.Array(Schema.String)
}) {}

/**
 * Sandboxes that the service runs.
 * @category schemas
 */
export class CloudConfig extends wire.Struct<CloudConfig>()("CloudConfig", {
  type: Schema.Literal("cloud"),
  /** The hosts that a sandbox can reach. */
  networking: Network,
  /** The packages in it. */
  packages: Packages
}) {}

/**
 * Sandboxes of one's own, which take their work from a queue.
 * @category schemas
 */
export class SelfHostedConfig extends wire.Struct<SelfHostedConfig>()("SelfHostedConfig", {
  type: Schema.Literal("self_hosted")
}) {}

/**
 * Kind and configuration of an environment.
 * @category schemas
 */
export const Config = wire.openUnion("EnvironmentConfig", [CloudConfig, SelfHostedConfig])

/**
 * The values of {@link Config}.
 * @category models
 */
export type Config = wire.Named<typeof Config>["union" | "name"]

const scopes = ["organization", "account"] as const

/**
 * An environment.
 * @category schemas
 */
export class Environment extends wire.Struct<Environment>()("Environment", {
  type: Schema.Literal("environment"),
  /** Names the environment in every other call. */
  id: EnvironmentId,
  /** For people to read. */
  name: Schema.String,
  /** For people to read; `null` if there is none. */
  description: Schema.NullOr(Schema.String),
  /** Kind and configuration. */
  config: Config,
  /** Pairs of one's own. */
  metadata: Schema.Record({ key: Schema.String, value: Schema.String }),
  /** Who can see it: all accounts of the organization, or its owner only. */
  scope: wire.optional(wire.openString("EnvironmentScope", ...scopes)),
  /** When the environment was created. */
  created_at: Timestamp,
  /** When the environment last changed. */
  updated_at: Timestamp,
  /** `null` for an environment that is not archived. */
  archived_at: Schema.NullOr(Timestamp)
}) {}

/**
 * The confirmation that an environment is gone.
 * @category schemas
 */
export class DeletedEnvironment extends wire.Struct<DeletedEnvironment>()("DeletedEnvironment", {
  type: Schema.Literal("environment_deleted"),
  /** The environment that is gone. */
  id: EnvironmentId
}) {}

const names = Schema.optional(Schema.NullOr(Schema.Array(Schema.String)))

/**
 * Network to allow some hosts only. In an update, what is absent stays.
 * @category schemas
 */
export class LimitedNetworkParams extends wire.Struct<LimitedNetworkParams>()("LimitedNetworkParams", {
  type: Schema.Literal("limited"),
  /** The hosts that can be reached. */
  allowed_hosts: names,
  /** True to reach the MCP servers of the agent as well; the default is `false`. */
  allow_mcp_servers: Schema.optional(Schema.NullOr(Schema.Boolean)),
  /** True to reach public package registries as well, which `packages` need; the default is `false`. */
  allow_package_managers: Schema.optional(Schema.NullOr(Schema.Boolean))
}) {}

/**
 * The hosts that a sandbox is to reach.
 * @category schemas
 */
export const NetworkParams = wire.openUnion("NetworkParams", [UnrestrictedNetwork, LimitedNetworkParams])

/**
 * The values of {@link NetworkParams}.
 * @category models
 */
export type NetworkParams = wire.Named<typeof NetworkParams>["union" | "name"]

/**
 * Packages to install, with versions as the package manager writes them; the latest without one.
 * @category schemas
 */
export class PackagesParams extends wire.Struct<PackagesParams>()("PackagesParams", {
  type: Schema.optional(Schema.Literal("packages")),
  /** Packages of Ubuntu. */
  apt: names,
  /** Packages of Rust. */
  cargo: names,
  /** Packages of Ruby. */
  gem: names,
  /** Packages of Go. */
  go: names,
  /** Packages of Node.js. */
  npm: names,
  /** Packages of Python, such as `pandas==2.2.0`. */
  pip: names
}) {}

/**
 * Sandboxes that the service is to run. In an update, what is absent stays.
 * @category schemas
 */
export class CloudConfigParams extends wire.Struct<CloudConfigParams>()("CloudConfigParams", {
  type: Schema.Literal("cloud"),
  /** The hosts to reach. */
  networking: Schema.optional(Schema.NullOr(NetworkParams)),
  /** The packages to install. */
  packages: Schema.optional(Schema.NullOr(PackagesParams))
}) {}

/**
 * Kind and configuration of an environment; the kind can never change.
 * @category schemas
 */
export const ConfigParams = wire.openUnion("EnvironmentConfigParams", [CloudConfigParams, SelfHostedConfig])

/**
 * The values of {@link ConfigParams}.
 * @category models
 */
export type ConfigParams = wire.Named<typeof ConfigParams>["union" | "name"]

/**
 * Parameters of a new environment.
 * @category schemas
 */
export class CreateParams extends wire.Struct<CreateParams>()("CreateEnvironmentParams", {
  /** For people to read. */
  name: Schema.String,
  /** Kind and configuration. */
  config: Schema.optional(Schema.NullOr(ConfigParams)),
  /** For people to read. */
  description: Schema.optional(Schema.NullOr(Schema.String)),
  /** Pairs of one's own. */
  metadata: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String })),
  /** Who can see it; organizations of the API know only `organization`. */
  scope: Schema.optional(Schema.NullOr(Schema.Literal(...scopes)))
}) {}

/**
 * Changes to an environment; what is absent stays.
 * @category schemas
 */
export class UpdateParams extends wire.Struct<UpdateParams>()("UpdateEnvironmentParams", {
  /** For people to read. */
  name: Schema.optional(Schema.NullOr(Schema.String)),
  /** Of the kind that the environment has. */
  config: Schema.optional(Schema.NullOr(ConfigParams)),
  /** For people to read; `null` removes it. */
  description: Schema.optional(Schema.NullOr(Schema.String)),
  /** A patch: `null` or an empty text removes a key, and keys that are not mentioned stay. */
  metadata: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.NullOr(Schema.String) })),
  /** Who can see it. */
  scope: Schema.optional(Schema.NullOr(Schema.Literal(...scopes)))
}) {}

/**
 * Which environments to list.
 * @category schemas
 */
export class ListParams extends wire.Struct<ListParams>()("ListEnvironmentsParams", {
  /** True to include archived environments. */
  include_archived: Schema.optional(Schema.Boolean),
  /** Environments per page. */
  limit: Schema.optional(params.integer({ min: 1 })),
  /** The cursor of a page; `null` stands for the first one. */
  page: Schema.optional(Schema.NullOr(Schema.String))
}) {}
