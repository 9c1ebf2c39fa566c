/** Judges a run by what the database, the service and the processes have written down. */
import type * as TurnRecord from "@effect-managed-agents/core/TurnRecord"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Ledger from "../../src/Ledger.ts"
import * as Simulator from "../../src/Simulator.ts"
import type { Machine } from "./machine.ts"
import type { Incident } from "./processes.ts"

/** A line of the history that the triggers write. */
interface Line {
  readonly at: number
  readonly process: string
  readonly what: "owner" | "turn" | "call"
  readonly session_id: string
  readonly key: string
  readonly detail: string
}

interface Turn {
  readonly id: string
  readonly session: string
  readonly status: string
  readonly state: string
}

interface Payment {
  readonly turn: string
  readonly number: number
  readonly process: string
  readonly at: number
}

export interface Offence {
  readonly message: string
  readonly session?: string | undefined
}

/** The figures of a run. */
export interface Verdict {
  readonly offences: ReadonlyArray<Offence>
  readonly turns: number
  readonly payments: number
  readonly takeovers: number
  readonly unknown: number
  readonly failed: number
  /** The longest time that a session had something to do and no owner, in milliseconds. */
  readonly longestGap: number
  /** The same without what others on the machine took meanwhile, which is what has a limit. */
  readonly longestOwnGap: number
  /** The session that it was. */
  readonly gapIn: string | undefined
  /** What happened in a session, for people. */
  readonly historyOf: (session: string) => string
}

/** A call in the history of the service, with its results. */
interface Call {
  readonly id: string
  readonly session: string
  readonly turn: string
  readonly number: number
  readonly results: ReadonlyArray<string>
}

const textOf = (content: unknown): string => typeof content === "string" ? content : JSON.stringify(content ?? "")

/** The moments from which on a process did not run, or ran again. */
const livesOf = (incidents: ReadonlyArray<Incident>) => {
  const lives = new Map<string, Array<{ readonly at: number; readonly runs: boolean }>>()
  for (const { at, name, what } of incidents) {
    const own = lives.get(name) ?? []
    lives.set(name, own)
    if (what !== "end") own.push({ at, runs: what === "start" || what === "thaw" })
  }
  return (name: string, at: number): boolean => lives.get(name)?.findLast((change) => change.at <= at)?.runs ?? false
}

/** The times in which a session had a turn to run, and no process that ran owned it. */
const gapsOf = (
  lines: ReadonlyArray<Line>,
  incidents: ReadonlyArray<Incident>,
  runs: (name: string, at: number) => boolean,
  end: number
): ReadonlyArray<{ readonly from: number; readonly to: number }> => {
  const open = new Map<string, string>()
  let owner: string | undefined
  let since: number | undefined
  const gaps: Array<{ readonly from: number; readonly to: number }> = []
  const look = (at: number) => {
    const [first] = open.values()
    const isOwned = owner !== undefined && runs(owner, at)
    if (first === undefined || first === "waiting" || isOwned) {
      if (since !== undefined) gaps.push({ from: since, to: at })
      since = undefined
    } else since ??= at
  }
  const moments = [
    ...lines.map((line) => ({
      at: line.at,
      apply: () => {
        if (line.what === "owner") owner = line.detail === "taken" ? line.process : undefined
        if (line.what === "turn") {
          if (line.detail === "ended") open.delete(line.key)
          else open.set(line.key, line.detail)
        }
      }
    })),
    ...incidents.map(({ at }) => ({ at, apply: () => {} }))
  ].sort((a, b) => a.at - b.at)
  for (const { apply, at } of moments) {
    apply()
    look(at)
  }
  if (since !== undefined) gaps.push({ from: since, to: end })
  return gaps
}

const readWorld = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  return {
    turns: yield* sql<Turn>`SELECT turn_id AS id, session_id AS session, status, state FROM ema_turns ORDER BY seq`,
    payments: yield* sql<
      Payment
    >`SELECT turn, number, process, extract(epoch from at)::float8 * 1000 AS at FROM payments`,
    lines: yield* sql<Line>`SELECT extract(epoch from at)::float8 * 1000 AS at, process, what, session_id, key, detail
      FROM history ORDER BY id`
  }
})

const readService = (sessions: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const simulator = yield* Simulator.Simulator
    const calls: Array<Call> = []
    const said = new Map<string, number>()
    for (const session of sessions) {
      // the simulator's events are of any type
      const events = (yield* simulator.events(session)) as ReadonlyArray<Record<string, unknown>>
      const results = events.filter(({ type }) => type === "user.custom_tool_result")
      for (const event of events) {
        if (event["type"] === "user.message") {
          const text = textOf((event["content"] as ReadonlyArray<{ readonly text: string }>)[0]?.text)
          said.set(text, (said.get(text) ?? 0) + 1)
        }
        if (event["type"] !== "agent.custom_tool_use") continue
        const input = event["input"] as { readonly turn: string; readonly number: number }
        calls.push({
          ...input,
          id: String(event["id"]),
          session,
          results: results.flatMap((result) =>
            result["custom_tool_use_id"] === event["id"] ? [textOf(result["content"])] : []
          )
        })
      }
    }
    return { calls, said }
  })

const isUnknown = (result: string) => result.includes("It is not known")

const group = <A>(values: ReadonlyArray<A>, key: (value: A) => string): ReadonlyMap<string, ReadonlyArray<A>> => {
  const groups = new Map<string, Array<A>>()
  for (const value of values) groups.set(key(value), [...groups.get(key(value)) ?? [], value])
  return groups
}

const time = (at: number, start: number) => `${((at - start) / 1000).toFixed(3).padStart(9)} s`

export interface Options {
  readonly incidents: ReadonlyArray<Incident>
  /** The moments at which the database went down. */
  readonly restarts: ReadonlyArray<number>
  readonly maxGap: number
  readonly stolen: Machine["stolen"]
}

/** The turn that its agent has ended is one that went well. */
const endOf = ({ state, status }: Turn): string =>
  status === "ended" ? (JSON.parse(state) as { readonly record: TurnRecord.TurnRecord }).record._tag : status

/** A call may be unknown only if whoever ran it was stopped, lost the session, or could not write its end down. */
const wasCut = (call: Call, lines: ReadonlyArray<Line>, { incidents, restarts }: Options): boolean => {
  const started = lines.find(({ detail, key }) => key === call.id && detail.includes("\"Started\""))
  if (started === undefined) return false
  const next = lines.find(({ at, key }) => key === call.id && at > started.at)?.at ?? Infinity
  const isWithin = ({ at }: { readonly at: number }) => at >= started.at - 100 && at <= next
  // connections of the time before a restart fail one by one
  return restarts.some((at) => isWithin({ at }) || isWithin({ at: Math.max(at, Math.min(at + 3000, started.at)) })) ||
    lines.some((line) => line.what === "owner" && line.detail === "taken" && isWithin(line)) ||
    incidents.some((incident) => incident.name === started.process && incident.what !== "start" && isWithin(incident))
}

export const judge = (options: Options) =>
  Effect.gen(function*() {
    const end = Date.now()
    const { incidents, maxGap, stolen } = options
    const { lines, payments, turns } = yield* readWorld
    const bySession = group(lines, (line) => line.session_id)
    const sessions = [...new Set(turns.map(({ session }) => session))]
    const { calls, said } = yield* readService(sessions)
    const offences: Array<Offence> = []
    const offend = (message: string, session?: string) => void offences.push({ message, session })

    for (const turn of turns) {
      if (endOf(turn) !== "EndTurn") offend(`turn ${turn.id} is ${endOf(turn)}`, turn.session)
      const times = said.get(turn.id) ?? 0
      if (times !== 1) offend(`the message of turn ${turn.id} was sent ${times} times`, turn.session)
    }
    const paid = group(payments, ({ number, turn }) => `${turn} ${number}`)
    for (const call of calls) {
      const { length: times } = paid.get(`${call.turn} ${call.number}`) ?? []
      const [result = ""] = call.results
      const name = `payment ${call.number} of turn ${call.turn}`
      if (times > 1) offend(`${name} was made ${times} times`, call.session)
      if (call.results.length !== 1) offend(`${name} has ${call.results.length} results`, call.session)
      if (result.includes("paid") && times !== 1) {
        offend(`${name} has the result of a payment, and was not made`, call.session)
      }
      if (isUnknown(result) && !wasCut(call, bySession.get(call.session) ?? [], options)) {
        offend(`${name} is reported as unknown, and nobody cut it off`, call.session)
      }
    }
    const runs = livesOf(incidents)
    let longestGap = 0
    let longestOwnGap = 0
    let gapIn: string | undefined
    for (const session of sessions) {
      for (const { from, to } of gapsOf(bySession.get(session) ?? [], incidents, runs, end)) {
        const gap = to - from
        const own = gap - stolen(from, to)
        if (gap > longestGap) gapIn = session
        longestGap = Math.max(longestGap, gap)
        longestOwnGap = Math.max(longestOwnGap, own)
        if (own <= maxGap) continue
        const others = Math.round(gap - own)
        offend(`session ${session} had no owner for ${Math.round(gap)} ms, of which others took ${others}`, session)
      }
    }
    const violations = yield* Ledger.check(Ledger.messagesOnce, Ledger.answersExist, Ledger.noneRunning)
    for (const { law, message, sessionId } of violations) offend(`${law}: ${message}`, sessionId)
    const start = Math.min(...lines.map(({ at }) => at))
    return {
      offences,
      turns: turns.length,
      payments: payments.length,
      takeovers: lines.filter(({ detail, what }) => what === "owner" && detail === "taken").length,
      unknown: calls.filter(({ results }) => results.some(isUnknown)).length,
      failed: calls.filter(({ results }) => results.some((result) => result.includes("The bank"))).length,
      longestGap,
      longestOwnGap,
      gapIn,
      historyOf: (session) => {
        const own = [
          ...(bySession.get(session) ?? []).map(({ at, detail, key, process, what }) => ({
            at,
            text: `${process.padEnd(8)} ${what} ${key} ${detail}`
          })),
          ...incidents.map(({ at, detail = "", name, what }) => ({ at, text: `${name.padEnd(8)} ${what} ${detail}` })),
          ...options.restarts.map((at) => ({ at, text: "database restarts" })),
          ...payments.filter(({ turn }) => turns.some(({ id, session: of }) => of === session && id === turn))
            .map(({ at, number, process, turn }) => ({ at, text: `${process.padEnd(8)} payment ${number} of ${turn}` }))
        ]
        return own.sort((a, b) => a.at - b.at).map(({ at, text }) => `${time(at, start)}  ${text.trimEnd()}`).join("\n")
      }
    } satisfies Verdict
  })
