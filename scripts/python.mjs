// Whether the official SDK for Python, validating strictly, makes all calls against the simulator's port. It comes from
// Debian unstable, the only suite that has it, with its Python and libc: nothing is installed. Runs only where PYTHON_SDK
// is set, because it downloads 31 MB: `optional` skips it where Debian's archive cannot be reached, `required` fails.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { root, run } from "./lib.mjs"
import { startSimulator } from "./simulator.mjs"

const cache = join(root, "node_modules", ".cache", "python")
const brought = join(cache, "root")

/** The archive that this machine's apt uses, if it is Debian's. */
const findArchive = async () => {
  const { output } = await run("apt-get", ["indextargets", "--format", "$(ORIGIN) $(REPO_URI)"], { quiet: true })
  return /^Debian (.*\/debian\/)$/m.exec(output)?.[1]
}

/** Downloads the SDK with all that it needs and unpacks it, by an apt of its own that knows of no installed package. */
const bring = async () => {
  let archive = await findArchive()
  if (archive === undefined) {
    // a fresh machine has no lists
    await run("apt-get", ["update"], { quiet: true })
    archive = await findArchive()
  }
  if (archive === undefined) return "apt-get knows no archive of Debian"
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, "apt-"))
  try {
    for (const part of ["lists/partial", "archives/partial", "root"]) mkdirSync(join(folder, part), { recursive: true })
    writeFileSync(join(folder, "status"), "")
    writeFileSync(join(folder, "sources.list"), `deb ${archive} sid main\n`)
    const options = [
      `Dir::Etc::SourceList=${join(folder, "sources.list")}`,
      "Dir::Etc::SourceParts=/dev/null",
      `Dir::State::Lists=${join(folder, "lists")}`,
      `Dir::State::Status=${join(folder, "status")}`,
      `Dir::Cache=${folder}`,
      "APT::Sandbox::User=root",
      "Acquire::Retries=3"
    ].map((option) => `--option=${option}`)
    const get = async (...args) => {
      const { code, output } = await run("apt-get", [...options, ...args], { quiet: true, seconds: 300 })
      if (code !== 0) console.log(output)
      return code === 0
    }
    if (!await get("update", "--error-on=any")) return "Debian's archive cannot be reached"
    if (!await get("install", "--yes", "--no-install-recommends", "--download-only", "python3-anthropic")) {
      return "Debian's archive does not give python3-anthropic"
    }
    for (const file of readdirSync(join(folder, "archives")).filter((file) => file.endsWith(".deb"))) {
      const { code, output } = await run("dpkg-deb", [
        "--extract",
        join(folder, "archives", file),
        join(folder, "root")
      ])
      if (code !== 0) return `${file} cannot be unpacked: ${output}`
    }
    renameSync(join(folder, "root"), brought)
    return undefined
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (process.env.PYTHON_SDK === undefined) {
  console.log("skipped: the official SDK for Python: PYTHON_SDK=optional runs it")
  process.exit(0)
}

if (!existsSync(brought)) {
  const problem = await bring()
  if (problem !== undefined) {
    const isRequired = process.env.PYTHON_SDK === "required"
    console.log(`${isRequired ? "FAILED" : "skipped"}: the official SDK for Python: ${problem}`)
    process.exit(isRequired ? 1 : 0)
  }
}

const find = (folder, pattern) => join(folder, readdirSync(folder).find((file) => pattern.test(file)) ?? "")
const libraries = find(join(brought, "usr", "lib"), /-linux-gnu$/)
const simulator = await startSimulator()
// its Python on its own libc, which may be newer than this machine's
const { code } = await run(find(libraries, /^ld-linux.*\.so/), [
  "--library-path",
  libraries,
  find(join(brought, "usr", "bin"), /^python3\.\d+$/),
  join(root, "packages", "testkit", "test", "python", "calls.py"),
  simulator.url
], { env: { PYTHONHOME: join(brought, "usr"), PYTHONDONTWRITEBYTECODE: "1", PYTHONPATH: "" }, seconds: 120 })
process.exit(code)
