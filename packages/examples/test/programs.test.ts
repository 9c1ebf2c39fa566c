// The examples, unchanged, on the simulator that they run on by themselves: what they print, in virtual time.
import * as Agents from "@effect-managed-agents/core/Agents"
import * as Vaults from "@effect-managed-agents/core/Vaults"
import * as Ledger from "@effect-managed-agents/testkit/Ledger"
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import type * as Testkit from "@effect-managed-agents/testkit/Testkit"
import type * as WebhookEndpoint from "@effect-managed-agents/testkit/WebhookEndpoint"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert, describe, it } from "@effect/vitest"
import * as Console from "effect/Console"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as Streaming from "../src/02-streaming.ts"
import * as Tools from "../src/03-tools.ts"
import * as Approvals from "../src/04-approvals.ts"
import * as Interrupt from "../src/05-interrupt-and-steer.ts"
import * as SubAgents from "../src/06-sub-agents.ts"
import * as Outcomes from "../src/07-outcomes.ts"
import * as Resume from "../src/08-resume.ts"
import * as ManySessions from "../src/09-many-sessions.ts"
import * as RecordAndReplay from "../src/11-record-and-replay.ts"
import * as Observability from "../src/12-observability.ts"
import * as Setup from "../src/13-setup.ts"
import * as FilesExample from "../src/14-files.ts"
import * as Secrets from "../src/15-secrets.ts"
import * as Memory from "../src/16-memory.ts"
import * as Webhooks from "../src/17-webhooks.ts"
import { Prompt } from "../src/prompt.ts"
import * as Simulation from "../src/simulation.ts"
import type { Target } from "../src/target.ts"
import { inTime, printed } from "./support.ts"

interface Example<R> {
  readonly program: Effect.Effect<unknown, unknown, R>
  readonly agent?: Simulator.AgentOptions
  readonly simulation?: Simulator.Options
}

/** The lines that an example prints. It must also have left nothing behind. */
const lines = <R>({ agent = {}, program, simulation }: Example<R>) =>
  printed(inTime(program)).pipe(
    Effect.map(([, printed]) => printed.split("\n")),
    Effect.zipLeft(Ledger.assertAll),
    Effect.provide(Simulation.layer(agent, simulation))
  ) as Effect.Effect<ReadonlyArray<string>, unknown, Exclude<R, Testkit.Services | Target>>

describe("the examples", () => {
  it.effect("streaming", () =>
    Effect.gen(function*() {
      const all = yield* lines(Streaming)
      const drafts = all.filter((line) => line.startsWith("…"))
      assert.isAbove(drafts.length, 1)
      const message = all.find((line) => line.startsWith("agent  "))
      assert.include(message, "arrives on Friday")
      for (const draft of drafts) assert.include(message, draft.slice(1).trim())
      assert.match(all.at(-1) ?? "", /^EndTurn, \d+ tokens written$/)
    }))

  it.effect("tools", () =>
    Effect.gen(function*() {
      const all = yield* lines(Tools)
      assert.deepStrictEqual(all, [
        "find_order {\"number\":\"1234\"}: done",
        "find_order {\"number\":\"1235\"}: done",
        "find_order {\"number\":\"twelve\"}: failed",
        "cancel_order {\"number\":\"1234\"}: failed",
        "cancel_order {\"number\":\"1235\"}: done",
        "I cannot cancel the first: It is shipped. Order 1235 is cancelled."
      ])
    }))

  const answers = (answer: Effect.Effect<string>) => {
    const questions: Array<string> = []
    return Effect.map(
      lines(Approvals).pipe(
        Effect.provideService(Prompt, {
          ask: (question) => Effect.zipRight(Effect.sync(() => void questions.push(question)), answer)
        })
      ),
      (lines) => ({ lines, questions })
    )
  }

  it.effect("approvals: allowed", () =>
    Effect.gen(function*() {
      const { lines, questions } = yield* answers(Effect.succeed("y"))
      assert.deepStrictEqual(questions, ["The agent wants to run bash {\"command\":\"rm -r build\"}. Allow? [y/N] "])
      assert.deepStrictEqual(lines, ["read: allow", "bash: allow", "The build folder is gone."])
    }))

  it.effect("approvals: denied", () =>
    Effect.gen(function*() {
      const { lines } = yield* answers(Effect.succeed("keep it"))
      assert.deepStrictEqual(lines.slice(0, 2), ["read: allow", "bash: deny"])
      assert.include(lines[2], "No: keep it")
    }))

  it.effect("approvals: nobody there", () =>
    Effect.gen(function*() {
      const { lines } = yield* answers(Effect.never)
      assert.include(lines[2], "Nobody is here to allow it.")
    }))

  it.effect("interrupt and steer", () =>
    Effect.gen(function*() {
      const all = yield* lines(Interrupt)
      assert.deepStrictEqual(all, [
        "EndTurn: The report, without suppliers abroad.",
        "EndTurn: The report, without suppliers abroad.",
        "Interrupted: Relatio.",
        "Interrupted: Roses are red,",
        "EndTurn: In short: all is well."
      ])
    }))

  it.effect("sub-agents", () =>
    Effect.gen(function*() {
      const all = yield* lines(SubAgents)
      assert.deepStrictEqual(all, [
        "Researcher: Bees dance.",
        "Writer: A draft about bees.",
        "Editor: A draft about bees. Bees dance.",
        "",
        "EndTurn: A draft about bees. Bees dance.",
        "Editor: idle",
        "Researcher: idle",
        "Writer: idle"
      ])
    }))

  it.effect("outcomes", () =>
    Effect.gen(function*() {
      const all = yield* lines(Outcomes)
      assert.deepStrictEqual(all, [
        "agent   Dear customers, we now open at nine.",
        "grader  needs_revision: It does not apologise.",
        "agent   Dear customers, from Monday to Friday we now open at nine. We are sorry for the change.",
        "grader  satisfied: It has everything.",
        "",
        "EndTurn",
        "The service says: satisfied"
      ])
    }))

  it.effect("resume", () =>
    Effect.gen(function*() {
      const { agent, diesAt, payInvoices } = Resume
      const dies = yield* Deferred.make<void>()
      /** The program, which nothing but the store outlives. */
      const program = Effect.gen(function*() {
        const store = yield* KeyValueStore.KeyValueStore
        const life = Effect.provideService(payInvoices, KeyValueStore.KeyValueStore, store)
        const console = yield* Effect.console
        const noting = {
          ...console,
          log: (line: string) =>
            Effect.zipRight(console.log(line), line === diesAt ? Deferred.succeed(dies, undefined) : Effect.void)
        }
        yield* Effect.raceFirst(Effect.withConsole(life, noting), Deferred.await(dies))
        yield* Console.log("It is started again.")
        yield* life
        assert.strictEqual(yield* store.size, 0)
      }).pipe(Effect.provide(KeyValueStore.layerMemory))
      const all = yield* lines({ agent, program })
      assert.deepStrictEqual(all, [
        "agent: Invoice 1 comes next.",
        "paying invoice 1",
        "agent: Invoice 2 comes next.",
        "paying invoice 2",
        "It is started again.",
        "agent: I cannot tell whether invoice 2 is paid. The bank says: false.",
        "paying invoice 2",
        "agent: Invoice 3 comes next.",
        "paying invoice 3",
        "agent: All three are paid."
      ])
    }))

  it.effect("many sessions", () =>
    Effect.gen(function*() {
      const all = yield* lines({
        ...ManySessions,
        program: Effect.gen(function*() {
          yield* ManySessions.program
          const simulator = yield* Simulator.Simulator
          const statuses = new Set((yield* simulator.ledger).map(({ status }) => status))
          assert.deepStrictEqual([...statuses], [200])
          assert.deepStrictEqual(yield* simulator.sessions, [])
        })
      })
      assert.strictEqual(all.at(-1), "35 answers, 1 without one")
      for (const [n, customer] of ["Customer 1", "Customer 5", "Customer 12"].entries()) {
        const first = [1, 13, 34][n] ?? 0
        assert.deepStrictEqual(
          all.filter((line) => line.startsWith(`${customer}:`)),
          [first, first + 1, first + 2].map((n) =>
            `${customer}: What is the square of ${n}? ${n === 13 ? "—" : n ** 2}`
          )
        )
      }
    }))

  it.effect("record and replay", () =>
    Effect.gen(function*() {
      const all = yield* lines(RecordAndReplay)
      assert.deepStrictEqual([all[0], all[1]], ["Recording", "EndTurn: It has shipped."])
      assert.match(all[2] ?? "", /^\d+ lines, \d+ bytes$/)
      assert.deepStrictEqual(all.slice(3, 6), ["Replaying", "EndTurn: It has shipped.", "Replaying something else"])
      assert.include(all.slice(6).join("\n"), "expected \"Where is my order?\", received \"Cancel my order.\"")
    }))

  it.effect("observability", () =>
    Effect.gen(function*() {
      const all = yield* lines(Observability)
      assert.include(all, "EndTurn: All clean.")
      const tree = all.slice(all.indexOf("Session"))
      assert.includeMembers([...tree], [
        "  Sessions.create",
        "  Conversation.turn EndTurn",
        "    Conversation.approve",
        "    Follow.reconnect StreamInterrupted",
        "  SessionLifecycle.retire"
      ])
      assert.includeMembers([...all], [
        "managed_agents_turns EndTurn 1",
        "managed_agents_follow_reconnects Events.follow StreamInterrupted 1"
      ])
    }))

  it.effect("setup", () =>
    Effect.gen(function*() {
      const all = yield* lines({
        ...Setup,
        program: Effect.gen(function*() {
          yield* Setup.program
          const { ledger } = yield* Simulator.Simulator
          // what was created at once is one again
          const agents = yield* Agents.Agents
          assert.strictEqual(
            yield* Stream.runCount(Stream.filter(agents.list(), ({ name }) => name === "Shop assistant")),
            1
          )
          assert.isTrue((yield* ledger).every(({ status }) => status === 200))
        })
      })
      assert.deepStrictEqual(all, [
        "Shop assistant: Created, Unchanged; the same: true",
        "Updated system",
        "Of 2 versions, the sessions have 1 and 2",
        "Yes, from 10 to 14."
      ])
    }))

  it.effect("files", () =>
    Effect.gen(function*() {
      const all = yield* lines(FilesExample)
      assert.deepStrictEqual(all, [
        "squares.csv, 10436 bytes",
        "It is in sum.txt.",
        "sum.txt: 333833500"
      ])
    }))

  it.effect("secrets", () =>
    Effect.gen(function*() {
      const all = yield* lines({
        ...Secrets,
        program: Effect.gen(function*() {
          yield* Secrets.program
          const { ledger } = yield* Simulator.Simulator
          assert.notInclude(JSON.stringify(yield* ledger), "crm-token-of-ada")
          const vaults = yield* Vaults.Vaults
          assert.strictEqual(yield* Stream.runCount(vaults.list()), 0)
        })
      })
      assert.deepStrictEqual(all, [
        "{\"type\":\"static_bearer\",\"mcp_server_url\":\"https://crm.example.com/mcp\"}",
        "You ordered a lamp."
      ])
    }))

  it.effect("memory", () =>
    Effect.gen(function*() {
      const all = yield* lines(Memory)
      assert.deepStrictEqual(all, [
        "/mnt/memory/customers, read_only",
        "A lamp.",
        "modified \"Likes lamps.\\nWrites in English.\\n\"",
        "modified \"redacted\"",
        "modified \"Likes lamps.\\nWrites in English.\\n\"",
        "created \"Likes lamps.\\n\""
      ])
    }))

  it.effect("webhooks", () =>
    Effect.gen(function*() {
      const calls = yield* Queue.unbounded<WebhookEndpoint.Delivery>()
      /** The server, which answers what the simulated service delivers. */
      const program = Effect.gen(function*() {
        const { app, done } = yield* Webhooks.make
        const answer = ({ body, headers }: WebhookEndpoint.Delivery) =>
          Effect.map(
            Effect.provideService(
              app,
              HttpServerRequest.HttpServerRequest,
              HttpServerRequest.fromWeb(new Request("https://example.com", { method: "POST", headers, body }))
            ),
            ({ status }) => status
          )
        yield* Webhooks.begin
        const delivered: Array<WebhookEndpoint.Delivery> = []
        const serve = Effect.flatMap(Queue.take(calls), (call) => {
          delivered.push(call)
          return answer(call)
        })
        yield* Effect.raceFirst(Effect.forever(serve), done)
        // delivered again, and by somebody else
        const last = delivered.at(-1)!
        assert.strictEqual(yield* answer(last), 204)
        assert.strictEqual(yield* answer({ ...last, body: `${last.body} ` }), 401)
      }).pipe(Effect.provide(Webhooks.Services))
      const endpoints = Webhooks.simulation.webhooks ?? []
      const simulation = {
        webhooks: endpoints.map((endpoint) => ({
          ...endpoint,
          deliver: (call: WebhookEndpoint.Delivery) => Queue.offer(calls, call)
        }))
      }
      assert.deepStrictEqual(yield* lines({ agent: Webhooks.agent, program, simulation }), [
        "webhook: session.status_run_started",
        "webhook: session.status_idled",
        "agent: I am reading them.",
        "agent: Nothing went wrong."
      ])
    }))
})
