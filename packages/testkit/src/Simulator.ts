/**
 * The simulated service: it answers requests as the API does, and lets a test look at it from behind.
 *
 * Its state is a function of the seed, of what was asked and when. Scripts take no time unless they say so, and time is
 * the `Clock` of the fiber that builds it, so that under a `TestClock` an hour is one `adjust`.
 *
 * @since 0.1.0
 */
import type * as Agent from "@effect-managed-agents/core/Agent"
import type * as Event from "@effect-managed-agents/core/Event"
import type * as Session from "@effect-managed-agents/core/Session"
import type * as Thread from "@effect-managed-agents/core/Thread"
import * as Timestamp from "@effect-managed-agents/core/Timestamp"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as AgentScript from "./AgentScript.ts"
import type { Script } from "./AgentScript.ts"
import * as Fault from "./Fault.ts"
import * as faults from "./internal/fault/faults.ts"
import * as http from "./internal/http/message.ts"
import * as router from "./internal/http/router.ts"
import * as wire from "./internal/http/wire.ts"
import * as ledger from "./internal/ledger/recorder.ts"
import * as provide from "./internal/script/provide.ts"
import * as agents from "./internal/session/agents.ts"
import type * as draft from "./internal/session/draft.ts"
import * as eventLog from "./internal/session/eventLog.ts"
import * as ids from "./internal/session/ids.ts"
import { problemOf } from "./internal/session/options.ts"
import type { Refusal, Ruling } from "./internal/session/refusal.ts"
import * as refusal from "./internal/session/refusal.ts"
import * as state from "./internal/session/state.ts"
import * as time from "./internal/session/timestamp.ts"
import * as transitions from "./internal/session/transitions.ts"
import * as views from "./internal/session/views.ts"
import * as savedAgents from "./internal/workspace/agents.ts"
import * as keptEnvironments from "./internal/workspace/environments.ts"
import * as keptFiles from "./internal/workspace/files.ts"
import * as memory from "./internal/workspace/memory.ts"
import * as keptVaults from "./internal/workspace/vaults.ts"
import * as workspace from "./internal/workspace/workspace.ts"
import * as webhooks from "./internal/world/webhooks.ts"
import type { Cell } from "./internal/world/world.ts"
import { World } from "./internal/world/world.ts"
import type * as Ledger from "./Ledger.ts"
import * as Rules from "./Rules.ts"
import * as WebhookEndpoint from "./WebhookEndpoint.ts"

/**
 * Refusal of something that the simulator was asked to do behind the API.
 * @category errors
 */
export class Refused extends Data.TaggedError("Refused")<{
  /** As an HTTP status. */
  readonly status: number
  /** As the type of an error of the API, such as `not_found_error`. */
  readonly type: string
  readonly message: string
}> {}

/**
 * The connection dies instead of an answer, or in the middle of an event stream: a fault says so.
 * @category errors
 */
export const ConnectionReset = http.ConnectionReset

/**
 * The connection dies instead of an answer, or in the middle of an event stream: a fault says so.
 * @category errors
 */
export type ConnectionReset = http.ConnectionReset

/**
 * An HTTP request as plain data.
 * @category models
 */
export type Request = http.Request

/**
 * An HTTP response as plain data. Its body is JSON, text, nothing, or a stream of events.
 * @category models
 */
export type Response = http.Response

/**
 * Parameters of an agent, each part as in the requests of the API.
 * @category models
 */
export type AgentParams = agents.AgentParams

/**
 * Environment in which the sandboxes of sessions run.
 * @category models
 */
export type Environment = state.Environment

/**
 * A memory store that sessions may attach.
 * @category models
 */
export type MemoryStore = memory.MemoryStore

/**
 * A script that could not be played on: an Effect that failed or had no end, a turn that ran in circles, a task for
 * nobody, a result without a call. Its session has ended with a `session.error` that says the same.
 * @category models
 */
export type ScriptFailure = draft.ScriptFailure

/**
 * Fixtures of a simulator: everything that sessions refer to, and sessions. A time that its clock has not reached, such as
 * this year's under a `TestClock`, becomes that of the start.
 * @category models
 */
export interface Fixtures {
  readonly agents?: ReadonlyArray<typeof Agent.SessionAgent.Encoded> | undefined
  readonly environments?: ReadonlyArray<Environment> | undefined
  readonly memoryStores?: ReadonlyArray<MemoryStore> | undefined
  /** The ids of uploads. With one of them, sessions can mount no file that does not exist (`Rules.strictReferences`). */
  readonly files?: ReadonlyArray<string> | undefined
  /** The ids of vaults, which are empty. */
  readonly vaults?: ReadonlyArray<string> | undefined
  readonly sessions?: ReadonlyArray<typeof Session.Session.Encoded> | undefined
  /** The ids of the primary threads of these sessions, by session; of the others they derive from the seed. */
  readonly threadIds?: { readonly [sessionId: string]: string } | undefined
  /** The child threads of these sessions. */
  readonly threads?: ReadonlyArray<typeof Thread.Thread.Encoded> | undefined
}

/**
 * An agent to create, or what to change about it.
 * @category models
 */
export interface AgentOptions<out R = never> {
  /** The agent itself, each part as in the requests of the API. If given for an agent that exists, adds a version. */
  readonly agent?: AgentParams | undefined
  /** The script from its next turn on. */
  readonly script?: Script<R> | undefined
}

/**
 * An environment to create.
 * @category models
 */
export interface EnvironmentOptions {
  /**
   * The kind of its sandboxes.
   *
   * @default "cloud"
   */
  readonly type?: Environment["type"] | undefined
}

/**
 * Options of a simulator.
 * @category options
 */
export interface Options<out R = never> {
  /**
   * From which every id derives: the same seed and the same requests give the same bytes.
   *
   * @default 0
   */
  readonly seed?: number | undefined
  /**
   * The fixtures.
   *
   * @default {}
   */
  readonly fixtures?: Fixtures | undefined
  /**
   * More agents, by id, or scripts for those of the fixtures.
   *
   * @default {}
   */
  readonly agents?: { readonly [agentId: string]: AgentOptions<R> } | undefined
  /**
   * More environments, by id.
   *
   * @default {}
   */
  readonly environments?: { readonly [environmentId: string]: EnvironmentOptions } | undefined
  /**
   * The script of agents that have none of their own.
   *
   * @default AgentScript.echo
   */
  readonly script?: Script<R> | undefined
  /**
   * The time that each step of a script takes inside its model request when the step says nothing, so that a client that
   * sends first and opens a stream afterwards still sees the reply come.
   *
   * @default 0
   */
  readonly pace?: Duration.DurationInput | undefined
  /**
   * The faults.
   *
   * @default []
   */
  readonly faults?: Fault.Plan | undefined
  /**
   * The assumptions where the service is not documented.
   *
   * @default Rules.defaults
   */
  readonly rules?: Partial<Rules.Rules> | undefined
  /**
   * The endpoints of webhooks.
   *
   * @default []
   */
  readonly webhooks?: ReadonlyArray<WebhookEndpoint.WebhookEndpoint<R>> | undefined
}

/**
 * The simulated service.
 * @category services
 */
export interface Service {
  readonly seed: number
  /**
   * Answers one request. The subscription of an event stream is made before the answer is there, and lives in the scope,
   * as do its heartbeats.
   */
  readonly handle: (request: Request) => Effect.Effect<Response, ConnectionReset, Scope.Scope>
  /**
   * Answers a request to read as a spectator's: it meets no fault and no rate limit, and is neither in the ledger nor in
   * the history. Anything but a `GET` is refused.
   */
  readonly observe: (request: Request) => Effect.Effect<Response, never, Scope.Scope>
  /** The time of the simulated service. */
  readonly now: Effect.Effect<Timestamp.Timestamp>
  /** Creates an agent or adds a version to it, and sets its script. Answers the agent. */
  readonly putAgent: <R = never>(
    id: string,
    options: AgentOptions<R>
  ) => Effect.Effect<typeof Agent.SessionAgent.Encoded, Refused, R>
  /** The scripts of agents, by their ids: those that were given, not that of all others. */
  readonly scripts: Effect.Effect<{ readonly [agentId: string]: Script }>
  /** Creates an environment or replaces it. */
  readonly putEnvironment: (
    id: string,
    options?: EnvironmentOptions
  ) => Effect.Effect<Environment>
  /**
   * Puts an event on a session's streams, and with `persist` in its list: any event, also one that does not exist. It
   * gets a stamp, and an id if it has none. Nothing else about the session changes.
   */
  readonly emit: (
    sessionId: string,
    event: { readonly type: string; readonly [key: string]: unknown },
    options?: { readonly persist?: boolean | undefined }
  ) => Effect.Effect<typeof Event.StreamEvent.Encoded, Refused>
  /** Adds faults behind those that are left. What is no plan is refused as a whole. */
  readonly addFaults: (plan: Fault.Plan) => Effect.Effect<void, Fault.MalformedFault>
  /** Drops all faults that are left. */
  readonly clearFaults: Effect.Effect<void>
  /** The faults that are left, as they would have to be said now: with what remains of `skip` and `times`. */
  readonly faults: Effect.Effect<Fault.Plan>
  /**
   * Ends the open streams of a session, or all, as if the server had closed them. One that stalls by a fault does not
   * hear of it.
   */
  readonly closeStreams: (sessionId?: string) => Effect.Effect<void>
  /** The number of event streams that are open, of a session or of all. */
  readonly openStreams: (sessionId?: string) => Effect.Effect<number>
  /** All sessions as the API shows them, also archived ones, in order of creation. */
  readonly sessions: Effect.Effect<ReadonlyArray<typeof Session.Session.Encoded>>
  /** The event list of a session, with what waits to be processed at its end. */
  readonly events: (sessionId: string) => Effect.Effect<ReadonlyArray<typeof Event.Event.Encoded>, Refused>
  /** The scripts that failed, in the order of failing. Each is logged as an error, too. */
  readonly failures: Effect.Effect<ReadonlyArray<ScriptFailure>>
  /** The requests and answers, in the order of arrival. No credential is in it. */
  readonly ledger: Effect.Effect<ReadonlyArray<Ledger.Exchange>>
  /** The same, among everything that the service did: what `Ledger` judges and prints. */
  readonly history: Effect.Effect<Ledger.History>
  /** Back to the state at the start, with an empty ledger and the faults of the options. Open streams end. */
  readonly reset: Effect.Effect<void>
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class Simulator extends Context.Tag("@effect-managed-agents/testkit/Simulator")<Simulator, Service>() {}

const refused = (wrong: Refusal): Refused =>
  new Refused({ status: wrong.status, type: wrong.type, message: wrong.message })

const effect = <A>(run: () => Ruling<A>): Effect.Effect<A, Refused> =>
  Effect.suspend(() => Either.mapLeft(run(), refused))

/** The parts of a simulator. */
interface Parts {
  readonly seed: number
  readonly world: World
  readonly recorder: ledger.Recorder
  readonly engine: faults.Faults
  /** Puts everything back to where it began, but for the ledger. */
  readonly begin: () => void
}

/**
 * Builds a simulator that lives as long as the scope.
 * @category constructors
 */
export const make = <R = never>(options: Options<R> = {}): Effect.Effect<Service, never, R | Scope.Scope> =>
  Effect.gen(function*() {
    const seed = options.seed ?? 0
    const context = yield* Effect.context<R>()
    const clock = yield* Effect.clock
    yield* Effect.orDie(checkOptions(options))
    const initialFaults = yield* Effect.orDie(Fault.decode(options.faults ?? []))
    const recorder = ledger.make(Effect.sync(() => time.format(time.now(clock))))
    const world = new World({
      seed,
      rules: { ...Rules.defaults, ...options.rules },
      pace: time.micros(Duration.decode(options.pace ?? 0)),
      clock,
      runtime: yield* Effect.runtime<never>(),
      scope: yield* Effect.scope,
      note: recorder.note,
      endpoints: (options.webhooks ?? []).map((endpoint) =>
        // how it fails is the author's business until it is run
        // @effect-diagnostics-next-line anyUnknownInErrorContext:off
        WebhookEndpoint.make((delivery) => Effect.provide(endpoint.deliver(delivery), context), endpoint)
      )
    })
    const route = router.make(world)
    const engine = faults.make({
      clock,
      requestId: ({ method, path }) => ids.format("req", world.key("fault", `${method} ${path}`)),
      handle: (request) => {
        world.recordProgress()
        return route(request)
      }
    })
    const begin = () => {
      engine.reset(initialFaults)
      populate(world, options, context)
    }
    yield* Effect.sync(begin)
    yield* Effect.addFinalizer(() => Effect.zipRight(Effect.sync(() => engine.reset([])), world.close))
    return Simulator.of({
      ...ofWorkspace(world),
      ...ofSessions(world),
      ...ofFaults(engine),
      ...ofHistory({ seed, world, recorder, engine, begin }),
      observe: (request) =>
        request.method === "GET"
          ? route(request, { isSpectator: true })
          : Effect.succeed(wire.errorResponse(observersOnlyRead, "req_observer"))
    })
  })

const observersOnlyRead: Refusal = {
  status: 405,
  type: "invalid_request_error",
  message: "Method Not Allowed: whoever observes only reads",
  headers: { allow: "GET" }
}

/** Checks a script that somebody gives, under the name that it has there. */
const checkScript = <R>(
  name: string,
  script: Script<R> | undefined
): Effect.Effect<void, AgentScript.MalformedScript> =>
  script === undefined
    ? Effect.void
    : Effect.mapError(AgentScript.check(script), ({ message, path }) =>
      new AgentScript.MalformedScript({
        path: path === "" ? name : `${name}.${path}`,
        message: path === "" ? `${name}: ${message}` : `${name}.${message}`
      }))

const known: Readonly<Record<keyof Options, true>> = {
  seed: true,
  fixtures: true,
  agents: true,
  environments: true,
  script: true,
  pace: true,
  faults: true,
  rules: true,
  webhooks: true
}

/** Checks what TypeScript cannot: scripts and agents as they are read from files, and settings that would have no effect. */
const checkOptions = <R>(options: Options<R>): Effect.Effect<void, AgentScript.MalformedScript | Refused> =>
  Effect.gen(function*() {
    const wrong = (message: string) => new Refused({ status: 400, type: "invalid_request_error", message })
    yield* checkScript("script", options.script)
    const problem = problemOf(options)
    if (problem !== undefined) return yield* wrong(problem)
    const pace = Duration.decodeUnknown(options.pace ?? 0)
    if (Option.isNone(pace) || !Duration.isFinite(pace.value)) return yield* wrong("pace: expected a finite duration")
    const { agents: fixed = [] } = options.fixtures ?? {}
    for (const [id, { agent, script }] of Object.entries(options.agents ?? {})) {
      yield* checkScript(`agents.${id}.script`, script)
      yield* Effect.mapError(agents.check(agent), ({ message }) => wrong(`agents.${id}.${message}`))
      if (agent === undefined && script === undefined && fixed.some((one) => one.id === id)) {
        return yield* wrong(`agents.${id}: has no effect: the agent exists, and neither agent nor script is given`)
      }
    }
    for (const [i, { secret }] of (options.webhooks ?? []).entries()) {
      if (!webhooks.isSecret(secret)) return yield* wrong(`webhooks[${i}].secret: expected whsec_ and base64`)
    }
    for (const name of Object.keys(options)) {
      if (!Object.hasOwn(known, name)) return yield* wrong(`${name}: no such option`)
    }
  })

const putAgent = (world: World, id: string, agent: AgentOptions): Ruling<typeof Agent.SessionAgent.Encoded> =>
  Either.gen(function*() {
    const known = yield* workspace.putAgent(world.workspace, id, agent.agent, world.now())
    world.workspace = agent.script === undefined
      ? known.workspace
      : workspace.putScript(known.workspace, id, agent.script)
    return known.agent
  })

/** Fills a world with what is there in the beginning. */
const populate = <R>(world: World, options: Options<R>, context: Context.Context<R>): void => {
  const {
    agents = [],
    environments = [],
    files = [],
    memoryStores = [],
    sessions = [],
    threadIds = {},
    threads = [],
    vaults = []
  } = options.fixtures ?? {}
  const others = Object.entries(options.environments ?? {}).map(([id, { type = "cloud" }]) => ({ id, type }))
  const initial: workspace.Workspace = {
    ...workspace.empty,
    agents: agents.reduce((all, agent) => savedAgents.add(all, agent, world.now()), savedAgents.empty),
    environments: [...environments, ...others].reduce(
      (all, environment) => keptEnvironments.put(all, environment, world.now()),
      keptEnvironments.empty
    ),
    files: files.reduce((all, id) => keptFiles.add(all, id, { now: world.now() }), keptFiles.empty),
    memory: memoryStores.reduce((all, store) => memory.put(all, store, world.now()), memory.empty),
    vaults: vaults.reduce((all, id) => keptVaults.put(all, id, world.now()), keptVaults.empty)
  }
  world.workspace = options.script === undefined
    ? initial
    : { ...initial, otherwise: provide.script(options.script, context) }
  for (const [id, agent] of Object.entries(options.agents ?? {})) {
    const script = agent.script === undefined ? undefined : provide.script(agent.script, context)
    Either.getOrThrowWith(putAgent(world, id, { ...agent, script }), refused)
  }
  for (const session of sessions) {
    world.add(state.fromWire(session, {
      threadId: threadIds[session.id],
      children: threads.filter((thread) => thread.session_id === session.id),
      seq: world.created++,
      root: world.root,
      environments: world.workspace.environments,
      now: world.now()
    }))
  }
}

const ofWorkspace = (world: World): Pick<Service, "putAgent" | "putEnvironment" | "scripts"> => ({
  scripts: Effect.sync(() => Object.fromEntries(world.workspace.scripts)),
  putAgent: <R = never>(id: string, agent: AgentOptions<R>) =>
    Effect.gen(function*() {
      yield* Effect.mapError(
        checkScript("script", agent.script),
        ({ message }) => new Refused({ status: 400, type: "invalid_request_error", message })
      )
      yield* Effect.mapError(agents.check(agent.agent), refused)
      const context = yield* Effect.context<R>()
      return yield* effect(() =>
        putAgent(world, id, {
          ...agent,
          script: agent.script === undefined ? undefined : provide.script(agent.script, context)
        })
      )
    }),
  putEnvironment: (id, { type = "cloud" } = {}) =>
    Effect.sync(() => {
      const environment: Environment = { id, type }
      const { environments } = world.workspace
      world.workspace = {
        ...world.workspace,
        environments: keptEnvironments.put(environments, environment, world.now())
      }
      return environment
    })
})

const ofSessions = (
  world: World
): Pick<Service, "closeStreams" | "emit" | "events" | "openStreams" | "sessions"> => {
  const find = (id: string): Ruling<Cell> => {
    const cell = world.find(id)
    return cell === undefined ? refusal.notFound(`Session ${id} not found.`) : Either.right(cell)
  }
  const isEvent = ({ type }: { readonly type: unknown }): Ruling<unknown> =>
    typeof type === "string" && type !== ""
      ? Either.void
      : refusal.invalid("event.type: expected a text that is not empty")
  const cells = (id: string | undefined): ReadonlyArray<Cell> =>
    world.ordered.filter((cell) => id === undefined || cell.session.id === id)
  return {
    emit: (id, event, { persist = false } = {}) =>
      effect(() =>
        Either.map(Either.flatMap(isEvent(event), () => find(id)), (cell) => {
          const injected = transitions.inject(cell.session, world.now(), world.env, event, persist)
          world.commit(cell, injected)
          // a test may inject anything
          return injected.answer as typeof Event.StreamEvent.Encoded
        })
      ),
    closeStreams: (id) =>
      Effect.sync(() => {
        for (const cell of cells(id)) for (const one of cell.subscriptions) world.end(cell, one)
      }),
    openStreams: (id) => Effect.sync(() => cells(id).reduce((sum, cell) => sum + cell.subscriptions.size, 0)),
    sessions: Effect.sync(() => world.all().map((cell) => views.session(cell.session, world.now(), world.env))),
    events: (id) =>
      effect(() =>
        Either.map(find(id), ({ session }) =>
          // what is stored was made by typed constructors, or injected by a test on purpose
          [...eventLog.toArray(session.log), ...session.inbox.map((pending) => pending.event)] as ReadonlyArray<
            typeof Event.Event.Encoded
          >)
      )
  }
}

const ofFaults = (engine: faults.Faults): Pick<Service, "addFaults" | "clearFaults" | "faults"> => ({
  addFaults: (plan) => Effect.map(Fault.decode(plan), engine.add),
  clearFaults: Effect.sync(engine.clear),
  faults: Effect.sync(engine.left)
})

const ofHistory = (
  { begin, engine, recorder, seed, world }: Parts
): Pick<Service, "failures" | "handle" | "history" | "ledger" | "now" | "reset" | "seed"> => ({
  seed,
  handle: recorder.recording(engine.handle, engine.take),
  now: Effect.sync(() => Timestamp.Timestamp.make(time.format(world.now()))),
  failures: Effect.sync(() => [...world.failures]),
  ledger: recorder.exchanges,
  history: Effect.map(recorder.history, (history) => ({
    ...history,
    sessions: world.all().map(({ session: { id, status } }) => ({ id, status }))
  })),
  reset: Effect.sync(() => world.clear()).pipe(Effect.zipRight(recorder.clear), Effect.zipRight(Effect.sync(begin)))
})

/**
 * Provides a {@link Simulator}.
 * @category layers
 */
export const layer = <R = never>(options: Options<R> = {}): Layer.Layer<Simulator, never, R> =>
  Layer.scoped(Simulator, make(options))
