/**
 * Assumptions of the simulator where the service is not documented.
 *
 * Each field is a guess that a test may turn the other way, to find out whether a program depends on it.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"

/**
 * Request limits of the service. It counts requests over the whole organization, those that create something apart
 * from those that read, and refills continuously.
 * @category models
 */
export interface RateLimits {
  /** Requests a minute that are no reads: creating, sending, updating, archiving and deleting. */
  readonly createPerMinute: number
  /** Requests a minute that read: retrieving, listing and opening streams. */
  readonly readPerMinute: number
  /** As how much time's worth of requests may come at once. */
  readonly burst: Duration.Duration
  /** As what sending events counts. */
  readonly sends: "create" | "read"
}

/**
 * The figures that the service documents, with a guess of what it does not: how large a burst may be, and that sending
 * counts as creating.
 * @category constants
 */
export const documentedRateLimits: RateLimits = {
  createPerMinute: 300,
  readPerMinute: 1200,
  burst: Duration.seconds(10),
  sends: "create"
}

/**
 * Choices that neither documentation nor recordings settle.
 * @category models
 */
export interface Rules {
  /**
   * The interval at which an open stream gets a `ping`. `Duration.infinity` for never.
   *
   * @default "15 seconds"
   */
  readonly heartbeat: Duration.Duration
  /**
   * The form of a heartbeat: an event named `ping`, or a comment.
   *
   * @default "event"
   */
  readonly heartbeatForm: "event" | "comment"
  /**
   * The time for which the server leaves a stream open. Each ends, properly and between two events, at a moment of its
   * own in the second half of that time, which derives from the seed.
   *
   * @default Duration.infinity
   */
  readonly maxStreamAge: Duration.Duration
  /**
   * True if the server ends the streams of a session that has terminated or was archived, and at once those that are
   * opened later. Those of a deleted session always end.
   *
   * @default true
   */
  readonly closeEndedStreams: boolean
  /**
   * The share of previews, from 0 to 1, that are cut short or left out, as the service does under load. Which ones
   * derives from the seed.
   *
   * @default 0
   */
  readonly previewLoss: number
  /**
   * The time for which a session still reads as running after its `session.status_idle` was streamed: the race that the
   * vendor documents. Archive, delete and update are refused as long.
   *
   * @default 0
   */
  readonly idleLag: Duration.Duration
  /**
   * The time for which a session still reads as idle after it has begun to run, so that whoever looks right after a
   * send may think that all is done. Archive, delete and update are refused all the same.
   *
   * @default 0
   */
  readonly runningLag: Duration.Duration
  /**
   * The delay before an interrupt is applied, as it does while a tool runs. Until then what it is for stands still
   * and the session is not idle.
   *
   * @default 0
   */
  readonly interruptDelay: Duration.Duration
  /**
   * True if the end of a model request that was interrupted says `is_error`.
   *
   * @default true
   */
  readonly interruptedRequestsFail: boolean
  /**
   * True if an interrupt closes a call by a result of the call's own kind: `user.custom_tool_result` or
   * `agent.mcp_tool_result`. If not, `agent.tool_result` closes them all.
   *
   * @default true
   */
  readonly interruptedCallsKeepKind: boolean
  /**
   * The greatest number of sessions of a page.
   *
   * @default 100
   */
  readonly maxSessionsPerPage: number
  /**
   * The number of sessions of a page unless asked.
   *
   * @default 20
   */
  readonly sessionsPerPage: number
  /**
   * The greatest number of events or threads of a page.
   *
   * @default 1000
   */
  readonly maxItemsPerPage: number
  /**
   * True if a page at the edge of a list says so with a `next_page` (and for sessions a `prev_page`) that is `null`.
   * Recordings leave the key out, the documentation has the `null`.
   *
   * @default false
   */
  readonly nullPageEdges: boolean
  /**
   * True if an event that waits to be processed has a `processed_at` that is `null`. Recordings leave the key out, the
   * documentation has the `null`.
   *
   * @default false
   */
  readonly nullPendingStamps: boolean
  /**
   * True if an event list with bounds on `created_at` leaves out what waits to be processed.
   *
   * @default true
   */
  readonly boundsHidePending: boolean
  /**
   * True if asking for sessions that are `terminated` shows them without `include_archived`.
   *
   * @default true
   */
  readonly statusesShowEnded: boolean
  /**
   * The refusal of a session id that no session could have: as one that is not found, or as invalid.
   *
   * @default "not_found"
   */
  readonly malformedSessionIds: "not_found" | "invalid"
  /**
   * The kinds of things that must exist before a session, or an agent with its skills, can refer to them. Of the others, ids
   * that this simulator has never seen are taken as they are, as a test may make them up; what it knows must be there and not
   * be archived. Agents and environments must always exist. `created` stands for every kind of which something was created
   * here, through the API or by the fixtures.
   *
   * @default ["memory_store", "created"]
   */
  readonly strictReferences: ReadonlyArray<"created" | "file" | "memory_store" | "skill" | "vault">
  /**
   * The outcome of renewing an access token that has expired, when its credential is validated: there is no server to ask.
   *
   * @default true
   */
  readonly tokensAreRenewed: boolean
  /**
   * The greatest time by which the runs of a deployment are later than its schedule. Each deployment is as late every
   * time, by a part of it that derives from the seed.
   *
   * @default 0
   */
  readonly maxScheduleJitter: Duration.Duration
  /**
   * True if a file that was uploaded can be downloaded again. The documentation says that only files that a tool made can
   * be; then others are refused as `file_not_downloadable`.
   *
   * @default true
   */
  readonly uploadsAreDownloadable: boolean
  /**
   * True if a repository needs an `authorization_token`, as it did until public repositories came to need none.
   *
   * @default false
   */
  readonly requireRepositoryTokens: boolean
  /**
   * The number of events that may be sent at once.
   *
   * @default Infinity
   */
  readonly maxEventsPerSend: number
  /**
   * True if a send without events is accepted.
   *
   * @default false
   */
  readonly acceptEmptySends: boolean
  /**
   * The number of requests before the answer is a 429, such as {@link documentedRateLimits}; `null` for any number.
   *
   * @default null
   */
  readonly rateLimits: RateLimits | null
  /**
   * True if an interrupt that finds nothing to stop is stored in the event list.
   *
   * @default true
   */
  readonly storeQuietInterrupts: boolean
  /**
   * True if a call that must be confirmed holds up the allowed calls of the same response.
   *
   * @default false
   */
  readonly asksHoldSiblings: boolean
  /**
   * Which event comes first when a session is rescheduled: that of the thread, or that of the session.
   *
   * @default "thread first"
   */
  readonly rescheduledPair: "thread first" | "session first"
  /**
   * True if the coordinator runs for a moment and the session goes idle again, still naming the call, when a call of a
   * child is answered while the session is idle. It was recorded; the documentation says that the session runs as long
   * as the child does.
   *
   * @default false
   */
  readonly coordinatorFlickers: boolean
  /**
   * True if a result for a call of a thread that has ended is refused. If not, it is accepted and has no effect, as a
   * confirmation always is.
   *
   * @default true
   */
  readonly refuseLateResults: boolean
  /**
   * Effect of an interrupt that names no thread on the workflow runs that are open: they `go on`; they `pause`, until the
   * agent reads a message; or they `pause silently`, without an event of the run.
   *
   * @default "go on"
   */
  readonly interruptedRuns: "go on" | "pause" | "pause silently"
  /**
   * True if a workflow run whose threads wait for the client says `workflow_run.status_idle`, as it does when the budget
   * pauses it.
   *
   * @default false
   */
  readonly waitingRunsIdle: boolean
  /**
   * True if a session with an open workflow run can be archived: the run ends as stopped, and before it its threads, which
   * is in the list of the session and on no stream. If not, archiving it is refused.
   *
   * @default false
   */
  readonly archiveStopsRuns: boolean
  /**
   * True if the end of a workflow run starts a turn when the last one ended with `retries_exhausted` before the agent could
   * read of it.
   *
   * @default true
   */
  readonly unreadRunsStartTurns: boolean
  /**
   * True if the `session.status_terminated` of an archived session is in its event list, not only on its streams.
   *
   * @default false
   */
  readonly storeArchival: boolean
  /**
   * True if a session can be archived again, which changes nothing.
   *
   * @default true
   */
  readonly rearchive: boolean
  /**
   * True if a session can be archived that an error has terminated.
   *
   * @default true
   */
  readonly archiveTerminated: boolean
  /**
   * True if an archived session can be deleted.
   *
   * @default true
   */
  readonly deleteArchived: boolean
  /**
   * True if archiving a session ends the outcome that it works towards, as interrupted. If not, the outcome stays as it
   * was for ever.
   *
   * @default true
   */
  readonly archiveInterruptsOutcome: boolean
  /**
   * The interval at which a grader that takes its time says that it is still at work. `Duration.infinity` for never.
   *
   * @default "10 seconds"
   */
  readonly evaluationHeartbeat: Duration.Duration
  /**
   * The time for which a heartbeat holds the lease of a work item, unless the worker asks for another.
   *
   * @default "5 minutes"
   */
  readonly workLease: Duration.Duration
  /**
   * True if a `system.message` may be sent on its own while the session is idle.
   *
   * @default false
   */
  readonly loneSystemMessages: boolean
  /**
   * Models that refuse a `system.message`.
   *
   * @default []
   */
  readonly modelsWithoutSystemMessages: ReadonlyArray<string>
  /**
   * Models without a list price, for which a budget is refused.
   *
   * @default []
   */
  readonly modelsWithoutPrice: ReadonlyArray<string>
  /**
   * True if a script may only call tools that the agent of its thread has: custom tools by name, built-in tools that the
   * agent's toolset enables, and those that the toolset of an MCP server enables. A call of another fails the script, and
   * with it the session, as a program that passes its test could not get that call in production. Of a tool that is not
   * enabled only a denied call is left: a step with the permission `deny`.
   *
   * @default true
   */
  readonly strictTools: boolean
  /**
   * The number of steps that a script may play in one turn. With more it is taken to run in circles, and the session
   * fails.
   *
   * @default 10_000
   */
  readonly maxStepsPerTurn: number
  /**
   * The time for which an Effect of a script may keep its agent waiting while nothing happens: no request, no event, no
   * heartbeat. Then it is taken to have no end, and the session fails. This is real time, also under a `TestClock`: it
   * is to end a test that hangs before the test runner does. `Duration.infinity` for ever.
   *
   * @default "3 seconds"
   */
  readonly scriptTimeout: Duration.Duration
  /**
   * The number of characters of text that count as one token.
   *
   * @default 4
   */
  readonly charactersPerToken: number
  /**
   * List prices in millionths of a US cent: a token read, written, read from or written to the cache, a web search, and
   * a second of running time.
   */
  readonly prices: {
    readonly input: number
    readonly output: number
    readonly cacheRead: number
    readonly cacheCreation: number
    readonly webSearch: number
    readonly activeSecond: number
  }
}

/**
 * The default choices.
 * @category constants
 */
export const defaults: Rules = {
  heartbeat: Duration.seconds(15),
  heartbeatForm: "event",
  maxStreamAge: Duration.infinity,
  closeEndedStreams: true,
  previewLoss: 0,
  idleLag: Duration.zero,
  runningLag: Duration.zero,
  interruptDelay: Duration.zero,
  interruptedRequestsFail: true,
  interruptedCallsKeepKind: true,
  maxSessionsPerPage: 100,
  sessionsPerPage: 20,
  maxItemsPerPage: 1000,
  nullPageEdges: false,
  nullPendingStamps: false,
  boundsHidePending: true,
  statusesShowEnded: true,
  malformedSessionIds: "not_found",
  strictReferences: ["memory_store", "created"],
  tokensAreRenewed: true,
  maxScheduleJitter: Duration.zero,
  requireRepositoryTokens: false,
  maxEventsPerSend: Infinity,
  acceptEmptySends: false,
  uploadsAreDownloadable: true,
  rateLimits: null,
  storeQuietInterrupts: true,
  asksHoldSiblings: false,
  rescheduledPair: "thread first",
  coordinatorFlickers: false,
  refuseLateResults: true,
  interruptedRuns: "go on",
  waitingRunsIdle: false,
  archiveStopsRuns: false,
  unreadRunsStartTurns: true,
  storeArchival: false,
  rearchive: true,
  archiveTerminated: true,
  deleteArchived: true,
  archiveInterruptsOutcome: true,
  evaluationHeartbeat: Duration.seconds(10),
  workLease: Duration.minutes(5),
  loneSystemMessages: false,
  modelsWithoutSystemMessages: [],
  modelsWithoutPrice: [],
  strictTools: true,
  maxStepsPerTurn: 10_000,
  scriptTimeout: Duration.seconds(3),
  charactersPerToken: 4,
  prices: {
    input: 300,
    output: 1500,
    cacheRead: 30,
    cacheCreation: 375,
    webSearch: 1_000_000,
    activeSecond: 2222
  }
}
