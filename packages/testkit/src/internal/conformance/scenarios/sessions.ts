import { Events } from "@effect-managed-agents/core/Events"
import { EventId, ResourceId, SessionId, ThreadId } from "@effect-managed-agents/core/Ids"
import { Resources } from "@effect-managed-agents/core/Resources"
import { Sessions } from "@effect-managed-agents/core/Sessions"
import { Threads } from "@effect-managed-agents/core/Threads"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as Effect from "effect/Effect"
import { attempt, busy, collect, create, history, Lab, settled, typesOf, watch } from "../lab.ts"
import * as prompts from "../prompts.ts"
import type { Scenario } from "../scenario.ts"
import { define } from "../scenario.ts"

/** Nothing happened to a session that was refused something. */
const stillRuns = (id: SessionId) =>
  Effect.map(
    Effect.flatMap(Sessions, (sessions) => sessions.retrieve(id)),
    ({ archived_at, status }) => ({ status, archived_at })
  )

export const all: ReadonlyArray<Scenario> = [
  define({
    name: "session.create",
    description: "A new session is idle, has what it was created with, and nothing has happened in it.",
    turns: 0,
    program: Effect.gen(function*() {
      const sessions = yield* Sessions
      const { target } = yield* Lab
      const created = yield* create({ title: "conformance: create", metadata: { suite: "conformance", case: "é" } })
      return {
        target,
        created,
        retrieved: yield* sessions.retrieve(created.id),
        events: yield* history(created.id)
      }
    }),
    expectations: ({ equal }) => [
      equal("it is idle and not archived", () => ["session", "idle", null], ({ created }) => [
        created.type,
        created.status,
        created.archived_at
      ]),
      equal(
        "it is of the agent and the environment that were asked for",
        ({ target }) => [target.agentId, target.environmentId],
        ({ created }) => [created.agent.id, created.environment_id]
      ),
      equal(
        "it has the title and the metadata that were given",
        () => ["conformance: create", { suite: "conformance", case: "é" }],
        ({ created }) => [created.title, created.metadata]
      ),
      equal(
        "it is retrieved as it was created",
        ({ created }) => [created.id, created.title, created.metadata, created.created_at],
        ({ retrieved }) => [retrieved.id, retrieved.title, retrieved.metadata, retrieved.created_at]
      ),
      equal("it has no events", () => [], ({ events }) => typesOf(events))
    ]
  }),
  define({
    name: "session.initial-events",
    description: "A session that is created with a message works on it at once.",
    turns: 1,
    program: Effect.gen(function*() {
      const session = yield* create({ initial_events: [UserEvent.message(prompts.ok)] })
      yield* settled(session.id)
      return { events: yield* history(session.id) }
    }),
    expectations: ({ equal }) => [
      equal(
        "the history begins with the running pair and the message",
        () => ["session.status_running", "session.thread_status_running", "user.message"],
        ({ events }) => typesOf(events.filter(({ type }) => type !== "session.error")).slice(0, 3)
      ),
      equal("it ends idle", () => "session.status_idle", ({ events }) => typesOf(events).at(-1))
    ]
  }),
  define({
    name: "session.metadata-patch",
    description: "Metadata is patched: a text sets its key, null removes it, and what is not mentioned stays.",
    turns: 0,
    program: Effect.gen(function*() {
      const sessions = yield* Sessions
      const { id } = yield* create({ metadata: { keep: "1", change: "1", remove: "1" } })
      const updated = yield* sessions.update(id, { metadata: { change: "2", remove: null, add: "2" } })
      return { updated, retrieved: yield* sessions.retrieve(id) }
    }),
    expectations: ({ equal }) => [
      equal(
        "the answer has the patched metadata",
        () => ({ keep: "1", change: "2", add: "2" }),
        ({ updated }) => updated.metadata
      ),
      equal("and so has the session", ({ updated }) => updated.metadata, ({ retrieved }) => retrieved.metadata)
    ]
  }),
  define({
    name: "session.updated",
    description: "An update is told by session.updated, with what has changed and nothing else, if anything has.",
    turns: 0,
    program: Effect.gen(function*() {
      const sessions = yield* Sessions
      const { id } = yield* create({ title: "before", metadata: { key: "1" } })
      const live = yield* watch(id)
      yield* sessions.update(id, { title: "before" })
      yield* sessions.update(id, { title: "after" })
      const told = yield* live.until("session.updated")
      yield* sessions.update(id, { metadata: { key: "2" } })
      return { told, then: yield* live.until("session.updated"), events: yield* history(id) }
    }),
    expectations: ({ equal }) => [
      equal("one event for the first change", () => ["session.updated"], ({ told }) => typesOf(told)),
      equal(
        "it has the new title, and no other field",
        () => ["after", undefined, undefined],
        ({ told }) =>
          told.flatMap((event) => event.type === "session.updated" ? [event.title, event.metadata, event.agent] : [])
      ),
      equal(
        "the next has the metadata, and no title",
        () => [{ key: "2" }, undefined],
        ({ then }) => then.flatMap((event) => event.type === "session.updated" ? [event.metadata, event.title] : [])
      ),
      equal("both are in the history", () => ["session.updated", "session.updated"], ({ events }) => typesOf(events))
    ]
  }),
  define({
    name: "session.archive",
    description: "An archived session reads terminated, takes no events, is readable, and lists hide it.",
    turns: 0,
    program: Effect.gen(function*() {
      const sessions = yield* Sessions
      const events = yield* Events
      const { created_at, id } = yield* create({ metadata: { kept: "yes" } })
      yield* sessions.update(id, { title: "archived" })
      const before = yield* history(id)
      const archived = yield* sessions.archive(id)
      const range = { "created_at[gte]": created_at, "created_at[lte]": created_at }
      const listed = (list: ReadonlyArray<{ readonly id: SessionId }>) => list.some((session) => session.id === id)
      return {
        id,
        before,
        archived,
        after: yield* history(id),
        sent: yield* attempt(events.send(id, UserEvent.message("Hello?"))),
        hidden: !listed(yield* collect(sessions.list(range))),
        shown: listed(yield* collect(sessions.list({ ...range, include_archived: true })))
      }
    }),
    expectations: ({ equal }) => [
      equal("the answer reads terminated, with the moment", () => ["terminated", true], ({ archived }) => [
        archived.status,
        typeof archived.archived_at === "string"
      ]),
      equal("its history stays as it was", ({ before }) => typesOf(before), ({ after }) => typesOf(after)),
      equal("a message is refused, in the known words", ({ id }) => ({
        status: 400,
        type: "invalid_request_error",
        message: `Cannot send events to archived session: ${id}`
      }), ({ sent }) => sent),
      equal("the list hides it, unless asked for what is archived", () => [true, true], ({ hidden, shown }) => [
        hidden,
        shown
      ])
    ]
  }),
  define({
    name: "session.archive-running",
    description: "A session cannot be archived while it is running.",
    needs: ["overrides"],
    turns: 1,
    script: prompts.long.script,
    program: Effect.gen(function*() {
      const sessions = yield* Sessions
      const { id } = yield* busy
      return { id, refused: yield* attempt(sessions.archive(id)), after: yield* stillRuns(id) }
    }),
    expectations: ({ equal }) => [
      equal("it is refused, in the known words", ({ id }) => ({
        status: 400,
        type: "invalid_request_error",
        message: `Session ${id} cannot be archived while its status is "running". ` +
          "Only pending or idle sessions may be archived."
      }), ({ refused }) => refused),
      equal(
        "it goes on as if nothing had been asked",
        () => ({ status: "running", archived_at: null }),
        ({ after }) => after
      )
    ]
  }),
  define({
    name: "session.delete",
    description: "A deleted session is confirmed, and gone for every call.",
    turns: 0,
    program: Effect.gen(function*() {
      const sessions = yield* Sessions
      const events = yield* Events
      const threads = yield* Threads
      const resources = yield* Resources
      const { id } = yield* create()
      const deleted = yield* sessions.delete(id)
      const answers = yield* Effect.all({
        retrieve: attempt(sessions.retrieve(id)),
        update: attempt(sessions.update(id, { title: "gone" })),
        archive: attempt(sessions.archive(id)),
        delete: attempt(sessions.delete(id)),
        events: attempt(events.listPage(id)),
        send: attempt(events.send(id, UserEvent.message("Hello?"))),
        stream: attempt(Effect.scoped(events.open(id))),
        threads: attempt(threads.listPage(id)),
        resources: attempt(resources.listPage(id))
      })
      return { id, deleted, answers }
    }),
    expectations: ({ equal }) => [
      equal("the answer names it", ({ id }) => ({ id, type: "session_deleted" }), ({ deleted }) => deleted),
      equal(
        "every call is a 404",
        ({ answers }) => Object.keys(answers).map((name) => [name, 404, "not_found_error"]),
        ({ answers }) => Object.entries(answers).map(([name, { status, type }]) => [name, status, type])
      )
    ]
  }),
  define({
    name: "session.delete-running",
    description: "A session cannot be deleted while it is running.",
    needs: ["overrides"],
    turns: 1,
    script: prompts.long.script,
    program: Effect.gen(function*() {
      const sessions = yield* Sessions
      const { id } = yield* busy
      return { refused: yield* attempt(sessions.delete(id)), after: yield* stillRuns(id) }
    }),
    expectations: ({ equal }) => [
      equal("it is refused, in the known words", () => ({
        status: 400,
        type: "invalid_request_error",
        message:
          "Cannot delete session while it is running. Send an interrupt event or wait for the session to complete."
      }), ({ refused }) => refused),
      equal(
        "it goes on as if nothing had been asked",
        () => ({ status: "running", archived_at: null }),
        ({ after }) => after
      )
    ]
  }),
  define({
    name: "session.not-found",
    description: "What does not exist is a 404, whatever is asked of it.",
    turns: 0,
    program: Effect.gen(function*() {
      const sessions = yield* Sessions
      const events = yield* Events
      const resources = yield* Resources
      const { id } = yield* create()
      const nobody = SessionId.make("sesn_011CZkZZZZZZZZZZZZZZZZZZ")
      const thread = ThreadId.make("sthr_011CZkZZZZZZZZZZZZZZZZZZ")
      const answers = yield* Effect.all({
        session: attempt(sessions.retrieve(nobody)),
        events: attempt(events.listPage(nobody)),
        stream: attempt(Effect.scoped(events.open(nobody))),
        resource: attempt(resources.retrieve(id, ResourceId.make("sesrsc_011CZkZZZZZZZZZZZZZZZZZZ"))),
        interrupt: attempt(events.send(id, UserEvent.interrupt(thread)))
      })
      return { thread, answers }
    }),
    expectations: ({ equal }) => [
      equal(
        "every call is a 404 of type not_found_error",
        ({ answers }) => Object.keys(answers).map((name) => [name, 404, "not_found_error"]),
        ({ answers }) => Object.entries(answers).map(([name, { status, type }]) => [name, status, type])
      ),
      equal(
        "the interrupt of an unknown thread names it",
        ({ thread }) => `Thread not found: ${thread}`,
        ({ answers }) => answers.interrupt.message
      )
    ]
  }),
  define({
    name: "request.unknown-field",
    description: "A field that does not exist is refused, and named.",
    turns: 0,
    program: Effect.gen(function*() {
      const sessions = yield* Sessions
      const { target } = yield* Lab
      const params = { agent: target.agentId, environment_id: target.environmentId, no_such_field: true }
      return { refused: yield* attempt(Effect.tap(sessions.create(params), ({ id }) => sessions.delete(id))) }
    }),
    expectations: ({ equal }) => [
      equal("it is refused, in the known words", () => ({
        status: 400,
        type: "invalid_request_error",
        message: "Failed to parse request body: unknown field \"no_such_field\""
      }), ({ refused }) => refused)
    ]
  }),
  define({
    name: "request.all-or-nothing",
    description: "One bad event refuses the whole request, and nothing of it is stored.",
    turns: 0,
    program: Effect.gen(function*() {
      const events = yield* Events
      const { id } = yield* create()
      const batch = [
        UserEvent.message(prompts.ok),
        UserEvent.customToolResult(EventId.make("sevt_011CZkZZZZZZZZZZZZZZZZZZ"), "No such call.")
      ]
      return { refused: yield* attempt(events.send(id, batch)), events: yield* history(id) }
    }),
    expectations: ({ equal, holds }) => [
      holds("it is refused", "400", ({ refused }) => refused, ({ status }) => status === 400),
      equal("nothing has happened in the session", () => [], ({ events }) => typesOf(events))
    ]
  })
]
