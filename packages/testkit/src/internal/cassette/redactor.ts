import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Either from "effect/Either"
import type { Asked, Content, Field, RecordOptions } from "../../Cassette.ts"
import * as exchange from "../http/exchange.ts"
import type { Form } from "../http/form.ts"
import { parse as read } from "../http/json.ts"
import * as redaction from "../ledger/redaction.ts"
import * as content from "./content.ts"
import * as pieces from "./pieces.ts"

/** Redacts secrets from a recording; learns them from the requests. */
export interface Redactor {
  readonly request: (request: HttpClientRequest.HttpClientRequest) => Asked["request"]
  /** The JSON of an answer, or of an event. */
  readonly json: (value: unknown) => unknown
  /** The frames of an event stream. Each stays as it is unless there is something to take out. */
  readonly frames: (frames: ReadonlyArray<string>) => ReadonlyArray<string>
  readonly text: (text: string, name: string) => string
  /** The content of a file. */
  readonly content: (bytes: Uint8Array) => Content
  /** The fields of a form; undefined if it is none. */
  readonly form: (form: Form) => ReadonlyArray<Field> | undefined
}

/** The headers of requests that say how the API was meant, and with what kind of credential. Any other may be a secret. */
const askedHeaders = /^(accept|content-type|authorization|x-api-key|anthropic-(version|beta))$/
/** The headers of answers that a client may act on. */
const answeredHeaders = /^(content-type|request-id|retry-after(-ms)?|x-should-retry|anthropic-ratelimit-.*)$/

const only = (names: RegExp, headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => names.test(name)))

/** The headers of an answer that are kept. */
export const answered = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  only(answeredHeaders, headers)

const decoder = new TextDecoder()

/** The text of a body that is there as a whole. One that is a stream cannot be read without taking it away. */
const bodyText = ({ body }: HttpClientRequest.HttpClientRequest): string => {
  switch (body._tag) {
    case "Empty":
      return ""
    case "Uint8Array":
      return decoder.decode(body.body)
    case "Raw":
      return typeof body.body === "string" ? body.body : "(raw)"
    default:
      return `(${body._tag})`
  }
}

/** Keeps out credentials, and what `redact` takes out. */
export const make = ({ redact }: RecordOptions): Redactor => {
  const secrets = new Set<string>()
  const known = () => [...secrets].filter(redaction.isTelling)

  const text: Redactor["text"] = (text, name) => {
    const hidden = redaction.conceal(text, known())
    return redact === undefined ? hidden : redact(hidden, name)
  }
  const custom = (value: unknown, name: string): unknown => {
    if (redact === undefined) return value
    if (typeof value === "string") return redact(value, name)
    if (Array.isArray(value)) return value.map((item) => custom(item, name))
    if (typeof value !== "object" || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, custom(item, name)]))
  }
  const json = (value: unknown): unknown => {
    const left = redaction.redact(value, secrets)
    return custom(redaction.conceal(left, known()), "")
  }

  const conceal = (text: string) => redaction.conceal(text, known())

  return {
    text,
    content: (bytes) => content.write(bytes, text, conceal),
    form: (form) => content.fields(form, text, conceal),
    json,
    request: (request) => {
      const made = UrlParams.makeUrl(request.url, request.urlParams, request.hash)
      const url = Either.match(made, {
        onLeft: () => ({ path: request.url, query: [] }),
        onRight: exchange.fromUrl
      })
      const headers = redaction.redactRecord(request.headers, secrets)
      // older clients of the service mark every request so
      const query = redaction.redactRecord(redaction.collect(url.query.filter(([name]) => name !== "beta")), secrets)
      const written = bodyText(request)
      const body = written === "" ? undefined : redaction.redact(redaction.parse(written), secrets)
      return {
        method: request.method,
        // a server may have the API under any address
        path: text(url.path.replace(/^.*?(?=\/v1\/)/, ""), "path"),
        ...(Object.keys(query).length > 0 && {
          query: custom(redaction.conceal(query, known()), "") as typeof query // only texts change
        }),
        headers: redaction.conceal(only(askedHeaders, headers), known()),
        ...(body !== undefined && { body: custom(redaction.conceal(body, known()), "") })
      }
    },
    frames: (frames) => {
      const texts = pieces.redact(frames, (whole) => {
        const left = redaction.conceal(String(redaction.redact(whole, secrets)), known())
        const hidden = pieces.concealCut(left, known())
        return redact === undefined ? hidden : redact(hidden, "text")
      })
      return frames.map((frame, index) =>
        pieces.mapData(frame, (data) =>
          Either.match(read(data), {
            onLeft: () => text(data, "data"),
            onRight: (parsed) => {
              const piece = texts.get(index)
              const event = json(parsed)
              const written = JSON.stringify(piece === undefined ? event : pieces.withText(event, piece))
              return written === JSON.stringify(parsed) ? data : written
            }
          }))
      )
    }
  }
}
