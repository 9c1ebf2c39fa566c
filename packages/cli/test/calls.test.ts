import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as SimulatorServer from "@effect-managed-agents/testkit/SimulatorServer"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Call } from "../src/calls.ts"
import { calls } from "../src/calls.ts"
import type { Flag } from "../src/flags.ts"
import * as cli from "./utils/cli.ts"

/** Values of flags as YAML, and what they are, where another text will not do. */
const samples: Readonly<Record<string, readonly [given: string, sent: unknown]>> = {
  agent: ["{type: agent, id: agent_1, version: 2}", { type: "agent", id: "agent_1", version: 2 }],
  "Sessions.update.agent": ["{tools: []}", { tools: [] }],
  // the ledger takes it for a key
  api_key_id: ["apikey_1", "<redacted>"],
  auth: [
    "{type: static_bearer, mcp_server_url: 'https://mcp.test', token: sk-ant-secret-token}",
    { type: "static_bearer", mcp_server_url: "https://mcp.test", token: "<redacted>" }
  ],
  "Credentials.update.auth": ["{type: static_bearer, token: sk-new}", { type: "static_bearer", token: "<redacted>" }],
  authorization_token: ["ghp_secret", "<redacted>"],
  budget: [
    "{type: limit, max_list_cost: {amount: '250', currency: USD}}",
    { type: "limit", max_list_cost: { amount: "250", currency: "USD" } }
  ],
  config: ["{type: cloud}", { type: "cloud" }],
  events: [
    "{type: user.message, content: [{type: text, text: 'Hi: there'}]}",
    { type: "user.message", content: [{ type: "text", text: "Hi: there" }] }
  ],
  initial_events: [
    "{type: user.message, content: [{type: text, text: Hi}]}",
    { type: "user.message", content: [{ type: "text", text: "Hi" }] }
  ],
  execution_identity: ["{type: later}", { type: "later" }],
  expected_content_sha256: ["0".repeat(64), "0".repeat(64)],
  mcp_servers: ["{\"type\": \"later\", \"of\": [1, null]}", { type: "later", of: [1, null] }],
  metadata: ["{team: a}", { team: "a" }],
  model: ["{id: claude-sonnet-4-6}", { id: "claude-sonnet-4-6" }],
  multiagent: ["{type: coordinator, agents: [agent_2]}", { type: "coordinator", agents: ["agent_2"] }],
  path_prefix: ["/notes/", "/notes/"],
  path: ["/notes/a.md", "/notes/a.md"],
  precondition: ["{type: later}", { type: "later" }],
  resources: ["{type: file, file_id: file_1}", { type: "file", file_id: "file_1" }],
  schedule: ["{type: later}", { type: "later" }],
  skills: ["{type: anthropic, skill_id: xlsx}", { type: "anthropic", skill_id: "xlsx" }],
  tools: ["{type: agent_toolset_20260401}", { type: "agent_toolset_20260401" }]
}

const sample = ({ endpoint }: Call, { field, kind }: Flag): readonly [given: string, sent: unknown] => {
  const known = samples[`${endpoint.name}.${field}`] ?? samples[field]
  if (known !== undefined) return known
  if (kind._tag === "Integer") return ["2", 2]
  if (kind._tag === "Boolean") return ["true", true]
  if (kind._tag === "Choice") return [kind.choices[0]!, kind.choices[0]]
  if (field.startsWith("created_at")) return ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"]
  return [`${field}_1`, `${field}_1`]
}

/** Flags that exclude others of the same call, which are given in a run of their own. */
const apart: Readonly<Record<string, ReadonlyArray<string>>> = {
  "Deployments.list": ["include_archived"],
  "Files.list": ["ids"]
}

/** The flags of a call, in groups that may be given together. */
const runs = ({ endpoint, flags }: Call): ReadonlyArray<ReadonlyArray<Flag>> => {
  const alone = (flag: Flag) => apart[endpoint.name]?.includes(flag.field) === true
  return [flags.filter((flag) => !alone(flag)), ...flags.filter(alone).map((flag) => [flag])]
}

/** Each flag of a call, and each that can be repeated twice. */
const argumentsOf = (call: Call, flags: ReadonlyArray<Flag>): ReadonlyArray<string> =>
  flags.flatMap((flag) => {
    const one = [`--${flag.name}`, sample(call, flag)[0]]
    return flag.isList ? [...one, ...one] : one
  })

const valueOf = (call: Call, flag: Flag): unknown => {
  const [, sent] = sample(call, flag)
  return flag.isList ? [sent, sent] : sent
}

const query = (call: Call, flags: ReadonlyArray<Flag>): Readonly<Record<string, string | ReadonlyArray<string>>> =>
  Object.fromEntries(
    flags.filter(({ place }) => place === "query").map((flag) => {
      const value = valueOf(call, flag)
      return Array.isArray(value) ? [`${flag.field}[]`, value.map(String)] : [flag.field, String(value)]
    })
  )

const body = (call: Call): unknown =>
  Object.fromEntries(
    call.flags.filter(({ place }) => place === "body").map((flag) => [flag.field, valueOf(call, flag)])
  )

const path = (call: Call): string => call.endpoint.path.replaceAll(/\{(\w+)\}/g, "$1_1")

const isForm = ({ endpoint }: Call): boolean => endpoint.encoding.mediaType === "multipart/form-data"

layer(Layer.provideMerge(SimulatorServer.layer(), Simulator.layer()))("every call", (it) => {
  const last = Effect.gen(function*() {
    const simulator = yield* Simulator.Simulator
    const { body, method, path, query } = (yield* simulator.ledger).at(-1)!
    return { method, path, query, body }
  })

  for (const call of calls.filter((call) => !isForm(call))) {
    const { endpoint, flags, group, name } = call

    it.effect(`${group} ${name} puts every flag where it belongs`, () =>
      Effect.gen(function*() {
        const { url } = yield* SimulatorServer.SimulatorServer
        for (const flags of runs(call)) {
          const args = [`beta:${group}`, name, ...argumentsOf(call, flags)]
          const { code, stderr, stdout } = yield* cli.run(args, { url })
          assert.deepStrictEqual(yield* last, {
            method: endpoint.method,
            path: path(call),
            query: query(call, flags),
            body: endpoint.body === undefined ? undefined : body(call)
          }, stderr)
          // lists and what is created aside, nothing that the ids name is there; work is for workers
          assert.include([0, 3, 4, 5], code, stderr)
          assert.isFalse(/sk-|ghp_/.test(stdout + stderr))
        }
      }))

    if (endpoint.body === undefined) continue
    it.effect(`${group} ${name} takes its fields from standard input`, () =>
      Effect.gen(function*() {
        const { url } = yield* SimulatorServer.SimulatorServer
        const inBody = flags.filter(({ place }) => place === "body")
        const others = flags.filter(({ place }) => place === "path")
        const yaml = inBody.map((flag) => {
          const [given] = sample(call, flag)
          return `${flag.field}: ${flag.isList ? `[${given}, ${given}]` : given}\n`
        }).join("")
        yield* cli.run([group, name, ...argumentsOf(call, others)], { url, input: yaml })
        assert.deepStrictEqual((yield* last).body, body(call))
      }))
  }
})
