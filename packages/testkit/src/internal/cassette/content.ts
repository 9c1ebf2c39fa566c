import * as Api from "@effect-managed-agents/core/Api"
import type * as Endpoint from "@effect-managed-agents/core/Endpoint"
import * as WorkspaceApi from "@effect-managed-agents/core/WorkspaceApi"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Stream from "effect/Stream"
import type { Asked, Content, Field } from "../../Cassette.ts"
import * as form from "../http/form.ts"
import { concat } from "../http/message.ts"

/** Takes what is secret out of a text. */
type Hide = (text: string, name: string) => string

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return strict.decode(bytes)
  } catch {
    return undefined
  }
}

// one character per byte
const toLatin1 = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")
const fromLatin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))

/** Content as a cassette has it: byte for byte, apart from secrets. What is no text is hidden from nobody's `redact`. */
export const write = (bytes: Uint8Array, hide: Hide, conceal: (text: string) => string): Content => {
  const text = textOf(bytes)
  return text === undefined
    ? { bytes: Encoding.encodeBase64(fromLatin1(conceal(toLatin1(bytes)))) }
    : { text: hide(text, "text") }
}

/** The bytes of content. */
export const read = ({ bytes, text = "" }: Content): Uint8Array =>
  bytes === undefined ? encoder.encode(text) : Either.getOrElse(Encoding.decodeBase64(bytes), () => new Uint8Array())

const downloads = [...Object.values(Api), ...Object.values(WorkspaceApi)]
  .flatMap((group) => Object.values<Endpoint.Any>(group))
  .filter(({ kind }) => kind === "bytes")
  .map(({ path }) => new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`))

/** Tells whether what is at a path is bytes, whatever they may look like. */
export const isDownload = (path: string): boolean => downloads.some((one) => one.test(path))

/** The body of a request that is a form, and is read as it is sent; undefined for any other. */
export const formOf = (body: HttpBody.HttpBody): HttpBody.Stream | undefined =>
  body._tag === "Stream" && form.isForm(body.contentType) ? body : undefined

/** The same body, whose fields are known when it has been read. */
export const observed = (
  body: HttpBody.Stream,
  onEnd: (fields: form.Form) => void
): HttpBody.Stream => {
  const reading = Stream.suspend(() => {
    const reader = form.reader(body.contentType)
    return body.stream.pipe(
      Stream.mapChunks((chunk) => {
        for (const bytes of chunk) reader.push(bytes)
        return chunk
      }),
      Stream.ensuring(Effect.sync(() => onEnd(reader.end())))
    )
  })
  return HttpBody.stream(reading, body.contentType, body.contentLength)
}

/** A client that says what was in a form, once its body has been read. */
export const observing = (client: HttpClient.HttpClient): {
  readonly client: HttpClient.HttpClient
  readonly onForm: (request: HttpClientRequest.HttpClientRequest, onEnd: (form: form.Form) => void) => void
} => {
  const listeners = new WeakMap<HttpBody.HttpBody, (form: form.Form) => void>()
  return {
    client: HttpClient.mapRequest(client, (request) => {
      const body = formOf(request.body)
      if (body === undefined) return request
      const seen: HttpBody.Stream = observed(body, (form) => listeners.get(seen)?.(form))
      return HttpClientRequest.setBody(request, seen)
    }),
    onForm: ({ body }, onEnd) => listeners.set(body, onEnd)
  }
}

/** A request with the fields of its form, unless it is none. */
export const withForm = (
  { body, ...head }: Asked["request"],
  fields: ReadonlyArray<Field> | undefined
): Asked["request"] => fields === undefined ? { ...head, body } : { ...head, form: fields }

/** The fields of a form as a cassette has them. */
export const fields = (
  read: form.Form,
  hide: Hide,
  conceal: (text: string) => string
): ReadonlyArray<Field> | undefined =>
  Either.getOrUndefined(Either.map(read, (all) =>
    all.map(({ name, value }) =>
      typeof value === "string"
        ? { name, text: hide(value, name) }
        : {
          name,
          filename: hide(value.name, "filename"),
          media_type: value.mediaType,
          ...write(concat(value.chunks), hide, conceal)
        }
    )))
