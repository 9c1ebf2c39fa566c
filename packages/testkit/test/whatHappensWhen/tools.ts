/** The rows of `docs/what-happens-when.md` about tools, and about processes that die. */
import * as Content from "@effect-managed-agents/core/Content"
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as CursorStore from "@effect-managed-agents/core/CursorStore"
import * as Event from "@effect-managed-agents/core/Event"
import * as Events from "@effect-managed-agents/core/Events"
import type { SessionId } from "@effect-managed-agents/core/Ids"
import { EventId } from "@effect-managed-agents/core/Ids"
import * as Journal from "@effect-managed-agents/core/Journal"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import * as SessionOwner from "@effect-managed-agents/core/SessionOwner"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../../src/AgentScript.ts"
import * as Fault from "../../src/Fault.ts"
import * as Simulator from "../../src/Simulator.ts"
import { agentThat, countOf, create, inTime, params } from "../utils/conversation.ts"
import { says, section } from "../utils/page.ts"

const { customTool, say, sleep } = AgentScript

class NoMoney extends Schema.TaggedError<NoMoney>()("NoMoney", { missing: Schema.Int }) {}

const Tools = Toolkit.make(
  Tool.make("pay", { parameters: { invoice: Schema.Int }, success: Schema.String, failure: NoMoney })
)

/** The tool, how often it ran, and how often it was cut off. */
const tool = (pay: Effect.Effect<string, NoMoney> = Effect.succeed("paid")) => {
  const counts = { runs: 0, stopped: 0 }
  const handlers = Tools.toLayer({
    pay: () =>
      Effect.suspend(() => {
        counts.runs++
        return Effect.onInterrupt(pay, () => Effect.sync(() => counts.stopped++))
      })
  })
  return { counts, handlers }
}

const call = customTool({ name: "pay", input: { invoice: 1 } })
const paying = agentThat([[call, say("Done")]])

/** What the agent reads as the result of its first call. */
const readBy = ({ toolCalls: [first] }: Conversation.TurnResult) => {
  const result = first?.result
  return result === undefined
    ? undefined
    : { text: Content.textOf(result.content), isError: "is_error" in result && result.is_error === true }
}

/** A turn with the tool. */
const turnWith = ({ counts, handlers }: ReturnType<typeof tool>, options?: ToolRunner.Options) =>
  Effect.gen(function*() {
    const id = yield* create
    const tools = yield* ToolRunner.make(Tools, options)
    const outcome = yield* inTime(Conversation.turn(id, "Pay", { tools }))
    return { id, outcome, counts, read: readBy(outcome) }
  }).pipe(Effect.provide(handlers))

const post = { method: "POST", path: "/v1/sessions/*/events", skip: 1 }

section("A tool", {
  "the input does not fit its schema": () =>
    Effect.gen(function*() {
      const { counts, read } = yield* turnWith(tool())
      assert.isTrue(read?.isError)
      assert.include(read?.text, `["invoice"]`)
      assert.include(read?.text, "Expected number")
      assert.strictEqual(counts.runs, 0)
    }).pipe(Effect.provide(agentThat([[customTool({ name: "pay", input: { invoice: "one" } }), say("Done")]]))),

  "the handler fails": () =>
    Effect.gen(function*() {
      const { read } = yield* turnWith(tool(Effect.fail(new NoMoney({ missing: 5 }))))
      assert.deepStrictEqual(read, { text: `{"missing":5,"_tag":"NoMoney"}`, isError: true })
    }).pipe(Effect.provide(paying)),

  "the handler dies": () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.make(({ cause, message }) => void lines.push(`${String(message)} ${String(cause)}`))
      const { read } = yield* turnWith(tool(Effect.die(new Error("the secret of the database")))).pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      assert.deepStrictEqual(read, { text: "The tool failed unexpectedly.", isError: true })
      assert.isTrue(lines.some((line) => line.includes("the secret of the database")))
    }).pipe(Effect.provide(paying)),

  "it takes longer than `timeout`": () =>
    Effect.gen(function*() {
      const { counts, read } = yield* turnWith(tool(Effect.never), { timeout: "10 seconds" })
      assert.deepStrictEqual(read, { text: "It took longer than 10s.", isError: true })
      assert.strictEqual(counts.stopped, 1)
    }).pipe(Effect.provide(paying)),

  "the agent is interrupted, or its thread ends": ([read]) =>
    Effect.gen(function*() {
      assert.strictEqual(read, "that it was interrupted, if it goes on")
      const stop = (
        act: (id: SessionId) => Effect.Effect<unknown, unknown, Events.Events | Sessions.Sessions>
      ) =>
        Effect.gen(function*() {
          const { counts, handlers } = tool(Effect.never)
          const id = yield* create
          const fiber = yield* Effect.fork(
            Effect.provide(Conversation.turn(id, "Pay", { tools: Tools }), handlers)
          )
          yield* TestClock.adjust("1 second")
          yield* act(id)
          const outcome = yield* inTime(Fiber.join(fiber))
          assert.deepStrictEqual(counts, { runs: 1, stopped: 1 })
          const simulator = yield* Simulator.Simulator
          const sent = (yield* simulator.ledger).filter(({ body }) =>
            JSON.stringify(body ?? "").includes("user.custom_tool_result")
          )
          assert.deepStrictEqual(sent, [])
          return readBy(outcome)?.text
        }).pipe(Effect.provide(paying))
      const interrupted = yield* stop((id) =>
        Effect.flatMap(Events.Events, (events) => events.send(id, UserEvent.interrupt()))
      )
      // the service says so
      assert.match(interrupted ?? "", /interrupted/)
      assert.isUndefined(
        yield* stop((id) => Effect.flatMap(Sessions.Sessions, (sessions) => sessions.archive(id)))
      )
    }),

  "no tool has that name": () =>
    Effect.gen(function*() {
      const { outcome } = yield* turnWith(tool())
      if (outcome._tag !== "RequiresAction") return assert.fail(outcome._tag)
      assert.deepStrictEqual(outcome.actions.map(({ name }) => name), ["theirs"])
      assert.isUndefined(readBy(outcome))
    }).pipe(Effect.provide(agentThat([[customTool({ name: "theirs" })]]))),

  "the result cannot be delivered": () =>
    Effect.gen(function*() {
      const { counts, handlers } = tool()
      const id = yield* create
      const failed = yield* inTime(
        Effect.flip(Effect.provide(Conversation.turn(id, "Pay", { tools: Tools }), handlers))
      )
      assert.strictEqual(failed._tag, "TransportError")
      const simulator = yield* Simulator.Simulator
      yield* simulator.clearFaults
      const worker = yield* Effect.fork(Effect.provide(ToolRunner.run(id, Tools), handlers))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.interrupt(worker)
      assert.strictEqual(yield* countOf(id, "agent.message"), 1)
      assert.strictEqual(counts.runs, 1)
    }).pipe(Effect.provide(agentThat([[call, say("Done")]], {
      faults: [Fault.drop("before", { match: { ...post, times: 100 } })]
    }))),

  "a gateway answers when the result is sent": () =>
    Effect.gen(function*() {
      const { counts, handlers } = tool()
      const id = yield* create
      const turn = Effect.provide(Conversation.turn(id, "Pay", { tools: Tools }), handlers)
      assert.strictEqual((yield* inTime(turn))._tag, "EndTurn")
      assert.strictEqual(yield* countOf(id, "user.custom_tool_result"), 1)
      assert.strictEqual(counts.runs, 1)
    }).pipe(Effect.provide(agentThat([[call, say("Done")]], {
      // each delivery is three posts
      faults: [Fault.status(404, { body: "<html>", match: { ...post, skip: 1, times: 10 } })]
    }))),

  "the result breaks a published limit": ([read]) =>
    Effect.gen(function*() {
      const id = yield* create
      const empty = PendingAction.result([{ type: "text", text: "" }])
      const outcome = yield* inTime(Conversation.turn(id, "Pay", { answer: () => Effect.succeedSome(empty) }))
      assert.strictEqual(outcome._tag, "EndTurn")
      const { text } = readBy(outcome) ?? assert.fail("nothing was sent")
      assert.match(text, /could not be delivered/)
      assert.include(read, "could not be delivered")
    }).pipe(Effect.provide(agentThat([[call, say("Done")]]))),

  "the service refuses the result for good": ([, claim]) =>
    Effect.gen(function*() {
      const { counts, handlers } = tool()
      const id = yield* create
      const turn = Effect.provide(Conversation.turn(id, "Pay", { tools: Tools }), handlers)
      assert.strictEqual((yield* inTime(Effect.flip(turn)))._tag, "InvalidRequest")
      const [open] = yield* Conversation.pending(id)
      const journal = yield* Journal.Journal
      const entry = Option.getOrThrow(yield* journal.get(open ?? assert.fail()))
      says(claim, entry._tag)
      const worker = yield* Effect.fork(Effect.provide(ToolRunner.run(id, Tools), handlers))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.interrupt(worker)
      assert.strictEqual(counts.runs, 1)
    }).pipe(
      Effect.provide(Journal.layerMemory()),
      Effect.provide(
        agentThat([[call, say("Done")]], { faults: [Fault.status(400, { match: { ...post, times: 20 } })] })
      )
    ),

  "the journal cannot be written": ([read, claim]) =>
    Effect.gen(function*() {
      const { counts, handlers } = tool()
      const id = yield* create
      const error = yield* inTime(Effect.flip(Effect.provide(Conversation.turn(id, "Pay", { tools: Tools }), handlers)))
      says(claim, error._tag)
      assert.strictEqual(read, "nothing")
      assert.strictEqual(counts.runs, 0)
      assert.strictEqual(yield* countOf(id, "user.custom_tool_result"), 0)
    }).pipe(
      Effect.provideService(
        Journal.Journal,
        Journal.fromStorage({
          get: () => Effect.succeedNone,
          forget: () => Effect.void,
          put: ({ id, sessionId }) =>
            Effect.fail(
              new Journal.JournalError({
                operation: "put",
                sessionId,
                id,
                reason: "Unavailable",
                detail: "the disk is full"
              })
            )
        })
      ),
      Effect.provide(paying)
    ),

  "the same, once it has run": () =>
    Effect.gen(function*() {
      for (const entry of ["Ran", "Posted"]) {
        const memory = Journal.makeMemory()
        const failures = { left: 9 }
        const journal = journalThat(memory, (put, { _tag }, call) =>
          _tag === entry && failures.left-- > 0 ? new Journal.JournalError({ ...unavailable, ...call }) : put)
        const lines: Array<string> = []
        const logger = Logger.make(({ message }) =>
          void lines.push(String(message))
        )
        const { counts, handlers } = tool()
        const id = yield* create
        yield* Effect.gen(function*() {
          const worker = yield* Effect.fork(Effect.provide(ToolRunner.run(id, Tools), handlers))
          const events = yield* Events.Events
          yield* events.send(id, UserEvent.message("Pay"))
          yield* TestClock.adjust("1 minute")
          // nothing is sent that is not written down
          assert.strictEqual(yield* countOf(id, "user.custom_tool_result"), entry === "Ran" ? 0 : 1)
          yield* TestClock.adjust("10 minutes")
          yield* Fiber.interrupt(worker)
        }).pipe(
          Effect.provideService(Journal.Journal, journal),
          Effect.provide(Logger.replace(Logger.defaultLogger, logger))
        )
        assert.deepStrictEqual(
          [counts, yield* countOf(id, "user.custom_tool_result"), failures.left < 0],
          [{ runs: 1, stopped: 0 }, 1, entry === "Ran"]
        )
        assert.strictEqual(lines.filter((line) => line.includes(`does not take "${entry}"`)).length, 1)
      }
    }).pipe(Effect.provide(agentThat([[call, say("Done")]]))),

  "somebody else owns the session by now": ([, claim]) =>
    Effect.gen(function*() {
      says(claim, "FencedOut")
      for (const at of ["Started", "Ran"]) {
        const memory = Journal.makeMemory()
        const id = yield* create
        let puts = 0
        // somebody takes over at this moment
        const journal = journalThat(memory, (put, { _tag }, call) => {
          if (_tag === at) puts++
          return _tag === at ? Effect.zipRight(memory.get(call, { sessionId: id, fence: 2 }), put) : put
        })
        const { counts, handlers } = tool()
        const error = yield* inTime(Effect.flip(Conversation.turn(id, "Pay", { tools: Tools }))).pipe(
          Effect.provide(handlers),
          Effect.provideService(Journal.Journal, journal),
          Effect.provideService(SessionOwner.SessionOwner, { sessionId: id, fence: 1 })
        )
        assert.deepInclude(error, { _tag: "JournalError", reason: "FencedOut", isRetryable: false })
        yield* TestClock.adjust("1 hour")
        assert.deepStrictEqual(
          [puts, counts.runs, yield* countOf(id, "user.custom_tool_result")],
          [1, at === "Ran" ? 1 : 0, 0]
        )
        // whoever owns it now knows as much as there is to know
        const [call] = yield* toolCallsOf(id)
        const entry = yield* memory.get({ sessionId: id, id: call ?? assert.fail() })
        assert.deepStrictEqual(
          Option.getOrUndefined(entry),
          at === "Ran" ? { _tag: "Started", fence: 1 } : undefined
        )
      }
    }).pipe(Effect.provide(paying))
})

const unavailable = { operation: "put", reason: "Unavailable", detail: "the disk is full" } as const

/** A journal in memory each of whose writes goes through a function. */
const journalThat = (
  memory: Journal.Service,
  change: (
    put: Effect.Effect<void, Journal.JournalError>,
    entry: Journal.Entry,
    call: Journal.Call
  ) => Effect.Effect<void, Journal.JournalError>
): Journal.Service => ({
  ...memory,
  put: (call, entry, owner) => Effect.suspend(() => change(memory.put(call, entry, owner), entry, call))
})

const toolCallsOf = (id: SessionId) =>
  Effect.map(
    Effect.flatMap(Simulator.Simulator, (simulator) => simulator.events(id)),
    (events) => events.flatMap((event) => event.type === "agent.custom_tool_use" ? [EventId.make(event.id)] : [])
  )

/** The steps of a life at which it may die. */
type Step = "before Started" | "after Ran" | "before Posted" | "after Posted" | "never"

/**
 * One life of a process: its own memory, and a journal in the store that all lives share. At its last step it stops dead;
 * nothing of it is cleaned up, and nothing is remembered but what is in the store.
 */
const life = (
  id: SessionId,
  store: KeyValueStore.KeyValueStore,
  last: Step,
  { counts, handlers }: ReturnType<typeof tool>,
  options: ToolRunner.Options = {}
) =>
  Effect.gen(function*() {
    const journal = yield* Effect.provideService(Journal.make(), KeyValueStore.KeyValueStore, store)
    const at = (step: string) => Effect.when(Effect.never, () => step === last)
    const mortal = Journal.Journal.of({
      ...journal,
      put: (call, entry) =>
        at(`before ${entry._tag}`).pipe(
          Effect.zipRight(journal.put(call, entry)),
          Effect.zipRight(at(`after ${entry._tag}`)),
          Effect.asVoid
        )
    })
    yield* Effect.forkDaemon(
      ToolRunner.run(id, Tools, options).pipe(
        Effect.provide(handlers),
        Effect.provideService(Journal.Journal, mortal)
      )
    )
    yield* TestClock.adjust("1 minute")
    return counts
  })

/** A process that dies at this step, and the one that comes after it. */
const twoLives = (
  last: Step,
  check: (one: {
    readonly counts: { readonly runs: number }
    readonly answers: ReadonlyArray<string>
    readonly pending: number
    readonly replies: number
  }) => void,
  { first = tool(), options }: { readonly first?: ReturnType<typeof tool>; readonly options?: ToolRunner.Options } = {}
) =>
  Effect.gen(function*() {
    const store = yield* KeyValueStore.KeyValueStore
    const events = yield* Events.Events
    const id = yield* create
    yield* events.send(id, UserEvent.message("Pay"))
    const second = tool()
    yield* life(id, store, last, first, options)
    const runs = first.counts.runs
    yield* life(id, store, "never", second, options)
    const simulator = yield* Simulator.Simulator
    const answers = (yield* simulator.events(id)).flatMap((event) =>
      event.type === "user.custom_tool_result" ? [Content.textOf(event.content)] : []
    )
    check({
      counts: { runs: runs + second.counts.runs },
      answers,
      pending: (yield* Conversation.pending(id)).length,
      replies: yield* countOf(id, "agent.message")
    })
  }).pipe(Effect.provide(KeyValueStore.layerMemory), Effect.provide(paying))

// `realtime/toolCrash.test.ts` and `realtime/follow.restart.test.ts` kill real processes.
section("The process dies", {
  "before the message was sent": () =>
    Effect.gen(function*() {
      const id = yield* create
      const fiber = yield* Effect.fork(Conversation.turn(id, "Hello"))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(yield* countOf(id, "user.message"), 0)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* countOf(id, "user.message"), 0)
    }).pipe(Effect.provide(agentThat([[say("Hi")]], {
      faults: [Fault.delay("1 hour", { match: { method: "GET", path: "/v1/sessions/*/events/stream" } })]
    }))),

  "before the session's creation was answered": ([claim]) =>
    Effect.gen(function*() {
      says(claim, "SessionLifecycle.createOnce")
      const life = SessionLifecycle.createOnce(params, { key: "ticket-1" })
      const first = yield* Effect.fork(life)
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(first)
      const { id } = yield* inTime(life)
      const simulator = yield* Simulator.Simulator
      assert.deepStrictEqual((yield* simulator.sessions).map(({ id }) => id), [id])
    }).pipe(Effect.provide(agentThat([], {
      faults: [
        Fault.delay("1 hour", { match: { method: "POST", path: "/v1/sessions" } })
      ]
    }))),

  "after the message was sent": ([claim]) =>
    Effect.gen(function*() {
      says(claim, "Conversation.join")
      const id = yield* create
      const fiber = yield* Effect.fork(Conversation.turn(id, "Hello"))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* countOf(id, "agent.message"), 1)
      const joined = yield* inTime(Conversation.join(id))
      if (joined._tag !== "RequiresAction") return assert.fail(joined._tag)
      assert.strictEqual(joined.reply, "Hi")
      assert.deepStrictEqual(joined.actions.map(({ name }) => name), ["pay"])
    }).pipe(Effect.provide(agentThat([[sleep("10 minutes"), say("Hi"), call]]))),

  "before a tool was started": () =>
    twoLives("before Started", (after) => {
      assert.deepStrictEqual(after, { counts: { runs: 1 }, answers: ["paid"], pending: 0, replies: 1 })
    }),

  "while a tool ran": ([claim]) => {
    for (const name of ["unfinished", "ask", "fail", "run"]) says(claim, name)
    const hanging = () => tool(Effect.never)
    const outlasting = { timeout: "1 day" } as const
    const unknown = (answers: ReadonlyArray<string>) =>
      assert.match(answers[0] ?? "", /^It is not known whether this call of pay has taken effect/)
    return Effect.gen(function*() {
      yield* twoLives("never", ({ answers, counts, replies }) => {
        unknown(answers)
        assert.deepStrictEqual([answers.length, counts.runs, replies], [1, 1, 1])
      }, { first: hanging(), options: outlasting })
      yield* twoLives("never", ({ answers, counts }) => {
        unknown(answers)
        assert.strictEqual(counts.runs, 1)
      }, { first: hanging(), options: { ...outlasting, unfinished: "fail" } })
      yield* twoLives("never", ({ answers, counts, pending }) => {
        assert.deepStrictEqual([answers.length, counts.runs, pending], [0, 1, 1])
      }, { first: hanging(), options: { ...outlasting, unfinished: "ask" } })
      yield* twoLives("never", ({ answers, counts }) => {
        assert.deepStrictEqual([answers, counts.runs], [["paid"], 2])
      }, { first: hanging(), options: { ...outlasting, unfinished: "run" } })
    })
  },

  "after it ran, before its result was sent": () =>
    twoLives("after Ran", (after) => {
      assert.deepStrictEqual(after, { counts: { runs: 1 }, answers: ["paid"], pending: 0, replies: 1 })
    }),

  "after its result was sent": () =>
    Effect.forEach(["before Posted", "after Posted"] as const, (step) =>
      twoLives(step, (after) => {
        assert.deepStrictEqual(after, { counts: { runs: 1 }, answers: ["paid"], pending: 0, replies: 1 })
      })),

  "while an event was handled": () =>
    Effect.gen(function*() {
      const events = yield* Events.Events
      const id = yield* create
      yield* inTime(Conversation.turn(id, "Hello"))
      /** Handles so many events, and dies with the next in hand. */
      const live = (count: number) =>
        Effect.gen(function*() {
          const handled: Array<string> = []
          const begun: Array<string> = []
          yield* CursorStore.follow("reader", (cursor) => events.follow(id, { from: cursor ?? "start" })).pipe(
            Stream.filter(({ update }) => update._tag === "Event" && update.state === "processed"),
            Stream.runForEach(({ acknowledge, update }) =>
              Effect.gen(function*() {
                const event = update._tag === "Event" ? String(Event.idOf(update.event)) : ""
                begun.push(event)
                if (handled.length === count) return yield* Effect.never
                handled.push(event)
                yield* acknowledge
              })
            ),
            Effect.forkDaemon
          )
          yield* TestClock.adjust("1 second")
          return { begun, handled }
        }).pipe(Effect.provide(CursorStore.layer()))
      const first = yield* live(3)
      const second = yield* live(100)
      const simulator = yield* Simulator.Simulator
      const all = (yield* simulator.events(id)).map((event) => String(Event.idOf(event as Event.Event)))
      assert.deepStrictEqual([...first.handled, ...second.handled], all)
      assert.strictEqual(second.begun[0], first.begun.at(-1))
    }).pipe(Effect.provide(KeyValueStore.layerMemory), Effect.provide(agentThat([[say("Hi")]]))),

  "with a session in a scope": ([claim]) =>
    Effect.gen(function*() {
      says(claim, "retire")
      const sessions = yield* Sessions.Sessions
      const simulator = yield* Simulator.Simulator
      yield* Effect.forkDaemon(
        // a process that is killed runs no finalizers
        Effect.scoped(Effect.zipRight(
          Effect.flatMap(SessionLifecycle.scoped(params), ({ id }) => Conversation.turn(id, "Hello")),
          Effect.never
        ))
      )
      yield* TestClock.adjust("1 second")
      const statuses = Effect.map(simulator.sessions, (all) =>
        all.map(({ archived_at, status }) => archived_at === null ? status : "archived"))
      assert.deepStrictEqual(yield* statuses, ["running"])
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* statuses, ["idle"])
      yield* inTime(Stream.runForEach(sessions.list(), ({ id }) =>
        SessionLifecycle.retire(id)))
      assert.deepStrictEqual(yield* statuses, ["archived"])
    }).pipe(Effect.provide(agentThat([[sleep("10 minutes"), say("Done")]])))
})
