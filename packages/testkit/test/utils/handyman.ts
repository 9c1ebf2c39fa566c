/**
 * A worker of self-hosted environments that kills itself at a step of its own choice; started again, it goes on. It ends when
 * all work has stopped.
 *
 * node handyman <url> <step> <environment> <directory> [<environment> <directory> ...]
 */
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as EnvironmentWork from "@effect-managed-agents/core/EnvironmentWork"
import * as EnvironmentWorker from "@effect-managed-agents/core/EnvironmentWorker"
import { EnvironmentId } from "@effect-managed-agents/core/Ids"
import * as Journal from "@effect-managed-agents/core/Journal"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as Workspace from "@effect-managed-agents/core/Workspace"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { appendFileSync } from "node:fs"

const [url = "", last = "", ...environments] = process.argv.slice(2)

let steps = 0
/** A step that outlives the process. */
const step = Effect.sync(() => {
  if (++steps === Number(last)) process.kill(process.pid, "SIGKILL")
})

/** Steps before and after. */
const around = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.zipRight(step, Effect.zipLeft(self, step))

const Tools = Toolkit.make(
  Tool.make("bash", { parameters: { n: Schema.Int }, success: Schema.String })
)

const environmentKey = Redacted.make("sk-ant-oat01-key")

const serve = (id: EnvironmentId, directory: string) =>
  Effect.gen(function*() {
    const queue = yield* EnvironmentWork.EnvironmentWork
    const worker = EnvironmentWorker.run(id, Tools, {
      environmentKey,
      lease: "3 seconds",
      reclaimOlderThan: "200 millis",
      maxIdle: "200 millis",
      journal: "required"
    })
    const stopped = Stream.runCollect(queue.list(id, {}, { authToken: environmentKey })).pipe(
      Effect.repeat({ until: Chunk.every(({ state }) => state === "stopped"), schedule: Schedule.spaced("250 millis") })
    )
    yield* Effect.raceFirst(worker, stopped)
  }).pipe(
    Effect.provide(Tools.toLayer({
      bash: ({ n }) =>
        around(Effect.sync(() => {
          appendFileSync(`${directory}/ran.txt`, `${n}\n`)
          return "done"
        }))
    })),
    Effect.provide(journal(directory))
  )

/** A journal in files, each of whose writes is a step. */
const journal = (directory: string): Layer.Layer<never> =>
  Layer.effect(
    Journal.Journal,
    Effect.map(Journal.make(), (journal) => ({ ...journal, put: (call, entry) => around(journal.put(call, entry)) }))
  ).pipe(
    Layer.provide(KeyValueStore.layerFileSystem(`${directory}/journal`)),
    Layer.provide([NodeFileSystem.layer, NodePath.layer]),
    Layer.orDie
  )

/** A client each of whose requests that change something is a step. */
const client = Workspace.layer.pipe(
  Layer.provideMerge(ManagedAgents.layer),
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

const pairs = environments.flatMap((id, at) =>
  at % 2 === 0 ? [[EnvironmentId.make(id), environments[at + 1]!] as const] : []
)

await Effect.runPromise(
  Effect.forEach(pairs, ([id, directory]) => serve(id, directory), { concurrency: "unbounded", discard: true }).pipe(
    Effect.provide(client)
  )
)
