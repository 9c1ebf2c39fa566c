import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Plugin } from "esbuild"
import * as Esbuild from "esbuild"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as AgentScript from "../../src/AgentScript.ts"
import * as Fixtures from "../../src/Fixtures.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as SimulatorServer from "../../src/SimulatorServer.ts"
import { browse, chromium, required } from "../utils/chromium.ts"
import type { Json } from "../utils/wire.ts"

const here = fileURLToPath(new URL("..", import.meta.url))

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
          fixtures: Fixtures.withTools(Fixtures.docs, [
            { type: "custom", name: "color_of", description: "", input_schema: { type: "object" } }
          ]),
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
