/** Debian's Chromium, or another one, without a window. */
// where the browser is depends on the machine that runs the test
// @effect-diagnostics processEnv:off
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** The browser of this machine, if it has one. */
export const chromium = [
  process.env["CHROMIUM_PATH"],
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
].find((path) => path !== undefined && existsSync(path))

/** The tests must not be skipped. */
export const required = process.env["BROWSER_TEST"] === "required"

if (chromium === undefined && !required) {
  // so that a skipped test is not taken for a passed one
  // oxlint-disable-next-line eslint/no-console
  console.warn("The browser test is skipped: there is no Chromium on this machine. CHROMIUM_PATH names one.")
}

/** Shows a page until the scope closes. Succeeds with an effect that waits for the browser to end by itself. */
export const browse = (url: string) =>
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
