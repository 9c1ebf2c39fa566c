import type * as Unknown from "@effect-managed-agents/core/Unknown"
import type * as WebhookEvent from "@effect-managed-agents/core/WebhookEvent"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import { Webhook } from "standardwebhooks"
import type { Delivery, WebhookEndpoint } from "../../WebhookEndpoint.ts"
import type { LiveEvent } from "../session/eventLog.ts"
import * as ids from "../session/ids.ts"
import type { Session } from "../session/state.ts"
import type { Micros } from "../session/timestamp.ts"
import * as time from "../session/timestamp.ts"

type Known = Exclude<typeof WebhookEvent.Data.Encoded, Unknown.Unknown>

/** The object that has changed, and how. */
export type Change = Known extends infer D ? D extends Known ? Omit<D, "organization_id" | "workspace_id"> : never
  : never

/** The parts of a world that deliveries need. */
interface Host {
  readonly root: ids.Key
  now(): Micros
  key(kind: string, description: string): ids.Key
  fork(effect: Effect.Effect<void>): unknown
  setAlarm(name: string, due: Micros | undefined, run: () => void): void
}

interface Endpoint {
  readonly options: WebhookEndpoint
  readonly signer: Webhook
  /** True once it has answered with a redirect. */
  isDisabled: boolean
}

interface Message {
  readonly id: string
  readonly key: ids.Key
  readonly body: string
}

const maxAttempts = 3

/** The time that an endpoint has to answer. */
const timeLimit = Duration.seconds(30)

/** The identifiers of the organization and the workspace of a world. */
export const homeOf = (root: ids.Key) => ({
  organization_id: ids.uuid(ids.child(root, "organization")),
  workspace_id: ids.format("wrkspc", ids.child(root, "workspace"))
})

/** Tells whether a text is a secret that can sign. */
export const isSecret = (secret: Redacted.Redacted): boolean => {
  try {
    const text = Redacted.value(secret)
    return text.startsWith("whsec_") && new Webhook(text) instanceof Webhook
  } catch {
    return false
  }
}

/** Delivers events to endpoints, and tries again. */
export class Webhooks {
  private readonly host: Host
  private readonly endpoints: ReadonlyArray<Endpoint>
  private isStopped = false

  constructor(host: Host, endpoints: ReadonlyArray<WebhookEndpoint>) {
    this.host = host
    this.endpoints = endpoints.map((options) => ({
      options,
      signer: new Webhook(Redacted.value(options.secret)),
      isDisabled: false
    }))
  }

  /** Lets the endpoints know that something has changed. */
  announce(change: Change): void {
    if (this.endpoints.length === 0) return
    const key = this.host.key("webhook", `${change.type} ${change.id}`)
    const id = ids.format("whe", key)
    const event = {
      type: "event",
      id,
      created_at: time.format(this.host.now()),
      data: { ...change, ...homeOf(this.host.root) }
    }
    const message: Message = { id, key, body: JSON.stringify(event) }
    for (const [i, endpoint] of this.endpoints.entries()) {
      const { types } = endpoint.options
      if (endpoint.isDisabled || (types !== undefined && !types.includes(change.type))) continue
      this.attempt(endpoint, ids.nth(key, i), message, 1)
    }
  }

  /** Tries nothing again any more. */
  stop(): void {
    this.isStopped = true
  }

  /** The same for what an event of a session's stream tells. */
  announceAll(session: Session, event: LiveEvent): void {
    if (this.endpoints.length === 0) return
    for (const change of changesOf(session, event)) this.announce(change)
  }

  private attempt(endpoint: Endpoint, key: ids.Key, message: Message, attempt: number): void {
    // an endpoint is no part of the step that it hears of
    const deliver = Effect.yieldNow().pipe(
      Effect.zipRight(Effect.suspend(() => this.deliver(endpoint, message, attempt))),
      Effect.map((status) => {
        if (status >= 200 && status < 300) return
        if (status >= 300 && status < 400) endpoint.isDisabled = true
        else if (attempt < maxAttempts) this.later(endpoint, key, message, attempt + 1)
      })
    )
    this.host.fork(deliver)
  }

  /** The status of the answer; 0 if there is none. */
  private deliver({ options, signer }: Endpoint, { body, id }: Message, attempt: number): Effect.Effect<number> {
    const seconds = Math.floor(this.host.now() / 1_000_000)
    const delivery: Delivery = {
      headers: {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": String(seconds),
        "webhook-signature": signer.sign(id, time.toDate(seconds * 1_000_000), body)
      },
      body,
      attempt
    }
    // the Effect is a test author's and may fail with anything
    // @effect-diagnostics-next-line anyUnknownInErrorContext:off
    return Effect.suspend(() => options.deliver(delivery)).pipe(
      Effect.timeout(timeLimit),
      Effect.exit,
      Effect.map((exit) => Exit.isFailure(exit) ? 0 : typeof exit.value === "number" ? exit.value : 204)
    )
  }

  private later(endpoint: Endpoint, key: ids.Key, message: Message, attempt: number): void {
    if (this.isStopped) return
    const seconds = 5 + ids.fraction(ids.nth(key, attempt)) * 115
    const due = this.host.now() + Math.floor(seconds * 1_000_000)
    this.host.setAlarm(`webhook ${message.id} ${key.join()}`, due, () => {
      if (!endpoint.isDisabled) this.attempt(endpoint, key, message, attempt)
    })
  }
}

const sessionTypes: Readonly<Record<string, Change["type"]>> = {
  "session.status_running": "session.status_run_started",
  "session.status_idle": "session.status_idled",
  "session.status_rescheduled": "session.status_rescheduled",
  "session.status_terminated": "session.status_terminated",
  "span.outcome_evaluation_end": "session.outcome_evaluation_ended",
  "session.updated": "session.updated",
  "session.deleted": "session.deleted"
}

const threadTypes: Readonly<Record<string, Change["type"]>> = {
  "session.thread_created": "session.thread_created",
  "session.thread_status_idle": "session.thread_idled",
  "session.thread_status_terminated": "session.thread_terminated"
}

/** The changes of which an event of a session's stream tells; of its threads only the children count. */
const changesOf = ({ id, threads: [primary] }: Session, event: LiveEvent): ReadonlyArray<Change> => {
  const type = sessionTypes[event.type]
  const ofThread = threadTypes[event.type]
  const thread = "session_thread_id" in event ? event.session_thread_id : undefined
  // the tables have the types of sessions and threads only
  return [
    ...(type === undefined ? [] : [{ type, id } as Change]),
    ...(isBudgetReached(event) ? [{ type: "session.budget_reached" as const, id }] : []),
    ...(ofThread === undefined || thread === primary.id
      ? []
      : [{ type: ofThread, id, session_thread_id: thread } as Change])
  ]
}

/** Tells whether a session has stopped at its budget. */
const isBudgetReached = (event: LiveEvent): boolean => {
  const reason = event.type === "session.status_idle" && "stop_reason" in event ? event.stop_reason : undefined
  return typeof reason === "object" && reason !== null && "type" in reason && reason.type === "budget_reached"
}
