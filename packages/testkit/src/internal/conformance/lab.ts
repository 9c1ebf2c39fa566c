import type * as Agent from "@effect-managed-agents/core/Agent"
import type * as AgentTool from "@effect-managed-agents/core/AgentTool"
import type * as ApiError from "@effect-managed-agents/core/ApiError"
import type * as Event from "@effect-managed-agents/core/Event"
import { Events } from "@effect-managed-agents/core/Events"
import type { AgentId, EnvironmentId, FileId, SessionId } from "@effect-managed-agents/core/Ids"
import type { Resources } from "@effect-managed-agents/core/Resources"
import type * as Session from "@effect-managed-agents/core/Session"
import { Sessions } from "@effect-managed-agents/core/Sessions"
import type { Threads } from "@effect-managed-agents/core/Threads"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { DataScript } from "../../AgentScript.ts"
import { Drift, Inconclusive } from "./expectation.ts"

/** What a scenario may need beyond an agent and an environment. */
export type Need = "overrides" | "coordinator" | "file" | "budget"

/** What a scenario is run against. */
export interface Target {
  /** For the report. */
  readonly title: string
  readonly agentId: AgentId
  readonly environmentId: EnvironmentId
  /** An agent that may delegate to at least one other. */
  readonly coordinatorId?: AgentId | undefined
  /** An uploaded file. */
  readonly fileId?: FileId | undefined
  /** How long to wait for one thing. */
  readonly patience: Duration.DurationInput
  /** Scenarios that this target or this client cannot run, and why. */
  readonly cannot?: { readonly [scenario: string]: string } | undefined
  /** Tells the agents what they will do, where that can be told. */
  readonly prepare: (script: DataScript) => Effect.Effect<void>
}

/** What programs find about the run that they are part of. */
export class Lab extends Context.Tag("@effect-managed-agents/testkit/Conformance/Lab")<Lab, {
  readonly target: Target
  /** Told of sessions that could not be cleaned up. */
  readonly leaveBehind: (id: SessionId) => void
}>() {}

/** What programs are written with. */
export type Services = Sessions | Events | Threads | Resources

/** What programs need. */
export type Requirements = Services | Lab | Scope.Scope

/** How programs fail. */
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
        duration: target.patience,
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
      Effect.interruptible,
      Effect.timeout("1 minute"),
      Effect.catchAll(() => Effect.sync(() => leaveBehind(id)))
    )
  })

/** What a session of a scenario may have of its own. */
export interface Options extends Partial<Session.CreateParams> {}

/** Creates a session that is cleaned up with the scope. */
export const create = (options: Options = {}): Effect.Effect<Session.Session, Trouble, Requirements> =>
  Effect.gen(function*() {
    const sessions = yield* Sessions
    const { target } = yield* Lab
    return yield* Effect.acquireRelease(
      sessions.create({ agent: target.agentId, environment_id: target.environmentId, title: "conformance", ...options })
        .pipe(
          Effect.catchTag("NotFound", ({ detail }) => new Inconclusive({ why: `no session can be created: ${detail}` }))
        ),
      ({ id }) => cleanUp(id)
    )
  })

/** What makes a model do what a scenario says, no more and no less. */
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

/** The name of {@link lookup}. */
export const lookupName = "conformance_lookup"

/** A tool that the client runs. */
export const lookup: AgentTool.ToolParams = {
  type: "custom",
  name: lookupName,
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

/** What a call came to, whether or not it was refused. */
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
    Effect.catchTag("InvalidRequest", "NotFound", "Conflict", "Forbidden", refusal)
  )

const refusal = ({ detail, status = 0, type }: ApiError.ResponseErrorFields): Effect.Effect<Answer> =>
  Effect.succeed({ status, type, message: detail })

// ---------------------------------------------------------------------------------------------------------------------
// Streams
// ---------------------------------------------------------------------------------------------------------------------

/** An attached stream of events. */
export interface Live {
  /**
   * Reads on up to the first event of some type, or that fits. Answers what came since the last time, that event
   * included.
   */
  readonly until: (
    what: Event.Type,
    fits?: (event: Event.StreamEvent) => boolean
  ) => Effect.Effect<ReadonlyArray<Event.StreamEvent>, Trouble>
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

    const reading = (
      expectation: string,
      expected: string,
      isLast: (event: Event.StreamEvent) => boolean,
      whenOver: (read: ReadonlyArray<Event.StreamEvent>) => Effect.Effect<ReadonlyArray<Event.StreamEvent>, Drift>
    ): Effect.Effect<ReadonlyArray<Event.StreamEvent>, Trouble> => {
      const read: Array<Event.StreamEvent> = []
      const loop: Effect.Effect<ReadonlyArray<Event.StreamEvent>, Trouble> = Effect.suspend(() => {
        for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
          read.push(event)
          if (isLast(event)) return Effect.succeed(read)
        }
        return Effect.matchEffect(pull, {
          onSuccess: (chunk) => {
            waiting.push(...chunk)
            return loop
          },
          onFailure: (end): Effect.Effect<ReadonlyArray<Event.StreamEvent>, Trouble> =>
            Option.isSome(end) ? Effect.fail(end.value) : whenOver(read)
        })
      })
      return Effect.timeoutFail(loop, {
        duration: target.patience,
        onTimeout: () => new Drift({ expectation, expected, seen: { nothing_more_after: typesOf(read) } })
      })
    }

    return {
      until: (what, fits = () => true) => {
        const expectation = `the stream carries ${what}`
        return reading(
          expectation,
          what,
          (event) => event.type === what && fits(event),
          (read) => new Drift({ expectation, expected: what, seen: { stream_ended_after: typesOf(read) } })
        )
      },
      rest: Effect.suspend(() => reading("the stream ends", "its end", () => false, Effect.succeed))
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
