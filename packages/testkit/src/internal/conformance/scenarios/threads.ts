import type * as Event from "@effect-managed-agents/core/Event"
import type { ThreadId } from "@effect-managed-agents/core/Ids"
import { Threads } from "@effect-managed-agents/core/Threads"
import * as Effect from "effect/Effect"
import { Drift, Inconclusive } from "../expectation.ts"
import { attach, attempt, collect, create, history, Lab, say, settled, typesOf, untilEnd, watch } from "../lab.ts"
import * as prompts from "../prompts.ts"
import type { Scenario } from "../scenario.ts"
import { define } from "../scenario.ts"

/** The thread that an event speaks of. */
const threadOf = (event: Event.StreamEvent): unknown =>
  "session_thread_id" in event ? event.session_thread_id : undefined

/** The primary thread of a session: the first of its list. */
const primaryOf = Effect.fnUntraced(function*(id: Parameters<typeof settled>[0]) {
  const threads = yield* Threads
  const list = yield* collect(threads.list(id))
  const [primary] = list
  if (primary === undefined) {
    return yield* new Drift({ expectation: "a session has a thread", expected: "the primary thread", seen: [] })
  }
  return { list, primary }
})

export const all: ReadonlyArray<Scenario> = [
  define({
    name: "thread.primary",
    description:
      "Every session has a primary thread, with a history and a stream of its own, for as long as it exists.",
    turns: 1,
    program: Effect.gen(function*() {
      const threads = yield* Threads
      const { id } = yield* create()
      const { primary: before } = yield* primaryOf(id)
      const ofThread = yield* attach(threads.open(id, before.id))
      const live = yield* watch(id)
      yield* say(id, prompts.ok)
      const turn = yield* untilEnd(live)
      const { list, primary } = yield* primaryOf(id)
      return {
        id,
        list,
        primary,
        before,
        retrieved: yield* threads.retrieve(id, primary.id),
        turn,
        ofThread: yield* ofThread.until("session.thread_status_idle"),
        events: yield* collect(threads.listEvents(id, primary.id)),
        archived: yield* attempt(threads.archive(id, primary.id))
      }
    }),
    expectations: ({ equal, holds }) => [
      equal(
        "it is the only one, of this session and without a parent",
        ({ id }) => [[id, null]],
        ({ list }) => list.map((thread) => [thread.session_id, thread.parent_thread_id])
      ),
      equal("it is there from the start", ({ primary }) => primary.id, ({ before }) => before.id),
      equal("it is retrieved as it is listed", ({ primary }) => [primary.id, primary.status], ({ retrieved }) => [
        retrieved.id,
        retrieved.status
      ]),
      equal(
        "the first thread event of the session names it",
        ({ primary }) => primary.id,
        ({ turn }) => turn.flatMap((one) => one.type === "session.thread_status_running" ? [threadOf(one)] : [])[0]
      ),
      holds(
        "its stream and its history have what the agent said",
        "agent.message in both",
        ({ events, ofThread }) => [typesOf(ofThread), typesOf(events)],
        (lists) => lists.every((types) => types.includes("agent.message"))
      ),
      equal("it cannot be archived, in the known words", () => ({
        status: 400,
        type: "invalid_request_error",
        message: "The primary thread cannot be archived; archive the session instead."
      }), ({ archived }) => archived)
    ]
  }),
  define({
    name: "thread.delegation",
    description: "A coordinator delegates: a thread is created, works, reports, and can be archived.",
    needs: ["coordinator"],
    turns: 3,
    script: {
      turns: [[{ delegate: { agent: "Worker", message: "Reply with PONG.", script: { turns: [[{ say: "PONG" }]] } } }, {
        say: "Done."
      }]]
    },
    program: Effect.gen(function*() {
      const threads = yield* Threads
      const { target } = yield* Lab
      const { id } = yield* create({ ...(target.coordinatorId !== undefined && { agent: target.coordinatorId }) })
      const live = yield* watch(id)
      yield* say(
        id,
        "Delegate to one of your agents, once: ask it to reply with the single word PONG. When it has, reply with DONE."
      )
      const turn = [...yield* untilEnd(live)]
      const child = turn.flatMap((event): ReadonlyArray<ThreadId> =>
        event.type === "session.thread_created" ? [event.session_thread_id] : []
      )[0]
      if (child === undefined) {
        return yield* new Inconclusive({ why: "the model did not delegate" })
      }
      while (!typesOf(turn).includes("agent.thread_message_received")) {
        turn.push(...yield* untilEnd(live))
      }
      yield* settled(id)
      const { list, primary } = yield* primaryOf(id)
      const archived = yield* threads.archive(id, child)
      return {
        child,
        turn,
        list,
        primary,
        archived,
        told: yield* live.until("session.thread_status_terminated"),
        after: yield* collect(threads.list(id)),
        events: yield* collect(threads.listEvents(id, child)),
        session: yield* history(id)
      }
    }),
    expectations: ({ equal, holds }) => [
      equal(
        "the primary thread is listed first, then its child",
        ({ child, primary }) => [[primary.id, null], [child, primary.id]],
        ({ list }) => list.slice(0, 2).map((thread) => [thread.id, thread.parent_thread_id])
      ),
      holds(
        "creation, task, report: in this order on the stream of the session",
        "session.thread_created … agent.thread_message_sent … agent.thread_message_received",
        ({ turn }) => typesOf(turn),
        (types) => {
          const at = ["session.thread_created", "agent.thread_message_sent", "agent.thread_message_received"].map((
            type
          ) => types.indexOf(type))
          return at.every((index, i) => index >= 0 && index > (at[i - 1] ?? -1))
        }
      ),
      equal(
        "the stream of the session tells when the child runs and rests",
        () => ["session.thread_status_running", "session.thread_status_idle"],
        ({ child, turn }) =>
          typesOf(turn.filter((one) => threadOf(one) === child)).filter((type) => type.includes("thread_status")).slice(
            0,
            2
          )
      ),
      holds(
        "what the child says stays with it",
        "agent.message in its history",
        ({ events }) => typesOf(events),
        (types) => types.includes("agent.message")
      ),
      holds(
        "its history begins when it runs, with the task",
        "session.thread_status_running, agent.thread_message_received, …",
        ({ events }) => typesOf(events).slice(0, 2),
        ([first, second]) => first === "session.thread_status_running" && second === "agent.thread_message_received"
      ),
      equal("archived, it reads terminated", () => "terminated", ({ archived }) => archived.status),
      equal("the stream of the session is told", ({ child }) => child, ({ told }) => {
        const last = told.at(-1)
        return last === undefined ? undefined : threadOf(last)
      }),
      equal(
        "the list keeps it",
        ({ child }) => [child, "terminated"],
        ({ after, child }) => after.flatMap((thread) => thread.id === child ? [thread.id, thread.status] : [])
      )
    ]
  })
]
