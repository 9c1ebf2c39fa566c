import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as Fixtures from "../src/Fixtures.ts"
import * as Ledger from "../src/Ledger.ts"
import * as Simulator from "../src/Simulator.ts"
import type { Json } from "./utils/wire.ts"
import {
  call,
  createSession,
  eventsOf,
  headers,
  layer,
  message,
  ok,
  open,
  scripted,
  send,
  settle
} from "./utils/wire.ts"

const start = TestClock.setTime(1_800_000_000_000)

const customCall = { custom_tool: { name: "weather", input: { city: "Paris" } } }
const askCall = { tool: { name: "bash", permission: "ask" } } as const

/** The calls that a session has made. */
const callsOf = (id: string) =>
  Effect.map(eventsOf(id), (events) => events.filter(({ type }) => type.endsWith("_use")).map(({ id }): string => id))

const result = (id: string | undefined, text = "fine") => ({
  type: "user.custom_tool_result",
  custom_tool_use_id: id,
  content: [{ type: "text", text }]
})
const allow = (id: string | undefined) => ({ type: "user.tool_confirmation", tool_use_id: id, result: "allow" })

const attempt = (id: string, ...events: ReadonlyArray<object>) => call("POST", `/v1/sessions/${id}/events`, { events })

/** What was wrong, without the ids. */
const broken = (...laws: ReadonlyArray<Ledger.Law>) =>
  Effect.map(
    Ledger.check(...laws),
    (violations) => violations.map(({ law, message }) => `${law}: ${message.replace(/\b(sevt|sesn)_\w+/g, "$1")}`)
  )

describe("laws", () => {
  it.effect("a program that does right breaks none", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* Effect.scoped(Effect.gen(function*() {
        yield* open(`/v1/sessions/${id}/events/stream`)
        yield* send(id, message("Hello"))
        const [custom, ask] = yield* callsOf(id)
        yield* send(id, allow(ask))
        yield* send(id, result(custom))
        yield* settle
      }))
      yield* ok("POST", `/v1/sessions/${id}/archive`)
      yield* Ledger.assertAll
      assert.deepStrictEqual(yield* Ledger.check(...Ledger.defaults, Ledger.messagesOnce), [])
    }).pipe(Effect.provide(scripted({ otherwise: [{ together: [customCall, askCall] }, { say: "Done." }] }))))

  it.effect("answered once: not twice, and not never", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("Hello"))
      const [custom, ask] = yield* callsOf(id)
      yield* send(id, result(custom))
      yield* send(id, result(custom))
      assert.deepStrictEqual(yield* broken(Ledger.answeredOnce), [
        "answered once: agent.custom_tool_use sevt (weather) was answered 2 times",
        "answered once: agent.tool_use sevt (bash) was not answered"
      ])
      // an answer that is there and waits for that of an earlier call is an answer
      yield* send(id, allow(ask))
      yield* send(id, { type: "user.interrupt" })
      yield* send(id, message("Again"))
      const [, , , second] = yield* callsOf(id)
      yield* send(id, allow(second))
      assert.deepStrictEqual(yield* broken(Ledger.answeredOnce), [
        "answered once: agent.custom_tool_use sevt (weather) was answered 2 times",
        "answered once: agent.custom_tool_use sevt (weather) was not answered"
      ])
    }).pipe(Effect.provide(scripted({ otherwise: [{ together: [customCall, askCall] }] }))))

  it.effect("answered once: not what was interrupted, or has ended with its session", () =>
    Effect.gen(function*() {
      const [interrupted, archived, deleted] = [yield* createSession(), yield* createSession(), yield* createSession()]
      for (const id of [interrupted, archived, deleted]) yield* send(id, message("Hello"))
      yield* send(interrupted, { type: "user.interrupt" })
      yield* ok("POST", `/v1/sessions/${archived}/archive`)
      yield* ok("DELETE", `/v1/sessions/${deleted}`)
      yield* Ledger.assertAll
    }).pipe(Effect.provide(scripted({ otherwise: [customCall] }))))

  it.effect("answered once: a worker's call wants a confirmation and a result", () =>
    Effect.gen(function*() {
      const id = yield* createSession({ environment_id: "env_self" })
      yield* send(id, message("Hello"))
      const [use] = yield* callsOf(id)
      yield* send(id, allow(use))
      assert.deepStrictEqual(yield* broken(Ledger.answeredOnce), [
        "answered once: agent.tool_use sevt (bash) was not answered"
      ])
      const body = { events: [{ type: "user.tool_result", tool_use_id: use, content: [] }] }
      const worker = { headers: { ...headers, "x-api-key": "sk-ant-oat01-worker" } }
      assert.strictEqual((yield* call("POST", `/v1/sessions/${id}/events`, body, worker)).status, 200)
      yield* Ledger.assertAll
    }).pipe(Effect.provide(scripted({ otherwise: [askCall] }))))

  it.effect("answers exist", () =>
    Effect.gen(function*() {
      const [id, other] = [yield* createSession(), yield* createSession()]
      yield* send(id, message("Hello"))
      const [use] = yield* callsOf(id)
      assert.strictEqual((yield* attempt(other, result(use))).status, 400)
      assert.strictEqual((yield* attempt(id, allow("sevt_nope"))).status, 400)
      assert.strictEqual((yield* attempt("sesn_nope", result(use))).status, 404)
      assert.deepStrictEqual(yield* broken(Ledger.answersExist), [
        "answers exist: user.custom_tool_result for sevt, which is no call of sesn",
        "answers exist: user.tool_confirmation for sevt, which is no call of sesn",
        "answers exist: user.custom_tool_result for sevt, which is no call of sesn"
      ])
    }).pipe(Effect.provide(scripted({ otherwise: [customCall] }))))

  it.effect("quiet after the end", () =>
    Effect.gen(function*() {
      const [archived, deleted, terminated] = [yield* createSession(), yield* createSession(), yield* createSession()]
      yield* ok("POST", `/v1/sessions/${archived}/archive`)
      yield* ok("DELETE", `/v1/sessions/${deleted}`)
      yield* send(terminated, message("Hello"))
      yield* Ledger.assertAll
      for (const id of [archived, deleted, terminated]) yield* attempt(id, message("Are you there?"))
      assert.deepStrictEqual(yield* broken(Ledger.quietAfterEnd), [
        "quiet after the end: events were sent to session sesn, which was terminated or archived",
        "quiet after the end: events were sent to session sesn, which was deleted",
        "quiet after the end: events were sent to session sesn, which was terminated or archived"
      ])
    }).pipe(
      Effect.provide(scripted({ otherwise: [{ fail: { type: "unknown_error", retry_status: "terminal" } }] }))
    ))

  it.effect("none running, none open", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* Effect.scoped(Effect.gen(function*() {
        yield* open(`/v1/sessions/${id}/events/stream`)
        yield* send(id, message("Hello"))
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* broken(...Ledger.defaults), [
          "none running: session sesn is still running",
          "none open: stream 1 of sesn is still open"
        ])
      }))
      yield* TestClock.adjust("1 minute")
      yield* Ledger.assertAll
      // a stream that the service ends is not open, whether or not it is read to its end
      const simulator = yield* Simulator.Simulator
      yield* Effect.scoped(Effect.gen(function*() {
        yield* open(`/v1/sessions/${id}/events/stream`)
        yield* simulator.closeStreams(id)
        yield* Ledger.assertAll
      }))
    }).pipe(Effect.provide(scripted({ otherwise: [{ sleep: 60_000 }] }))))

  it.effect("messages once", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("Hello"))
      yield* send(id, message("Well?"))
      assert.deepStrictEqual(yield* broken(Ledger.messagesOnce), [])
      yield* send(id, message("Hello"))
      yield* send(id, message("Hello"))
      assert.deepStrictEqual(yield* broken(Ledger.messagesOnce), [
        "messages once: [{\"type\":\"text\",\"text\":\"Hello\"}] was sent 3 times to sesn"
      ])
      yield* TestClock.adjust("1 minute")
      const { reset } = yield* Simulator.Simulator
      yield* reset
      const fresh = yield* createSession()
      yield* send(fresh, message("Hello"))
      yield* TestClock.adjust("1 minute")
      yield* send(fresh, message("Hello"))
      assert.deepStrictEqual(yield* broken(Ledger.messagesOnce), [])
    }).pipe(Effect.provide(scripted({ otherwise: [{ sleep: 1000 }] }))))

  it.effect("a law of one's own", () =>
    Effect.gen(function*() {
      yield* createSession()
      const noSessions: Ledger.Law = {
        name: "no sessions",
        offences: ({ sessions }) => sessions.map(({ id }) => ({ message: "a session", sessionId: id, moments: [] }))
      }
      const violation = yield* Effect.flip(Ledger.assert(noSessions))
      assert.strictEqual(violation._tag, "LedgerViolation")
      assert.deepStrictEqual(violation.violations.map(({ law }) => law), ["no sessions"])
      assert.include(violation.message, violation.timeline)
      // what a test runner prints beside the message
      assert.deepStrictEqual(Object.keys(violation).filter((key) => key !== "message"), ["_tag"])
    }).pipe(Effect.provide(layer())))
})

describe("the timeline", () => {
  it.effect("has what happens in a session that began after the time of the test at the time at which it happens", () =>
    Effect.gen(function*() {
      yield* send(Fixtures.sessionId, message("Hello"))
      yield* TestClock.adjust("1 second")
      yield* call("GET", `/v1/sessions/${Fixtures.sessionId}`)
      const { moments } = yield* Effect.flatMap(Simulator.Simulator, ({ history }) => history)
      const events = moments.filter(({ _tag }) => _tag === "Emitted")
      assert.isAbove(events.length, 2)
      for (const { at } of events) assert.strictEqual(at, "1970-01-01T00:00:00Z")
      assert.strictEqual(moments.at(-1)?.at, "1970-01-01T00:00:01Z")
    }).pipe(Effect.provide(layer({ fixtures: Fixtures.docs }))))

  it.effect("of a call that is answered twice", () =>
    Effect.gen(function*() {
      yield* start
      const id = yield* createSession({ title: "Trip" })
      yield* Effect.scoped(Effect.gen(function*() {
        yield* open(`/v1/sessions/${id}/events/stream`)
        yield* send(id, message("What is the weather in Paris, and what should I wear to the party tonight?"))
        yield* TestClock.adjust("5 seconds")
        const [use] = yield* callsOf(id)
        yield* send(id, result(use, "72 °F"))
        yield* send(id, result(use, "72 °F\u001b[2J\n"))
        yield* settle
      }))
      yield* TestClock.adjust("2 hours")
      yield* send(id, message("天気はどうですか。天気はどうですか。天気はどうですか。"))
      yield* ok("POST", `/v1/sessions/${id}/archive`)
      yield* attempt(id, message("Bye"), { type: "user.interrupt" })
      const { message: text } = yield* Effect.flip(Ledger.assertAll)
      assert.isTrue(text.split("\n").every((line) => line.length <= 120), text)
      assert.strictEqual(
        text,
        `The client broke laws of the API:
  1. answered once: agent.custom_tool_use sevt_011CuSfG2sTJVSVhpAELqqYm (weather) was answered 2 times
  2. quiet after the end: events were sent to session sesn_011C4P9Pz7yp12JRErZBDdLX, which was terminated or archived

Times are since 2027-01-15T08:00:00Z
  A = sesn_011C4P9Pz7yp12JRErZBDdLX

                client                                         │ service
───────────────────────────────────────────────────────────────┼────────────────────────────────────────────────────────
       0:00.000 POST /v1/sessions                          200 │
                  {"agent":"agent_1","environment_id":"env_1"… │
                GET A/events/stream                        200 │
                                                               │ ┌ stream 1 of A opens
                POST A/events                              200 │
                  user.message "What is the weather in Paris,… │ took sevt_…pJEn
                                                               │ A session.status_running
                                                               │ A session.thread_status_running
                                                               │ A user.message "What is the weather in Paris, and what…
                                                               │ A span.model_request_start
                                                               │ A agent.thinking
1▶     0:04.321                                                │ A agent.custom_tool_use sevt_…qqYm weather({"city":"Pa…
                                                               │ A span.model_request_end
                                                               │ A session.thread_status_idle requires_action sevt_…qqYm
                                                               │ A session.usage
                                                               │ A session.status_idle requires_action sevt_…qqYm
       0:05.000 GET A/events                               200 │
                POST A/events                              200 │
1▶                user.custom_tool_result sevt_…qqYm "72 °F"   │ took sevt_…QYcM
                                                               │ A user.custom_tool_result sevt_…qqYm "72 °F"
                                                               │ A session.status_running
                                                               │ A session.thread_status_running
                                                               │ A span.model_request_start
                                                               │ A agent.message "It is 72 °F."
                                                               │ A span.model_request_end
                                                               │ A session.thread_status_idle end_turn
                                                               │ A session.usage
                                                               │ A session.status_idle end_turn
                POST A/events                              200 │
1▶                user.custom_tool_result sevt_…qqYm "72 °F\\u… │ took sevt_…Hyj3
                └ leaves stream 1 of A                         │
    2:00:05.000 POST A/events                              200 │
                  user.message "天気はどうですか。天気はどう…  │ took sevt_…7mhz
                                                               │ A session.status_running
                                                               │ A session.thread_status_running
                                                               │ A user.message "天気はどうですか。天気はどうですか。天…
                                                               │ A span.model_request_start
                                                               │ A agent.message "You said: 天気はどうですか。天気はど…
                                                               │ A span.model_request_end
                                                               │ A session.thread_status_idle end_turn
                                                               │ A session.usage
                                                               │ A session.status_idle end_turn
                POST A/archive                             200 │
2▶                                                             │ A session.status_terminated
2▶              POST A/events                              400 │
                  user.message "Bye"                           │
                  user.interrupt                               │`
      )
    }).pipe(Effect.provide(scripted({
      turns: [[{ think: true }, { sleep: 4321 }, customCall, { say: "It is {{result}}." }]]
    }))))

  it.effect("of several sessions and threads: only what concerns the violation", () =>
    Effect.gen(function*() {
      yield* start
      const [id, other] = [yield* createSession(), yield* createSession({ agent: "agent_2" })]
      for (let i = 0; i < 10; i++) yield* ok("GET", `/v1/sessions/${id}`)
      yield* send(other, message("Nothing to see here"))
      yield* send(id, message("Go"))
      const child = (yield* ok("GET", `/v1/sessions/${id}/threads`)).data[1].id
      yield* Effect.scoped(open(`/v1/sessions/${id}/threads/${child}/stream`))
      const asks = (yield* eventsOf(id)).find((event: Json) => event.type === "agent.tool_use")
      yield* send(id, allow(asks.id))
      yield* TestClock.adjust("1 second")
      for (let i = 0; i < 30; i++) yield* ok("GET", `/v1/sessions/${id}?beta=true`)
      const { timeline } = yield* Effect.flip(Ledger.assertAll)
      assert.strictEqual(
        timeline,
        `Times are since 2027-01-15T08:00:00Z
  A = sesn_011CoVrqhpsJXP83PTihMRbe
  A1 = sthr_011CEEfHMarmyMC1A5q8jRkW (Researcher)

             client                                         │ service
────────────────────────────────────────────────────────────┼───────────────────────────────────────────────────────────
    0:00.000 POST /v1/sessions                          200 │
               {"agent":"agent_1","environment_id":"env_1"} │
    ⋮ 31 more
                                                            │ A session.status_idle requires_action sevt_…A5BW
             GET A/threads                              200 │
             GET A/threads/A1/stream                    200 │
                                                            │ ┌ stream 1 of A1 opens
             └ leaves stream 1 of A1                        │
             GET A/events                               200 │
             POST A/events                              200 │
               user.tool_confirmation sevt_…A5BW allow      │ took sevt_…3KfE
                                                            │ A user.tool_confirmation sevt_…A5BW allow
                                                            │ A1 user.tool_confirmation sevt_…A5BW allow
1▶                                                          │ A session.status_running
                                                            │ A1 session.thread_status_running
                                                            │ A1 agent.tool_result sevt_…A5BW "OK"
                                                            │ A1 span.model_request_start
    0:01.000 GET A?beta=true                            200 │
             GET A?beta=true                            200 │
             GET A?beta=true                            200 │
             GET A?beta=true                            200 │
             GET A?beta=true                            200 │
             GET A?beta=true                            200 │
             GET A?beta=true                            200 │
    ⋮ 21 more
             GET A?beta=true                            200 │
             GET A?beta=true                            200 │`
      )
    }).pipe(Effect.provide(layer({
      agents: {
        agent_2: { agent: { name: "Researcher", tools: [{ type: "agent_toolset_20260401" }] } },
        agent_1: {
          agent: {
            name: "Lead",
            tools: [{ type: "agent_toolset_20260401" }],
            multiagent: { type: "coordinator", agents: ["agent_2"] }
          },
          script: {
            otherwise: [
              {
                delegate: {
                  agent: "Researcher",
                  message: "Look it up",
                  script: { otherwise: [askCall, { sleep: 9000 }] }
                }
              }
            ]
          }
        }
      }
    }))))
})
