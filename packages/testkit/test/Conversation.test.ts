/** Turns, from what is said to how it ended. */
import * as Content from "@effect-managed-agents/core/Content"
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as Events from "@effect-managed-agents/core/Events"
import { type SessionId, ThreadId } from "@effect-managed-agents/core/Ids"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../src/AgentScript.ts"
import * as Fault from "../src/Fault.ts"
import * as Ledger from "../src/Ledger.ts"
import * as Simulator from "../src/Simulator.ts"
import { agentThat, countOf, create, inTime, params, runningTurn, typesOf } from "./utils/conversation.ts"
import { settle } from "./utils/wire.ts"

const { customTool, delegate, fail, refuse, reschedule, say, sleep, together, tool } = AgentScript

const ask = tool({ name: "bash", input: { command: "ls" }, permission: "ask" })
const lookup = customTool({ name: "lookup", input: { id: 1 } })

const approveAll = { approve: () => Effect.succeed(PendingAction.allow) }
const answerAll = { answer: () => Effect.succeedSome(PendingAction.result("42")) }

/** One turn with a fresh session. */
const once = (input: Conversation.Input = "Hello", options?: Conversation.Options) =>
  Effect.flatMap(create, (id) => inTime(Conversation.turn(id, input, options)))

/** A turn to which something was done a second after its beginning. */
const meanwhile = <E, R>(act: (id: SessionId) => Effect.Effect<unknown, E, R>, options?: Conversation.Options) =>
  Effect.flatMap(
    runningTurn(act, options),
    ({ id, outcome }) => Effect.map(outcome, (outcome) => ({ id, outcome }))
  )

const send = (...events: Parameters<Events.Service["send"]>) =>
  Effect.flatMap(Events.Events, (service) => service.send(...events))

describe("a turn", () => {
  it.effect("ends with what was said", () =>
    Effect.gen(function*() {
      const outcome = yield* once("Hello")
      assert.strictEqual(outcome._tag, "EndTurn")
      assert.strictEqual(outcome.reply, "Bye")
      assert.deepStrictEqual(outcome.messages.map(({ content }) => Content.textOf(content)), ["You said: Hello", "Bye"])
      assert.isAbove(outcome.usage.tokens.output, 0)
      assert.isDefined(outcome.usage.session)
      assert.deepStrictEqual(outcome.usage.cost, outcome.usage.session?.list_cost)
    }).pipe(Effect.provide(agentThat([[say("You said: {{text}}"), say("Bye")]]))))

  it.effect("reports only itself", () =>
    Effect.gen(function*() {
      const id = yield* create
      const first = yield* inTime(Conversation.turn(id, "one"))
      const second = yield* inTime(Conversation.turn(id, "two"))
      assert.strictEqual(second.reply, "second two")
      assert.lengthOf(second.messages, 1)
      const amount = (one: Conversation.TurnResult) => Number(one.usage.session?.list_cost?.amount)
      assert.strictEqual(Number(second.usage.cost?.amount), amount(second) - amount(first))
    }).pipe(Effect.provide(agentThat([
      [say("x".repeat(40_000))],
      [sleep("20 seconds"), say("second {{text}}")]
    ]))))

  it.effect("takes blocks, and events together", () =>
    Effect.gen(function*() {
      const id = yield* create
      yield* inTime(Conversation.turn(id, [Content.text("See"), Content.imageUrl("https://example.com/a.png")]))
      yield* inTime(Conversation.turn(id, [UserEvent.message("a"), UserEvent.message("b")]))
      const simulator = yield* Simulator.Simulator
      const messages = (yield* simulator.events(id)).filter(({ type }) => type === "user.message")
      assert.deepStrictEqual(
        messages.map((event) => "content" in event && Array.isArray(event.content) && event.content.length),
        [2, 1, 1]
      )
    }).pipe(Effect.provide(agentThat([]))))

  it.effect("waits as long as the agent works", () =>
    Effect.gen(function*() {
      const id = yield* create
      const fiber = yield* Effect.fork(Conversation.turn(id, "Hello"))
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual((yield* Fiber.join(fiber)).reply, "Done")
    }).pipe(Effect.provide(agentThat([[sleep("10 minutes"), say("Done")]]))))

  const endings: ReadonlyArray<[string, AgentScript.Step, Partial<Conversation.TurnResult>]> = [
    ["a refusal", refuse({ category: "bio", explanation: "No." }), {
      _tag: "Refusal",
      category: "bio",
      explanation: "No."
    }],
    ["exhausted retries", fail({ type: "model_overloaded_error", retry_status: "exhausted" }), {
      _tag: "RetriesExhausted"
    }],
    ["a fatal error", fail({ type: "unknown_error", retry_status: "terminal" }), {
      _tag: "Terminated",
      archived: false
    }]
  ]
  for (const [name, step, expected] of endings) {
    it.effect(`ends with ${name}`, () =>
      Effect.gen(function*() {
        const outcome = yield* once()
        assert.deepInclude(outcome, expected)
        assert.lengthOf(outcome.errors, name === "a refusal" ? 0 : 1)
      }).pipe(Effect.provide(agentThat([[step]]))))
  }

  it.effect("survives an error that passes, and a rescheduling", () =>
    Effect.gen(function*() {
      const outcome = yield* once()
      assert.deepInclude(outcome, { _tag: "EndTurn", reply: "Done" })
      assert.lengthOf(outcome.errors, 1)
    }).pipe(Effect.provide(agentThat([[
      fail({ type: "model_overloaded_error", retry_status: "retrying" }),
      reschedule("5 seconds"),
      say("Done")
    ]]))))

  it.effect("ends at the budget", () =>
    Effect.gen(function*() {
      const sessions = yield* Sessions.Sessions
      const { id } = yield* sessions.create({
        ...params as object,
        budget: { type: "limit", max_list_cost: { amount: "1", currency: "USD" } }
      } as never)
      assert.strictEqual((yield* inTime(Conversation.turn(id, "x".repeat(200_000))))._tag, "BudgetReached")
    }).pipe(Effect.provide(agentThat([[tool({ name: "bash" }), say("never")]]))))

  it.effect("ends when somebody archives or deletes the session", () =>
    Effect.gen(function*() {
      const archive = (id: SessionId) => Effect.flatMap(Sessions.Sessions, (sessions) => sessions.archive(id))
      const remove = (id: SessionId) => Effect.flatMap(Sessions.Sessions, (sessions) => sessions.delete(id))
      // it is idle, waiting for an approval that takes for ever
      const never = { approve: () => Effect.never }
      const archived = yield* meanwhile(archive, never)
      assert.deepInclude(archived.outcome, { _tag: "Terminated", archived: true })
      const { outcome } = yield* meanwhile(remove, never)
      assert.strictEqual(outcome._tag, "Deleted")
    }).pipe(Effect.provide(agentThat([[ask]]))))

  it.effect("ends for a reason that is not known", () =>
    Effect.gen(function*() {
      const idle = { type: "session.status_idle", stop_reason: { type: "lunch_break" } }
      const { outcome } = yield* meanwhile((id) =>
        Effect.flatMap(Simulator.Simulator, (simulator) =>
          Effect.zipRight(
            simulator.emit(id, {
              type: "session.thread_status_idle",
              session_thread_id: "sthr_x",
              agent_name: "x",
              stop_reason: idle.stop_reason
            }),
            simulator.emit(id, idle)
          ))
      )
      assert.strictEqual(outcome._tag, "UnknownStopReason")
    }).pipe(Effect.provide(agentThat([[sleep("1 minute")]]))))

  it.effect("fails if its input is refused", () =>
    Effect.gen(function*() {
      const id = yield* create
      yield* inTime(Conversation.turn(id, "Hello"))
      const second = yield* Effect.either(inTime(Conversation.turn(id, "Hello?")))
      assert.deepNestedInclude(Either.flip(second), { "right._tag": "InvalidRequest" })
      const nowhere = yield* Effect.flip(Conversation.turn("sesn_nowhere" as SessionId, "Hello"))
      assert.strictEqual(nowhere._tag, "NotFound")
    }).pipe(Effect.provide(agentThat([[lookup]]))))

  it.effect("is told as it happens, with previews, and the outcome last", () =>
    Effect.gen(function*() {
      const id = yield* create
      const updates = yield* Conversation.stream(id, "Hello", { follow: { previews: ["agent.message"] } }).pipe(
        Stream.map((update) => update._tag === "Event" ? String(update.event.type) : update._tag),
        Stream.runCollect,
        inTime,
        Effect.map(Chunk.toReadonlyArray)
      )
      assert.deepStrictEqual(updates.filter((tag) => /^[A-Z]/.test(tag) && tag !== "Preview"), [
        "Connected",
        "CaughtUp",
        "Delivered",
        "Finished"
      ])
      assert.include(updates, "Preview")
      assert.include(updates, "agent.message")
      assert.strictEqual(updates.at(-1), "Finished")
    }).pipe(Effect.provide(agentThat([[sleep("1 second"), say("Hi")]]))))

  it.effect("is left without a trace when its fiber is interrupted; the agent goes on", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const id = yield* create
      const fiber = yield* Effect.fork(Conversation.turn(id, "Hello"))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      yield* settle
      assert.strictEqual(yield* simulator.openStreams(), 0)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* countOf(id, "agent.message"), 1)
      assert.strictEqual(yield* countOf(id, "user.interrupt"), 0)
    }).pipe(Effect.provide(agentThat([[sleep("10 seconds"), say("Done")]]))))
})

describe("a turn of a session that is busy", () => {
  it.effect("steers the turn that runs: both end together", () =>
    Effect.gen(function*() {
      const id = yield* create
      const first = yield* Effect.fork(Conversation.turn(id, "one"))
      yield* TestClock.adjust("1 second")
      const second = yield* Effect.fork(Conversation.turn(id, "two"))
      const outcomes = yield* inTime(Effect.all([Fiber.join(first), Fiber.join(second)]))
      assert.deepStrictEqual(outcomes.map(({ reply }) => reply), ["heard two", "heard two"])
      assert.strictEqual(yield* countOf(id, "session.status_idle"), 1)
    }).pipe(Effect.provide(agentThat([
      [sleep("10 seconds"), tool({ name: "bash" }), sleep("10 seconds"), say("heard {{text}}")]
    ]))))

  it.effect("is not over with the turn before it", () =>
    Effect.gen(function*() {
      const id = yield* create
      yield* send(id, UserEvent.message("one"))
      yield* TestClock.adjust("1 second")
      // an interrupt ends what runs, and what was said with it starts anew
      const fiber = yield* Effect.fork(Conversation.turn(id, [UserEvent.interrupt(), UserEvent.message("two")]))
      const outcome = yield* inTime(Fiber.join(fiber))
      assert.deepInclude(outcome, { _tag: "EndTurn", reply: "heard two" })
      assert.strictEqual(yield* countOf(id, "session.status_idle"), 2)
    }).pipe(Effect.provide(agentThat([[sleep("1 minute"), say("never")], [sleep("1 second"), say("heard {{text}}")]]))))

  it.effect("ends if the service drops its input with the turn that it was to steer", () =>
    Effect.gen(function*() {
      const id = yield* create
      const first = yield* Effect.fork(Conversation.turn(id, "one"))
      yield* TestClock.adjust("1 second")
      const second = yield* Effect.fork(Conversation.turn(id, "two"))
      const outcomes = yield* inTime(Effect.all([Fiber.join(first), Fiber.join(second)]))
      assert.deepStrictEqual(outcomes.map(({ _tag }) => _tag), ["RetriesExhausted", "RetriesExhausted"])
    }).pipe(Effect.provide(agentThat([
      [sleep("10 seconds"), fail({ type: "model_overloaded_error", retry_status: "exhausted" })]
    ]))))

  it.effect("does not end while a sub-agent works", () =>
    Effect.gen(function*() {
      const outcome = yield* once()
      assert.deepInclude(outcome, { _tag: "EndTurn", reply: "Report: found" })
    }).pipe(Effect.provide(agentThat(
      [[delegate({ agent: "Researcher", message: "Look" }), say("Report: {{result}}")]],
      { child: { otherwise: [sleep("1 minute"), say("found")] } }
    ))))
})

describe("outcomes to reach", () => {
  it.effect("end with the last verdict", () =>
    Effect.gen(function*() {
      const outcome = yield* once(UserEvent.defineOutcome({ description: "d", rubric: "r" }))
      assert.strictEqual(outcome._tag, "EndTurn")
      const { outcomes } = outcome.transcript
      assert.deepStrictEqual(outcomes.map(({ evaluation }) => evaluation?.result), ["satisfied"])
      assert.strictEqual(outcome.reply, "second")
    }).pipe(Effect.provide(agentThat([[sleep("1 second"), say("first")], [sleep("1 second"), say("second")]], {
      grades: ["needs_revision", "satisfied"]
    }))))
})

describe("approvals", () => {
  const approvals = [[ask, say("It said {{result}}")]]

  it.effect("are asked for and sent", () =>
    Effect.gen(function*() {
      const asked: Array<PendingAction.ApprovalRequest> = []
      const outcome = yield* once("Hello", {
        approve: (action) =>
          Effect.as(Effect.delay(Effect.sync(() => asked.push(action)), "1 minute"), PendingAction.allow)
      })
      assert.deepInclude(outcome, { _tag: "EndTurn", reply: "It said OK" })
      assert.deepStrictEqual(asked.map(({ input, name }) => [name, input]), [["bash", { command: "ls" }]])
      const [call] = outcome.toolCalls
      assert.strictEqual(call?.confirmation?.result, "allow")
      assert.strictEqual(Content.textOf(call?.result?.content), "OK")
    }).pipe(Effect.provide(agentThat(approvals))))

  it.effect("can be denied, with a reason that the agent reads", () =>
    Effect.gen(function*() {
      const outcome = yield* once("Hello", { approve: () => Effect.succeed(PendingAction.deny("Not today.")) })
      assert.include(outcome.reply, "Rejection message: Not today.")
    }).pipe(Effect.provide(agentThat(approvals))))

  it.effect("without anybody to ask end the turn, and can be given elsewhere", () =>
    Effect.gen(function*() {
      const outcome = yield* once()
      assert.strictEqual(outcome._tag, "RequiresAction")
      if (outcome._tag !== "RequiresAction") return
      // in another process
      const text = yield* Schema.encode(Schema.parseJson(PendingAction.PendingAction))(outcome.actions[0]!)
      const action = yield* Schema.decode(Schema.parseJson(PendingAction.PendingAction))(text)
      assert.deepStrictEqual(yield* Conversation.pending(outcome.sessionId), [action])
      if (action._tag !== "Confirmation") return assert.fail()
      const delivery = yield* Conversation.answer(action, PendingAction.allow)
      assert.strictEqual(delivery._tag, "Accepted")
      assert.deepStrictEqual(yield* Conversation.pending(outcome.sessionId), [])
      assert.strictEqual((yield* typesOf(outcome.sessionId)).at(-1), "session.status_idle")
    }).pipe(Effect.provide(agentThat(approvals))))

  it.effect("may be the input of the next turn", () =>
    Effect.gen(function*() {
      const first = yield* once()
      if (first._tag !== "RequiresAction") return assert.fail(first._tag)
      const second = yield* inTime(
        Conversation.turn(first.sessionId, first.actions.map(({ id }) => UserEvent.deny(id)))
      )
      assert.strictEqual(second._tag, "EndTurn")
    }).pipe(Effect.provide(agentThat(approvals))))

  it.effect("that are partly given leave the rest, also what was asked before", () =>
    Effect.gen(function*() {
      const first = yield* once()
      if (first._tag !== "RequiresAction") return assert.fail(first._tag)
      assert.deepStrictEqual(first.actions.map(({ _tag }) => _tag), ["Confirmation", "CustomToolCall"])
      const [confirm, call] = first.actions
      const second = yield* inTime(Conversation.turn(first.sessionId, UserEvent.allow(confirm!.id)))
      if (second._tag !== "RequiresAction") return assert.fail(second._tag)
      assert.deepStrictEqual(second.actions, [call!])
      const third = yield* inTime(Conversation.turn(first.sessionId, UserEvent.customToolResult(call!.id, "42")))
      assert.strictEqual(third._tag, "EndTurn")
    }).pipe(Effect.provide(agentThat([[together(ask, lookup), say("Done")]]))))

  it.effect("of calls that were made before the turn are asked for as well", () =>
    Effect.gen(function*() {
      const first = yield* once()
      if (first._tag !== "RequiresAction") return assert.fail(first._tag)
      const [, call] = first.actions
      if (call === undefined) return assert.fail()
      const second = yield* inTime(
        Conversation.turn(first.sessionId, UserEvent.customToolResult(call.id, "42"), approveAll)
      )
      assert.strictEqual(second._tag, "EndTurn")
    }).pipe(Effect.provide(agentThat([[together(ask, lookup), say("Done")]]))))

  it.effect("are not needed any more when the agent is interrupted", () =>
    Effect.gen(function*() {
      let cancelled = false
      const { outcome } = yield* meanwhile((id) => Conversation.interrupt(id), {
        approve: () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => cancelled = true))
      })
      assert.strictEqual(outcome._tag, "Interrupted")
      assert.isTrue(cancelled)
    }).pipe(Effect.provide(agentThat(approvals))))

  it.effect("route themselves to sub-agents", () =>
    Effect.gen(function*() {
      const outcome = yield* once("Hello", { ...approveAll, ...answerAll })
      assert.deepInclude(outcome, { _tag: "EndTurn", reply: "Report: It is 42" })
      yield* Ledger.assertAll
    }).pipe(Effect.provide(agentThat(
      [[delegate({ agent: "Researcher", message: "Look" }), say("Report: {{result}}")]],
      { child: { otherwise: [ask, sleep("1 second"), lookup, say("It is {{result}}")] } }
    ))))

  it.effect("are asked for if the permission is a word that is not known, once the session waits for it", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const id = yield* create
      const fiber = yield* Effect.fork(
        Effect.flip(Conversation.turn(id, "Hello", { approve: ({ name }) => Effect.fail(`asked for ${name}`) }))
      )
      yield* TestClock.adjust("1 second")
      yield* simulator.emit(id, {
        type: "agent.tool_use",
        id: "sevt_odd",
        name: "odd",
        input: {},
        evaluated_permission: "ask_the_boss"
      })
      yield* settle
      assert.isNull(fiber.unsafePoll())
      yield* simulator.emit(id, {
        type: "session.status_idle",
        stop_reason: { type: "requires_action", event_ids: ["sevt_odd"] }
      })
      assert.strictEqual(yield* inTime(Fiber.join(fiber)), "asked for odd")
    }).pipe(Effect.provide(agentThat([[sleep("1 hour")]]))))

  it.effect("fail the turn if they fail", () =>
    Effect.gen(function*() {
      const error = yield* create.pipe(
        Effect.flatMap((id) =>
          Conversation.turn(id, "Hello", { approve: () => Effect.fail("nobody is here" as const) })
        ),
        inTime,
        Effect.flip
      )
      assert.strictEqual(error, "nobody is here")
    }).pipe(Effect.provide(agentThat(approvals))))
})

describe("answers", () => {
  it.effect("are given to custom tools, several at a time", () =>
    Effect.gen(function*() {
      let running = 0
      let most = 0
      const outcome = yield* once("Hello", {
        answer: ({ name }) =>
          Effect.gen(function*() {
            most = Math.max(most, ++running)
            yield* Effect.sleep("1 second")
            running--
            return Option.some(PendingAction.result(`${name} is fine`))
          })
      })
      assert.deepInclude(outcome, { _tag: "EndTurn", reply: "b is fine" })
      assert.strictEqual(most, 2)
      yield* Ledger.assertAll
    }).pipe(Effect.provide(agentThat([[
      together(customTool({ name: "a" }), customTool({ name: "b" })),
      say("{{result}}")
    ]]))))

  it.effect("may be left to others", () =>
    Effect.gen(function*() {
      const answer = ({ name }: { readonly name: string }) =>
        Effect.succeed(name === "mine" ? Option.some(PendingAction.result("1")) : Option.none())
      const outcome = yield* once("Hello", { answer })
      if (outcome._tag !== "RequiresAction") return assert.fail(outcome._tag)
      assert.deepStrictEqual(outcome.actions.map(({ name }) => name), ["theirs"])
    }).pipe(Effect.provide(agentThat([[together(customTool({ name: "mine" }), customTool({ name: "theirs" }))]]))))

  it.effect("from others are taken for what they are", () =>
    Effect.gen(function*() {
      const { outcome } = yield* meanwhile(
        (id) =>
          Effect.flatMap(Conversation.pending(id), ([call]) => send(id, UserEvent.customToolResult(call!.id, "7"))),
        { answer: () => Effect.never }
      )
      assert.deepInclude(outcome, { _tag: "EndTurn", reply: "7" })
    }).pipe(Effect.provide(agentThat([[lookup, say("{{result}}")]]))))

  it.effect("of what a self-hosted environment runs are needed after the approval", () =>
    Effect.gen(function*() {
      const sessions = yield* Sessions.Sessions
      const { id } = yield* sessions.create({ ...params as object, environment_id: "env_self" } as never)
      const outcome = yield* inTime(Conversation.turn(id, "Hello", approveAll))
      if (outcome._tag !== "RequiresAction") return assert.fail(outcome._tag)
      assert.deepStrictEqual(outcome.actions.map(({ _tag }) => _tag), ["SelfHostedToolCall"])
      // the credentials of a worker are needed to answer it
      const [call] = outcome.actions
      if (call?._tag !== "SelfHostedToolCall") return assert.fail()
      const error = yield* Effect.flip(Conversation.answer(call, PendingAction.result("done")))
      assert.strictEqual(error._tag, "Forbidden")
    }).pipe(Effect.provide(agentThat([[ask]]))))

  it.effect("that change nothing do not keep the turn waiting", () =>
    Effect.gen(function*() {
      const id = yield* create
      const first = yield* inTime(Conversation.turn(id, "Hello", answerAll))
      const again = UserEvent.customToolResult(first.toolCalls[0]!.call.id, "43")
      assert.strictEqual((yield* inTime(Conversation.turn(id, again)))._tag, "EndTurn")
      assert.strictEqual((yield* inTime(Conversation.turn(id, UserEvent.interrupt())))._tag, "EndTurn")
    }).pipe(Effect.provide(agentThat([[lookup, say("Done")]]))))

  it.effect("are sent again while the service does not know the call yet", () =>
    Effect.gen(function*() {
      const outcome = yield* once("Hello", answerAll)
      assert.strictEqual(outcome._tag, "EndTurn")
    }).pipe(Effect.provide(agentThat([[lookup, say("Done")]], {
      faults: [Fault.status(400, { match: { method: "POST", path: "/v1/sessions/*/events", skip: 1, times: 3 } })]
    }))))
})

describe("interrupt", () => {
  it.effect("stops the agent: the turn ends as interrupted, and the session can be archived", () =>
    Effect.gen(function*() {
      const { id, outcome } = yield* meanwhile((id) => inTime(Conversation.interrupt(id)))
      assert.strictEqual(outcome._tag, "Interrupted")
      const sessions = yield* Sessions.Sessions
      yield* sessions.archive(id)
    }).pipe(Effect.provide(agentThat([[sleep("1 hour")]], { rules: { idleLag: Duration.seconds(1) } }))))

  it.effect("stops all threads, or one", () =>
    Effect.gen(function*() {
      const { outcome } = yield* meanwhile((id) => inTime(Conversation.interrupt(id)))
      assert.strictEqual(outcome._tag, "Interrupted")
      const one = yield* meanwhile((id) =>
        Effect.gen(function*() {
          const simulator = yield* Simulator.Simulator
          const events = yield* simulator.events(id)
          const threads = events.flatMap((event) =>
            event.type === "session.thread_created" ? [event.session_thread_id] : []
          )
          yield* Conversation.interrupt(id, { threadId: ThreadId.make(threads[0]!) })
        })
      )
      assert.strictEqual(one.outcome._tag, "Interrupted")
    }).pipe(Effect.provide(agentThat([[delegate({ agent: "Researcher", message: "Look" })]], {
      child: { otherwise: [sleep("1 hour")] }
    }))))

  it.effect("of an idle session does nothing", () =>
    Effect.gen(function*() {
      const id = yield* create
      yield* Conversation.interrupt(id)
      assert.notInclude(yield* typesOf(id), "session.status_idle")
    }).pipe(Effect.provide(agentThat([]))))
})

describe("faults", () => {
  const post = { method: "POST", path: "/v1/sessions/*/events" }
  const lost: ReadonlyArray<Fault.Fault> = [
    Fault.drop("after", { match: post }),
    Fault.drop("before", { match: post }),
    Fault.status(500, { match: post, landed: true }),
    Fault.status(500, { match: post }),
    Fault.status(504, { match: post, landed: true })
  ]
  for (const fault of lost) {
    it.effect(`${JSON.stringify(fault.do)} neither loses nor repeats what was said`, () =>
      Effect.gen(function*() {
        const id = yield* create
        const outcome = yield* inTime(Conversation.turn(id, "Hello"))
        assert.deepInclude(outcome, { _tag: "EndTurn", reply: "Hi" })
        assert.strictEqual(yield* countOf(id, "user.message"), 1)
      }).pipe(Effect.provide(agentThat([[say("Hi")]], { faults: [fault] }))))
  }

  it.effect("of a stream that is alive and deaf: the list is asked after a while", () =>
    Effect.gen(function*() {
      const outcome = yield* once()
      assert.deepInclude(outcome, { _tag: "EndTurn", reply: "Hi" })
    }).pipe(Effect.provide(agentThat([[say("Hi")]], { faults: [Fault.stallAfterEvents(2, { heartbeats: true })] }))))

  it.effect("of a gateway that gave up: what did not arrive is not sent again, and the turn fails", () =>
    Effect.gen(function*() {
      const id = yield* create
      const error = yield* Effect.flip(inTime(Conversation.turn(id, "Hello")))
      assert.deepInclude(error, { _tag: "ServerError", status: 504 })
      assert.strictEqual(yield* countOf(id, "user.message"), 0)
    }).pipe(Effect.provide(agentThat([], { faults: [Fault.status(504, { match: post })] }))))
})

describe("the requests of a turn", () => {
  const list = { method: "GET", path: "/v1/sessions/*/events" }
  const looksUpUsage = ({ query }: Ledger.Exchange) => query["types[]"] !== undefined
  /** The requests since there were `count` of them. */
  const requestsSince = (count: number) =>
    Effect.flatMap(Simulator.Simulator, ({ ledger }) => Effect.map(ledger, (entries) => entries.slice(count)))

  it.effect("are the stream, a list and the message", () =>
    Effect.gen(function*() {
      const id = yield* create
      const before = yield* requestsSince(0)
      yield* inTime(Conversation.turn(id, "Hello"))
      const requests = yield* requestsSince(before.length)
      assert.deepStrictEqual(requests.map(({ method, path }) => `${method} ${path}`), [
        `GET /v1/sessions/${id}/events/stream`,
        `GET /v1/sessions/${id}/events`,
        `POST /v1/sessions/${id}/events`
      ])
    }).pipe(Effect.provide(agentThat([[say("Hi")]]))))

  /** A turn that begins more than a page of events after the last time the session told its consumption. */
  const late = Effect.gen(function*() {
    const id = yield* create
    const first = yield* inTime(Conversation.turn(id, "one"))
    yield* send(id, UserEvent.message("other"))
    yield* TestClock.adjust("1 second")
    const before = yield* requestsSince(0)
    const second = yield* inTime(Conversation.turn(id, "two"))
    return { first, second, requests: yield* requestsSince(before.length) }
  })
  const talk = Array.from({ length: 120 }, (_, n) => say(`${n}`))
  const agent = (faults: ReadonlyArray<Fault.Fault> = []) =>
    agentThat([[say("x".repeat(40_000))], [...talk, sleep("20 seconds")], [say("two")]], {
      faults
    })
  const amount = (one: Conversation.TurnResult) => Number(one.usage.session?.list_cost?.amount)

  it.effect("find the cost also where the consumption before is far back", () =>
    Effect.gen(function*() {
      const { first, requests, second } = yield* late
      assert.lengthOf(requests.filter(looksUpUsage), 1)
      assert.isAbove(amount(first), 0)
      assert.strictEqual(Number(second.usage.cost?.amount), amount(second) - amount(first))
    }).pipe(Effect.provide(agent())))

  it.effect("for the consumption do not delay the message", () =>
    Effect.gen(function*() {
      const { first, requests, second } = yield* late
      const usage = requests.find(looksUpUsage)
      assert.deepInclude(usage, { fault: { match: { ...list, skip: 2, times: 1 }, do: { delay: 4000 } } })
      const message = requests.find(({ method }) => method === "POST")
      assert.strictEqual(message?.at, requests.find(({ path }) => path.endsWith("/stream"))?.at)
      assert.strictEqual(Number(second.usage.cost?.amount), amount(second) - amount(first))
    }).pipe(Effect.provide(agent([Fault.delay("4 seconds", { match: { ...list, skip: 2, times: 1 } })]))))
})
