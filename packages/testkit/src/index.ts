// Written by scripts/codegen.mjs from the files beside it. Do not edit.

/**
 * Script of a simulated agent, turn by turn.
 *
 * @since 0.1.0
 */
export * as AgentScript from "./AgentScript.ts"

/**
 * Records what a program and the service said to each other, once, and replays it for good, in the time of a test.
 *
 * @since 0.1.0
 */
export * as Cassette from "./Cassette.ts"

/**
 * Tells whether a service behaves as the Sessions API is documented and known to: a suite of scenarios, each a program on
 * the client's services with expectations on what goes over the wire, and a report of where the two differ.
 *
 * @since 0.1.0
 */
export * as Conformance from "./Conformance.ts"

/**
 * Faults between a client and the simulated service, as data.
 *
 * @since 0.1.0
 */
export * as Fault from "./Fault.ts"

/**
 * Fixtures of a simulator: the resources of which the examples of the API's reference speak, by their ids and
 * with their values.
 *
 * @since 0.1.0
 */
export * as Fixtures from "./Fixtures.ts"

/**
 * Requests to a simulator and its answers, and the laws that every program should keep.
 *
 * @since 0.1.0
 */
export * as Ledger from "./Ledger.ts"

/**
 * Assumptions of the simulator where the service is not documented.
 *
 * @since 0.1.0
 */
export * as Rules from "./Rules.ts"

/**
 * The simulated service: it answers requests as the API does, and lets a test look at it from behind.
 *
 * @since 0.1.0
 */
export * as Simulator from "./Simulator.ts"

/**
 * The simulator as a `fetch`, for code that is not written with Effect, such as another SDK.
 *
 * @since 0.1.0
 */
export * as SimulatorFetch from "./SimulatorFetch.ts"

/**
 * The simulator as an `HttpClient`, without a socket.
 *
 * @since 0.1.0
 */
export * as SimulatorHttpClient from "./SimulatorHttpClient.ts"

/**
 * Several processes in one test: workers on the same store of turns and the same journal, which die, freeze and thaw.
 *
 * @since 0.1.0
 */
export * as TestCluster from "./TestCluster.ts"

/**
 * Everything that a test of a program on managed agents provides in place of the real service.
 *
 * @since 0.1.0
 */
export * as Testkit from "./Testkit.ts"

/**
 * Endpoints of webhooks: where the simulator delivers an event when something has changed.
 *
 * @since 0.1.0
 */
export * as WebhookEndpoint from "./WebhookEndpoint.ts"
