import * as Fixtures from "@effect-managed-agents/testkit/Fixtures"
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as SimulatorHttpClient from "@effect-managed-agents/testkit/SimulatorHttpClient"
import type { HttpClient } from "@effect/platform/HttpClient"
import * as HttpClientTag from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as cli from "./cli.ts"

/** A simulator in memory, for tests that need no port. */
export const layer = Layer.provideMerge(SimulatorHttpClient.layer, Simulator.layer({ fixtures: Fixtures.docs }))

/** Runs a command line against the simulator of the context. */
export const run = (
  args: ReadonlyArray<string>,
  options: cli.Options = {}
): Effect.Effect<cli.Ended, never, HttpClient> =>
  Effect.flatMap(
    HttpClientTag.HttpClient,
    (client) => cli.run(args, { client: Layer.succeed(HttpClientTag.HttpClient, client), ...options })
  )
