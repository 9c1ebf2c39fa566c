// A session as the page draws it: its events in the order of time, and lanes with what has a length.
import type * as Event from "@effect-managed-agents/core/Event"
import type * as Follow from "@effect-managed-agents/core/Follow"

/** Something with a beginning and, once it is over, an end, in milliseconds. */
export interface Bar {
  readonly kind: "turn" | "model" | "tool" | "wait" | "grading"
  readonly label: string
  readonly start: number
  end: number | undefined
  /** True if it ended with an error. */
  isError: boolean
  /** The key of the item that began it. */
  readonly key: string
}

/** Something that happened at once. */
export interface Mark {
  readonly kind: "input" | "reply" | "error" | "note" | "thread"
  readonly at: number
  readonly key: string
}

/** The text of an event that is being produced. */
export interface Growing {
  readonly type: string
  readonly since: number
  readonly text: string
}

/** The session, or one of its threads. */
export interface Lane {
  /** The id of the child thread; `null` for the session with its primary thread. */
  readonly id: string | null
  name: string
  readonly bars: Array<Bar>
  readonly marks: Array<Mark>
  readonly growing: Map<string, Growing>
  turn: Bar | undefined
  /** The timestamp of its latest event, as the service wrote it. */
  latest: string
}

/** A line of the list: an event, or a change of the page's connection. */
export interface Item {
  readonly key: string
  readonly at: number
  readonly lane: Lane
  readonly event: Event.Event | undefined
  readonly note: string | undefined
}

/** Tokens of a model request, or the cost of the session so far, in cents. */
export interface Consumption {
  readonly at: number
  readonly input: number
  readonly output: number
  readonly cache: number
  readonly cost: number | undefined
}

/** Connection of the page to the session. */
export type Connection =
  | { readonly _tag: "Connecting" | "Live" | "Closed" }
  | { readonly _tag: "Reconnecting" | "Ended" | "Failed"; readonly reason: string }

/** Tells that a timestamp is later than another: as texts, which those of one service are in the order of. */
const isLater = (one: string, other: string): boolean =>
  one.length === other.length ? one.endsWith("Z") && other.endsWith("Z") && one > other : other === ""

const callTypes = new Set(["agent.tool_use", "agent.mcp_tool_use", "agent.custom_tool_use"])
const answerTypes = new Set(["user.tool_confirmation", "user.custom_tool_result", "user.tool_result"])

/** A field of an event of any type. */
export const field = (event: object, name: string): unknown =>
  // an event is an object whose fields depend on its type
  (event as { readonly [field: string]: unknown })[name]

const text = (value: unknown): string | undefined => typeof value === "string" ? value : undefined
const number = (value: unknown): number => typeof value === "number" ? value : 0

/** The call that an event answers or gives the result of. */
const callOf = (event: object): string | undefined =>
  text(field(event, "custom_tool_use_id") ?? field(event, "mcp_tool_use_id") ?? field(event, "tool_use_id"))

/** The reason of an idle event, and the calls that it waits for. */
export const stopReason = (event: object): { readonly type: string; readonly waiting: ReadonlyArray<string> } => {
  const reason = field(event, "stop_reason")
  if (typeof reason !== "object" || reason === null) return { type: "", waiting: [] }
  const ids = field(reason, "event_ids")
  return {
    type: text(field(reason, "type")) ?? "",
    waiting: Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : []
  }
}

/** A session that grows. It is changed in place, as copies of a hundred thousand events would be slow; `version` says so. */
export class Recording {
  version = 0
  connection: Connection = { _tag: "Connecting" }
  isCaughtUp = false
  readonly items: Array<Item> = []
  readonly lanes: Array<Lane> = []
  readonly consumption: Array<Consumption> = []
  turns = 0
  tokens = 0
  /** In cents, where the service has said so. */
  cost: number | undefined
  status: string | undefined
  /** Inputs that the agent has not taken up, by id. */
  readonly queued = new Map<string, Event.Event>()
  /** The latest moment, and when the page heard of it by the clock of the page. */
  end = 0
  heardAt = 0

  /** The keys of what is here, and those that are not among them yet: few are ever looked for. */
  private readonly keys = new Set<string>()
  private unindexed: Array<string> = []
  private readonly laneById = new Map<string | null, Lane>()
  private readonly open = new Map<string, Bar>()
  private readonly waits = new Map<string, Bar>()
  private readonly answered = new Set<string>()
  private readonly asked = new Set<string>()
  private notes = 0
  private fresh: Array<Item> = []

  constructor(name: string) {
    this.lane(null, name)
  }

  /** Takes updates of a follower. */
  addAll(updates: Iterable<Follow.Threaded>): void {
    for (const { threadId, update } of updates) this.add(threadId, update)
    this.settle()
  }

  /** Takes events that are over, of a file. */
  addEvents(events: Iterable<{ readonly threadId: string | null; readonly event: Event.Event }>): void {
    for (const { event, threadId } of events) this.addEvent(this.lane(threadId), event)
    this.settle()
  }

  find(key: string): Item | undefined {
    return this.items.find((item) => item.key === key)
  }

  /** The calls that wait for an answer of the client. */
  get waiting(): ReadonlyArray<Item> {
    if (this.status === "terminated") return []
    return [...this.asked].flatMap((id) => this.answered.has(id) ? [] : this.find(id) ?? [])
  }

  fail(reason: string): void {
    this.connection = { _tag: "Failed", reason }
    this.note(this.lane(null), reason)
    this.settle()
  }

  private lane(id: string | null, name?: string): Lane {
    const known = this.laneById.get(id)
    if (known !== undefined) {
      if (name !== undefined) known.name = name
      return known
    }
    const lane: Lane = {
      id,
      name: name ?? "Thread",
      bars: [],
      marks: [],
      growing: new Map(),
      turn: undefined,
      latest: ""
    }
    this.laneById.set(id, lane)
    this.lanes.push(lane)
    return lane
  }

  private add(threadId: string | null, update: Follow.Update): void {
    const lane = this.lane(threadId)
    switch (update._tag) {
      case "Event":
        if (update.state === "processed") return this.addEvent(lane, update.event)
        this.queued.set(text(field(update.event, "id")) ?? "", update.event)
        this.answer(update.event)
        return
      case "Preview":
        if (update.phase === "final" || update.phase === "abandoned") lane.growing.delete(update.id)
        else {
          const since = lane.growing.get(update.id)?.since ?? this.end
          lane.growing.set(update.id, { type: String(update.type), since, text: update.blocks.join("") })
        }
        return
      case "Connected":
        if (threadId !== null) return
        if (this.connection._tag === "Reconnecting") this.note(lane, "Connected again")
        this.connection = { _tag: "Live" }
        return
      case "CaughtUp":
        if (threadId === null) this.isCaughtUp = true
        return
      case "Reconnecting":
        this.note(lane, `Connection lost: ${update.error.message}`)
        if (threadId === null) this.connection = { _tag: "Reconnecting", reason: update.error.message }
        return
      case "Gap":
        return this.note(lane, `Something may be missing here: ${update.reason}`)
      case "Ended":
        lane.growing.clear()
        if (threadId === null) this.connection = { _tag: "Ended", reason: update.reason }
        return
    }
  }

  private note(lane: Lane, note: string): void {
    const key = `note-${++this.notes}`
    lane.marks.push({ kind: "note", at: this.end, key })
    this.put({ key, at: this.end, lane, event: undefined, note })
  }

  private put(item: Item): void {
    this.unindexed.push(item.key)
    this.fresh.push(item)
    if (item.at > this.end) this.end = item.at
  }

  /** Merges what is new into the list. Most of it is younger than all before. */
  private settle(): void {
    this.version++
    this.heardAt = performance.now()
    const { fresh, items } = this
    this.fresh = []
    let isInOrder = true
    let last = items.at(-1)?.at ?? 0
    for (const item of fresh) {
      if (item.at < last) isInOrder = false
      last = item.at
      items.push(item)
    }
    // stable, and quick where runs are in order already
    if (!isInOrder) items.sort((a, b) => a.at - b.at)
  }

  /** Tells an event that is here. What is later than all of its lane is not. */
  private has(lane: Lane, key: string, processed: string | undefined): boolean {
    if (processed !== undefined && isLater(processed, lane.latest)) {
      lane.latest = processed
      return false
    }
    for (const key of this.unindexed) this.keys.add(key)
    this.unindexed = []
    return this.keys.has(key)
  }

  private addEvent(lane: Lane, event: Event.Event): void {
    const key = text(field(event, "id")) ?? `unknown-${++this.notes}`
    const processed = text(field(event, "processed_at"))
    if (this.has(lane, key, processed)) return
    this.queued.delete(key)
    const at = processed === undefined ? this.end : Date.parse(processed)
    this.put({ key, at, lane, event, note: undefined })
    this.draw(lane, event, key, at, this.answer(event))
    this.count(lane, event, at)
  }

  /** Notes the call that an event answers, if it does. */
  private answer(event: Event.Event): string | undefined {
    const call = callOf(event)
    if (call !== undefined) this.answered.add(call)
    return call
  }

  /** Keeps what lanes show. */
  private draw(lane: Lane, event: Event.Event, key: string, at: number, call: string | undefined): void {
    const type = String(event.type)
    if (callTypes.has(type)) {
      const label = text(field(event, "name")) ?? "tool"
      this.begin(lane, "tool", label, key, at)
      if (type === "agent.custom_tool_use" || field(event, "evaluated_permission") === "ask") {
        const wait: Bar = { kind: "wait", label, start: at, end: undefined, isError: false, key }
        lane.bars.push(wait)
        this.waits.set(key, wait)
      }
      return
    }
    if (call !== undefined) {
      const wait = this.waits.get(call)
      if (wait !== undefined) wait.end ??= at
      if (type !== "user.tool_confirmation") this.close(call, at, field(event, "is_error") === true)
      if (answerTypes.has(type)) lane.marks.push({ kind: "input", at, key })
      return
    }
    switch (type) {
      case "span.model_request_start":
        return this.begin(lane, "model", "model request", key, at)
      case "span.model_request_end":
        return this.close(text(field(event, "model_request_start_id")) ?? "", at, field(event, "is_error") === true)
      case "span.outcome_evaluation_start":
        return this.begin(lane, "grading", "grading", key, at)
      case "span.outcome_evaluation_end":
        return this.close(text(field(event, "outcome_evaluation_start_id")) ?? "", at, false)
      case "session.error":
        lane.marks.push({ kind: "error", at, key })
        return
      case "agent.message":
        lane.marks.push({ kind: "reply", at, key })
        return
      case "session.thread_created":
        this.lane(text(field(event, "session_thread_id")) ?? null, text(field(event, "agent_name")))
        lane.marks.push({ kind: "thread", at, key })
        return
      case "agent.thread_message_sent":
      case "agent.thread_message_received":
        lane.marks.push({ kind: "thread", at, key })
        return
      default:
        if (type.startsWith("user.") || type === "system.message") lane.marks.push({ kind: "input", at, key })
        else this.setStatus(lane, type, key, at)
    }
  }

  private setStatus(lane: Lane, type: string, key: string, at: number): void {
    const [, scope, status] = /^session\.(thread_)?status_(\w+)$/.exec(type) ?? []
    if (status === undefined) return
    if (scope === undefined) this.status = status === "rescheduled" ? "rescheduling" : status
    if (status === "running") {
      if (lane.turn !== undefined) return
      lane.turn = { kind: "turn", label: "turn", start: at, end: undefined, isError: false, key }
      lane.bars.push(lane.turn)
      return
    }
    if (status === "rescheduled") {
      lane.marks.push({ kind: "note", at, key })
      return
    }
    if (lane.turn === undefined) return
    lane.turn.end = at
    lane.turn.isError = status === "terminated"
    lane.turn = undefined
  }

  private begin(lane: Lane, kind: Bar["kind"], label: string, key: string, at: number): void {
    const bar: Bar = { kind, label, start: at, end: undefined, isError: false, key }
    lane.bars.push(bar)
    this.open.set(key, bar)
  }

  private close(key: string, at: number, isError: boolean): void {
    const bar = this.open.get(key)
    if (bar === undefined) return
    this.open.delete(key)
    bar.end = at
    bar.isError = isError
  }

  /** Keeps the numbers. */
  private count(lane: Lane, event: Event.Event, at: number): void {
    const type = String(event.type)
    if (type === "session.status_idle" || type === "session.thread_status_idle") {
      const { type: reason, waiting } = stopReason(event)
      for (const id of waiting) this.asked.add(id)
      if (lane.id === null && type === "session.status_idle" && reason !== "requires_action") this.turns++
    } else if (type === "span.model_request_end") {
      const usage = field(event, "model_usage")
      if (typeof usage !== "object" || usage === null) return
      const input = number(field(usage, "input_tokens"))
      const output = number(field(usage, "output_tokens"))
      const cache = number(field(usage, "cache_read_input_tokens")) +
        number(field(usage, "cache_creation_input_tokens"))
      this.tokens += input + output + cache
      this.consumption.push({ at, input, output, cache, cost: undefined })
    } else if (type === "session.usage") {
      const usage = field(event, "usage")
      const cost = typeof usage === "object" && usage !== null ? field(usage, "list_cost") : undefined
      const amount = typeof cost === "object" && cost !== null ? Number(field(cost, "amount")) : NaN
      if (!Number.isFinite(amount)) return
      this.cost = amount
      this.consumption.push({ at, input: 0, output: 0, cache: 0, cost: amount })
    }
  }
}

/** A recording at some moment: it is changed in place, so that this says when. */
export interface Snapshot {
  readonly recording: Recording
  readonly version: number
}
