import * as Schema from "effect/Schema"
import * as params from "./params.ts"

/** The limits of metadata; the service counts the pairs that an update leaves, which only it knows. */
const checkMetadata = (metadata: { readonly [key: string]: string | null }): ReadonlyArray<Schema.FilterIssue> => {
  const entries = Object.entries(metadata)
  const pairs = entries.filter(([, value]) => value !== null).length
  return [
    ...(pairs > 16 ? [{ path: [], message: "must have at most 16 pairs" }] : []),
    ...entries.flatMap(([key, value]) => [
      ...(params.fits(key, 64) ? [] : [{ path: [key], message: "must have a key of at most 64 characters" }]),
      ...(value === null || params.fits(value, 512)
        ? []
        : [{ path: [key], message: "must have at most 512 characters" }])
    ])
  ]
}

/** At most 16 pairs, keys of at most 64 and values of at most 512 characters. */
export const Metadata = Schema.Record({ key: Schema.String, value: Schema.String }).pipe(
  Schema.filter(checkMetadata, { identifier: "MetadataParams", jsonSchema: { maxProperties: 16 } })
)

/** Metadata to merge into what is there; `null` removes a key. */
export const MetadataPatch = Schema.Record({ key: Schema.String, value: Schema.NullOr(Schema.String) }).pipe(
  Schema.filter(checkMetadata, { identifier: "MetadataPatchParams", jsonSchema: {} })
)
