/**
 * A program that has an agent pay invoices, and kills itself at a step of its own choice; started again, it goes on.
 *
 * node payer <url> <step> <session> <directory> [<session> <directory> ...]
 */
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as Events from "@effect-managed-agents/core/Events"
import { SessionId } from "@effect-managed-agents/core/Ids"
import * as Journal from "@effect-managed-agents/core/Journal"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as Transcript from "@effect-managed-agents/core/Transcript"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { appendFileSync } from "node:fs"

const [url = "", last = "", ...sessions] = process.argv.slice(2)

let steps = 0
/** A step that outlives the process. */
const step = Effect.sync(() => {
  if (++steps === Number(last)) process.kill(process.pid, "SIGKILL")
})

/** Steps before and after. */
const around = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.zipRight(step, Effect.zipLeft(self, step))

const Tools = Toolkit.make(
  Tool.make("pay", { parameters: { invoice: Schema.Int }, success: Schema.String })
)

const pay = (id: SessionId, directory: string) =>
  Effect.gen(function*() {
    const events = yield* Events.Events
    yield* Effect.fork(ToolRunner.run(id, Tools))
    const known = yield* Stream.runCount(events.list(id, { types: ["user.message"] }))
    if (known === 0) yield* events.deliver(id, UserEvent.message("Pay."))
    yield* events.follow(id).pipe(
      Stream.filter(({ _tag }) => _tag === "Event"),
      Stream.mapAccum(Transcript.empty, (transcript, update) => {
        const next = update._tag === "Event" ? Transcript.add(transcript, update.event) : transcript
        return [next, Transcript.turn(next)]
      }),
      Stream.takeUntil(({ _tag }) => _tag === "Ended"),
      Stream.runDrain
    )
  }).pipe(
    Effect.scoped,
    Effect.provide(Tools.toLayer({
      pay: ({ invoice }) =>
        around(Effect.sync(() => {
          appendFileSync(`${directory}/paid.txt`, `${invoice}\n`)
          return "paid"
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

const pairs = sessions.flatMap((id, at) => at % 2 === 0 ? [[SessionId.make(id), sessions[at + 1]!] as const] : [])

await Effect.runPromise(
  Effect.forEach(pairs, ([id, directory]) => pay(id, directory), { concurrency: "unbounded", discard: true }).pipe(
    Effect.provide(client)
  )
)
