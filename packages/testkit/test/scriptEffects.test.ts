import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import * as AgentScript from "../src/AgentScript.ts"
import * as Simulator from "../src/Simulator.ts"
import { idle, modelRequest, running, stopReasons } from "./utils/shapes.ts"
import type { Json } from "./utils/wire.ts"
import { createSession, eventsOf, layer, message, ok, refusal, scripted, send, settle, types } from "./utils/wire.ts"

/** A simulator whose agent does in every turn what the Effect says. */
const played = <R = never>(run: (agent: AgentScript.Agent) => Effect.Effect<void, unknown, R>, rules = {}) =>
  scripted<R>({ otherwise: [AgentScript.effect(run)] }, { rules })

const texts = (events: ReadonlyArray<Json>): ReadonlyArray<string> =>
  events.flatMap((event) => event.type === "agent.message" ? [event.content[0].text] : [])

const open = (events: ReadonlyArray<Json>): ReadonlyArray<string> => stopReasons(events).at(-1)?.event_ids ?? []

const result = (id: string, more: object = {}) => ({
  type: "user.custom_tool_result",
  custom_tool_use_id: id,
  content: [{ type: "text", text: "42" }],
  ...more
})

const interrupt = { type: "user.interrupt" }

const image = { type: "image", source: { type: "url", url: "https://example.com/a.png" } }

describe("an Effect plays the agent", () => {
  it.scoped("it emits, calls, waits for results and decides; all of it is there when the answer is", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("1234"))
      const [call] = open(yield* eventsOf(id))
      yield* send(id, result(call!, { content: [image, { type: "text", text: "lost" }], is_error: true }))
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(types(events), [
        ...running,
        "user.message",
        ...modelRequest("agent.thinking", "agent.custom_tool_use"),
        ...idle,
        "user.custom_tool_result",
        ...running,
        ...modelRequest("agent.message", "agent.tool_use"),
        "agent.tool_result",
        ...modelRequest("agent.message"),
        ...idle
      ])
      assert.deepStrictEqual(events[5].input, { id: "1234" })
      assert.deepStrictEqual(texts(events), ["true: lost in 2 blocks", "bash said done"])
    }).pipe(Effect.provide(played((agent) =>
      Effect.gen(function*() {
        yield* agent.think
        const order = yield* agent.customTool({ name: "get_order", input: { id: agent.text } })
        yield* agent.say(`${order.is_error}: ${order.text} in ${order.content.length} blocks`)
        const { text } = yield* agent.tool({ name: "bash", result: "done" })
        yield* agent.say(`bash said ${text}`)
      })
    ))))

  it.scoped("calls of one response come back in their order, with what the client said about each", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      const calls = open(yield* eventsOf(id))
      const confirm = (at: number, more: object) => ({
        type: "user.tool_confirmation",
        tool_use_id: calls[at],
        ...more
      })
      yield* send(
        id,
        result(calls[2]!),
        confirm(1, { result: "deny", deny_message: "not there" }),
        confirm(0, { result: "allow" })
      )
      assert.deepStrictEqual(texts(yield* eventsOf(id)).map((text) => JSON.parse(text)), [[
        [false, "listed", { result: "allow", deny_message: null }],
        [
          true,
          "Permission to use mcp__crm__drop has been rejected. Rejection message: not there",
          { result: "deny", deny_message: "not there" }
        ],
        [false, "42", null],
        [true, "Permission to use bash has been denied.", null]
      ]])
    }).pipe(Effect.provide(played((agent) =>
      Effect.gen(function*() {
        const [list, drop, mine, bash] = yield* agent.together([
          AgentScript.tool({ name: "read", permission: "ask", result: "listed" }),
          AgentScript.mcpTool({ server: "crm", name: "drop", permission: "ask" }),
          AgentScript.customTool({ name: "mine" }),
          AgentScript.tool({ name: "bash", permission: "deny" })
        ])
        yield* agent.say(
          JSON.stringify([list, drop, mine, bash].map((one) => [one.is_error, one.text, one.confirmation]))
        )
      })
    ))))

  it.scoped("texts are taken as they are, except in steps", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      assert.deepStrictEqual(texts(yield* eventsOf(id)), ["{{text}}", "x"])
    }).pipe(
      Effect.provide(
        played((agent) => Effect.zipRight(agent.say("{{text}}"), agent.play([AgentScript.say("{{text}}")])))
      )
    ))

  it.scoped("tasks are delegated one by one or together, and reports come back", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("bees"))
      const events = yield* eventsOf(id)
      const { data } = yield* ok("GET", `/v1/sessions/${id}/threads`)
      assert.deepStrictEqual(texts(events), [
        JSON.stringify([
          { threadId: data[1].id, agent: "Researcher", text: "found bees in 1 message" },
          { threadId: data[2].id, agent: "Researcher", text: "own" },
          { threadId: data[3].id, agent: "Researcher", text: "found wasps in 1 message" }
        ])
      ])
      assert.deepStrictEqual(stopReasons(events), [{ type: "end_turn" }])
    }).pipe(Effect.provide(layer({
      agents: {
        agent_r: {
          agent: { name: "Researcher" },
          script: {
            otherwise: [
              AgentScript.effect((agent) => agent.say(`found ${agent.text} in ${agent.messages.length} message`))
            ]
          }
        },
        agent_1: {
          agent: { name: "Lead", multiagent: { type: "coordinator", agents: ["agent_r"] } },
          script: {
            otherwise: [AgentScript.effect((agent) =>
              Effect.gen(function*() {
                const one = yield* agent.delegate({ agent: "Researcher", message: agent.text })
                const own = AgentScript.make({ otherwise: [AgentScript.effect((child) => child.say("own"))] })
                const more = yield* agent.delegateAll([
                  { agent: "Researcher", message: "own", script: own },
                  { agent: "Researcher", message: "wasps" }
                ])
                yield* agent.say(JSON.stringify([one, ...more]))
              })
            )]
          }
        }
      }
    }))))

  it.scoped("any event can be emitted, and is listed with a stamp and an id", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      const event = (yield* eventsOf(id)).find((one) => one.type === "agent.telepathy")
      assert.deepInclude(event, { type: "agent.telepathy", n: 1 })
      assert.match(`${event.id} ${event.processed_at}`, /^sevt_\w+ \d{4}-/)
    }).pipe(Effect.provide(played((agent) => agent.emit({ type: "agent.telepathy", n: 1 })))))

  it.scoped("an Effect may stand between steps and within another", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      assert.deepStrictEqual(texts(yield* eventsOf(id)), ["1", "2", "3", "4", "5"])
    }).pipe(Effect.provide(scripted({
      otherwise: [
        AgentScript.say("1"),
        AgentScript.effect((outer) =>
          outer.play([AgentScript.say("2"), AgentScript.effect((inner) => inner.say("3")), AgentScript.say("4")])
        ),
        AgentScript.say("5")
      ]
    }))))
})

// ---------------------------------------------------------------------------------------------------------------------

const calls = FastCheck.oneof(
  FastCheck.record({ tool: FastCheck.record({ name: FastCheck.constant("bash") }) }),
  FastCheck.record({
    tool: FastCheck.record({
      name: FastCheck.constant("read"),
      permission: FastCheck.constantFrom("allow" as const, "ask" as const, "deny" as const),
      result: FastCheck.constant("r"),
      is_error: FastCheck.boolean()
    })
  }),
  FastCheck.constant({ mcp_tool: { server: "crm", name: "find" } }),
  FastCheck.constant({ custom_tool: { name: "mine", input: { a: 1 } } })
)
const steps = FastCheck.array(
  FastCheck.oneof(
    FastCheck.constant({ think: true as const }),
    FastCheck.constant({ say: ["a", "b"] }),
    FastCheck.constant({ compact: true as const }),
    FastCheck.constantFrom({ sleep: 250 }, { sleep: 1500 }),
    FastCheck.constant({ reschedule: { millis: 10 } }),
    FastCheck.constantFrom(
      { fail: { type: "model_overloaded_error", retry_status: "retrying" as const } },
      { fail: { type: "mcp_connection_failed_error", retry_status: "retrying" as const } },
      { fail: { type: "billing_error", retry_status: "exhausted" as const } }
    ),
    FastCheck.constant({ refuse: {} }),
    calls,
    FastCheck.record({ together: FastCheck.array(calls, { minLength: 1, maxLength: 3 }) })
  ),
  { maxLength: 8 }
)

/** The same turn, one operation after another. */
const perform = (agent: AgentScript.Agent, turn: AgentScript.Turn): Effect.Effect<void> =>
  Effect.forEach(turn, (step): Effect.Effect<unknown> => {
    if ("think" in step) return agent.think
    if ("say" in step) return agent.say("a", "b")
    if ("compact" in step) return agent.compact
    if ("sleep" in step) return agent.sleep(step.sleep)
    if ("reschedule" in step) return agent.reschedule(step.reschedule.millis)
    if ("fail" in step) return agent.fail(step.fail)
    if ("refuse" in step) return agent.refuse(step.refuse)
    if ("tool" in step) return agent.tool(step.tool)
    if ("mcp_tool" in step) return agent.mcpTool(step.mcp_tool)
    if ("custom_tool" in step) return agent.customTool(step.custom_tool)
    return "together" in step ? agent.together(step.together) : agent.play([step])
  }, { discard: true })

/** Plays a turn to its end, answers what it asks for and steers it once; whatever was listed and streamed comes out. */
const converse = (script: AgentScript.Script) =>
  Effect.gen(function*() {
    const id = yield* createSession()
    yield* send(id, message("go"))
    for (let i = 0; i < 20; i++) {
      const session = yield* ok("GET", `/v1/sessions/${id}`)
      if (session.status === "terminated") break
      const events = yield* eventsOf(id)
      const pending = open(events)
      if (pending.length > 0) {
        yield* send(
          id,
          ...pending.map((call) => {
            const use = events.find((event) => event.id === call)
            return use.type === "agent.custom_tool_use"
              ? result(call)
              : { type: "user.tool_confirmation", tool_use_id: call, result: i % 2 === 0 ? "allow" : "deny" }
          })
        )
      } else if (session.status !== "idle") {
        if (i === 1) yield* send(id, message("steer"))
        yield* TestClock.adjust("1 second")
      } else break
    }
    return yield* eventsOf(id)
  }).pipe(Effect.provide(layer({
    agents: { agent_1: { agent: { name: "A", tools: [{ type: "agent_toolset_20260401" }] }, script } }
  })))

describe("the law of operations", () => {
  it.effect.prop(
    "operations are steps: the same turn gives the same events, in either form",
    [steps],
    ([turn]) =>
      Effect.gen(function*() {
        // what goes wrong at the very start is told before an Effect could do anything
        const data = [AgentScript.think, ...turn]
        const forms = [
          { otherwise: data },
          { otherwise: [AgentScript.effect((agent) => perform(agent, data))] },
          { otherwise: [AgentScript.effect((agent) => agent.play(data))] }
        ]
        const [asData, asOperations, asOne] = yield* Effect.forEach(forms, (script) =>
          Effect.zipRight(TestClock.setTime(0), converse(script)))
        assert.deepStrictEqual(asOperations, asData)
        assert.deepStrictEqual(asOne, asData)
      }),
    { fastCheck: { numRuns: 50 } }
  )
})

describe("messages", () => {
  it.scoped("a turn begins with all that was sent, whole", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("one"), { type: "user.message", content: [image, { type: "text", text: "two" }] })
      assert.deepStrictEqual(JSON.parse(texts(yield* eventsOf(id))[0]!), [
        "two",
        [
          { type: "user.message", text: "one", content: [{ type: "text", text: "one" }] },
          { type: "user.message", text: "two", content: [image, { type: "text", text: "two" }] }
        ]
      ])
    }).pipe(Effect.provide(played((agent) => agent.say(JSON.stringify([agent.text, agent.messages]))))))

  it.scoped("the next one steers the turn, or begins another in which the Effect goes on", () =>
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
      yield* send(id, message("three"), message("four"))
      yield* send(id, message("five"))
      const rest = (yield* eventsOf(id)).slice(events.length)
      assert.deepStrictEqual(types(rest), [
        ...running,
        "user.message",
        "user.message",
        ...modelRequest("agent.message", "agent.message"),
        ...idle,
        ...running,
        "user.message",
        ...modelRequest("agent.message"),
        ...idle
      ])
      assert.deepStrictEqual(texts(yield* eventsOf(id)), ["begin one", "two", "three", "four", "five"])
      assert.deepStrictEqual(stopReasons(rest), [{ type: "end_turn" }, { type: "end_turn" }])
    }).pipe(Effect.provide(played((agent) =>
      Effect.gen(function*() {
        yield* agent.say(`begin ${agent.text}`)
        yield* agent.sleep("1 second")
        while (true) {
          const { text } = yield* agent.nextMessage
          yield* agent.say(text)
        }
      })
    ))))

  it.scoped("while an Effect waits for one, nothing is to be stopped; a session may be archived", () =>
    Effect.gen(function*() {
      const left = yield* Ref.make(0)
      yield* Effect.gen(function*() {
        const id = yield* createSession()
        yield* send(id, message("one"))
        yield* send(id, interrupt)
        yield* send(id, message("two"))
        assert.deepStrictEqual(texts(yield* eventsOf(id)), ["two"])
        assert.strictEqual(yield* Ref.get(left), 0)
        yield* ok("POST", `/v1/sessions/${id}/archive`)
        yield* settle
        assert.strictEqual(yield* Ref.get(left), 1)
      }).pipe(
        Effect.provide(
          played((agent) =>
            Effect.forever(Effect.flatMap(agent.nextMessage, ({ text }) => agent.say(text))).pipe(
              Effect.ensuring(Ref.update(left, (n) => n + 1))
            )
          )
        )
      )
    }))

  it.scoped("polling takes what is there and never ends the turn", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("one"))
      yield* TestClock.adjust("1 second")
      yield* send(id, message("two"))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(texts(yield* eventsOf(id)), ["none", "two"])
      assert.lengthOf(stopReasons(yield* eventsOf(id)), 1)
    }).pipe(Effect.provide(played((agent) =>
      Effect.gen(function*() {
        yield* agent.sleep("1 second")
        const first = yield* agent.pollMessage
        yield* agent.say(Option.match(first, { onNone: () => "none", onSome: ({ text }) => text }))
        yield* agent.sleep("1 second")
        const second = yield* agent.pollMessage
        yield* agent.say(Option.match(second, { onNone: () => "none", onSome: ({ text }) => text }))
      })
    ))))

  it.scoped("a grader that wants a revision is heard", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, { type: "user.define_outcome", description: "a poem", rubric: { type: "text", content: "r" } })
      const events = yield* eventsOf(id)
      assert.deepStrictEqual(texts(events), ["user.define_outcome: a poem", "span.outcome_evaluation_end: longer"])
      assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).outcome_evaluations[0].result, "satisfied")
    }).pipe(Effect.provide(scripted({
      grades: [{ result: "needs_revision", explanation: "longer" }],
      otherwise: [AgentScript.effect((agent) =>
        Effect.gen(function*() {
          let [wish] = agent.messages
          while (wish !== undefined) {
            yield* agent.say(`${wish.type}: ${wish.text}`)
            wish = yield* agent.nextMessage
          }
        })
      )]
    }))))
})

describe("an Effect and its turn", () => {
  it.scoped("an interrupt interrupts it, and its finalizers run, whatever it waits for", () =>
    Effect.gen(function*() {
      const seen = yield* Ref.make<ReadonlyArray<string>>([])
      const note = (text: string) => Ref.update(seen, (all) => [...all, text])
      yield* Effect.gen(function*() {
        for (let i = 0; i < 2; i++) {
          const id = yield* createSession()
          yield* send(id, message("x"))
          yield* send(id, interrupt)
          const events = yield* eventsOf(id)
          assert.deepStrictEqual(texts(events), [])
          assert.deepStrictEqual(stopReasons(events).at(-1), { type: "end_turn" })
          yield* send(id, message("again"))
          assert.deepStrictEqual(texts(yield* eventsOf(id)), ["turn 1"])
        }
      }).pipe(Effect.provide(played((agent) =>
        (agent.turn === 1 ? agent.say("turn 1") : Effect.gen(function*() {
          yield* agent.think
          if ((yield* Ref.get(seen)).length === 0) yield* agent.customTool({ name: "mine" })
          yield* Effect.never
        })).pipe(
          // too late for the agent to say anything
          Effect.onInterrupt(() => Effect.zipRight(note("interrupted"), Effect.exit(agent.say("wait"))))
        )
      )))
      assert.deepStrictEqual(yield* Ref.get(seen), ["interrupted", "interrupted"])
    }))

  it.scoped("what ends the turn ends it", () =>
    Effect.gen(function*() {
      const ended = yield* Ref.make(0)
      const endings: ReadonlyArray<(agent: AgentScript.Agent) => Effect.Effect<void>> = [
        (agent) => agent.refuse({ category: "cyber" }),
        (agent) => agent.fail({ type: "billing_error", retry_status: "exhausted" }),
        (agent) => agent.fail({ type: "billing_error", retry_status: "terminal" })
      ]
      const reasons = yield* Effect.forEach(endings, (end) =>
        Effect.gen(function*() {
          const id = yield* createSession()
          yield* send(id, message("x"))
          const events = yield* eventsOf(id)
          assert.deepStrictEqual(texts(events), [])
          return stopReasons(events).at(-1)?.type ?? events.at(-1).type
        }).pipe(Effect.provide(played((agent) =>
          end(agent).pipe(
            Effect.zipRight(agent.say("still here")),
            Effect.onInterrupt(() => Ref.update(ended, (n) => n + 1))
          )
        ))))
      assert.deepStrictEqual(reasons, ["refusal", "retries_exhausted", "session.status_terminated"])
      assert.strictEqual(yield* Ref.get(ended), 3)
    }))

  it.scoped("an operation cannot be taken back: the next one waits", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      yield* TestClock.adjust("1 minute")
      const before = yield* eventsOf(id)
      assert.deepStrictEqual(types(before), [
        ...running,
        "user.message",
        ...modelRequest("agent.custom_tool_use"),
        ...idle
      ])
      yield* send(id, result(open(before)[0]!))
      assert.deepStrictEqual(texts(yield* eventsOf(id)), ["None"])
    }).pipe(Effect.provide(played((agent) =>
      Effect.gen(function*() {
        const answer = yield* Effect.timeoutOption(agent.customTool({ name: "mine" }), "1 minute")
        yield* agent.say(answer._tag)
      })
    ))))

  it.scoped("a message that nobody waits for any more is for who waits next", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("one"))
      yield* TestClock.adjust("1 minute")
      yield* send(id, message("two"))
      assert.deepStrictEqual(texts(yield* eventsOf(id)), ["None", "two"])
    }).pipe(Effect.provide(played((agent) =>
      Effect.gen(function*() {
        const none = yield* Effect.timeoutOption(agent.nextMessage, "1 minute")
        yield* agent.say(none._tag)
        yield* agent.say((yield* agent.nextMessage).text)
      })
    ))))

  it.scoped("an Effect that ends before what it has begun lets it be played", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      yield* TestClock.adjust("1 minute")
      yield* send(id, result(open(yield* eventsOf(id))[0]!))
      assert.deepStrictEqual(texts(yield* eventsOf(id)), ["after"])
    }).pipe(Effect.provide(scripted({
      otherwise: [
        AgentScript.effect((agent) =>
          Effect.asVoid(Effect.timeoutOption(agent.customTool({ name: "mine" }), "1 minute"))
        ),
        AgentScript.say("after")
      ]
    }))))

  it.scoped("operations asked for at once are played one after another, in the order of asking", () =>
    Effect.gen(function*() {
      const id = yield* createSession()
      yield* send(id, message("x"))
      yield* send(id, result(open(yield* eventsOf(id))[0]!))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(
        types(yield* eventsOf(id)).filter((type) => /^agent|_result/.test(type)),
        ["agent.custom_tool_use", "user.custom_tool_result", "agent.thinking", "agent.message"]
      )
    }).pipe(Effect.provide(played((agent) =>
      Effect.all([
        agent.customTool({ name: "mine" }),
        agent.think,
        Effect.zipRight(agent.sleep("1 second"), agent.say("end"))
      ], { concurrency: "unbounded", discard: true })
    ))))

  it.scoped("pauses with a budget, and goes on with it", () =>
    Effect.gen(function*() {
      const limit = (amount: string) => ({ type: "limit", max_list_cost: { amount, currency: "USD" } })
      const id = yield* createSession({ budget: limit("5") })
      yield* send(id, message("x"))
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(stopReasons(yield* eventsOf(id)), [{ type: "budget_reached" }])
      yield* ok("POST", `/v1/sessions/${id}`, { budget: limit("500") })
      assert.deepStrictEqual(texts(yield* eventsOf(id)), ["done"])
    }).pipe(Effect.provide(played((agent) =>
      Effect.gen(function*() {
        yield* agent.sleep("1 hour")
        yield* agent.tool({ name: "bash" })
        yield* agent.say("done")
      })
    ))))

  it.scoped("the order in which other fibers run makes no difference", () =>
    Effect.gen(function*() {
      const play = (n: number) =>
        Effect.gen(function*() {
          yield* TestClock.setTime(0)
          const ids = yield* Effect.forEach([1, 2, 3], (k) =>
            Effect.gen(function*() {
              yield* Effect.repeatN(Effect.yieldNow(), (n * k) % 7)
              const id = yield* createSession({ title: `${k}` })
              yield* Effect.repeatN(Effect.yieldNow(), (n + k) % 5)
              yield* send(id, message("x"))
              return id
            }), { concurrency: "unbounded" })
          yield* TestClock.adjust("1 minute")
          return yield* Effect.forEach(ids, eventsOf)
        }).pipe(Effect.provide(played((agent) =>
          Effect.gen(function*() {
            yield* Effect.yieldNow()
            yield* agent.think
            yield* Effect.sleep("10 seconds")
            yield* agent.say("a")
            yield* agent.sleep("10 seconds")
            yield* Effect.repeatN(Effect.yieldNow(), 3)
            yield* agent.say("b")
          })
        )))
      const wanted = yield* play(0)
      assert.lengthOf(texts(wanted.flat()), 6)
      for (let n = 1; n < 6; n++) assert.deepStrictEqual(yield* play(n), wanted)
    }))

  it("its requirements are those of the layer", () => {
    class Orders extends Context.Tag("Orders")<Orders, number>() {}
    const needy = AgentScript.make({
      turns: [[
        AgentScript.effect((agent) => Effect.flatMap(Orders, (n) => agent.sleep(n))),
        AgentScript.effect((agent) => agent.play([AgentScript.effect(() => Effect.asVoid(Orders))]))
      ]]
    })
    const wants: Layer.Layer<Simulator.Simulator, never, Orders> = Simulator.layer({ script: needy })
    // the next line is to be wrong
    // @ts-expect-error -- the service is missing
    // @effect-diagnostics-next-line missingLayerContext:off
    const lacks: Layer.Layer<Simulator.Simulator> = Simulator.layer({ script: needy })
    assert.isTrue(Layer.isLayer(wants) && Layer.isLayer(lacks))
  })
})

// ---------------------------------------------------------------------------------------------------------------------

/** How the session of a script ends that cannot be played on. */
const failure = (script: AgentScript.Script, rules: object = {}) =>
  Effect.gen(function*() {
    const id = yield* createSession()
    yield* send(id, message("x"))
    const simulator = yield* Simulator.Simulator
    // in real time: nothing happens in virtual time, which is the point
    while ((yield* simulator.failures).length === 0) {
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    }
    const events = yield* eventsOf(id)
    assert.deepStrictEqual(types(events).slice(-2), ["session.error", "session.status_terminated"])
    const { error } = events.at(-2)
    assert.deepStrictEqual(error.retry_status, { type: "terminal" })
    const failures = yield* simulator.failures
    assert.deepStrictEqual(failures.map((one) => [one.sessionId, one.agentId, one.message]), [
      [id, "agent_1", error.message]
    ])
    assert.include(error.message, failures[0]!.step)
    assert.match(yield* refusal("POST", `/v1/sessions/${id}/events`, { events: [message("y")] }), /terminated/)
    return String(error.message)
  }).pipe(Effect.scoped, Effect.provide(layer({ script, rules })))

const broken = (run: (agent: AgentScript.Agent) => Effect.Effect<void, unknown>, rules: object = {}) =>
  failure({ turns: [[AgentScript.think, AgentScript.effect(run)]] }, rules)

const soon = { scriptTimeout: Duration.millis(20) }

describe("a script that misbehaves ends its session with an error that says where and why", () => {
  it.effect("an Effect that fails, dies, throws or interrupts itself", () =>
    Effect.gen(function*() {
      const at = "The script of agent agent_1 failed in turn 0 at turns[0][1] (effect)"
      class OutOfStock {
        readonly _tag = "OutOfStock"
        readonly message = "none left"
      }
      assert.strictEqual(yield* broken(() => Effect.fail("no")), `${at}: Error: no`)
      assert.include(yield* broken(() => Effect.fail(new OutOfStock())), `${at}: `)
      assert.match(yield* broken(() => Effect.fail(new OutOfStock())), /none left/)
      assert.include(yield* broken(() => Effect.dieMessage("boom")), "boom")
      assert.include(
        yield* broken(() => {
          throw new Error("thrown")
        }),
        "thrown"
      )
      assert.match(yield* broken(() => Effect.interrupt), /interrupted/)
      assert.include(
        yield* broken((agent) => Effect.zipRight(agent.think, Effect.fail("no"))),
        "turns[0][1] (effect), operation 1: "
      )
    }))

  it.effect("an Effect that waits for what never happens, in virtual time too", () =>
    Effect.gen(function*() {
      const why = /waits for something that does not happen/
      assert.match(yield* broken(() => Effect.never, soon), why)
      assert.match(yield* broken(() => Effect.sleep("1 hour"), soon), why)
      assert.match(yield* broken((agent) => Effect.zipRight(agent.think, Effect.never), soon), why)
      assert.match(yield* broken(() => Effect.forever(Effect.yieldNow()), soon), why)
    }))

  it.effect("a turn that runs in circles", () =>
    Effect.gen(function*() {
      const few = { maxStepsPerTurn: 50 }
      assert.match(yield* broken((agent) => Effect.forever(agent.think), few), /operation 49, think: .* 50 steps/)
      assert.match(yield* broken((agent) => Effect.forever(agent.pollMessage), few), /longer than 50 steps/)
      assert.match(
        yield* failure({ otherwise: Array(51).fill(AgentScript.think) }, few),
        /at otherwise\[50\] \(think\)/
      )
    }))

  it.effect("a result for a call that does not exist, and a task for nobody", () =>
    Effect.gen(function*() {
      assert.match(
        yield* broken((agent) => agent.emit({ type: "agent.tool_result", tool_use_id: "sevt_1", content: [] })),
        /operation 1, emit: agent.tool_result answers a call that does not exist: "sevt_1"$/
      )
      assert.match(
        yield* broken((agent) => Effect.asVoid(agent.delegate({ agent: "Nobody", message: "x" }))),
        /operation 1, delegate: no agent of the roster is named "Nobody"; there is none$/
      )
      assert.match(
        yield* broken((agent) =>
          agent.play([
            AgentScript.think,
            AgentScript.effect((inner) =>
              inner.play([
                AgentScript.delegate({ agent: "Nobody", message: "x" })
              ])
            )
          ])
        ),
        /turns\[0\]\[1\] \(effect\), operation 1, effect, operation 1, delegate: /
      )
    }))

  it.effect("is logged", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => lines.push(`${logLevel.label} ${String(message)}`))
      const why = yield* Effect.provide(broken(() => Effect.fail("no")), Logger.replace(Logger.defaultLogger, logger))
      assert.deepStrictEqual(lines.filter((line) => line.startsWith("ERROR")), [`ERROR ${why}`])
    }))

  it.scoped("one that only takes its time is left alone while something happens, or for as long as told", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      yield* Effect.gen(function*() {
        const id = yield* createSession()
        yield* send(id, message("x"))
        yield* TestClock.adjust("2 hours")
        assert.strictEqual((yield* ok("GET", `/v1/sessions/${id}`)).status, "running")
        yield* Deferred.succeed(gate, undefined)
        yield* settle
        assert.deepStrictEqual(texts(yield* eventsOf(id)), ["done"])
      }).pipe(Effect.provide(played(
        (agent) => Effect.zipRight(Deferred.await(gate), agent.say("done")),
        { scriptTimeout: Duration.infinity }
      )))
    }))
})
