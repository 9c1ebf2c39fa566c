/** The support desk as a process that is killed, and its page in a browser that lives on. */
import * as AgentScript from "@effect-managed-agents/testkit/AgentScript"
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as SimulatorServer from "@effect-managed-agents/testkit/SimulatorServer"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { browse, chromium, required } from "../../../testkit/test/utils/chromium.ts"
import * as example from "../../../testkit/test/utils/example.ts"
import * as Simulation from "../../src/simulation.ts"
import * as Tools from "../../src/support-desk/tools.ts"

const root = fileURLToPath(new URL("../../../..", import.meta.url))

/** Reports what the page shows, and clicks when it is told to. */
const reporter = `<script type="module">
const report = async () => {
  const lines = Array.from(document.querySelectorAll("#lines li"), (line) => line.firstChild.textContent)
  const told = await (await fetch("/report", { method: "POST", body: JSON.stringify(lines) })).text()
  if (told === "allow") document.querySelector("#lines button")?.click()
}
setInterval(report, 100)
</script>`

/** An origin that stays while the service behind it is killed: it breaks connections off as the service does. */
const front = (portOf: () => number) =>
  Effect.gen(function*() {
    const state: { lines: ReadonlyArray<string>; told: string; refused: number } = { lines: [], told: "", refused: 0 }
    const server = Http.createServer((request, response) => {
      const isReport = request.url === "/report"
      const isPage = request.url === "/"
      if (isReport) {
        let body = ""
        request.setEncoding("utf8").on("data", (text) => body += text).on("end", () => {
          state.lines = JSON.parse(body)
          response.end(state.told)
        })
        return
      }
      const { headers, method, url } = request
      const upstream = Http.request({ port: portOf(), host: "127.0.0.1", headers, method, path: url }, (answer) => {
        const { "content-length": _, ...kept } = answer.headers
        response.writeHead(answer.statusCode ?? 502, kept)
        answer.on("error", () => response.destroy())
        answer.pipe(response, { end: false })
        answer.on("end", () => response.end(isPage ? reporter : ""))
      })
      upstream.on("error", () => {
        state.refused++
        response.destroy()
      })
      response.on("close", () => upstream.destroy())
      request.pipe(upstream)
    })
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
      () =>
        Effect.sync(() => {
          server.close()
          server.closeAllConnections()
        })
    )
    // the server listens on a port
    return { state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  })

/** A service that is started again and again with the same folder. */
const lives = (env: { readonly [name: string]: string }) =>
  Effect.gen(function*() {
    const folder = yield* Effect.acquireRelease(
      Effect.promise(() => mkdtemp(join(tmpdir(), "desk-"))),
      (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }))
    )
    const program = yield* example.program
    let child: ChildProcess | undefined
    const output: Array<string> = []
    let port = 0
    const kill = Effect.async<void>((resume) => {
      if (child === undefined || child.exitCode !== null) return resume(Effect.void)
      child.on("close", () => resume(Effect.void))
      child.kill("SIGKILL")
    })
    const start = Effect.async<void>((resume) => {
      const life = spawn(process.execPath, [program, "support-desk"], {
        cwd: root,
        env: { ...process.env, ...env, STATE: folder, PORT: "0" },
        stdio: ["ignore", "pipe", "inherit"]
      })
      child = life
      life.stdout.setEncoding("utf8").on("data", (text: string) => {
        output.push(text)
        const address = /Listening on http:\/\/[^:]+:(\d+)/.exec(text)?.[1]
        if (address === undefined) return
        port = Number(address)
        resume(Effect.void)
      })
      life.on("close", () => resume(Effect.dieMessage(`the service ended: ${output.join("")}`)))
    })
    yield* Effect.addFinalizer(() => kill)
    return { start, kill, port: () => port, refunds: () => output.join("").match(/paid back 80 dollars/g)?.length ?? 0 }
  })

const until = (condition: () => boolean) =>
  Effect.repeat(Effect.sync(condition), { until: (is) => is, schedule: Schedule.spaced("50 millis") })

const slow = AgentScript.make({
  turns: [[
    AgentScript.say("Let me look."),
    AgentScript.sleep("3 seconds"),
    AgentScript.customTool({ name: "find_order", input: { order: 7 } }),
    AgentScript.customTool({ name: "refund", input: { order: 7, amount: 80 } }),
    AgentScript.say("{{result}}")
  ]]
})

describe("the page of the support desk", () => {
  it.scopedLive.skipIf(chromium === undefined && !required)(
    "lives through the death of the service and shows each line once",
    () =>
      Effect.gen(function*() {
        assert.isDefined(chromium, "the browser test is required, and there is no Chromium on this machine")
        const { url } = yield* SimulatorServer.SimulatorServer
        const desk = yield* lives({
          ANTHROPIC_BASE_URL: url,
          ANTHROPIC_API_KEY: "simulated",
          AGENT_ID: Simulation.target.agent,
          ENVIRONMENT_ID: Simulation.target.environment
        })
        yield* desk.start
        const { state, url: origin } = yield* front(desk.port)
        const ticket = { key: "mail-1", subject: "Broken", text: "Order 7 arrived broken." }
        const { id } = yield* Effect.promise(async (): Promise<{ readonly id: string }> => {
          const body = JSON.stringify(ticket)
          const headers = { "content-type": "application/json" }
          return (await fetch(`${origin}/tickets`, { method: "POST", headers, body })).json()
        })
        void (yield* browse(`${origin}/#${id}`))
        yield* until(() => state.lines.length >= 2)
        yield* desk.kill
        // the page has noticed, and the agent has gone on
        yield* until(() => state.refused > 0)
        yield* desk.start
        yield* until(() => state.lines.length >= 4)
        state.told = "allow"
        yield* until(() => state.lines.length >= 5)
        const refused = state.refused
        yield* desk.kill
        // a service that were back before the page asks again would never be missed
        yield* until(() => state.refused > refused)
        yield* desk.start
        state.told = ""
        yield* Effect.sleep("3 seconds")
        assert.deepStrictEqual(state.lines, [
          "customer: Order 7 arrived broken.",
          "agent: Let me look.",
          "tool: find_order {\"order\":7}",
          "tool: refund {\"order\":7,\"amount\":80}",
          "agent: Paid back 80 dollars."
        ])
        assert.strictEqual(desk.refunds(), 1)
      }).pipe(
        Effect.provide(Layer.provide(
          SimulatorServer.layer(),
          Simulator.layer(Simulation.options({ ...Tools.agent, script: slow }))
        ))
      ),
    120_000
  )
})
