/** A real worker of self-hosted environments is killed at steps of its work, and started again. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as AgentScript from "../../src/AgentScript.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as SimulatorServer from "../../src/SimulatorServer.ts"
import * as cli from "../utils/cli.ts"
import { jsonOf, message, request } from "../utils/wire.ts"

const { say, together, tool } = AgentScript

const bash = (n: number) => tool({ name: "bash", input: { n } })
const script = AgentScript.make({ turns: [[together(bash(1), bash(2)), bash(3), say("Done")]] })

const handyman = cli.program("handyman")

const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "handyman-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** How many processes are killed. */
const kills = Number(process.env["WORKER_KILLS"] ?? 10)
/** Fewer steps than there are. */
const steps = 34

describe("a worker that is killed", () => {
  it.scopedLive(
    `${kills} times goes on when it is started again: nothing twice, nothing lost, no lease left behind`,
    () =>
      Effect.gen(function*() {
        const ids = Array.from({ length: kills }, (_, n) => `env_${n}`)
        const context = yield* Layer.build(Simulator.layer({
          script,
          agents: { agent_1: { agent: { name: "Clerk", tools: [{ type: "agent_toolset_20260401" }] } } },
          environments: Object.fromEntries(ids.map((id) => [id, { type: "self_hosted" }]))
        }))
        const { url } = yield* Effect.provide(SimulatorServer.start(), context)
        const simulator = Context.get(context, Simulator.Simulator)
        const post = (path: string, body: object) =>
          Effect.scoped(Effect.map(simulator.handle(request("POST", path, body)), jsonOf))

        const lives = yield* Effect.forEach(ids, (environment, n) =>
          Effect.gen(function*() {
            const path = yield* directory
            const { id } = yield* post("/v1/sessions", { agent: "agent_1", environment_id: environment })
            yield* post(`/v1/sessions/${id}/events`, { events: [message("Go")] })
            const { exit, stderr } = yield* handyman(url, String(1 + Math.floor(n * steps / kills)), environment, path)
            assert.strictEqual(yield* exit, "SIGKILL", stderr())
            return { id: String(id), environment, path }
          }), { concurrency: 2 })

        // ten environments to a process, which ends when all work has stopped
        for (let from = 0; from < lives.length; from += 10) {
          const some = lives.slice(from, from + 10)
          const { exit, stderr } = yield* handyman(
            url,
            "0",
            ...some.flatMap(({ environment, path }) => [environment, path])
          )
          assert.strictEqual(yield* exit, 0, stderr())
        }

        let cutOff = 0
        for (const { id, path } of lives) {
          const events = yield* simulator.events(id)
          const calls = events.flatMap((event) => event.type === "agent.tool_use" ? [event.id] : [])
          const answers = events.flatMap((event) => event.type === "user.tool_result" ? [event] : [])
          assert.strictEqual(calls.length, 3)
          assert.sameMembers(answers.map((event) => event.tool_use_id), calls)
          const last = events.findLast((event) => event.type === "agent.message")
          assert.deepStrictEqual(last?.type === "agent.message" && last.content, [{ type: "text", text: "Done" }])
          const file = join(path, "ran.txt")
          const ran = existsSync(file) ? readFileSync(file, "utf8").match(/\d/g)! : []
          assert.deepStrictEqual([...new Set(ran)], [...ran], "ran twice")
          const failed = answers.filter((event) => event.is_error === true).length
          assert.isAtLeast(ran.length + failed, 3)
          cutOff += failed
        }
        assert.isAbove(cutOff, 0)
      }),
    600_000
  )
})
