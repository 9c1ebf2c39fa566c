/**
 * Files to upload: bytes, or a stream of them, with a name and a media type.
 *
 * `Files.fromPath` makes one of a file on disk.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

const TypeId: unique symbol = Symbol.for("@effect-managed-agents/core/Upload")

/**
 * A file to upload.
 * @category models
 */
export interface Upload {
  readonly [TypeId]: typeof TypeId
  /** The name; in a skill, the path from its folder on, with `/`. Not empty. */
  readonly name: string
  /** The media type, such as `application/pdf`. */
  readonly mediaType: string
  /** The number of bytes, if it is known before they are read. An upload of another number fails. */
  readonly size: number | undefined
  /** True if `bytes` are the same each time, so that a call may be repeated. */
  readonly isRepeatable: boolean
  /** The content. */
  readonly bytes: Stream.Stream<Uint8Array, unknown>
}

/** The content is behind an accessor, so that nothing that looks through values comes across it. */
class Source implements Upload {
  readonly name: string
  readonly mediaType: string
  readonly size: number | undefined
  readonly isRepeatable: boolean
  readonly #bytes: Stream.Stream<Uint8Array, unknown>
  constructor(bytes: Stream.Stream<Uint8Array, unknown>, options: StreamOptions) {
    this.#bytes = bytes
    this.name = options.name
    this.mediaType = options.mediaType ?? "application/octet-stream"
    this.size = options.size
    this.isRepeatable = options.isRepeatable ?? false
  }
  /** Not of the value itself, so that a copy, which has no content, is none. */
  get [TypeId](): typeof TypeId {
    return TypeId
  }
  get bytes(): Stream.Stream<Uint8Array, unknown> {
    return this.#bytes
  }
}

/**
 * Options of {@link fromBytes}.
 * @category options
 */
export interface Options {
  /** The name; in a skill, the path from its folder on, with `/`. */
  readonly name: string
  /**
   * The media type.
   * @default "application/octet-stream"
   */
  readonly mediaType?: string | undefined
}

/**
 * Options of {@link fromStream}.
 * @category options
 */
export interface StreamOptions extends Options {
  /** The number of bytes, if it is known. */
  readonly size?: number | undefined
  /**
   * True if the stream gives the same bytes each time that it is run. Any other is read once.
   * @default false
   */
  readonly isRepeatable?: boolean | undefined
}

/**
 * A file of the bytes of a stream, which are read as they are sent: it may be larger than memory.
 * @category constructors
 */
export const fromStream = <E>(bytes: Stream.Stream<Uint8Array, E>, options: StreamOptions): Upload =>
  new Source(bytes, options)

/**
 * A file of bytes, or of a text in UTF-8.
 * @category constructors
 */
export const fromBytes = (content: Uint8Array | string, options: Options): Upload => {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content
  return new Source(Stream.make(bytes), { ...options, size: bytes.length, isRepeatable: true })
}

/**
 * Tells a file to upload.
 * @category guards
 */
export const isUpload = (value: unknown): value is Upload =>
  typeof value === "object" && value !== null && TypeId in value

const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
const mediaType = new RegExp(`^${token}/${token}(;[\\t\\x20-\\x7e]*)?$`)

const problems = ({ mediaType: type, name, size }: Upload): ReadonlyArray<Schema.FilterIssue> => [
  ...(name === "" ? [{ path: ["name"], message: "must not be empty" }] : []),
  ...(name.includes("\0") ? [{ path: ["name"], message: "must not contain a NUL" }] : []),
  ...(mediaType.test(type) ? [] : [{ path: ["mediaType"], message: "must be a media type, such as text/plain" }]),
  ...(size === undefined || (Number.isSafeInteger(size) && size >= 0)
    ? []
    : [{ path: ["size"], message: "must be a number of bytes" }])
]

/**
 * The schema of a file to upload, for the description of an endpoint.
 * @category schemas
 */
export const Upload: Schema.Schema<Upload> = Schema.declare(isUpload, {
  identifier: "Upload",
  jsonSchema: { type: "string", format: "binary" },
  arbitrary: () => (fc) => fc.string().map((text) => fromBytes(text, { name: "folder/SKILL.md" }))
}).pipe(Schema.filter(problems, { identifier: "Upload", jsonSchema: { type: "string", format: "binary" } }))
