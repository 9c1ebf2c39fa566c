import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { execFile, execFileSync } from "node:child_process"
import { promisify } from "node:util"
import * as program from "./program.ts"

const run = promisify(execFile)

/** True where there is a terminal to test in. */
export const isThere: boolean = (() => {
  try {
    execFileSync("tmux", ["-V"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
})()

/** The screen never showed it. */
class NotShown extends Data.TaggedError("NotShown")<{ readonly message: string }> {}

let terminals = 0

/** A terminal of 90 columns and 24 rows in which the program runs, until the scope closes. */
export const open = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const socket = `managed-agents-test-${process.pid}-${++terminals}`
    const tmux = (...words: ReadonlyArray<string>) =>
      Effect.promise(() => run("tmux", ["-L", socket, "-f", "/dev/null", ...words]).then(({ stdout }) => stdout))
    const file = yield* Effect.promise(() => program.file())
    yield* Effect.acquireRelease(
      tmux(
        "new-session",
        "-d",
        "-x",
        "90",
        "-y",
        "24",
        ...Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]),
        // the screen stays when the program has ended
        `"${process.execPath}" "${file}" ${args.join(" ")}; echo "ended with $?"; sleep 600`
      ),
      () => Effect.ignore(tmux("kill-server"))
    )
    const screen = Effect.map(tmux("capture-pane", "-p", "-S", "-200"), (text) => text.trimEnd())
    return {
      screen,
      /** Waits until the screen shows something. */
      shows: (what: string | RegExp) =>
        Effect.gen(function*() {
          for (let attempt = 0; attempt < 400; attempt++) {
            const text = yield* screen
            if (typeof what === "string" ? text.includes(what) : what.test(text)) return text
            yield* Effect.sleep("25 millis")
          }
          return yield* new NotShown({ message: `${String(what)} is not shown:\n${yield* screen}` })
        }),
      type: (text: string) => Effect.zipRight(tmux("send-keys", "-l", text), tmux("send-keys", "Enter")),
      press: (key: string) => tmux("send-keys", key),
      resize: (columns: number, rows: number) => tmux("resize-window", "-x", String(columns), "-y", String(rows))
    }
  })
