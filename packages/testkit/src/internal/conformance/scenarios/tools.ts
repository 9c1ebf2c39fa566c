import * as Content from "@effect-managed-agents/core/Content"
import type * as Event from "@effect-managed-agents/core/Event"
import { Events } from "@effect-managed-agents/core/Events"
import { EventId } from "@effect-managed-agents/core/Ids"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as Effect from "effect/Effect"
import type { DataScript } from "../../../AgentScript.ts"
import { Inconclusive } from "../expectation.ts"
import * as lab from "../lab.ts"
import * as prompts from "../prompts.ts"
import type { Scenario } from "../scenario.ts"
import { define } from "../scenario.ts"

const key = (value: string) => ({ custom_tool: { name: prompts.lookupName, input: { key: value } } })

const oneCall: DataScript = { turns: [[key("alpha"), { say: "{{result}}" }]] }
const twoCalls: DataScript = { turns: [[{ together: [key("alpha"), key("beta")] }, { say: "Both." }]] }
const shell: DataScript = {
  turns: [[
    { tool: { name: "bash", input: { command: "echo conformance" }, result: "conformance\n" } },
    { say: "{{result}}" }
  ]]
}

/** The calls of a turn that the client must answer, in their order. */
const callsOf = (turn: ReadonlyArray<Event.StreamEvent>): ReadonlyArray<EventId> =>
  turn.flatMap((event) => event.type === "agent.custom_tool_use" || event.type === "agent.tool_use" ? [event.id] : [])

/** A session that waits for the answers to calls of the client's tool. */
const asked = (prompt: string, count: number) =>
  Effect.gen(function*() {
    const events = yield* Events
    const { id } = yield* lab.createWith([lab.lookup])
    const live = yield* lab.watch(id)
    yield* lab.say(id, prompt)
    const turn = yield* lab.untilCalls(live, count)
    const calls = callsOf(turn)
    return {
      id,
      live,
      turn,
      calls,
      call: calls[0] ?? EventId.make(""),
      send: (...batch: ReadonlyArray<Event.EventParams>) => events.send(id, batch)
    }
  })

/** A session that waits for leave to run a command. */
const asking = Effect.gen(function*() {
  const events = yield* Events
  const { id } = yield* lab.createWith([lab.askingShell])
  const live = yield* lab.watch(id)
  yield* lab.say(id, prompts.shell)
  const turn = yield* lab.untilCalls(live, 1)
  const permissions = turn.flatMap((event) => event.type === "agent.tool_use" ? [event.evaluated_permission] : [])
  const call = callsOf(turn)[0] ?? EventId.make("")
  return { id, live, turn, permissions, call, send: (one: Event.EventParams) => events.send(id, one) }
})

/** Results of the calls of a turn. */
const resultsOf = (turn: ReadonlyArray<Event.StreamEvent>) =>
  turn.flatMap((event) =>
    event.type === "agent.tool_result"
      ? [{
        tool_use_id: event.tool_use_id,
        is_error: event.is_error ?? false,
        text: Content.textOf(event.content ?? [])
      }]
      : []
  )

export const all: ReadonlyArray<Scenario> = [
  define({
    name: "tool.custom",
    description: "The client's tool is called, the session waits for the result, and goes on with it.",
    needs: ["overrides"],
    turns: 1,
    script: oneCall,
    program: Effect.gen(function*() {
      const { call, live, send, turn } = yield* asked(prompts.call, 1)
      const echo = yield* send(UserEvent.customToolResult(call, "gold"))
      return { call, turn, echo, then: yield* lab.untilEnd(live) }
    }),
    expectations: ({ equal, holds }) => [
      holds(
        "the call names the tool and has its input",
        `{name: "${prompts.lookupName}", input: {key}}`,
        ({ turn }) =>
          turn.flatMap((event) => event.type === "agent.custom_tool_use" ? [[event.name, event.input]] : []),
        ([call]) => call?.[0] === prompts.lookupName && typeof call[1] === "object" && "key" in call[1]
      ),
      equal(
        "the call comes directly before the end of the model request",
        () => ["agent.custom_tool_use", "span.model_request_end"],
        ({ turn }) => {
          const types = lab.typesOf(turn)
          return types.slice(types.indexOf("agent.custom_tool_use")).slice(0, 2)
        }
      ),
      equal(
        "the session waits, by the id of the event of the call",
        ({ call }) => ({ type: "requires_action", event_ids: [call] }),
        ({ turn }) => lab.reasonOf(turn)
      ),
      holds(
        "the result is processed on receipt",
        "the answer has a processed_at",
        ({ echo }) => echo.data ?? [],
        ([event]) => event?.type === "user.custom_tool_result" && typeof event.processed_at === "string"
      ),
      equal("the result comes before the running pair and the next model request", () => [
        "user.custom_tool_result",
        "session.status_running",
        "session.thread_status_running",
        "span.model_request_start"
      ], ({ then }) => lab.typesOf(then).slice(0, 4)),
      equal("then the turn ends", () => ({ type: "end_turn" }), ({ then }) => lab.reasonOf(then))
    ]
  }),
  define({
    name: "tool.custom-error",
    description: "A tool may fail: the agent is told, and the turn goes on.",
    needs: ["overrides"],
    turns: 1,
    script: oneCall,
    program: Effect.gen(function*() {
      const { call, live, send } = yield* asked(prompts.call, 1)
      yield* send(UserEvent.customToolResult(call, "The key is not known.", { isError: true }))
      return { then: yield* lab.untilEnd(live) }
    }),
    expectations: ({ equal }) => [
      equal(
        "the result is stored as an error",
        () => [true],
        ({ then }) => then.flatMap((event) => event.type === "user.custom_tool_result" ? [event.is_error] : [])
      ),
      equal("the turn ends", () => ({ type: "end_turn" }), ({ then }) => lab.reasonOf(then))
    ]
  }),
  define({
    name: "tool.custom-early",
    description: "A call may be answered as soon as it arrives; that the session is idle afterwards means nothing.",
    needs: ["overrides"],
    turns: 1,
    script: oneCall,
    program: Effect.gen(function*() {
      const events = yield* Events
      const { id } = yield* lab.createWith([lab.lookup])
      const live = yield* lab.watch(id)
      yield* lab.say(id, prompts.call)
      const start = yield* live.until("agent.custom_tool_use", "session.status_idle")
      const [call] = callsOf(start)
      if (call === undefined) return yield* new Inconclusive({ why: "the model did not call the tool" })
      yield* events.send(id, UserEvent.customToolResult(call, "gold"))
      return { turn: [...start, ...yield* lab.untilEnd(live, [call])] }
    }),
    expectations: ({ equal, holds }) => [
      equal(
        "the session is idle for the call all the same",
        () => ["requires_action", "end_turn"],
        ({ turn }) =>
          turn.flatMap((event) => event.type === "session.status_idle" ? [String(event.stop_reason.type)] : [])
      ),
      holds(
        "there is one result, and the model reads it",
        "one user.custom_tool_result, then a model request",
        ({ turn }) => lab.typesOf(turn),
        (types) =>
          types.filter((type) => type === "user.custom_tool_result").length === 1 &&
          types.lastIndexOf("span.model_request_start") > types.indexOf("user.custom_tool_result")
      )
    ]
  }),
  define({
    name: "tool.custom-parallel",
    description: "Several calls may be answered in any order; they are settled in the order of the calls.",
    needs: ["overrides"],
    turns: 1,
    script: twoCalls,
    program: Effect.gen(function*() {
      const { calls, id, live, send, turn } = yield* asked(prompts.twoCalls, 2)
      const [first = EventId.make(""), second = EventId.make("")] = calls
      yield* send(UserEvent.customToolResult(second, "silver"))
      const waiting = yield* lab.history(id)
      yield* send(UserEvent.customToolResult(first, "gold"))
      return { calls, turn, waiting, then: yield* lab.untilEnd(live, calls) }
    }),
    expectations: ({ equal }) => [
      equal(
        "the session waits for both, in the order of the calls",
        ({ calls }) => ({ type: "requires_action", event_ids: calls }),
        ({ turn }) => lab.reasonOf(turn)
      ),
      equal(
        "the answer to the second call waits at the end of the history, not processed",
        () => ["user.custom_tool_result", false],
        ({ waiting }) => {
          const last = waiting.at(-1)
          return [last?.type, last !== undefined && "processed_at" in last && typeof last.processed_at === "string"]
        }
      ),
      equal(
        "results are processed in the order of the calls",
        ({ calls }) => calls,
        ({ then }) =>
          then.flatMap((event) => event.type === "user.custom_tool_result" ? [event.custom_tool_use_id] : [])
      ),
      equal(
        "the session runs again only when it has both",
        () => 1,
        ({ then }) => lab.typesOf(then).filter((type) => type === "session.status_running").length
      )
    ]
  }),
  define({
    name: "tool.custom-partial",
    description: "When one of several calls is answered, the session is idle again for the rest.",
    needs: ["overrides"],
    turns: 1,
    script: twoCalls,
    program: Effect.gen(function*() {
      const { calls, live, send } = yield* asked(prompts.twoCalls, 2)
      const [first = EventId.make(""), second = EventId.make("")] = calls
      yield* send(UserEvent.customToolResult(first, "gold"))
      const rest = yield* live.until("session.status_idle")
      yield* send(UserEvent.customToolResult(second, "silver"))
      return { second, rest, then: yield* lab.untilEnd(live) }
    }),
    expectations: ({ equal }) => [
      equal(
        "it waits for the other call",
        ({ second }) => ({ type: "requires_action", event_ids: [second] }),
        ({ rest }) => lab.reasonOf(rest)
      ),
      equal(
        "no model request is made meanwhile",
        () => false,
        ({ rest }) => lab.typesOf(rest).includes("span.model_request_start")
      ),
      equal("with the second answer the turn ends", () => ({ type: "end_turn" }), ({ then }) => lab.reasonOf(then))
    ]
  }),
  define({
    name: "tool.custom-second-answer",
    description: "A second answer to a call is accepted and has no effect.",
    needs: ["overrides"],
    turns: 1,
    script: oneCall,
    program: Effect.gen(function*() {
      const { call, id, live, send } = yield* asked(prompts.call, 1)
      yield* send(UserEvent.customToolResult(call, "gold"))
      yield* lab.untilEnd(live)
      yield* lab.settled(id)
      const before = yield* lab.history(id)
      const second = yield* lab.attempt(send(UserEvent.customToolResult(call, "lead")))
      return { second, before, after: yield* lab.history(id) }
    }),
    expectations: ({ equal }) => [
      equal("it is accepted", () => 200, ({ second }) => second.status),
      equal("nothing happens but that it may be stored", ({ before }) => lab.typesOf(before), ({ after, before }) => {
        const [more] = lab.typesOf(after.slice(before.length))
        return lab.typesOf(after).slice(0, more === "user.custom_tool_result" ? -1 : undefined)
      })
    ]
  }),
  define({
    name: "tool.message-refused",
    description: "While the session waits for answers, it takes no message; and a custom call takes no confirmation.",
    needs: ["overrides"],
    turns: 1,
    script: oneCall,
    program: Effect.gen(function*() {
      const { call, id, send } = yield* asked(prompts.call, 1)
      const before = yield* lab.history(id)
      return {
        call,
        before,
        message: yield* lab.attempt(send(UserEvent.message("Never mind."))),
        confirmation: yield* lab.attempt(send(UserEvent.allow(call))),
        after: yield* lab.history(id)
      }
    }),
    expectations: ({ equal }) => [
      equal("the message is refused, in the known words", ({ call }) => ({
        status: 400,
        type: "invalid_request_error",
        message: `Invalid user.message event at events[0]: waiting on responses to events [${call}]; only ` +
          "`user.tool_confirmation`, `user.custom_tool_result`, `user.tool_result`, or `user.interrupt` may be sent"
      }), ({ message }) => message),
      equal("the confirmation is refused", () => 400, ({ confirmation }) => confirmation.status),
      equal("nothing happens", ({ before }) => lab.typesOf(before), ({ after }) => lab.typesOf(after))
    ]
  }),
  define({
    name: "tool.answer-and-message",
    description: "A message in the same request as the missing answer is taken.",
    needs: ["overrides"],
    turns: 1,
    script: oneCall,
    program: Effect.gen(function*() {
      const { call, live, send } = yield* asked(prompts.call, 1)
      yield* send(UserEvent.customToolResult(call, "gold"), UserEvent.message("Reply in capital letters."))
      return { then: yield* lab.untilEnd(live) }
    }),
    expectations: ({ equal }) => [
      equal("both are processed before the next model request", () => [
        "user.custom_tool_result",
        "session.status_running",
        "session.thread_status_running",
        "user.message",
        "span.model_request_start"
      ], ({ then }) => lab.typesOf(then).slice(0, 5)),
      equal("the turn ends", () => ({ type: "end_turn" }), ({ then }) => lab.reasonOf(then))
    ]
  }),
  define({
    name: "tool.allow",
    description: "A call that asks runs when it is allowed.",
    needs: ["overrides"],
    turns: 1,
    script: shell,
    program: Effect.gen(function*() {
      const { call, live, permissions, send, turn } = yield* asking
      yield* send(UserEvent.allow(call))
      return { call, permissions, turn, then: yield* lab.untilEnd(live) }
    }),
    expectations: ({ equal }) => [
      equal("the call says that it asks", () => ["ask"], ({ permissions }) => permissions),
      equal(
        "the session waits for the confirmation",
        ({ call }) => ({ type: "requires_action", event_ids: [call] }),
        ({ turn }) => lab.reasonOf(turn)
      ),
      equal("confirmation, running pair, result, next model request", () => [
        "user.tool_confirmation",
        "session.status_running",
        "session.thread_status_running",
        "agent.tool_result",
        "span.model_request_start"
      ], ({ then }) => lab.typesOf(then).slice(0, 5)),
      equal(
        "the result is that of the call, and no error",
        ({ call }) => [[call, false]],
        ({ then }) => resultsOf(then).map(({ is_error, tool_use_id }) => [tool_use_id, is_error])
      ),
      equal("the turn ends", () => ({ type: "end_turn" }), ({ then }) => lab.reasonOf(then))
    ]
  }),
  define({
    name: "tool.deny",
    description: "A call that is denied comes back as an error, with the reason.",
    needs: ["overrides"],
    turns: 1,
    script: shell,
    program: Effect.gen(function*() {
      const { call, live, send } = yield* asking
      yield* send(UserEvent.deny(call, "Not today."))
      return { call, then: yield* lab.untilEnd(live) }
    }),
    expectations: ({ equal }) => [
      equal("confirmation, running pair, result, next model request", () => [
        "user.tool_confirmation",
        "session.status_running",
        "session.thread_status_running",
        "agent.tool_result",
        "span.model_request_start"
      ], ({ then }) => lab.typesOf(then).slice(0, 5)),
      equal("the result is an error, in the known words", ({ call }) => [{
        tool_use_id: call,
        is_error: true,
        text: "Permission to use bash has been rejected. Rejection message: Not today."
      }], ({ then }) => resultsOf(then))
    ]
  })
]
