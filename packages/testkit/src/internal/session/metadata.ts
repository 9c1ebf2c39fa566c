import * as Either from "effect/Either"
import * as refusal from "./refusal.ts"
import type { Ruling } from "./refusal.ts"

type Metadata = Readonly<Record<string, string>>

/** Applies a patch: a text sets a key, null deletes it, and what is not mentioned stays. */
export const patch = (metadata: Metadata, changes: { readonly [key: string]: string | null }): Ruling<Metadata> => {
  const next = new Map(Object.entries(metadata))
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) next.delete(key)
    else next.set(key, value)
  }
  return next.size > 16
    ? refusal.invalid("metadata: must have at most 16 pairs")
    : Either.right(Object.fromEntries(next))
}
