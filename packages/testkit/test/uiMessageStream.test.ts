/** A turn as the stream that `useChat` reads, read by the AI SDK itself. */
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as UiMessageStream from "@effect-managed-agents/core/UiMessageStream"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { assert, describe, it } from "@effect/vitest"
import type { UIMessage, UIMessageChunk } from "ai"
import { parseJsonEventStream, readUIMessageStream, uiMessageChunkSchema } from "ai"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../src/AgentScript.ts"
import * as Fixtures from "../src/Fixtures.ts"
import * as Testkit from "../src/Testkit.ts"

const create = Effect.flatMap(Sessions.Sessions, (sessions) =>
  Effect.map(
    sessions.create({ agent: Fixtures.agentId, environment_id: Fixtures.environmentId }),
    (session) => session.id
  ))

/** What this library sends is what the SDK takes. */
export const toSdk = (chunk: UiMessageStream.Chunk): UIMessageChunk => chunk

/** The text of a response. */
const textOf = ({ body }: HttpServerResponse.HttpServerResponse) =>
  body._tag === "Stream"
    ? body.stream.pipe(Stream.decodeText(), Stream.mkString, Effect.orDie)
    : Effect.dieMessage("the response has no stream")

/** The chunks that the SDK finds in a response. */
const chunksOf = (text: string) =>
  Effect.promise(async () => {
    const chunks: Array<UIMessageChunk> = []
    const stream = new Response(text).body
    if (stream === null) throw new Error("no body")
    for await (const result of parseJsonEventStream({ stream, schema: uiMessageChunkSchema })) {
      if (!result.success) throw result.error
      chunks.push(result.value)
    }
    return chunks
  })

/** The message that the SDK makes of chunks, which goes on with an earlier one. */
const messageOf = (chunks: ReadonlyArray<UIMessageChunk>, message?: UIMessage) =>
  Effect.promise(async () => {
    let last = message
    const stream = new ReadableStream<UIMessageChunk>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk)
        controller.close()
      }
    })
    const states = readUIMessageStream({ stream, ...(message && { message }), terminateOnError: true })
    for await (const state of states) last = state
    if (last === undefined) throw new Error("no message")
    return last
  })

const Refunds = Toolkit.make(
  ToolRunner.needsApproval(
    Tool.make("refund", { parameters: { amount: Schema.Number }, success: Schema.String }),
    ({ amount }) => amount > 100
  )
)
const Handlers = Refunds.toLayer({ refund: ({ amount }) => Effect.succeed(`paid ${amount}`) })

const respond = Effect.fnUntraced(function*(
  id: Effect.Effect.Success<typeof create>,
  messages: ReadonlyArray<UIMessage>
) {
  // as it comes out of a body
  const { messages: posted } = yield* Schema.decodeUnknown(UiMessageStream.Body)(
    JSON.parse(JSON.stringify({ messages }))
  )
  const turn = UiMessageStream.turn(id, posted, {
    follow: { previews: ["agent.message", "agent.thinking"] },
    tools: Refunds
  })
  return yield* UiMessageStream.respond(turn)
}, Effect.provide(Handlers))

const user = (text: string): UIMessage => ({ id: "m1", role: "user", parts: [{ type: "text", text }] })

const summary = (part: UIMessage["parts"][number]): string => {
  if (part.type === "text") return part.text
  if (part.type !== "dynamic-tool") return part.type
  const said = part.state === "output-available" ? ` ${String(part.output)}` : ` ${part.errorText ?? ""}`
  return `${part.toolName}: ${part.state}${said}`.trimEnd()
}

/** The message that `addToolApprovalResponse` makes of one, for each call that waits. */
const decide = (message: UIMessage, approved: boolean): UIMessage => ({
  ...message,
  parts: message.parts.map((part) =>
    part.type === "dynamic-tool" && part.state === "approval-requested"
      ? { ...part, state: "approval-responded" as const, approval: { id: part.approval.id, approved } }
      : part
  )
})

const refunding = Testkit.layer({
  tools: Refunds,
  script: {
    turns: [
      [AgentScript.customTool({ name: "refund", input: { amount: 500 } }), AgentScript.say("Now: {{result}}")],
      [AgentScript.say("Wait."), AgentScript.sleep("30 minutes"), AgentScript.say("Done.")]
    ]
  }
})

/** The message that a page has after it has posted others. */
const post = (
  id: Effect.Effect.Success<typeof create>,
  messages: ReadonlyArray<UIMessage>
) => {
  // the SDK changes the message that it goes on with
  const last = structuredClone(messages.at(-1))
  return Effect.flatMap(respond(id, messages), textOf).pipe(
    Effect.flatMap(chunksOf),
    Effect.flatMap((chunks) => messageOf(chunks, last?.role === "assistant" ? last : undefined)),
    Effect.scoped
  )
}

describe("a UI message stream", () => {
  it.scoped("is read by the SDK as a message with its texts, its thoughts and its tools", () =>
    Effect.gen(function*() {
      const id = yield* create
      const response = yield* respond(id, [user("Hello")])
      assert.strictEqual(response.headers["x-vercel-ai-ui-message-stream"], "v1")
      assert.strictEqual(response.body.contentType, "text/event-stream")
      const text = yield* textOf(response)
      assert.isTrue(text.endsWith("data: [DONE]\n\n"))
      const chunks = yield* chunksOf(text)
      // with previews, a text comes in pieces
      assert.isAbove(chunks.filter(({ type }) => type === "text-delta").length, 2)
      assert.deepInclude(chunks.at(-1), { type: "finish", finishReason: "stop" })
      const { parts, role } = yield* messageOf(chunks)
      assert.strictEqual(role, "assistant")
      assert.deepStrictEqual(parts.map(summary), [
        "step-start",
        "reasoning",
        "Let me look at it.",
        "read: output-available contents",
        "step-start",
        "bash: output-error exit code 1",
        "step-start",
        "There is nothing in it that matters."
      ])
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
    "asks for an approval, and goes on with the message that has it: %j",
    (approved) =>
      Effect.gen(function*() {
        const id = yield* create
        const question = user("Tidy up")
        const chunks = yield* Effect.flatMap(respond(id, [question]), textOf).pipe(Effect.flatMap(chunksOf))
        const asked = yield* messageOf(chunks)
        assert.deepStrictEqual(asked.parts.map(summary), ["step-start", "bash: approval-requested"])
        assert.deepInclude(chunks.at(-1), { type: "finish", finishReason: "tool-calls" })
        const decided = decide(asked, approved)
        const rest = yield* Effect.flatMap(respond(id, [question, decided]), textOf).pipe(Effect.flatMap(chunksOf))
        const { parts } = yield* messageOf(rest, decided)
        assert.deepStrictEqual(
          parts.map(summary),
          approved
            ? ["step-start", "bash: output-available gone", "step-start", "Done."]
            : ["step-start", "bash: output-denied", "step-start", "Done."]
        )
      }).pipe(Effect.provide(Testkit.layer({
        script: {
          turns: [[
            AgentScript.tool({ name: "bash", input: { command: "rm -r build" }, permission: "ask", result: "gone" }),
            AgentScript.say("Done.")
          ]]
        }
      })))
  )

  it.scoped("has the whole turn again for a page that was reloaded meanwhile", () =>
    Effect.gen(function*() {
      const id = yield* create
      const read = (response: HttpServerResponse.HttpServerResponse) =>
        textOf(response).pipe(Effect.flatMap(chunksOf), Effect.flatMap(messageOf))
      const first = yield* Effect.fork(Effect.flatMap(respond(id, [user("Hello")]), textOf))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(first)
      const second = yield* Effect.fork(Effect.flatMap(UiMessageStream.respond(Conversation.joinStream(id)), read))
      yield* TestClock.adjust("1 minute")
      const { parts } = yield* Fiber.join(second)
      assert.deepStrictEqual(parts.map(summary), ["step-start", "Wait.", "Done."])
    }).pipe(Effect.provide(Testkit.layer({
      script: { turns: [[AgentScript.say("Wait."), AgentScript.sleep("30 seconds"), AgentScript.say("Done.")]] }
    }))))

  it.effect.each([true, false])(
    "takes the decision about one of the program's own tools: %j",
    (approved) =>
      Effect.gen(function*() {
        const id = yield* create
        const question = user("Refund")
        const asked = yield* post(id, [question])
        assert.deepStrictEqual(asked.parts.map(summary), ["step-start", "refund: approval-requested"])
        const { parts } = yield* post(id, [question, decide(asked, approved)])
        const no = "This call of refund was not allowed, and did not run."
        assert.deepStrictEqual(
          parts.map(summary),
          approved
            ? ["step-start", "refund: output-available paid 500", "step-start", "Now: paid 500"]
            : ["step-start", `refund: output-error ${no}`, "step-start", `Now: ${no}`]
        )
      }).pipe(Effect.provide(refunding))
  )

  it.effect("answers at once where a call was decided on before, with all that is known", () =>
    Effect.gen(function*() {
      const id = yield* create
      const question = user("Refund")
      const asked = yield* post(id, [question])
      const decided = decide(asked, true)
      const none = yield* post(id, [question, asked])
      assert.deepStrictEqual(none.parts.map(summary), asked.parts.map(summary))
      const first = yield* post(id, [question, decided])
      const start = yield* Clock.currentTimeMillis
      const second = yield* post(id, [question, decide(asked, false)])
      assert.deepStrictEqual(second.parts.map(summary), first.parts.map(summary))
      // nor once another turn is under way, which is none of this page's business
      const other = yield* Effect.fork(post(id, [user("And then?")]))
      yield* TestClock.adjust("1 second")
      const third = yield* post(id, [question, decided])
      assert.deepStrictEqual(third.parts.map(summary), first.parts.slice(0, 2).map(summary))
      assert.strictEqual(yield* Clock.currentTimeMillis, start + 1000)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual((yield* Fiber.join(other)).parts.map(summary), ["step-start", "Wait.", "Done."])
      // a call that the session does not have
      const unknown = yield* post(yield* create, [question, decided])
      assert.deepStrictEqual(unknown.parts.map(summary), [
        "step-start",
        "refund: output-error This call is not open any more."
      ])
    }).pipe(Effect.provide(refunding)))

  it.effect("shows the calls of sub-agents that wait for the page", () =>
    Effect.gen(function*() {
      const id = yield* create
      const question = user("Look into bees")
      const asked = yield* post(id, [question])
      assert.include(asked.parts.map(summary), "web_fetch: approval-requested")
      const { parts } = yield* post(id, [question, decide(asked, true)])
      assert.deepStrictEqual(parts.map(summary).slice(-3), [
        "web_fetch: output-available Allowed.",
        "step-start",
        "They say: Bees dance."
      ])
    }).pipe(Effect.provide(Testkit.layer({
      script: {
        turns: [[
          AgentScript.delegate({
            agent: "Researcher",
            message: "Look into bees.",
            script: AgentScript.make({
              otherwise: [AgentScript.tool({ name: "web_fetch", permission: "ask" }), AgentScript.say("Bees dance.")]
            })
          }),
          AgentScript.say("They say: {{result}}")
        ]]
      }
    }))))
})
