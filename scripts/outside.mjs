// A project outside the workspace, in which somebody has installed what was packed here.
import { delimiter, dirname } from "node:path"
import { npm } from "./bootstrap.mjs"
import { root, run } from "./lib.mjs"

/** The environment of a Node, in which the tools of the workspace are not found. */
export const environment = (node) => {
  const others = (process.env.PATH ?? "").split(delimiter).filter((path) => !path.startsWith(root))
  return { PATH: [dirname(node), ...others].join(delimiter) }
}

/** The options of a strict project. */
export const compilerOptions = {
  target: "es2022",
  module: "nodenext",
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  skipLibCheck: true,
  types: []
}

/** The problem of a project in which npm has installed more than one `effect`, or none. */
export const effectProblems = async (cwd, env) => {
  const [command, ...args] = npm("ls", "effect", "--all", "--parseable")
  const { code, output } = await run(command, args, { cwd, env, quiet: true, seconds: 60 })
  const places = output.trim().split("\n").filter((path) => path.endsWith("/node_modules/effect"))
  return code === 0 && places.length === 1 ? [] : [`npm ls effect:\n${output}`]
}
