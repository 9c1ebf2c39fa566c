// node workerd.mjs <miniflare> <worker.mjs>: asks the worker once, on workerd without Node's modules, and prints its answer.
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"

const [miniflare, worker] = process.argv.slice(2)
const { Miniflare } = createRequire(miniflare)(miniflare)
const workerd = new Miniflare({
  cf: false,
  compatibilityDate: "2026-07-30",
  modules: [{ type: "ESModule", path: "worker.mjs", contents: readFileSync(worker, "utf8") }]
})
try {
  const response = await workerd.dispatchFetch("http://worker/")
  console.log(await response.text())
  process.exitCode = response.ok ? 0 : 1
} finally {
  await workerd.dispose()
}
