// real processes and a real shell
import * as Fixtures from "@effect-managed-agents/testkit/Fixtures"
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as SimulatorServer from "@effect-managed-agents/testkit/SimulatorServer"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as program from "../utils/program.ts"

/** The command lines of the service's guide "Start a session", in its order. */
const guide = `
ant beta:sessions create \\
  --agent "$AGENT_ID" \\
  --environment-id "$ENVIRONMENT_ID"

ant beta:sessions create <<YAML
agent:
  type: agent
  id: $AGENT_ID
  version: 1
environment_id: $ENVIRONMENT_ID
YAML

ant beta:sessions create <<YAML
agent: $AGENT_ID
environment_id: $ENVIRONMENT_ID
vault_ids:
  - $VAULT_ID
YAML

ant beta:sessions:events send \\
  --session-id "$SESSION_ID" <<'YAML'
events:
  - type: user.message
    content:
      - type: text
        text: List the files in the working directory.
YAML
`

const { agentId, environmentId, sessionId, vaultId } = Fixtures

const bodies = [
  { agent: agentId, environment_id: environmentId },
  { agent: { type: "agent", id: agentId, version: 1 }, environment_id: environmentId },
  { agent: agentId, environment_id: environmentId, vault_ids: [vaultId] },
  {
    events: [{
      type: "user.message",
      content: [{ type: "text", text: "List the files in the working directory." }]
    }]
  }
]

const key = "sk-ant-test-shell"

layer(Layer.provideMerge(SimulatorServer.layer(), Simulator.layer({ fixtures: Fixtures.docs })), {
  excludeTestServices: true
})("in a shell", (it) => {
  const shell = (script: string) =>
    Effect.gen(function*() {
      const { url } = yield* SimulatorServer.SimulatorServer
      const { ended, ...started } = yield* Effect.promise(() =>
        program.start("sh", ["-c", script], {
          env: {
            ANTHROPIC_API_KEY: key,
            ANTHROPIC_BASE_URL: url,
            AGENT_ID: agentId,
            ENVIRONMENT_ID: environmentId,
            SESSION_ID: sessionId,
            VAULT_ID: vaultId
          },
          stdio: ["ignore", "pipe", "pipe"]
        })
      )
      const code = yield* Effect.promise(() => ended)
      return { code, stdout: started.stdout(), stderr: started.stderr() }
    })

  it.effect("every command of the guide sends what it says", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const { code, stderr, stdout } = yield* shell(`set -e\n${guide.replaceAll(/^ant /gm, "managed-agents ")}`)
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(stderr, "")
      assert.deepStrictEqual((yield* simulator.ledger).map(({ body }) => body), bodies)
      const answers = `[${stdout.replaceAll(/\n\}\n\{/g, "\n},\n{")}]`
      assert.strictEqual(JSON.parse(answers).length, 4)
      const events = yield* simulator.events(sessionId)
      assert.include(JSON.stringify(events), "You said: List the files in the working directory.")
      assert.notInclude(stdout, key)
    }))

  it.effect("lists can be cut short by a reader that has enough, and failures have their codes", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* shell(`
        managed-agents sessions list --limit 1 --format jsonl | head -n 1
        managed-agents sessions retrieve --session-id none; echo "code $?"
        ANTHROPIC_API_KEY= managed-agents sessions list; echo "code $?"
        managed-agents sessions create </dev/null; echo "code $?"
        ID=$(managed-agents agents create --name Shell --model claude-sonnet-4-6 --fields id -r)
        managed-agents agents update --version 1 --agent-id "$ID" --name Sea --fields name,version --format jsonl
      `)
      assert.strictEqual(code, 0, stderr)
      const lines = stdout.split("\n")
      assert.strictEqual(JSON.parse(lines[0]!).type, "session")
      assert.deepStrictEqual(lines.slice(1), ["code 4", "code 3", "code 2", "{\"name\":\"Sea\",\"version\":2}", ""])
      assert.strictEqual(stderr.split("\n").length, 4, stderr)
      assert.notInclude(stdout + stderr, key)
    }))
})
