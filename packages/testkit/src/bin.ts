#!/usr/bin/env node
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import { readFile } from "node:fs/promises"
import * as Fixtures from "./Fixtures.ts"
import type { Flags } from "./internal/node/flags.ts"
import * as flags from "./internal/node/flags.ts"
import * as scriptFile from "./internal/node/scriptFile.ts"
import { BadScripts } from "./internal/node/scriptFile.ts"
import { provide as provideVirtualTime } from "./internal/node/virtualTime.ts"
import * as Simulator from "./Simulator.ts"
import * as SimulatorServer from "./SimulatorServer.ts"
import * as WebhookEndpoint from "./WebhookEndpoint.ts"

/** The beginning of virtual time: the same for every run, so that the same requests give the same bytes. */
const epoch = Date.UTC(2026, 2, 15, 10)

const readScripts = (file: string): Effect.Effect<Readonly<Record<string, Simulator.AgentOptions>>, BadScripts> =>
  Effect.tryPromise({
    try: () => readFile(file),
    catch: (cause) =>
      new BadScripts({
        message: `cannot be read${cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : ""}`
      })
  }).pipe(
    Effect.flatMap(scriptFile.read),
    Effect.mapError(({ message }) => new BadScripts({ message: `${file}: ${message}` }))
  )

const endpoints = ({ webhook, "webhook-secret": secret }: Flags) =>
  webhook === undefined ? [] : [WebhookEndpoint.toUrl(webhook, { secret: Redacted.make(secret) })]

const serve = (given: Flags) =>
  Effect.gen(function*() {
    const { fixtures, host, pace, port, scripts, seed } = given
    const agents = scripts === undefined ? {} : yield* readScripts(scripts)
    const context = yield* Layer.build(
      Simulator.layer({
        seed,
        pace,
        fixtures: fixtures === "docs" ? Fixtures.docs : Fixtures.none,
        agents,
        webhooks: endpoints(given)
      }).pipe(Layer.provide(FetchHttpClient.layer))
    )
    const { url } = yield* Effect.provide(SimulatorServer.start({ host, port }), context)
    yield* Effect.sync(() => console.log(`Simulator listening on ${url}`))
    return yield* Effect.never
  }).pipe(Effect.scoped)

const main = Effect.gen(function*() {
  const parsed = yield* flags.parse(process.argv.slice(2))
  if (parsed === "help") yield* Effect.sync(() => process.stdout.write(flags.usage))
  else yield* parsed.clock === "virtual" ? provideVirtualTime(epoch)(serve(parsed)) : serve(parsed)
}).pipe(
  // standard output is for the one line that programs wait for
  Effect.provide(Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger)))
)

// whoever started the simulator may stop listening to it
for (const output of [process.stdout, process.stderr]) output.on("error", () => {})

const fiber = Effect.runFork(main)
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => fiber.unsafeInterruptAsFork(FiberId.none))
}
fiber.addObserver((exit) => {
  if (Exit.isFailure(exit) && !Cause.isInterruptedOnly(exit.cause)) {
    const error = Cause.squash(exit.cause)
    console.error(`managed-agents-simulator: ${error instanceof Error ? error.message : String(error)}`)
    process.exit(1)
  }
  process.exit(0)
})
