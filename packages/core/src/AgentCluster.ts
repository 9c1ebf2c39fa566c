/**
 * Cluster of processes that run turns by id: `@effect/cluster` says which process owns a session, and moves it when one
 * dies or is deployed anew.
 *
 * It needs `@effect/cluster` and `@effect/rpc`. Other modules of this package do not.
 *
 * The `TurnStore` keeps the truth. What is sent through the cluster only wakes an owner, and nothing of it is stored: what is
 * lost is found by a sweep of the store. Writes name the fence of their owner, so correctness does not hang on the locks of
 * the cluster.
 *
 * @since 0.1.0
 */
import * as Entity from "@effect/cluster/Entity"
import type { ShardId } from "@effect/cluster/ShardId"
import { make as makeShardId } from "@effect/cluster/ShardId"
import * as Sharding from "@effect/cluster/Sharding"
import type * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as Rpc from "@effect/rpc/Rpc"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { ApiError, InvalidParams } from "./ApiError.ts"
import * as Conversation from "./Conversation.ts"
import type * as Delivery from "./Delivery.ts"
import * as DurableTurn from "./DurableTurn.ts"
import * as Event from "./Event.ts"
import type * as Events from "./Events.ts"
import * as Ids from "./Ids.ts"
import * as runners from "./internal/cluster/runner.ts"
import * as settings from "./internal/cluster/settings.ts"
import { randomHex } from "./internal/options/randomHex.ts"
import * as fork from "./internal/stream/fork.ts"
import { CurrentLead } from "./internal/turn/lead.ts"
import type * as Journal from "./Journal.ts"
import type * as PendingAction from "./PendingAction.ts"
import * as SessionOwner from "./SessionOwner.ts"
import type * as Sessions from "./Sessions.ts"
import * as ToolRunner from "./ToolRunner.ts"
import * as TurnRecord from "./TurnRecord.ts"
import * as TurnStore from "./TurnStore.ts"
import * as WebhookEvent from "./WebhookEvent.ts"

// ---------------------------------------------------------------------------------------------------------------------
// Configuration
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Configuration of the cluster for sessions that move within seconds: `shardingConfig: { runnerAddress, ...AgentCluster.config }`.
 * @category options
 */
export const config = {
  /** Locks in a table, which expire. Advisory locks are kept by a process that is frozen for as long as its connection lives. */
  shardLockDisableAdvisory: true,
  /** The time without a refresh after which a lock is free: as long as others wait for a process that is frozen or dead. */
  shardLockExpiration: Duration.seconds(9),
  /** Not shorter: a busy process that comes too late loses all of its sessions at once. */
  shardLockRefreshInterval: Duration.seconds(3),
  /** A process that is killed is found out by this check, before its locks expire. */
  runnerHealthCheckInterval: Duration.seconds(2),
  /** The time until the others know which process has gone or come. */
  refreshAssignmentsInterval: Duration.millis(500),
  /** The wait between two attempts to get the locks of a process that has gone. */
  entityMessagePollInterval: Duration.seconds(1),
  /** Longer than `grace`, or the cluster would cut off tools that come to their end. */
  entityTerminationTimeout: Duration.seconds(15)
} as const satisfies Partial<ShardingConfig.ShardingConfig["Type"]>

// ---------------------------------------------------------------------------------------------------------------------
// Updates
// ---------------------------------------------------------------------------------------------------------------------

const turnId = {
  /** The id of the turn. */
  turnId: Schema.String
}

const Update_ = Schema.Union(
  Schema.Struct({
    _tag: Schema.Literal("Event"),
    ...turnId,
    event: Event.Event,
    state: Schema.Literal("queued", "processed")
  }),
  Schema.Struct({
    _tag: Schema.Literal("Preview"),
    ...turnId,
    id: Ids.EventId,
    /** The type that the event will have, as in `Follow.Preview`. */
    type: Schema.String,
    phase: Schema.Literal("opened", "growing", "final", "abandoned"),
    index: Schema.Number,
    blocks: Schema.Array(Schema.String)
  }),
  Schema.Struct({ _tag: Schema.Literal("CaughtUp"), ...turnId }),
  Schema.Struct({ _tag: Schema.Literal("Finished"), ...turnId, record: TurnRecord.TurnRecord })
).annotations({ identifier: "AgentClusterUpdate" })

/**
 * Update that the owner of a session sees while it follows a turn: those of `Conversation.turn` that a screen shows, with the
 * id of the turn. `Finished` comes each time that nobody follows the turn any more because it ended or waits for an answer.
 * @category models
 */
export type Update = typeof Update_.Type

/**
 * Schema of {@link Update}.
 * @category schemas
 */
export const Update: Schema.Schema<Update, typeof Update_.Encoded> = Update_

const toUpdates = (turnId: string, update: Conversation.Update): ReadonlyArray<Update> => {
  switch (update._tag) {
    case "Event":
    case "Preview":
      return [{ ...update, turnId }]
    case "CaughtUp":
      return [{ _tag: "CaughtUp", turnId }]
    case "Finished":
      return [{ _tag: "Finished", turnId, record: TurnRecord.make(update.result) }]
    default:
      return []
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Models
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Options of a cluster.
 * @category options
 */
export interface Options<E1 = never, R1 = never, E2 = never, R2 = never, T extends ToolRunner.Source = never>
  extends Omit<DurableTurn.ServeOptions<E1, R1, E2, R2, T>, "drain">
{
  /**
   * The fate of a call that was cut off, as for `ToolRunner.make`, unless `tools` were made by that.
   *
   * @default "fail"
   */
  readonly unfinished?: ToolRunner.Options["unfinished"]
  /**
   * The number of sessions that a process serves at a time. Further ones wait in the store.
   *
   * @default 2_000
   */
  readonly maxLive?: number | undefined
  /**
   * The wait between two looks of a process for sessions with turns to run whose wake was lost, a fifth longer or shorter. It
   * looks at once when the cluster has given it sessions of another.
   *
   * @default "5 seconds"
   */
  readonly sweepEvery?: Duration.DurationInput | undefined
}

/**
 * Turns of a cluster, for any process: a runner, or a client such as a web server.
 * @category models
 */
export interface Client {
  /** Stores a turn behind those of its session, as `DurableTurn.start`, and wakes the owner. Load does not make it fail. */
  readonly start: (
    sessionId: Ids.SessionIdInput,
    turn: { readonly id: string; readonly input: Conversation.Input }
  ) => Effect.Effect<TurnStore.StoredTurn, TurnStore.TurnStoreError>
  /** Waits until a turn has ended, or waits for an answer, as `DurableTurn.result`. */
  readonly result: (
    id: string,
    options?: DurableTurn.ResultOptions
  ) => Effect.Effect<TurnRecord.TurnRecord, TurnStore.TurnStoreError>
  /** Answers an action that a turn waits for, as `DurableTurn.answer`, and wakes the owner. */
  readonly answer: <A extends PendingAction.PendingAction>(
    action: A,
    answer: PendingAction.AnswerTo<NoInfer<A>>,
    options?: Events.DeliverOptions
  ) => Effect.Effect<Delivery.Delivery, Conversation.AnswerError<A> | TurnStore.TurnStoreError>
  /** Lets the owner stop the agent, as `Conversation.interrupt`. Waits while there is no owner. */
  readonly interrupt: (sessionId: Ids.SessionIdInput) => Effect.Effect<void, ApiError | TurnStore.TurnStoreError>
  /** Lets the owner look what there is to do. */
  readonly wake: (sessionId: Ids.SessionIdInput) => Effect.Effect<void, TurnStore.TurnStoreError>
  /** Wakes the owner of the session that a webhook is about, if it is about one. */
  readonly webhook: (event: WebhookEvent.WebhookEvent) => Effect.Effect<void, TurnStore.TurnStoreError>
  /**
   * Shows what the owner of a session sees from now on, for a screen: nothing of it is stored, and some of it is missing when the
   * session moves or when this consumer is slow. Previews are among it if `follow` of the options asks for them.
   */
  readonly updates: (sessionId: Ids.SessionIdInput) => Stream.Stream<Update>
}

/**
 * Cluster that runs turns: what a runner provides, and what its clients use.
 * @category models
 */
export interface AgentCluster<E, R> {
  /** The name, which all processes share. */
  readonly name: string
  /**
   * Runs turns in this process as long as the layer lives, and then hands them over: nobody follows them any more, running
   * tools come to their end, for `grace` at most, and others go on.
   *
   * Fails as `InvalidParams` where the options, or the configuration of the cluster, are known to go wrong.
   */
  readonly layer: Layer.Layer<
    never,
    E | InvalidParams | Journal.MissingJournal,
    R | Sharding.Sharding | TurnStore.TurnStore | Events.Events | Sessions.Sessions
  >
  /** Turns of the cluster, for any process. */
  readonly client: Effect.Effect<Client, never, Sharding.Sharding | TurnStore.TurnStore | Events.Events>
}

// ---------------------------------------------------------------------------------------------------------------------
// Constructor
// ---------------------------------------------------------------------------------------------------------------------

const session = { sessionId: Ids.SessionId }

/**
 * Entity of a shard. One of each session would be more of what a live turn costs than the turn, so sessions are in the messages.
 */
const makeEntity = (name: string) =>
  Entity.make(name, [
    Rpc.make("Wake", { payload: session }),
    Rpc.make("Interrupt", { payload: session, error: ApiError }),
    Rpc.make("Updates", { payload: session, success: Update, stream: true }),
    // from a runner to itself: the cluster leaves a shard where it is as long as an entity of it has a request
    Rpc.make("Keep", { payload: { runner: Schema.String } })
  ])

/**
 * Makes a cluster. All of its processes use the same name, and stores that all of them reach; no other cluster and no
 * `TurnWorker` uses these stores.
 *
 * @example
 * ```ts
 * import * as AgentCluster from "@effect-managed-agents/core/AgentCluster"
 * import type { SessionId } from "@effect-managed-agents/core/Ids"
 * import * as Tool from "@effect/ai/Tool"
 * import * as Toolkit from "@effect/ai/Toolkit"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 *
 * const OrderTools = Toolkit.make(
 *   Tool.make("cancel_order", { parameters: { number: Schema.Int }, success: Schema.String })
 * )
 *
 * export const Desk = AgentCluster.make("Desk", { tools: OrderTools, unfinished: "ask" })
 *
 * export const ask = (sessionId: SessionId) =>
 *   Effect.gen(function*() {
 *     const desk = yield* Desk.client
 *     yield* desk.start(sessionId, { id: "order-1234/1", input: "Where is my order?" })
 *     return yield* desk.result("order-1234/1")
 *   })
 * ```
 *
 * @category constructors
 */
export const make = <E1 = never, R1 = never, E2 = never, R2 = never, T extends ToolRunner.Source = never>(
  name: string,
  options: Options<E1, R1, E2, R2, T> = {}
): AgentCluster<ToolRunner.MakeError<T>, R1 | R2 | ToolRunner.Context<T>> => {
  const entity = makeEntity(name)
  return { name, layer: Layer.scopedDiscard(register(entity, options)), client: makeClient(entity) }
}

type SessionEntity = ReturnType<typeof makeEntity>

/** A message that nobody waits for is given up after this time: the sweep does what it would have done. */
const patience = Duration.seconds(1)

/** Sends what need not arrive. */
const attempt = <E>(self: Effect.Effect<unknown, E>): Effect.Effect<void> =>
  self.pipe(
    Effect.timeoutOption(patience),
    Effect.asVoid,
    Effect.catchAllCause((cause) => Effect.logDebug("A session could not be woken", cause))
  )

// ---------------------------------------------------------------------------------------------------------------------
// Runner
// ---------------------------------------------------------------------------------------------------------------------

const invalid = (issues: InvalidParams["issues"]) => new InvalidParams({ operation: "AgentCluster.layer", issues })

/** Registers the entity, and does for it what the cluster does not do. */
const register = <E1, R1, E2, R2, T extends ToolRunner.Source>(
  entity: SessionEntity,
  options: Options<E1, R1, E2, R2, T>
) =>
  Effect.gen(function*() {
    const checked = settings.check(options)
    if (!("maxLive" in checked)) return yield* invalid(checked)
    const tools = options.tools === undefined
      ? undefined
      : yield* ToolRunner.make(options.tools, { journal: "required", unfinished: options.unfinished })
    const store = yield* TurnStore.TurnStore
    const name = `runner-${yield* randomHex(2)}`
    const ready = yield* Deferred.make<runners.Runner<Update>>()
    const found = yield* registerEntity(entity, name, Deferred.await(ready))
    const issues = yield* settings.problems(found, checked, store)
    if (issues.length > 0) return yield* invalid(issues)
    const runner = yield* makeRunner(entity, options, { checked, found, name, store, tools })
    yield* fork.inScope(runner.run)
    // before the cluster ends the entities, which lets what runs go on
    yield* Effect.addFinalizer(() => runner.close)
    yield* Deferred.succeed(ready, runner)
  })

/** Registers the entity, and answers what the cluster was made with. */
const registerEntity = (entity: SessionEntity, name: string, ready: Effect.Effect<runners.Runner<Update>>) =>
  Effect.gen(function*() {
    const sharding = yield* Sharding.Sharding
    const context = yield* Effect.context<Events.Events | Sessions.Sessions>()
    let found: settings.Found
    const handlers = Effect.gen(function*() {
      const { shardId } = yield* Entity.CurrentAddress
      const runner = yield* ready
      return entity.of({
        Wake: ({ payload }) => runner.wake(payload.sessionId),
        Keep: ({ payload }) => payload.runner === name ? runner.keep(shardId) : Effect.void,
        // who may not be the owner any more says nothing until the cluster ends it
        Interrupt: ({ payload }) =>
          Effect.flatMap(
            runner.isHeld(payload.sessionId),
            (held) => held ? Effect.provide(Conversation.interrupt(payload.sessionId), context) : Effect.never
          ),
        Updates: ({ payload }) => runner.updates(payload.sessionId)
      })
    })
    yield* sharding.registerEntity(
      settings.noting(entity, (context) => {
        found ??= context
      }),
      handlers,
      { concurrency: "unbounded", disableFatalDefects: true }
    )
    return found as settings.Found
  })

/** Parts of a runner, beside its options. */
interface Prepared<R> {
  readonly checked: settings.Settings
  readonly found: settings.Found
  readonly name: string
  readonly store: TurnStore.Service
  readonly tools: ToolRunner.ToolRunner<R> | undefined
}

const makeRunner = <E1, R1, E2, R2, T extends ToolRunner.Source>(
  entity: SessionEntity,
  options: Options<E1, R1, E2, R2, T>,
  { checked, found, name, store, tools }: Prepared<ToolRunner.CallContext<T>>
) =>
  Effect.gen(function*() {
    const sharding = yield* Sharding.Sharding
    const context = yield* Effect.context<Services<R1, R2, T>>()
    const client = yield* entity.client
    const { shardsPerGroup } = settings.configOf(found)
    const { entityOf, group, shardOf } = yield* sharded(entity)
    return yield* runners.make<Update, DurableTurn.ServeError<E1, E2, T>>({
      ...checked,
      name,
      sharding,
      store,
      refreshEvery: settings.refreshEvery(found),
      shards: Array.from({ length: shardsPerGroup }, (_, index) => makeShardId(group, index + 1)),
      shardOf,
      confirm: settings.confirm(found),
      keep: (shardId) => attempt(client(entityOf(shardId)).Keep({ runner: name }, { discard: true })),
      // what the fiber of a message has in its context is not to be held by each session
      fork: (self) =>
        Effect.asVoid(Effect.forkDaemon(Effect.mapInputContext<void, never, never, never>(self, () => context))),
      serve: (owner, session) =>
        DurableTurn.serve<E1, R1, E2, R2, T>({
          ...options,
          // a runner that was made of a source stands for it
          tools: tools as unknown as T
        }).pipe(
          Effect.provideService(SessionOwner.SessionOwner, owner),
          Effect.provideService(CurrentLead, {
            onUpdates: (turnId, updates) =>
              Effect.zipRight(noteStart(session, updates), publish(session, turnId, updates)),
            handOver: runners.handOverOf(session)
          }),
          // what a turn requires is there, or has just been provided
          (self) =>
            Effect.provide(
              self as Effect.Effect<DurableTurn.Served, DurableTurn.ServeError<E1, E2, T>, Services<R1, R2, T>>,
              context
            )
        )
    })
  })

type Services<R1, R2, T> = Events.Events | TurnStore.TurnStore | R1 | R2 | ToolRunner.Context<T>

// ---------------------------------------------------------------------------------------------------------------------
// Shards
// ---------------------------------------------------------------------------------------------------------------------

type EntityId = Parameters<SessionEntity["getShardGroup"]>[0]

/** The shards that sessions are in by the hashes of their ids, and the entity of each. */
const sharded = (entity: SessionEntity) =>
  Effect.map(Sharding.Sharding, (sharding) => {
    // of these any string is one
    const group = entity.getShardGroup("" as EntityId)
    const shardOf = (id: string): ShardId => sharding.getShardId(id as EntityId, group)
    const names = new Map<string, string>()
    let tried = 0
    /** The least number whose hash is in the shard, which is the same in all processes. */
    const entityOf = (shardId: ShardId): string => {
      const key = String(shardId)
      for (;;) {
        const name = names.get(key)
        if (name !== undefined) return name
        const next = String(tried++)
        const found = String(shardOf(next))
        if (!names.has(found)) names.set(found, next)
      }
    }
    return { entityOf, group, shardOf }
  })

/** Notes that the turn of a session that was taken up is known as far as it has gone. */
const noteStart = (
  { started }: runners.Session<Update>,
  updates: Iterable<Conversation.Update>
): Effect.Effect<void> => {
  for (const { _tag } of updates) if (_tag === "CaughtUp") return started
  return Effect.void
}

/** Shows updates to those who look on. */
const publish = (
  { listeners }: runners.Session<Update>,
  turnId: string,
  updates: Iterable<Conversation.Update>
): Effect.Effect<void> => {
  if (listeners.size === 0) return Effect.void
  const shown = Array.from(updates).flatMap((update) => toUpdates(turnId, update))
  return Effect.forEach(listeners, (listener) => Queue.offerAll(listener, shown), { discard: true })
}

// ---------------------------------------------------------------------------------------------------------------------
// Client
// ---------------------------------------------------------------------------------------------------------------------

const makeClient = (
  entity: SessionEntity
): Effect.Effect<Client, never, Sharding.Sharding | TurnStore.TurnStore | Events.Events> =>
  Effect.gen(function*() {
    const client = yield* entity.client
    const { entityOf, shardOf } = yield* sharded(entity)
    const context = yield* Effect.context<TurnStore.TurnStore | Events.Events>()
    const owner = (sessionId: Ids.SessionIdInput) => client(entityOf(shardOf(sessionId)))
    const of = (sessionId: Ids.SessionIdInput) => ({ sessionId: Ids.SessionId.make(sessionId) })
    const call = (sessionId: Ids.SessionIdInput) => attempt(owner(sessionId).Wake(of(sessionId), { discard: true }))
    const wake: Client["wake"] = (sessionId) =>
      Effect.zipRight(Effect.provide(DurableTurn.wake(sessionId), context), call(sessionId))
    return {
      start: (sessionId, { id, input }) =>
        Effect.zipLeft(Effect.provide(DurableTurn.start(id, sessionId, input), context), call(sessionId)),
      result: (id, options) => Effect.provide(DurableTurn.result(id, options), context),
      answer: (action, answer, options) =>
        Effect.zipLeft(Effect.provide(DurableTurn.answer(action, answer, options), context), call(action.sessionId)),
      interrupt: (sessionId) => Effect.zipRight(interrupt(owner(sessionId), of(sessionId)), wake(sessionId)),
      wake,
      webhook: ({ data }) => isAboutSession(data) ? wake(data.id) : Effect.void,
      updates: (sessionId) =>
        Stream.suspend(() => owner(sessionId).Updates(of(sessionId))).pipe(
          // the session moves: its next owner is looked for
          Stream.catchAllCause((cause) =>
            Stream.drain(Stream.fromEffect(Effect.logDebug("Updates were cut off", cause)))
          ),
          Stream.concat(Stream.drain(Stream.fromEffect(Effect.sleep(patience)))),
          Stream.forever
        )
    }
  })

const isAboutSession = Schema.is(Schema.Union(WebhookEvent.SessionData, WebhookEvent.ThreadData))

type Stub = Effect.Effect.Success<SessionEntity["client"]> extends (id: string) => infer S ? S : never

/** Interrupts, once there is room for the message. The other errors are those of messages that are stored. */
const interrupt = (
  stub: Stub,
  payload: { readonly sessionId: Ids.SessionId }
): Effect.Effect<void, ApiError> =>
  stub.Interrupt(payload).pipe(
    Effect.retry({ while: ({ _tag }) => _tag === "MailboxFull", schedule: Schedule.spaced(patience) }),
    Effect.catchTags({ MailboxFull: Effect.die, AlreadyProcessingMessage: Effect.die, PersistenceError: Effect.die })
  )
