import * as Either from "effect/Either"
import * as Multipasta from "multipasta"

/** A file of a form. */
export interface File {
  readonly name: string
  readonly mediaType: string
  /** In bytes. */
  readonly size: number
  readonly chunks: ReadonlyArray<Uint8Array>
}

/** A field of a form. */
export interface Field {
  readonly name: string
  readonly value: string | File
}

/** The fields of a form in the order of the wire, or what is wrong with it. */
export type Form = Either.Either<ReadonlyArray<Field>, string>

/** Tells whether a body with this media type is a form. */
export const isForm = (contentType: string | undefined): contentType is string =>
  contentType !== undefined && /^\s*multipart\/form-data\s*(;|$)/i.test(contentType)

/** A text of a header, without what browsers write for the characters that cannot stand in it. */
const unescape = (text: string): string => text.replace(/\\"|%22/g, "\"").replace(/%0D/gi, "\r").replace(/%0A/gi, "\n")

/** A parameter of `Content-Disposition`. The parser knows no names outside of Latin-1, so it is read here. */
const parameter = (disposition: string, name: string): string | undefined => {
  const [, quoted, plain] = new RegExp(`;\\s*${name}=(?:"((?:\\\\"|[^"])*)"|([^\\s;"]+))`, "i").exec(disposition) ?? []
  return quoted === undefined ? plain : unescape(quoted)
}

/** The name of a file in the form for other alphabets, which some clients write. */
const extended = (disposition: string): string | undefined => {
  const encoded = /;\s*filename\*=utf-8'[^']*'([^;\s]+)/i.exec(disposition)?.[1]
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded)
  } catch {
    return undefined
  }
}

const dispositionOf = ({ headers }: Multipasta.PartInfo): string => String(headers["content-disposition"] ?? "")

const fileName = (disposition: string): string | undefined =>
  extended(disposition) ?? parameter(disposition, "filename")

/** The name of a file that nobody named. */
const unnamed = (mediaType: string): string => {
  const known: Readonly<Record<string, string>> = {
    "application/json": ".json",
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "text/csv": ".csv",
    "text/markdown": ".md",
    "text/plain": ".txt"
  }
  return `unnamed${known[mediaType] ?? ""}`
}

const problems: { readonly [Tag in Multipasta.MultipartError["_tag"]]: string } = {
  BadHeaders: "a part has malformed headers",
  EndNotReached: "unexpected end of the form",
  InvalidBoundary: "the content type names no boundary",
  InvalidDisposition: "a part has no name",
  ReachedLimit: "a field is too large"
}

/** Reads a form from its bytes, piece by piece. */
export const reader = (contentType: string): {
  readonly push: (bytes: Uint8Array) => void
  readonly end: () => Form
} => {
  const fields: Array<Field> = []
  let problem: string | undefined
  let isComplete = false
  const decoder = new TextDecoder("utf-8", { fatal: true })
  const nameOf = (info: Multipasta.PartInfo): string => {
    const name = parameter(dispositionOf(info), "name")
    if (name === undefined) problem ??= problems.InvalidDisposition
    return name ?? ""
  }
  const parser = Multipasta.make({
    headers: { "content-type": contentType },
    // what has a media type of its own is a file, also without a name
    isFile: ({ headers, ...info }) =>
      headers["content-type"] !== undefined || fileName(dispositionOf({ ...info, headers })) !== undefined,
    onFile: (info) => {
      const chunks: Array<Uint8Array> = []
      const file = {
        name: fileName(dispositionOf(info)) || unnamed(info.contentType),
        mediaType: info.contentType,
        size: 0,
        chunks
      }
      fields.push({ name: nameOf(info), value: file satisfies File })
      return (bytes) => {
        if (bytes === null) return
        file.size += bytes.length
        // what is handed over may be used for something else afterwards
        chunks.push(bytes.slice())
      }
    },
    onField: (info, bytes) => {
      const name = nameOf(info)
      try {
        fields.push({ name, value: decoder.decode(bytes) })
      } catch {
        problem ??= `${name}: is not valid UTF-8`
      }
    },
    onError: ({ _tag }) => {
      problem ??= problems[_tag]
    },
    onDone: () => {
      isComplete = true
    }
  })
  return {
    push: (bytes) => {
      if (problem === undefined) parser.write(bytes)
    },
    end: () => {
      if (problem === undefined) parser.end()
      if (!isComplete) problem ??= problems.EndNotReached
      return problem === undefined ? Either.right(fields) : Either.left(problem)
    }
  }
}

/** A form without the contents of its files. */
export const summary = (form: Form): unknown =>
  Either.match(form, {
    onLeft: () => "(not a form)",
    onRight: (fields) => {
      const out = new Map<string, unknown>()
      for (const { name, value } of fields) {
        const one = typeof value === "string"
          ? value
          : { filename: value.name, mime_type: value.mediaType, size_bytes: value.size }
        const before = out.get(name)
        out.set(name, before === undefined ? (name.endsWith("[]") ? [one] : one) : [before, one].flat())
      }
      return Object.fromEntries(out)
    }
  })
