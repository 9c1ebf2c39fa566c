/**
 * Everything that a test of a program on managed agents provides in place of the real service.
 *
 * The program keeps the client that it has in production, with its encoding, retries, paging and streams; only the
 * service behind it is simulated, in memory and in the test's own time.
 *
 * @since 0.1.0
 */
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as Workspace from "@effect-managed-agents/core/Workspace"
import type { HttpClient } from "@effect/platform/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Fixtures from "./Fixtures.ts"
import * as Simulator from "./Simulator.ts"
import * as SimulatorHttpClient from "./SimulatorHttpClient.ts"

/**
 * All that {@link layer} provides.
 * @category services
 */
export type Services =
  | ManagedAgents.Services
  | Workspace.Services
  | ClientConfig.ClientConfig
  | HttpClient
  | Simulator.Simulator

/**
 * Options of the simulator behind the services.
 * @category options
 */
export interface Options<out R = never> extends Simulator.Options<R> {
  /**
   * The fixtures.
   *
   * @default Fixtures.docs
   */
  readonly fixtures?: Simulator.Fixtures | undefined
  /**
   * Tools that the agents of the fixtures have beside their own, such as the `Toolkit` whose handlers the program runs. A
   * script may only call tools that its agent has.
   *
   * @default []
   */
  readonly tools?: Fixtures.Tools | undefined
}

/**
 * Provides all services of the client on a simulator in memory, and the simulator. No network can be reached.
 *
 * @example
 * ```ts
 * import * as Events from "@effect-managed-agents/core/Events"
 * import * as Sessions from "@effect-managed-agents/core/Sessions"
 * import * as UserEvent from "@effect-managed-agents/core/UserEvent"
 * import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
 * import * as Fixtures from "@effect-managed-agents/testkit/Fixtures"
 * import * as Testkit from "@effect-managed-agents/testkit/Testkit"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const program = Effect.gen(function*() {
 *   const sessions = yield* Sessions.Sessions
 *   const events = yield* Events.Events
 *   const session = yield* sessions.create({ agent: Fixtures.agentId, environment_id: Fixtures.environmentId })
 *   const live = yield* events.open(session.id)
 *   yield* events.send(session.id, UserEvent.message("Hello"))
 *   return yield* live.pipe(
 *     Stream.map((event) => String(event.type)),
 *     Stream.takeUntil((type) => type === "session.status_idle"),
 *     Stream.filter((type) => type.startsWith("agent.")),
 *     Stream.runCollect
 *   )
 * }).pipe(Effect.scoped)
 *
 * const script = AgentScript.make({ turns: [[AgentScript.think, AgentScript.say("Hi.")]] })
 *
 * Effect.runPromise(Effect.provide(program, Testkit.layer({ script }))).then((types) => {
 *   assert.deepStrictEqual(Array.from(types), ["agent.thinking", "agent.message"])
 * })
 * ```
 *
 * @category layers
 */
export const layer = <R = never>(options: Options<R> = {}): Layer.Layer<Services, never, R> =>
  Workspace.layer.pipe(
    Layer.provideMerge(ManagedAgents.layer),
    Layer.provideMerge(Layer.mergeAll(SimulatorHttpClient.layer, config)),
    Layer.provideMerge(Layer.suspend(() => {
      const { fixtures = Fixtures.docs, tools, ...rest } = options
      return Simulator.layer({
        ...rest,
        fixtures: tools === undefined ? fixtures : Fixtures.withTools(fixtures, tools)
      })
    }))
  )

const config: Layer.Layer<ClientConfig.ClientConfig> = Layer.orDie(
  ClientConfig.layer({ baseUrl: "http://simulator", apiKey: Redacted.make("test") })
)
