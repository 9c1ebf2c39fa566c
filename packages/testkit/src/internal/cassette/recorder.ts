import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import type { Answered, Ended, Entry, Recording, RecordOptions } from "../../Cassette.ts"
import * as json from "../http/json.ts"
import { MemoryResponse } from "../http/memoryResponse.ts"
import { concat } from "../http/message.ts"
import * as content from "./content.ts"
import * as redactors from "./redactor.ts"

/** Writes down all that goes through a client, which stays as it is. */
export const make = (
  client: HttpClient.HttpClient,
  options: RecordOptions
): Effect.Effect<{ readonly recorded: HttpClient.HttpClient; readonly recording: Effect.Effect<Recording> }> =>
  Effect.map(Effect.clock, (clock) => {
    const redactor = redactors.make(options)
    const entries: Array<Entry> = []
    const start = clock.unsafeCurrentTimeMillis()
    let exchanges = 0

    const observed = content.observing(client)

    const recorded = HttpClient.transform(observed.client, (execute, request) =>
      Effect.suspend(() => {
        const exchange = ++exchanges
        const moment = () => ({ at: Math.max(0, Math.round(clock.unsafeCurrentTimeMillis() - start)), exchange })
        const end = (end: Ended["end"]) => entries.push({ ...moment(), end })
        const asked = { ...moment(), request: redactor.request(request) }
        const place = entries.push(asked) - 1
        observed.onForm(request, (form) => {
          entries[place] = { ...asked, request: content.withForm(asked.request, redactor.form(form)) }
        })
        return execute.pipe(
          Effect.map((response) => {
            const head: Answered = {
              ...moment(),
              response: { status: response.status, headers: redactors.answered(response.headers) }
            }
            const index = entries.push(head) - 1
            const frames = isEventStream(response)
              ? new Frames((frame) => entries.push({ ...moment(), frame }))
              : undefined
            const isDownload = response.status < 300 && content.isDownload(asked.request.path)
            const bytes: Array<Uint8Array> = []
            const text = new Text()
            const body = response.stream.pipe(
              Stream.mapChunks((chunk) => {
                for (const piece of chunk) {
                  if (frames !== undefined) frames.push(piece)
                  // what is handed on may be used for something else afterwards
                  else if (isDownload) bytes.push(piece.slice())
                  else text.push(piece)
                }
                return chunk
              }),
              // only a body that has come to its end comes to this
              Stream.concat(Stream.execute(Effect.sync(() => {
                text.isWhole = true
              }))),
              Stream.ensuringWith((exit) =>
                Effect.sync(() => {
                  const isWhole = text.isWhole || isEmpty(exit)
                  if (frames === undefined) {
                    const left = isDownload ? redactor.content(concat(bytes)) : contentOf(text.end(), redactor)
                    entries[index] = { ...head, response: { ...head.response, ...left } }
                  } else frames.end()
                  if (!isWhole || frames !== undefined) end(isWhole ? { type: "done" } : endOf(exit, redactor))
                })
              )
            )
            return new MemoryResponse(request, response, body)
          }),
          Effect.onError((cause) => Effect.sync(() => end(endOf(Exit.failCause(cause), redactor))))
        )
      }))

    return {
      recorded,
      recording: Effect.sync(() => ({
        recorded: DateTime.formatIso(DateTime.unsafeMake(start)),
        entries: redactFrames(entries, redactor)
      }))
    }
  })

/** Redacts the frames, which are kept as they came: a secret may be spread over several, or known only later. */
const redactFrames = (entries: ReadonlyArray<Entry>, redactor: redactors.Redactor): ReadonlyArray<Entry> => {
  const streams = new Map<number, Array<string>>()
  for (const entry of entries) {
    if (!("frame" in entry)) continue
    const frames = streams.get(entry.exchange)
    if (frames === undefined) streams.set(entry.exchange, [entry.frame])
    else frames.push(entry.frame)
  }
  const left = new Map(Array.from(streams, ([exchange, frames]) => [exchange, redactor.frames(frames).values()]))
  return entries.map((entry) =>
    "frame" in entry ? { ...entry, frame: left.get(entry.exchange)?.next().value ?? "" } : entry
  )
}

const isEventStream = ({ headers }: HttpClientResponse): boolean =>
  /^\s*text\/event-stream\s*(;|$)/i.test(headers["content-type"] ?? "")

/** The platform's own client fails on the body of an answer that has none. */
const isEmpty = (exit: Exit.Exit<unknown, unknown>): boolean =>
  Exit.isFailure(exit) &&
  Cause.failures(exit.cause).pipe((errors) =>
    [...errors].some((error) =>
      typeof error === "object" && error !== null && "reason" in error && error.reason === "EmptyBody"
    )
  )

const contentOf = (text: string, redactor: redactors.Redactor): Partial<Answered["response"]> => {
  if (text === "") return {}
  return Either.match(json.parse(text), {
    onLeft: () => ({ text: redactor.text(text, "text") }),
    onRight: (value) => ({ body: redactor.json(value) })
  })
}

const endOf = (
  exit: Exit.Exit<unknown, HttpClientError.HttpClientError>,
  redactor: redactors.Redactor
): Ended["end"] => {
  if (Exit.isSuccess(exit) || Cause.isInterruptedOnly(exit.cause)) return { type: "left" }
  const { code, messages } = reasons(Cause.squash(exit.cause))
  return {
    type: "failed",
    message: redactor.text(messages.join(": "), "message"),
    ...(code !== undefined && { code })
  }
}

/** The messages of an error and its causes, and the first code among them. */
const reasons = (error: unknown): { readonly messages: ReadonlyArray<string>; readonly code: string | undefined } => {
  const messages: Array<string> = []
  let code: string | undefined
  // the platform's own error says no more than the request; what happened is in its cause
  const first = HttpClientError.isHttpClientError(error) && error.cause !== undefined ? error.cause : error
  for (let depth = 0, current = first; depth < 6 && current instanceof Error; depth++, current = current.cause) {
    if (!messages.some((message) => message.includes(current.message))) messages.push(current.message)
    if (code === undefined && "code" in current && typeof current.code === "string") ({ code } = current)
  }
  return { messages: messages.length === 0 ? [String(first)] : messages, code }
}

/** Decodes a body that comes in pieces. */
class Text {
  isWhole = false
  private text = ""
  private readonly decoder = new TextDecoder()

  push(bytes: Uint8Array): void {
    this.text += this.decoder.decode(bytes, { stream: true })
  }

  end(): string {
    return this.text + this.decoder.decode()
  }
}

/** Finds the frames in the pieces in which an event stream comes. */
class Frames {
  private rest = ""
  private readonly decoder = new TextDecoder("utf-8", { ignoreBOM: true })
  private readonly take: (frame: string) => void

  constructor(take: (frame: string) => void) {
    this.take = take
  }

  push(bytes: Uint8Array): void {
    this.rest += this.decoder.decode(bytes, { stream: true })
    for (;;) {
      const end = /\n\n|\r\n\r\n|\r\r/.exec(this.rest)
      if (end === null) return
      const length = end.index + end[0].length
      this.take(this.rest.slice(0, length))
      this.rest = this.rest.slice(length)
    }
  }

  /** Marks the rest as cut off. */
  end(): void {
    const rest = this.rest + this.decoder.decode()
    this.rest = ""
    if (rest !== "") this.take(rest)
  }
}
