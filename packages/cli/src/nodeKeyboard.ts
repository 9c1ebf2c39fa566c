import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Readline from "node:readline"
import type { Conversing } from "./keyboard.ts"
import { Keyboard } from "./keyboard.ts"

const open = Effect.gen(function*() {
  const { stdin, stdout } = process
  const isPerson = Boolean(stdin.isTTY && stdout.isTTY)
  const lines = yield* Queue.unbounded<Option.Option<string>>()
  const readline = yield* Effect.acquireRelease(
    Effect.sync(() => Readline.createInterface({ input: stdin, output: stdout, terminal: isPerson, prompt: "" })),
    (readline) =>
      Effect.sync(() => {
        // what follows begins on a line of its own
        if (isPerson) stdout.write("\n")
        readline.close()
      })
  )
  /** The rows above the line that is being written that the next text replaces. */
  let height = 0
  let isOver = false
  readline.on("line", (line) => {
    // what was written is shown again by whoever takes it
    if (isPerson) height += Math.floor((readline.getPrompt().length + line.length) / stdout.columns) + 1
    Queue.unsafeOffer(lines, Option.some(line))
  })
  readline.once("close", () => {
    isOver = true
    Queue.unsafeOffer(lines, Option.none())
  })
  const conversing: Conversing = {
    isPerson,
    next: Queue.take(lines),
    show: (text, live) =>
      Effect.sync(() => {
        if (!isPerson || isOver) return void stdout.write(text)
        const up = readline.getCursorPos().rows + height
        stdout.write(`${up === 0 ? "" : `\u001b[${up}A`}\r\u001b[J${text}${live.map((line) => `${line}\n`).join("")}`)
        height = live.length
        // the line is written anew on a row that is empty
        Reflect.set(readline, "prevRows", 0)
        readline.prompt(true)
      }),
    prompt: (text) =>
      Effect.sync(() => {
        readline.setPrompt(isPerson ? text : "")
        if (isPerson && !isOver) readline.prompt(true)
      }),
    onInterrupt: (handler) => Effect.sync(() => void readline.on("SIGINT", handler))
  }
  return conversing
})

/** The keyboard of the terminal, or the lines of standard input. */
export const layer: Layer.Layer<Keyboard> = Layer.succeed(Keyboard, open)
