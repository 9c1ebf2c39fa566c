/** The support desk in virtual time, without a socket: its router answers the `fetch` of a client. */
import type * as Events from "@effect-managed-agents/core/Events"
import * as Journal from "@effect-managed-agents/core/Journal"
import * as SessionEvents from "@effect-managed-agents/core/SessionEvents"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Simulation from "../src/simulation.ts"
import { desk } from "../src/support-desk/desk.ts"
import * as Tools from "../src/support-desk/tools.ts"
import { Target } from "../src/target.ts"
import { inTime } from "./support.ts"

/** One service and what it has paid back, which may be killed and started again. */
const service = Effect.gen(function*() {
  const refunds: Array<number> = []
  const Shop = Layer.succeed(
    Tools.Shop,
    Tools.Shop.make({
      statusOf: (order: number) => Effect.delay(Effect.succeed(`Order ${order} arrived broken.`), "3 seconds"),
      refund: (_: number, amount: number) => Effect.delay(Effect.sync(() => void refunds.push(amount)), "3 seconds")
    })
  )
  let life: { readonly fetch: (request: Request) => Promise<Response>; readonly kill: Effect.Effect<void> } | undefined

  const start = Effect.gen(function*() {
    const scope = yield* Scope.make()
    const context = yield* Layer.build(
      Tools.Handlers.pipe(Layer.provide(Shop), Layer.provideMerge(Layer.fresh(Journal.layer())))
    ).pipe(Scope.extend(scope))
    const router = yield* desk.pipe(Scope.extend(scope), Effect.provide(context))
    const runtime = yield* Effect.provide(Effect.runtime<Events.Events | Sessions.Sessions>(), context)
    const handler = HttpApp.toWebHandlerRuntime(runtime)(router)
    const connections = new AbortController()
    life = {
      fetch: async (request) => {
        const { body, headers, status } = await handler(request)
        const stream = body?.pipeThrough(new TransformStream(), { signal: connections.signal }) ?? null
        return new Response(stream, { headers, status })
      },
      kill: Effect.zipRight(Effect.sync(() => connections.abort()), Scope.close(scope, Exit.void))
    }
  })
  const stop = Effect.suspend(() => {
    const ended = life
    life = undefined
    return ended?.kill ?? Effect.void
  })
  yield* start
  yield* Effect.addFinalizer(() => stop)

  const Client = Layer.provide(
    FetchHttpClient.layer,
    Layer.succeed(
      FetchHttpClient.Fetch,
      (input, init) => life?.fetch(new Request(input, init)) ?? Promise.reject(new TypeError("connection refused"))
    )
  )
  const client = Effect.provide(HttpClient.HttpClient, Client)
  const request = (
    method: "GET" | "POST",
    path: string,
    body?: unknown,
    headers?: { readonly [name: string]: string }
  ) =>
    Effect.gen(function*() {
      const request = HttpClientRequest.make(method)(`http://desk${path}`, { headers })
      const sent = body === undefined ? request : HttpClientRequest.bodyUnsafeJson(request, body)
      const response = yield* (yield* client).execute(sent)
      const text = yield* response.text
      return {
        status: response.status,
        text,
        json: response.headers["content-type"]?.startsWith("application/json") ? JSON.parse(text) : undefined
      }
    }).pipe(inTime)
  /** What a page of the ticket has shown. */
  const page = (path: string) =>
    Effect.gen(function*() {
      const shown: Array<string> = []
      yield* SessionEvents.follow(`http://desk${path}/events`, {
        schema: Schema.Struct({ who: Schema.String, text: Schema.String })
      })
        .pipe(
          Stream.runForEach((update) =>
            Effect.sync(() => {
              if (update._tag === "Received") shown.push(`${update.value.who}: ${update.value.text}`)
            })
          ),
          Effect.provide(Client),
          Effect.forkScoped
        )
      return shown
    })
  return { refunds, request, page, restart: Effect.zipRight(stop, start) }
})

const Environment = Layer.merge(Simulation.layer(Tools.agent), KeyValueStore.layerMemory)

const ticket = { key: "mail-1", subject: "Broken", text: "Order 7 arrived broken." }

/** Asks until something waits for approval. */
const approvalOf = ({ request }: Effect.Effect.Success<typeof service>, path: string) =>
  Effect.gen(function*() {
    for (;;) {
      const [approval] = (yield* request("GET", path)).json.approvals
      if (approval !== undefined) return approval
      yield* TestClock.adjust("1 second")
    }
  })

const conversation = [
  "customer: Order 7 arrived broken.",
  "agent: Let me look.",
  "tool: find_order {\"order\":7}",
  "tool: refund {\"order\":7,\"amount\":80}"
]

describe("the support desk", () => {
  it.scoped("pays back what somebody has approved", () =>
    Effect.gen(function*() {
      const desk = yield* service
      const { json, status } = yield* desk.request("POST", "/tickets", ticket)
      assert.strictEqual(status, 201)
      const path = `/tickets/${json.id}`
      const shown = yield* desk.page(path)
      const approval = yield* approvalOf(desk, path)
      assert.deepInclude(approval, { name: "refund", input: { order: 7, amount: 80 } })
      assert.isEmpty(desk.refunds)
      const { status: accepted } = yield* desk.request("POST", `${path}/approvals/${approval.id}`, { allow: true })
      assert.strictEqual(accepted, 202)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(desk.refunds, [80])
      yield* desk.request("POST", `${path}/messages`, { text: "Thanks." })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(shown, [
        ...conversation,
        "agent: Paid back 80 dollars.",
        "customer: Thanks.",
        "agent: You said: Thanks."
      ])
    }).pipe(Effect.provide(Environment)))

  it.scoped("tells the agent what somebody has denied", () =>
    Effect.gen(function*() {
      const desk = yield* service
      const path = `/tickets/${(yield* desk.request("POST", "/tickets", ticket)).json.id}`
      const shown = yield* desk.page(path)
      const { id } = yield* approvalOf(desk, path)
      yield* desk.request("POST", `${path}/approvals/${id}`, { allow: false, reason: "Send a photo." })
      yield* TestClock.adjust("1 minute")
      assert.isEmpty(desk.refunds)
      assert.include(shown.at(-1), "was not allowed, and did not run. Send a photo.")
      const again = yield* desk.request("POST", `${path}/approvals/${id}`, { allow: true })
      assert.strictEqual(again.status, 409)
    }).pipe(Effect.provide(Environment)))

  it.scoped("goes on when it is started again, wherever it was killed; nothing is paid, said or shown twice", () =>
    Effect.gen(function*() {
      const desk = yield* service
      const { json } = yield* desk.request("POST", "/tickets", ticket)
      const path = `/tickets/${json.id}`
      const shown = yield* desk.page(path)
      yield* TestClock.adjust("1 second")
      yield* desk.restart
      // whoever has not read the answer posts again
      assert.strictEqual((yield* desk.request("POST", "/tickets", ticket)).json.id, json.id)
      const { id } = yield* approvalOf(desk, path)
      yield* desk.restart
      yield* desk.request("POST", `${path}/approvals/${id}`, { allow: true })
      yield* desk.restart
      yield* TestClock.adjust("1 minute")
      yield* desk.restart
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(desk.refunds, [80])
      assert.deepStrictEqual(shown, [...conversation, "agent: Paid back 80 dollars."])
      assert.lengthOf((yield* desk.request("GET", "/tickets")).json, 1)
    }).pipe(Effect.provide(Environment)))

  it.scoped("says what is wrong with a request", () =>
    Effect.gen(function*() {
      const { request, ...desk } = yield* service
      const { json } = yield* request("POST", "/tickets", ticket)
      const path = `/tickets/${json.id}`
      yield* approvalOf({ request, ...desk }, path)
      const waiting = yield* request("POST", `${path}/messages`, { text: "Hello?" })
      assert.strictEqual(waiting.status, 409)
      assert.deepInclude(waiting.json, { _tag: "UpstreamConflict" })
      assert.lengthOf(waiting.json.waitingFor, 1)
      assert.strictEqual((yield* request("POST", `${path}/messages`, { text: "" })).status, 400)
      const incomplete = yield* request("POST", "/tickets", { subject: "x" })
      assert.strictEqual(incomplete.status, 400)
      assert.include(incomplete.text, "[\"key\"]")
      const afterNothing = yield* request("GET", `${path}/events`, undefined, { "last-event-id": "x" })
      assert.strictEqual(afterNothing.status, 400)
      assert.include(afterNothing.text, "invalid Last-Event-ID")
      assert.strictEqual((yield* request("GET", "/tickets/sesn_nobody")).status, 404)
      const { agent, environment } = yield* Target
      const sessions = yield* Sessions.Sessions
      const { id } = yield* sessions.create({ agent, environment_id: environment })
      assert.strictEqual((yield* request("GET", `/tickets/${id}`)).status, 404)
      assert.include((yield* request("GET", "/")).text, "EventSource")
    }).pipe(Effect.provide(Environment)))
})
