/**
 * A worker of self-hosted environments that kills itself at a step of its own choice; started again, it goes on. It ends when
 * all work has stopped.
 *
 * node handyman <url> <step> <environment> <directory> [<environment> <directory> ...]
 */
import * as EnvironmentWork from "@effect-managed-agents/core/EnvironmentWork"
import * as EnvironmentWorker from "@effect-managed-agents/core/EnvironmentWorker"
import { EnvironmentId } from "@effect-managed-agents/core/Ids"
import * as Workspace from "@effect-managed-agents/core/Workspace"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { append, journal, run } from "./doomed.ts"

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
      bash: ({ n }) => Effect.as(append(`${directory}/ran.txt`, n), "done")
    })),
    Effect.provide([journal(directory), Workspace.layer])
  )

await run((id, directory) => serve(EnvironmentId.make(id), directory))
