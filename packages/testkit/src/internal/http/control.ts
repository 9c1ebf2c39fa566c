import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as AgentScript from "../../AgentScript.ts"
import type * as Fault from "../../Fault.ts"
import * as Ledger from "../../Ledger.ts"
import type { Refused, Service } from "../../Simulator.ts"
import type { AgentParams } from "../session/agents.ts"
import * as refusal from "../session/refusal.ts"
import type { Refusal, Ruling } from "../session/refusal.ts"
import * as validate from "../session/validate.ts"
import type { VirtualClock } from "../time/virtualClock.ts"
import * as bodies from "./controlBodies.ts"
import * as json from "./json.ts"
import type { Request, Response } from "./message.ts"
import * as openApi from "./openApi.ts"
import * as wire from "./wire.ts"

/** Answer of a control route: JSON, or why not. */
type Answer = Effect.Effect<unknown, Refusal | Refused>

type Route = readonly [method: string, path: RegExp, run: (request: Request, id: string) => Answer]

const clockRoutes = (simulator: Service, clock: Option.Option<VirtualClock>): ReadonlyArray<Route> => {
  const virtual = Effect.catchAll(
    clock,
    () => refusal.invalid("The clock is not virtual: start the simulator with --clock virtual")
  )
  return [
    ["POST", /^\/_sim\/clock\/advance$/, ({ body }) =>
      Effect.gen(function*() {
        const { millis } = yield* read(advance, body)
        const { advance: move } = yield* virtual
        yield* move(millis)
        return { now: yield* simulator.now }
      })],
    ["POST", /^\/_sim\/clock\/next$/, ({ body }) =>
      Effect.gen(function*() {
        yield* noBody(body)
        const { advance: move, next, unsafeCurrentTimeMillis } = yield* virtual
        const due = yield* next
        if (due !== undefined) yield* move(Math.max(0, due - unsafeCurrentTimeMillis()))
        return { now: yield* simulator.now }
      })]
  ]
}

const faultRoutes = (simulator: Service): ReadonlyArray<Route> => {
  const left = Effect.map(simulator.faults, (faults) => ({ faults }))
  return [
    ["GET", /^\/_sim\/faults$/, () => left],
    ["POST", /^\/_sim\/faults$/, ({ body }) =>
      Effect.gen(function*() {
        const { faults } = yield* read(postFaults, body)
        // whether it is a plan is checked there
        yield* Effect.catchAll(simulator.addFaults(faults as Fault.Plan), (wrong) =>
          refusal.invalid(`faults${wrong.path === "" ? ": " : ""}${wrong.message}`))
        return yield* left
      })],
    ["DELETE", /^\/_sim\/faults$/, ({ body }) =>
      Effect.gen(function*() {
        yield* noBody(body)
        yield* simulator.clearFaults
        return yield* left
      })]
  ]
}

/** Answers the requests under `/_sim`. */
export const make = (
  simulator: Service,
  clock: Option.Option<VirtualClock>
): (request: Request) => Effect.Effect<Response> => {
  const health = Effect.map(simulator.now, (now) => ({
    status: "ok",
    seed: simulator.seed,
    now,
    clock: Option.isSome(clock) ? "virtual" : "real"
  }))

  const routes: ReadonlyArray<Route> = [
    ...clockRoutes(simulator, clock),
    ...faultRoutes(simulator),
    ["GET", /^\/_sim\/health$/, () => health],
    ["GET", /^\/_sim\/openapi\.json$/, () => Effect.sync(openApi.document)],
    ["GET", /^\/_sim\/requests$/, () => simulator.ledger],
    ["GET", /^\/_sim\/history$/, () => Effect.map(simulator.history, judged)],
    ["GET", /^\/_sim\/scripts$/, () => Effect.map(simulator.scripts, (scripts) => ({ scripts: printable(scripts) }))],
    ["POST", /^\/_sim\/reset$/, ({ body }) =>
      Effect.gen(function*() {
        yield* noBody(body)
        if (Option.isSome(clock)) yield* clock.value.reset
        yield* simulator.reset
        return yield* health
      })],
    ["PUT", /^\/_sim\/agents\/([^/]+)$/, ({ body }, id) =>
      Effect.gen(function*() {
        const { agent, script } = yield* read(putAgent, body)
        return yield* simulator.putAgent(id, {
          // the params of an agent are checked as they are on the wire, which is how the simulator takes them
          agent: agent as AgentParams | undefined,
          script: script === undefined ? undefined : yield* readScript(script)
        })
      })],
    [
      "PUT",
      /^\/_sim\/environments\/([^/]+)$/,
      ({ body }, id) => Effect.flatMap(read(putEnvironment, body), (options) => simulator.putEnvironment(id, options))
    ],
    [
      "POST",
      /^\/_sim\/sessions\/([^/]+)\/emit$/,
      ({ body }, id) => Effect.flatMap(read(emit, body), ({ event, persist }) => simulator.emit(id, event, { persist }))
    ]
  ]

  return (request) =>
    Effect.flatMap(json.checkEncoding(request), () => route(routes, request)).pipe(
      Effect.map((value): Response => ({
        status: 200,
        headers: { "content-type": "application/json" },
        body: { _tag: "Json", value }
      })),
      Effect.catchAll((wrong) => Effect.succeed(wire.errorResponse(wrong, requestId)))
    )
}

// these requests are nobody's but the test's own
const requestId = "req_simulator"

const route = (routes: ReadonlyArray<Route>, request: Request): Answer => {
  const allowed: Array<string> = []
  for (const [method, path, run] of routes) {
    const match = path.exec(request.path)
    if (match === null) continue
    if (method === request.method) return Effect.flatMap(decodeId(match[1] ?? ""), (id) => run(request, id))
    allowed.push(method)
  }
  return allowed.length === 0 ? refusal.noSuchPath : refusal.wrongMethod(allowed)
}

/** The history with what the laws say about it: moments by their numbers. */
const judged = (history: Ledger.History): Effect.Effect.Success<Answer> => ({
  ...history,
  laws: Ledger.defaults.map(({ name, offences }) => ({
    name,
    offences: offences(history).map(({ message, moments, sessionId }) => ({
      message,
      session_id: sessionId,
      moments: moments.map((moment) => history.moments.indexOf(moment))
    }))
  }))
})

/** Scripts as JSON, in which a step that is an Effect has `true` for it. */
const printable = (scripts: { readonly [agentId: string]: AgentScript.Script }): unknown =>
  JSON.parse(JSON.stringify(scripts, (_, value: unknown) => typeof value === "function" ? true : value))

const decodeId = (raw: string): Ruling<string> => {
  try {
    return Either.right(decodeURIComponent(raw))
  } catch {
    return refusal.noSuchPath
  }
}

const putAgent = validate.body(bodies.PutAgent)
const putEnvironment = validate.body(bodies.PutEnvironment)
const advance = validate.body(bodies.Advance)
const emit = validate.body(bodies.Emit)
const postFaults = validate.body(bodies.PostFaults)

const parse = (body: string): Ruling<unknown> =>
  body === ""
    ? Either.right({})
    : Either.orElse(json.parse(body), (wrong) => refusal.invalid(`Failed to parse request body: ${wrong}`))

const read = <A>(check: (value: unknown) => Ruling<A>, body: string): Ruling<A> => Either.flatMap(parse(body), check)

const noBody = (body: string): Ruling<void> => read(validate.emptyBody, body)

const readScript = (script: unknown): Effect.Effect<AgentScript.DataScript, Refusal> =>
  Effect.catchAll(
    AgentScript.decode(script),
    (wrong) => refusal.invalid(wrong.path === "" ? `script: ${wrong.message}` : `script.${wrong.message}`)
  )
