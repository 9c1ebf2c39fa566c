import * as Event from "../../Event.ts"
import type { EventId } from "../../Ids.ts"
import * as Transcript from "../../Transcript.ts"
import { isEnd } from "./findTurn.ts"

/** The past of calls that somebody decides on, as far as its events have been read. */
export interface DecidedTurn {
  readonly transcript: Transcript.Transcript
  /** The event at which the session was at rest after the last of the calls, or else that call. */
  readonly last: EventId | undefined
  readonly hasRested: boolean
  readonly hasEnded: boolean
  /** The turn is not the latest one, or there is none. */
  readonly isOver: boolean
}

/** The past before the first event. */
export const start: DecidedTurn = {
  transcript: Transcript.empty,
  last: undefined,
  hasRested: false,
  hasEnded: false,
  isOver: true
}

/** Takes an event in. */
export const add = (calls: ReadonlyArray<EventId>) => (self: DecidedTurn, event: Event.Event): DecidedTurn => {
  const next = { ...self, transcript: Transcript.add(self.transcript, event) }
  const id = Event.idOf(event)
  if (id !== undefined && calls.includes(id)) {
    return { ...next, last: id, hasRested: false, hasEnded: false, isOver: false }
  }
  if (next.last === undefined) return next
  if (event.type === "session.status_running") return { ...next, isOver: next.hasEnded }
  if (event.type !== "session.status_idle") return next
  return {
    ...next,
    last: next.hasRested ? next.last : event.id,
    hasRested: true,
    hasEnded: next.hasEnded || isEnd(event)
  }
}
