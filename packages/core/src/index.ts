// Written by scripts/codegen.mjs from the files beside it. Do not edit.

/**
 * A turn as events of AG-UI, the protocol between agents and user interfaces.
 *
 * @since 0.1.0
 */
export * as AgUi from "./AgUi.ts"

/**
 * Agents as sessions and threads hold them, and how to refer to one when a session is created.
 *
 * @since 0.1.0
 */
export * as Agent from "./Agent.ts"

/**
 * The events that agents emit: what they say, the tools they call and what the tools return.
 *
 * @since 0.1.0
 */
export * as AgentEvent from "./AgentEvent.ts"

/**
 * The tools of an agent: the built-in toolset, the tools of MCP servers, and custom tools that the client runs.
 *
 * @since 0.1.0
 */
export * as AgentTool from "./AgentTool.ts"

/**
 * Saved agents: create, read, change and archive them, version by version.
 *
 * @since 0.1.0
 */
export * as Agents from "./Agents.ts"

/**
 * The endpoints of the API: the nineteen of sessions. Those of what sessions are made of are in `WorkspaceApi`.
 *
 * @since 0.1.0
 */
export * as Api from "./Api.ts"

/**
 * The transport: calls any endpoint of the API over whatever `HttpClient` is provided.
 *
 * @since 0.1.0
 */
export * as ApiClient from "./ApiClient.ts"

/**
 * Everything that can go wrong when talking to the service, as one flat union of tagged errors.
 *
 * @since 0.1.0
 */
export * as ApiError from "./ApiError.ts"

/**
 * Configuration of a client: address, credential, versions, limits.
 *
 * @since 0.1.0
 */
export * as ClientConfig from "./ClientConfig.ts"

/**
 * The blocks that messages and tool results are made of.
 *
 * @since 0.1.0
 */
export * as Content from "./Content.ts"

/**
 * Run a turn: send input to a session and await its result.
 *
 * @since 0.1.0
 */
export * as Conversation from "./Conversation.ts"

/**
 * Credentials in a vault. Their secrets go in, as `Redacted`, and no answer has them.
 *
 * @since 0.1.0
 */
export * as Credential from "./Credential.ts"

/**
 * The credentials in a vault: create, read, change, validate, archive and delete them. Their secrets are `Redacted` here and
 * in no answer.
 *
 * @since 0.1.0
 */
export * as Credentials from "./Credentials.ts"

/**
 * Position in the events of a session or of a thread up to which they have been read, as a value that can be stored.
 *
 * @since 0.1.0
 */
export * as Cursor from "./Cursor.ts"

/**
 * Storage of a follower's position, so that it goes on there after a restart.
 *
 * @since 0.1.0
 */
export * as CursorStore from "./CursorStore.ts"

/**
 * Delivery results: the answer of `Events.deliver`, which never sends the same twice.
 *
 * @since 0.1.0
 */
export * as Delivery from "./Delivery.ts"

/**
 * Deployments: an agent with all that its sessions need, to be run on a schedule or on demand.
 *
 * @since 0.1.0
 */
export * as Deployment from "./Deployment.ts"

/**
 * Runs of deployments: each names the session that it created, or says why there is none.
 *
 * @since 0.1.0
 */
export * as DeploymentRun from "./DeploymentRun.ts"

/**
 * The runs of deployments: list and read them.
 *
 * @since 0.1.0
 */
export * as DeploymentRuns from "./DeploymentRuns.ts"

/**
 * Deployments: create, read, change, pause, run and archive them.
 *
 * @since 0.1.0
 */
export * as Deployments from "./Deployments.ts"

/**
 * Turns by id, which outlive the process that began them: in a `TurnStore`, and run by whoever owns their session.
 *
 * @since 0.1.0
 */
export * as DurableTurn from "./DurableTurn.ts"

/**
 * The description of one endpoint as plain data.
 *
 * @since 0.1.0
 */
export * as Endpoint from "./Endpoint.ts"

/**
 * The result of a set-up that is described and not ordered: something is there as it should be, and what that took.
 *
 * @since 0.1.0
 */
export * as Ensured from "./Ensured.ts"

/**
 * Environments: where the sandboxes of sessions run, what they can reach and what is installed in them.
 *
 * @since 0.1.0
 */
export * as Environment from "./Environment.ts"

/**
 * The work queue of a self-hosted environment.
 *
 * @since 0.1.0
 */
export * as EnvironmentWork from "./EnvironmentWork.ts"

/**
 * Runs the tools of sessions in a self-hosted environment: takes work items from the queue of the environment, and answers
 * the calls of each session with the tools of a program, each call at most once.
 *
 * @since 0.1.0
 */
export * as EnvironmentWorker from "./EnvironmentWorker.ts"

/**
 * Environments: create, read, change, archive and delete them.
 *
 * @since 0.1.0
 */
export * as Environments from "./Environments.ts"

/**
 * All events: the unions of what lists return, what streams carry and what may be sent.
 *
 * @since 0.1.0
 */
export * as Event from "./Event.ts"

/**
 * Send events to a session and read what happens in it.
 *
 * @since 0.1.0
 */
export * as Events from "./Events.ts"

/**
 * The files of a workspace: upload, list, download and delete them.
 *
 * @since 0.1.0
 */
export * as Files from "./Files.ts"

/**
 * Updates for a follower of a session or of a thread: its events, each exactly once, and changes of the connection.
 *
 * @since 0.1.0
 */
export * as Follow from "./Follow.ts"

/**
 * Identifiers, branded by what they identify so that a thread's id cannot be passed where a session's is expected.
 *
 * @since 0.1.0
 */
export * as Ids from "./Ids.ts"

/**
 * Record of the tool calls that were run, so that none runs twice: not after a lost connection, not after a restart.
 *
 * @since 0.1.0
 */
export * as Journal from "./Journal.ts"

/**
 * All services of the client as one layer.
 *
 * @since 0.1.0
 */
export * as ManagedAgents from "./ManagedAgents.ts"

/**
 * The memories in a store: create, read, change and delete them, on the condition that nobody else has.
 *
 * @since 0.1.0
 */
export * as Memories from "./Memories.ts"

/**
 * Memories: the texts in a memory store, each at a path.
 *
 * @since 0.1.0
 */
export * as Memory from "./Memory.ts"

/**
 * Memory stores: directories of texts that agents keep from session to session.
 *
 * @since 0.1.0
 */
export * as MemoryStore from "./MemoryStore.ts"

/**
 * Memory stores: create, read, change, archive and delete them. `Memories` has what is in them.
 *
 * @since 0.1.0
 */
export * as MemoryStores from "./MemoryStores.ts"

/**
 * Versions of memories: who changed a memory, when, and into what.
 *
 * @since 0.1.0
 */
export * as MemoryVersion from "./MemoryVersion.ts"

/**
 * The versions of a store's memories: read them, and redact what must not be kept.
 *
 * @since 0.1.0
 */
export * as MemoryVersions from "./MemoryVersions.ts"

/**
 * The models of the service, and what each is able to do.
 *
 * @since 0.1.0
 */
export * as Model from "./Model.ts"

/**
 * The models of the service: list and read them.
 *
 * @since 0.1.0
 */
export * as Models from "./Models.ts"

/**
 * Outcomes: what an agent is asked to reach, how it is graded and how the grading stands.
 *
 * @since 0.1.0
 */
export * as Outcome from "./Outcome.ts"

/**
 * One page of a list.
 *
 * @since 0.1.0
 */
export * as Page from "./Page.ts"

/**
 * Actions that a session waits for: a tool call to be allowed or denied, or a tool call to be answered.
 *
 * @since 0.1.0
 */
export * as PendingAction from "./PendingAction.ts"

/**
 * Previews of events that are still being produced: opt-in, on one connection, never stored.
 *
 * @since 0.1.0
 */
export * as PreviewEvent from "./PreviewEvent.ts"

/**
 * Keeps a program below the request limits of the service, by letting calls wait instead of fail.
 *
 * @since 0.1.0
 */
export * as RateLimit from "./RateLimit.ts"

/**
 * Resources in a session's sandbox: files, repositories and memory stores.
 *
 * @since 0.1.0
 */
export * as Resource from "./Resource.ts"

/**
 * The files, repositories and memory stores that are mounted in a session.
 *
 * @since 0.1.0
 */
export * as Resources from "./Resources.ts"

/**
 * Repetition of calls that failed.
 *
 * @since 0.1.0
 */
export * as RetryPolicy from "./RetryPolicy.ts"

/**
 * Agents as they are saved in a workspace, version by version, and what it takes to create, change and list them.
 *
 * @since 0.1.0
 */
export * as SavedAgent from "./SavedAgent.ts"

/**
 * Sessions: what one is, and what it takes to create, change and list them.
 *
 * @since 0.1.0
 */
export * as Session from "./Session.ts"

/**
 * The events about the session itself and its threads: status, errors, usage and changes.
 *
 * @since 0.1.0
 */
export * as SessionEvent from "./SessionEvent.ts"

/**
 * Updates of a follower as server-sent events: the response of a server to a browser, and a client for the other end.
 *
 * @since 0.1.0
 */
export * as SessionEvents from "./SessionEvents.ts"

/**
 * Failures inside a session, as `session.error` events report it.
 *
 * @since 0.1.0
 */
export * as SessionFailure from "./SessionFailure.ts"

/**
 * Sessions from creation to retirement: verbs that take several calls.
 *
 * @since 0.1.0
 */
export * as SessionLifecycle from "./SessionLifecycle.ts"

/**
 * Ownership of a session among several processes: at most one of them acts in it at a time.
 *
 * @since 0.1.0
 */
export * as SessionOwner from "./SessionOwner.ts"

/**
 * Work on thousands of sessions in one process: not too much of it at once, each session's in order, and every session in
 * its turn.
 *
 * @since 0.1.0
 */
export * as SessionPool from "./SessionPool.ts"

/**
 * Sessions: create, read, change, archive and delete them.
 *
 * @since 0.1.0
 */
export * as Sessions from "./Sessions.ts"

/**
 * Skills of a workspace, and what it takes to create and list them and their versions.
 *
 * @since 0.1.0
 */
export * as Skill from "./Skill.ts"

/**
 * Skills: create, read, list and delete them, version by version.
 *
 * @since 0.1.0
 */
export * as Skills from "./Skills.ts"

/**
 * The events that mark spans of work: requests to the model and evaluations of an outcome.
 *
 * @since 0.1.0
 */
export * as SpanEvent from "./SpanEvent.ts"

/**
 * Framing of server-sent events: bytes to frames, and a frame to text.
 *
 * @since 0.1.0
 */
export * as Sse from "./Sse.ts"

/**
 * Files as they are stored in a workspace, and what it takes to upload and list them.
 *
 * @since 0.1.0
 */
export * as StoredFile from "./StoredFile.ts"

/**
 * The threads of a session: the primary one and those of the agents it delegates to.
 *
 * @since 0.1.0
 */
export * as Thread from "./Thread.ts"

/**
 * The threads of a session: the primary one, and one for each sub-agent at work.
 *
 * @since 0.1.0
 */
export * as Threads from "./Threads.ts"

/**
 * Points in time as the service writes them: RFC 3339 strings.
 *
 * @since 0.1.0
 */
export * as Timestamp from "./Timestamp.ts"

/**
 * Answers the tool calls of an agent with the tools of a program, each call at most once.
 *
 * @since 0.1.0
 */
export * as ToolRunner from "./ToolRunner.ts"

/**
 * State of a session as its events show it: one pure fold.
 *
 * @since 0.1.0
 */
export * as Transcript from "./Transcript.ts"

/**
 * Result of a turn as a value that can be stored and sent: what a `TurnResult` says, without the transcript.
 *
 * @since 0.1.0
 */
export * as TurnRecord from "./TurnRecord.ts"

/**
 * Storage of turns, and of who owns the sessions that they are in.
 *
 * @since 0.1.0
 */
export * as TurnStore from "./TurnStore.ts"

/**
 * Worker that runs the turns of a `TurnStore`: it leases the sessions that have something to do, several at a time, and runs
 * each as its owner.
 *
 * @since 0.1.0
 */
export * as TurnWorker from "./TurnWorker.ts"

/**
 * A turn as a UI message stream of the Vercel AI SDK, which `useChat` reads.
 *
 * @since 0.1.0
 */
export * as UiMessageStream from "./UiMessageStream.ts"

/**
 * The variant that every union of the API has for tags this version does not know.
 *
 * @since 0.1.0
 */
export * as Unknown from "./Unknown.ts"

/**
 * Files to upload: bytes, or a stream of them, with a name and a media type.
 *
 * @since 0.1.0
 */
export * as Upload from "./Upload.ts"

/**
 * Errors of the service as an HTTP server answers them: with a status, a body that says what a client of the server may know,
 * and tags of their own, so that they stand beside the errors of an `HttpApi`.
 *
 * @since 0.1.0
 */
export * as UpstreamError from "./UpstreamError.ts"

/**
 * Consumption of a session, its cost at list prices, and the ceiling set on it.
 *
 * @since 0.1.0
 */
export * as Usage from "./Usage.ts"

/**
 * The events that a client sends: as they are sent (`…Params`) and as the service stores and returns them.
 *
 * @since 0.1.0
 */
export * as UserEvent from "./UserEvent.ts"

/**
 * Vaults: containers of the credentials that sessions use and their agents never see.
 *
 * @since 0.1.0
 */
export * as Vault from "./Vault.ts"

/**
 * Vaults: create, read, change, archive and delete them. `Credentials` has what is in them.
 *
 * @since 0.1.0
 */
export * as Vaults from "./Vaults.ts"

/**
 * Events of webhooks: a few words on what has changed, to be looked up.
 *
 * @since 0.1.0
 */
export * as WebhookEvent from "./WebhookEvent.ts"

/**
 * Webhooks: verify that a request comes from the service, and read its event.
 *
 * @since 0.1.0
 */
export * as Webhooks from "./Webhooks.ts"

/**
 * Work items: what the sandboxes of a self-hosted environment take from its queue, and how they keep it.
 *
 * @since 0.1.0
 */
export * as Work from "./Work.ts"

/**
 * The events about workflow runs: background work, planned by an agent as a program, that creates threads of its own.
 *
 * @since 0.1.0
 */
export * as WorkflowEvent from "./WorkflowEvent.ts"

/**
 * The services on what sessions are made of, as one layer on top of `ManagedAgents`: saved agents, environments and their
 * work, models, deployments, files, skills, vaults and memory stores.
 *
 * @since 0.1.0
 */
export * as Workspace from "./Workspace.ts"

/**
 * The endpoints of what sessions are made of: agents, environments, models, deployments, files, skills, vaults and memory
 * stores.
 *
 * @since 0.1.0
 */
export * as WorkspaceApi from "./WorkspaceApi.ts"
