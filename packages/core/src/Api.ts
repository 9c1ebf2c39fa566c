/**
 * The endpoints of the API: the nineteen of sessions. Those of what sessions are made of are in `WorkspaceApi`.
 *
 * @since 0.1.0
 */
import * as Endpoint from "./Endpoint.ts"
import * as Event from "./Event.ts"
import { Page } from "./Page.ts"
import * as Resource from "./Resource.ts"
import * as Session from "./Session.ts"
import * as Thread from "./Thread.ts"

const session = "/v1/sessions/{session_id}"
const resource = `${session}/resources/{resource_id}` as const
const thread = `${session}/threads/{thread_id}` as const

/**
 * Sessions: create, read and retire them.
 * @category constants
 */
export const sessions = {
  create: Endpoint.post("Sessions.create", "/v1/sessions", Session.Session, { body: Session.CreateParams }),
  list: Endpoint.get("Sessions.list", "/v1/sessions", Page(Session.Session), { query: Session.ListParams }),
  retrieve: Endpoint.get("Sessions.retrieve", session, Session.Session),
  update: Endpoint.post("Sessions.update", session, Session.Session, { body: Session.UpdateParams }),
  delete: Endpoint.del("Sessions.delete", session, Session.DeletedSession),
  archive: Endpoint.post("Sessions.archive", `${session}/archive`, Session.Session)
}

/**
 * The events of a session.
 * @category constants
 */
export const events = {
  list: Endpoint.get("Events.list", `${session}/events`, Page(Event.Event), { query: Event.ListParams }),
  send: Endpoint.post("Events.send", `${session}/events`, Event.SendResponse, { body: Event.SendParams }),
  stream: Endpoint.events("Events.stream", `${session}/events/stream`, Event.StreamEvent, {
    query: Event.StreamParams
  })
}

/**
 * The files, repositories and memory stores mounted in a session.
 * @category constants
 */
export const resources = {
  add: Endpoint.post("Resources.add", `${session}/resources`, Resource.FileResource, { body: Resource.AddParams }),
  list: Endpoint.get("Resources.list", `${session}/resources`, Page(Resource.Resource), {
    query: Resource.ListParams
  }),
  retrieve: Endpoint.get("Resources.retrieve", resource, Resource.Resource),
  update: Endpoint.post("Resources.update", resource, Resource.Resource, { body: Resource.UpdateParams }),
  delete: Endpoint.del("Resources.delete", resource, Resource.DeletedResource)
}

/**
 * The threads of a session: the primary one and those of its sub-agents.
 * @category constants
 */
export const threads = {
  list: Endpoint.get("Threads.list", `${session}/threads`, Page(Thread.Thread), { query: Thread.ListParams }),
  retrieve: Endpoint.get("Threads.retrieve", thread, Thread.Thread),
  archive: Endpoint.post("Threads.archive", `${thread}/archive`, Thread.Thread),
  listEvents: Endpoint.get("Threads.listEvents", `${thread}/events`, Page(Event.Event), {
    query: Event.ThreadListParams
  }),
  // there is no `/events/` in this path
  stream: Endpoint.events("Threads.stream", `${thread}/stream`, Event.ThreadStreamEvent, {
    query: Event.StreamParams
  })
}
