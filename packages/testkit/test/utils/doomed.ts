/**
 * What processes have in common that kill themselves at a step of their own choice.
 *
 * node <file> <url> <step> <id> <directory> [<id> <directory> ...]
 */
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as Journal from "@effect-managed-agents/core/Journal"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { appendFileSync } from "node:fs"

const [url = "", last = "", ...args] = process.argv.slice(2)

let steps = 0
/** A step that outlives the process. */
const step = Effect.sync(() => {
  if (++steps === Number(last)) process.kill(process.pid, "SIGKILL")
})

/** Steps before and after. */
const around = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.zipRight(step, Effect.zipLeft(self, step))

/** The effect of a tool: a line in a file, which a death cannot take back. */
export const append = (path: string, line: number): Effect.Effect<void> =>
  around(Effect.sync(() => appendFileSync(path, `${line}\n`)))

/** A journal in files, each of whose writes is a step. */
export const journal = (directory: string): Layer.Layer<never> =>
  Layer.effect(
    Journal.Journal,
    Effect.map(Journal.make(), (journal) => ({ ...journal, put: (call, entry) => around(journal.put(call, entry)) }))
  ).pipe(
    Layer.provide(KeyValueStore.layerFileSystem(`${directory}/journal`)),
    Layer.provide([NodeFileSystem.layer, NodePath.layer]),
    Layer.orDie
  )

/** A client each of whose requests that change something is a step. */
const client = ManagedAgents.layer.pipe(
  Layer.provide(ClientConfig.layer({ apiKey: Redacted.make("sk-test"), baseUrl: url })),
  Layer.provide(Layer.effect(
    HttpClient.HttpClient,
    Effect.map(
      HttpClient.HttpClient,
      HttpClient.transform((response, request) => request.method === "POST" ? around(response) : response)
    )
  )),
  Layer.provide(FetchHttpClient.layer)
)

/** Runs the program for each id with its directory, all at once. */
export const run = <E>(
  program: (id: string, directory: string) => Effect.Effect<void, E, Layer.Layer.Success<typeof client>>
): Promise<void> => {
  const pairs = args.flatMap((id, at) => at % 2 === 0 ? [[id, args[at + 1] ?? ""] as const] : [])
  return Effect.runPromise(
    Effect.forEach(pairs, ([id, directory]) => program(id, directory), { concurrency: "unbounded", discard: true })
      .pipe(
        Effect.provide(client)
      )
  )
}
