// Support desk: an HTTP service on top of sessions. It may be killed at any time, and goes on when it is started again.
//
//   POST /tickets                       a new ticket: { key, subject, text }, once however often it is posted
//   GET  /tickets                       the open tickets
//   GET  /tickets/:id                   a ticket, with the calls that wait for approval
//   POST /tickets/:id/messages          { text }
//   POST /tickets/:id/approvals/:call   { allow, reason }
//   GET  /tickets/:id/events            server-sent events, for the page at `/`
//
// A ticket is a session, so the service holds the data. All that the desk keeps by itself is the journal of its tools.
import * as ApiError from "@effect-managed-agents/core/ApiError"
import * as Content from "@effect-managed-agents/core/Content"
import * as Conversation from "@effect-managed-agents/core/Conversation"
import * as Events from "@effect-managed-agents/core/Events"
import * as Ids from "@effect-managed-agents/core/Ids"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as SessionEvents from "@effect-managed-agents/core/SessionEvents"
import * as SessionLifecycle from "@effect-managed-agents/core/SessionLifecycle"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as ToolRunner from "@effect-managed-agents/core/ToolRunner"
import * as UpstreamError from "@effect-managed-agents/core/UpstreamError"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Target } from "../target.ts"
import { page } from "./page.ts"
import { Tools } from "./tools.ts"

const NewTicket = Schema.Struct({ key: Schema.NonEmptyString, subject: Schema.String, text: Schema.NonEmptyString })
const Message = Schema.Struct({ text: Schema.NonEmptyString })
const Approval = Schema.Struct({ allow: Schema.Boolean, reason: Schema.optional(Schema.String) })

/** The part of the updates that the browser may see: messages and calls. */
const Line = Schema.Struct({ id: Ids.EventId, who: Schema.Literal("customer", "agent", "tool"), text: Schema.String })
const lines: SessionEvents.Projection<typeof Line.Type, typeof Line.Encoded> = {
  schema: Line,
  project: (update) => {
    if (update._tag !== "Event" || update.state !== "processed") return undefined
    const { event } = update
    if (event.type === "user.message") return { id: event.id, who: "customer", text: Content.textOf(event.content) }
    if (event.type === "agent.message") return { id: event.id, who: "agent", text: Content.textOf(event.content) }
    if (event.type !== "agent.custom_tool_use") return undefined
    return { id: event.id, who: "tool", text: `${event.name} ${JSON.stringify(event.input)}` }
  }
}

const isApiError = Schema.is(ApiError.ApiError)

/** The service; its workers live as long as the scope. */
export const desk = Effect.gen(function*() {
  const { agent, environment } = yield* Target
  const sessions = yield* Sessions.Sessions
  const events = yield* Events.Events
  const tools = yield* ToolRunner.make(Tools, { journal: "required" })

  // each open ticket has a worker that answers its calls until the session ends
  const workers = yield* FiberMap.make<Ids.SessionId>()
  const work = (id: Ids.SessionId) =>
    FiberMap.run(
      workers,
      id,
      Effect.catchAllCause(ToolRunner.run(id, tools), (cause) => Effect.logError(`Ticket ${id} is not served`, cause)),
      { onlyIfMissing: true }
    )
  const tickets = sessions.list({ agent_id: agent }).pipe(Stream.filter(({ metadata }) => metadata.desk === "support"))
  yield* Stream.runForEach(tickets, ({ id }) => work(id))

  /** The ticket that the path names: a session that is not one of the desk is none of its business. */
  const ticket = Effect.gen(function*() {
    const { id } = yield* HttpRouter.schemaPathParams(Schema.Struct({ id: Ids.SessionId }))
    const session = yield* sessions.retrieve(id)
    return session.metadata.desk === "support" ? session : yield* new Cause.NoSuchElementException()
  })

  const create = Effect.gen(function*() {
    const { key, subject, text } = yield* HttpServerRequest.schemaBodyJson(NewTicket)
    const { id } = yield* SessionLifecycle.createOnce({
      agent,
      environment_id: environment,
      title: subject,
      metadata: { desk: "support" },
      initial_events: [UserEvent.message(text)]
    }, { key })
    yield* work(id)
    return yield* HttpServerResponse.json({ id }, { status: 201 })
  })
  const list = Stream.runCollect(Stream.map(tickets, ({ id, status, title }) => ({ id, subject: title, status }))).pipe(
    Effect.flatMap((tickets) => HttpServerResponse.json(Array.from(tickets)))
  )
  const show = Effect.gen(function*() {
    const { id, status, title } = yield* ticket
    const waiting = (yield* Conversation.pending(id, { tools })).filter(({ _tag }) => _tag === "ToolApproval")
    return yield* HttpServerResponse.json({ id, subject: title, status, approvals: waiting })
  })
  const say = Effect.gen(function*() {
    const { id } = yield* ticket
    const { text } = yield* HttpServerRequest.schemaBodyJson(Message)
    const delivery = yield* events.deliver(id, UserEvent.message(text))
    if (delivery._tag === "Indeterminate") return yield* delivery.error
    return HttpServerResponse.empty({ status: 202 })
  })
  const decide = Effect.gen(function*() {
    const { id } = yield* ticket
    const { call } = yield* HttpRouter.params
    const { allow, reason } = yield* HttpServerRequest.schemaBodyJson(Approval)
    const action = (yield* Conversation.pending(id, { tools })).find((action) => action.id === call)
    if (action?._tag !== "ToolApproval") return HttpServerResponse.empty({ status: 409 })
    // the worker finds the decision in the journal
    yield* Conversation.answer(action, allow ? PendingAction.allow : PendingAction.deny(reason))
    return HttpServerResponse.empty({ status: 202 })
  })
  const follow = Effect.flatMap(
    ticket,
    ({ id }) => SessionEvents.respond((from) => events.follow(id, { from: from ?? "start" }), { projection: lines })
  )

  return HttpRouter.empty.pipe(
    HttpRouter.get("/", HttpServerResponse.html(page)),
    HttpRouter.post("/tickets", create),
    HttpRouter.get("/tickets", list),
    HttpRouter.get("/tickets/:id", show),
    HttpRouter.post("/tickets/:id/messages", say),
    HttpRouter.post("/tickets/:id/approvals/:call", decide),
    HttpRouter.get("/tickets/:id/events", follow),
    HttpRouter.catchTags({
      ParseError: ({ message }) => HttpServerResponse.text(message, { status: 400 }),
      JournalError: (error) => Effect.as(Effect.logError(error), HttpServerResponse.empty({ status: 500 }))
    }),
    // the other errors have a status of their own: 404 where there is no such ticket, 400 for a wrong `Last-Event-ID`
    HttpRouter.catchAll((error) => isApiError(error) ? UpstreamError.toResponse(error) : Effect.fail(error))
  )
})
