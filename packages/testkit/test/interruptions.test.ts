import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../src/AgentScript.ts"
import { interrupt } from "./utils/answers.ts"
import { idle, modelRequest, running, stopReasons } from "./utils/shapes.ts"
import { createSession, eventsOf, layer, message, ok, refusal, scripted, send, settle, types } from "./utils/wire.ts"

const words = [{ type: "text", text: "Tool execution was interrupted before completion. Please retry." }]

describe("an interrupt", () => {
  it.scoped("2.8.1, 2.8.3, 2.8.6, 2.8.7 ends a model request and the turn, as end_turn", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      yield* TestClock.adjust("500 millis")
      const echo = yield* send(id, interrupt)
      assert.deepStrictEqual(Object.keys(echo.data[0]), ["id", "type"])
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events), [
        ...running,
        "user.message",
        ...modelRequest("agent.thinking"),
        "user.interrupt",
        ...idle
      ])
      assert.strictEqual(events[5].is_error, true)
      assert.strictEqual(events[6].id, echo.data[0].id)
      assert.deepStrictEqual(stopReasons(events), [{ type: "end_turn" }])
      // what was left of the turn never happens
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* eventsOf(id), events)
    }).pipe(Effect.provide(scripted({ otherwise: [{ think: true }, { sleep: 1000 }, { say: "never" }] }))))

  it.scoped("2.8.4 jumps ahead of queued messages, which start the next turn", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("one"))
      yield* send(id, message("two"))
      yield* send(id, interrupt)
      assert.deepStrictEqual(types(yield* eventsOf(id)), [
        ...running,
        "user.message",
        ...modelRequest(),
        "user.interrupt",
        ...idle,
        ...running,
        "user.message",
        "span.model_request_start"
      ])
    }).pipe(Effect.provide(scripted({ otherwise: [{ sleep: 1000 }] }))))

  it.scoped("2.8.5, 2.8.8, 2.8.9 closes the calls that wait, each in its own kind, without asking the model", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      const before = yield* eventsOf(id)
      yield* send(id, interrupt)
      const after = (yield* eventsOf(id)).slice(before.length)
      assert.deepStrictEqual(types(after), [
        "agent.tool_result",
        "agent.mcp_tool_result",
        "user.custom_tool_result",
        "user.interrupt",
        ...idle
      ])
      for (const event of after.slice(0, 3)) assert.deepInclude(event, { is_error: true, content: words })
      assert.deepStrictEqual(
        [after[0].tool_use_id, after[1].mcp_tool_use_id, after[2].custom_tool_use_id],
        [before[4].id, before[5].id, before[6].id]
      )
      assert.deepStrictEqual(stopReasons(after), [{ type: "end_turn" }])
      yield* send(id, message("again"))
    }).pipe(Effect.provide(scripted({
      turns: [[{
        together: [
          { tool: { name: "bash", permission: "ask" } },
          { mcp_tool: { server: "s", name: "m", permission: "ask" } },
          { custom_tool: { name: "c" } }
        ]
      }]]
    }))))

  it.scoped("closes a call that was confirmed and waits for its siblings, and drops answers that came too early", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      const before = yield* eventsOf(id)
      const [ask, a, b] = [before[4].id, before[5].id, before[6].id]
      yield* send(id, { type: "user.tool_confirmation", tool_use_id: ask, result: "allow" })
      yield* send(id, { type: "user.custom_tool_result", custom_tool_use_id: b })
      const middle = yield* eventsOf(id)
      yield* send(id, interrupt)
      const after = (yield* eventsOf(id)).slice(middle.length - 1)
      assert.deepStrictEqual(types(after), [
        "agent.tool_result",
        "user.custom_tool_result",
        "user.custom_tool_result",
        "user.interrupt",
        ...idle
      ])
      assert.deepStrictEqual(after.slice(0, 3).map((event) => event.tool_use_id ?? event.custom_tool_use_id), [
        ask,
        a,
        b
      ])
      for (const event of after.slice(0, 3)) assert.deepStrictEqual(event.content, words)
    }).pipe(Effect.provide(scripted({
      turns: [[{
        together: [
          { tool: { name: "bash", permission: "ask" } },
          { custom_tool: { name: "a" } },
          { custom_tool: { name: "b" } }
        ]
      }]]
    }))))

  it.scoped("2.7.10, 2.8.19, 2.8.20 together with a message redirects, also while calls wait", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      const before = yield* eventsOf(id)
      yield* send(id, interrupt, message("other"))
      assert.deepStrictEqual(types((yield* eventsOf(id)).slice(before.length)), [
        "user.custom_tool_result",
        "user.interrupt",
        ...idle,
        ...running,
        "user.message",
        ...modelRequest("agent.message"),
        ...idle
      ])
    }).pipe(Effect.provide(scripted({ turns: [[{ custom_tool: { name: "c" } }]] }))))

  it.scoped("2.8.10, 2.8.11 with nothing to stop is stored and changes nothing else", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, interrupt)
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events), ["user.interrupt"])
      assert.isString(events[0].processed_at)
    }).pipe(Effect.provide(layer())))

  it.scoped("2.8.11 with nothing to stop may be dropped instead", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, interrupt)
      assert.deepStrictEqual(yield* eventsOf(id), [])
    }).pipe(Effect.provide(layer({ rules: { storeQuietInterrupts: false } }))))

  it.scoped("2.8.15 may name a thread, which must exist", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      const url = `/v1/sessions/${id}/events`
      assert.strictEqual(
        yield* refusal("POST", url, { events: [{ ...interrupt, session_thread_id: "sthr_nope" }] }),
        "404 not_found_error: Thread not found: sthr_nope"
      )
      const { data: [primary] } = yield* ok("GET", `/v1/sessions/${id}/threads`)
      const echo = yield* send(id, { ...interrupt, session_thread_id: primary.id })
      assert.strictEqual(echo.data[0].session_thread_id, primary.id)
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "idle")
    }).pipe(Effect.provide(scripted({ otherwise: [{ sleep: 1000 }] }))))
})

describe("errors inside a session", () => {
  const failing = (fail: AgentScript.Failure) => scripted({ turns: [[{ fail }, { say: "after" }]] })

  it.scoped("2.1.5, 2.2.7, 2.15.4, 2.15.6 terminal: the recorded end of a context that is too long", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events), [
        ...running,
        "user.message",
        ...modelRequest(),
        "session.error",
        "session.status_terminated"
      ])
      assert.deepInclude(events[4], {
        is_error: true,
        model_usage: {
          input_tokens: 0,
          output_tokens: 0,
          cache_read_input_tokens: 0,
          cache_creation_input_tokens: 0,
          speed: null
        }
      })
      assert.deepStrictEqual(events[5].error, {
        type: "unknown_error",
        message: "prompt is too long",
        retry_status: { type: "terminal" }
      })
      const session = yield* ok("GET", `/v1/sessions/${id}`)
      assert.deepInclude(session, { status: "terminated", archived_at: null })
      assert.match(
        yield* refusal("POST", `/v1/sessions/${id}/events`, { events: [message("x")] }),
        /^400 .*Cannot send events to terminated session/
      )
      assert.match(yield* refusal("POST", `/v1/sessions/${id}`, { title: "x" }), /^400/)
      yield* ok("POST", `/v1/sessions/${id}/archive`)
    }).pipe(
      Effect.provide(failing({ type: "unknown_error", message: "prompt is too long", retry_status: "terminal" }))
    ))

  it.scoped("2.15.3 exhausted: the turn ends, queued messages are dropped, and a new one is welcome", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      yield* send(id, message("dropped"))
      yield* TestClock.adjust("1 second")
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events), [
        ...running,
        "user.message",
        ...modelRequest(),
        "session.error",
        ...idle
      ])
      assert.deepStrictEqual(stopReasons(events), [{ type: "retries_exhausted" }])
      yield* send(id, message("y"))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(stopReasons(yield* eventsOf(id)).at(-1), { type: "end_turn" })
    }).pipe(Effect.provide(scripted({
      turns: [[{ sleep: 1000 }, { fail: { type: "model_overloaded_error", retry_status: "exhausted" } }]]
    }))))

  it.scoped("2.15.2 retrying: the turn goes on with another request", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events), [
        ...running,
        "user.message",
        ...modelRequest(),
        "session.error",
        ...modelRequest("agent.message"),
        ...idle
      ])
      assert.deepStrictEqual(events[5].error.retry_status, { type: "retrying" })
    }).pipe(Effect.provide(failing({ type: "model_rate_limited_error", retry_status: "retrying" }))))

  it.scoped("retrying as the last step: the model is asked again all the same", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      assert.deepStrictEqual(types(yield* eventsOf(id)).slice(3), [
        ...modelRequest(),
        "session.error",
        ...modelRequest(),
        ...idle
      ])
    }).pipe(
      Effect.provide(scripted({ turns: [[{ fail: { type: "model_overloaded_error", retry_status: "retrying" } }]] }))
    ))

  it.scoped("2.3.4, 2.15.8 of the start of the session are told between the two running events, and block nothing", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events), [
        "session.status_running",
        "session.error",
        "session.error",
        "session.thread_status_running",
        "user.message",
        ...modelRequest("agent.message"),
        ...idle
      ])
      assert.deepInclude(events[1].error, { type: "mcp_connection_failed_error", mcp_server_name: "crm" })
      assert.deepInclude(events[2].error, { type: "repository_clone_error", repository_url: null })
    }).pipe(Effect.provide(scripted({
      turns: [[
        { fail: { type: "mcp_connection_failed_error", retry_status: "retrying", mcp_server_name: "crm" } },
        { fail: { type: "repository_clone_error", retry_status: "retrying" } },
        { say: "anyway" }
      ]]
    }))))

  it.scoped("2.15.5 of a limit come after a request that has not failed; later setbacks between two requests", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events).slice(2), [
        "user.message",
        ...modelRequest("agent.message"),
        "session.error",
        ...modelRequest(),
        "session.error",
        ...idle
      ])
      assert.deepStrictEqual(events.filter((e) => e.type === "span.model_request_end").map((e) => e.is_error), [
        false,
        false
      ])
    }).pipe(Effect.provide(scripted({
      turns: [[
        { say: "a" },
        { fail: { type: "mcp_authentication_failed_error", retry_status: "retrying" } },
        { fail: { type: "compaction_limit_reached_error", retry_status: "exhausted" } }
      ]]
    }))))

  it.scoped("2.15.7 may be of a type that nobody knows yet", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      const error = (yield* eventsOf(id)).find((event) => event.type === "session.error")
      assert.strictEqual(error.error.type, "quantum_error")
    }).pipe(Effect.provide(failing({ type: "quantum_error", retry_status: "exhausted" }))))
})

describe("rescheduling", () => {
  it.scoped("2.1.4, 2.2.5, 2.2.6, 2.2.11 pauses the session, queues what is sent, and refuses what a running session refuses", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      assert.deepStrictEqual(types(yield* eventsOf(id)).slice(3), [
        ...modelRequest("agent.thinking"),
        "session.thread_status_rescheduled",
        "session.status_rescheduled"
      ])
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "rescheduling")
      assert.match(yield* refusal("POST", `/v1/sessions/${id}/archive`), /^400 .*"rescheduling"/)
      assert.match(yield* refusal("DELETE", `/v1/sessions/${id}`), /^400/)
      assert.match(yield* refusal("POST", `/v1/sessions/${id}`, { agent: { tools: [] } }), /^400/)
      yield* send(id, message("y"))
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(types(yield* eventsOf(id)).slice(8), [
        ...running,
        "user.message",
        ...modelRequest("agent.message"),
        ...idle
      ])
    }).pipe(
      Effect.provide(scripted({ turns: [[{ think: true }, AgentScript.reschedule("5 seconds"), { say: "{{text}}" }]] }))
    ))
})

it.scoped("rescheduled as the last step: the model is asked again all the same", () =>
  Effect.gen(function*() {
    const id = yield* createSession()
    yield* send(id, message("x"))
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(types(yield* eventsOf(id)).slice(-7), [...running, ...modelRequest(), ...idle])
  }).pipe(Effect.provide(scripted({ turns: [[{ say: "a" }, AgentScript.reschedule("1 second")]] }))))

describe("refusal and compaction", () => {
  it.scoped("2.3.14 a refusal is a stop reason of its own, with its details on both idle events", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events), [...running, "user.message", ...modelRequest(), ...idle])
      const details = { type: "refusal", category: "cyber", explanation: null }
      for (const i of [5, 7]) assert.deepInclude(events[i], { stop_reason: { type: "refusal" }, stop_details: details })
    }).pipe(Effect.provide(scripted({ turns: [[AgentScript.refuse({ category: "cyber" }), { say: "never" }]] }))))

  it.scoped("2.16.1, 2.16.2 compaction lies between two requests", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      assert.deepStrictEqual(types(yield* eventsOf(id)), [
        ...running,
        "user.message",
        ...modelRequest("agent.message"),
        "agent.thread_context_compacted",
        ...modelRequest("agent.message"),
        ...idle
      ])
    }).pipe(Effect.provide(scripted({ turns: [[{ say: "a" }, AgentScript.compact, { say: "b" }]] }))))
})

class Orders extends Context.Tag("Orders")<Orders, { readonly find: (id: string) => Effect.Effect<string> }>() {}

describe("Effects in a script", () => {
  it.scoped("use services, see the turn, and decide what comes next", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("1234"))
      yield* settle
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events), [
        ...running,
        "user.message",
        ...modelRequest("agent.tool_use"),
        "agent.tool_result",
        ...modelRequest("agent.message"),
        ...idle
      ])
      assert.strictEqual(events[4].input.order, "order 1234 of turn 0")
      assert.strictEqual(events[8].content[0].text, "Sent: shipped")
    }).pipe(
      Effect.provide(
        scripted<Orders>({
          otherwise: [
            AgentScript.effect((agent) =>
              Effect.gen(function*() {
                const orders = yield* Orders
                const order = yield* orders.find(agent.text)
                yield* agent.tool({
                  name: "ship",
                  input: { order: `${order} of turn ${agent.turn}` },
                  result: "shipped"
                })
              })
            ),
            AgentScript.effect((agent) => agent.say(`Sent: ${agent.result}`))
          ]
        }).pipe(Layer.provide(Layer.succeed(Orders, { find: (id) => Effect.succeed(`order ${id}`) })))
      )
    ))

  it.scoped("take the time they take, while the session runs", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      yield* settle
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "running")
      yield* TestClock.adjust("1 minute")
      const session = yield* ok("GET", `/v1/sessions/${id}`)
      assert.deepInclude(session, { status: "idle" })
      assert.strictEqual(session.usage.active_seconds, 60)
    }).pipe(Effect.provide(scripted({ otherwise: [AgentScript.effect(() => Effect.sleep("1 minute"))] }))))

  it.scoped("that fail or die end the session with an error that says why", () =>
    Effect.gen(function*() {
      for (const broken of [Effect.fail("out of stock"), Effect.dieMessage("boom")]) {
        yield* Effect.gen(function*() {
          const id = yield* createSession()
          yield* send(id, message("x"))
          yield* settle
          const events = yield* eventsOf(id)
          assert.deepStrictEqual(types(events).slice(-2), ["session.error", "session.status_terminated"])
          assert.deepStrictEqual(types(events).slice(3, 6), modelRequest("agent.thinking"))
          assert.match(
            events.at(-2).error.message,
            /^The script of agent agent_1 failed in turn 0 at otherwise\[1\] \(effect\): .*(out of stock|boom)/
          )
        }).pipe(Effect.provide(scripted({ otherwise: [AgentScript.think, AgentScript.effect(() => broken)] })))
      }
    }))

  it.scoped("are interrupted with the turn, with the session, and with the simulator", () =>
    Effect.gen(function*() {
      const interrupted = yield* Ref.make(0)
      const never = AgentScript.effect(() =>
        Effect.onInterrupt(Effect.never, () => Ref.update(interrupted, (n) => n + 1))
      )
      yield* Effect.gen(function*() {
        const id = yield* createSession()
        yield* send(id, message("x"))
        yield* settle
        yield* send(id, interrupt)
        yield* settle
        assert.strictEqual(yield* Ref.get(interrupted), 1)
        assert.deepStrictEqual(stopReasons(yield* eventsOf(id)), [{ type: "end_turn" }])
        yield* send(id, message("y"))
        yield* settle
      }).pipe(Effect.provide(scripted({ otherwise: [never] })))
      yield* settle
      assert.strictEqual(yield* Ref.get(interrupted), 2)
    }))

  it.scoped("do not hold up other requests", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      yield* Effect.gen(function*() {
        const id = yield* createSession()
        yield* send(id, message("x"))
        yield* settle
        assert.deepStrictEqual(types(yield* eventsOf(id)), [...running, "user.message"])
        yield* Deferred.succeed(gate, undefined)
        yield* settle
        assert.strictEqual((yield* eventsOf(id)).at(-1).type, "session.status_idle")
      }).pipe(Effect.provide(scripted({ otherwise: [AgentScript.effect(() => Deferred.await(gate))] })))
    }))
})
