import * as Fault from "@effect-managed-agents/testkit/Fault"
import * as Fixtures from "@effect-managed-agents/testkit/Fixtures"
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as SimulatorHttpClient from "@effect-managed-agents/testkit/SimulatorHttpClient"
import { assert, describe, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { readFileSync } from "node:fs"
import { code } from "../src/failure.ts"
import { version } from "../src/version.ts"
import * as cli from "./utils/cli.ts"
import * as simulated from "./utils/simulated.ts"

const session = Fixtures.sessionId

/** Command lines, and the line that refuses them. */
const cases: ReadonlyArray<
  readonly [args: string, options: cli.Options, code: number, stderr: string | RegExp]
> = [
  [
    "sesions list",
    {},
    code.usage,
    "managed-agents has no command \"sesions\"; did you mean sessions?; see managed-agents --help"
  ],
  [
    "sessions lst",
    {},
    code.usage,
    "managed-agents sessions has no command \"lst\"; did you mean list?; see managed-agents sessions --help"
  ],
  ["--nonsense", {}, code.usage, /^Unknown flag --nonsense; see managed-agents --help$/],
  ["sessions list --nonsense", {}, code.usage, "Unknown flag --nonsense; see managed-agents sessions list --help"],
  ["sessions list --nonsense=1", {}, code.usage, "Unknown flag --nonsense; see managed-agents sessions list --help"],
  [
    "sessions create --agent a --nonsense x --environment-id e",
    {},
    code.usage,
    "Unknown flag --nonsense; see managed-agents sessions create --help"
  ],
  [
    "sessions list --statuss idle",
    {},
    code.usage,
    "Unknown flag --statuss; did you mean --status?; see managed-agents sessions list --help"
  ],
  [
    "sessions list --Limit 1",
    {},
    code.usage,
    "Unknown flag --Limit; did you mean --limit?; see managed-agents sessions list --help"
  ],
  ["sessions list --limit", {}, code.usage, "--limit needs a value; see managed-agents sessions list --help"],
  [
    "sessions list --limit x",
    {},
    code.usage,
    "--limit must be an integer, not \"x\"; see managed-agents sessions list --help"
  ],
  [
    "sessions list --limit 1 --limit 2",
    {},
    code.usage,
    "--limit is given twice; see managed-agents sessions list --help"
  ],
  [
    "sessions list --order up",
    {},
    code.usage,
    "--order must be asc or desc, not \"up\"; see managed-agents sessions list --help"
  ],
  [
    "sessions list --format xml",
    {},
    code.usage,
    /^--format must be auto or json or jsonl or yaml or table, not "xml"; see/
  ],
  [
    "sessions list --include-archived maybe",
    {},
    code.usage,
    /^--include-archived must be true or false, not "maybe"; see/
  ],
  ["sessions list sesn_1", {}, code.usage, "Unexpected argument \"sesn_1\"; see managed-agents sessions list --help"],
  ["sessions retrieve", {}, code.usage, "Missing --session-id"],
  ["agents retrieve --version 2", {}, code.usage, "Missing --agent-id"],
  ["sessions create", {}, code.usage, "Missing --agent, --environment-id (or its field on standard input)"],
  ["files upload", {}, code.usage, "Missing --file"],
  ["sessions create", { input: "agent: [a\n" }, code.usage, /^standard input is not YAML: .* at line 2, column 1$/],
  [
    "sessions create",
    { input: "agent: a\nagent: b\n" },
    code.usage,
    /^standard input is not YAML: Map keys must be unique at line 2, column 1$/
  ],
  ["sessions create", { input: "- agent" }, code.usage, "standard input is not a mapping of fields to values"],
  ["sessions create --agent {type:", {}, code.usage, /^--agent is not YAML: /],
  ["files upload --file /nowhere/x", {}, code.usage, "/nowhere/x: cannot be read (there is no such file)"],
  ["sessions create --title @/nowhere/x", {}, code.usage, "/nowhere/x: cannot be read (there is no such file)"],
  [
    "sessions create --agent a --environment-id e --vault-id v --metadata [1]",
    {},
    code.usage,
    /^Sessions\.create was not sent: metadata: expected /
  ],
  [
    "sessions list",
    { env: { ANTHROPIC_API_KEY: "" } },
    code.credential,
    "expected ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN"
  ],
  [
    "sessions list --base-url ftp://x",
    {},
    code.credential,
    "ANTHROPIC_BASE_URL: expected an http or https URL without query or fragment"
  ],
  [
    `sessions retrieve --session-id ${session}x`,
    {},
    code.notFound,
    /^Sessions\.retrieve failed: 404 not_found_error: .* \(request req_\w+\)$/
  ]
]

layer(simulated.layer)("one line says", (it) => {
  for (const [line, options, code, expected] of cases) {
    it.effect(`what is wrong with ${line}${options.input === undefined ? "" : ` <<< ${JSON.stringify(options.input)}`}`, () =>
      Effect.gen(function*() {
        const ended = yield* simulated.run(cli.words(line), options)
        assert.strictEqual(ended.code, code, ended.stderr)
        assert.strictEqual(ended.stdout, "")
        assert.match(ended.stderr, /^managed-agents: [^\n]+\n$/)
        const message = ended.stderr.slice("managed-agents: ".length, -1)
        if (typeof expected === "string") assert.strictEqual(message, expected)
        else assert.match(message, expected)
        assert.notMatch(ended.stderr, /sk-ant/)
      }))
  }

  it.effect("what is wrong with a credential, and not the credential", () =>
    Effect.gen(function*() {
      const auth = "{type: static_bearer, token: sk-ant-secret-1, mcp_server_url: 3}"
      const { code: actual, stderr } = yield* simulated.run([
        "credentials",
        "create",
        "--vault-id",
        "vlt_1",
        "--auth",
        auth
      ])
      assert.strictEqual(actual, code.usage)
      assert.strictEqual(
        stderr,
        "managed-agents: Credentials.create was not sent: auth.mcp_server_url: expected a string, got 3\n"
      )
    }))
})

/** Statuses of the service, and the exit codes. */
const statuses: ReadonlyArray<readonly [status: number, code: number]> = [
  [400, code.refused],
  [401, code.credential],
  [402, code.refused],
  [403, code.credential],
  [404, code.notFound],
  [409, code.conflict],
  [413, code.refused],
  [429, code.limited],
  [500, code.service],
  [529, code.limited]
]

describe("the exit code", () => {
  for (const [status, expected] of statuses) {
    it.effect(`of a call that is answered with ${status} is ${expected}`, () =>
      Effect.gen(function*() {
        const fault = Fault.status(status, { headers: { "x-should-retry": "false" } })
        const ended = yield* Effect.provide(
          simulated.run(["sessions", "list"]),
          Layer.provideMerge(SimulatorHttpClient.layer, Simulator.layer({ faults: [fault] }))
        )
        assert.strictEqual(ended.code, expected, ended.stderr)
        assert.match(ended.stderr, new RegExp(`^managed-agents: Sessions\\.list failed: ${status} .*\n$`))
      }))
  }

  it.live("of a call that nobody accepts is that of connections", () =>
    Effect.gen(function*() {
      const ended = yield* cli.run(["sessions", "list"], { url: "http://127.0.0.1:1" })
      assert.strictEqual(ended.code, code.connection)
      assert.match(ended.stderr, /^managed-agents: Sessions\.list failed: .*\n$/)
    }))
})

describe("the program", () => {
  it("knows its version", () => {
    const { version: actual } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
    assert.strictEqual(version, actual)
  })
})
