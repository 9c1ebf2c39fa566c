import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { fstatSync } from "node:fs"
import type { WriteStream } from "node:tty"
import { Closed, Stdio } from "./stdio.ts"

const write = (output: NodeJS.WriteStream) => (content: string | Uint8Array) =>
  Effect.async<void, Closed>((resume) => {
    if (output.destroyed) resume(new Closed())
    else output.write(content, (error) => resume(error ? new Closed() : Effect.void))
  })

/** Standard input is read where it is a pipe, a file or a socket: a terminal or `/dev/null` has nothing to say. */
const isGiven = (): boolean => {
  try {
    const stat = fstatSync(process.stdin.fd)
    return stat.isFIFO() || stat.isFile() || stat.isSocket()
  } catch {
    return false
  }
}

const input = Stream.suspend(() =>
  isGiven()
    ? Stream.fromAsyncIterable<Uint8Array, { readonly message: string }>(
      process.stdin,
      (cause) => ({ message: cause instanceof Error ? cause.message : String(cause) })
    )
    : Stream.empty
)

const columns = (output: WriteStream | NodeJS.WriteStream): number => "columns" in output ? output.columns || 80 : 80

/** The streams of this process. */
export const layer: Layer.Layer<Stdio> = Layer.sync(Stdio, () => {
  const { stderr, stdin, stdout } = process
  // what is written says so itself
  for (const output of [stdout, stderr]) output.on("error", () => {})
  return {
    isTerminal: { stdin: stdin.isTTY ?? false, stdout: stdout.isTTY ?? false, stderr: stderr.isTTY ?? false },
    columns: Effect.sync(() => columns(stdout)),
    input,
    write: write(stdout),
    warn: (text) => Effect.ignore(write(stderr)(text))
  }
})
