// the other end of a real socket lives in real time
// @effect-diagnostics globalTimers:off
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Http from "node:http"
import type { Script } from "../../src/AgentScript.ts"
import { provide } from "../../src/internal/node/virtualTime.ts"
import * as ids from "../../src/internal/session/ids.ts"
import { VirtualClock } from "../../src/internal/time/virtualClock.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as SimulatorServer from "../../src/SimulatorServer.ts"
import * as machine from "../utils/machine.ts"
import type { Json } from "../utils/wire.ts"
import { headers, jsonOf, message, request } from "../utils/wire.ts"

// ---------------------------------------------------------------------------------------------------------------------
// Conversations
// ---------------------------------------------------------------------------------------------------------------------

const ask = { tool: { name: "bash", permission: "ask", result: "done" } } as const
const custom = { custom_tool: { name: "lookup", input: { about: "{{text}}" } } } as const

/** One agent for each kind of thing that happens. */
const scripts: Readonly<Record<string, Script>> = {
  calls: {
    otherwise: [{ think: true }, { together: [{ tool: { name: "bash" } }, custom, ask] }, { sleep: 1234 }, {
      say: "{{text}} {{result}}"
    }]
  },
  delegates: {
    otherwise: [
      {
        delegate: {
          agent: "Researcher",
          message: "{{text}}",
          script: { otherwise: [ask, { sleep: 700 }, { say: ["a", "b"] }] }
        }
      },
      { delegate: { agent: "Researcher", message: "and", script: { otherwise: [{ sleep: 701 }, custom] } } },
      { say: "They said {{result}}" }
    ]
  },
  troubled: {
    turns: [
      [
        { reschedule: { millis: 1500 } },
        { fail: { type: "model_overloaded_error", retry_status: "retrying" } },
        { mcp_tool: { server: "crm", name: "find" } },
        { compact: true },
        { say: "a long text, that is previewed in more than one piece, as long texts are ".repeat(4) }
      ],
      [{ say: "so far" }, { fail: { type: "unknown_error", retry_status: "terminal" } }]
    ],
    otherwise: [{ refuse: { category: "cyber" } }]
  },
  computes: {
    otherwise: [
      {
        effect: ({ play, text }) =>
          Effect.zipRight(Effect.sleep("1700 millis"), play([{ say: `computed ${text}` }, custom]))
      },
      { sleep: 300 },
      { effect: () => Effect.yieldNow() },
      { say: "{{result}}" }
    ]
  },
  strives: { otherwise: [{ sleep: 800 }, { say: "attempt" }], grades: ["needs_revision", "satisfied"] },
  sleeps: { turns: [[{ say: "one" }, { sleep: 3_600_000 }, { say: "two" }]] }
}
const kinds = Object.keys(scripts)

const lookup = { type: "custom", name: "lookup", description: "", input_schema: { type: "object" } } as const

const options = (seed: number): Simulator.Options => ({
  seed,
  environments: { env_1: {} },
  agents: {
    researcher: { agent: { name: "Researcher", tools: [{ type: "agent_toolset_20260401" }, lookup] } },
    ...Object.fromEntries(kinds.map((kind) => [`agent_${kind}`, {
      agent: {
        name: kind,
        mcp_servers: [{ type: "url", name: "crm", url: "https://crm.example" }],
        tools: [{ type: "agent_toolset_20260401" }, { type: "mcp_toolset", mcp_server_name: "crm" }, lookup],
        multiagent: { type: "coordinator", agents: ["researcher"] }
      },
      script: scripts[kind]
    }]))
  }
})

/** A way to the simulator: everything it answers is text, so that it can be compared byte for byte. */
interface Way {
  readonly ask: (
    method: string,
    url: string,
    body?: string
  ) => Effect.Effect<{ readonly head: string; readonly body: string }>
  /** Opens a stream; its bytes are complete when the session is over. */
  readonly open: (url: string) => Effect.Effect<{ readonly head: string; readonly bytes: Effect.Effect<string> }>
}

/** A whole conversation, in parts between which time passes: all that was answered, in the end. */
const converse = (way: Way, kind: string) => {
  const said: Array<string> = []
  const streams: Array<Effect.Effect<string>> = []
  let url = ""
  const request = (method: string, path: string, body?: unknown) =>
    Effect.map(way.ask(method, path, body === undefined ? undefined : JSON.stringify(body)), ({ body, head }): Json => {
      said.push(`${method} ${path}`, head, body)
      return JSON.parse(body)
    })
  const open = (path: string) =>
    Effect.map(way.open(path), ({ bytes, head }) => {
      said.push(head)
      streams.push(bytes)
    })
  const send = (...events: ReadonlyArray<unknown>) => request("POST", `${url}/events`, { events })
  const answers = (events: ReadonlyArray<Json>) => {
    const waiting: ReadonlyArray<string> =
      events.findLast(({ type }) => type === "session.status_idle")?.stop_reason.event_ids ?? []
    return waiting.map((id) =>
      events.find((event) => event.id === id).type === "agent.custom_tool_use"
        ? { type: "user.custom_tool_result", custom_tool_use_id: id, content: [{ type: "text", text: "known" }] }
        : { type: "user.tool_confirmation", tool_use_id: id, result: "allow" }
    )
  }

  const parts = [
    Effect.gen(function*() {
      const { id } = yield* request("POST", "/v1/sessions", {
        agent: `agent_${kind}`,
        environment_id: "env_1",
        title: kind,
        resources: [{ type: "file", file_id: "file_1" }]
      })
      url = `/v1/sessions/${id}`
      yield* open(`${url}/events/stream?event_deltas[]=agent.message&event_deltas[]=agent.thinking`)
      yield* send(
        kind === "strives"
          ? { type: "user.define_outcome", description: "Best", rubric: { type: "text", content: "-" } }
          : message(kind)
      )
      yield* send(message("and also"))
      yield* request("GET", `${url}/events?limit=3`)
      yield* send({ type: "user.nothing" })
      yield* request("GET", `${url}/nothing`)
    }),
    Effect.gen(function*() {
      const first = yield* request("GET", `${url}/events?limit=2&order=desc`)
      if (first.next_page !== undefined) {
        yield* request("GET", `${url}/events?limit=2&order=desc&page=${first.next_page}`)
      }
      yield* request("GET", `${url}/events?page=nonsense`)
      const { data: threads } = yield* request("GET", `${url}/threads`)
      yield* open(`${url}/threads/${threads.at(-1).id}/stream?event_deltas[]=agent.message`)
      const { data: events } = yield* request("GET", `${url}/events`)
      const given = answers(events)
      for (const answer of given.reverse()) yield* send(answer)
      yield* send({ type: "user.tool_confirmation", tool_use_id: "sevt_none", result: "allow" })
    }),
    Effect.gen(function*() {
      const { data: events } = yield* request("GET", `${url}/events`)
      const given = answers(events)
      if (given.length > 0) yield* send(...given, message("go on"))
      yield* request("POST", url, { title: "another title", metadata: { a: "b" } })
    }),
    Effect.gen(function*() {
      yield* send({ type: "user.interrupt" })
      const { data: threads } = yield* request("GET", `${url}/threads`)
      for (const { id } of threads) yield* request("GET", `${url}/threads/${id}/events`)
      yield* request("GET", `${url}/events`)
      yield* request("GET", `${url}/resources`)
      yield* request("GET", url)
      // some are deleted as they are
      if (kind !== "strives") yield* request("POST", `${url}/archive`)
      yield* request("DELETE", url)
      yield* request("GET", url)
    })
  ]
  const transcript = Effect.suspend(() => Effect.map(Effect.all(streams), (bytes) => [...said, ...bytes].join("\n")))
  return { parts, transcript }
}

/** Lets all converse at once, and time pass after each part. */
const play = Effect.fnUntraced(
  function*(way: Way, kinds: ReadonlyArray<string>, advance: (millis: number) => Effect.Effect<void>) {
    const talks = kinds.map((kind) => converse(way, kind))
    for (const part of [0, 1, 2, 3]) {
      yield* Effect.forEach(talks, ({ parts }) => parts[part] ?? Effect.void, { concurrency: "unbounded" })
      yield* advance(31_000)
    }
    return yield* Effect.forEach(talks, ({ transcript }) => transcript)
  }
)

const headOf = (status: number | undefined, headers: Readonly<Record<string, unknown>>) =>
  JSON.stringify([status, headers["request-id"], headers["anthropic-organization-id"], headers["content-type"]])

// ---------------------------------------------------------------------------------------------------------------------
// In memory
// ---------------------------------------------------------------------------------------------------------------------

/** A generator of choices: the same for the same seed. */
const chooser = (seed: number): machine.Pick => {
  let n = 0
  return (count) => ids.nth(ids.root(seed), n++)[0] % Math.max(1, count)
}

const inMemory = (seed: number, kinds: ReadonlyArray<string>, pick?: machine.Pick): ReadonlyArray<string> => {
  const world = machine.make(options(seed), pick)
  const handle = (method: string, url: string, body?: string) =>
    Effect.orDie(world.simulator.handle(request(method, url, body)))
  const way: Way = {
    // a turn of the scheduler before and after: who is picked goes first
    ask: (method, url, body) =>
      Effect.yieldNow().pipe(
        Effect.zipRight(Effect.scoped(handle(method, url, body))),
        Effect.map((response) => ({
          head: headOf(response.status, response.headers),
          body: JSON.stringify(jsonOf(response))
        })),
        Effect.zipLeft(Effect.yieldNow())
      ),
    open: (url) =>
      Effect.gen(function*() {
        const response = yield* Scope.extend(handle("GET", url), yield* Scope.make())
        if (response.body._tag !== "Events") return yield* Effect.dieMessage(JSON.stringify(jsonOf(response)))
        const bytes = response.body.stream.pipe(Stream.decodeText(), Stream.mkString, Effect.orDie)
        const fiber = yield* Effect.forkDaemon(bytes)
        return { head: headOf(response.status, response.headers), bytes: Fiber.join(fiber) }
      })
  }
  try {
    return world.run(play(way, kinds, world.clock.advance))
  } finally {
    world.close()
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// On the port
// ---------------------------------------------------------------------------------------------------------------------

const exchange = (agent: Http.Agent, base: string, method: string, url: string, body = "") =>
  Effect.async<Http.IncomingMessage>((resume) => {
    Http.request(`${base}${url}`, { method, headers, agent }, (response) => resume(Effect.succeed(response)))
      .on("error", (error) => resume(Effect.die(error)))
      .end(body)
  })

const textOf = (response: Http.IncomingMessage) =>
  Effect.async<string>((resume) => {
    const chunks: Array<string> = []
    response.setEncoding("utf8")
      .on("data", (chunk: string) => chunks.push(chunk))
      .on("error", (error) => resume(Effect.die(error)))
      .on("end", () => resume(Effect.succeed(chunks.join(""))))
  })

const onPort = (seed: number, kinds: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const { url: base } = yield* SimulatorServer.SimulatorServer
    const clock = yield* VirtualClock
    const agent = yield* Effect.acquireRelease(
      Effect.sync(() => new Http.Agent({ keepAlive: true })),
      (agent) => Effect.sync(() => agent.destroy())
    )
    return yield* play(
      {
        ask: (method, url, body) =>
          Effect.gen(function*() {
            const response = yield* exchange(agent, base, method, url, body)
            return { head: headOf(response.statusCode, response.headers), body: yield* textOf(response) }
          }),
        open: (url) =>
          Effect.gen(function*() {
            const response = yield* exchange(agent, base, "GET", url)
            const fiber = yield* Effect.forkDaemon(textOf(response))
            return { head: headOf(response.statusCode, response.headers), bytes: Fiber.join(fiber) }
          })
      },
      kinds,
      clock.advance
    )
  }).pipe(
    Effect.provide(Layer.provide(SimulatorServer.layer(), Simulator.layer(options(seed)))),
    Effect.scoped,
    provide(machine.start)
  )

// ---------------------------------------------------------------------------------------------------------------------

const seeds = process.env["ENDURANCE"] === "full" ? 100 : 20

/** The test runner hears from this process after each. */
const forSeeds = <E>(run: (seed: number) => Effect.Effect<void, E>) =>
  Effect.forEach(
    Array.from({ length: seeds }, (_, seed) => seed),
    (seed) => Effect.zipRight(run(seed), Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))),
    { discard: true }
  )

const wanted = (seed: number) => inMemory(seed, kinds)

describe("the same seed and the same requests", () => {
  it.live(
    "give the same bytes, whatever the order in which fibers run",
    () =>
      forSeeds((seed) =>
        Effect.sync((): void => {
          const inOrder = wanted(seed)
          assert.deepStrictEqual(inMemory(seed, kinds, chooser(seed)), inOrder)
          // nor does it matter who else is there
          const [one = ""] = kinds.slice(seed % kinds.length)
          assert.deepStrictEqual(inMemory(seed, [one], chooser(seed + 1)), [inOrder[kinds.indexOf(one)] ?? ""])
        })
      )
  )

  it.live("give the same bytes on the port", () =>
    forSeeds((seed) =>
      Effect.gen(function*() {
        const some = kinds.filter((_, i) => (i + seed) % 3 === 0)
        assert.deepStrictEqual(yield* onPort(seed, some), inMemory(seed, some))
      })
    ))

  it("have another seed give other ids, and the same story", () => {
    const strip = (text: string) =>
      text.replace(/_011C[1-9A-Za-z]{20}/g, "_").replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "").replace(
        /page_[\w-]+/g,
        "page_"
      )
    const [one, two] = [wanted(1).join("\n"), wanted(2).join("\n")]
    assert.notStrictEqual(one, two)
    assert.strictEqual(strip(one), strip(two))
    // and that is a whole one
    for (
      const type of [
        "event_delta",
        "agent.thread_message_received",
        "user.interrupt",
        "span.outcome_evaluation_end",
        "session.deleted",
        "error"
      ]
    ) {
      assert.include(one, `"type":"${type}"`)
    }
  })
})

describe("ids", () => {
  it.prop(
    "are spelled like the service's",
    [FastCheck.integer(), FastCheck.string(), FastCheck.nat()],
    ([seed, name, n]) => {
      assert.match(
        ids.format("sevt", ids.nth(ids.child(ids.root(seed), name), n)),
        /^sevt_011C[1-9A-HJ-NP-Za-km-z]{20}$/
      )
    }
  )

  it("differ by seed, by name and by number", () => {
    const seen = new Set<string>()
    for (let seed = 0; seed < 20; seed++) {
      for (const name of ["a", "b", "ab", "ba", ""]) {
        for (let n = 0; n < 1000; n++) seen.add(ids.format("sevt", ids.nth(ids.child(ids.root(seed), name), n)))
      }
    }
    assert.strictEqual(seen.size, 20 * 5 * 1000)
  })
})
