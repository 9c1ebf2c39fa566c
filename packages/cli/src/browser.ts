import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"

const openers: { readonly [platform: string]: readonly [string, ...ReadonlyArray<string>] } = {
  darwin: ["open"],
  win32: ["cmd", "/c", "start", ""]
}

/** Opens a page in the browser of the person, if there is one. */
export const openPage = (url: string): Effect.Effect<void> =>
  Effect.async((resume) => {
    const [command, ...args] = openers[process.platform] ?? ["xdg-open"]
    const child = spawn(command, [...args, url], { stdio: "ignore", detached: true })
    child.on("error", () => resume(Effect.void))
    child.on("spawn", () => {
      child.unref()
      resume(Effect.void)
    })
  })
