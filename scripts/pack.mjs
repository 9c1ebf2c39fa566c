import { readdirSync } from "node:fs"
import { join } from "node:path"
import { pnpm } from "./bootstrap.mjs"
import { packageName, root, run } from "./lib.mjs"

/** The path of a package's tarball, packed into the directory as npm would get it; none if that fails. */
export const pack = async (name, directory) => {
  const [command, ...args] = pnpm("pack", "--pack-destination", directory)
  const { code, output } = await run(command, args, { cwd: join(root, "packages", name), quiet: true })
  const prefix = `${packageName(name).replace("@", "").replace("/", "-")}-`
  const tarball = readdirSync(directory).find((file) => file.startsWith(prefix))
  if (code === 0 && tarball !== undefined) return join(directory, tarball)
  console.log(output)
  return undefined
}
