// Files: what an agent is to work on goes into its session, and what it has made comes out.
//
// Contents are streams in both directions: a file need not fit into memory.
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as Files from "@effect-managed-agents/core/Files"
import type * as Ids from "@effect-managed-agents/core/Ids"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import * as Upload from "@effect-managed-agents/core/Upload"
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import type * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { fileURLToPath } from "node:url"
import { Target } from "./target.ts"

/** A file of the workspace, which is deleted with the scope: sessions have copies of their own. */
const upload = (file: Upload.Upload) =>
  Effect.gen(function*() {
    const files = yield* Files.Files
    return yield* Effect.acquireRelease(
      files.upload({ file, expires_in_seconds: 86_400 }),
      ({ id }) => Effect.ignoreLogged(files.delete(id))
    )
  })

/** The files that the agent has made, which appear a few seconds after its turn. */
const results = (session: Ids.SessionId) =>
  Effect.gen(function*() {
    const files = yield* Files.Files
    const made = yield* Stream.runCollect(
      Stream.filter(files.list({ scope_id: session }), ({ downloadable }) => downloadable === true)
    )
    return Array.from(made)
  }).pipe(
    Effect.delay("1 second"),
    Effect.repeat({ until: (made) => made.length > 0, times: 30 })
  )

const lines = Stream.range(1, 1000).pipe(Stream.map((n) => `${n},${n * n}\n`), Stream.encodeText)

export const program = Effect.gen(function*() {
  const { agent, environment } = yield* Target
  const files = yield* Files.Files
  const source = yield* upload(yield* Files.fromPath(fileURLToPath(import.meta.url), { mediaType: "text/plain" }))
  const table = yield* upload(Upload.fromStream(lines, { name: "squares.csv", mediaType: "text/csv" }))
  yield* Console.log(`${table.filename}, ${table.size_bytes} bytes`)

  const session = yield* SessionLifecycle.scoped({
    agent,
    environment_id: environment,
    title: "Files",
    resources: [
      { type: "file", file_id: source.id, mount_path: "/mnt/session/uploads/program.ts" },
      { type: "file", file_id: table.id, mount_path: "/mnt/session/uploads/squares.csv" }
    ]
  })
  const { reply } = yield* Conversation.turn(session.id, "Write the sum of the squares to a file.")
  yield* Console.log(reply)

  for (const { filename, id } of yield* results(session.id)) {
    const text = yield* Stream.mkString(Stream.decodeText(files.download(id)))
    yield* Console.log(`${filename}: ${text}`)
  }
}).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))

export const agent: Simulator.AgentOptions = {
  agent: { name: "Analyst", tools: [{ type: "agent_toolset_20260401" }] },
  script: AgentScript.make({
    turns: [[
      AgentScript.tool({ name: "bash", input: { command: "awk … squares.csv" }, result: "333833500" }),
      AgentScript.tool({ name: "write", input: { file_path: "/mnt/session/outputs/sum.txt", content: "{{result}}" } }),
      AgentScript.say("It is in sum.txt.")
    ]]
  })
}
