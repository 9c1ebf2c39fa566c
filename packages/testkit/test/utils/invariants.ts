// What holds at every moment for every session, whatever was asked of it.
import type { Machine, Reader } from "./machine.ts"
import type { Json } from "./wire.ts"

/** All that can be seen of a session. */
export interface Snapshot {
  readonly session: Json
  readonly events: ReadonlyArray<Json>
  readonly threads: ReadonlyArray<{ readonly thread: Json; readonly events: ReadonlyArray<Json> }>
  readonly resources: ReadonlyArray<Json>
  /** Byte for byte. */
  readonly text: string
}

export const look = ({ ask }: Machine, id: string): Snapshot => {
  const url = `/v1/sessions/${id}`
  const get = (path: string): Json => {
    const { json, status } = ask("GET", `${url}${path}`)
    if (status !== 200) throw new Error(`GET ${url}${path}: ${status} ${JSON.stringify(json)}`)
    return json
  }
  const session = get("")
  const events = get("/events").data
  const threads = get("/threads").data.map((thread: Json) => ({
    thread,
    events: get(`/threads/${thread.id}/events`).data
  }))
  const resources = get("/resources").data
  return { session, events, threads, resources, text: JSON.stringify([session, events, threads, resources]) }
}

export const isProcessed = (event: Json): boolean => typeof event.processed_at === "string"

export const listOf = (snapshot: Snapshot, thread: string | null): ReadonlyArray<Json> =>
  thread === null
    ? snapshot.events
    : snapshot.threads.find((one) => one.thread.id === thread)?.events ?? []

/** The session, or the thread of it, will never emit anything again. */
export const isOver = (snapshot: Snapshot, thread: string | null): boolean =>
  snapshot.session.status === "terminated" ||
  (thread !== null && snapshot.threads.some((one) => one.thread.id === thread && one.thread.status === "terminated"))

const assert = (holds: boolean, message: () => string): void => {
  if (!holds) throw new Error(message())
}

const fail = (message: string): never => {
  throw new Error(message)
}

// ---------------------------------------------------------------------------------------------------------------------
// Calls
// ---------------------------------------------------------------------------------------------------------------------

const isCall = ({ type }: Json): boolean =>
  type === "agent.tool_use" || type === "agent.mcp_tool_use" || type === "agent.custom_tool_use"

const resultOf: Record<string, string> = {
  "agent.tool_result": "agent.tool_use",
  "user.tool_result": "agent.tool_use",
  "agent.mcp_tool_result": "agent.mcp_tool_use",
  "user.custom_tool_result": "agent.custom_tool_use"
}

const target = (event: Json): string => event.custom_tool_use_id ?? event.mcp_tool_use_id ?? event.tool_use_id

/** All calls of all threads. */
export const calls = ({ threads }: Snapshot): ReadonlyArray<Json> =>
  threads.flatMap(({ events }) => events.filter(isCall))

const lastStop = (events: ReadonlyArray<Json>, type: string): Json =>
  events.findLast((event) => event.type === type)?.stop_reason

/** The calls that wait for the client, in all threads. */
export const waiting = ({ session, threads }: Snapshot): ReadonlyArray<string> =>
  threads.flatMap(({ events, thread }) => {
    if (session.status === "terminated" || thread.status !== "idle") return []
    const own = events.filter((event) => !("session_thread_id" in event) || event.session_thread_id === thread.id)
    const stop = lastStop(own, "session.thread_status_idle")
    return stop?.type === "requires_action" ? stop.event_ids : []
  })

// ---------------------------------------------------------------------------------------------------------------------
// Laws
// ---------------------------------------------------------------------------------------------------------------------

/** Whose each id is, over all sessions. */
export type Owners = Map<string, string>

export const check = (now: Snapshot, before: Snapshot | undefined, owners: Owners): void => {
  checkList("the session", now.events)
  for (const { events, thread } of now.threads) checkList(thread.id, events)
  checkOwners(now, owners)
  if (before !== undefined) checkGrowth(now, before)
  checkPairs(now)
  for (const { events, thread } of now.threads) checkThread(now, thread, events)
  checkPrimary(now)
  checkRollUp(now)
  checkUsage(now, before)
}

/** What is processed comes in the order of processing, and what waits last. */
const checkList = (name: string, events: ReadonlyArray<Json>): void => {
  const ids = new Set<string>()
  let last = ""
  for (const event of events) {
    assert(!ids.has(event.id), () => `${name} lists ${event.id} twice`)
    ids.add(event.id)
    if (!isProcessed(event)) {
      assert(!("processed_at" in event), () => `${event.id} waits and has a null stamp`)
      last = "~"
      continue
    }
    const stamp = stampOf(event)
    assert(stamp > last, () => `${name} lists ${event.type} ${event.id} of ${stamp} behind ${last}`)
    last = stamp
  }
}

/** RFC 3339 with all its digits, which sorts. */
const stampOf = ({ processed_at }: Json): string => {
  const [seconds, fraction = ""] = processed_at.slice(0, -1).split(".")
  return `${seconds}.${fraction.padEnd(6, "0")}`
}

/** An id is that of one thing, for good. */
const checkOwners = ({ events, session, threads }: Snapshot, owners: Owners): void => {
  for (const event of [...events, ...threads.flatMap((one) => one.events)]) {
    const owner = `${session.id} ${event.type} ${target(event) ?? ""}`
    const known = owners.get(event.id) ?? owner
    assert(known === owner, () => `${event.id} is ${owner} and ${known}`)
    owners.set(event.id, known)
  }
}

/** History is only ever added to, and not at all once it has ended. */
const checkGrowth = (now: Snapshot, before: Snapshot): void => {
  const places = [null, ...before.threads.map(({ thread }): string => thread.id)]
  for (const place of places) {
    const old = listOf(before, place).filter(isProcessed)
    const fresh = listOf(now, place).filter(isProcessed)
    assert(
      old.length <= fresh.length && old.every((event, i) => JSON.stringify(event) === JSON.stringify(fresh[i])),
      () => `the history of ${place ?? "the session"} has changed`
    )
    if (isOver(before, place)) {
      assert(fresh.length === old.length, () => `${fresh[old.length].type} after the end of ${place ?? "the session"}`)
    }
  }
}

/** The events that come in groups. */
const checkPairs = ({ events: all, session }: Snapshot): void => {
  const events = all.filter(isProcessed)
  let status = "idle"
  for (const [i, event] of events.entries()) {
    const previous = events[i - 1]?.type
    switch (event.type) {
      case "session.status_running": {
        assert(status !== "running", () => "running twice")
        let next = i + 1
        while (events[next]?.type === "session.error") next++
        assert(
          events[next]?.type === "session.thread_status_running",
          () => `session.status_running is followed by ${events[next]?.type}`
        )
        break
      }
      case "session.usage":
        assert(events[i + 1]?.type === "session.status_idle", () => `usage before ${events[i + 1]?.type}`)
        break
      case "session.status_idle":
        assert(previous === "session.usage", () => `idle after ${previous}`)
        assert(
          events[i - 2]?.type === "session.thread_status_idle",
          () => `the session is idle after ${events[i - 2]?.type}, not after a thread`
        )
        break
      case "session.status_rescheduled":
        // or another thread was the last to run beside one that is rescheduled
        assert(
          previous === "session.thread_status_rescheduled" || previous === "session.thread_status_idle",
          () => `rescheduled after ${previous}`
        )
        break
      case "session.status_terminated":
        assert(i === events.length - 1, () => `${events[i + 1].type} after the end`)
        break
    }
    if (event.type.startsWith("session.status_")) status = event.type.slice("session.status_".length)
  }
  const shown = { rescheduled: "rescheduling" }[status] ?? status
  const seen = session.archived_at === null ? session.status : "archived"
  assert(seen === "archived" || seen === shown, () => `the session is ${seen} and its events say ${shown}`)
}

/** What a thread does is a sequence of requests, calls and results. */
const checkThread = ({ session }: Snapshot, thread: Json, all: ReadonlyArray<Json>): void => {
  const events = all.filter(isProcessed)
  const open = new Map<string, Json>()
  let request: string | undefined
  let status = "idle"
  for (const [i, event] of events.entries()) {
    if (event.type === "span.model_request_start") {
      assert(request === undefined, () => "a request starts in another")
      assert(status === "running", () => `a request starts while ${thread.id} is ${status}`)
      request = event.id
    } else if (event.type === "span.model_request_end") {
      assert(
        event.model_request_start_id === request,
        () => `request ${event.model_request_start_id} ends, not ${request}`
      )
      request = undefined
    } else if (isCall(event)) {
      assert(request !== undefined, () => `${event.type} outside of a request`)
      open.set(event.id, event)
    } else if (event.type in resultOf) {
      const call = open.get(target(event))
      assert(call?.type === resultOf[event.type], () => `${event.type} for ${call?.type ?? "no call"} ${target(event)}`)
      open.delete(target(event))
    } else if (event.type === "agent.message" || event.type === "agent.thinking") {
      assert(request !== undefined, () => `${event.type} outside of a request`)
    } else if (event.type.startsWith("session.thread_status_") && event.session_thread_id === thread.id) {
      status = event.type.slice("session.thread_status_".length)
      assert(request === undefined, () => `${event.type} inside a request`)
      assert(status !== "terminated" || i === events.length - 1, () => `${events[i + 1]?.type} after the thread's end`)
      if (status === "idle" && event.stop_reason.type === "requires_action") {
        assert(event.stop_reason.event_ids.length > 0, () => "nothing is required")
        for (const id of event.stop_reason.event_ids) assert(open.has(id), () => `${id} is waited for and not open`)
      } else if (status === "idle" || status === "running") {
        // what was allowed or denied is run after the thread runs again
        const left = [...open.keys()]
        assert(status === "running" || left.length === 0, () => `idle with ${left.join()} open`)
      }
    }
  }
  if (session.status === "terminated") return
  const shown = { rescheduled: "rescheduling" }[status] ?? status
  assert(thread.status === shown, () => `${thread.id} is ${thread.status} and its events say ${shown}`)
  assert(request === undefined || status === "running", () => `a request is open while ${thread.id} is ${status}`)
  const stop = lastStop(events.filter((event) => event.session_thread_id === thread.id), "session.thread_status_idle")
  if (status === "terminated" || (status === "idle" && stop?.type === "requires_action")) return
  assert(open.size === 0, () => `${[...open.keys()].join()} of ${thread.id} is open while it is ${status}`)
}

/** The session shows all that its primary thread does, in that order. */
const checkPrimary = ({ events, threads }: Snapshot): void => {
  const own = threads[0]?.events ?? fail("no primary thread")
  let at = 0
  for (const event of events) if (own[at]?.id === event.id) at++
  assert(at === own.length, () => `${own[at].type} of the primary thread is not where it belongs in the session's list`)
  const ids = new Set(own.map(({ id }) => id))
  for (const event of events) {
    if (ids.has(event.id)) continue
    assert(
      /^session\.(status_|usage|updated|thread_status_)/.test(event.type) || "session_thread_id" in event,
      () => `${event.type} is the session's, but nobody's`
    )
  }
}

/** The session does what its threads do. */
const checkRollUp = (snapshot: Snapshot): void => {
  const { events, session, threads } = snapshot
  const statuses = threads.map(({ thread }): string => thread.status)
  if (session.archived_at === null && session.status !== "terminated") {
    const expected = statuses.includes("running")
      ? "running"
      : statuses.includes("rescheduling")
      ? "rescheduling"
      : "idle"
    assert(session.status === expected, () => `the session is ${session.status}, its threads ${statuses.join()}`)
  }
  if (session.status !== "idle") return
  const stop = lastStop(events, "session.status_idle")
  // the session said so before a thread that it was waiting for was archived
  const open = new Set(waiting(snapshot))
  const archived = new Set(
    threads.flatMap(({ events, thread }) =>
      thread.status === "terminated" ? events.filter(isCall).map(({ id }) => id) : []
    )
  )
  const said: ReadonlyArray<string> = (stop?.event_ids ?? []).filter((id: string) => !archived.has(id))
  assert(
    said.length === open.size && said.every((id) => open.has(id)),
    () => `the session waits for [${said.join()}], its threads for [${[...open].join()}]`
  )
}

const counters = (usage: Json): ReadonlyArray<number> => [
  usage.input_tokens,
  usage.output_tokens,
  usage.cache_read_input_tokens,
  usage.cache_creation.ephemeral_5m_input_tokens,
  usage.active_seconds,
  Number(usage.list_cost.amount),
  usage.server_tool_use.web_search_requests
]

/** Usage only grows. */
const checkUsage = (now: Snapshot, before: Snapshot | undefined): void => {
  const all = now.events.filter(({ type }) => type === "session.usage").map(({ usage }) => usage)
  if (now.session.usage.input_tokens !== undefined) all.push(now.session.usage)
  for (const [i, usage] of all.entries()) {
    if (i === 0) continue
    const [a, b] = [counters(all[i - 1]), counters(usage)]
    assert(b.every((n, k) => n >= (a[k] ?? 0)), () => `usage fell from ${a.join()} to ${b.join()}`)
  }
  for (const key of ["active_seconds", "duration_seconds"]) {
    const [a, b] = [before?.session.stats[key] ?? 0, now.session.stats[key]]
    assert(b >= a, () => `${key} fell from ${a} to ${b}`)
  }
}

/** The answer to a send shows what was sent, in that order. */
export const echoes = (sent: ReadonlyArray<Json>, data: ReadonlyArray<Json>): void => {
  const types = (events: ReadonlyArray<Json>) => events.map(({ type }) => type).join()
  assert(types(sent) === types(data), () => `${types(sent)} was sent and ${types(data)} taken`)
}

/** Nothing is left to be done: the session waits for the client, or for more budget, or for nothing. */
export const atRest = ({ events, session }: Snapshot): void => {
  assert(
    session.status === "idle" || session.status === "terminated",
    () => `${session.id} never stops ${session.status}`
  )
  const stop = lastStop(events, "session.status_idle")
  // a system message starts nothing: it may go with a later turn
  const left = events.filter((event) => !isProcessed(event) && event.type !== "system.message")
  if (stop?.type === "requires_action" || stop?.type === "budget_reached") return
  assert(left.length === 0, () => `${left.map(({ type }) => type).join()} waits for ever`)
}

// ---------------------------------------------------------------------------------------------------------------------
// Streams
// ---------------------------------------------------------------------------------------------------------------------

/** What a stream was opened on, and how much was there already. */
export interface Opened {
  readonly id: string
  readonly thread: string | null
  readonly previews: boolean
  readonly from: number
  readonly over: boolean
}

const isPreview = ({ type }: Json): boolean => type === "event_start" || type === "event_delta"

/** A stream carries what is added to the list while it is open, each event once and in order, and then the end. */
export const checkStream = (reader: Reader, at: Opened, now: Snapshot | undefined, exists: boolean): void => {
  const seen = reader.events.filter((event) => event.type !== "ping")
  const events = seen.filter((event) => !isPreview(event))
  assert(at.previews || events.length === seen.length, () => "previews that nobody wanted")
  checkPreviews(seen)
  if (now === undefined) return
  const stored = listOf(now, at.thread).filter(isProcessed).slice(at.from)
  const extra = events.slice(stored.length)
  const same = stored.every((event, i) => JSON.stringify(event) === JSON.stringify(events[i]))
  assert(
    same,
    () =>
      `the stream of ${at.thread ?? at.id} saw ${events.map(({ type }) => type).join()} of ${
        stored.map(({ type }) => type).join()
      }`
  )
  const { archived_at, status } = now.session
  const ends = at.over
    ? []
    : archived_at !== null
    ? ["session.status_terminated"]
    : !exists && status !== "terminated"
    ? ["session.deleted"]
    : []
  assert(
    extra.length <= 1 && extra.every(({ type }) => ends.includes(type)),
    () => `the stream of ${at.thread ?? at.id} also saw ${extra.map(({ type }) => type).join()}`
  )
  const over = !exists || isOver(now, at.thread)
  assert(reader.ended() || !over, () => "the stream does not end")
}

/** Previews come before their event, begin once, and say a part of what it says. */
const checkPreviews = (seen: ReadonlyArray<Json>): void => {
  const texts = new Map<string, Array<string>>()
  const done = new Set<string>()
  for (const event of seen) {
    if (event.type === "event_start") {
      assert(!texts.has(event.event.id), () => `${event.event.id} starts twice`)
      assert(!done.has(event.event.id), () => `${event.event.id} starts after it is there`)
      texts.set(event.event.id, [])
    } else if (event.type === "event_delta") {
      const blocks = texts.get(event.event_id) ?? fail(`a delta of ${event.event_id}, which has not started`)
      blocks[event.delta.index] = (blocks[event.delta.index] ?? "") + event.delta.content.text
    } else {
      done.add(event.id)
      for (const [i, text] of (texts.get(event.id) ?? []).entries()) {
        assert(event.content[i].text.startsWith(text), () => `${event.id} was previewed as ${JSON.stringify(text)}`)
      }
    }
  }
}
