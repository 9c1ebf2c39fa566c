import { spawn } from "node:child_process"
import { join } from "node:path"
import { root } from "./lib.mjs"

/** The simulator on a free port, as `npm run simulator` starts it, and how to ask and end it. */
export const startSimulator = async () => {
  const child = spawn(process.execPath, [join(root, "scripts", "run.mjs"), "simulator", "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  process.on("exit", () => child.kill())
  const url = await new Promise((resolve, reject) => {
    let heard = ""
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      heard += chunk
      const [, found] = /listening on (\S+)\n/.exec(heard) ?? []
      if (found !== undefined) resolve(found)
    })
    child.on("close", (code) => reject(new Error(`the simulator ended with ${code}`)))
  })
  const control = async (method, path, body) => {
    const response = await fetch(`${url}/_sim/${path}`, { method, body: JSON.stringify(body) })
    const answer = await response.json()
    if (!response.ok) throw new Error(`${method} /_sim/${path}: ${JSON.stringify(answer)}`)
    return answer
  }
  return { url, control, stop: () => child.kill() }
}
