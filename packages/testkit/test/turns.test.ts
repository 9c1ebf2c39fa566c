import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../src/AgentScript.ts"
import { confirm, idOf, result } from "./utils/answers.ts"
import { idle, modelRequest, running, stopReasons } from "./utils/shapes.ts"
import type { Json } from "./utils/wire.ts"
import {
  createSession,
  eventsOf,
  layer,
  message,
  ok,
  open,
  refusal,
  scripted,
  send,
  settle,
  types
} from "./utils/wire.ts"

describe("a message", () => {
  it.scoped("2.2.1, 2.2.3, 2.2.4, 2.2.9, 2.3.1, 2.3.3 is streamed and stored in the recorded order", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      assert.deepStrictEqual(yield* ok("GET", `/v1/sessions/${id}/events`), { data: [] })
      const stream = yield* open(`/v1/sessions/${id}/events/stream`)
      const echo = yield* send(id, message("Hello"))
      // queued: not processed yet
      assert.deepStrictEqual(Object.keys(echo.data[0]), ["id", "type", "content"])
      yield* settle
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events), [...running, "user.message", ...modelRequest("agent.message"), ...idle])
      assert.deepStrictEqual(stream.seen, events)
      assert.strictEqual(events[2].id, echo.data[0].id)
      assert.deepStrictEqual(events[4].content, [{ type: "text", text: "You said: Hello" }])
      assert.deepStrictEqual(stopReasons(events), [{ type: "end_turn" }])
      assert.strictEqual(events[6].stop_details, null)
    }).pipe(Effect.provide(layer())))

  it.scoped("2.3.5 is stamped one microsecond before the request that reads it", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2026, 10, 21))
      const id = yield* createSession()
      yield* send(id, message("Hello"))
      const events = yield* eventsOf(id)
      assert.strictEqual(events[2].processed_at, "2026-11-21T00:00:00.000003Z")
      assert.strictEqual(events[3].processed_at, "2026-11-21T00:00:00.000004Z")
      const stamps = events.map((event) => event.processed_at)
      assert.deepStrictEqual([...new Set(stamps)].sort(), stamps)
    }).pipe(Effect.provide(layer())))

  it.scoped("2.4.7 several messages of one batch are read by one request, in the order in which they were sent", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const echo = yield* send(id, message("one"), message("two"))
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events), [
        ...running,
        "user.message",
        "user.message",
        ...modelRequest("agent.message"),
        ...idle
      ])
      assert.deepStrictEqual(echo.data.map((event: Json) => event.id), [events[2].id, events[3].id])
      assert.strictEqual(events[5].content[0].text, "You said: two")
    }).pipe(Effect.provide(layer())))

  it.scoped("2.3.7 thinking, several blocks and an empty turn", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("Hi"))
      yield* send(id, message("Hi"))
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events), [
        ...running,
        "user.message",
        ...modelRequest("agent.thinking", "agent.message", "agent.message"),
        ...idle,
        ...running,
        "user.message",
        ...modelRequest(),
        ...idle
      ])
      assert.deepStrictEqual(events[5].content, [{ type: "text", text: "a" }, { type: "text", text: "Hi" }])
    }).pipe(Effect.provide(scripted({
      turns: [[AgentScript.think, AgentScript.say("a", "{{text}}"), { say: "b" }], []]
    }))))

  it.scoped("2.2.2 initial events start the session at creation", () =>
    Effect.gen(function*() {
      const session = yield* ok("POST", "/v1/sessions", {
        agent: "agent_1",
        environment_id: "env_1",
        initial_events: [message("Start")]
      })
      assert.deepStrictEqual(types(yield* eventsOf(session.id)), [
        ...running,
        "user.message",
        ...modelRequest("agent.message"),
        ...idle
      ])
    }).pipe(Effect.provide(layer())))
})

describe("built-in tools", () => {
  it.scoped("2.2.8, 2.3.9, 2.3.15, 2.3.16, 2.3.17 an allowed call runs within the turn", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("List"))
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events), [
        ...running,
        "user.message",
        ...modelRequest("agent.tool_use"),
        "agent.tool_result",
        ...modelRequest("agent.message"),
        ...idle
      ])
      assert.deepInclude(events[4], {
        name: "bash",
        input: { command: "ls List" },
        evaluated_permission: "allow",
        evaluation: { type: "always_allow" }
      })
      assert.deepInclude(events[6], {
        tool_use_id: events[4].id,
        content: [{ type: "text", text: "a.txt" }],
        is_error: false
      })
      assert.strictEqual(events[8].content[0].text, "Found a.txt")
    }).pipe(Effect.provide(scripted({
      otherwise: [
        AgentScript.tool({ name: "bash", input: { command: "ls {{text}}" }, result: "a.txt" }),
        AgentScript.say("Found {{result}}")
      ]
    }))))

  it.scoped("2.3.8 the model reads the result also when the script has nothing left to say", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("Go"))
      assert.deepStrictEqual(types(yield* eventsOf(id)), [
        ...running,
        "user.message",
        ...modelRequest("agent.tool_use"),
        "agent.tool_result",
        ...modelRequest(),
        ...idle
      ])
    }).pipe(Effect.provide(scripted({ otherwise: [{ tool: { name: "bash" } }] }))))

  const ask = scripted({
    otherwise: [{ tool: { name: "bash", permission: "ask", result: "done" } }, { say: "{{result}}" }]
  })

  it.scoped("2.6.1 a call that must be confirmed, allowed", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("Go"))
      const before = yield* eventsOf(id)
      assert.deepStrictEqual(types(before), [...running, "user.message", ...modelRequest("agent.tool_use"), ...idle])
      const call = idOf(before, "agent.tool_use")
      assert.deepInclude(before[4], { evaluated_permission: "ask", evaluation: { type: "always_ask" } })
      assert.deepStrictEqual(stopReasons(before), [{ type: "requires_action", event_ids: [call] }])
      assert.deepStrictEqual(before[6].stop_reason, { type: "requires_action", event_ids: [call] })
      const echo = yield* send(id, confirm(call))
      assert.deepStrictEqual(Object.keys(echo.data[0]), ["id", "type", "tool_use_id", "result"])
      const after = (yield* eventsOf(id)).slice(before.length)
      assert.deepStrictEqual(types(after), [
        "user.tool_confirmation",
        ...running,
        "agent.tool_result",
        ...modelRequest("agent.message"),
        ...idle
      ])
      assert.deepInclude(after[3], { tool_use_id: call, content: [{ type: "text", text: "done" }], is_error: false })
    }).pipe(Effect.provide(ask)))

  it.scoped("2.6.2 denied, with and without a message, in the recorded words", () =>
    Effect.gen(function*() {
      const texts: Array<Json> = []
      for (const more of [{ result: "deny" }, { result: "deny", deny_message: "Not today" }]) {
        const id = yield* createSession()
        yield* send(id, message("Go"))
        const before = yield* eventsOf(id)
        yield* send(id, confirm(idOf(before, "agent.tool_use"), more))
        const after = (yield* eventsOf(id)).slice(before.length)
        assert.deepStrictEqual(types(after), [
          "user.tool_confirmation",
          ...running,
          "agent.tool_result",
          ...modelRequest("agent.message"),
          ...idle
        ])
        assert.strictEqual(after[3].is_error, true)
        texts.push(after[3].content)
      }
      assert.deepStrictEqual(texts, [
        [{ type: "text", text: "Permission to use bash has been rejected." }],
        [{ type: "text", text: "Permission to use bash has been rejected. Rejection message: Not today" }]
      ])
    }).pipe(Effect.provide(ask)))

  it.scoped("2.6.6, 2.6.9 a call that the policy denies fails without a question, and the turn goes on", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("Go"))
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events), [
        ...running,
        "user.message",
        ...modelRequest("agent.tool_use"),
        "agent.tool_result",
        ...modelRequest(),
        ...idle
      ])
      assert.deepInclude(events[4], {
        evaluated_permission: "deny",
        evaluation: { type: "auto", evaluated_permission: { type: "deny", reason_code: "high_risk" } }
      })
      assert.deepInclude(events[6], {
        content: [{ type: "text", text: "Permission to use bash has been denied." }],
        is_error: true
      })
      assert.strictEqual(
        yield* refusal("POST", `/v1/sessions/${id}/events`, { events: [confirm(events[4].id)] }),
        `400 invalid_request_error: Invalid user.tool_confirmation event at events[0]: ` +
          `${events[4].id} does not wait for a confirmation`
      )
    }).pipe(Effect.provide(scripted({ otherwise: [{ tool: { name: "bash", permission: "deny" } }] }))))

  it.scoped("2.6.7 without a word in the script the policy of the agent's toolset decides", () =>
    Effect.gen(function*() {
      const id = yield* createSession({
        agent: {
          type: "agent_with_overrides",
          id: "agent_1",
          mcp_servers: [{ type: "url", name: "crm", url: "https://crm.example" }],
          tools: [
            {
              type: "agent_toolset_20260401",
              default_config: { permission_policy: { type: "always_ask" } },
              configs: [{ name: "read", permission_policy: { type: "auto" } }]
            },
            {
              type: "mcp_toolset",
              mcp_server_name: "crm",
              configs: [{ name: "open", permission_policy: { type: "always_allow" } }]
            }
          ]
        }
      })
      yield* send(id, message("Go"))
      const events = (yield* eventsOf(id)).filter((event) => event.type.endsWith("tool_use"))
      assert.deepStrictEqual(
        events.map((event) => [event.name, event.evaluated_permission, event.evaluation.type]),
        [["bash", "ask", "always_ask"], ["read", "allow", "auto"], ["open", "allow", "always_allow"], [
          "close",
          "ask",
          "always_ask"
        ]]
      )
    }).pipe(Effect.provide(scripted({
      otherwise: [{
        together: [
          { tool: { name: "bash" } },
          { tool: { name: "read" } },
          { mcp_tool: { server: "crm", name: "open" } },
          { mcp_tool: { server: "crm", name: "close" } }
        ]
      }]
    }))))
})

describe("MCP tools", () => {
  const script = scripted({
    otherwise: [{ mcp_tool: { server: "crm", name: "find", input: { q: 1 }, result: "Ada" } }, { say: "{{result}}" }]
  })

  it.scoped("ask by default, then answer as MCP", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("Go"))
      const before = yield* eventsOf(id)
      const call = idOf(before, "agent.mcp_tool_use")
      assert.deepInclude(before[4], {
        mcp_server_name: "crm",
        name: "find",
        input: { q: 1 },
        evaluated_permission: "ask"
      })
      yield* send(id, confirm(call))
      const after = (yield* eventsOf(id)).slice(before.length)
      assert.deepStrictEqual(types(after), [
        "user.tool_confirmation",
        ...running,
        "agent.mcp_tool_result",
        ...modelRequest("agent.message"),
        ...idle
      ])
      assert.deepInclude(after[3], { mcp_tool_use_id: call, content: [{ type: "text", text: "Ada" }], is_error: false })
    }).pipe(Effect.provide(script)))

  it.scoped("2.6.5 denied under their full name", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("Go"))
      yield* send(id, confirm(idOf(yield* eventsOf(id), "agent.mcp_tool_use"), { result: "deny" }))
      const denied = (yield* eventsOf(id)).find((event) => event.type === "agent.mcp_tool_result")
      assert.strictEqual(denied.content[0].text, "Permission to use mcp__crm__find has been rejected.")
    }).pipe(Effect.provide(script)))
})

describe("custom tools", () => {
  const script = scripted({
    otherwise: [{ custom_tool: { name: "get_order", input: { id: "{{text}}" } } }, { say: "It is {{result}}" }]
  })

  it.scoped("2.2.3, 2.4.5, 2.5.1, 2.5.2, 2.5.3, 2.5.6, 2.6.8 wait for the client, and go on when it answers", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const stream = yield* open(`/v1/sessions/${id}/events/stream`)
      yield* send(id, message("1234"))
      const before = yield* eventsOf(id)
      assert.deepStrictEqual(types(before), [
        ...running,
        "user.message",
        ...modelRequest("agent.custom_tool_use"),
        ...idle
      ])
      const call = idOf(before, "agent.custom_tool_use")
      assert.deepInclude(before[4], { name: "get_order", input: { id: "1234" } })
      assert.notProperty(before[4], "evaluated_permission")
      assert.deepStrictEqual(stopReasons(before), [{ type: "requires_action", event_ids: [call] }])
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* eventsOf(id), before)
      const echo = yield* send(id, result(call, "lost"))
      const after = (yield* eventsOf(id)).slice(before.length)
      assert.deepStrictEqual(types(after), [
        "user.custom_tool_result",
        ...running,
        ...modelRequest("agent.message"),
        ...idle
      ])
      // processed on receipt
      assert.deepStrictEqual(echo.data[0], after[0])
      assert.strictEqual(after[4].content[0].text, "It is lost")
      yield* settle
      assert.deepStrictEqual(stream.seen, yield* eventsOf(id))
    }).pipe(Effect.provide(script)))

  it.scoped("2.5.5 a second answer is accepted and has no effect", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("1"))
      const call = idOf(yield* eventsOf(id), "agent.custom_tool_use")
      yield* send(id, result(call, "a"))
      const before = yield* eventsOf(id)
      const echo = yield* send(id, result(call, "b"))
      assert.match(echo.data[0].id, /^sevt_/)
      assert.isString(echo.data[0].processed_at)
      assert.deepStrictEqual(yield* eventsOf(id), before)
    }).pipe(Effect.provide(script)))

  it.scoped("2.5.9 a result for a call that does not exist, or is of another kind, is refused", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("1"))
      const url = `/v1/sessions/${id}/events`
      const before = yield* eventsOf(id)
      assert.strictEqual(
        yield* refusal("POST", url, { events: [result("sevt_nope")] }),
        "400 invalid_request_error: Invalid user.custom_tool_result event at events[0]: " +
          "no custom tool use with id sevt_nope"
      )
      const message_ = idOf(before, "user.message")
      assert.match(yield* refusal("POST", url, { events: [result(message_)] }), /^400 .*no custom tool use/)
      const call = idOf(before, "agent.custom_tool_use")
      assert.match(yield* refusal("POST", url, { events: [confirm(call)] }), /^400 .*does not wait for a confirmation/)
      assert.match(
        yield* refusal("POST", url, { events: [confirm("sevt_nope")] }),
        /^400 .*no tool use with id sevt_nope/
      )
      assert.deepStrictEqual(yield* eventsOf(id), before)
    }).pipe(Effect.provide(script)))

  it.scoped("what is optional and null is left out of what is stored", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("1"))
      const call = idOf(yield* eventsOf(id), "agent.custom_tool_use")
      const echo = yield* send(id, { ...result(call), is_error: null })
      assert.notProperty(echo.data[0], "is_error")
    }).pipe(Effect.provide(script)))

  it.scoped("2.5.7 the thread that an old client names is ignored", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("1"))
      const call = idOf(yield* eventsOf(id), "agent.custom_tool_use")
      const echo = yield* send(id, { ...result(call), session_thread_id: "sthr_wrong" })
      assert.notProperty(echo.data[0], "session_thread_id")
      assert.deepStrictEqual(stopReasons(yield* eventsOf(id)).at(-1), { type: "end_turn" })
    }).pipe(Effect.provide(script)))
})

describe("several pending calls", () => {
  const two = scripted({
    otherwise: [{ together: [{ custom_tool: { name: "a" } }, { custom_tool: { name: "b" } }] }, { say: "{{result}}" }]
  })

  const start = Effect.gen(function*() {
    const id = yield* createSession()
    yield* send(id, message("Go"))
    const before = yield* eventsOf(id)
    assert.deepStrictEqual(types(before), [
      ...running,
      "user.message",
      ...modelRequest("agent.custom_tool_use", "agent.custom_tool_use"),
      ...idle
    ])
    const a = idOf(before, "agent.custom_tool_use")
    const b = idOf(before, "agent.custom_tool_use", 1)
    assert.deepStrictEqual(stopReasons(before), [{ type: "requires_action", event_ids: [a, b] }])
    const after = Effect.map(eventsOf(id), (events) => events.slice(before.length))
    return { id, a, b, after }
  })

  it.scoped("2.7.1, 2.7.2 one answer: idle again, with the rest", () =>
    Effect.gen(function*() {
      const { a, after, b, id } = yield* start
      yield* send(id, result(a))
      const events = yield* after
      assert.deepStrictEqual(types(events), ["user.custom_tool_result", ...idle])
      assert.deepStrictEqual(stopReasons(events), [{ type: "requires_action", event_ids: [b] }])
      yield* send(id, result(b))
      assert.deepStrictEqual(types((yield* after).slice(events.length)), [
        "user.custom_tool_result",
        ...running,
        ...modelRequest("agent.message"),
        ...idle
      ])
    }).pipe(Effect.provide(two)))

  it.scoped("2.4.6, 2.7.5 the answer of a later call waits, unprocessed at the tail, for that of the earlier one", () =>
    Effect.gen(function*() {
      const { a, after, b, id } = yield* start
      const echo = yield* send(id, result(b, "B"))
      assert.isString(echo.data[0].processed_at)
      const waiting = yield* after
      assert.deepStrictEqual(types(waiting), ["user.custom_tool_result"])
      assert.notProperty(waiting[0], "processed_at")
      assert.strictEqual(waiting[0].id, echo.data[0].id)
      assert.deepStrictEqual(stopReasons(yield* eventsOf(id)).at(-1), { type: "requires_action", event_ids: [a, b] })
      yield* send(id, result(a, "A"))
      const events = yield* after
      assert.deepStrictEqual(types(events), [
        "user.custom_tool_result",
        "user.custom_tool_result",
        ...running,
        ...modelRequest("agent.message"),
        ...idle
      ])
      assert.deepStrictEqual([events[0].custom_tool_use_id, events[1].custom_tool_use_id], [a, b])
      assert.strictEqual(events[5].content[0].text, "B")
    }).pipe(Effect.provide(two)))

  it.scoped("2.3.2, 2.7.2 both answers in one request, in any order", () =>
    Effect.gen(function*() {
      const { a, after, b, id } = yield* start
      const echo = yield* send(id, result(b), result(a))
      assert.deepStrictEqual(echo.data.map((event: Json) => event.custom_tool_use_id), [b, a])
      const events = yield* after
      assert.deepStrictEqual(events.slice(0, 2).map((event) => event.custom_tool_use_id), [a, b])
      assert.deepStrictEqual(types(events).slice(2), [...running, ...modelRequest("agent.message"), ...idle])
    }).pipe(Effect.provide(two)))

  it.scoped("2.7.3, 2.7.6, 2.7.7 allowed siblings of a mixed response run at once, the others when all are answered", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("Go"))
      const before = yield* eventsOf(id)
      const [allowed, asked, custom] = [
        idOf(before, "agent.tool_use"),
        idOf(before, "agent.tool_use", 1),
        idOf(before, "agent.custom_tool_use")
      ]
      assert.deepStrictEqual(types(before), [
        ...running,
        "user.message",
        ...modelRequest("agent.tool_use", "agent.tool_use", "agent.custom_tool_use"),
        "agent.tool_result",
        ...idle
      ])
      assert.strictEqual(before[8].tool_use_id, allowed)
      assert.deepStrictEqual(stopReasons(before), [{ type: "requires_action", event_ids: [asked, custom] }])
      yield* send(id, confirm(asked))
      yield* send(id, result(custom))
      const after = (yield* eventsOf(id)).slice(before.length)
      assert.deepStrictEqual(types(after), [
        "user.tool_confirmation",
        ...idle,
        "user.custom_tool_result",
        ...running,
        "agent.tool_result",
        ...modelRequest(),
        ...idle
      ])
      assert.strictEqual(after[7].tool_use_id, asked)
    }).pipe(Effect.provide(scripted({
      otherwise: [{
        together: [
          { tool: { name: "glob", permission: "allow" } },
          { tool: { name: "bash", permission: "ask" } },
          { custom_tool: { name: "c" } }
        ]
      }]
    }))))

  it.scoped("2.7.8, 2.7.9 a message while answers are missing is refused, in the recorded words", () =>
    Effect.gen(function*() {
      const { a, b, id } = yield* start
      const url = `/v1/sessions/${id}/events`
      const before = yield* eventsOf(id)
      const text = (ids: string) =>
        `400 invalid_request_error: Invalid user.message event at events[0]: waiting on responses to events [${ids}]; ` +
        "only `user.tool_confirmation`, `user.custom_tool_result`, `user.tool_result`, or `user.interrupt` may be sent"
      assert.strictEqual(yield* refusal("POST", url, { events: [message("x")] }), text(`${a}, ${b}`))
      assert.strictEqual(yield* refusal("POST", url, { events: [message("x"), result(b)] }), text(a))
      assert.deepStrictEqual(yield* eventsOf(id), before)
      // what waits for an earlier answer is an answer all the same
      yield* send(id, result(b))
      assert.strictEqual(yield* refusal("POST", url, { events: [message("x")] }), text(a))
      // answers of the same batch count first
      yield* send(id, message("x"), result(a))
      assert.deepStrictEqual(types((yield* eventsOf(id)).slice(before.length)), [
        "user.custom_tool_result",
        "user.custom_tool_result",
        ...running,
        "user.message",
        ...modelRequest("agent.message"),
        ...idle
      ])
    }).pipe(Effect.provide(two)))
})

describe("messages while running", () => {
  it.scoped("2.1.2, 2.3.6, 2.4.1, 2.4.2 wait at the tail of the list, then steer the turn without a pause", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const stream = yield* open(`/v1/sessions/${id}/events/stream`)
      yield* send(id, message("one"))
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "running")
      const echo = yield* send(id, message("two"))
      const waiting = yield* eventsOf(id)
      assert.deepStrictEqual(types(waiting), [...running, "user.message", "span.model_request_start", "user.message"])
      assert.notProperty(waiting[4], "processed_at")
      assert.strictEqual(waiting[4].id, echo.data[0].id)
      yield* settle
      assert.deepStrictEqual(types(stream.seen), types(waiting).slice(0, 4))
      yield* TestClock.adjust("1 second")
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events), [
        ...running,
        "user.message",
        ...modelRequest("agent.tool_use"),
        "agent.tool_result",
        "user.message",
        ...modelRequest("agent.message"),
        ...idle
      ])
      assert.strictEqual(events[9].content[0].text, "Read two")
      yield* settle
      assert.deepStrictEqual(stream.seen, events)
    }).pipe(Effect.provide(scripted({
      otherwise: [AgentScript.sleep("1 second"), { tool: { name: "bash" } }, { say: "Read {{text}}" }]
    }))))

  it.scoped("2.4.3 chain into another request when the one in flight was the last", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("one"))
      yield* send(id, message("two"))
      yield* TestClock.adjust("1 second")
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events), [
        ...running,
        "user.message",
        ...modelRequest("agent.message"),
        "user.message",
        ...modelRequest("agent.message"),
        ...idle
      ])
      assert.strictEqual(events[8].content[0].text, "second")
    }).pipe(
      Effect.provide(scripted({ turns: [[AgentScript.sleep("1 second"), { say: "first" }], [{ say: "second" }]] }))
    ))

  it.scoped("whoever asks when something is due finds that it has happened", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      // of two sleeps that end together, one older and one younger than the simulator's, one is first to wake up
      const ask = Effect.fork(Effect.delay(eventsOf(id), "1 second"))
      const older = yield* ask
      yield* settle
      yield* send(id, message("one"))
      const younger = yield* ask
      yield* TestClock.adjust("1 second")
      for (const asked of [older, younger]) {
        assert.strictEqual((yield* Fiber.join(asked)).at(-1).type, "session.status_idle")
      }
    }).pipe(Effect.provide(scripted({ otherwise: [AgentScript.sleep("1 second")] }))))

  it.scoped("sleeping is counted as activity, and priced", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* TestClock.adjust("10 seconds")
      yield* send(id, message("go"))
      yield* TestClock.adjust("2 hours")
      const session = yield* ok("GET", `/v1/sessions/${id}`)
      assert.deepStrictEqual(session.stats, { active_seconds: 3600, duration_seconds: 7210 })
      assert.strictEqual(session.usage.active_seconds, 3600)
      assert.deepStrictEqual(session.usage.list_cost, { amount: "7", currency: "USD" })
      const usage = (yield* eventsOf(id)).find((event) => event.type === "session.usage")
      assert.deepStrictEqual(usage.usage, session.usage)
    }).pipe(Effect.provide(scripted({ otherwise: [AgentScript.sleep("1 hour")] }))))
})

describe("usage", () => {
  it.scoped("counts web searches", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      const { usage } = yield* ok("GET", `/v1/sessions/${id}`)
      assert.deepStrictEqual(usage.server_tool_use, { web_search_requests: 1, web_fetch_requests: 0 })
      assert.strictEqual(usage.list_cost.amount, "1")
    }).pipe(Effect.provide(scripted({
      otherwise: [
        { tool: { name: "web_search" } },
        { tool: { name: "web_search", is_error: true } },
        { tool: { name: "web_search", permission: "deny" } }
      ]
    }))))

  it.scoped("2.3.11 is cumulative, and the sum of the requests", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      for (const text of ["one", "two", "three"]) yield* send(id, message(text))
      const events = yield* eventsOf(id)
      const requests = events.filter((event) => event.type === "span.model_request_end").map((event) =>
        event.model_usage
      )
      assert.deepStrictEqual(Object.keys(requests[0]), [
        "input_tokens",
        "output_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
        "speed"
      ])
      const sum = (field: string) => requests.reduce((total, usage) => total + usage[field], 0)
      const { usage } = events.filter((event) => event.type === "session.usage").at(-1)
      assert.strictEqual(usage.input_tokens, sum("input_tokens"))
      assert.strictEqual(usage.output_tokens, sum("output_tokens"))
      assert.strictEqual(usage.cache_read_input_tokens, sum("cache_read_input_tokens"))
      assert.isAbove(usage.cache_read_input_tokens, 0)
      assert.strictEqual(usage.cache_creation.ephemeral_5m_input_tokens, sum("cache_creation_input_tokens"))
      assert.deepStrictEqual((yield* ok("GET", `/v1/sessions/${id}`)).usage, usage)
    }).pipe(Effect.provide(layer())))
})
