import * as time from "../session/timestamp.ts"
import type { Asked, Emitted, History, Moment, Opened, Took, Violation } from "./history.ts"

const width = 120
const gutterWidth = 4
const clientWidth = 46

/** A line of the timeline. */
interface Line {
  readonly at: string | undefined
  readonly client: string
  /** Stands at the right edge of the client's lane. */
  readonly answer: string
  readonly service: string
  readonly marks: ReadonlySet<number>
}

type Fields = { readonly [field: string]: unknown }

// events and bodies of any kind are looked into, also those that no schema knows
const fieldsOf = (value: object): Fields => value as Fields

// ---------------------------------------------------------------------------------------------------------------------
// Names
// ---------------------------------------------------------------------------------------------------------------------

const quote = (value: unknown): string => JSON.stringify(value) ?? ""

/** A value where a text is expected, which a body may have anything in place of. */
const word = (value: unknown): string => typeof value === "string" ? value : quote(value)

/** Short names of sessions and threads. */
interface Names {
  readonly of: (id: string) => string
  readonly legend: ReadonlyArray<string>
}

const letters = (n: number): string =>
  (n < 26 ? "" : letters(Math.floor(n / 26) - 1)) + String.fromCharCode(65 + n % 26)

const sessionOf = (moment: Moment): string | undefined =>
  moment._tag === "Asked" ? /^\/v1\/sessions\/([^/]+)/.exec(moment.exchange.path)?.[1] : moment.sessionId

const name = (moments: ReadonlyArray<Moment>): Names => {
  const names = new Map<string, string>()
  const children = new Map<string, number>()
  const legend: Array<string> = []
  let sessions = 0
  for (const moment of moments) {
    const sessionId = sessionOf(moment)
    if (sessionId === undefined) continue
    let session = names.get(sessionId)
    if (session === undefined) {
      session = letters(sessions++)
      names.set(sessionId, session)
      legend.push(`  ${session} = ${sessionId}`)
    }
    if (moment._tag !== "Emitted") continue
    const event = fieldsOf(moment.event)
    if (event["type"] !== "session.thread_created") continue
    const n = (children.get(sessionId) ?? 0) + 1
    children.set(sessionId, n)
    const threadId = word(event["session_thread_id"])
    names.set(threadId, `${session}${n}`)
    legend.push(`  ${session}${n} = ${threadId} (${word(event["agent_name"])})`)
  }
  return { of: (id) => names.get(id) ?? short(id), legend }
}

/** An id that can still be told from others. */
const short = (id: string): string => id.replace(/^([a-z]+_)\w{8,}(\w{4})$/, "$1…$2")

// ---------------------------------------------------------------------------------------------------------------------
// What is said of each moment
// ---------------------------------------------------------------------------------------------------------------------

/** The text of an event's content. */
const textOf = (event: Fields): string => {
  const { content } = event
  if (!Array.isArray(content)) return ""
  const texts = content.map((block: unknown) =>
    typeof block === "object" && block !== null && "text" in block && typeof block.text === "string"
      ? block.text
      : "…"
  )
  return texts.length === 0 ? "" : quote(texts.join(" "))
}

const stopOf = ({ stop_reason: reason }: Fields): string => {
  if (typeof reason !== "object" || reason === null) return ""
  const { event_ids: ids, type } = fieldsOf(reason)
  return [word(type), ...(Array.isArray(ids) ? ids.map((id) => short(word(id))) : [])].join(" ")
}

/** An event in a line. */
const summary = (event: Fields, names: Names): string => {
  const type = word(event["type"])
  const call = event["custom_tool_use_id"] ?? event["mcp_tool_use_id"] ?? event["tool_use_id"]
  const about = call === undefined ? "" : short(word(call))
  const child = event["session_thread_id"]
  const parts = ((): ReadonlyArray<string> => {
    switch (type) {
      case "agent.custom_tool_use":
      case "agent.mcp_tool_use":
      case "agent.tool_use": {
        const permission = event["evaluated_permission"]
        return [
          short(word(event["id"])),
          permission === undefined || permission === "allow" ? "" : word(permission),
          `${word(event["name"])}(${quote(event["input"])})`
        ]
      }
      case "user.tool_confirmation":
        return [about, word(event["result"])]
      case "user.interrupt":
        return [child === undefined ? "" : names.of(word(child))]
      case "session.status_idle":
      case "session.thread_status_idle":
        return [stopOf(event)]
      case "session.error": {
        const { error } = event
        return typeof error === "object" && error !== null ? [word(fieldsOf(error)["type"])] : []
      }
      case "session.thread_created":
        return [names.of(word(child))]
      case "user.define_outcome":
        return [quote(event["description"])]
      default:
        return [about, textOf(event)]
    }
  })()
  return [type, ...parts].filter((part) => part !== "").join(" ")
}

const queryOf = (query: Asked["exchange"]["query"]): string => {
  const pairs = Object.entries(query).flatMap(([name, value]) => [value].flat().map((one) => `${name}=${one}`))
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`
}

const pathOf = ({ path, query }: Asked["exchange"], names: Names): string => {
  const rest = path.startsWith("/v1/sessions/") ? path.slice("/v1/sessions/".length) : path
  return rest.split("/").map((part) => /^[a-z]+_\w+$/.test(part) ? names.of(part) : part).join("/") + queryOf(query)
}

const late = (asked: Asked): string => {
  const millis = asked.answeredAt === undefined ? 0 : between(asked.at, asked.answeredAt)
  return millis === 0 ? "" : ` after ${millis / 1000}s`
}

const bodyOf = (body: unknown, names: Names): ReadonlyArray<string> => {
  if (body === undefined) return []
  const events = typeof body === "object" && body !== null && "events" in body ? body.events : undefined
  return Array.isArray(events)
    ? events.map((event: unknown) =>
      typeof event === "object" && event !== null ? summary(fieldsOf(event), names) : quote(event)
    )
    : [quote(body)]
}

const askedLines = (asked: Asked, took: Took | undefined, names: Names, mark: Mark): ReadonlyArray<Line> => {
  const { exchange } = asked
  const marks = mark(asked)
  const taken = took?.events.map((event) => `took ${short(String(event.id))}`) ?? []
  const head: Line = {
    at: asked.at,
    client: `${exchange.method} ${pathOf(exchange, names)}`,
    answer: `${exchange.status ?? "no answer"}${late(asked)}`,
    service: "",
    marks
  }
  const body = bodyOf(exchange.body, names)
  return [
    head,
    ...Array.from({ length: Math.max(body.length, taken.length) }, (_, i): Line => ({
      ...plain,
      client: body[i] === undefined ? "" : `  ${body[i]}`,
      service: taken[i] ?? "",
      marks: took === undefined ? plain.marks : mark(took)
    })),
    ...(exchange.fault === undefined ? [] : [{ ...plain, client: `  fault ${quote(exchange.fault)}` }])
  ]
}

const plain: Line = { at: undefined, client: "", answer: "", service: "", marks: new Set() }

type Mark = (moment: Moment) => ReadonlySet<number>

const streamOf = ({ sessionId, stream, threadId }: Opened, names: Names): string =>
  `stream ${stream} of ${names.of(threadId ?? sessionId)}`

const lines = (moments: ReadonlyArray<Moment>, names: Names, mark: Mark): ReadonlyArray<Line> => {
  const streams = new Map<number, Opened>()
  return moments.flatMap((moment, i): ReadonlyArray<Line> => {
    const next = moments[i + 1]
    switch (moment._tag) {
      case "Asked":
        return askedLines(moment, next?._tag === "Took" ? next : undefined, names, mark)
      case "Took": {
        if (moments[i - 1]?._tag === "Asked") return []
        return moment.events.map((event) => ({
          ...plain,
          at: moment.at,
          service: `took ${short(String(event.id))}`,
          marks: mark(moment)
        }))
      }
      case "Emitted":
        return [{ ...plain, at: moment.at, service: emitted(moment, names), marks: mark(moment) }]
      case "Opened": {
        streams.set(moment.stream, moment)
        return [{ ...plain, at: moment.at, service: `┌ ${streamOf(moment, names)} opens`, marks: mark(moment) }]
      }
      case "Closed": {
        const opened = streams.get(moment.stream)
        const what = opened === undefined ? `stream ${moment.stream}` : streamOf(opened, names)
        return [
          moment.by === "client"
            ? { ...plain, at: moment.at, client: `└ leaves ${what}`, marks: mark(moment) }
            : { ...plain, at: moment.at, service: `└ ${what} ends`, marks: mark(moment) }
        ]
      }
    }
  })
}

const emitted = ({ event, sessionId, threadId }: Emitted, names: Names): string =>
  `${names.of(threadId ?? sessionId)} ${summary(fieldsOf(event), names)}`

// ---------------------------------------------------------------------------------------------------------------------
// Layout
// ---------------------------------------------------------------------------------------------------------------------

/** The milliseconds between two timestamps. */
const between = (from: string, to: string): number =>
  Math.floor((time.parse(to) ?? 0) / 1000) - Math.floor((time.parse(from) ?? 0) / 1000)

/** Milliseconds as hours, minutes and seconds. */
const elapsed = (millis: number): string => {
  const two = (n: number) => String(n).padStart(2, "0")
  const seconds = `${two(Math.floor(millis / 1000) % 60)}.${String(millis % 1000).padStart(3, "0")}`
  const minutes = Math.floor(millis / 60_000)
  return minutes < 60 ? `${minutes}:${seconds}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${seconds}`
}

const isWide = (char: string): boolean =>
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}]/u
    .test(char)

/** The columns that a text takes in a terminal, roughly. */
const columns = (text: string): number => {
  let sum = 0
  for (const char of text) sum += isWide(char) ? 2 : 1
  return sum
}

/** A text in so many columns at most, on one line. */
const fit = (text: string, max: number): string => {
  // what would break the line or the terminal
  const clean = text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/gu, "�")
  if (columns(clean) <= max) return clean
  let out = ""
  let left = max - 1
  for (const char of clean) {
    left -= isWide(char) ? 2 : 1
    if (left < 0) break
    out += char
  }
  return `${out}…`
}

const pad = (text: string, to: number): string => text + " ".repeat(Math.max(0, to - columns(text)))

/** Lines around what is marked that are kept when there are many. */
const context = 10

/** The indices of the lines to print: all, or those near a mark and at either end. */
const kept = (all: ReadonlyArray<Line>): ReadonlySet<number> => {
  const marked = all.flatMap(({ marks }, i) => marks.size > 0 ? [i] : [])
  if (marked.length === 0 || all.length <= 4 * context) return new Set(all.keys())
  const near = marked.flatMap((i) => Array.from({ length: 2 * context + 1 }, (_, d) => i - context + d))
  return new Set([0, 1, ...near, all.length - 2, all.length - 1])
}

export const render = (history: History, violations: ReadonlyArray<Violation>): string => {
  const concerned = new Set(violations.map(({ sessionId }) => sessionId))
  const moments = history.moments.filter((moment) => {
    const session = sessionOf(moment)
    return concerned.size === 0 || session === undefined || concerned.has(session)
  })
  const [first] = moments
  if (first === undefined) return "Nothing has happened."
  const names = name(moments)
  const marked = new Map<Moment, Set<number>>()
  for (const [i, violation] of violations.entries()) {
    for (const moment of violation.moments) {
      marked.set(moment, (marked.get(moment) ?? new Set<number>()).add(i + 1))
    }
  }
  const all = lines(moments, names, (moment) => marked.get(moment) ?? plain.marks)
  const keep = kept(all)
  const origin = moments.reduce((least, { at }) => between(least, at) < 0 ? at : least, first.at)
  const times = all.map(({ at }) => at === undefined ? "" : elapsed(between(origin, at)))
  const timeWidth = Math.max(...times.map((text) => text.length))
  const left = gutterWidth + timeWidth + 1 + clientWidth

  const out = [
    `${history.truncated ? "The beginning is forgotten. " : ""}Times are since ${origin}`,
    ...names.legend.map((line) => fit(line, width)),
    "",
    `${pad(" ".repeat(gutterWidth + timeWidth + 1) + "client", left)} │ service`,
    `${"─".repeat(left)}─┼─${"─".repeat(width - left - 3)}`
  ]
  let shown = ""
  let skipped = 0
  const skip = () => {
    if (skipped > 0) out.push(`${" ".repeat(gutterWidth)}⋮ ${skipped} more`)
    skipped = 0
  }
  for (const [i, line] of all.entries()) {
    if (!keep.has(i)) {
      skipped++
      continue
    }
    skip()
    const at = times[i] ?? ""
    const gutter = line.marks.size === 0 ? "" : fit(`${[...line.marks].join(",")}`, gutterWidth - 2) + "▶"
    const answer = line.answer === "" ? "" : ` ${line.answer}`
    const client = pad(fit(line.client, clientWidth - columns(answer)), clientWidth - columns(answer)) + answer
    const row = `${pad(gutter, gutterWidth)}${(at === shown ? "" : at).padStart(timeWidth)} ${client} │ ${
      fit(line.service, width - left - 3)
    }`
    if (at !== "") shown = at
    out.push(row.trimEnd())
  }
  skip()
  return out.join("\n")
}
