// Memory: notes that outlive a session. A store is a folder in the sandbox of each session that it is attached to, and the
// program reads and writes the same notes, with a version of each change.
import * as Conversation from "@effect-managed-agents/core/Conversation"
import type * as Ids from "@effect-managed-agents/core/Ids"
import * as Memories from "@effect-managed-agents/core/Memories"
import * as MemoryStores from "@effect-managed-agents/core/MemoryStores"
import * as MemoryVersions from "@effect-managed-agents/core/MemoryVersions"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import type * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Target } from "./target.ts"

/** A store that goes with the scope. One that is to be kept is created once, and its id kept. */
const store = Effect.gen(function*() {
  const stores = yield* MemoryStores.MemoryStores
  return yield* Effect.acquireRelease(
    stores.create({ name: "Customers", description: "What customers like, a file for each" }),
    ({ id }) => Effect.ignoreLogged(stores.delete(id))
  )
})

/** Changes a note as it is now: if somebody else, such as an agent, was faster, it is read again. */
const edit = (store: Ids.MemoryStoreId, id: Ids.MemoryId, change: (text: string) => string) =>
  Effect.gen(function*() {
    const memories = yield* Memories.Memories
    const { content, content_sha256 } = yield* memories.retrieve(store, id)
    return yield* memories.update(store, id, {
      content: change(content ?? ""),
      precondition: { type: "content_sha256", content_sha256 }
    })
  }).pipe(Effect.retry({ while: ({ _tag }) => _tag === "Conflict", times: 5 }))

export const program = Effect.gen(function*() {
  const { agent, environment } = yield* Target
  const memories = yield* Memories.Memories
  const versions = yield* MemoryVersions.MemoryVersions
  const { id } = yield* store
  const ada = yield* memories.create(id, { path: "/ada.md", content: "Likes lamps.\n" })
  // two edits at once, neither of which is lost
  yield* Effect.all([
    edit(id, ada.id, (text) => `${text}Writes in English.\n`),
    edit(id, ada.id, (text) => `${text}Card 4111 1111 1111 1111.\n`)
  ], { concurrency: 2 })

  const session = yield* SessionLifecycle.scoped({
    agent,
    environment_id: environment,
    resources: [{ type: "memory_store", memory_store_id: id, access: "read_only" }]
  })
  for (const resource of session.resources) {
    if (resource.type === "memory_store") yield* Console.log(`${resource.mount_path}, ${resource.access}`)
  }
  const { reply } = yield* Conversation.turn(session.id, "What would Ada like?")
  yield* Console.log(reply)

  // what should never have been written is taken out, of the note and of its history
  yield* edit(id, ada.id, (text) => text.replace(/^Card .*\n/m, ""))
  yield* versions.list(id, { memory_id: ada.id, view: "full" }).pipe(
    Stream.filter(({ content }) => content?.includes("Card ") === true),
    Stream.runForEach((version) => versions.redact(id, version.id))
  )
  yield* versions.list(id, { memory_id: ada.id, view: "full" }).pipe(
    Stream.runForEach(({ content, operation }) => Console.log(operation, JSON.stringify(content ?? "redacted")))
  )
}).pipe(Effect.scoped)

export const agent: Simulator.AgentOptions = {
  agent: { name: "Shop assistant", tools: [{ type: "agent_toolset_20260401" }] },
  script: AgentScript.make({
    turns: [[
      AgentScript.tool({ name: "read", input: { file_path: "/mnt/memory/customers/ada.md" }, result: "Likes lamps." }),
      AgentScript.say("A lamp.")
    ]]
  })
}
