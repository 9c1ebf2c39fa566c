// Builds packages/{core,testkit,cli}/dist: what tsc emits, with pure calls marked by babel so that bundlers can drop them.
// The testkit gets the built inspector as well, which its server serves.
import { cpSync } from "node:fs"
import { join } from "node:path"
import { distil } from "./dist.mjs"
import { buildInspector } from "./inspector.mjs"
import { published, root, tsc } from "./lib.mjs"

const projects = published.map((name) => `packages/${name}/tsconfig.src.json`)
const { code } = await tsc(["-b", ...projects])
if (code !== 0) process.exit(code)

for (const name of published) if (!await distil(join(root, "packages", name))) process.exit(1)

if (!await buildInspector()) process.exit(1)
cpSync(join(root, "packages/inspector/dist"), join(root, "packages/testkit/dist/inspector"), {
  recursive: true,
  filter: (path) => !path.endsWith(".fingerprint")
})
