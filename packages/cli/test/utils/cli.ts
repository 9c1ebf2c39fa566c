import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type { HttpClient } from "@effect/platform/HttpClient"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as app from "../../src/app.ts"
import { Keyboard } from "../../src/keyboard.ts"
import { Closed, Stdio } from "../../src/stdio.ts"

/** The credential of all tests, which no output may hold. */
const key = "sk-ant-test-0123456789"

/** The environment of a run, and what is on standard input. */
export interface Options {
  readonly url?: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string | Uint8Array
  readonly terminal?: boolean
  /** Called with each text that was written; false closes standard output. */
  readonly onWrite?: (text: string) => boolean | void
  readonly client?: Layer.Layer<HttpClient>
  readonly keyboard?: Layer.Layer<Keyboard>
}

/** What a run has left. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const bytes = (content: string | Uint8Array) =>
  typeof content === "string" ? new TextEncoder().encode(content) : content

/** The streams of a run, and what it writes to them. */
const streams = ({ input, onWrite, terminal = false }: Options) => {
  const written: Array<Uint8Array> = []
  const warned: Array<string> = []
  const layer = Layer.succeed(Stdio, {
    isTerminal: { stdin: terminal, stdout: terminal, stderr: terminal },
    columns: Effect.succeed(100),
    input: input === undefined ? Stream.empty : Stream.make(bytes(input)),
    write: (content) =>
      Effect.suspend(() => {
        written.push(bytes(content))
        // as a real one, which takes its time
        return onWrite?.(new TextDecoder().decode(bytes(content))) === false ? new Closed() : Effect.yieldNow()
      }),
    warn: (text) => Effect.sync(() => void warned.push(text))
  })
  return { layer, stdout: () => Buffer.concat(written), stderr: () => warned.join("") }
}

/** A keyboard on which nobody writes. */
const silence = Layer.succeed(
  Keyboard,
  Effect.succeed({
    isPerson: false,
    next: Effect.succeedNone,
    show: () => Effect.void,
    prompt: () => Effect.void,
    onInterrupt: () => Effect.void
  })
)

/** Runs a command line in this process. */
export const run = (args: ReadonlyArray<string>, options: Options = {}): Effect.Effect<Ended & { bytes: Buffer }> =>
  Effect.suspend(() => {
    const { layer, stderr, stdout } = streams(options)
    const env = {
      ANTHROPIC_API_KEY: key,
      ...(options.url !== undefined && { ANTHROPIC_BASE_URL: options.url }),
      ...options.env
    }
    return app.run(args).pipe(
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(env)))),
      Effect.provide(
        Layer.mergeAll(layer, options.keyboard ?? silence, options.client ?? FetchHttpClient.layer, NodeContext.layer)
      ),
      Effect.map((code) => ({ code, stdout: stdout().toString(), stderr: stderr(), bytes: stdout() }))
    )
  })

/** Splits a command line at its spaces. */
export const words = (line: string): ReadonlyArray<string> => line.split(" ").filter((word) => word !== "")
