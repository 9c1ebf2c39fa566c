import * as Either from "effect/Either"
import * as Conformance from "../../Conformance.ts"
import type { BadFlag, Readers } from "./commandLine.ts"
import { bad, integer, notEmpty, parse as parse_ } from "./commandLine.ts"

/** Target that the command line names. */
export type Where =
  | { readonly _tag: "Memory" }
  | { readonly _tag: "Port"; readonly port: number }
  | {
    readonly _tag: "Service"
    /** Undefined for that of the environment, or of the service. */
    readonly baseUrl: string | undefined
    readonly agent: string
    readonly environment: string
    readonly coordinator: string | undefined
    readonly file: string | undefined
  }

/** The scenarios to run. */
export interface Run {
  readonly _tag: "Run"
  readonly where: Where
  readonly scenarios: ReadonlyArray<Conformance.Scenario>
  /** In seconds; undefined for what is usual for the target. */
  readonly timeout: number | undefined
  readonly yes: boolean
  readonly json: boolean
}

/** Command that the command line asks for. */
export type Command =
  | { readonly _tag: "Help" }
  | { readonly _tag: "Plan"; readonly scenarios: ReadonlyArray<Conformance.Scenario> }
  | Run

/** Text that `--help` prints. */
export const usage = `Usage: managed-agents-conformance [flags]

Runs scenarios of the Claude Managed Agents Sessions API, and reports where a server differs from what is
documented and known of it.

On the simulator, which costs nothing:
  (no flag)                in memory
  --simulator-port <n>     through a port, 0 for any that is free

On a service, WHICH COSTS MONEY, with the credential in ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN:
  --live                   at ANTHROPIC_BASE_URL, or else at https://api.anthropic.com
  --base-url <url>         at this address
  --agent <id>             an agent; most sessions override its tools and system prompt
  --environment <id>       an environment
  --coordinator <id>       an agent that may delegate, for thread.delegation
  --file <id>              an uploaded file, for resource.file
  --yes                    agree to the cost; without it nothing is sent

In general:
  --only <globs>           only some scenarios, such as turn.*,tool.allow
  --timeout <seconds>     how long to wait for one thing (default 120, on the simulator 10)
  --dry-run                list scenarios, needs and model turns; send nothing
  --json                   print the report as JSON
  --help                   show this

Sessions are stopped and deleted afterwards, also after SIGINT.
Exits with 0 if all that was run conforms, 1 if anything drifts, 2 if the run itself failed.
`

/** The flags, as they are. */
interface Flags {
  readonly "simulator-port": number | undefined
  readonly live: boolean
  readonly "base-url": string | undefined
  readonly agent: string | undefined
  readonly environment: string | undefined
  readonly coordinator: string | undefined
  readonly file: string | undefined
  readonly only: ReadonlyArray<string>
  readonly timeout: number | undefined
  readonly yes: boolean
  readonly "dry-run": boolean
  readonly json: boolean
}

const defaults: Flags = {
  "simulator-port": undefined,
  live: false,
  "base-url": undefined,
  agent: undefined,
  environment: undefined,
  coordinator: undefined,
  file: undefined,
  only: ["*"],
  timeout: undefined,
  yes: false,
  "dry-run": false,
  json: false
}

const readers: Readers<Flags> = {
  "simulator-port": (text) => integer("simulator-port", text, 0, 65_535),
  live: true,
  "base-url": (text) => notEmpty("base-url", text),
  agent: (text) => notEmpty("agent", text),
  environment: (text) => notEmpty("environment", text),
  coordinator: (text) => notEmpty("coordinator", text),
  file: (text) => notEmpty("file", text),
  only: (text) => Either.map(notEmpty("only", text), (globs) => globs.split(",")),
  timeout: (text) => integer("timeout", text, 1, 86_400),
  yes: true,
  "dry-run": true,
  json: true
}

const ofService = ["agent", "environment", "coordinator", "file", "yes"] as const

const where = (flags: Flags): Either.Either<Where, BadFlag> => {
  const port = flags["simulator-port"]
  const baseUrl = flags["base-url"]
  if (flags.live || baseUrl !== undefined) {
    if (port !== undefined) return bad("--simulator-port cannot be combined with --live or --base-url")
    const { agent, coordinator, environment, file } = flags
    if (agent === undefined) return bad("A service needs --agent; see --help")
    if (environment === undefined) return bad("A service needs --environment; see --help")
    return Either.right({ _tag: "Service", baseUrl, agent, environment, coordinator, file })
  }
  const stray = ofService.find((name) => flags[name] !== defaults[name])
  if (stray !== undefined) return bad(`--${stray} is for a service: add --live or --base-url`)
  return Either.right(port === undefined ? { _tag: "Memory" } : { _tag: "Port", port })
}

/** Reads a command line. */
export const parse = (args: ReadonlyArray<string>): Either.Either<Command, BadFlag> =>
  Either.gen(function*() {
    const flags = yield* parse_(args, defaults, readers)
    if (flags === "help") return { _tag: "Help" }
    const scenarios = Conformance.select(...flags.only)
    if (scenarios.length === 0) yield* bad(`--only ${flags.only.join(",")} matches no scenario`)
    if (flags["dry-run"]) return { _tag: "Plan", scenarios }
    const { json, timeout, yes } = flags
    return { _tag: "Run", where: yield* where(flags), scenarios, timeout, yes, json }
  })
