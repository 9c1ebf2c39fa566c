import { npm } from "./bootstrap.mjs"
import { run } from "./lib.mjs"

/** The problem of a project in which npm has installed more than one `effect`, or none. */
export const problems = async (cwd, env) => {
  const [command, ...args] = npm("ls", "effect", "--all", "--parseable")
  const { code, output } = await run(command, args, { cwd, env, quiet: true, seconds: 60 })
  const places = output.trim().split("\n").filter((path) => path.endsWith("/node_modules/effect"))
  return code === 0 && places.length === 1 ? [] : [`npm ls effect:\n${output}`]
}
