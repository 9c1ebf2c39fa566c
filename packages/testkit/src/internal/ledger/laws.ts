import type { Asked, Emitted, History, Moment, Offence, Opened, Took } from "./history.ts"

/** Any event, by its fields. */
type Fields = { readonly type: string; readonly [field: string]: unknown }

// laws look into events of many types, also those of clients that sent what they should not
const fieldsOf = (event: object): Fields => event as Fields

/** The calls that may wait for the client. */
const isCall = ({ type }: Fields): boolean =>
  type === "agent.tool_use" || type === "agent.mcp_tool_use" || type === "agent.custom_tool_use"

/** The call that an event answers or gives the result of. */
const callOf = (event: Fields): string | undefined => {
  const id = event["custom_tool_use_id"] ?? event["mcp_tool_use_id"] ?? event["tool_use_id"]
  return typeof id === "string" ? id : undefined
}

const isAnswer = ({ type }: Fields): boolean =>
  type === "user.tool_confirmation" || type === "user.custom_tool_result" || type === "user.tool_result"

/** The calls that an idle event says are waited for. */
const waitingOf = (event: Fields): ReadonlyArray<string> => {
  const reason = event["stop_reason"]
  const ids = typeof reason === "object" && reason !== null && "event_ids" in reason ? reason.event_ids : undefined
  return Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : []
}

/** The name of a call in messages. */
const describe = (id: string, made: Emitted | undefined): string => {
  const event = made === undefined ? undefined : fieldsOf(made.event)
  return event === undefined ? `call ${id}` : `${event.type} ${id} (${String(event["name"])})`
}

/** State of a call. */
interface Call {
  made?: Emitted
  /** When it was last said to be waited for. */
  waiting?: { readonly moment: Emitted; readonly index: number }
  /** When its confirmation was processed. */
  confirmed?: number
  /** True if its result is there, from whomever. */
  settled?: true
  readonly confirmations: Array<Took>
  readonly results: Array<Took>
}

export const answeredOnce = ({ moments }: History): ReadonlyArray<Offence> => {
  const calls = new Map<string, Call & { readonly sessionId: string }>()
  const ended = new Set<string>()
  const find = (sessionId: string, id: string) => {
    const call = calls.get(id) ?? { sessionId, confirmations: [], results: [] }
    calls.set(id, call)
    return call
  }
  for (const [index, moment] of moments.entries()) {
    if (moment._tag === "Took") {
      for (const event of moment.events.map(fieldsOf)) {
        const id = callOf(event)
        if (id === undefined || !isAnswer(event)) continue
        const call = find(moment.sessionId, id)
        if (event.type === "user.tool_confirmation") call.confirmations.push(moment)
        else call.results.push(moment)
      }
    }
    if (moment._tag !== "Emitted") continue
    const { sessionId, threadId } = moment
    const event = fieldsOf(moment.event)
    if (isCall(event)) find(sessionId, String(event["id"])).made ??= moment
    for (const id of waitingOf(event)) find(sessionId, id).waiting = { moment, index }
    const about = callOf(event)
    if (about !== undefined) {
      if (event.type === "user.tool_confirmation") find(sessionId, about).confirmed = index
      else find(sessionId, about).settled = true
    }
    if (event.type === "session.thread_status_terminated") ended.add(threadId ?? String(event["session_thread_id"]))
    if (isEnd(event)) ended.add(sessionId)
  }
  return [...calls].flatMap(([id, call]): ReadonlyArray<Offence> => {
    const { confirmations, made, results, sessionId, waiting } = call
    const twice = [confirmations, results].filter((answers) => answers.length > 1)
    const all = made === undefined ? [] : [made]
    const offences = twice.map((answers): Offence => ({
      message: `${describe(id, made)} was answered ${answers.length} times`,
      sessionId,
      moments: [...all, ...answers]
    }))
    if (waiting === undefined || call.settled || results.length > 0) return offences
    if (ended.has(sessionId) || ended.has(made?.threadId ?? sessionId)) return offences
    // a call that the client runs wants a result after its confirmation, and then says so
    if (confirmations.length > 0 && !(call.confirmed !== undefined && waiting.index > call.confirmed)) return offences
    return [...offences, {
      message: `${describe(id, made)} was not answered`,
      sessionId,
      moments: [...all, waiting.moment]
    }]
  })
}

/** The requests that send events, with what they send. */
const sends = (moments: ReadonlyArray<Moment>): ReadonlyArray<
  { readonly asked: Asked; readonly index: number; readonly sessionId: string; readonly events: ReadonlyArray<Fields> }
> =>
  moments.flatMap((moment, index) => {
    if (moment._tag !== "Asked" || moment.exchange.method !== "POST") return []
    const sessionId = /^\/v1\/sessions\/([^/]+)\/events$/.exec(moment.exchange.path)?.[1]
    if (sessionId === undefined) return []
    const { body } = moment.exchange
    const events = typeof body === "object" && body !== null && "events" in body ? body.events : undefined
    return [{
      asked: moment,
      index,
      sessionId,
      events: Array.isArray(events)
        ? events.filter((event) => typeof event === "object" && event !== null).map(fieldsOf)
        : []
    }]
  })

export const answersExist = ({ moments, truncated }: History): ReadonlyArray<Offence> => {
  // the call may be among what is forgotten
  if (truncated) return []
  const made = new Map<unknown, string>()
  for (const moment of moments) {
    if (moment._tag !== "Emitted") continue
    const event = fieldsOf(moment.event)
    if (isCall(event)) made.set(event["id"], moment.sessionId)
  }
  return sends(moments).flatMap(({ asked, events, sessionId }) =>
    events.flatMap((event): ReadonlyArray<Offence> => {
      const id = callOf(event)
      if (!isAnswer(event) || id === undefined || made.get(id) === sessionId) return []
      return [{ message: `${event.type} for ${id}, which is no call of ${sessionId}`, sessionId, moments: [asked] }]
    })
  )
}

const isEnd = ({ type }: Fields): boolean => type === "session.status_terminated" || type === "session.deleted"

export const quietAfterEnd = ({ moments, sessions }: History): ReadonlyArray<Offence> => {
  const ends = new Map<string, { readonly moment: Emitted; readonly index: number }>()
  for (const [index, moment] of moments.entries()) {
    if (moment._tag === "Emitted" && isEnd(fieldsOf(moment.event)) && !ends.has(moment.sessionId)) {
      ends.set(moment.sessionId, { moment, index })
    }
  }
  // those of the fixtures may have been over from the start
  const over = new Set(sessions.flatMap(({ id, status }) => status === "terminated" && !ends.has(id) ? [id] : []))
  return sends(moments).flatMap(({ asked, index, sessionId }): ReadonlyArray<Offence> => {
    const end = ends.get(sessionId)
    if (end === undefined ? !over.has(sessionId) : index < end.index) return []
    const how = end?.moment.event.type === "session.deleted" ? "deleted" : "terminated or archived"
    return [{
      message: `events were sent to session ${sessionId}, which was ${how}`,
      sessionId,
      moments: end === undefined ? [asked] : [end.moment, asked]
    }]
  })
}

export const noneRunning = ({ moments, sessions }: History): ReadonlyArray<Offence> =>
  sessions.flatMap(({ id, status }): ReadonlyArray<Offence> => {
    if (status !== "running" && status !== "rescheduling") return []
    const last = moments.findLast((moment) =>
      moment._tag === "Emitted" && moment.sessionId === id &&
      fieldsOf(moment.event).type.startsWith("session.status_")
    )
    return [{
      message: `session ${id} is still ${status}`,
      sessionId: id,
      moments: last === undefined ? [] : [last]
    }]
  })

export const noneOpen = ({ moments }: History): ReadonlyArray<Offence> => {
  const open = new Map<number, Opened>()
  for (const moment of moments) {
    if (moment._tag === "Opened") open.set(moment.stream, moment)
    if (moment._tag === "Closed") open.delete(moment.stream)
  }
  return [...open.values()].map((moment) => ({
    message: `stream ${moment.stream} of ${moment.threadId ?? moment.sessionId} is still open`,
    sessionId: moment.sessionId,
    moments: [moment]
  }))
}

export const messagesOnce = ({ moments }: History): ReadonlyArray<Offence> => {
  /** The sends of each message that was not reacted to, by session and content. */
  const waiting = new Map<string, Map<string, Array<Took>>>()
  const repeated = new Map<Array<Took>, string>()
  for (const moment of moments) {
    if (moment._tag === "Emitted" && moment.threadId === null) {
      const { type } = moment.event
      if (type === "agent.message" || type === "session.status_idle") waiting.delete(moment.sessionId)
    }
    if (moment._tag !== "Took") continue
    const sent = waiting.get(moment.sessionId) ?? new Map<string, Array<Took>>()
    waiting.set(moment.sessionId, sent)
    for (const event of moment.events.map(fieldsOf)) {
      if (event.type !== "user.message") continue
      const content = JSON.stringify(event["content"])
      const same = sent.get(content) ?? []
      same.push(moment)
      sent.set(content, same)
      if (same.length > 1) repeated.set(same, content)
    }
  }
  return Array.from(repeated, ([sends, content]): Offence => {
    const sessionId = sends[0]?.sessionId ?? ""
    return { message: `${content} was sent ${sends.length} times to ${sessionId}`, sessionId, moments: sends }
  })
}
