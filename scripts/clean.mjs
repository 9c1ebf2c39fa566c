// Removes everything that building, checking and documenting has written.
import { rmSync } from "node:fs"
import { join } from "node:path"
import { root } from "./lib.mjs"

for (const name of ["core", "core-effect-4", "testkit", "cli", "inspector", "examples"]) {
  const generated = name === "core-effect-4" ? ["src", "test", "typetest", "conformance"] : []
  for (const directory of ["build", "dist", "docs", ".readme", ...generated]) {
    rmSync(join(root, "packages", name, directory), { recursive: true, force: true })
  }
}
for (const directory of [".reports", "node_modules/.cache"]) {
  rmSync(join(root, directory), { recursive: true, force: true })
}
