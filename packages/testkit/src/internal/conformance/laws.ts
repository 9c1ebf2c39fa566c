import * as Timestamp from "@effect-managed-agents/core/Timestamp"
import * as Schema from "effect/Schema"
import type { Expectation } from "./expectation.ts"
import { builder } from "./expectation.ts"
import type { Exchange } from "./wire.ts"
import { parse } from "./wire.ts"

/** JSON that is looked into with care. */
interface Json {
  readonly [key: string]: unknown
}

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

/** One run of events as they went over the wire: those of a stream, or of a page that has everything. */
interface Log {
  readonly from: string
  readonly events: ReadonlyArray<Json>
  /** True if it begins with the first event there is. */
  readonly whole: boolean
}

const isPreview = ({ type }: Json): boolean => type === "event_start" || type === "event_delta"

const framesOf = (
  { frames = [] }: Exchange
): ReadonlyArray<{ readonly event: string | undefined; readonly data: Json }> =>
  frames.flatMap(({ data, event }) => {
    const json = parse(data)
    return isObject(json) && json["type"] !== "ping" ? [{ event, data: json }] : []
  })

const isSessionLog = /^.*\/v1\/sessions\/[^/]+\/events(\/stream)?$/

/** Logs of sessions, as the streams and the complete lists have shown them. */
const logs = (exchanges: ReadonlyArray<Exchange>): ReadonlyArray<Log> =>
  exchanges.flatMap((exchange): ReadonlyArray<Log> => {
    if (exchange.method !== "GET" || exchange.status !== 200 || !isSessionLog.test(exchange.path)) return []
    const from = `GET ${exchange.path}`
    if (exchange.frames !== undefined) {
      return [{
        from,
        whole: false,
        events: framesOf(exchange).map(({ data }) => data).filter((one) => !isPreview(one))
      }]
    }
    // a filter leaves out neighbours, and so does the edge of a page
    const isPlain = exchange.query.every(([name]) => name === "limit")
    const { data, next_page } = isObject(exchange.answer) ? exchange.answer : {}
    return isPlain && Array.isArray(data) && (next_page === undefined || next_page === null)
      ? [{ from, whole: true, events: data.filter(isObject) }]
      : []
  })

/** A law of which every exchange or log may be an exception: those that are. */
const law = (
  name: string,
  expected: string,
  exceptions: (exchanges: ReadonlyArray<Exchange>) => ReadonlyArray<unknown>
): Expectation<unknown> =>
  builder<unknown>().holds(
    name,
    expected,
    (_, exchanges) => exceptions(exchanges).slice(0, 3),
    (found) => found.length === 0
  )

/** The neighbours of events of a type that are not what they must be. */
const neighbours = (type: string, wanted: string, side: -1 | 1) => (exchanges: ReadonlyArray<Exchange>) =>
  logs(exchanges).flatMap(({ events, from }) => {
    // what went wrong at the start of a session is told between the two
    const told = events.filter((event) => event["type"] !== "session.error")
    return told.flatMap((event, i) => {
      const other = told[i + side]
      return event["type"] !== type || other === undefined || other["type"] === wanted
        ? []
        : [{ [from]: side === 1 ? [type, other["type"]] : [other["type"], type] }]
    })
  })

const isTimestamp = Schema.is(Timestamp.Timestamp)

const order = (events: ReadonlyArray<Json>): ReadonlyArray<unknown> => {
  let latest: Timestamp.Timestamp | undefined
  let pending = false
  const wrong: Array<unknown> = []
  for (const { id, processed_at: at, type } of events) {
    const known = isTimestamp(at) ? at : undefined
    if (known === undefined) pending = true
    else if (pending) wrong.push({ processed_after_pending: { id, type } })
    else if (latest !== undefined && Timestamp.Order(known, latest) < 0) wrong.push({ id, type, at, after: latest })
    else latest = known
  }
  return wrong
}

const repeated = (events: ReadonlyArray<Json>): ReadonlyArray<unknown> => {
  const seen = new Set<unknown>()
  return events.flatMap(({ id, type }) => {
    // an input may be shown when it is queued and when it is processed; an interrupt may have no id
    if (typeof type !== "string" || type.startsWith("user.") || id === undefined) return []
    if (seen.has(id)) return [{ twice: { id, type } }]
    seen.add(id)
    return []
  })
}

/** Laws of everything that goes over the wire, in every scenario. */
export const all: ReadonlyArray<Expectation<unknown>> = [
  law(
    "wire: every answer has a request id",
    "a request-id header",
    (exchanges) =>
      exchanges.flatMap(({ method, path, requestId }) => requestId === undefined ? [`${method} ${path}: none`] : [])
  ),
  law(
    "wire: refusals have the shape of an error",
    "{type: \"error\", error: {type, message}, request_id: that of the header}",
    (exchanges) =>
      exchanges.flatMap(({ answer, requestId, status }) => {
        if (status < 400) return []
        const { error, request_id, type } = isObject(answer) ? answer : {}
        return type === "error" && isObject(error) && typeof error["type"] === "string" &&
            typeof error["message"] === "string" && request_id === requestId
          ? []
          : [answer]
      })
  ),
  law(
    "wire: every frame is named after its event",
    "event: <the type in its data>",
    (exchanges) =>
      exchanges.flatMap(framesOf).flatMap(({ data, event }) => event === data["type"] ? [] : [{ event, data }])
  ),
  law(
    "wire: no event is delivered twice",
    "each id once in a stream or a list",
    (exchanges) => logs(exchanges).flatMap(({ events }) => repeated(events))
  ),
  law(
    "wire: lists are in the order of processing",
    "processed_at ascending, what is pending at the end",
    (exchanges) => logs(exchanges).flatMap(({ events, whole }) => whole ? order(events) : [])
  ),
  law(
    "wire: a session starts to run before its thread",
    "session.status_running directly before session.thread_status_running",
    neighbours("session.status_running", "session.thread_status_running", 1)
  ),
  law(
    "wire: usage is told directly before a session is idle",
    "session.usage directly before session.status_idle",
    neighbours("session.status_idle", "session.usage", -1)
  ),
  law(
    "wire: a model request ends that has started",
    "model_request_start_id of an earlier span.model_request_start",
    (exchanges) =>
      logs(exchanges).flatMap(({ events, whole }) => {
        if (!whole) return []
        const started = new Set<unknown>()
        return events.flatMap((event) => {
          if (event["type"] === "span.model_request_start") started.add(event["id"])
          if (event["type"] !== "span.model_request_end") return []
          return started.has(event["model_request_start_id"]) ? [] : [event]
        })
      })
  )
]
