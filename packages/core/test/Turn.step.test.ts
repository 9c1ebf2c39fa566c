/** The steps of a turn: the commands and the result that each signal leads to, without anything that runs. */
import { assert, describe, it } from "@effect/vitest"
import type * as Conversation from "../src/Conversation.ts"
import * as Cursor from "../src/Cursor.ts"
import type * as Delivery from "../src/Delivery.ts"
import type * as Event from "../src/Event.ts"
import { SessionId } from "../src/Ids.ts"
import type { Command, Signal, State, Step } from "../src/internal/turn/step.ts"
import { initial, isPending, step } from "../src/internal/turn/step.ts"
import type * as PendingAction from "../src/PendingAction.ts"
import type * as ToolRunner from "../src/ToolRunner.ts"
import * as UserEvent from "../src/UserEvent.ts"
import {
  customCall,
  customResult,
  event,
  idle,
  idOf,
  interrupt,
  message,
  requestEnd,
  running,
  say,
  threadRunning,
  toolCall,
  waiting
} from "./utils/events.ts"

const sessionId = SessionId.make("sesn_1")
const hello = message("Hello")

// ---------------------------------------------------------------------------------------------------------------------
// Signals
// ---------------------------------------------------------------------------------------------------------------------

const caughtUp: Signal = { _tag: "CaughtUp", cursor: Cursor.start }
const connected: Signal = { _tag: "Connected" }
const reconnecting = { _tag: "Reconnecting" } as Signal
const ended = (reason: "archived" | "deleted" | "terminated"): Signal => ({ _tag: "Ended", reason })
const quietElapsed: Signal = { _tag: "QuietElapsed" }
const quietChecked = (...statuses: ReadonlyArray<Event.Event>): Signal => ({ _tag: "QuietChecked", statuses })
const callsFound = (...calls: ReadonlyArray<Event.Event>): Signal => ({ _tag: "CallsFound", calls })
const dropChecked = (isDropped: boolean): Signal => ({ _tag: "DropChecked", isDropped })
const audited = (...oldestFirst: ReadonlyArray<Event.Event | ReadonlyArray<Event.Event>>): Signal => ({
  _tag: "Audited",
  events: oldestFirst.flat().toReversed()
})
const sending = (key: string): Signal => ({ _tag: "ReplySending", key })
const settled = (key: string, answered: ToolRunner.Answered = "answered"): Signal => ({
  _tag: "ReplySettled",
  key,
  answered
})

const events = (...history: ReadonlyArray<Event.Event | ReadonlyArray<Event.Event>>): ReadonlyArray<Signal> =>
  history.flat().map((event) => ({ _tag: "Event", event } as Signal))

const delivered = (...stored: ReadonlyArray<Event.Event>): Signal => ({
  _tag: "InputDelivered",
  delivery: { _tag: "Accepted", events: stored } as unknown as Delivery.Accepted
})

const usage = (amount: string, currency = "USD") =>
  event("session.usage", { usage: { list_cost: { amount, currency } } })
const page = (isWhole: boolean, ...newestFirst: ReadonlyArray<Event.Event>): Signal => ({
  _tag: "Baseline",
  events: newestFirst,
  isWhole
})

// ---------------------------------------------------------------------------------------------------------------------
// States
// ---------------------------------------------------------------------------------------------------------------------

const begin = (
  sent: ReadonlyArray<Event.EventParams> = [UserEvent.message("Hello")],
  handles: (action: PendingAction.Repliable) => boolean = () => false
): Step => [initial(sessionId, sent, handles), []]

/** Feeds signals one after another; the commands are those of the last one, or of the last list of them. */
const feed = (first: Step, ...signals: ReadonlyArray<Signal | ReadonlyArray<Signal>>): Step =>
  signals.reduce<Step>(
    ([before], part) =>
      (Symbol.iterator in part ? part : [part]).reduce<Step>(([state, commands], signal) => {
        const [next, more] = step(state, signal)
        return [next, [...commands, ...more]]
      }, [before, []]),
    first
  )

/** A turn that has attached, and whose input was taken. */
const sent = (handles?: (action: PendingAction.Repliable) => boolean) =>
  feed(begin(undefined, handles), caughtUp, delivered(hello))

const working = (handles?: (action: PendingAction.Repliable) => boolean) =>
  feed(sent(handles), events(running(), hello, running()))

/** Input that asks nothing of the agent, delivered. */
const quiet = () => feed(begin([UserEvent.interrupt()]), caughtUp, delivered(interrupt()))

const brief = (command: Command): string => {
  switch (command._tag) {
    case "Reply":
      return `Reply ${command.key}`
    case "CancelReplies":
      return `CancelReplies ${command.keys.join(", ")}`
    case "FindCalls":
    case "CheckDropped":
      return `${command._tag} ${command.ids.join(", ")}`
    case "Finish":
      return `Finish ${command.result._tag}`
    default:
      return command._tag
  }
}

const commandsOf = ([, commands]: Step): ReadonlyArray<string> => commands.map(brief)

const resultOf = ([, commands]: Step): Conversation.TurnResult | undefined =>
  commands.flatMap((command) => command._tag === "Finish" ? [command.result] : [])[0]

const all = () => true

// ---------------------------------------------------------------------------------------------------------------------

interface Row {
  readonly when: string
  readonly after: () => Step
  readonly commands: ReadonlyArray<string>
}

const check = (rows: ReadonlyArray<Row>) => {
  for (const { after, commands, when } of rows) {
    it(when, () => {
      assert.deepStrictEqual(commandsOf(after()), commands)
    })
  }
}

/** Signals that have no meaning before the follower has caught up. */
const strays: ReadonlyArray<Signal> = [
  connected,
  reconnecting,
  ended("terminated"),
  callsFound(),
  dropChecked(true),
  ...events(say("Hi"), customCall(), idle())
]

describe("the input", () => {
  const indeterminate: Signal = {
    _tag: "InputDelivered",
    delivery: { _tag: "Indeterminate", error: "lost" } as unknown as Delivery.Indeterminate
  }
  check([
    {
      when: "is sent once the follower has caught up, with a look-up of the consumption beside",
      after: () => feed(begin(), caughtUp),
      commands: ["Deliver", "FindBaseline"]
    },
    {
      when: "is sent alone where the page before had the consumption",
      after: () => feed(begin(), page(false, usage("3")), caughtUp),
      commands: ["Deliver"]
    },
    {
      when: "is sent alone in a session that never told any",
      after: () => feed(begin(), page(true), caughtUp),
      commands: ["Deliver"]
    },
    { when: "is not sent a second time", after: () => feed(begin(), caughtUp, connected, caughtUp), commands: [] },
    {
      when: "that may have arrived fails the turn",
      after: () => feed(begin(), caughtUp, indeterminate),
      commands: ["Fail"]
    },
    { when: "that was taken is waited for", after: sent, commands: [] },
    {
      when: "that the session had processed before it was said to have arrived ends the turn when it is",
      after: () => feed(begin(), caughtUp, events(running(), hello, running(), idle()), delivered(hello)),
      commands: ["Finish EndTurn"]
    }
  ])
  for (const signal of strays) {
    const name = signal._tag === "Event" ? `Event ${String(signal.event.type)}` : signal._tag
    it(`is not sent, and nothing ends, because of ${name} before the follower has caught up`, () => {
      assert.deepStrictEqual(commandsOf(feed(begin(undefined, all), signal)), [])
    })
  }
  it("is told to be sent after the cursor of the follower", () => {
    const [, [command]] = feed(begin(), caughtUp)
    assert.deepStrictEqual(command, { _tag: "Deliver", since: Cursor.start })
  })
})

describe("a turn ends", () => {
  const refusal = idle({ type: "refusal" }, {
    stop_details: { type: "refusal", category: "bio", explanation: "no" }
  })
  check([
    { when: "with the agent", after: () => feed(working(), events(say("Hi"), idle())), commands: ["Finish EndTurn"] },
    {
      when: "with an interrupt",
      after: () => feed(working(), events(interrupt(), idle())),
      commands: ["Finish Interrupted"]
    },
    { when: "with a refusal", after: () => feed(working(), events(refusal)), commands: ["Finish Refusal"] },
    {
      when: "at the budget, even before the input was taken up",
      after: () => feed(sent(), events(idle({ type: "budget_reached" }))),
      commands: ["Finish BudgetReached"]
    },
    {
      when: "when the service gives up",
      after: () => feed(working(), events(idle({ type: "retries_exhausted" }))),
      commands: ["Finish RetriesExhausted"]
    },
    {
      when: "for a reason that is not known",
      after: () => feed(working(), events(idle({ type: "sunset" }))),
      commands: ["Finish UnknownStopReason"]
    },
    { when: "with the session", after: () => feed(working(), ended("terminated")), commands: ["Finish Terminated"] },
    { when: "with its archiving", after: () => feed(working(), ended("archived")), commands: ["Finish Terminated"] },
    { when: "with its deletion", after: () => feed(working(), ended("deleted")), commands: ["Finish Deleted"] },
    {
      when: "with a wait that nobody answers",
      after: () => {
        const call = customCall()
        return feed(working(), events(call, waiting(call)))
      },
      commands: ["Finish RequiresAction"]
    }
  ])

  it("and tells what only its end has", () => {
    assert.deepInclude(resultOf(feed(working(), events(refusal))), { category: "bio", explanation: "no" })
    assert.deepInclude(resultOf(feed(working(), ended("archived"))), { archived: true })
    assert.deepInclude(resultOf(feed(working(), ended("terminated"))), { archived: false })
    const unknown = resultOf(feed(working(), events(idle({ type: "sunset" }))))
    assert.deepStrictEqual(unknown?._tag === "UnknownStopReason" && String(unknown.stopReason.type), "sunset")
    const call = customCall()
    const result = resultOf(feed(working(), events(call, waiting(call))))
    assert.deepStrictEqual(result?._tag === "RequiresAction" && result.actions.map(({ id }) => id), [idOf(call)])
  })

  it("with a report of its events", () => {
    const call = customCall()
    const result = resultOf(
      feed(working(), events(call, customResult(call), say("one"), say("two"), requestEnd(), idle()))
    )
    assert.deepInclude(result, { _tag: "EndTurn", sessionId, reply: "two" })
    assert.lengthOf(result?.messages ?? [], 2)
    assert.lengthOf(result?.toolCalls ?? [], 1)
    assert.strictEqual(result?.usage.tokens.output, 2)
  })
})

describe("a turn of a session that was audited", () => {
  const run = (type: string, fields: object = {}) => event(type, { workflow_run_id: "wrun_1", ...fields })
  const queued = message("other", { processed_at: null })
  const outcome = event("user.define_outcome", { outcome_id: "outc_1" })
  check([
    {
      when: "ends with the last status, whatever was not said of a thread",
      after: () => feed(working(), events(threadRunning("sthr_2"), idle()), audited(idle())),
      commands: ["Finish EndTurn"]
    },
    {
      when: "ends with the last status, whatever was not said of an outcome",
      after: () => feed(working(), events(outcome, idle()), audited(idle())),
      commands: ["Finish EndTurn"]
    },
    {
      when: "ends although a workflow run is open",
      after: () => feed(working(), events(run("workflow_run.status_running"), idle()), audited(idle())),
      commands: ["Finish EndTurn"]
    },
    {
      when: "ends although the end of a workflow run was not read",
      after: () => feed(working(), events(idle(), run("workflow_run.status_ended", { result: {} })), audited(idle())),
      commands: ["Finish EndTurn"]
    },
    {
      when: "goes on while the session runs",
      after: () => feed(working(), events(threadRunning("sthr_2")), audited(running())),
      commands: []
    },
    {
      when: "goes on with a status that came after the audit",
      after: () => {
        const first = feed(working(), events(threadRunning("sthr_2"), running()), audited(idle()))
        return feed([first[0], []], events(running(), threadRunning("sthr_2"), idle()))
      },
      commands: []
    },
    {
      when: "asks for an input that is queued",
      after: () => feed(working(), events(queued, idle()), audited(idle())),
      commands: [`CheckDropped ${idOf(queued)}`]
    },
    {
      when: "ends when that is not there any more",
      after: () => feed(feed(working(), events(queued, idle()), audited(idle())), dropChecked(true)),
      commands: ["Finish EndTurn"]
    },
    {
      when: "goes on when it is",
      after: () => feed(feed(working(), events(queued, idle()), audited(idle())), dropChecked(false)),
      commands: []
    }
  ])
})

describe("a turn goes on", () => {
  const other = message("other")
  check([
    { when: "while the agent works", after: () => feed(working(), events(say("Hi"))), commands: [] },
    {
      when: "with an idle status from before its input was taken up",
      after: () => feed(sent(), events(running(), other, idle())),
      commands: []
    },
    {
      when: "while another input is queued",
      after: () => feed(working(), events({ ...other, processed_at: null } as Event.Event, idle())),
      commands: []
    },
    {
      when: "while a thread works",
      after: () => feed(working(), events(threadRunning("sthr_2"), idle())),
      commands: []
    },
    {
      when: "while a workflow run is at work",
      after: () => feed(working(), events(event("workflow_run.created", { workflow_run_id: "wrun_1" }), idle())),
      commands: []
    },
    {
      when: "while the session is rescheduled",
      after: () => feed(working(), events(event("session.status_rescheduled"))),
      commands: []
    },
    {
      when: "when the session is over in its events, until the follower says how",
      after: () => feed(working(), events(event("session.status_terminated"))),
      commands: []
    },
    {
      when: "with a call that may have been answered while the connection was lost",
      after: () => {
        const call = customCall()
        return feed(working(all), reconnecting, events(call, waiting(call)))
      },
      commands: []
    }
  ])
  it("unchanged by an event that it knows", () => {
    const once = working()
    assert.strictEqual(feed(once, events(hello))[0], once[0])
  })
})

describe("an input without an id to go by", () => {
  check([
    {
      when: "is taken up when one of its kind was",
      after: () => feed(begin(), caughtUp, delivered(), events(running(), hello, running(), idle())),
      commands: ["Finish EndTurn"]
    },
    {
      when: "is not taken up when none of its kind was",
      after: () => feed(begin(), caughtUp, delivered(), events(running(), interrupt(), idle())),
      commands: []
    }
  ])
})

describe("an action", () => {
  const call = customCall()
  const key = `CustomToolCall ${idOf(call)}`
  const asked = toolCall("ask")
  const confirmKey = `Confirmation ${idOf(asked)}`
  const odd = toolCall("perhaps")
  const called = (handles = all) => feed(working(handles), events(call))
  check([
    { when: "that this program handles is answered at once", after: () => called(), commands: [`Reply ${key}`] },
    { when: "that it does not handle is left alone", after: () => called(() => false), commands: [] },
    {
      when: "is taken on once",
      after: () => feed(called(), events(waiting(call))),
      commands: []
    },
    {
      when: "is not taken on while the connection is lost",
      after: () => feed(working(all), reconnecting, events(call)),
      commands: []
    },
    {
      when: "is taken on when the follower has caught up again",
      after: () => feed(working(all), reconnecting, events(call), connected, caughtUp),
      commands: [`Reply ${key}`]
    },
    {
      when: "that somebody else has answered cancels the reply",
      after: () => feed(called(), events(customResult(call))),
      commands: [`CancelReplies ${key}`]
    },
    {
      when: "whose reply is being sent is not cancelled",
      after: () => feed(called(), sending(key), events(customResult(call))),
      commands: []
    },
    {
      when: "whose reply was sent is not cancelled",
      after: () => feed(called(), sending(key), settled(key), events(customResult(call))),
      commands: []
    },
    {
      when: "that closes with the turn cancels the reply and ends",
      after: () => feed(called(), events(interrupt(), idle())),
      commands: [`CancelReplies ${key}`, "Finish Interrupted"]
    },
    {
      when: "that is being decided about keeps the turn",
      after: () => feed(called(), events(waiting(call))),
      commands: []
    },
    {
      when: "that is left to others ends the turn that waits for it",
      after: () => feed(called(), events(waiting(call)), settled(key, "declined")),
      commands: ["Finish RequiresAction"]
    },
    {
      when: "whose answer was sent keeps the turn until the session goes on",
      after: () => feed(called(), events(waiting(call)), sending(key), settled(key)),
      commands: []
    },
    {
      when: "that asks for permission is taken on",
      after: () => feed(working(all), events(asked)),
      commands: [`Reply ${confirmKey}`]
    },
    {
      when: "whose permission is a word that is not known is taken on when the session waits for it",
      after: () => feed(working(all), events(odd, waiting(odd))),
      commands: [`Reply Confirmation ${idOf(odd)}`]
    },
    {
      when: "whose permission is a word that is not known is left alone before",
      after: () => feed(working(all), events(odd)),
      commands: []
    }
  ])

  it("is declined, not pending, once its reply was cancelled", () => {
    const [state] = feed(called(), events(customResult(call)))
    assert.strictEqual(state.replies.get(key), "declined")
  })

  it("tells whether it is still pending", () => {
    const [open] = called()
    const [closed] = feed(called(), events(customResult(call)))
    assert.deepStrictEqual([open, closed].map((state: State) => isPending(state, key)), [true, false])
  })

  it("that the input answers is not taken on before the input was taken up", () => {
    const answer = customResult(call)
    const first = feed(
      begin([UserEvent.customToolResult(idOf(call), "42")], all),
      caughtUp,
      delivered(answer),
      events(waiting(call))
    )
    // the call was made before the turn
    assert.deepStrictEqual(commandsOf(first), [`FindCalls ${idOf(call)}`])
    assert.deepStrictEqual(commandsOf(feed(first, callsFound(call))), [])
  })
})

describe("a wait for calls from before the turn", () => {
  const call = customCall()
  const key = `CustomToolCall ${idOf(call)}`
  const looking = (handles = all) => feed(working(handles), events(waiting(call)))
  check([
    { when: "looks them up", after: () => looking(), commands: [`FindCalls ${idOf(call)}`] },
    { when: "looks each up once", after: () => feed(looking(), events(say("Hi"))), commands: [] },
    { when: "answers what it finds", after: () => feed(looking(), callsFound(call)), commands: [`Reply ${key}`] },
    {
      when: "ends if nobody here answers what it finds",
      after: () => feed(looking(() => false), callsFound(call)),
      commands: ["Finish RequiresAction"]
    },
    {
      when: "ends if it finds nothing",
      after: () => feed(looking(), callsFound()),
      commands: ["Finish RequiresAction"]
    }
  ])
})

describe("an input that the service may have dropped", () => {
  const givenUp = () => feed(sent(), events(running(), message("other"), idle({ type: "retries_exhausted" })))
  check([
    { when: "is asked for", after: givenUp, commands: [`CheckDropped ${idOf(hello)}`] },
    { when: "is asked for once a status", after: () => feed(givenUp(), events(say("Hi"))), commands: [] },
    {
      when: "and was dropped ends the turn",
      after: () => feed(givenUp(), dropChecked(true)),
      commands: ["Finish RetriesExhausted"]
    },
    { when: "and was not dropped is waited for", after: () => feed(givenUp(), dropChecked(false)), commands: [] },
    {
      when: "is asked for again when the service gives up again",
      after: () => feed(givenUp(), dropChecked(false), events(running(), idle({ type: "retries_exhausted" }))),
      commands: [`CheckDropped ${idOf(hello)}`]
    }
  ])
})

describe("input that asks nothing of the agent", () => {
  const idleBefore = idle().at(-1)
  assert.isDefined(idleBefore)
  const runningBefore = event("session.status_running")
  check([
    { when: "is given a while to have an effect", after: quiet, commands: ["AwaitEffect"] },
    {
      when: "without one has the status looked up",
      after: () => feed(quiet(), quietElapsed),
      commands: ["CheckStatus"]
    },
    { when: "with one has not", after: () => feed(quiet(), events(running()), quietElapsed), commands: [] },
    {
      when: "to a session that is idle ends the turn",
      after: () => feed(quiet(), quietElapsed, quietChecked(idleBefore)),
      commands: ["Finish EndTurn"]
    },
    {
      when: "to a session that never ran ends the turn",
      after: () => feed(quiet(), quietElapsed, quietChecked()),
      commands: ["Finish EndTurn"]
    },
    {
      when: "to a session that runs is given another while",
      after: () => feed(quiet(), quietElapsed, quietChecked(runningBefore)),
      commands: ["AwaitEffect"]
    },
    {
      when: "that had an effect while the status was looked up goes on",
      after: () => feed(quiet(), quietElapsed, events(running()), quietChecked(idleBefore)),
      commands: []
    }
  ])
})

describe("the cost of a turn", () => {
  const costAfter = (before: ReadonlyArray<Signal>, late: ReadonlyArray<Signal> = [], last = usage("30")) => {
    const done = feed(begin(), before, caughtUp, delivered(hello), late, events(running(), hello, running(), last))
    const idleEvent = event("session.status_idle", { stop_reason: { type: "end_turn" } })
    return resultOf(feed(
      done,
      events(
        event("session.thread_status_idle", {
          session_thread_id: "sthr_primary",
          agent_name: "sthr_primary",
          stop_reason: { type: "end_turn" }
        }),
        idleEvent
      )
    ))?.usage.cost
  }
  const found = (snapshot: Extract<Signal, { readonly _tag: "BaselineFound" }>["usage"]): Signal => ({
    _tag: "BaselineFound",
    usage: snapshot
  })
  const rows: ReadonlyArray<[string, () => ReturnType<typeof costAfter>, string | undefined]> = [
    [
      "is the difference to the newest snapshot of the page",
      () => costAfter([page(false, usage("12"), usage("5"))]),
      "18"
    ],
    ["is everything in a session that consumed nothing before", () => costAfter([page(true)]), "30"],
    ["is not known where the page has no snapshot and is not all", () => costAfter([page(false)]), undefined],
    [
      "is the difference to the snapshot that was looked up",
      () => costAfter([page(false)], [found({ list_cost: { amount: "10", currency: "USD" } })]),
      "20"
    ],
    ["is not known where nothing was found", () => costAfter([page(false)], [found(undefined)]), undefined],
    ["is not known between two currencies", () => costAfter([page(false, usage("12", "EUR"))]), undefined],
    ["is not known of an amount that is no whole number", () => costAfter([page(false, usage("1.5"))]), undefined]
  ]
  for (const [name, cost, amount] of rows) {
    it(name, () => {
      assert.strictEqual(cost()?.amount, amount)
    })
  }
})
