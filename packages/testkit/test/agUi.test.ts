/** A turn as events of AG-UI, read by the client of that protocol. */
import type { Message } from "@ag-ui/client"
import { HttpAgent } from "@ag-ui/client"
import { EventType } from "@ag-ui/core"
import { EventSchemas } from "@ag-ui/core/schemas"
import * as AgUi from "@effect-managed-agents/core/AgUi"
import type { SessionId } from "@effect-managed-agents/core/Ids"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as AgentScript from "../src/AgentScript.ts"
import * as Fixtures from "../src/Fixtures.ts"
import * as Testkit from "../src/Testkit.ts"

const create = Effect.flatMap(Sessions.Sessions, (sessions) =>
  Effect.map(
    sessions.create({ agent: Fixtures.agentId, environment_id: Fixtures.environmentId }),
    (session) => session.id
  ))

const Refunds = Toolkit.make(
  ToolRunner.needsApproval(Tool.make("refund", { parameters: { amount: Schema.Number }, success: Schema.String }))
)
const Handlers = Refunds.toLayer({ refund: ({ amount }) => Effect.succeed(`paid ${amount}`) })

/** Answers a posted run with a turn; the text of the response. */
const answer = Effect.fnUntraced(
  function*(id: SessionId, posted: unknown) {
    const run = yield* Schema.decodeUnknown(AgUi.RunInput)(posted)
    const turn = AgUi.turn(id, run, { follow: { previews: ["agent.message"] }, tools: Refunds })
    const { body } = yield* AgUi.respond(turn, run)
    return body._tag === "Stream"
      ? yield* body.stream.pipe(Stream.decodeText(), Stream.mkString)
      : yield* Effect.dieMessage("the response has no stream")
  },
  Effect.scoped,
  Effect.provide(Handlers)
)

/** The client, whose requests are answered by turns of a session. */
const clientOf = Effect.fnUntraced(function*(id: SessionId) {
  const runtime = yield* Effect.runtime<Effect.Effect.Context<ReturnType<typeof answer>>>()
  const texts: Array<string> = []
  const agent = new HttpAgent({
    url: "http://app/agent",
    threadId: "thread_1",
    fetch: async (_url, init) => {
      const text = await Runtime.runPromise(runtime)(answer(id, JSON.parse(String(init.body))))
      texts.push(text)
      return new Response(text, { headers: { "content-type": "text/event-stream" } })
    }
  })
  return { agent, texts }
})

const eventsOf = (text: string) =>
  [...text.matchAll(/^data: (.*)$/gm)].map(([, json]) => EventSchemas.parse(JSON.parse(json ?? "")))

const summary = (message: Message): string => {
  if (message.role === "tool") return `= ${String(message.content)}`
  const calls = message.role === "assistant" ? message.toolCalls ?? [] : []
  return calls.length === 0
    ? String(message.content)
    : calls.map(({ function: { arguments: args, name } }) => `${name} ${args}`).join(", ")
}

describe("AG-UI", () => {
  it.scoped("is read by its client as messages with tool calls and results", () =>
    Effect.gen(function*() {
      const { agent, texts } = yield* clientOf(yield* create)
      agent.addMessage({ id: "m1", role: "user", content: "Hello" })
      yield* Effect.promise(() => agent.runAgent({ runId: "run_1" }))
      const events = eventsOf(texts.join(""))
      assert.deepStrictEqual(agent.messages.slice(1).map(summary), [
        "Let me look at it.",
        "read {\"file_path\":\"a.txt\"}",
        "= contents",
        "bash {\"command\":\"false\"}",
        "= exit code 1",
        "There is nothing in it that matters."
      ])
      assert.deepStrictEqual(events.at(-1), {
        type: EventType.RUN_FINISHED,
        threadId: "thread_1",
        runId: "run_1",
        outcome: { type: "success" }
      })
      assert.lengthOf(events.filter(({ type }) => type === "STEP_STARTED"), 3)
    }).pipe(Effect.provide(Testkit.layer({
      script: {
        turns: [[
          AgentScript.think,
          AgentScript.say("Let me look at it."),
          AgentScript.tool({ name: "read", input: { file_path: "a.txt" }, permission: "allow", result: "contents" }),
          AgentScript.tool({
            name: "bash",
            input: { command: "false" },
            permission: "allow",
            result: "exit code 1",
            is_error: true
          }),
          AgentScript.say("There is nothing in it that matters.")
        ]]
      }
    }))))

  it.scoped.each([true, false])(
    "ends a run with an interrupt, and goes on with the decision: %j",
    (approved) =>
      Effect.gen(function*() {
        const { agent, texts } = yield* clientOf(yield* create)
        agent.addMessage({ id: "m1", role: "user", content: "Tidy up" })
        yield* Effect.promise(() => agent.runAgent({ runId: "run_1" }))
        const [open] = agent.pendingInterrupts
        assert.deepInclude(open, { reason: "tool_approval" })
        yield* Effect.promise(() =>
          agent.runAgent({
            runId: "run_2",
            resume: [{ interruptId: open?.id ?? "", status: "resolved", payload: { approved, reason: "No." } }]
          })
        )
        assert.deepStrictEqual(agent.messages.slice(1).map(summary), [
          "bash {\"command\":\"rm -r build\"}",
          approved ? "= gone" : "= Denied: No.",
          "Done."
        ])
        assert.lengthOf(texts, 2)
      }).pipe(Effect.provide(Testkit.layer({
        script: {
          turns: [[
            AgentScript.tool({ name: "bash", input: { command: "rm -r build" }, permission: "ask", result: "gone" }),
            AgentScript.say("Done.")
          ]]
        }
      })))
  )

  it.scoped("has decisions about the program's own tools, and takes them once", () =>
    Effect.gen(function*() {
      const id = yield* create
      const { agent, texts } = yield* clientOf(id)
      agent.addMessage({ id: "m1", role: "user", content: "Refund" })
      yield* Effect.promise(() => agent.runAgent({ runId: "run_1" }))
      const resume = agent.pendingInterrupts.map(({ id }) => ({
        interruptId: id,
        status: "resolved" as const,
        payload: { approved: true }
      }))
      assert.lengthOf(resume, 1)
      yield* Effect.promise(() => agent.runAgent({ runId: "run_2", resume }))
      const said = ["refund {\"amount\":500}", "= paid 500", "Done: paid 500"]
      assert.deepStrictEqual(agent.messages.slice(1).map(summary), said)
      // another page that has posted them as well
      const again = yield* answer(id, { threadId: "thread_1", runId: "run_3", messages: [], resume })
      assert.deepStrictEqual(eventsOf(again).map(({ type }) => type), eventsOf(texts[1] ?? "").map(({ type }) => type))
    }).pipe(Effect.provide(Testkit.layer({
      tools: Refunds,
      script: {
        turns: [[
          AgentScript.customTool({ name: "refund", input: { amount: 500 } }),
          AgentScript.say("Done: {{result}}")
        ]]
      }
    }))))
})
