/**
 * Section 10.10 of FIDELITY.md: webhooks.
 */
import type { WebhookEvent } from "@effect-managed-agents/core/WebhookEvent"
import * as Webhooks from "@effect-managed-agents/core/Webhooks"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import type { Request } from "../../src/internal/http/message.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as WebhookEndpoint from "../../src/WebhookEndpoint.ts"
import type { Json } from "../utils/wire.ts"
import { call, createSession, headers, layer, message, ok, refusal, send, settle } from "../utils/wire.ts"

const secret = Redacted.make("whsec_c2VjcmV0IG9mIHRoZSBlbmRwb2ludA==")
const verifier = Layer.orDie(Webhooks.layer({ secrets: [secret] }))

interface Seen extends WebhookEndpoint.Delivery {
  readonly event: WebhookEvent
  readonly seconds: number
}

/** An endpoint that answers with these statuses in turn, the last one for ever, and what it was given. */
const endpoint = (statuses: ReadonlyArray<number> = [204], options: Partial<WebhookEndpoint.Options> = {}) => {
  const seen: Array<Seen> = []
  const deliver = (delivery: WebhookEndpoint.Delivery) =>
    Effect.clockWith((clock) =>
      Effect.sync(() => {
        const seconds = clock.unsafeCurrentTimeMillis() / 1000
        seen.push({ ...delivery, event: JSON.parse(delivery.body), seconds })
        return statuses[Math.min(seen.length, statuses.length) - 1]
      })
    )
  return { seen, endpoint: WebhookEndpoint.make(deliver, { secret, ...options }) }
}

const typesOf = (seen: ReadonlyArray<Seen>): ReadonlyArray<string> => seen.map(({ event }) => String(event.data.type))

/** Runs a test against a simulator with endpoints. */
const withEndpoints = <A, E, R>(
  endpoints: ReadonlyArray<WebhookEndpoint.WebhookEndpoint>,
  effect: Effect.Effect<A, E, R>,
  options: Simulator.Options = {}
): Effect.Effect<A, E, Exclude<R, Simulator.Simulator>> =>
  Effect.provide(effect, layer({ ...options, webhooks: endpoints }))

describe("webhooks", () => {
  it.effect("10.10.1 say what has changed and whose it is, signed", () => {
    const { endpoint: one, seen } = endpoint()
    return withEndpoints(
      [one],
      Effect.gen(function*() {
        const webhooks = yield* Webhooks.Webhooks
        const id = yield* createSession()
        yield* settle
        assert.strictEqual(seen.length, 1)
        const [{ body, event, headers }] = seen as [Seen]
        assert.match(event.id, /^whe_\w+$/)
        const { headers: home } = yield* call("GET", "/v1/sessions")
        assert.deepStrictEqual(event, {
          type: "event",
          id: event.id,
          created_at: "1970-01-01T00:00:00Z",
          data: {
            type: "session.created",
            id,
            organization_id: home["anthropic-organization-id"],
            workspace_id: home["anthropic-workspace-id"]
          }
        } as unknown as WebhookEvent)
        assert.deepStrictEqual([headers["webhook-id"], headers["webhook-timestamp"]], [event.id, "0"])
        assert.deepStrictEqual(yield* webhooks.verify({ headers, body }), event)
        const forged = yield* Effect.flip(webhooks.verify({ headers, body: `${body} ` }))
        assert.strictEqual(forged._tag, "WrongSignature")
      })
    ).pipe(Effect.provide(verifier))
  })

  it.effect("10.10.2 tell of the life of a session by names of their own, of its threads only the children", () => {
    const { endpoint: one, seen } = endpoint()
    return withEndpoints(
      [one],
      Effect.gen(function*() {
        const id = yield* createSession()
        yield* send(id, message("Hi"))
        const { data: [, child] } = yield* ok("GET", `/v1/sessions/${id}/threads`)
        yield* ok("POST", `/v1/sessions/${id}/threads/${child.id}/archive`)
        yield* ok("POST", `/v1/sessions/${id}`, { title: "New" })
        yield* ok("POST", `/v1/sessions/${id}/archive`)
        yield* ok("POST", `/v1/sessions/${id}/archive`)
        yield* ok("DELETE", `/v1/sessions/${id}`)
        yield* settle
        assert.deepStrictEqual(typesOf(seen), [
          "session.created",
          "session.status_run_started",
          "session.thread_created",
          "session.thread_idled",
          "session.status_idled",
          "session.thread_terminated",
          "session.updated",
          "session.status_terminated",
          "session.archived",
          "session.deleted"
        ])
        const thread = seen[2]!.event.data as Json
        assert.match(thread.session_thread_id, /^sthr_/)
        assert.strictEqual(thread.id, id)
      }),
      {
        agents: {
          agent_h: { agent: { name: "Helper" }, script: { otherwise: [{ say: "Done." }] } },
          agent_1: {
            agent: { name: "Lead", multiagent: { type: "coordinator", agents: ["agent_h"] } },
            script: { turns: [[{ delegate: { agent: "Helper", message: "Help" } }, { say: "Done." }]] }
          }
        }
      }
    )
  })

  it.effect("10.10.11 tell of vaults, credentials and memory stores", () => {
    const { endpoint: one, seen } = endpoint()
    return withEndpoints(
      [one],
      Effect.gen(function*() {
        const vault = yield* ok("POST", "/v1/vaults", { display_name: "V" })
        yield* ok("POST", `/v1/vaults/${vault.id}`, { display_name: "W" })
        const auth = { type: "static_bearer", token: "bearer_token", mcp_server_url: "https://m" }
        const credential = yield* ok("POST", `/v1/vaults/${vault.id}/credentials`, { auth })
        const path = `/v1/vaults/${vault.id}/credentials/${credential.id}`
        yield* ok("POST", `${path}/archive`)
        yield* ok("POST", `${path}/archive`)
        yield* ok("DELETE", path)
        yield* ok("POST", `/v1/vaults/${vault.id}/archive`)
        yield* ok("DELETE", `/v1/vaults/${vault.id}`)
        const store = yield* ok("POST", "/v1/memory_stores", { name: "M" })
        yield* ok("POST", `/v1/memory_stores/${store.id}/archive`)
        yield* ok("DELETE", `/v1/memory_stores/${store.id}`)
        yield* settle
        assert.deepStrictEqual(typesOf(seen), [
          "vault.created",
          "vault_credential.created",
          "vault_credential.archived",
          "vault_credential.deleted",
          "vault.archived",
          "vault.deleted",
          "memory_store.created",
          "memory_store.archived",
          "memory_store.deleted"
        ])
      })
    )
  })

  it.effect("10.10.3 tell of agents, environments, deployments and their runs, and of nothing that changed nothing", () => {
    const { endpoint: one, seen } = endpoint()
    return withEndpoints(
      [one],
      Effect.gen(function*() {
        const agent = yield* ok("POST", "/v1/agents", { name: "A", model: "claude-opus-5-5" })
        yield* ok("POST", `/v1/agents/${agent.id}`, { name: "A" })
        yield* ok("POST", `/v1/agents/${agent.id}`, { name: "B" })
        const environment = yield* ok("POST", "/v1/environments", { name: "E" })
        yield* ok("POST", `/v1/environments/${environment.id}`, { name: "F" })
        const deployment = yield* ok("POST", "/v1/deployments", {
          name: "D",
          agent: agent.id,
          environment_id: environment.id,
          initial_events: [message("Go")],
          schedule: { type: "cron", expression: "0 * * * *", timezone: "UTC" }
        })
        yield* ok("POST", `/v1/deployments/${deployment.id}`, { name: "E" })
        yield* ok("POST", `/v1/deployments/${deployment.id}/pause`)
        yield* ok("POST", `/v1/deployments/${deployment.id}/unpause`)
        const run = yield* ok("POST", `/v1/deployments/${deployment.id}/run`)
        yield* settle
        const before = seen.length
        assert.deepStrictEqual(typesOf(seen), [
          "agent.created",
          "agent.updated",
          "environment.created",
          "environment.updated",
          "deployment.created",
          "deployment.updated",
          "deployment.paused",
          "deployment.unpaused",
          "deployment_run.started",
          "session.created",
          "session.status_run_started",
          "session.status_idled",
          "deployment_run.succeeded"
        ])
        assert.strictEqual((seen[before - 1]!.event.data as Json).id, run.id)
        yield* ok("POST", `/v1/environments/${environment.id}/archive`)
        yield* ok("POST", `/v1/agents/${agent.id}/archive`)
        yield* ok("POST", `/v1/agents/${agent.id}/archive`)
        yield* TestClock.adjust("1 hour")
        yield* ok("DELETE", `/v1/sessions/${run.session_id}`)
        yield* ok("DELETE", `/v1/environments/${environment.id}`)
        yield* ok("POST", `/v1/deployments/${deployment.id}/archive`)
        yield* settle
        assert.deepStrictEqual(typesOf(seen).slice(before), [
          "environment.archived",
          "agent.archived",
          "deployment_run.started",
          "deployment_run.failed",
          "deployment.paused",
          "session.deleted",
          "environment.deleted",
          "deployment.archived"
        ])
      })
    )
  })

  it.effect("10.10.3 tell of vaults, their credentials and memory stores, but not of their updates", () => {
    const { endpoint: one, seen } = endpoint()
    return withEndpoints(
      [one],
      Effect.gen(function*() {
        const lives = Effect.fnUntraced(function*(at: string, params: object, more: Partial<Request> = {}) {
          const { json: { id } } = yield* call("POST", at, params, more)
          yield* call("POST", `${at}/${id}`, { metadata: { a: "1" } }, more)
          for (let i = 0; i < 2; i++) yield* call("POST", `${at}/${id}/archive`, undefined, more)
          yield* call("DELETE", `${at}/${id}`, undefined, more)
          return id
        })
        const { json: vault } = yield* call("POST", "/v1/vaults", { display_name: "V" })
        const credential = yield* lives(`/v1/vaults/${vault.id}/credentials`, {
          display_name: "C",
          auth: { type: "static_bearer", token: "t", mcp_server_url: "https://crm.example/mcp" }
        })
        yield* call("DELETE", `/v1/vaults/${vault.id}`)
        yield* lives("/v1/vaults", { display_name: "W" })
        yield* lives("/v1/memory_stores", { name: "M" }, {
          headers: { ...headers, "anthropic-beta": "agent-memory-2026-07-22" }
        })
        yield* settle
        const life = (kind: string) => ["created", "archived", "deleted"].map((verb) => `${kind}.${verb}`)
        assert.deepStrictEqual(typesOf(seen), [
          "vault.created",
          ...life("vault_credential"),
          "vault.deleted",
          ...life("vault"),
          ...life("memory_store")
        ])
        const data = seen[1]!.event.data as Json
        assert.deepStrictEqual([data.id, data.vault_id], [credential, vault.id])
      })
    )
  })

  it.effect("10.10.4 are tried three times, 5 to 120 seconds apart, as the same event with a new signature", () => {
    const { endpoint: one, seen } = endpoint([500])
    return withEndpoints(
      [one],
      Effect.gen(function*() {
        const webhooks = yield* Webhooks.Webhooks
        yield* createSession()
        yield* settle
        assert.strictEqual(seen.length, 1)
        yield* TestClock.adjust("4 seconds")
        assert.strictEqual(seen.length, 1)
        yield* TestClock.adjust("1 hour")
        assert.deepStrictEqual(seen.map(({ attempt }) => attempt), [1, 2, 3])
        assert.strictEqual(new Set(seen.map(({ body }) => body)).size, 1)
        assert.strictEqual(new Set(seen.map(({ headers }) => headers["webhook-id"])).size, 1)
        for (const [i, { headers, seconds }] of seen.entries()) {
          assert.strictEqual(Number(headers["webhook-timestamp"]), Math.floor(seconds))
          const wait = seconds - (seen[i - 1]?.seconds ?? seconds - 5)
          assert.isAtLeast(wait, 5)
          assert.isBelow(wait, 120)
        }
        yield* TestClock.setTime(seen[2]!.seconds * 1000)
        yield* webhooks.verify(seen[2]!)
      })
    ).pipe(Effect.provide(verifier))
  })

  it.effect("10.10.5 are acknowledged by any status from 200 to 299, and tried again after a failure or a silence", () => {
    const acknowledging = endpoint([503, 299])
    let calls = 0
    const failing = WebhookEndpoint.make(
      () => Effect.suspend(() => ++calls === 1 ? Effect.fail("no") : calls === 2 ? Effect.never : Effect.void),
      { secret }
    )
    return withEndpoints(
      [acknowledging.endpoint, failing],
      Effect.gen(function*() {
        yield* createSession()
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(acknowledging.seen.length, 2)
        assert.strictEqual(calls, 3)
      })
    )
  })

  it.effect("10.10.6 are no more after a redirect", () => {
    const { endpoint: one, seen } = endpoint([204, 500, 302])
    return withEndpoints(
      [one],
      Effect.gen(function*() {
        yield* createSession()
        yield* settle
        yield* createSession()
        yield* createSession()
        yield* settle
        assert.strictEqual(seen.length, 3)
        yield* TestClock.adjust("1 hour")
        yield* createSession()
        yield* settle
        // the second would have been tried again
        assert.strictEqual(seen.length, 3)
      })
    )
  })

  it.effect("10.10.7 go to each endpoint that has subscribed to their type", () => {
    const all = endpoint()
    const some = endpoint([204], { types: ["session.status_idled"] })
    return withEndpoints(
      [all.endpoint, some.endpoint],
      Effect.gen(function*() {
        yield* send(yield* createSession(), message("Hi"))
        yield* settle
        assert.deepStrictEqual(typesOf(some.seen), ["session.status_idled"])
        assert.deepStrictEqual(typesOf(all.seen), [
          "session.created",
          "session.status_run_started",
          "session.status_idled"
        ])
        assert.strictEqual(some.seen[0]!.event.id, all.seen[2]!.event.id)
      })
    )
  })

  it.effect("10.10.8 say that a budget is spent, beside that the session is idle", () => {
    const { endpoint: one, seen } = endpoint([204], { types: ["session.budget_reached", "session.status_idled"] })
    const budget = (amount: string) => ({ type: "limit", max_list_cost: { amount, currency: "USD" } })
    // an hour of running time costs eight cents
    const steps = [{ sleep: 3_600_000 }, { tool: { name: "bash" } }]
    return withEndpoints(
      [one],
      Effect.gen(function*() {
        const id = yield* createSession({ budget: budget("5") })
        yield* send(id, message("Hi"))
        yield* TestClock.adjust("1 hour")
        assert.deepStrictEqual(typesOf(seen), ["session.status_idled", "session.budget_reached"])
        yield* ok("POST", `/v1/sessions/${id}`, { budget: budget("12") })
        yield* TestClock.adjust("1 hour")
        assert.deepStrictEqual(typesOf(seen).slice(2), ["session.status_idled", "session.budget_reached"])
        yield* ok("POST", `/v1/sessions/${id}`, { budget: null })
        yield* settle
        assert.deepStrictEqual(typesOf(seen).slice(4), ["session.status_idled"])
      }),
      { script: { otherwise: [...steps, ...steps, { say: "Done." }] } }
    )
  })

  it.effect("are posted by an HttpClient", () => {
    const requests: Array<string> = []
    const client = HttpClient.make((request) =>
      Effect.sync(() => {
        requests.push(`${request.method} ${request.url} ${request.headers["content-type"]}`)
        return HttpClientResponse.fromWeb(request, new Response(null, { status: 204 }))
      })
    )
    const endpoints = [WebhookEndpoint.toUrl("https://app.example/hook", { secret })]
    return Effect.gen(function*() {
      yield* createSession()
      yield* settle
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(requests, ["POST https://app.example/hook application/json"])
    }).pipe(
      Effect.provide(layer({ webhooks: endpoints })),
      Effect.provideService(HttpClient.HttpClient, client)
    )
  })

  it.effect("find the simulator between two steps, and can ask it", () => {
    let count = 0
    const one = WebhookEndpoint.make(({ body }) =>
      Effect.gen(function*() {
        const { data } = JSON.parse(body)
        count = (yield* ok("GET", `/v1/sessions/${data.id}/events`)).data.length
      }), { secret, types: ["session.created"] })
    // it is built with a simulator that is built with it
    const built = Effect.gen(function*() {
      const late: { simulator?: Simulator.Service } = {}
      const asking = WebhookEndpoint.make(
        (delivery) => Effect.provideService(one.deliver(delivery), Simulator.Simulator, late.simulator!),
        one
      )
      late.simulator = yield* Simulator.make({
        fixtures: { environments: [{ id: "env_1", type: "cloud" }] },
        agents: { agent_1: {} },
        webhooks: [asking]
      })
      return late.simulator
    })
    return Effect.scoped(Effect.flatMap(built, (simulator) =>
      Effect.gen(function*() {
        yield* createSession({ initial_events: [message("Hi")] })
        yield* settle
        // all of the step that the event is of has happened
        assert.isAbove(count, 5)
      }).pipe(Effect.provideService(Simulator.Simulator, simulator))))
  })

  it.effect("are forgotten by a reset, also those that are on their way", () => {
    const { endpoint: one, seen } = endpoint([500])
    let slow = 0
    const another = WebhookEndpoint.make(
      () => Effect.suspend(() => Effect.delay(Effect.fail(++slow), "10 seconds")),
      { secret }
    )
    return withEndpoints(
      [one, another],
      Effect.gen(function*() {
        yield* createSession()
        yield* settle
        yield* (yield* Simulator.Simulator).reset
        yield* TestClock.adjust("1 hour")
        assert.deepStrictEqual([seen.length, slow], [1, 1])
      })
    )
  })

  it.effect("need a secret that can sign", () =>
    Effect.gen(function*() {
      const wrong = endpoint([204], { secret: Redacted.make("whsec_%%") }).endpoint
      const exit = yield* Effect.exit(Effect.scoped(Simulator.make({ webhooks: [wrong] })))
      assert.include(String(exit), "webhooks[0].secret: expected whsec_ and base64")
      assert.match(yield* refusal("GET", "/v1/sessions/sesn_x"), /^404/)
    }).pipe(Effect.provide(layer())))
})
