import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import { isSecret } from "../world/webhooks.ts"
import type { BadFlag, Readers } from "./commandLine.ts"
import { bad, duration, integer, notEmpty, oneOf, parse as parse_ } from "./commandLine.ts"

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
  /** The URL that webhooks are posted to. */
  readonly webhook: string | undefined
  readonly "webhook-secret": string
}

/** A secret that everybody may know: what is signed with it comes from a simulator. */
const secret = "whsec_c2ltdWxhdG9y"

/** Text that `--help` prints. */
export const usage = `Usage: managed-agents-simulator [flags]

Serves a simulation of the Claude Managed Agents API.

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
  --webhook <url>          post webhooks there, of all types
  --webhook-secret <s>     sign them with this (default ${secret})
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
  pace: 0,
  webhook: undefined,
  "webhook-secret": secret
}

/** Reads a URL. */
const url = (name: string, text: string): Either.Either<string, BadFlag> =>
  /^https?:\/\/[^/]/.test(text)
    ? Either.right(text)
    : bad(`--${name} must be a URL such as http://127.0.0.1:3000/hook, not ${JSON.stringify(text)}`)

/** Reads a secret, which a message does not show. */
const signing = (name: string, text: string): Either.Either<string, BadFlag> =>
  isSecret(Redacted.make(text)) ? Either.right(text) : bad(`--${name} must be whsec_ and base64`)

const readers: Readers<Flags> = {
  port: (text) => integer("port", text, 0, 65_535),
  host: (text) => notEmpty("host", text),
  seed: (text) => integer("seed", text, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  clock: (text) => oneOf("clock", text, "real", "virtual"),
  fixtures: (text) => oneOf("fixtures", text, "docs", "none"),
  scripts: (text) => notEmpty("scripts", text),
  pace: (text) => duration("pace", text),
  webhook: (text) => url("webhook", text),
  "webhook-secret": (text) => signing("webhook-secret", text)
}

/** Reads a command line. */
export const parse = (args: ReadonlyArray<string>): Either.Either<Flags | "help", BadFlag> =>
  parse_(args, defaults, readers)
