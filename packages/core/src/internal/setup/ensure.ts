import * as Effect from "effect/Effect"
import * as Order from "effect/Order"
import * as Stream from "effect/Stream"
import type { RequestOptions } from "../../ApiClient.ts"
import type { ApiError } from "../../ApiError.ts"
import * as Delivery from "../../Delivery.ts"
import type { Ensured } from "../../Ensured.ts"
import * as Timestamp from "../../Timestamp.ts"
import { canonical } from "../schema/canonical.ts"
import { digest } from "../schema/hash.ts"
import { appears } from "./appears.ts"

/** The key of the metadata that names what is ensured. */
const nameKey = "ensure"

/** The key of the metadata that says which definition was applied. */
export const markKey = "ensure_mark"

/** Options of ensuring something. */
export interface Options {
  /** The name of it in this program, which does not change: at most 512 characters, unique to the workspace. */
  readonly key: string
  /** Options of every request. */
  readonly request?: RequestOptions | undefined
}

/** The part of a thing by which it is found again. */
interface Thing {
  readonly id: string
  readonly created_at: Timestamp.Timestamp
  readonly metadata: { readonly [key: string]: string }
}

/** The calls that {@link ensure} makes. */
export interface Calls<A extends Thing> {
  readonly list: Stream.Stream<A, ApiError>
  readonly create: Effect.Effect<A, ApiError>
  /** Removes what was created while somebody else created the same. */
  readonly discard: (twin: A) => Effect.Effect<unknown, ApiError>
  readonly isCurrent: (current: A) => boolean
  readonly update: (current: A) => Effect.Effect<A, ApiError>
}

/** Something that was not updated yet. */
type Made<A> = Exclude<Ensured<A>, { readonly _tag: "Updated" }>

/** The number of times that a change by somebody else is read again before it is reported. */
const rereads = 5

/** The time in which something appears whose creation was not confirmed. */
const settle = "5 seconds"

const byAge = Order.combine(
  Order.mapInput(Timestamp.Order, (thing: Thing) => thing.created_at),
  Order.mapInput(Order.string, (thing: Thing) => thing.id)
)

/**
 * Finds, creates or updates the thing of a name. Of several that were created at once, all processes take the oldest, and each
 * one discards its own.
 */
export const ensure = <A extends Thing>(name: string, calls: Calls<A>): Effect.Effect<Ensured<A>, ApiError> => {
  const find = calls.list.pipe(
    Stream.filter(({ metadata }) => metadata[nameKey] === name),
    Stream.runFold<A | undefined, A>(
      undefined,
      (oldest, thing) => oldest === undefined || byAge(thing, oldest) < 0 ? thing : oldest
    )
  )
  /** The thing that was created; that of somebody else if it is older, or if the answer was lost. */
  const create: Effect.Effect<Made<A>, ApiError> = Effect.matchEffect(calls.create, {
    onSuccess: (own) =>
      Effect.gen(function*() {
        const oldest = (yield* find) ?? own
        if (oldest.id === own.id) return { _tag: "Created", value: own }
        yield* Effect.catchTag(calls.discard(own), "NotFound", () => Effect.void)
        return { _tag: "Unchanged", value: oldest }
      }),
    onFailure: (error) =>
      Effect.gen(function*() {
        if (Delivery.verdict(error) === "rejected") return yield* error
        const found = yield* appears(find, settle)
        return found._tag === "Found" ? { _tag: "Created", value: found.value } : yield* error
      })
  })
  return Effect.gen(function*() {
    const known = yield* find
    const made: Made<A> = known === undefined ? yield* create : { _tag: "Unchanged", value: known }
    let current = made.value
    for (let reread = 0;; reread++) {
      if (calls.isCurrent(current)) return { _tag: made._tag, value: current }
      const updated = yield* Effect.catchTag(
        calls.update(current),
        "Conflict",
        (error) => reread >= rereads ? Effect.fail(error) : Effect.succeed(undefined)
      )
      if (updated !== undefined) {
        const fields = differences(current, updated)
        return fields.length === 0 ? { _tag: "Unchanged", value: updated } : { _tag: "Updated", value: updated, fields }
      }
      current = (yield* find) ?? current
    }
  })
}

/** Digest of a definition. */
export const digestOf = (definition: unknown): string => digest(canonical(definition))

/** Tells that a value has all that is given of it, besides what the service may add. */
export const covers = (given: unknown, value: unknown): boolean => {
  if (typeof given !== "object" || given === null) return given === value
  if (typeof value !== "object" || value === null) return false
  if (Array.isArray(given)) return canonical(given) === canonical(value)
  const members = new Map<string, unknown>(Object.entries(value))
  return Object.entries(given).every(([key, item]) => covers(item, members.get(key)))
}

/** Fields that say nothing about the definition. */
const bookkeeping = new Set(["version", "updated_at"])

/** The fields in which two versions differ. */
const differences = <A extends Thing>(before: A, after: A): ReadonlyArray<string> => {
  const comparable = (thing: A) => {
    const { [nameKey]: _name, [markKey]: _mark, ...metadata } = thing.metadata
    return new Map<string, unknown>(Object.entries({ ...thing, metadata }))
  }
  const [a, b] = [comparable(before), comparable(after)]
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((field) => !bookkeeping.has(field) && canonical(a.get(field)) !== canonical(b.get(field)))
    .sort()
}

/** The metadata to create something with. */
export const metadataOf = (
  metadata: { readonly [key: string]: string } | undefined,
  name: string,
  mark: string
): { readonly [key: string]: string } => ({ ...metadata, [nameKey]: name, [markKey]: mark })

/** The patch that leaves just the given metadata. */
export const patchOf = (
  current: Thing,
  metadata: { readonly [key: string]: string }
): { readonly [key: string]: string | null } => ({
  ...Object.fromEntries(Object.keys(current.metadata).map((key) => [key, null])),
  ...metadata
})
