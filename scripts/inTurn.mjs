// Imports programs into one process, each when the one before has left nothing to wait for; says which it begins.
//
//   node scripts/inTurn.mjs first.mjs second.mjs
import { pathToFileURL } from "node:url"

const programs = process.argv.slice(2)

let isLoading = false

const next = async () => {
  if (isLoading) throw new Error("it awaits what will never be")
  if (programs.length === 0 || (process.exitCode ?? 0) !== 0) return
  const program = programs.shift()
  console.log(`begins ${program}`)
  isLoading = true
  await import(pathToFileURL(program))
  isLoading = false
}

process.on("beforeExit", next)
process.on("exit", () => {
  if ((process.exitCode ?? 0) !== 0 || programs.length === 0) return
  console.log("ended the process, which others share")
  process.exitCode = 1
})
