/**
 * Requests to a simulator and its answers, and the laws that every program should keep.
 *
 * The ledger has one exchange for each request to the API, in the order of arrival. The history has them too, among
 * everything that the service did meanwhile. Both can be printed and shared: the values of credentials, and the secrets of
 * repositories, vaults and work items, are not in them.
 *
 * A {@link Law} is a function of the history. {@link assertAll} fails with what broke one, and with a timeline of both
 * sides in which that is marked.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as history from "./internal/ledger/history.ts"
import * as laws from "./internal/ledger/laws.ts"
import * as timeline_ from "./internal/ledger/timeline.ts"
import { Simulator } from "./Simulator.ts"

/**
 * One request and its answer.
 * @category models
 */
export interface Exchange extends history.Exchange {}

/**
 * Schema of {@link Exchange}.
 * @category schemas
 */
export const Exchange: Schema.Schema<Exchange> = history.Exchange

/**
 * A request that came.
 * @category models
 */
export interface Asked extends history.Asked {}

/**
 * Events of a client that the service took, whatever became of the answer. They are processed later.
 * @category models
 */
export interface Took extends history.Took {}

/**
 * An event that the service emitted, whether or not a stream was there to carry it.
 * @category models
 */
export interface Emitted extends history.Emitted {}

/**
 * An event stream that was opened. Streams are numbered from 1.
 * @category models
 */
export interface Opened extends history.Opened {}

/**
 * An event stream that was closed.
 * @category models
 */
export interface Closed extends history.Closed {}

/**
 * Something that happened on one of the two sides.
 * @category models
 */
export type Moment = Asked | Took | Emitted | Opened | Closed

/**
 * All that happened, in order, and what the sessions are doing now.
 * @category models
 */
export interface History extends history.History {}

/**
 * Violation of a law, as a law reports it.
 * @category models
 */
export interface Offence extends history.Offence {}

/**
 * Something that holds for every history of a program that does right.
 * @category models
 */
export interface Law {
  readonly name: string
  readonly offences: (history: History) => ReadonlyArray<Offence>
}

/**
 * An {@link Offence}, and against what.
 * @category models
 */
export interface Violation extends history.Violation {}

/**
 * Laws were broken. The message says which and by what, and has the timeline.
 * @category errors
 */
export class LedgerViolation extends Data.TaggedError("LedgerViolation")<{ readonly message: string }> {
  // not fields of the error: test runners print those, and the message has it all
  /** @internal */
  readonly #violations: ReadonlyArray<Violation>
  /** @internal */
  readonly #timeline: string

  constructor(history: History, violations: ReadonlyArray<Violation>) {
    const text = timeline(history, violations)
    const list = violations.map(({ law, message }, i) => `  ${i + 1}. ${law}: ${message}`)
    super({ message: ["The client broke laws of the API:", ...list, "", text].join("\n") })
    this.#violations = violations
    this.#timeline = text
  }

  /** The violations. */
  get violations(): ReadonlyArray<Violation> {
    return this.#violations
  }

  /** The history, with the offending moments marked by the number of the violation. */
  get timeline(): string {
    return this.#timeline
  }
}

/**
 * Every call that waits for the client is answered, and no call twice. A call that the client interrupted, or whose
 * session or thread has ended, needs no answer.
 * @category laws
 */
export const answeredOnce: Law = { name: "answered once", offences: laws.answeredOnce }

/**
 * No answer is sent to a call that does not exist.
 * @category laws
 */
export const answersExist: Law = { name: "answers exist", offences: laws.answersExist }

/**
 * Nothing is sent to a session that has terminated or was archived or deleted.
 * @category laws
 */
export const quietAfterEnd: Law = { name: "quiet after the end", offences: laws.quietAfterEnd }

/**
 * No session is left running.
 * @category laws
 */
export const noneRunning: Law = { name: "none running", offences: laws.noneRunning }

/**
 * No event stream is left open.
 * @category laws
 */
export const noneOpen: Law = { name: "none open", offences: laws.noneOpen }

/**
 * No message is sent twice: with the same content, before the agent has said anything or its turn has ended. It is not
 * one of the {@link defaults}, as there are programs that mean to.
 * @category laws
 */
export const messagesOnce: Law = { name: "messages once", offences: laws.messagesOnce }

/**
 * The laws that every program should keep.
 * @category laws
 */
export const defaults: ReadonlyArray<Law> = [answeredOnce, answersExist, quietAfterEnd, noneRunning, noneOpen]

const judged = (laws: ReadonlyArray<Law>) =>
  Effect.gen(function*() {
    const all = yield* Effect.flatMap(Simulator, (simulator) => simulator.history)
    const violations = laws.flatMap(({ name, offences }) =>
      offences(all).map((offence): Violation => ({ law: name, ...offence }))
    )
    return [all, violations] as const
  })

/**
 * The violations of these laws up to now.
 * @category testing
 */
export const check = (...laws: ReadonlyArray<Law>): Effect.Effect<ReadonlyArray<Violation>, never, Simulator> =>
  Effect.map(judged(laws), ([, violations]) => violations)

/**
 * Fails if one of these laws was broken.
 * @category testing
 */
export const assert = (...laws: ReadonlyArray<Law>): Effect.Effect<void, LedgerViolation, Simulator> =>
  Effect.flatMap(
    judged(laws),
    ([history, violations]) => violations.length === 0 ? Effect.void : new LedgerViolation(history, violations)
  )

/**
 * Fails if one of the {@link defaults} was broken. It belongs at the end of a test, when the program is done.
 * @category testing
 */
export const assertAll: Effect.Effect<void, LedgerViolation, Simulator> = assert(...defaults)

/**
 * Prints a history as a timeline with a lane for each side, at most 120 columns wide. With violations it marks what they
 * point at, and leaves out sessions that none concerns and long stretches in which nothing is marked.
 * @category destructors
 */
export const timeline = (history: History, violations: ReadonlyArray<Violation> = []): string =>
  timeline_.render(history, violations)
