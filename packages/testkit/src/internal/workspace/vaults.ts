import type * as Core from "@effect-managed-agents/core/Credential"
import type * as Vault from "@effect-managed-agents/core/Vault"
import * as Either from "effect/Either"
import * as metadata from "../session/metadata.ts"
import type { Ruling } from "../session/refusal.ts"
import * as refusal from "../session/refusal.ts"
import type { Micros } from "../session/timestamp.ts"
import * as time from "../session/timestamp.ts"

type McpOAuth = typeof Core.McpOAuth.Encoded
type StaticBearer = typeof Core.StaticBearer.Encoded
type EnvironmentVariable = typeof Core.EnvironmentVariable.Encoded
type CreateParams = typeof Core.CreateParams.Encoded
type UpdateParams = typeof Core.UpdateParams.Encoded
type Validation = typeof Core.Validation.Encoded

/** Fields of everything that is kept, also when it was deleted: its id is known for ever. */
interface Kept {
  readonly id: string
  /** The order of creation, which breaks ties of `created_at`. */
  readonly seq: number
  readonly metadata: Readonly<Record<string, string>>
  readonly createdAt: Micros
  readonly updatedAt: Micros
  readonly archivedAt: Micros | null
  readonly isDeleted: boolean
}

/** A vault. */
export interface KeptVault extends Kept {
  readonly displayName: string
}

/** A credential. Its secrets are forgotten as soon as they arrive. */
export interface KeptCredential extends Kept {
  readonly vaultId: string
  readonly displayName: string | null
  readonly auth: McpOAuth | StaticBearer | EnvironmentVariable
}

/** All vaults, and the credentials of all of them, by id. */
export interface Vaults {
  readonly vaults: ReadonlyMap<string, KeptVault>
  readonly credentials: ReadonlyMap<string, KeptCredential>
}

/** No vaults. */
export const empty: Vaults = { vaults: new Map(), credentials: new Map() }

/** Result of a change: all vaults, and what was changed. */
export type Change<A> = readonly [vaults: Vaults, changed: A]

const setVault = (self: Vaults, kept: KeptVault): Change<KeptVault> => [
  { ...self, vaults: new Map(self.vaults).set(kept.id, kept) },
  kept
]

const setCredential = (self: Vaults, kept: KeptCredential): Change<KeptCredential> => [
  { ...self, credentials: new Map(self.credentials).set(kept.id, kept) },
  kept
]

const fresh = (id: string, seq: number, now: Micros) => ({
  id,
  seq,
  metadata: {},
  createdAt: now,
  updatedAt: now,
  archivedAt: null,
  isDeleted: false
})

const shown = ({ archivedAt, createdAt, id, metadata, updatedAt }: Kept) => ({
  id,
  metadata,
  created_at: time.format(createdAt),
  updated_at: time.format(updatedAt),
  archived_at: archivedAt === null ? null : time.format(archivedAt)
})

// ---------------------------------------------------------------------------------------------------------------------
// Vaults
// ---------------------------------------------------------------------------------------------------------------------

/** Adds a vault that a test has. */
export const put = (self: Vaults, id: string, now: Micros): Vaults =>
  setVault(self, { ...fresh(id, self.vaults.size, now), displayName: id })[0]

/** A vault that is there. */
export const find = (self: Vaults, id: string): Ruling<KeptVault> => {
  const kept = self.vaults.get(id)
  return kept === undefined || kept.isDeleted ? refusal.notFound(`Vault ${id} not found.`) : Either.right(kept)
}

const findActive = (self: Vaults, id: string): Ruling<KeptVault> =>
  Either.flatMap(
    find(self, id),
    (kept) => kept.archivedAt === null ? Either.right(kept) : refusal.invalid(`Vault ${id} is archived.`)
  )

/** A vault as the API shows it. */
export const view = (kept: KeptVault): typeof Vault.Vault.Encoded => ({
  type: "vault",
  display_name: kept.displayName,
  ...shown(kept)
})

/** Creates a vault. */
export const create = (
  self: Vaults,
  id: string,
  params: typeof Vault.CreateParams.Encoded,
  now: Micros
): Ruling<Change<KeptVault>> =>
  Either.map(
    metadata.patch({}, params.metadata ?? {}),
    (metadata) => setVault(self, { ...fresh(id, self.vaults.size, now), displayName: params.display_name, metadata })
  )

/** Changes a vault. */
export const update = (
  self: Vaults,
  id: string,
  params: typeof Vault.UpdateParams.Encoded,
  now: Micros
): Ruling<Change<KeptVault>> =>
  Either.gen(function*() {
    const kept = yield* findActive(self, id)
    return setVault(self, {
      ...kept,
      displayName: params.display_name ?? kept.displayName,
      metadata: yield* metadata.patch(kept.metadata, params.metadata ?? {}),
      updatedAt: now
    })
  })

/** The credentials in a vault that are not deleted. */
export const credentialsOf = (self: Vaults, vaultId: string): ReadonlyArray<KeptCredential> =>
  [...self.credentials.values()].filter((kept) => kept.vaultId === vaultId && !kept.isDeleted)

/** Archives a vault, with what is in it. Doing it again changes nothing. */
export const archive = (self: Vaults, id: string, now: Micros): Ruling<Change<KeptVault>> =>
  Either.map(find(self, id), (kept) => {
    if (kept.archivedAt !== null) return [self, kept]
    const archived = { archivedAt: now, updatedAt: now }
    const within = credentialsOf(self, id)
      .filter(({ archivedAt }) => archivedAt === null)
      .reduce<Vaults>((all, credential) => setCredential(all, { ...credential, ...archived })[0], self)
    return setVault(within, { ...kept, ...archived })
  })

/** Deletes a vault, with what is in it. */
export const remove = (self: Vaults, id: string): Ruling<Change<KeptVault>> =>
  Either.map(find(self, id), (kept) => {
    const within = credentialsOf(self, id)
      .reduce<Vaults>((all, credential) => setCredential(all, { ...credential, isDeleted: true })[0], self)
    return setVault(within, { ...kept, isDeleted: true })
  })

// ---------------------------------------------------------------------------------------------------------------------
// Credentials
// ---------------------------------------------------------------------------------------------------------------------

/** The most credentials in a vault. */
const most = 20

/** A credential that is there, in a vault that is there. */
export const findCredential = (self: Vaults, vaultId: string, id: string): Ruling<KeptCredential> =>
  Either.flatMap(find(self, vaultId), () => {
    const kept = self.credentials.get(id)
    return kept === undefined || kept.isDeleted || kept.vaultId !== vaultId
      ? refusal.notFound(`Credential ${id} not found.`)
      : Either.right(kept)
  })

/** A credential as the API shows it: without its secrets. */
export const viewCredential = (kept: KeptCredential): typeof Core.Credential.Encoded => ({
  type: "vault_credential",
  vault_id: kept.vaultId,
  display_name: kept.displayName,
  auth: kept.auth,
  ...shown(kept)
})

const checkExpiry = (text: string | null | undefined, now: Micros): Ruling<void> =>
  text !== undefined && text !== null && (time.parse(text) ?? now) <= now
    ? refusal.invalid("auth.expires_at: must be in the future")
    : Either.void

const checkLocation = (location: EnvironmentVariable["injection_location"]): Ruling<void> =>
  location.body || location.header
    ? Either.void
    : refusal.invalid("auth.injection_location: at least one location must be enabled")

const refreshOf = (params: typeof Core.RefreshParams.Encoded): typeof Core.Refresh.Encoded => ({
  client_id: params.client_id,
  token_endpoint: params.token_endpoint,
  // the schema of the body admits no other kind
  token_endpoint_auth: { type: params.token_endpoint_auth.type } as typeof Core.ClientAuth.Encoded,
  resource: params.resource ?? null,
  scope: params.scope ?? null
})

const authOf = (params: CreateParams["auth"], now: Micros): Ruling<KeptCredential["auth"]> =>
  Either.gen(function*() {
    switch (params.type) {
      case "mcp_oauth":
        yield* checkExpiry(params.expires_at, now)
        return {
          type: "mcp_oauth",
          mcp_server_url: params.mcp_server_url,
          expires_at: params.expires_at ?? null,
          refresh: params.refresh === undefined || params.refresh === null ? null : refreshOf(params.refresh)
        }
      case "static_bearer":
        return { type: "static_bearer", mcp_server_url: params.mcp_server_url }
      case "environment_variable": {
        const { injection_location: given } = params
        const injection_location = given === undefined
          ? { body: true, header: true }
          : { body: given.body ?? false, header: given.header ?? false }
        yield* checkLocation(injection_location)
        return {
          type: "environment_variable",
          secret_name: params.secret_name,
          networking: params.networking,
          injection_location
        }
      }
      default:
        return yield* refusal.invalid("auth.type: unknown type")
    }
  })

/** The purpose of a credential; of each, a vault has one credential that is active. */
const target = (auth: KeptCredential["auth"]): string =>
  auth.type === "environment_variable" ? `secret_name ${auth.secret_name}` : `mcp_server_url ${auth.mcp_server_url}`

/** Puts a credential into a vault. */
export const createCredential = (
  self: Vaults,
  vaultId: string,
  id: string,
  params: CreateParams,
  now: Micros
): Ruling<Change<KeptCredential>> =>
  Either.gen(function*() {
    yield* findActive(self, vaultId)
    const auth = yield* authOf(params.auth, now)
    const active = credentialsOf(self, vaultId).filter(({ archivedAt }) => archivedAt === null)
    if (active.some((other) => target(other.auth) === target(auth))) {
      return yield* refusal.conflict(`Vault ${vaultId} already has an active credential for ${target(auth)}.`)
    }
    if (active.length >= most) return yield* refusal.invalid(`A vault can have at most ${most} credentials.`)
    return setCredential(self, {
      ...fresh(id, self.credentials.size, now),
      vaultId,
      displayName: params.display_name ?? null,
      auth,
      metadata: yield* metadata.patch({}, params.metadata ?? {})
    })
  })

const refreshed = (
  stored: McpOAuth["refresh"],
  given: typeof Core.RefreshUpdate.Encoded | null | undefined
): Ruling<McpOAuth["refresh"]> => {
  if (given === undefined || given === null) return Either.right(stored)
  if (stored === undefined || stored === null) {
    return refusal.invalid("auth.refresh: the credential has no refresh token")
  }
  if (given.token_endpoint_auth !== undefined && stored.token_endpoint_auth.type === "none") {
    return refusal.invalid("auth.refresh.token_endpoint_auth: the credential has no client secret")
  }
  const { scope } = given
  return Either.right(
    scope === undefined || scope === null ? stored : { ...stored, scope: scope === "" ? null : scope }
  )
}

const changed = (
  stored: KeptCredential["auth"],
  given: UpdateParams["auth"],
  now: Micros
): Ruling<KeptCredential["auth"]> =>
  Either.gen(function*() {
    if (given === undefined) return stored
    if (given.type !== stored.type) {
      return yield* refusal.invalid(`auth.type: cannot be changed from ${JSON.stringify(stored.type)}`)
    }
    if (given.type === "mcp_oauth" && stored.type === "mcp_oauth") {
      yield* checkExpiry(given.expires_at, now)
      return {
        ...stored,
        expires_at: given.expires_at ?? stored.expires_at ?? null,
        refresh: (yield* refreshed(stored.refresh, given.refresh)) ?? null
      }
    }
    if (given.type === "environment_variable" && stored.type === "environment_variable") {
      const injection_location = {
        body: given.injection_location?.body ?? stored.injection_location.body,
        header: given.injection_location?.header ?? stored.injection_location.header
      }
      yield* checkLocation(injection_location)
      return {
        ...stored,
        networking: given.networking ?? stored.networking,
        injection_location
      }
    }
    return stored
  })

/** Changes a credential. Its kind, and what it is for, are for ever. */
export const updateCredential = (
  self: Vaults,
  vaultId: string,
  id: string,
  params: UpdateParams,
  now: Micros
): Ruling<Change<KeptCredential>> =>
  Either.gen(function*() {
    const kept = yield* findCredential(self, vaultId, id)
    if (kept.archivedAt !== null) return yield* refusal.invalid(`Credential ${id} is archived.`)
    return setCredential(self, {
      ...kept,
      displayName: params.display_name ?? kept.displayName,
      auth: yield* changed(kept.auth, params.auth, now),
      metadata: yield* metadata.patch(kept.metadata, params.metadata ?? {}),
      updatedAt: now
    })
  })

/** Archives a credential. Doing it again changes nothing. */
export const archiveCredential = (
  self: Vaults,
  vaultId: string,
  id: string,
  now: Micros
): Ruling<Change<KeptCredential>> =>
  Either.map(
    findCredential(self, vaultId, id),
    (kept) =>
      kept.archivedAt === null ? setCredential(self, { ...kept, archivedAt: now, updatedAt: now }) : [self, kept]
  )

/** Deletes a credential. */
export const removeCredential = (self: Vaults, vaultId: string, id: string): Ruling<Change<KeptCredential>> =>
  Either.map(findCredential(self, vaultId, id), (kept) => setCredential(self, { ...kept, isDeleted: true }))

/** The time for which a renewed access token is good. */
const renewal: Micros = 3_600_000_000

const refusedByServer = {
  status_code: 401,
  content_type: "application/json",
  body: "{\"error\":\"invalid_token\"}",
  body_truncated: false
}

const refusedRenewal = { ...refusedByServer, status_code: 400, body: "{\"error\":\"invalid_grant\"}" }

/** Outcome of the renewal of an access token that has expired. */
const renewalOf = (canRenew: boolean, isRenewed: boolean): NonNullable<Validation["refresh"]> =>
  !canRenew
    ? { status: "no_refresh_token", http_response: null }
    : isRenewed
    ? { status: "succeeded", http_response: null }
    : { status: "failed", http_response: refusedRenewal }

/**
 * Tries a credential. There is no server to try it on: an access token is good until it expires, and can be renewed if there
 * is a refresh token, unless renewals are to fail.
 */
export const validate = (
  self: Vaults,
  vaultId: string,
  id: string,
  now: Micros,
  tokensAreRenewed: boolean
): Ruling<Change<Validation>> =>
  Either.gen(function*() {
    const kept = yield* findCredential(self, vaultId, id)
    const { auth } = kept
    if (auth.type !== "mcp_oauth") return yield* refusal.invalid("Only credentials of type mcp_oauth can be validated.")
    if (kept.archivedAt !== null) return yield* refusal.invalid(`Credential ${id} is archived.`)
    const hasExpired = typeof auth.expires_at === "string" && (time.parse(auth.expires_at) ?? now) <= now
    const canRenew = auth.refresh !== undefined && auth.refresh !== null
    const isRenewed = hasExpired && canRenew && tokensAreRenewed
    const isValid = !hasExpired || isRenewed
    const validation: Validation = {
      type: "vault_credential_validation",
      credential_id: id,
      vault_id: vaultId,
      status: isValid ? "valid" : "invalid",
      has_refresh_token: canRenew,
      mcp_probe: isValid ? null : { method: "initialize", http_response: refusedByServer },
      refresh: hasExpired ? renewalOf(canRenew, tokensAreRenewed) : null,
      validated_at: time.format(now)
    }
    if (!isRenewed) return [self, validation]
    const [next] = setCredential(self, { ...kept, auth: { ...auth, expires_at: time.format(now + renewal) } })
    return [next, validation]
  })
