import type * as Agent from "@effect-managed-agents/core/Agent"
import type * as AgentTool from "@effect-managed-agents/core/AgentTool"
import type { ApiClient } from "@effect-managed-agents/core/ApiClient"
import type * as ApiError from "@effect-managed-agents/core/ApiError"
import type * as Event from "@effect-managed-agents/core/Event"
import { Events } from "@effect-managed-agents/core/Events"
import type { AgentId, EnvironmentId, EventId, FileId, SessionId } from "@effect-managed-agents/core/Ids"
import type { Resources } from "@effect-managed-agents/core/Resources"
import type * as Session from "@effect-managed-agents/core/Session"
import type * as SessionEvent from "@effect-managed-agents/core/SessionEvent"
import { Sessions } from "@effect-managed-agents/core/Sessions"
import type { Threads } from "@effect-managed-agents/core/Threads"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { DataScript } from "../../AgentScript.ts"
import { Drift, Inconclusive } from "./expectation.ts"
import * as prompts from "./prompts.ts"

/** Need of a scenario beyond an agent and an environment. */
export type Need = "overrides" | "coordinator" | "file" | "budget"

/** Target of a scenario. */
export interface Target {
  /** For the report. */
  readonly title: string
  readonly agentId: AgentId
  readonly environmentId: EnvironmentId
  /** An agent that may delegate to at least one other. */
  readonly coordinatorId?: AgentId | undefined
  /** An uploaded file. */
  readonly fileId?: FileId | undefined
  /** The time to wait for one thing. */
  readonly timeout: Duration.DurationInput
  /** Scenarios that this target or this client cannot run, and why. */
  readonly cannot?: { readonly [scenario: string]: string } | undefined
  /** Tells the agents what they will do, where that can be told. */
  readonly prepare: (script: DataScript) => Effect.Effect<void>
}

/** Facts about the run that a program is part of. */
export class Lab extends Context.Tag("@effect-managed-agents/testkit/Conformance/Lab")<Lab, {
  readonly target: Target
  /** Told of sessions that could not be cleaned up. */
  readonly leaveBehind: (id: SessionId) => void
}>() {}

/** Services that programs use. */
export type Services = ApiClient | Sessions | Events | Threads | Resources

/** Requirements of programs. */
export type Requirements = Services | Lab | Scope.Scope

/** Failures of programs. */
export type Trouble = Drift | Inconclusive | ApiError.ApiError

// ---------------------------------------------------------------------------------------------------------------------
// Sessions
// ---------------------------------------------------------------------------------------------------------------------

/** Waits until a session rests: its row may lag behind its events. */
export const settled = (id: SessionId): Effect.Effect<Session.Session, Trouble, Sessions | Lab> =>
  Effect.gen(function*() {
    const sessions = yield* Sessions
    const { target } = yield* Lab
    const read: Effect.Effect<Session.Session, ApiError.ApiError> = Effect.flatMap(
      sessions.retrieve(id),
      (session) =>
        session.status === "running" || session.status === "rescheduling"
          ? Effect.zipRight(Effect.sleep("200 millis"), read)
          : Effect.succeed(session)
    )
    return yield* read.pipe(
      Effect.timeoutFail({
        duration: target.timeout,
        onTimeout: () =>
          new Drift({ expectation: "the session comes to rest", expected: "idle or terminated", seen: "running" })
      })
    )
  })

const isBusy = (error: Trouble): boolean => error._tag === "InvalidRequest"

/** Stops a session and deletes it, or at least archives it. */
const cleanUp = (id: SessionId): Effect.Effect<void, never, Sessions | Events | Lab> =>
  Effect.gen(function*() {
    const sessions = yield* Sessions
    const events = yield* Events
    const { leaveBehind } = yield* Lab
    const rest = Effect.gen(function*() {
      const { status } = yield* sessions.retrieve(id)
      if (status === "running" || status === "rescheduling") {
        yield* events.send(id, UserEvent.interrupt())
        yield* settled(id)
      }
    })
    yield* rest.pipe(
      Effect.zipRight(sessions.delete(id)),
      Effect.retry({ while: isBusy, schedule: Schedule.spaced("200 millis"), times: 20 }),
      Effect.catchTag("NotFound", () => Effect.void),
      Effect.catchAll(() => sessions.archive(id)),
      Effect.timeout("1 minute"),
      Effect.catchAllCause(() => Effect.sync(() => leaveBehind(id))),
      // The time limit needs something that can be interrupted. But whoever interrupts the run meanwhile would interrupt
      // that as well if it were a child of the run's fiber.
      Effect.interruptible,
      Effect.forkDaemon,
      Effect.flatMap(Fiber.join)
    )
  })

/** Options of a session of a scenario. */
export interface Options extends Partial<Session.CreateParams> {}

/** Creates a session that is cleaned up with the scope. */
export const create = (options: Options = {}): Effect.Effect<Session.Session, Trouble, Requirements> =>
  Effect.gen(function*() {
    const sessions = yield* Sessions
    const { target } = yield* Lab
    const creating = sessions.create({
      agent: target.agentId,
      environment_id: target.environmentId,
      title: "conformance",
      ...options
    }).pipe(
      Effect.catchTag("NotFound", ({ detail }) => new Inconclusive({ why: `no session can be created: ${detail}` }))
    )
    return yield* Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        const fiber = yield* Effect.forkDaemon(Effect.interruptible(creating))
        const session = yield* restore(Fiber.join(fiber)).pipe(Effect.onInterrupt(() => cleanUpLate(fiber)))
        yield* Effect.addFinalizer(() => cleanUp(session.id))
        return session
      })
    )
  })

/** Cleans up a session that nobody waits for any more, if the answer that it has been created comes soon. */
const cleanUpLate = (
  creating: Fiber.Fiber<Session.Session, Trouble>
): Effect.Effect<void, never, Sessions | Events | Lab> =>
  Fiber.join(creating).pipe(
    Effect.interruptible,
    Effect.timeout("5 seconds"),
    Effect.flatMap(({ id }) => cleanUp(id)),
    Effect.catchTag("TimeoutException", () =>
      Effect.logWarning("A session may be left behind: the request that creates it was not answered")),
    Effect.ignore,
    Effect.ensuring(Fiber.interrupt(creating))
  )

/** System prompt that makes a model do what a scenario says, no more and no less. */
const system = "You are a fixture of an automated test. Do literally what the user says, and nothing else. Be brief: " +
  "no introduction, no comment. Call a tool only when told to, exactly as often as told."

/** Creates a session whose agent has these tools and no others. */
export const createWith = (
  tools: ReadonlyArray<AgentTool.ToolParams>
): Effect.Effect<Session.Session, Trouble, Requirements> =>
  Effect.gen(function*() {
    const { target } = yield* Lab
    const agent: Agent.Params = {
      type: "agent_with_overrides",
      id: target.agentId,
      system,
      tools,
      mcp_servers: [],
      skills: []
    }
    return yield* create({ agent }).pipe(
      Effect.catchTag(
        "InvalidRequest",
        ({ detail }) => new Inconclusive({ why: `no session can be created whose agent has overrides: ${detail}` })
      )
    )
  })

/** A tool that the client runs. */
export const lookup: AgentTool.ToolParams = {
  type: "custom",
  name: prompts.lookupName,
  description: "Looks up the value of a key.",
  input_schema: { type: "object", properties: { key: { type: "string" } }, required: ["key"] }
}

/** The shell, which asks before it runs. */
export const askingShell: AgentTool.ToolParams = {
  type: "agent_toolset_20260401",
  default_config: { enabled: false },
  configs: [{ name: "bash", enabled: true, permission_policy: { type: "always_ask" } }]
}

/** The whole history of a session. */
export const history = (id: SessionId): Effect.Effect<ReadonlyArray<Event.Event>, ApiError.ApiError, Events> =>
  Effect.flatMap(Events, (events) => collect(events.list(id)))

/** All there is in a list. */
export const collect = <A>(list: Stream.Stream<A, ApiError.ApiError>): Effect.Effect<Array<A>, ApiError.ApiError> =>
  Effect.map(Stream.runCollect(list), (all) => [...all])

/** Says something to the agent. */
export const say = (
  id: SessionId,
  text: string
): Effect.Effect<Event.SendResponse, ApiError.ApiError, Events> =>
  Effect.flatMap(Events, (events) => events.send(id, UserEvent.message(text)))

// ---------------------------------------------------------------------------------------------------------------------
// Refusals
// ---------------------------------------------------------------------------------------------------------------------

/** Answer to a call, also if it was refused. */
export interface Answer {
  readonly status: number
  readonly type?: string | undefined
  /** The words of the refusal. */
  readonly message: string
}

/** Makes a call that may be refused. Failures that are no verdict on the request are failures still. */
export const attempt = <A, R>(
  call: Effect.Effect<A, ApiError.ApiError, R>
): Effect.Effect<Answer, ApiError.ApiError, R> =>
  call.pipe(
    Effect.as<Answer>({ status: 200, message: "(not refused)" }),
    Effect.catchTags({ InvalidRequest: refusal, NotFound: refusal, Conflict: refusal, Forbidden: refusal })
  )

const refusal = ({ detail, status = 0, type }: ApiError.ResponseErrorFields): Effect.Effect<Answer> =>
  Effect.succeed({ status, type, message: detail })

// ---------------------------------------------------------------------------------------------------------------------
// Streams
// ---------------------------------------------------------------------------------------------------------------------

/** An attached stream of events. */
export interface Live {
  /**
   * Reads on up to the first event of one of some types. Answers what came since the last time, that event included.
   */
  readonly until: (...types: ReadonlyArray<Event.Type>) => Effect.Effect<ReadonlyArray<Event.StreamEvent>, Trouble>
  /** Reads on until the service ends the stream. */
  readonly rest: Effect.Effect<ReadonlyArray<Event.StreamEvent>, Trouble>
}

/** Attaches to a stream, for as long as the scope is. */
export const attach = (
  open: Effect.Effect<Stream.Stream<Event.StreamEvent, ApiError.ApiError>, ApiError.ApiError, Scope.Scope>
): Effect.Effect<Live, ApiError.ApiError, Lab | Scope.Scope> =>
  Effect.gen(function*() {
    const { target } = yield* Lab
    const pull = yield* Stream.toPull(yield* open)
    const waiting: Array<Event.StreamEvent> = []

    /** Reads up to the last event, or to the end of the stream if none is the last. */
    const reading = (
      expected: string,
      isLast?: (event: Event.StreamEvent) => boolean
    ): Effect.Effect<ReadonlyArray<Event.StreamEvent>, Trouble> =>
      Effect.suspend(() => {
        const read: Array<Event.StreamEvent> = []
        const expectation = `the stream carries ${expected}`
        const loop: Effect.Effect<ReadonlyArray<Event.StreamEvent>, Trouble> = Effect.suspend(() => {
          for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
            read.push(event)
            if (isLast?.(event) === true) return Effect.succeed(read)
          }
          return Effect.matchEffect(pull, {
            onSuccess: (chunk) => {
              waiting.push(...chunk)
              return loop
            },
            onFailure: (end): Effect.Effect<ReadonlyArray<Event.StreamEvent>, Trouble> => {
              if (Option.isSome(end)) return Effect.fail(end.value)
              return isLast === undefined
                ? Effect.succeed(read)
                : new Drift({ expectation, expected, seen: { stream_ended_after: typesOf(read) } })
            }
          })
        })
        return Effect.timeoutFail(loop, {
          duration: target.timeout,
          onTimeout: () => new Drift({ expectation, expected, seen: { nothing_more_after: typesOf(read) } })
        })
      })

    return {
      until: (...types) => reading(types.join(" or "), ({ type }) => types.some((one) => one === type)),
      rest: reading("its end")
    }
  })

/** Attaches to the stream of a session. */
export const watch = (
  id: SessionId,
  params?: Event.StreamParams
): Effect.Effect<Live, ApiError.ApiError, Events | Lab | Scope.Scope> =>
  Effect.flatMap(Events, (events) => attach(events.open(id, params)))

/** The types of events. */
export const typesOf = (events: ReadonlyArray<Event.StreamEvent>): Array<string> =>
  events.map((event) => String(event.type))

/** Reads on until the session waits for answers, or gives up if it does not come to that. */
export const untilCalls = (live: Live, count: number): Effect.Effect<ReadonlyArray<Event.StreamEvent>, Trouble> =>
  Effect.tap(live.until("session.status_idle"), (turn) => {
    const calls = turn.filter((event) => event.type === "agent.custom_tool_use" || event.type === "agent.tool_use")
    return calls.length === count ? Effect.void : new Inconclusive({
      why: `the model made ${calls.length} tool calls at once instead of ${count}`
    })
  })

/** Why the session is idle, at the end of what has been read. */
export const reasonOf = (read: ReadonlyArray<Event.StreamEvent>): SessionEvent.StopReason | undefined =>
  read.flatMap((event) => event.type === "session.status_idle" ? [event.stop_reason] : []).at(-1)

/** Ends of turns that go otherwise than a scenario wants them to. */
const astray = new Set<unknown>(["requires_action", "retries_exhausted", "refusal"])

/**
 * Reads on until the turn is over, or gives up if the model goes astray. That the session still waits for calls that have
 * been answered means nothing.
 */
export const untilEnd = (
  live: Live,
  answered: ReadonlyArray<EventId> = []
): Effect.Effect<ReadonlyArray<Event.StreamEvent>, Trouble> =>
  Effect.flatMap(live.until("session.status_idle"), (read) => {
    const reason = reasonOf(read)
    if (reason?.type === "requires_action" && reason.event_ids.every((id) => answered.includes(id))) {
      return Effect.map(untilEnd(live, answered), (more) => [...read, ...more])
    }
    return astray.has(reason?.type)
      ? new Inconclusive({ why: `the turn ended by ${String(reason?.type)}` })
      : Effect.succeed(read)
  })

/** A session amid a model request that takes a while. */
export const busy: Effect.Effect<{ readonly id: SessionId; readonly live: Live }, Trouble, Requirements> = Effect.gen(
  function*() {
    const sessions = yield* Sessions
    const { id } = yield* createWith([])
    const live = yield* watch(id)
    yield* say(id, prompts.long.text)
    yield* live.until("span.model_request_start")
    const { status } = yield* sessions.retrieve(id)
    return status === "running" ? { id, live } : yield* new Inconclusive({ why: "the turn was over too soon" })
  }
)
