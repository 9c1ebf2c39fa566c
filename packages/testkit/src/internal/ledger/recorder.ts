import * as Effect from "effect/Effect"
import type { Fault } from "../../Fault.ts"
import type { Handle } from "../http/exchange.ts"
import * as form from "../http/form.ts"
import type { Request } from "../http/message.ts"
import type { Asked, Exchange, History, Moment } from "./history.ts"
import * as redaction from "./redaction.ts"

/** Keeps the ledger of a simulator, and the history that it is a part of. */
export interface Recorder {
  /** A handler that writes down what another does, and which fault a request meets. */
  readonly recording: (
    handle: (request: Request, fault: Fault | undefined) => ReturnType<Handle>,
    fault?: (request: Request) => Fault | undefined
  ) => Handle
  /** Writes down what the service does. */
  readonly note: (moment: Exclude<Moment, Asked>) => void
  readonly exchanges: Effect.Effect<ReadonlyArray<Exchange>>
  readonly history: Effect.Effect<Omit<History, "sessions">>
  readonly clear: Effect.Effect<void>
}

/** Retained requests. */
const maxExchanges = 10_000
/** Retained moments of the service, per generation; there are two. */
const maxMoments = 20_000
/** Retained secrets for redaction. */
const maxSecrets = 100

interface Numbered<A> {
  /** The place in the history. */
  readonly n: number
  moment: A
}

/** An empty ledger. `now` is the time of the simulated service. */
export const make = (now: Effect.Effect<string>): Recorder => {
  let next = 0
  let asked: Array<Numbered<Asked>> = []
  let older: ReadonlyArray<Numbered<Moment>> = []
  let newer: Array<Numbered<Moment>> = []
  let truncated = false
  /** The credentials that clients have shown: they may come back in an event. */
  const secrets = new Set<string>()

  return {
    recording: (handle, faultOf = () => undefined) => (request) =>
      Effect.gen(function*() {
        const at = yield* now
        const fault = faultOf(request)
        const { exchange, known } = describe(request, at, fault)
        for (const secret of known) secrets.add(secret)
        for (const secret of secrets) {
          if (secrets.size <= maxSecrets) break
          secrets.delete(secret)
        }
        const own: Numbered<Asked> = { n: next++, moment: { _tag: "Asked", at, exchange } }
        asked.push(own)
        if (asked.length > maxExchanges) {
          asked.shift()
          truncated = true
        }
        const response = yield* handle(request, fault)
        const requestId = response.headers["request-id"]
        own.moment = {
          ...own.moment,
          exchange: { ...exchange, status: response.status, ...(requestId !== undefined && { request_id: requestId }) },
          answeredAt: yield* now
        }
        return response
      }),
    note: (moment) => {
      if (newer.length >= maxMoments) {
        truncated ||= older.length > 0
        older = newer
        newer = []
      }
      newer.push({ n: next++, moment })
    },
    exchanges: Effect.sync(() => asked.map(({ moment }) => moment.exchange)),
    history: Effect.sync(() => ({
      moments: [...asked, ...withoutCopies(redaction.conceal([...older, ...newer], [...secrets]))].sort((a, b) =>
        a.n - b.n
      ).map((
        { moment }
      ) => moment),
      truncated
    })),
    clear: Effect.sync(() => {
      asked = []
      older = []
      newer = []
      truncated = false
      secrets.clear()
    })
  }
}

/** An event that shows in several places happened once: first where it belongs. */
const withoutCopies = (all: ReadonlyArray<Numbered<Moment>>): ReadonlyArray<Numbered<Moment>> => {
  const places = new Map<string, string | null>()
  return all.filter(({ moment }) => {
    if (moment._tag !== "Emitted" || !("id" in moment.event)) return true
    const id = String(moment.event.id)
    const place = places.get(id)
    if (place === undefined) places.set(id, moment.threadId)
    return place === undefined || place === moment.threadId
  })
}

const describe = (
  request: Request,
  at: string,
  fault: Fault | undefined
): { readonly exchange: Exchange; readonly known: ReadonlyArray<string> } => {
  const secrets = new Set<string>()
  const headers = redaction.redactRecord(request.headers, secrets)
  const query = redaction.redactRecord(redaction.collect(request.query), secrets)
  const said = request.form === undefined
    ? request.body === "" ? undefined : redaction.parse(request.body)
    : form.summary(request.form)
  const body = said === undefined ? undefined : redaction.redact(said, secrets)
  const known = [...secrets].filter(redaction.isTelling)
  const exchange = redaction.conceal({
    at,
    method: request.method,
    path: request.path,
    query,
    headers,
    ...(body !== undefined && { body }),
    ...(fault !== undefined && { fault })
  }, known)
  return { exchange, known }
}
