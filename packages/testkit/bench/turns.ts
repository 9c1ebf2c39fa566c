/**
 * How many short conversations a test suite gets through: create a session, send a message, read the turn's nine events.
 * One process, both sides in it, as in a test.
 */
import Anthropic from "@anthropic-ai/sdk"
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as Events from "@effect-managed-agents/core/Events"
import type { SessionId } from "@effect-managed-agents/core/Ids"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { http, HttpResponse } from "msw"
import { setupServer } from "msw/node"
import { createServer } from "node:http"
import * as Fixtures from "../src/Fixtures.ts"
import * as Simulator from "../src/Simulator.ts"
import * as SimulatorFetch from "../src/SimulatorFetch.ts"
import * as SimulatorServer from "../src/SimulatorServer.ts"
import * as Testkit from "../src/Testkit.ts"
import { ask } from "./processes.ts"
import { median, table } from "./report.ts"

/** Plays one turn, and says how many events it saw. */
type Turn = () => Promise<number>

interface Contender {
  readonly client: string
  readonly service: string
  /** Whether anything checks what is sent and received. */
  readonly validates: string
  readonly connect: () => Promise<Turn>
}

/** One turn of the client in a new session. */
const ours = <E>(
  call: string,
  play: (session: SessionId) => Effect.Effect<number, E, Events.Events | Scope.Scope>
): Contender => ({
  client: `core, ${call}`,
  service: "Testkit.layer",
  validates: "both sides",
  connect: async () => {
    const turn = Effect.gen(function*() {
      const sessions = yield* Sessions.Sessions
      const session = yield* sessions.create({ agent: Fixtures.agentId, environment_id: Fixtures.environmentId })
      return yield* play(session.id)
    }).pipe(Effect.scoped)
    const runtime = await Effect.runPromise(
      Effect.flatMap(Scope.make(), (scope) => Scope.extend(Layer.toRuntime(Testkit.layer()), scope))
    )
    return () => Runtime.runPromise(runtime)(turn)
  }
})

interface Kinds<in A> {
  readonly isEvent: (item: A) => boolean
  readonly isLast: (item: A) => boolean
}

/** Reads a stream until one of its items is the last, and counts those that are events. */
type Consumer = <A, E, R>(stream: Stream.Stream<A, E, R>, kinds: Kinds<A>) => Effect.Effect<number, E, R | Scope.Scope>

const folding: Consumer = (stream, { isEvent, isLast }) =>
  stream.pipe(Stream.takeUntil(isLast), Stream.runFold(0, (seen, item) => isEvent(item) ? seen + 1 : seen))

const pulling: Consumer = <A, E, R>(stream: Stream.Stream<A, E, R>, { isEvent, isLast }: Kinds<A>) =>
  Effect.flatMap(Stream.toPull(stream), (pull) => {
    const go = (seen: number): Effect.Effect<number, E, R> =>
      Effect.matchEffect(pull, {
        onFailure: Option.match({ onNone: () => Effect.succeed(seen), onSome: (error) => Effect.fail(error) }),
        onSuccess: (items) => {
          const now = Chunk.reduce(items, seen, (seen, item) => isEvent(item) ? seen + 1 : seen)
          return Chunk.some(items, isLast) ? Effect.succeed(now) : go(now)
        }
      })
    return go(0)
  })

const visiting: Consumer = (stream, { isEvent, isLast }) =>
  Effect.suspend(() => {
    let seen = 0
    return stream.pipe(
      Stream.takeUntil(isLast),
      Stream.runForEach((item) => Effect.sync(() => void (isEvent(item) && seen++))),
      Effect.map(() => seen)
    )
  })

/** The requests that the official SDK makes below: opens the stream, sends. */
const opening = (name: string, consumer: Consumer): Contender =>
  ours(`Events.open, ${name}`, (session) =>
    Effect.gen(function*() {
      const service = yield* Events.Events
      const live = yield* service.open(session)
      yield* service.send(session, UserEvent.message("Hello"))
      return yield* consumer(live, { isEvent: () => true, isLast: ({ type }) => type === "session.status_idle" })
    }))

/** A turn as a program runs it: it reads the list as well, lives on without its connection, and yields a result. */
const turn = ours(
  "Conversation.turn",
  (session) => Effect.map(Conversation.turn(session, "Hello"), ({ _tag }) => _tag === "EndTurn" ? events : 0)
)

const streaming = (name: string, consumer: Consumer): Contender =>
  ours(`Conversation.stream, ${name}`, (session) =>
    consumer(Conversation.stream(session, "Hello"), {
      isEvent: ({ _tag }) => _tag === "Event",
      isLast: ({ _tag }) => _tag === "Finished"
    }))

const create = (client: Anthropic) =>
  client.beta.sessions.create({ agent: Fixtures.agentId, environment_id: Fixtures.environmentId })

const greet = (client: Anthropic, id: string) =>
  client.beta.sessions.events.send(id, {
    events: [{ type: "user.message", content: [{ type: "text", text: "Hello" }] }]
  })

/** The same turn with the official SDK. */
const official = (client: Anthropic): Turn => async () => {
  const session = await create(client)
  const live = await client.beta.sessions.events.stream(session.id)
  await greet(client, session.id)
  let seen = 0
  // the services that are written by hand end the stream, because leaving it early does not return on all of them
  for await (const event of live) {
    seen++
    if (event.type === "session.status_idle") break
  }
  return seen
}

/** The same with the requests of a turn: what the list has as well is passed on once. */
const gapFree = (client: Anthropic): Turn => async () => {
  const session = await create(client)
  const live = await client.beta.sessions.events.stream(session.id)
  const known = new Set<string>()
  for await (const { id } of client.beta.sessions.events.list(session.id)) known.add(id)
  await greet(client, session.id)
  let seen = 0
  for await (const event of live) {
    if (!("id" in event) || known.has(event.id)) continue
    known.add(event.id)
    seen++
    if (event.type === "session.status_idle") break
  }
  return seen
}

// ---------------------------------------------------------------------------------------------------------------------
// What people write by hand
// ---------------------------------------------------------------------------------------------------------------------

interface Recording {
  readonly session: string
  /** The list before the turn. */
  readonly empty: string
  readonly echo: string
  readonly frames: string
}

/** The answers of the simulator to one such turn, so that every service says the same, byte for byte but for the ids. */
const record = (): Promise<Recording> =>
  Effect.runPromise(
    Effect.gen(function*() {
      const fetch = yield* SimulatorFetch.make
      const read = (path: string, body?: unknown) =>
        Effect.promise(async () => {
          const response = await fetch(`http://simulator/v1/sessions${path}`, {
            headers: {
              "x-api-key": "any",
              "anthropic-beta": "managed-agents-2026-04-01",
              ...(body !== undefined && { "content-type": "application/json" })
            },
            ...(body !== undefined && { method: "POST", body: JSON.stringify(body) })
          })
          return response.text()
        })
      const session = yield* read("", { agent: Fixtures.agentId, environment_id: Fixtures.environmentId })
      const { id } = JSON.parse(session) as { readonly id: string }
      const empty = yield* read(`/${id}/events`)
      const echo = yield* read(`/${id}/events`, {
        events: [{ type: "user.message", content: [{ type: "text", text: "Hello" }] }]
      })
      const list = JSON.parse(yield* read(`/${id}/events`)) as {
        readonly data: ReadonlyArray<{ readonly type: string }>
      }
      const frames = list.data.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("")
      return { session, empty, echo, frames }
    }).pipe(Effect.scoped, Effect.provide(Simulator.layer({ fixtures: Fixtures.docs })))
  )

const msw = (client: string, play: (client: Anthropic) => Turn): Contender => ({
  client,
  service: "msw handlers",
  validates: "nothing",
  connect: async () => {
    const { echo, empty, frames, session } = await record()
    const base = JSON.parse(session) as { readonly id: string }
    const open = new Map<string, ReadableStreamDefaultController<Uint8Array>>()
    const encoder = new TextEncoder()
    let sessions = 0
    const server = setupServer(
      http.post("https://api.anthropic.com/v1/sessions", async ({ request }) => {
        await request.json()
        return HttpResponse.json({ ...base, id: `sesn_${sessions++}` })
      }),
      http.get("https://api.anthropic.com/v1/sessions/:id/events/stream", ({ params }) =>
        new HttpResponse(
          new ReadableStream<Uint8Array>({ start: (controller) => void open.set(String(params["id"]), controller) }),
          { headers: { "content-type": "text/event-stream" } }
        )),
      http.get("https://api.anthropic.com/v1/sessions/:id/events", () => HttpResponse.json(JSON.parse(empty))),
      http.post("https://api.anthropic.com/v1/sessions/:id/events", async ({ params, request }) => {
        await request.json()
        const id = String(params["id"])
        const controller = open.get(id)
        open.delete(id)
        controller?.enqueue(encoder.encode(frames))
        controller?.close()
        return HttpResponse.json(JSON.parse(echo))
      })
    )
    server.listen({ onUnhandledRequest: "error" })
    return play(new Anthropic({ apiKey: "key", maxRetries: 0 }))
  }
})

const nodeHttp: Contender = {
  client: "official SDK",
  service: "node:http server",
  validates: "nothing",
  connect: async () => {
    const { echo, frames, session } = await record()
    const base = JSON.parse(session) as { readonly id: string }
    const open = new Map<string, { readonly end: (text: string) => void }>()
    let sessions = 0
    const server = createServer((request, response) => {
      const id = /^\/v1\/sessions\/([^/]+)\/events/.exec(request.url ?? "")?.[1]
      if (request.method === "GET" && id !== undefined) {
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.flushHeaders()
        open.set(id, response)
        return
      }
      let body = ""
      request.setEncoding("utf8").on("data", (text: string) => body += text).on("end", () => {
        JSON.parse(body)
        response.writeHead(200, { "content-type": "application/json" })
        if (id === undefined) return void response.end(JSON.stringify({ ...base, id: `sesn_${sessions++}` }))
        response.end(echo)
        open.get(id)?.end(frames)
        open.delete(id)
      })
    })
    const port = await new Promise<number>((resolve) =>
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        if (typeof address === "object" && address !== null) resolve(address.port)
      })
    )
    return official(new Anthropic({ apiKey: "key", baseURL: `http://127.0.0.1:${port}`, maxRetries: 0 }))
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// The simulator's other doors, for information
// ---------------------------------------------------------------------------------------------------------------------

const build = <A, E>(effect: Effect.Effect<A, E, Simulator.Simulator | Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.flatMap(Scope.make(), (scope) =>
    effect.pipe(
      Effect.provide(Simulator.layer({ fixtures: Fixtures.docs }).pipe(Layer.extendScope)),
      Scope.extend(scope)
    )))

const simulatorFetch: Contender = {
  client: "official SDK",
  service: "SimulatorFetch",
  validates: "service",
  connect: async () =>
    official(new Anthropic({ apiKey: "key", maxRetries: 0, fetch: await build(SimulatorFetch.make) }))
}

const simulatorPort: Contender = {
  client: "official SDK",
  service: "SimulatorServer",
  validates: "service",
  connect: async () => {
    const { url } = await build(SimulatorServer.start())
    return official(new Anthropic({ apiKey: "key", maxRetries: 0, baseURL: url }))
  }
}

const contenders: ReadonlyArray<Contender> = [
  opening("runFold", folding),
  opening("toPull", pulling),
  opening("runForEach", visiting),
  turn,
  streaming("runFold", folding),
  streaming("toPull", pulling),
  streaming("runForEach", visiting),
  msw("official SDK", official),
  msw("official SDK, with the list", gapFree),
  nodeHttp,
  simulatorFetch,
  simulatorPort
]

// ---------------------------------------------------------------------------------------------------------------------
// Measuring
// ---------------------------------------------------------------------------------------------------------------------

const events = 9
const warmUp = 500

interface Measurement {
  readonly wall: number
  readonly cpu: number
}

/** One contender, alone in its process. */
export const measure = async (index: number, turns: number): Promise<Measurement> => {
  const contender = contenders[index]
  if (contender === undefined) throw new Error(`there is no contender ${index}`)
  const turn = await contender.connect()
  const play = async (count: number) => {
    for (let n = 0; n < count; n++) {
      const seen = await turn()
      if (seen !== events) throw new Error(`${contender.service}: a turn of ${seen} events, not ${events}`)
    }
  }
  await play(warmUp)
  globalThis.gc?.()
  const cpuBefore = process.cpuUsage()
  const wallBefore = performance.now()
  await play(turns)
  const wall = performance.now() - wallBefore
  const { system, user } = process.cpuUsage(cpuBefore)
  return { wall, cpu: (user + system) / 1000 }
}

/** Rounds in which every contender has its turn, each in a process of its own. */
export const run = async (rounds: number, turns: number): Promise<void> => {
  const results = contenders.map((): Array<Measurement> => [])
  for (let round = 0; round < rounds; round++) {
    process.stderr.write(`round ${round + 1} `)
    for (let n = 0; n < contenders.length; n++) {
      const index = (n + round) % contenders.length
      results[index]?.push(await ask<Measurement>("turn", index, turns))
      process.stderr.write(".")
    }
    process.stderr.write("\n")
  }
  /** How many times as many turns the first one plays in the same time: the median over the rounds. */
  const lead = (index: number, of: "cpu" | "wall") =>
    median(results[index]!.map((result, i) => result[of] / results[0]![i]![of])).toFixed(2)
  console.log(
    `\n${
      turns.toLocaleString("en")
    } turns of ${events} events one after the other, after ${warmUp} to warm up; medians of ` +
      `${rounds} interleaved rounds; CPU is user and system time of the process, which holds both sides.\n`
  )
  console.log(table(
    ["client", "service", "validates", "turns per s", "ms CPU a turn", "wall / core", "CPU / core"],
    contenders.map(({ client, service, validates }, index) => [
      client,
      service,
      validates,
      (turns / median(results[index]!.map(({ wall }) => wall)) * 1000).toFixed(0),
      (median(results[index]!.map(({ cpu }) => cpu)) / turns).toFixed(2),
      lead(index, "wall"),
      lead(index, "cpu")
    ])
  ))
}
