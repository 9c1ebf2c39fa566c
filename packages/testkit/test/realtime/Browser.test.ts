// where the browser is depends on the machine that runs the test
// @effect-diagnostics processEnv:off
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Plugin } from "esbuild"
import * as Esbuild from "esbuild"
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as AgentScript from "../../src/AgentScript.ts"
import * as Fixtures from "../../src/Fixtures.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as SimulatorServer from "../../src/SimulatorServer.ts"
import type { Json } from "../utils/wire.ts"

const here = fileURLToPath(new URL("..", import.meta.url))

const chromium = [
  process.env["CHROMIUM_PATH"],
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
].find((path) => path !== undefined && existsSync(path))

const required = process.env["BROWSER_TEST"] === "required"

if (chromium === undefined && !required) {
  // so that a skipped test is not taken for a passed one
  // oxlint-disable-next-line eslint/no-console
  console.warn("The browser test is skipped: there is no Chromium on this machine. CHROMIUM_PATH names one.")
}

/** Bundles for the browser, and says which modules of the platform the code asks for. */
const bundle = (options: Pick<Esbuild.BuildOptions, "entryPoints" | "stdin">) =>
  Effect.promise(async () => {
    const asked: Array<string> = []
    const watch: Plugin = {
      name: "watch",
      setup: ({ onResolve }) =>
        onResolve({ filter: /^node:/ }, ({ importer, path }) => {
          asked.push(`${path} from ${importer}`)
          return { path, external: true }
        })
    }
    const { outputFiles, warnings } = await Esbuild.build({
      ...options,
      bundle: true,
      write: false,
      platform: "browser",
      format: "esm",
      target: "es2022",
      logLevel: "silent",
      plugins: [watch]
    })
    return { code: outputFiles?.[0]?.text ?? "", asked, warnings }
  })

/** A page with a script, on an origin of its own, to which it reports. */
const page = (code: string) =>
  Effect.gen(function*() {
    let report: (result: Json) => void = () => {}
    const result = new Promise<Json>((resolve) => {
      report = resolve
    })
    const server = yield* Effect.acquireRelease(
      Effect.promise(() =>
        new Promise<Http.Server>((resolve) => {
          const server: Http.Server = Http.createServer((request, response) => {
            if (request.method !== "POST") {
              response.setHeader("content-type", "text/html; charset=utf-8")
              response.end(
                `<!doctype html><meta charset="utf-8"><title>test</title><script type="module">${code}</script>`
              )
              return
            }
            let body = ""
            request.setEncoding("utf8").on("data", (data) => body += data).on("end", () => {
              response.end()
              report(JSON.parse(body))
            })
          }).listen(0, "127.0.0.1", () => resolve(server))
        })
      ),
      (server) =>
        Effect.sync(() => {
          server.close()
          server.closeAllConnections()
        })
    )
    // the server listens on a port
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, result: Effect.promise(() => result) }
  })

const browse = (url: string) =>
  Effect.gen(function*() {
    const profile = yield* Effect.acquireRelease(
      Effect.promise(() => mkdtemp(join(tmpdir(), "chromium-"))),
      (directory) => Effect.promise(() => rm(directory, { recursive: true, force: true, maxRetries: 10 }))
    )
    const browser = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const child = spawn(chromium ?? "chromium", [
          "--headless",
          "--no-sandbox",
          "--disable-gpu",
          "--disable-quic",
          "--disable-dev-shm-usage",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
          "--remote-debugging-port=0",
          // nothing but this machine can be reached
          "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
          `--user-data-dir=${profile}`,
          url
        ], { stdio: "ignore", detached: true })
        const ended = new Promise<void>((resolve) => child.on("close", () => resolve()).on("error", () => resolve()))
        return { child, ended: Effect.promise(() => ended) }
      }),
      ({ child, ended }) =>
        Effect.suspend(() => {
          // with its children
          if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL")
          return ended
        })
    )
    return browser.ended
  })

describe("in a browser", () => {
  it.live("neither package asks for anything of Node", () =>
    Effect.gen(function*() {
      for (const name of ["core", "testkit"]) {
        const contents = `export * from "@effect-managed-agents/${name}"`
        const { asked, code, warnings } = yield* bundle({ stdin: { contents, resolveDir: here } })
        assert.deepStrictEqual(asked, [], name)
        assert.deepStrictEqual(warnings, [], name)
        assert.isAbove(code.length, 0)
      }
    }))

  it.scopedLive.skipIf(chromium === undefined && !required)(
    "the client holds a conversation over a live stream",
    () =>
      Effect.gen(function*() {
        assert.isDefined(chromium, "the browser test is required, and there is no Chromium on this machine")
        const { asked, code } = yield* bundle({ entryPoints: [join(here, "browser/page.ts")] })
        assert.deepStrictEqual(asked, [])
        const context = yield* Layer.build(Simulator.layer({
          fixtures: Fixtures.docs,
          script: {
            turns: [[
              AgentScript.customTool({ name: "color_of", input: { id: "1234" } }),
              AgentScript.say("It is {{result}}.")
            ]]
          }
        }))
        const { url } = yield* Effect.provide(SimulatorServer.start(), context)
        const simulator = yield* Effect.provide(Simulator.Simulator, context)
        const served = yield* page(code)
        const query = new URLSearchParams({
          simulator: url,
          agent: Fixtures.agentId,
          environment: Fixtures.environmentId
        })
        const ended = yield* browse(`${served.url}/?${query}`)
        const result: Json = yield* Effect.raceFirst(
          served.result,
          Effect.zipRight(ended, Effect.dieMessage(`${chromium} ended before the page had reported`))
        )
        assert.isUndefined(result.failure, result.failure)
        assert.deepStrictEqual(result.replies.map((reply: Json) => reply.content), [
          [{ type: "text", text: "It is grün 🌱." }]
        ])
        const half = [
          "session.status_running",
          "span.model_request_start",
          "span.model_request_end",
          "session.status_idle"
        ]
        assert.deepStrictEqual(result.seen.filter((type: string) => half.includes(type)), [...half, ...half])
        // streams that the page has left are closed
        const closed: Effect.Effect<void> = Effect.flatMap(
          simulator.openStreams(),
          (open) => open === 0 ? Effect.void : Effect.zipRight(Effect.sleep("5 millis"), closed)
        )
        yield* closed
        const ledger = yield* simulator.ledger
        assert.strictEqual(ledger.filter((entry) => entry.path.endsWith("/stream")).length, 2)
      }),
    60_000
  )
})
