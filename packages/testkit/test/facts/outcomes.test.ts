/**
 * Section 2.10 of FIDELITY.md: outcomes.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import type * as AgentScript from "../../src/AgentScript.ts"
import {
  createSession,
  eventsOf,
  idle,
  idOf,
  interrupt,
  message,
  modelRequest,
  ok,
  refusal,
  scripted,
  send,
  statusOf,
  stopReasons,
  types
} from "../utils/facts.ts"

describe("outcomes", () => {
  const define = (more: object = {}) => ({
    type: "user.define_outcome",
    description: "A summary",
    rubric: { type: "text", content: "Short" },
    ...more
  })
  const outcomeOf = (id: string) =>
    Effect.map(ok("GET", `/v1/sessions/${id}`), (session) => session.outcome_evaluations)
  const slow: AgentScript.Script = {
    otherwise: [{ sleep: 1000 }, { say: "{{text}}" }],
    grades: [{ result: "needs_revision", explanation: "too long", millis: 25_000 }]
  }

  it.scoped("2.10.10 are checked: iterations, rubric, description", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      const url = `/v1/sessions/${id}/events`
      for (
        const wrong of [
          { max_iterations: 0 },
          { max_iterations: 21 },
          { rubric: { type: "text", content: "x".repeat(262_145) } },
          { description: "" }
        ]
      ) assert.match(yield* refusal("POST", url, { events: [define(wrong)] }), /^400 /)
      yield* send(id, define({ max_iterations: 20, rubric: { type: "text", content: "x".repeat(262_144) } }))
      yield* send(id, define({ rubric: { type: "file", file_id: "file_1" } }))
      yield* send(id, define())
      const results = (yield* eventsOf(id)).flatMap((event) =>
        event.type === "span.outcome_evaluation_end" ? [event.result] : []
      )
      assert.deepStrictEqual(results, [
        "satisfied",
        "satisfied",
        // three cycles unless told otherwise
        "needs_revision",
        "needs_revision",
        "max_iterations_reached"
      ])
    }).pipe(Effect.provide(scripted({
      grades: ["satisfied", "satisfied", "needs_revision", "needs_revision", "needs_revision"]
    }))))

  it.scoped("2.10.11, 2.10.12, 2.10.16 go through their states, and a grader that takes its time says so", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("first"))
      yield* send(id, define())
      const seen = () => Effect.map(outcomeOf(id), ([one]) => [one.result, one.iteration, one.completed_at])
      assert.deepStrictEqual(yield* seen(), ["pending", 0, null])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* seen(), ["running", 0, null])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* seen(), ["evaluating", 0, null])
      assert.strictEqual(yield* statusOf(id), "running")
      yield* TestClock.adjust("20 seconds")
      yield* send(id, message("shorter"))
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* seen(), ["running", 0, null])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* seen(), ["satisfied", 1, "1970-01-01T00:00:28Z"])
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events).slice(events.findIndex((e) => e.type === "span.outcome_evaluation_start")), [
        "span.outcome_evaluation_start",
        "span.outcome_evaluation_ongoing",
        "span.outcome_evaluation_ongoing",
        "span.outcome_evaluation_end",
        "user.message",
        ...modelRequest("agent.message"),
        "span.outcome_evaluation_start",
        "span.outcome_evaluation_end",
        ...idle
      ])
      assert.strictEqual(events.findLast((event) => event.type === "agent.message").content[0].text, "shorter")
    }).pipe(Effect.provide(scripted(slow))))

  it.scoped("2.10.16 by rule, a grader says so at other times, or never", () =>
    Effect.gen(function*() {
      for (const [every, count] of [[Duration.seconds(1), 24], [Duration.infinity, 0]] as const) {
        yield* Effect.gen(function*() {
          const id = yield* createSession()
          yield* send(id, define())
          yield* TestClock.adjust("1 minute")
          const beats = (yield* eventsOf(id)).filter((event) => event.type === "span.outcome_evaluation_ongoing")
          assert.strictEqual(beats.length, count)
        }).pipe(Effect.provide(scripted(slow, { rules: { evaluationHeartbeat: every } })))
      }
    }))

  it.scoped("2.8.22 an interrupt ends an evaluation by the id of its start", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, define())
      yield* TestClock.adjust("5 seconds")
      const before = yield* eventsOf(id)
      yield* send(id, interrupt)
      const after = (yield* eventsOf(id)).slice(before.length)
      assert.deepStrictEqual(types(after), ["user.interrupt", "span.outcome_evaluation_end", ...idle])
      assert.deepInclude(after[1], {
        result: "interrupted",
        outcome_evaluation_start_id: idOf(before, "span.outcome_evaluation_start")
      })
      assert.deepStrictEqual(stopReasons(after), [{ type: "end_turn" }])
      // no verdict comes later, and another outcome may
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* eventsOf(id)).length, before.length + after.length)
      yield* send(id, define())
    }).pipe(Effect.provide(scripted(slow))))

  it.scoped("2.10.14 after a failure the next good end is graded; what was only queued is gone", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, define())
      assert.deepInclude((yield* outcomeOf(id))[0], { result: "running", completed_at: null })
      yield* send(id, message("again"))
      assert.deepInclude((yield* outcomeOf(id))[0], { result: "satisfied" })
      // an outcome that is flushed with the turn leaves room for another
      yield* send(id, message("fail"))
      yield* send(id, define())
      yield* TestClock.adjust("1 second")
      assert.deepInclude((yield* outcomeOf(id))[1], { result: "interrupted" })
      yield* send(id, define())
      assert.deepInclude((yield* outcomeOf(id))[2], { result: "satisfied" })
    }).pipe(Effect.provide(scripted({
      turns: [
        [{ fail: { type: "model_overloaded_error", retry_status: "exhausted" } }],
        [{ say: "done" }],
        [{ sleep: 1000 }, { fail: { type: "model_overloaded_error", retry_status: "exhausted" } }]
      ]
    }))))

  it.scoped("2.10.15 by rule, archiving leaves an outcome as it was", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, define())
      const archived = yield* ok("POST", `/v1/sessions/${id}/archive`)
      assert.deepInclude(archived.outcome_evaluations[0], { result: "running", completed_at: null })
    }).pipe(Effect.provide(scripted({ otherwise: [{ custom_tool: { name: "c" } }] }, {
      rules: { archiveInterruptsOutcome: false }
    }))))
})
