import type * as Either from "effect/Either"
import type { BadFlag, Readers } from "./commandLine.ts"
import { duration, integer, notEmpty, oneOf, parse as parse_ } from "./commandLine.ts"

/** Command that the command line asks for. */
export interface Flags {
  readonly port: number
  readonly host: string
  readonly seed: number
  readonly clock: "real" | "virtual"
  readonly fixtures: "docs" | "none"
  readonly scripts: string | undefined
  /** In milliseconds. */
  readonly pace: number
}

/** Text that `--help` prints. */
export const usage = `Usage: managed-agents-simulator [flags]

Serves a simulation of the Claude Managed Agents Sessions API.

  --port <n>               port to listen on, 0 for any that is free (default 8787)
  --host <h>               address to listen on (default 127.0.0.1)
  --seed <n>               integer from which every id derives (default 0)
  --clock real|virtual     virtual: time moves only by POST /_sim/clock/advance (default real)
  --fixtures docs|none     docs: start with the resources of the reference's examples (default docs)
  --scripts <file.json>    what agents do: { "<agent id>": Script, ... }, or with what
                           they are: { "<agent id>": { "agent": ..., "script": ... } }
  --pace <duration>        what each step of a script takes when it says nothing, such as
                           500ms or 2s, so that a stream that is opened after a message
                           was sent still sees the reply (default 0ms)
  --help                   show this

Any API key will do. One that begins with sk-ant-oat01- or sk-ant-req- is that of a
worker of a self-hosted environment, which alone may send user.tool_result.

The routes under /_sim are described at /_sim/openapi.json.
`

const defaults: Flags = {
  port: 8787,
  host: "127.0.0.1",
  seed: 0,
  clock: "real",
  fixtures: "docs",
  scripts: undefined,
  pace: 0
}

const readers: Readers<Flags> = {
  port: (text) => integer("port", text, 0, 65_535),
  host: (text) => notEmpty("host", text),
  seed: (text) => integer("seed", text, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  clock: (text) => oneOf("clock", text, "real", "virtual"),
  fixtures: (text) => oneOf("fixtures", text, "docs", "none"),
  scripts: (text) => notEmpty("scripts", text),
  pace: (text) => duration("pace", text)
}

/** Reads a command line. */
export const parse = (args: ReadonlyArray<string>): Either.Either<Flags | "help", BadFlag> =>
  parse_(args, defaults, readers)
