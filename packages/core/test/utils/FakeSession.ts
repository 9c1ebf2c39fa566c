/** A session behind a `fetch` that is made up, so that a test can put a gateway in front of it. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as ClientConfig from "../../src/ClientConfig.ts"
import { SessionId } from "../../src/Ids.ts"
import * as ManagedAgents from "../../src/ManagedAgents.ts"
import * as RetryPolicy from "../../src/RetryPolicy.ts"

export const id = SessionId.make("sesn_1")

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } })

export const page = (status: number, text = "<html>Back soon</html>"): Response =>
  new Response(text, { status, headers: { "content-type": "text/html" } })

interface Init {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body?: BodyInit
  readonly redirect?: string
}

/** An answer in place of the session's own; `undefined` lets the request through. */
export type Gateway = (path: string, init: Init) => Response | undefined

type Stored = { readonly id: string; readonly type: string; readonly [field: string]: unknown }

/** Stores and streams what is emitted; a message is taken up and answered by the script. */
export class FakeSession {
  readonly stored: Array<Stored> = []
  /** The events of each request that sent some. */
  readonly posts: Array<ReadonlyArray<Record<string, unknown>>> = []
  /** The answer to events that were stored. */
  answer: (data: ReadonlyArray<Stored>) => Response = (data) => json({ data })
  private readonly streams = new Set<ReadableStreamDefaultController<Uint8Array>>()
  private readonly script: (self: FakeSession) => void
  private readonly gateway: Gateway
  private count = 0
  private time = Date.UTC(2026, 10, 1)

  constructor(script: (self: FakeSession) => void, gateway: Gateway = () => undefined) {
    this.script = script
    this.gateway = gateway
  }

  /** Writes to every open stream, whatever it is. */
  write(text: string): void {
    for (const stream of this.streams) stream.enqueue(new TextEncoder().encode(text))
  }

  emit(type: string, fields: object = {}): Stored {
    const event = {
      id: `sevt_${++this.count}`,
      type,
      processed_at: new Date(this.time += 10).toISOString(),
      ...fields
    }
    this.stored.push(event)
    this.write(`event: ${type}\ndata: ${JSON.stringify(event)}\n\n`)
    return event
  }

  say(text: string): void {
    this.emit("agent.message", { content: [{ type: "text", text }] })
  }

  idle(stop_reason: object = { type: "end_turn" }): void {
    this.emit("session.status_idle", { stop_reason, stop_details: null })
  }

  wait(...event_ids: ReadonlyArray<string>): void {
    this.idle({ type: "requires_action", event_ids })
  }

  finish(): void {
    this.say("done")
    this.idle()
  }

  /** Closes every open stream. */
  cut(): void {
    for (const stream of this.streams) stream.close()
    this.streams.clear()
  }

  private send(events: ReadonlyArray<Record<string, unknown>>): Response {
    this.posts.push(events)
    const data = events.map((event) => ({ id: `sevt_${++this.count}`, ...event, type: String(event["type"]) }))
    setTimeout(() => {
      for (const event of data) {
        if (event.type === "user.message") this.emit("session.status_running")
        this.emit(event.type, event)
        if (event.type === "user.message") this.script(this)
      }
    })
    return this.answer(data)
  }

  private stream(): Response {
    let own: ReadableStreamDefaultController<Uint8Array> | undefined
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        own = controller
        this.streams.add(controller)
      },
      cancel: () => {
        if (own !== undefined) this.streams.delete(own)
      }
    })
    return new Response(body, { headers: { "content-type": "text/event-stream" } })
  }

  private async fetch(path: string, init: Init): Promise<Response> {
    const answer = this.gateway(path, init)
    if (answer !== undefined) return answer
    if (path.endsWith("/events/stream")) return this.stream()
    if (init.method === "POST") return this.send(JSON.parse(await new Response(init.body ?? null).text()).events)
    if (!path.includes("/events")) return json({ type: "error", error: { type: "api_error", message: "no" } }, 503)
    const query = new URL(path, "http://service").searchParams
    const types = query.getAll("types[]")
    const found = this.stored.filter(({ type }) => types.length === 0 || types.includes(type))
    return json({ data: query.get("order") === "desc" ? found.toReversed() : found })
  }

  readonly layer = ManagedAgents.layer.pipe(
    Layer.provide(ClientConfig.layer({ baseUrl: "http://service", apiKey: Redacted.make("key-0000") })),
    Layer.provide(RetryPolicy.layer({ baseDelay: 1 })),
    Layer.provide(FetchHttpClient.layer),
    Layer.provide(Layer.succeed(
      FetchHttpClient.Fetch,
      // the client passes a URL and what is read here
      ((url: URL, init: Init) =>
        this.fetch(String(url).slice("http://service".length), init)) as unknown as typeof fetch
    ))
  )
}
