/** The page, built, in a browser, and the command that serves it. */
import * as Effect from "effect/Effect"
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { Browser, Page } from "playwright-core"
import { chromium as driver } from "playwright-core"
import { chromium } from "../../testkit/test/utils/chromium.ts"

/** The repository. */
export const root = fileURLToPath(new URL("../../..", import.meta.url))
/** The folder for screenshots. */
export const reports = join(root, ".reports")
const axeSource = createRequire(import.meta.url).resolve("axe-core/axe.min.js")

/** The page as it would be served from a checkout. */
export const built = Effect.promise(() => promisify(execFile)(process.execPath, [join(root, "scripts/inspector.mjs")]))

/** A folder that is gone afterwards. */
export const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "inspector-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

/** The address in the line that programs wait for. */
const addressOf = (child: ChildProcess) =>
  new Promise<string>((resolve, reject) => {
    let heard = ""
    let said = ""
    child.stderr?.setEncoding("utf8").on("data", (text) => said += text)
    child.stdout?.setEncoding("utf8").on("data", (text) => {
      heard += text
      const url = /\bon (http:\S+?),?\s/.exec(heard)?.[1]
      if (url !== undefined) resolve(url)
    })
    child.on("close", () => reject(new Error(`the server ended: ${said}`)))
  })

/** The command `dev` on a free port, until the scope closes or a signal comes. */
export const dev = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function*() {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, ["--import", "tsx", "packages/cli/src/bin.ts", "dev", "--port", "0", ...args], {
          cwd: root,
          env: { ...process.env, ...env },
          stdio: ["ignore", "pipe", "pipe"]
        })
      ),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve))
    let said = ""
    child.stdout.setEncoding("utf8").on("data", (text) => said += text)
    const url = yield* Effect.promise(() => addressOf(child))
    /** Ends it, and answers the exit code. */
    const stop = Effect.promise(() => {
      child.kill("SIGINT")
      return ended
    })
    return { url, stop, said: () => said }
  })

/** A file of scripts. */
export const scriptsFile = (agents: unknown) =>
  Effect.gen(function*() {
    const path = join(yield* folder, "scripts.json")
    yield* Effect.promise(() => writeFile(path, JSON.stringify(agents)))
    return path
  })

/** A browser. */
export const browser = Effect.acquireRelease(
  Effect.promise(() => driver.launch({ executablePath: chromium ?? "", args: ["--no-sandbox"] })),
  (browser: Browser) => Effect.promise(() => browser.close())
)

/** What a page must not do: complain, or ask anybody else for anything. */
export const watch = (page: Page, url: string) => {
  const wrong: Array<string> = []
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") wrong.push(`console: ${message.text()}`)
  })
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`))
  page.on("request", (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(`${url}/`)) {
      wrong.push(`request: ${request.url()}`)
    }
  })
  return wrong
}

/** Violations of accessibility, each with the elements. */
export const violations = async (page: Page, rules?: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  // beside the page's policy, as a reader's tools are
  await page.evaluate(await readFile(axeSource, "utf8"))
  return page.evaluate(async (rules) => {
    // what the script has defined
    const { axe } = globalThis as unknown as {
      readonly axe: {
        run: (options: object) => Promise<
          { violations: ReadonlyArray<{ id: string; nodes: ReadonlyArray<{ html: string }> }> }
        >
      }
    }
    const { violations } = await axe.run(rules === undefined ? {} : { runOnly: rules })
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)
  }, rules)
}
