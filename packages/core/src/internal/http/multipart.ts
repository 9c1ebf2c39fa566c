import * as HttpBody from "@effect/platform/HttpBody"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Issue } from "../../ApiError.ts"
import type { Upload } from "../../Upload.ts"
import { isUpload } from "../../Upload.ts"
import { randomHex } from "../options/randomHex.ts"
import type { Encoding, Sources } from "./encoding.ts"

/** A field of a form. */
interface Part {
  /** The path of its value in the parameters of the call. */
  readonly path: string
  readonly head: string
  readonly value: Upload | string
}

/** A text within quotes in the head of a part, as browsers write it. */
const quoted = (text: string): string => `"${text.replace(/\r/g, "%0D").replace(/\n/g, "%0A").replace(/"/g, "%22")}"`

const partOf = (path: string, name: string, value: unknown): Part => {
  const field = `Content-Disposition: form-data; name=${quoted(name)}`
  return isUpload(value)
    ? { path, value, head: `${field}; filename=${quoted(value.name)}\r\nContent-Type: ${value.mediaType}` }
    : { path, value: String(value), head: field }
}

/** The parts of a form. A list becomes a part per item, what is absent or `null` becomes none. */
const partsOf = (fields: unknown): ReadonlyArray<Part> =>
  Object.entries(Object(fields)).flatMap(([name, value]: [string, unknown]) => {
    if (value === undefined || value === null) return []
    return Array.isArray(value)
      ? value.map((item, index) => partOf(`${name}.${index}`, `${name}[]`, item))
      : [partOf(name, name, value)]
  })

/**
 * For a body that is read as it is sent: Node's `fetch` keeps all of it for a redirect, unless there is no window and a
 * redirect is an error. workerd refuses to have it so, and keeps nothing.
 */
const streaming = (): RequestInit => {
  try {
    return { redirect: new Request("http://localhost", { redirect: "error" }).redirect, window: null }
  } catch {
    return { redirect: "manual" }
  }
}

/** The files that have been read and cannot be read again. */
const spent = new WeakSet<Upload>()

/** The bytes of a file. They end in a failure if they are not as many as it says. */
const contentOf = (upload: Upload, sources: Sources): Stream.Stream<Uint8Array, unknown> =>
  Stream.suspend(() => {
    const { isRepeatable, size } = upload
    if (spent.has(upload)) return Stream.fail("the source was read by another upload at the same time")
    if (!isRepeatable) {
      spent.add(upload)
      sources.isSpent = true
    }
    let count = 0
    const wrong = () => `the source has ${count} bytes${count < Number(size) ? "" : " or more"}, and not ${size}`
    const counted = Stream.mapChunksEffect(upload.bytes, (chunk) => {
      for (const bytes of chunk) count += bytes.length
      return size !== undefined && count > size ? Effect.fail(wrong()) : Effect.succeed(chunk)
    })
    return size === undefined
      ? counted
      : Stream.concat(counted, Stream.suspend(() => count < size ? Stream.fail(wrong()) : Stream.empty))
  })

const encoder = new TextEncoder()

/** Bodies as forms. Files are read as they are sent. */
export const multipart: Encoding = {
  mediaType: "multipart/form-data",
  write: (fields, sources) =>
    Effect.gen(function*() {
      const parts = partsOf(fields)
      const issues = parts.flatMap(({ path, value }): ReadonlyArray<Issue> =>
        isUpload(value) && spent.has(value)
          ? [{ path, message: "expected a source that no upload has read before: this one cannot be read again" }]
          : []
      )
      if (issues.length > 0) return yield* Effect.fail(issues)
      const boundary = `form-${yield* randomHex(4)}`
      const pieces = parts.flatMap(({ head, value }, index): ReadonlyArray<Uint8Array | Upload> => {
        const before = encoder.encode(`${index === 0 ? "" : "\r\n"}--${boundary}\r\n${head}\r\n\r\n`)
        return [before, isUpload(value) ? value : encoder.encode(value)]
      })
      const all = [...pieces, encoder.encode(`${parts.length === 0 ? "" : "\r\n"}--${boundary}--\r\n`)]
      const bytes = Stream.flatMap(
        Stream.fromIterable(all),
        (piece) => isUpload(piece) ? contentOf(piece, sources) : Stream.make(piece)
      ).pipe(Stream.catchAllCause((cause) => {
        // a connection that is lost interrupts what it was reading
        if (!Cause.isInterruptedOnly(cause)) sources.failure = Cause.squash(cause)
        return Stream.failCause(cause)
      }))
      const length = all.reduce<number | undefined>((sum, piece) => {
        const size = isUpload(piece) ? piece.size : piece.length
        return sum === undefined || size === undefined ? undefined : sum + size
      }, 0)
      sources.init = streaming()
      return HttpBody.stream(bytes, `multipart/form-data; boundary=${boundary}`, length)
    })
}
