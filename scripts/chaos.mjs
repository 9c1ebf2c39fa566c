// pnpm chaos: processes that run turns on a PostgreSQL are killed, frozen and replaced, and what comes of it is judged.
//
//   pnpm chaos                                    both engines, some three minutes
//   pnpm chaos --short                            both with less of everything, some two minutes
//   pnpm chaos --engine lease --seed 7            one, with the same plan again
//   pnpm chaos --turns 300 --kills 60 --freezes 10 --restarts 3 --deploys 3       the long form
//   pnpm chaos --live 2000                        two processes with so many turns under way, one of which is killed
import { join } from "node:path"
import { bootstrap } from "./bootstrap.mjs"
import { root, run } from "./lib.mjs"

if (process.env.CHAOS !== "required") {
  console.log("skipped: no processes were killed on a PostgreSQL: `pnpm chaos` does that, in some three minutes")
  process.exit()
}

bootstrap()
const { bundleForNode, bundleWhole } = await import("./bundle.mjs")
const folder = join(root, "packages", "testkit")
const source = (name) => join(folder, "test", "chaos", `${name}.ts`)
const output = (name) => join(folder, "build", "chaos", `${name}.mjs`)
await bundleForNode(source("main"), output("main"))
await bundleWhole(source("runner"), output("runner"))
await bundleWhole(source("probe"), output("probe"))
const { code } = await run(process.execPath, [
  "--enable-source-maps",
  output("main"),
  "--program",
  output("runner"),
  "--probe",
  output("probe"),
  ...process.argv.slice(2)
], { seconds: 3600 })
process.exit(code)
