/**
 * Vaults: containers of the credentials that sessions use and their agents never see.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { VaultId } from "./Ids.ts"
import { Metadata, MetadataPatch } from "./internal/schema/metadata.ts"
import * as params from "./internal/schema/params.ts"
import * as wire from "./internal/schema/wire.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * A vault.
 * @category schemas
 */
export class Vault extends wire.Struct<Vault>()("Vault", {
  type: Schema.Literal("vault"),
  /** Names the vault in every other call, and in `vault_ids` of a session. */
  id: VaultId,
  /** For people to read. */
  display_name: Schema.String,
  /** Pairs of one's own. */
  metadata: Schema.Record({ key: Schema.String, value: Schema.String }),
  /** When the vault was created. */
  created_at: Timestamp,
  /** When the vault last changed. */
  updated_at: Timestamp,
  /** `null` for a vault that is not archived. */
  archived_at: Schema.NullOr(Timestamp)
}) {}

/**
 * The confirmation that a vault is gone.
 * @category schemas
 */
export class DeletedVault extends wire.Struct<DeletedVault>()("DeletedVault", {
  type: Schema.Literal("vault_deleted"),
  /** The vault that is gone. */
  id: VaultId
}) {}

const name = params.text({ nonEmpty: true, max: 255 })

/**
 * Parameters of a new vault.
 * @category schemas
 */
export class CreateParams extends wire.Struct<CreateParams>()("CreateVaultParams", {
  /** For people to read: 1 to 255 characters. */
  display_name: name,
  /** At most 16 pairs, keys of at most 64 and values of at most 512 characters. */
  metadata: Schema.optional(Metadata)
}) {}

/**
 * Changes to a vault; what is absent or `null` stays.
 * @category schemas
 */
export class UpdateParams extends wire.Struct<UpdateParams>()("UpdateVaultParams", {
  /** For people to read: 1 to 255 characters. */
  display_name: Schema.optional(Schema.NullOr(name)),
  /** A patch: `null` removes a key, and keys that are not mentioned stay. */
  metadata: Schema.optional(Schema.NullOr(MetadataPatch))
}) {}

/**
 * Which vaults to list.
 * @category schemas
 */
export class ListParams extends wire.Struct<ListParams>()("ListVaultsParams", {
  /** True to include archived vaults; the default is `false`. */
  include_archived: Schema.optional(Schema.Boolean),
  /** Vaults per page. */
  limit: Schema.optional(params.integer({ min: 1 })),
  /** The cursor of a page; `null` stands for the first one. */
  page: Schema.optional(Schema.NullOr(Schema.String))
}) {}
