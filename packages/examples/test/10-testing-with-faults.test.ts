// Testing with faults: a program that must not do anything twice, while everything around it goes wrong. Copy and adapt.
import * as Api from "@effect-managed-agents/core/Api"
import * as Conversation from "@effect-managed-agents/core/Conversation"
import type * as Ids from "@effect-managed-agents/core/Ids"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import * as Fault from "@effect-managed-agents/testkit/Fault"
import * as Fixtures from "@effect-managed-agents/testkit/Fixtures"
import * as Ledger from "@effect-managed-agents/testkit/Ledger"
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as Testkit from "@effect-managed-agents/testkit/Testkit"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { inTime } from "./support.ts"

/** The program under test: has an invoice paid, and allows the payment. */
const pay = (session: Ids.SessionId) =>
  Conversation.turn(session, "Pay invoice 42.", { approve: () => Effect.succeed(PendingAction.allow) })

/** The simulated agent: asks for permission, pays, says so. */
const script = AgentScript.make({
  turns: [[
    AgentScript.tool({ name: "bash", input: { command: "pay 42" }, permission: "ask", result: "paid" }),
    AgentScript.sleep("5 seconds"),
    AgentScript.say("Invoice 42 is {{result}}.")
  ]]
})

/** Runs the program while this goes wrong, and checks what must hold whatever happens. */
const payWhile = (faults: Fault.Plan) =>
  Effect.gen(function*() {
    const outcome = yield* inTime(pay(Fixtures.sessionId))
    assert.strictEqual(outcome.reply, "Invoice 42 is paid.")
    const simulator = yield* Simulator.Simulator
    const types = (yield* simulator.events(Fixtures.sessionId)).map(({ type }) => type)
    for (const once of ["user.message", "user.tool_confirmation", "agent.tool_use", "agent.tool_result"]) {
      assert.lengthOf(types.filter((type) => type === once), 1, once)
    }
    // each call answered once, nothing sent after the end, no session left running, no stream left open
    yield* Ledger.assertAll
  }).pipe(Effect.provide(Testkit.layer({ script, faults })))

describe("a payment", () => {
  it.effect("is made when nothing goes wrong", () => payWhile([]))

  it.effect("is made once when the answer to the message is lost", () =>
    payWhile([Fault.drop("after", { match: Fault.on(Api.events.send) })]))

  it.effect("is made once when the answer to the approval is lost", () =>
    payWhile([Fault.status(504, { landed: true, match: Fault.on(Api.events.send, { skip: 1 }) })]))

  it.effect("survives a server that is overloaded", () => payWhile([Fault.status(529, { match: { times: 2 } })]))

  it.effect("survives a connection that dies", () => payWhile([Fault.cutAfterEvents(3), Fault.cutAfterBytes(700)]))

  it.effect("survives a connection that goes silent", () => payWhile([Fault.stallAfterEvents(2)]))

  // Whatever else may go wrong: twenty random plans. If one is too much, the message has its smallest part as JSON.
  it.effect("survives all sorts of things", () => Fault.search({ runs: 20, max: 3 }, payWhile))
})
