// A program that follows a session, writes down what it has been told, and may be killed at any time.
import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as CursorStore from "@effect-managed-agents/core/CursorStore"
import * as Event from "@effect-managed-agents/core/Event"
import * as Events from "@effect-managed-agents/core/Events"
import * as Ids from "@effect-managed-agents/core/Ids"
import * as ManagedAgents from "@effect-managed-agents/core/ManagedAgents"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { appendFileSync, readFileSync } from "node:fs"

const [baseUrl = "", session = "", directory = "", output = ""] = process.argv.slice(2)

/** The last event that was written down. A program that must not do anything twice has to know what it has done. */
const last = (): string | undefined => readFileSync(output, "utf8").trimEnd().split("\n").at(-1)

const program = Effect.gen(function*() {
  const events = yield* Events.Events
  // what was written down and could not be acknowledged any more comes again, as the first event
  let done = last()
  const updates = CursorStore.follow(
    session,
    (cursor) =>
      events.follow(Ids.SessionId.make(session), { from: cursor ?? "start", reconnect: Schedule.spaced("5 millis") })
  )
  yield* Stream.runForEach(updates, ({ acknowledge, update }) =>
    Effect.suspend(() => {
      if (update._tag !== "Event" || update.state !== "processed") return Effect.void
      process.stdout.write(".")
      const line = `${Event.idOf(update.event)}`
      if (line !== done) appendFileSync(output, `${line}\n`)
      done = undefined
      return acknowledge
    }))
})

const Live = Layer.mergeAll(
  ManagedAgents.layer.pipe(
    Layer.provide(ClientConfig.layer({ baseUrl, apiKey: Redacted.make("test") })),
    Layer.provide(FetchHttpClient.layer)
  ),
  CursorStore.layer().pipe(
    Layer.provide(KeyValueStore.layerFileSystem(directory)),
    Layer.provide(Layer.merge(NodeFileSystem.layer, NodePath.layer))
  )
)

Effect.runFork(Effect.provide(program, Live))
