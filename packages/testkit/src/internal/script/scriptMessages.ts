import type { EffectStep } from "../../AgentScript.ts"
import * as calls from "../session/calls.ts"
import type { About, Draft, Played, ThreadDraft } from "../session/draft.ts"
import type { Action, Frame, Passage, Play, Thread } from "../session/state.ts"

/** Operation that an Effect asks of its agent: steps, one after another. */
export interface Operation {
  readonly steps: ReadonlyArray<Action>
  readonly literal: boolean
}

/** A turn that begins. */
export const makePlay = (
  passage: Pick<Passage, "steps" | "path">,
  options: Pick<Play, "next" | "turn">
): Play => ({
  ...passage,
  ...options,
  literal: false,
  frame: null,
  made: [],
  spawned: [],
  given: null,
  heard: [],
  known: 0,
  played: 0,
  request: null,
  paced: false,
  unread: true,
  blocked: null,
  awaiting: []
})

/** The Effects of a turn, the innermost first. */
const chain = (play: Play): ReadonlyArray<Frame> => {
  const frames: Array<Frame> = []
  for (let { frame } = play; frame !== null; frame = frame.outer) frames.push(frame)
  return frames
}

/** The tokens of the Effects that threads wait for. */
export const tokens = (threads: ReadonlyArray<Pick<Thread, "play">>): ReadonlySet<number> =>
  new Set(threads.flatMap(({ play }) => play === null ? [] : chain(play).map((frame) => frame.token)))

/** The turn to which an Effect belongs, if it is still wanted. */
export const find = (self: Draft, token: number): { thread: ThreadDraft; play: Play; frame: Frame } | undefined => {
  for (const thread of self.session.threads) {
    const { play } = thread
    const frame = play === null ? undefined : chain(play).find((one) => one.token === token)
    if (play !== null && frame !== undefined) return { thread, play, frame }
  }
  return undefined
}

/** An Effect begins; `play` is already behind its step. */
export const begin = (
  self: Draft,
  thread: ThreadDraft,
  play: Play,
  step: EffectStep,
  about: Pick<About, "messages" | "text">
): void => {
  const token = self.session.tokens
  self.session.tokens = token + 1
  const { frame: outer, literal, next, path, steps } = play
  thread.play = {
    ...play,
    steps: [],
    next: 0,
    path: null,
    frame: { token, steps, next, path, literal, operations: 0, outer },
    // nested Effects share the message queue
    ...(outer === null && { known: self.session.received, heard: [] }),
    blocked: { _tag: "Effect", token }
  }
  self.effects.push({
    token,
    step,
    about: {
      sessionId: self.session.id,
      threadId: thread.id,
      turn: play.turn,
      ...about,
      result: thread.lastResult
    }
  })
}

/** An Effect asks for something, and waits. */
export const ask = (self: Draft, token: number, { literal, steps }: Operation): void => {
  const found = find(self, token)
  if (found === undefined) return
  const { frame, play, thread } = found
  thread.play = {
    ...play,
    steps,
    next: 0,
    literal,
    frame: { ...frame, operations: frame.operations + 1 },
    made: [],
    spawned: [],
    given: null,
    blocked: null
  }
}

/** Resumes an Effect with the result of its operation. */
export const reply = (self: Draft, thread: ThreadDraft, play: Play, { token }: Frame): void => {
  const played: Played = {
    calls: play.made.map((id) => calls.resultOf(thread, id)),
    reports: play.spawned.flatMap((id) =>
      self.session.threads.flatMap((child) =>
        child.id === id ? [{ threadId: id, agent: child.agent.name, text: child.lastSaid }] : []
      )
    ),
    message: play.given
  }
  thread.play = { ...play, steps: [], next: 0, blocked: { _tag: "Effect", token } }
  self.replies.push({ token, played })
}

/** An Effect has come to its end: the turn goes on after it. */
export const leave = (thread: ThreadDraft, play: Play, { literal, next, outer, path, steps }: Frame): void => {
  thread.play = { ...play, steps, next, path, literal, frame: outer, blocked: null }
}

const kind = (action: Action | undefined): string => action === undefined ? "end" : Object.keys(action)[0] ?? "end"

/** The position of a turn, in words. */
export const where = (play: Play): string => {
  const parts: Array<string> = []
  const show = ({ next, path, steps }: Passage) => {
    const step = kind(steps[next - 1])
    if (path !== null) parts.push(`${path}[${Math.max(0, next - 1)}] (${step})`)
    else if (step !== "end") parts.push(step)
  }
  for (const frame of [...chain(play)].reverse()) {
    show(frame)
    if (frame.operations > 0) parts.push(`operation ${frame.operations}`)
  }
  show(play)
  return parts.join(", ")
}
