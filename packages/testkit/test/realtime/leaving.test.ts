// The simulator lives at the other end of a real socket.
// @effect-diagnostics globalTimers:off
/** What is left of a connection that was left: nothing, on either side of the socket. */
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as Event from "@effect-managed-agents/core/Event"
import * as Events from "@effect-managed-agents/core/Events"
import type * as Follow from "@effect-managed-agents/core/Follow"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as Threads from "@effect-managed-agents/core/Threads"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { EventEmitter } from "node:events"
import { existsSync, readdirSync } from "node:fs"
import type { Socket } from "node:net"
import { queryObjects } from "node:v8"
import * as AgentScript from "../../src/AgentScript.ts"
import * as Fixtures from "../../src/Fixtures.ts"
import type { Handle } from "../../src/internal/http/exchange.ts"
import * as handler from "../../src/internal/http/handler.ts"
import { listen } from "../../src/internal/node/listen.ts"
import * as Simulator from "../../src/Simulator.ts"

/**
 * How often: all of the 20,000, or `LEAVES`, with `ENDURANCE=full`, otherwise what takes some seconds; and before that, until everything
 * is there that is made once.
 */
const [cycles, warmUp] = process.env["ENDURANCE"] === "full"
  ? [Number(process.env["LEAVES"] ?? 20_000), 2000]
  : [400, 200]

const id = Fixtures.sessionId

const transports = [
  FetchHttpClient.layer,
  NodeHttpClient.layer,
  Layer.provide(NodeHttpClient.layerWithoutAgent, NodeHttpClient.makeAgentLayer({ keepAlive: true }))
]

const turn = Effect.async<void>((resume) => void setImmediate(() => resume(Effect.void)))

/** Waits for the other end, for as long as it cannot take. */
const eventually = (condition: Effect.Effect<boolean>) =>
  Effect.repeat(Effect.zipRight(turn, condition), { until: (holds) => holds, times: 100_000 })

// ---------------------------------------------------------------------------------------------------------------------
// The service
// ---------------------------------------------------------------------------------------------------------------------

/** Where a connection comes to a halt: before the head, before a page of the list, amid an event, or by its end. */
type Hold = "head" | "list" | "event" | "end"

const liveId = (n: number) => `sevt_live_${n}`

const frame = (n: number) =>
  `data: {"type":"span.model_request_start","id":"${liveId(n)}","processed_at":"2027-03-15T10:00:0${n}Z"}\n\n`

/** A whole event and a part of the next one. */
const piece = new TextEncoder().encode(frame(0) + frame(1).slice(0, 50))

/** A simulator that can be held up. A request says by the name of a beta where, and for whom. */
const makeGate = (handle: Handle) => {
  const arrivals = new Map<string, Deferred.Deferred<void>>()
  const state = { open: 0, arrivals }
  const gate: Handle = (request) =>
    Effect.gen(function*() {
      yield* Effect.acquireRelease(
        Effect.sync(() => state.open++),
        () => Effect.sync(() => state.open--)
      )
      const betas = request.headers["anthropic-beta"] ?? ""
      const [all = "", mark = "", hold] = /,?(hold-(\w+)-\d+)/.exec(betas) ?? []
      const isStream = request.path.endsWith("/stream")
      const isHeld = hold === "head" ? isStream : hold === "list" ? request.path.endsWith("/events") : false
      if (isHeld) {
        yield* Effect.sync(() => {
          const arrival = arrivals.get(mark)
          if (arrival !== undefined) Deferred.unsafeDone(arrival, Exit.void)
        })
        return yield* Effect.never
      }
      const response = yield* handle({
        ...request,
        headers: { ...request.headers, "anthropic-beta": betas.replace(all, "") }
      })
      if (!isStream || response.body._tag !== "Events") return response
      const { stream } = response.body
      const body = (stream: Stream.Stream<Uint8Array, Simulator.ConnectionReset>): Simulator.Response => ({
        ...response,
        body: { _tag: "Events", stream }
      })
      if (hold === "event") return body(Stream.concat(Stream.make(piece), stream))
      return hold === "end" ? body(Stream.empty) : response
    })
  return { state, gate }
}

// ---------------------------------------------------------------------------------------------------------------------
// Ways to leave
// ---------------------------------------------------------------------------------------------------------------------

type Gate = ReturnType<typeof makeGate>["state"]

interface Cycle {
  readonly n: number
  readonly gate: Gate
}

const follow = (options?: Follow.Options) =>
  Stream.unwrap(Effect.map(Events.Events, (events) => events.follow(id, options)))

const until = (tag: Follow.Update["_tag"]) => (updates: ReturnType<typeof follow>) =>
  Stream.runDrain(Stream.takeUntil(updates, ({ _tag }) => _tag === tag))

const hold = ({ n }: Cycle, where: Hold) => ({ betas: [`hold-${where}-${n}`] })

/** Leaves when the request has arrived that is held up. */
const leaveAt = (cycle: Cycle, where: Hold) =>
  Effect.gen(function*() {
    const options = hold(cycle, where)
    const mark = options.betas[0] ?? ""
    const arrival = yield* Deferred.make<void>()
    cycle.gate.arrivals.set(mark, arrival)
    const fiber = yield* Effect.fork(Stream.runDrain(follow(options)))
    yield* Effect.raceFirst(Deferred.await(arrival), Fiber.join(fiber))
    yield* Fiber.interrupt(fiber)
    cycle.gate.arrivals.delete(mark)
  })

/** A turn that is left when the agent has called a tool. */
const leaveTurn = Effect.gen(function*() {
  const sessions = yield* Sessions.Sessions
  const session = yield* sessions.create({ agent: Fixtures.agentId, environment_id: Fixtures.environmentId })
  const called = yield* Deferred.make<void>()
  const answer = () => Effect.zipRight(Deferred.succeed(called, undefined), Effect.never)
  const fiber = yield* Effect.fork(Conversation.turn(session.id, "Hello", { answer }))
  yield* Effect.raceFirst(Deferred.await(called), Fiber.join(fiber))
  yield* Fiber.interrupt(fiber)
  yield* sessions.delete(session.id)
})

type Way = (cycle: Cycle) => Effect.Effect<unknown, unknown, ManagedAgents.Services>

const caughtUp: Way = () => until("CaughtUp")(follow())
const connected: Way = () => until("Connected")(follow())
const amidHead: Way = (cycle) => leaveAt(cycle, "head")
const amidList: Way = (cycle) => leaveAt(cycle, "list")
const amidEvent: Way = (cycle) =>
  follow(hold(cycle, "event")).pipe(
    Stream.takeUntil((update) => update._tag === "Event" && Event.idOf(update.event) === liveId(0)),
    Stream.runDrain
  )
const anywhere: Way = ({ n }) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(Stream.runDrain(follow()))
    yield* Effect.repeatN(turn, n % 17)
    yield* Fiber.interrupt(fiber)
  })

const often: ReadonlyArray<Way> = [caughtUp, connected, amidHead, amidList, amidEvent, anywhere]

/** One of each of these, over and over. */
const ways: ReadonlyArray<Way> = [
  ...often,
  ...often,
  caughtUp,
  () => until("CaughtUp")(follow({ from: "now" })),
  (cycle) => until("Reconnecting")(follow(hold(cycle, "end"))),
  (cycle) => Effect.flatMap(Events.Events, (events) => Stream.runHead(events.stream(id, {}, hold(cycle, "event")))),
  () => Effect.flatMap(Events.Events, (events) => Effect.scoped(events.open(id))),
  () => Effect.flatMap(Threads.Threads, (threads) => until("CaughtUp")(threads.follow(id, Fixtures.threadId))),
  () => leaveTurn
]

// ---------------------------------------------------------------------------------------------------------------------
// What there is
// ---------------------------------------------------------------------------------------------------------------------

interface Sockets {
  readonly client: Set<Socket>
  readonly server: Set<Socket>
}

/** The sockets of this process that are not closed. */
const trackSockets: Effect.Effect<Sockets, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      const track = (set: Set<Socket>) => (message: unknown) => {
        // what these channels publish
        const { socket } = message as { readonly socket: Socket }
        set.add(socket)
        socket.once("close", () => set.delete(socket))
      }
      const sockets: Sockets = { client: new Set(), server: new Set() }
      const client = track(sockets.client)
      const server = track(sockets.server)
      subscribe("net.client.socket", client)
      subscribe("net.server.socket", server)
      return { client, server, sockets }
    }),
    ({ client, server }) =>
      Effect.sync(() => {
        unsubscribe("net.client.socket", client)
        unsubscribe("net.server.socket", server)
      })
  ),
  ({ sockets }) => sockets
)

/** Warnings of the platform that there are too many listeners. */
const trackWarnings = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      const warnings: Array<Error> = []
      const listener = (warning: Error) => {
        if (warning.name === "MaxListenersExceededWarning") warnings.push(warning)
      }
      process.on("warning", listener)
      return { listener, warnings }
    }),
    ({ listener }) => Effect.sync(() => process.off("warning", listener))
  ),
  ({ warnings }) => warnings
)

/** Aborting makes errors, of which the test runner would look up every line of the stack: half of the time. */
const withoutStackTraces = Effect.acquireRelease(
  Effect.sync(() => {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    return stackTraceLimit
  }),
  (stackTraceLimit) =>
    Effect.sync(() => {
      Error.stackTraceLimit = stackTraceLimit
    })
)

const listenersOf = (emitter: EventEmitter) =>
  emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0)

/** What is open: on both sides of the sockets, as both are in this process. */
const opened = ({ client, server }: Sockets) => ({
  clientSockets: client.size,
  serverSockets: server.size,
  handles: process.getActiveResourcesInfo().length,
  descriptors: existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0
})

/** What is there. A collection comes with each of the last three: only what is reachable counts. */
const present = (sockets: Sockets) => ({
  listenersOfProcess: listenersOf(process),
  listenersOfAnySocket: Math.max(0, ...[...sockets.client, ...sockets.server].map(listenersOf)),
  // sockets, requests, responses, agents
  emitters: queryObjects(EventEmitter, { format: "count" }),
  signals: queryObjects(AbortSignal, { format: "count" }),
  fibers: queryObjects(Effect.runFork(Effect.void).constructor, { format: "count" })
})

/** How many more of anything there may be: a connection more that is kept alive is several things. */
const slack = 20

/** Bytes that may be in use more: the engine goes on compiling for a while. Of 20,000 this is 200 for each. */
const heapSlack = 4_000_000

describe("connections that are opened and left", () => {
  it.scopedLive("leave no sockets, listeners, fibers or memory behind, on either side", () =>
    Effect.gen(function*() {
      const sockets = yield* trackSockets
      const warnings = yield* trackWarnings
      yield* withoutStackTraces
      const simulator = yield* Simulator.Simulator
      const { gate, state } = makeGate(yield* handler.make)

      const idle = Effect.map(
        simulator.openStreams(),
        (streams) => streams === 0 && state.open === 0 && Math.max(sockets.client.size, sockets.server.size) <= slack
      )
      const look = Effect.gen(function*() {
        yield* eventually(idle)
        const service = { openStreams: yield* simulator.openStreams(), openRequests: state.open }
        // its ledger is a memory of its own
        yield* simulator.reset
        // twice, for what is left to finalizers: those of the platform let go of the signal of an answer that was read
        for (let n = 0; n < 2; n++) {
          globalThis.gc?.()
          yield* Effect.repeatN(turn, 100)
        }
        const counts = { ...service, ...opened(sockets), ...present(sockets) }
        globalThis.gc?.()
        return { ...counts, heap: process.memoryUsage().heapUsed }
      })

      const run = Effect.gen(function*() {
        // ports of their own: the system keeps those of a connection for a minute
        const clients = yield* Effect.forEach(transports, (transport) =>
          Effect.flatMap(listen(gate, { host: "127.0.0.1", port: 0 }), ({ url }) =>
            Layer.build(
              ManagedAgents.layer.pipe(
                Layer.provide(ClientConfig.layer({ apiKey: Redacted.make("key"), baseUrl: url })),
                Layer.provide(transport)
              )
            )))
        let n = 0
        const cycle = Effect.suspend(() => {
          // neither list is empty
          const way = ways[n % ways.length]!
          const client = clients[n % clients.length]!
          return Effect.provide(way({ n: n++, gate: state }), client)
        })
        const many = (count: number) =>
          Effect.forEach(Array.from({ length: count }), () =>
            cycle, { concurrency: 4, discard: true })

        yield* many(warmUp)
        const before = yield* look
        yield* many(cycles)
        const { heap, ...after } = yield* look
        assert.deepInclude(after, { openStreams: 0, openRequests: 0 })
        for (const [name, count] of Object.entries(after)) {
          // both have the same names
          assert.isAtMost(count - before[name as keyof typeof after], slack, `${name}: ${count} are left`)
        }
        assert.isAtMost(heap - before.heap, heapSlack)
      })

      const start = opened(sockets)
      yield* Effect.scoped(run)
      yield* eventually(Effect.sync(() =>
        sockets.client.size + sockets.server.size === 0
      ))
      const end = opened(sockets)
      assert.deepInclude(end, { clientSockets: 0, serverSockets: 0 })
      assert.isAtMost(end.handles, start.handles)
      assert.isAtMost(end.descriptors, start.descriptors)
      assert.isEmpty(warnings)
    }).pipe(Effect.provide(Simulator.layer({
      fixtures: Fixtures.withTools(Fixtures.docs, [
        { type: "custom", name: "lookup", description: "", input_schema: { type: "object" } }
      ]),
      script: { otherwise: [AgentScript.customTool({ name: "lookup" })] }
    }))), 600_000)
})
