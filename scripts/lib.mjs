import { spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "")

/** The packages that are published for programs to import. */
export const libraries = ["core", "testkit"]

/** The packages that are published: the libraries, and the command line. */
export const published = [...libraries, "cli"]

/** The name of a package on npm. */
export const packageName = (name) => name === "cli" ? "managed-agents" : `@effect-managed-agents/${name}`

/** Names of a package's public modules, those that need Node among them. */
export const publicModules = (name) =>
  readdirSync(join(root, "packages", name, "src"))
    .filter((file) => /^[A-Z]\w*\.ts$/.test(file))
    .map((file) => file.slice(0, -3))
    .sort()

/** The ranges of a catalog of the workspace by package: of the one without a name, or of a named one. */
export const catalog = (name = "") => {
  const text = readFileSync(join(root, "pnpm-workspace.yaml"), "utf8")
  const indent = name === "" ? "  " : "    "
  const [, entries = ""] =
    new RegExp(`^${name === "" ? "catalog" : `  ${name}`}:\\n((?:${indent}\\S.*\\n)+)`, "m").exec(text) ?? []
  return new Map([...entries.matchAll(/^ +"?([\w@/-]+)"?: (\S+)$/gm)].map(([, name, range]) => [name, range]))
}

/** The environment in which the workspace's own tools are found by name. */
const toolEnv = (extra = {}) => ({
  ...process.env,
  PATH: [join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter),
  ...extra
})

const running = new Set()

const kill = (child, signal) => {
  try {
    process.kill(-child.pid, signal)
  } catch {
    child.kill(signal)
  }
}

/** Whoever ends us ends what we started, which is in groups of its own. Not before there is such a thing. */
const endTogether = () => {
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]]) {
    if (process.listenerCount(signal) > 0) continue
    process.on(signal, () => {
      for (const child of running) kill(child, signal)
      process.exit(code)
    })
  }
}

/**
 * Runs a command and resolves with its exit code and output. The output is shown as it comes, by `show`, unless `quiet`. A
 * command that takes longer than `seconds` is ended, with everything it started.
 */
export const run = (
  command,
  args = [],
  { cwd = root, env = {}, quiet = false, seconds = 1200, show = (text) => process.stdout.write(text) } = {}
) =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: toolEnv(env),
      stdio: ["ignore", "pipe", "pipe"],
      detached: process.platform !== "win32",
      shell: process.platform === "win32"
    })
    running.add(child)
    endTogether()
    let output = ""
    const take = (chunk) => {
      output += chunk
      if (!quiet) show(chunk)
    }
    const timer = setTimeout(() => {
      take(`\n${command} did not end within ${seconds} seconds\n`)
      kill(child, "SIGKILL")
    }, seconds * 1000)
    const done = (code) => {
      clearTimeout(timer)
      running.delete(child)
      resolve({ code, output })
    }
    child.stdout.setEncoding("utf8").on("data", take)
    child.stderr.setEncoding("utf8").on("data", take)
    child.on("error", (error) => {
      take(`${error.message}\n`)
      done(127)
    })
    child.on("close", (code) => done(code ?? 1))
  })

/** Runs the compiler with flags of tsc, as `run` does. */
export const tsc = (args, options) => run(process.execPath, [join(root, "scripts", "tsc.mjs"), ...args], options)
