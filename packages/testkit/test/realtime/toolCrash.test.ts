/** A real process is killed at every step of a conversation, and started again. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as AgentScript from "../../src/AgentScript.ts"
import * as Fixtures from "../../src/Fixtures.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as SimulatorServer from "../../src/SimulatorServer.ts"
import * as cli from "../utils/cli.ts"
import { jsonOf, request } from "../utils/wire.ts"

const { customTool, say, together } = AgentScript

const pay = (invoice: number) => customTool({ name: "pay", input: { invoice } })
const script = AgentScript.make({ turns: [[together(pay(1), pay(2)), pay(3), say("Paid")]] })

const payer = cli.program("payer")

const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "payer-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** `npm test` kills it at every third step. */
const stride = process.env["ENDURANCE"] === "full" ? 1 : 3

describe("a program that is killed", () => {
  it.scopedLive(
    "at any step goes on when it is started again: nothing twice, everything answered",
    () =>
      Effect.gen(function*() {
        const context = yield* Layer.build(Simulator.layer({
          fixtures: Fixtures.withTools(Fixtures.docs, [
            { type: "custom", name: "pay", description: "", input_schema: { type: "object" } }
          ]),
          script
        }))
        const { url } = yield* Effect.provide(SimulatorServer.start(), context)
        const simulator = Context.get(context, Simulator.Simulator)
        const create = Effect.map(
          simulator.handle(request("POST", "/v1/sessions", {
            agent: Fixtures.agentId,
            environment_id: Fixtures.environmentId
          })),
          (response) => String(jsonOf(response).id)
        ).pipe(Effect.scoped)

        /** What was going on when the process died, by session. */
        const lives: Array<{ readonly id: string; readonly path: string }> = []
        const start = (step: number) =>
          Effect.gen(function*() {
            const life = { id: yield* create, path: yield* directory }
            lives.push(life)
            const { exit, stderr } = yield* payer(url, String(step), life.id, life.path)
            const code = yield* exit
            assert.include([0, "SIGKILL"], code, stderr())
            return code
          })

        let isOver = false
        for (let step = 1; !isOver; step += 2 * stride) {
          const codes = yield* Effect.all([start(step), start(step + stride)], { concurrency: 2 })
          isOver = codes.every((code) => code === 0)
        }
        assert.isAbove(lives.length, 30 / stride)

        const { exit, stderr } = yield* payer(url, "0", ...lives.flatMap(({ id, path }) => [id, path]))
        assert.strictEqual(yield* exit, 0, stderr())

        let cutOff = 0
        for (const { id, path } of lives) {
          const events = yield* simulator.events(id)
          assert.strictEqual(events.filter(({ type }) => type === "user.message").length, 1)
          const calls = events.flatMap((event) => event.type === "agent.custom_tool_use" ? [event.id] : [])
          const answers = events.flatMap((event) => event.type === "user.custom_tool_result" ? [event] : [])
          assert.strictEqual(calls.length, 3)
          assert.sameMembers(answers.map((event) => event.custom_tool_use_id), calls)
          const last = events.findLast((event) => event.type === "agent.message")
          assert.deepStrictEqual(last?.type === "agent.message" && last.content, [{ type: "text", text: "Paid" }])

          const paid = existsSync(join(path, "paid.txt"))
            ? readFileSync(join(path, "paid.txt"), "utf8").match(/\d/g)!
            : []
          assert.deepStrictEqual([...new Set(paid)], [...paid], "paid twice")
          const failed = answers.filter((event) => event.is_error === true).length
          assert.isAtMost(failed, 2)
          assert.isAtLeast(paid.length + failed, 3)
          cutOff += failed
        }
        assert.isAbove(cutOff, 0)
      }),
    120_000
  )
})
