import * as Content from "@effect-managed-agents/core/Content"
import type * as Event from "@effect-managed-agents/core/Event"
import { Sessions } from "@effect-managed-agents/core/Sessions"
import * as Effect from "effect/Effect"
import { Inconclusive } from "../expectation.ts"
import { create, createWith, history, say, typesOf, untilEnd, watch } from "../lab.ts"
import * as prompts from "../prompts.ts"
import type { Scenario } from "../scenario.ts"
import { define } from "../scenario.ts"

const idsOf = (events: ReadonlyArray<Event.StreamEvent>): ReadonlyArray<unknown> =>
  events.map((event) => "id" in event ? event.id : undefined)

/** The parts of the message that has this id, in their order; of its first block, where nearly all text is. */
const partsOf = (turn: ReadonlyArray<Event.StreamEvent>, id: string): ReadonlyArray<string> =>
  turn.flatMap((event) =>
    event.type === "event_delta" && event.event_id === id && event.delta.type === "content_delta" &&
      (event.delta.index ?? 0) === 0 && event.delta.content.type === "text"
      ? [String(event.delta.content.text)]
      : []
  )

export const all: ReadonlyArray<Scenario> = [
  define({
    name: "stream.no-replay",
    description: "A stream carries what happens after it was opened, and nothing from before.",
    turns: 2,
    program: Effect.gen(function*() {
      const { id } = yield* create()
      const first = yield* watch(id)
      yield* say(id, prompts.ok)
      const past = yield* untilEnd(first)
      const second = yield* watch(id)
      yield* say(id, prompts.ok)
      return { past, seen: yield* untilEnd(second), other: yield* untilEnd(first) }
    }),
    expectations: ({ equal }) => [
      equal("nothing of the first turn is on a stream that was opened after it", () => [], ({ past, seen }) => {
        const old = new Set(idsOf(past))
        return seen.filter((event) => "id" in event && old.has(event.id)).map(({ type }) => type)
      }),
      equal("it begins with the start of the second turn", () => "session.status_running", ({ seen }) => seen[0]?.type),
      equal("two streams of a session carry the same events", ({ other }) => idsOf(other), ({ seen }) => idsOf(seen))
    ]
  }),
  define({
    name: "stream.previews",
    description: "Previews are for who asked for them, and are the beginning of what the message will be.",
    needs: ["overrides"],
    turns: 1,
    script: { turns: [[{ say: "One, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve." }]] },
    program: Effect.gen(function*() {
      const { id } = yield* createWith([])
      const previewed = yield* watch(id, { event_deltas: ["agent.message"] })
      const plain = yield* watch(id)
      yield* say(id, "Count from 1 to 60 in English words, one number per line. Use no tools.")
      const turn = yield* untilEnd(previewed)
      if (!turn.some(({ type }) => type === "event_start" || type === "event_delta")) {
        return yield* new Inconclusive({ why: "the service sent no previews, which it may do under load" })
      }
      return { turn, plain: yield* untilEnd(plain), events: yield* history(id) }
    }),
    expectations: ({ equal, holds }) => [
      equal("a preview starts once, before its message", () => [], ({ turn }) => {
        const ids = turn.map((event) => event.type === "event_start" ? String(event.event.id) : undefined)
        const twice = ids.filter((id, at) => id !== undefined && ids.indexOf(id) !== at)
        const late = turn.flatMap((event, at) =>
          event.type === "agent.message" && ids.indexOf(event.id) > at ? [event.id] : []
        )
        return [...twice, ...late]
      }),
      holds("parts come only after the start of their preview", "event_start first", ({ turn }) => {
        const started = new Set<string>()
        return turn.flatMap((event) => {
          if (event.type === "event_start") started.add(String(event.event.id))
          return event.type === "event_delta" && !started.has(event.event_id) ? [event.event_id] : []
        })
      }, (early) => early.length === 0),
      holds(
        "the parts are the beginning of the message",
        "a prefix of the text of agent.message",
        ({ turn }) =>
          turn.flatMap((event) =>
            event.type === "agent.message"
              ? [{ parts: partsOf(turn, event.id).join(""), text: Content.textOf(event.content.slice(0, 1)) }]
              : []
          ),
        (messages) => messages.every(({ parts, text }) => text.startsWith(parts))
      ),
      holds(
        "who did not ask gets none",
        "no event_start, no event_delta",
        ({ plain }) => typesOf(plain),
        (types) => !types.includes("event_start") && !types.includes("event_delta")
      ),
      holds(
        "none is in the history",
        "no event_start, no event_delta",
        ({ events }) => typesOf(events),
        (types) => !types.includes("event_start") && !types.includes("event_delta")
      )
    ]
  }),
  define({
    name: "stream.deleted",
    description: "Open streams are told that the session is deleted, and end.",
    turns: 0,
    program: Effect.gen(function*() {
      const sessions = yield* Sessions
      const { id } = yield* create()
      const live = yield* watch(id)
      yield* sessions.delete(id)
      return { seen: yield* live.rest }
    }),
    expectations: ({ equal }) => [
      equal("session.deleted is the last event", () => "session.deleted", ({ seen }) => typesOf(seen).at(-1))
    ]
  })
]
