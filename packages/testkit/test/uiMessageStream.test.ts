/** A turn as the stream that `useChat` reads, read by the AI SDK itself. */
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as UiMessageStream from "@effect-managed-agents/core/UiMessageStream"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { assert, describe, it } from "@effect/vitest"
import type { UIMessage, UIMessageChunk } from "ai"
import { parseJsonEventStream, readUIMessageStream, uiMessageChunkSchema } from "ai"
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

const respond = Effect.fnUntraced(function*(
  id: Effect.Effect.Success<typeof create>,
  messages: ReadonlyArray<UIMessage>
) {
  // as it comes out of a body
  const { messages: posted } = yield* Schema.decodeUnknown(UiMessageStream.Body)(
    JSON.parse(JSON.stringify({ messages }))
  )
  const turn = Conversation.stream(id, UiMessageStream.toInput(posted), {
    follow: { previews: ["agent.message", "agent.thinking"] }
  })
  return yield* UiMessageStream.respond(turn)
})

const user = (text: string): UIMessage => ({ id: "m1", role: "user", parts: [{ type: "text", text }] })

const summary = (part: UIMessage["parts"][number]): string => {
  if (part.type === "text") return part.text
  if (part.type !== "dynamic-tool") return part.type
  const said = part.state === "output-available" ? ` ${String(part.output)}` : ` ${part.errorText ?? ""}`
  return `${part.toolName}: ${part.state}${said}`.trimEnd()
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
        // what `addToolApprovalResponse` makes of it
        const decided = {
          ...asked,
          parts: asked.parts.map((part) =>
            part.type === "dynamic-tool" && part.state === "approval-requested"
              ? { ...part, state: "approval-responded" as const, approval: { id: part.approval.id, approved } }
              : part
          )
        }
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
})
