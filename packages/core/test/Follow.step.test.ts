/** The steps of a follower: what each result leads to, without anything that runs. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ApiError } from "../src/ApiError.ts"
import * as ApiErrors from "../src/ApiError.ts"
import type * as Event from "../src/Event.ts"
import type * as Follow from "../src/Follow.ts"
import * as settings from "../src/internal/follow/settings.ts"
import type { Command, Signal, Step } from "../src/internal/follow/step.ts"
import { start, step } from "../src/internal/follow/step.ts"
import type { Page } from "../src/Page.ts"

const ordered = {
  operation: "Events.follow",
  isOrdered: true,
  isLast: (_: Event.StreamEvent, type: string) => type === "session.status_terminated" || type === "session.deleted"
}

const at = (second: number) => new Date(second * 1000).toISOString()

// the follower reads these fields only
const event = (n: number, type = "span.model_request_start") =>
  ({ type, id: `sevt_${n}`, processed_at: at(n) }) as unknown as Event.Event
const queued = (n: number) => ({ type: "user.message", id: `sevt_${n}` }) as unknown as Event.Event

const page = (data: ReadonlyArray<Event.Event>, next_page: string | null = null): Signal => ({
  _tag: "PageRead",
  page: { data, next_page } as Page<Event.Event>
})

const failed = (error: ApiError): Signal => ({ _tag: "Failed", error })
const operation = "Events.follow"
const notFound = new ApiErrors.NotFound({
  operation,
  status: 404,
  type: "not_found_error",
  detail: "no"
})
const foreign = new ApiErrors.NotFound({ operation, status: 404, detail: "<html>" })
const damaged = (reason: "MediaType" | "Syntax" | "Schema") =>
  new ApiErrors.MalformedResponse({ operation, reason, issues: [], excerpt: "" })
const refused = new ApiErrors.InvalidRequest({ operation, status: 400, detail: "no" })
const unauthorized = new ApiErrors.Unauthorized({ operation, status: 401, detail: "no" })
const lost = new ApiErrors.TransportError({ operation, reason: "Connection", detail: "reset" })

const connected: Signal = { _tag: "Connected" }
const closed: Signal = { _tag: "Closed" }
const running: Signal = { _tag: "EndChecked", reason: undefined }
const received = (...events: ReadonlyArray<Event.Event>): Signal => ({ _tag: "Received", events })
const rescheduled = (millis: number): Signal => ({ _tag: "Rescheduled", delay: Duration.millis(millis) })

const begin = (options: Follow.Options = {}, source = ordered): Step =>
  start(source, Effect.runSync(settings.make(operation, options)))

/** Feeds signals one after another. */
const feed = (first: Step, ...signals: ReadonlyArray<Signal>): Step =>
  signals.reduce((made, signal) => step(made.state, signal, 0), first)

const said = ({ updates }: Step) =>
  updates.map((update) => update._tag === "Event" ? `${update.event.id} ${update.state}` : update._tag)

const live = () => feed(begin(), connected, page([event(1)]))

interface Row {
  readonly when: string
  readonly after: () => Step
  readonly updates: ReadonlyArray<string>
  readonly command: Command["_tag"]
  readonly disconnects?: boolean
}

const rows: ReadonlyArray<Row> = [
  { when: "it starts", after: () => begin(), updates: [], command: "Open" },
  { when: "it is connected", after: () => feed(begin(), connected), updates: ["Connected"], command: "List" },
  {
    when: "the history is read",
    after: live,
    updates: ["sevt_1 processed", "CaughtUp"],
    command: "Receive"
  },
  {
    when: "the history has another page",
    after: () => feed(begin(), connected, page([event(1)], "p2")),
    updates: ["sevt_1 processed"],
    command: "List"
  },
  {
    when: "it begins at what happens from now on",
    after: () => feed(begin({ from: "now" }), connected),
    updates: [],
    command: "List"
  },
  {
    when: "what was there before is skipped",
    after: () => feed(begin({ from: "now" }), connected, page([event(2), event(1)], "older")),
    updates: ["Connected", "CaughtUp"],
    command: "Receive"
  },
  {
    when: "it begins at a cursor, and the session may have ended meanwhile",
    after: () => {
      const { cursor } = live().state.position
      return feed(begin({ from: cursor }), connected, page([event(2), event(1)]))
    },
    updates: ["sevt_2 processed", "CaughtUp"],
    command: "CheckEnd"
  },
  {
    when: "what came without a timestamp is listed with one",
    after: () => {
      const untimed = { type: "span.model_request_start", id: "sevt_5" } as unknown as Event.Event
      const again = page([event(6), event(5), event(1)])
      return feed(live(), received(untimed), failed(lost), rescheduled(0), connected, again)
    },
    updates: ["sevt_6 processed", "CaughtUp"],
    command: "CheckEnd"
  },
  {
    when: "events come",
    after: () => feed(live(), received(event(2))),
    updates: ["sevt_2 processed"],
    command: "Receive"
  },
  {
    when: "an event comes that was listed",
    after: () => feed(live(), received(event(1))),
    updates: [],
    command: "Receive"
  },
  {
    when: "an input waits",
    after: () => feed(live(), received(queued(2))),
    updates: ["sevt_2 queued"],
    command: "Receive"
  },
  {
    when: "the last event comes",
    after: () => feed(live(), received(event(2, "session.status_terminated"))),
    updates: ["sevt_2 processed"],
    command: "CheckEnd",
    disconnects: true
  },
  {
    when: "the session is deleted",
    after: () => feed(live(), received(event(2, "session.deleted"))),
    updates: ["sevt_2 processed", "Ended"],
    command: "Stop",
    disconnects: true
  },
  {
    when: "it is known what became of the session",
    after: () =>
      feed(live(), received(event(2, "session.status_terminated")), { _tag: "EndChecked", reason: "archived" }),
    updates: ["Ended"],
    command: "Stop"
  },
  {
    when: "the service closes the stream",
    after: () => feed(live(), closed),
    updates: [],
    command: "CheckEnd",
    disconnects: true
  },
  {
    when: "the session goes on after that",
    after: () => feed(live(), closed, running),
    updates: [],
    command: "Reschedule"
  },
  {
    when: "the session has ended after that",
    after: () => feed(live(), closed, { _tag: "EndChecked", reason: "terminated" }),
    updates: [],
    command: "List"
  },
  {
    when: "the rest of an ended session is read",
    after: () => feed(live(), closed, { _tag: "EndChecked", reason: "terminated" }, page([event(2), event(1)])),
    updates: ["sevt_2 processed", "Ended"],
    command: "Stop",
    disconnects: true
  },
  {
    when: "it cannot be asked whether the session goes on",
    after: () => feed(live(), closed, failed(lost)),
    updates: [],
    command: "Reschedule"
  },
  {
    when: "the connection is lost",
    after: () => feed(live(), failed(lost)),
    updates: [],
    command: "Reschedule",
    disconnects: true
  },
  {
    when: "the next attempt is scheduled",
    after: () => feed(live(), failed(lost), rescheduled(500)),
    updates: ["Reconnecting"],
    command: "Open"
  },
  {
    when: "there is no next attempt",
    after: () => feed(live(), failed(lost), { _tag: "Exhausted" }),
    updates: [],
    command: "Fail"
  },
  {
    when: "it is connected again",
    after: () => feed(live(), failed(lost), rescheduled(0), connected),
    updates: ["Connected"],
    command: "List"
  },
  {
    when: "the newest events are all that is new",
    after: () => feed(live(), failed(lost), rescheduled(0), connected, page([event(2), event(1)])),
    updates: ["sevt_2 processed", "CaughtUp"],
    command: "CheckEnd"
  },
  {
    when: "more is new than the newest events",
    after: () => feed(live(), failed(lost), rescheduled(0), connected, page([event(200), event(199)], "older")),
    updates: [],
    command: "List"
  },
  {
    when: "a session that was there is not found",
    after: () => feed(live(), failed(notFound)),
    updates: [],
    command: "CheckEnd",
    disconnects: true
  },
  {
    when: "a session that was there is not found twice",
    after: () => feed(live(), failed(notFound), failed(notFound)),
    updates: ["Gap", "Ended"],
    command: "Stop"
  },
  {
    when: "a session that was not found is there all the same",
    after: () => feed(live(), failed(notFound), running),
    updates: [],
    command: "Reschedule"
  },
  {
    when: "a 404 is not the API's",
    after: () => feed(live(), failed(foreign)),
    updates: [],
    command: "Reschedule",
    disconnects: true
  },
  {
    when: "a 404 that is not the API's comes when it is asked whether the session goes on",
    after: () => feed(live(), closed, failed(foreign)),
    updates: [],
    command: "Reschedule"
  },
  {
    when: "a frame is damaged",
    after: () => feed(live(), failed(damaged("Syntax"))),
    updates: [],
    command: "Reschedule",
    disconnects: true
  },
  {
    when: "a page comes in place of the stream",
    after: () => feed(live(), failed(lost), rescheduled(0), failed(damaged("MediaType"))),
    updates: [],
    command: "Reschedule",
    disconnects: true
  },
  {
    when: "an event is not as it is documented",
    after: () => feed(live(), failed(damaged("Schema"))),
    updates: [],
    command: "Fail",
    disconnects: true
  },
  {
    when: "a session that was never there is not found",
    after: () => feed(begin(), failed(notFound)),
    updates: [],
    command: "Fail",
    disconnects: true
  },
  {
    when: "the request is refused",
    after: () => feed(begin(), failed(refused)),
    updates: [],
    command: "CheckEnd",
    disconnects: true
  },
  {
    when: "the request is refused though the session goes on",
    after: () => feed(begin(), failed(refused), running),
    updates: [],
    command: "Fail"
  },
  {
    when: "the credentials are wrong",
    after: () => feed(live(), failed(unauthorized)),
    updates: [],
    command: "Fail",
    disconnects: true
  }
]

describe("a follower", () => {
  for (const { after, command, disconnects = false, updates, when } of rows) {
    it(`when ${when}`, () => {
      const made = after()
      assert.deepStrictEqual(said(made), [...updates])
      assert.strictEqual(made.command._tag, command)
      assert.strictEqual(made.disconnects, disconnects)
    })
  }

  it("asks for a fresh schedule after progress only", () => {
    const fresh = (made: Step) => made.command._tag === "Reschedule" && made.command.isFresh
    assert.isTrue(fresh(feed(live(), received(event(2)), failed(lost))))
    assert.isFalse(fresh(feed(live(), failed(lost), rescheduled(0), failed(lost))))
  })

  it("waits as long as the service asks, if that is longer", () => {
    const limited = new ApiErrors.RateLimited(
      { operation, status: 429, detail: "no", retryAfter: Duration.seconds(9) }
    )
    const { command } = feed(live(), failed(limited), rescheduled(500))
    assert.deepStrictEqual(command._tag === "Open" && command.loss?.delay, Duration.seconds(9))
  })

  it("hands over the page that it skips", () => {
    const { skipped } = feed(begin({ from: "now" }), connected, page([event(2), event(1)]))
    assert.deepStrictEqual(skipped?.data, [event(2), event(1)])
  })

  it("counts what the stream had missed only after a reconnect", () => {
    assert.strictEqual(live().recovered, 0)
    assert.strictEqual(
      feed(live(), failed(lost), rescheduled(0), connected, page([event(2), event(1)])).recovered,
      1
    )
  })

  it("abandons previews with their connection", () => {
    const started = { type: "event_start", event: { type: "agent.message", id: "sevt_9" } } as unknown as Event.Event
    const previews = feed(live(), received(started), failed(lost))
    assert.deepStrictEqual(said(previews), ["Preview"])
  })
})
