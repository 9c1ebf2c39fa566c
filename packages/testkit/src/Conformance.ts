/**
 * Tells whether a service behaves as the Sessions API is documented and known to: a suite of scenarios, each a program on
 * the client's services with expectations on what goes over the wire, and a report of where the two differ.
 *
 * Run on the simulator it says that the simulator can be trusted; run on the service, that what is known of it still
 * holds; run on any other server that speaks the API, how near that is. What a scenario expects is what the protocol
 * promises, never what a model says. The command `managed-agents-conformance` runs it from a shell.
 *
 * @since 0.1.0
 */
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import type { EnvironmentId, FileId } from "@effect-managed-agents/core/Ids"
import { AgentId } from "@effect-managed-agents/core/Ids"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import type { HttpClient } from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { DataScript } from "./AgentScript.ts"
import * as Fixtures from "./Fixtures.ts"
import type * as lab from "./internal/conformance/lab.ts"
import * as report from "./internal/conformance/report.ts"
import * as runner from "./internal/conformance/run.ts"
import type * as scenario from "./internal/conformance/scenario.ts"
import * as suite from "./internal/conformance/suite.ts"
import * as wire from "./internal/conformance/wire.ts"
import * as Simulator from "./Simulator.ts"
import * as SimulatorHttpClient from "./SimulatorHttpClient.ts"

/**
 * A program on the client's services, and what it expects.
 * @category models
 */
export interface Scenario extends scenario.Scenario {}

/**
 * Need of a scenario for a target, beyond an agent and an environment: that sessions may override tools and system
 * prompt of the agent, an agent that delegates, an uploaded file, a model with a list price.
 * @category models
 */
export type Need = lab.Need

/**
 * An expectation, what it came to, and whether that is as it should be.
 * @category models
 */
export type Judgement = scenario.Judgement

/**
 * Outcome of a scenario: it conforms, it drifts, it could not be run on the target, or the service could not be
 * reached.
 * @category models
 */
export type Outcome = runner.Outcome

/**
 * A scenario, and what came of it.
 * @category models
 */
export type Result = runner.Result

/**
 * Report of a run: plain data, to be printed as JSON or by {@link format}.
 * @category models
 */
export type Report = runner.Report

/**
 * One request and its answer, as they went over the wire. No header of the request is in it.
 * @category models
 */
export type Exchange = wire.Exchange

/**
 * Target of a run.
 * @category services
 */
export type TargetService = lab.Target

/**
 * Tag for {@link TargetService}.
 * @category services
 */
export class Target extends Context.Tag("@effect-managed-agents/testkit/Conformance/Target")<Target, TargetService>() {}

/**
 * Tag of the service that writes down what goes over the wire.
 * @category services
 */
export const Wire = wire.Wire

/**
 * Tag of the service that writes down what goes over the wire.
 * @category services
 */
export type Wire = wire.Wire

/**
 * All scenarios, in the order in which they are run.
 * @category constants
 */
export const scenarios: ReadonlyArray<Scenario> = suite.all

/**
 * The scenarios whose names match one of some globs, such as `turn.*`.
 * @category filtering
 */
export const select = (...globs: ReadonlyArray<string>): ReadonlyArray<Scenario> => {
  const patterns = globs.map((glob) =>
    new RegExp(`^${glob.split("*").map((part) => part.replace(/[.?+^$[\](){}|\\-]/g, "\\$&")).join(".*")}$`)
  )
  return scenarios.filter(({ name }) => patterns.some((pattern) => pattern.test(name)))
}

/**
 * Options of the suite.
 * @category options
 */
export interface Options {
  /**
   * The scenarios to run.
   *
   * @default Conformance.scenarios
   */
  readonly scenarios?: ReadonlyArray<Scenario> | undefined
  /** Called after each scenario. */
  readonly onResult?: ((result: Result) => Effect.Effect<void>) | undefined
}

/**
 * Requirements of the suite: the client's services, whichever client they are of, a target, and the record of the wire.
 * @category models
 */
export type Services = lab.Services | Target | Wire

/**
 * Runs scenarios on the target, one after the other. Sessions are stopped and deleted when their scenario ends, however it
 * ends.
 *
 * @example
 * ```ts
 * import * as Conformance from "@effect-managed-agents/testkit/Conformance"
 * import * as Effect from "effect/Effect"
 *
 * const program = Conformance.run({ scenarios: Conformance.select("session.*", "tool.custom*") }).pipe(
 *   Effect.provide(Conformance.layerSimulator())
 * )
 *
 * Effect.runPromise(program).then((report) => {
 *   assert.strictEqual(Conformance.conforms(report), true, Conformance.format(report))
 * })
 * ```
 *
 * @category running
 */
export const run = (options: Options = {}): Effect.Effect<Report, never, Services> =>
  Effect.flatMap(
    Target,
    (target) => runner.run(target, options.scenarios ?? scenarios, options.onResult ?? (() => Effect.void))
  )

/**
 * Tells whether something was run, and all of it conforms.
 * @category getters
 */
export const conforms = (self: Report): boolean => {
  const { Conforms, Drifts, Failed } = report.count(self)
  return Conforms > 0 && Drifts + Failed === 0
}

/**
 * Prints a result for people to read: of a drift, what was expected and what was seen.
 * @category destructors
 */
export const formatResult: (self: Result) => string = report.formatResult

/**
 * Prints how many scenarios conform, drift, were not run and failed.
 * @category destructors
 */
export const formatSummary: (self: Report) => string = report.formatSummary

/**
 * Prints a report for people to read.
 * @category destructors
 */
export const format = (self: Report): string => [...self.results.map(formatResult), "", formatSummary(self)].join("\n")

/**
 * Prints what scenarios do, what they need and how many turns of a model they take.
 * @category destructors
 */
export const formatPlan: (scenarios: ReadonlyArray<Scenario>) => string = report.formatPlan

/**
 * Writes down what goes through an `HttpClient`: for running the suite through another client than that of
 * {@link layerClient}.
 * @category layers
 */
export const layerWire: Layer.Layer<Wire | HttpClient, never, HttpClient> = wire.layer

/**
 * Provides the client's services, their exchanges written down.
 * @category layers
 */
export const layerClient: Layer.Layer<
  ManagedAgents.Services | Wire,
  never,
  ClientConfig.ClientConfig | HttpClient
> = Layer.provideMerge(ManagedAgents.layer, wire.layer)

/**
 * The target of a run on a service.
 * @category options
 */
export interface TargetOptions {
  /** An agent. Its tools do not matter; the sessions of most scenarios replace them. */
  readonly agentId: AgentId
  /** The environment in which the sessions are. */
  readonly environmentId: EnvironmentId
  /** An agent that may delegate to at least one other. */
  readonly coordinatorId?: AgentId | undefined
  /** An uploaded file. */
  readonly fileId?: FileId | undefined
  /**
   * The time to wait for one thing, such as the answer to a request. A scenario may take that long for each of its turns,
   * and twice more.
   *
   * @default "2 minutes"
   */
  readonly timeout?: Duration.DurationInput | undefined
  /** Scenarios that this target or client cannot run, and why. */
  readonly cannot?: { readonly [scenario: string]: string } | undefined
  /** Tells the agents before each scenario what to do, where they are scripted. */
  readonly prepare?: ((script: DataScript) => Effect.Effect<void>) | undefined
}

/**
 * Says what to run on: a service at the address and with the credential of the configuration. Nothing is sent before
 * {@link run}, which creates sessions and lets models run: **that costs money**.
 * @category layers
 */
export const layer = (
  options: TargetOptions
): Layer.Layer<Services, never, ClientConfig.ClientConfig | HttpClient> => {
  const { prepare = () => Effect.void, timeout = "2 minutes" } = options
  return Layer.mergeAll(
    Layer.effect(
      Target,
      Effect.map(ClientConfig.ClientConfig, ({ baseUrl }) => ({ ...options, title: baseUrl, timeout, prepare }))
    ),
    Layer.provide(
      layerClient,
      Layer.effect(
        ClientConfig.ClientConfig,
        Effect.map(
          ClientConfig.ClientConfig,
          (config) => ({ ...config, timeout: Duration.min(config.timeout, timeout) })
        )
      )
    )
  )
}

/**
 * Options of a run on a simulator.
 * @category options
 */
export interface SimulatorOptions {
  /** The name in the report. */
  readonly title?: string | undefined
  /**
   * The time to wait for one thing.
   *
   * @default "10 seconds"
   */
  readonly timeout?: Duration.DurationInput | undefined
  /** Scenarios that the client cannot run, and why. */
  readonly cannot?: { readonly [scenario: string]: string } | undefined
}

/**
 * Says what to run on: a simulator, which gets the agents and their scripts.
 * @category layers
 */
export const layerTargetSimulator = (
  options: SimulatorOptions = {}
): Layer.Layer<Target, never, Simulator.Simulator> =>
  Layer.effect(
    Target,
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const agentId = AgentId.make("agent_conformance")
      const coordinatorId = AgentId.make("agent_conformance_coordinator")
      const workerId = AgentId.make("agent_conformance_worker")
      // a toolset that reads files, as most agents have
      const tools = [{ type: "agent_toolset_20260401" as const }]
      yield* simulator.putEnvironment(Fixtures.environmentId)
      yield* simulator.putAgent(agentId, { agent: { name: "Conformance", tools } })
      yield* simulator.putAgent(workerId, { agent: { name: "Worker", tools } })
      yield* simulator.putAgent(coordinatorId, {
        agent: { name: "Coordinator", tools, multiagent: { type: "coordinator", agents: [workerId] } }
      })
      return {
        title: options.title ?? "the simulator",
        timeout: options.timeout ?? "10 seconds",
        cannot: options.cannot,
        agentId,
        coordinatorId,
        environmentId: Fixtures.environmentId,
        fileId: Fixtures.fileId,
        prepare: (script: DataScript) =>
          Effect.orDie(Effect.forEach([agentId, coordinatorId], (id) => simulator.putAgent(id, { script })))
      }
    }).pipe(Effect.orDie)
  )

/**
 * Provides everything to run the suite on a simulator in memory, in real time.
 * @category layers
 */
export const layerSimulator = (options: SimulatorOptions = {}): Layer.Layer<Services> =>
  Layer.merge(layerTargetSimulator({ title: "the simulator in memory", ...options }), layerClient).pipe(
    Layer.provide(Layer.merge(
      SimulatorHttpClient.layer,
      Layer.orDie(ClientConfig.layer({ baseUrl: "http://simulator", apiKey: Redacted.make("conformance") }))
    )),
    Layer.provide(Simulator.layer())
  )
