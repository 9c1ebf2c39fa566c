/** What a worker decides about an item, signal by signal. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as ApiError from "../src/ApiError.ts"
import * as poll from "../src/internal/work/poll.ts"
import type { Command, Signal, State } from "../src/internal/work/step.ts"
import { start, step } from "../src/internal/work/step.ts"
import type { Heartbeat } from "../src/Work.ts"

const settings = { ttl: 60_000, maxIdle: 60_000, grace: 30_000 }

const operation = "EnvironmentWork.heartbeat"
const error = (status: number): ApiError.ApiError => {
  const fields = { operation, status, detail: "no" }
  if (status === 401) return new ApiError.Unauthorized(fields)
  if (status === 404) return new ApiError.NotFound({ ...fields, type: "not_found_error" })
  return status >= 500 ? new ApiError.ServerError(fields) : new ApiError.UnexpectedStatus(fields)
}
const lost = new ApiError.TransportError({ operation, reason: "Timeout", detail: "no answer" })

const beaten = (sentAt: number, fields: Partial<Heartbeat> = {}): Signal => ({
  _tag: "Beaten",
  sentAt,
  heartbeat: {
    type: "work_heartbeat",
    last_heartbeat: `beat at ${sentAt}`,
    lease_extended: true,
    state: "active",
    ttl_seconds: 60,
    ...fields
  }
})
const failed = (now: number, error: ApiError.ApiError = lost): Signal => ({ _tag: "BeatFailed", now, error })
const alarm = (now: number): Signal => ({ _tag: "Alarm", now })

/** The commands to each signal, from the start on. */
const play = (...signals: ReadonlyArray<Signal>): ReadonlyArray<ReadonlyArray<Command>> => {
  let [state, commands]: readonly [State, ReadonlyArray<Command>] = start(settings, 0)
  const all = [commands]
  for (const signal of signals) {
    const next = step(state, signal)
    state = next[0]
    commands = next[1]
    all.push(commands)
  }
  return all
}
/** The commands to the last of the signals. */
const last = (...signals: ReadonlyArray<Signal>) => play(...signals).at(-1)

const wake = (at: number): Command => ({ _tag: "Wake", at })
const beat = (expected: string | undefined, timeout = 20_000): Command => ({ _tag: "Beat", expected, timeout })
const end = (outcome: Extract<Command, { _tag: "End" }>["outcome"], last: "stop" | "release" | "leave"): Command => ({
  _tag: "End",
  outcome,
  last
})

/** The lease is this worker's, and its tools run. */
const held = beaten(0)
const rests: Signal = { _tag: "Rests", now: 1000 }
const drain: Signal = { _tag: "Drain", now: 2000 }

const table: ReadonlyArray<readonly [name: string, signals: ReadonlyArray<Signal>, expected: ReadonlyArray<Command>]> =
  [
    ["claims before any tool runs", [], [beat("NO_HEARTBEAT"), wake(60_000)]],
    ["runs the tools once the lease is confirmed", [held], [{ _tag: "StartTools" }, wake(20_000)]],
    ["tries again where the claim fails in passing", [failed(1000)], [wake(6000)]],
    ["leaves an item that another has claimed", [failed(0, error(412))], [end("lost", "leave")]],
    ["leaves an item whose claim was recorded or not", [failed(0), alarm(5000), failed(5000, error(412))], [
      end("lost", "leave")
    ]],
    ["gives up a claim that never succeeds", [failed(0), alarm(60_000)], [end("lost", "leave")]],
    ["leaves an item that has stopped", [beaten(0, { state: "stopped" })], [end("stopped", "leave")]],
    ["stops an item that is to stop before it began", [beaten(0, { state: "stopping", lease_extended: false })], [
      end("stopped", "stop")
    ]],
    ["leaves an item whose lease is not given", [beaten(0, { lease_extended: false })], [end("lost", "leave")]],

    ["beats again after a third of the lease", [held, alarm(20_000)], [beat("beat at 0"), wake(54_000)]],
    ["does nothing on an early alarm", [held, alarm(19_999)], [wake(20_000)]],
    ["goes by the lease that the service gives", [beaten(0, { ttl_seconds: 30 })], [
      { _tag: "StartTools" },
      wake(10_000)
    ]],
    ["counts from when it was sent", [held, alarm(20_000), beaten(20_000), alarm(40_000)], [
      beat("beat at 20000"),
      wake(74_000)
    ]],
    ["tries again soon where a heartbeat fails", [held, alarm(20_000), failed(21_000, error(503))], [wake(26_000)]],
    ["never waits for a heartbeat beyond the lease", [held, alarm(20_000), failed(53_000), alarm(53_900)], [
      wake(54_000)
    ]],
    ["lets go at the end of the lease, whatever is under way", [held, alarm(20_000), alarm(54_000)], [
      end("lost", "leave")
    ]],
    ["lets go when another has the lease", [held, alarm(20_000), failed(20_100, error(412))], [end("lost", "leave")]],
    ["lets go of an item that is not there any more", [held, alarm(20_000), failed(20_100, error(404))], [
      end("lost", "leave")
    ]],
    [
      "takes a heartbeat whose answer was lost for its own",
      [held, alarm(20_000), failed(22_000), alarm(27_000), failed(27_100, error(412))],
      [beat(undefined, 26_900), wake(54_000)]
    ],
    [
      "but only once",
      [held, alarm(20_000), failed(22_000), alarm(27_000), failed(27_100, error(412)), failed(27_200, error(412))],
      [end("lost", "leave")]
    ],
    [
      "and goes on from there",
      [held, alarm(20_000), failed(22_000), alarm(27_000), failed(27_100, error(412)), beaten(27_100), alarm(47_100)],
      [beat("beat at 27100"), wake(81_100)]
    ],
    ["ends with a credential that is refused", [held, alarm(20_000), failed(20_100, error(401))], [
      end("failed", "leave")
    ]],
    ["lets the tools end where the item is to stop", [
      held,
      alarm(20_000),
      beaten(20_000, { state: "stopping", lease_extended: false })
    ], [{ _tag: "DrainTools" }, wake(40_000)]],
    ["and stops it then", [
      held,
      alarm(20_000),
      beaten(20_000, { state: "stopping", lease_extended: false }),
      { _tag: "ToolsEnded", reason: "drained" }
    ], [end("stopped", "stop")]],
    ["or when their time is up", [
      held,
      alarm(20_000),
      beaten(20_000, { state: "stopping" }),
      alarm(50_000)
    ], [end("stopped", "stop")]],

    ["stops the item of a session that has ended", [held, { _tag: "ToolsEnded", reason: "session" }], [
      end("ended", "stop")
    ]],
    ["leaves an item whose tools failed", [held, { _tag: "ToolsEnded", reason: "failed" }], [
      end("failed", "leave")
    ]],
    ["stays with a session that rests", [held, rests], [wake(20_000)]],
    ["for a while", [held, rests, alarm(20_000), beaten(20_000), alarm(40_000), beaten(40_000)], [wake(60_000)]],
    [
      "counts that from its beginning",
      [held, rests, { _tag: "Rests", now: 9000 }, alarm(20_000), beaten(20_000), alarm(61_000)],
      [end("idle", "stop")]
    ],
    [
      "and not once it works again",
      [held, rests, { _tag: "Works" }, alarm(20_000), beaten(20_000), alarm(61_000)],
      [beat("beat at 20000", 13_000), wake(74_000)]
    ],

    ["ends at once where nothing was claimed", [drain], [end("drained", "leave")]],
    ["lets the tools end where the worker is to", [held, drain], [{ _tag: "DrainTools" }, wake(20_000)]],
    ["keeps the lease meanwhile", [held, drain, alarm(20_000)], [beat("beat at 0"), wake(32_000)]],
    ["gives back a session that waits", [held, drain, { _tag: "ToolsEnded", reason: "drained" }], [
      end("drained", "release")
    ]],
    ["stops the item of one that rests", [held, rests, drain, { _tag: "ToolsEnded", reason: "drained" }], [
      end("drained", "stop")
    ]],
    ["interrupts tools that do not end in time", [held, drain, alarm(32_000)], [end("drained", "release")]],
    ["is told once", [held, drain, { _tag: "Drain", now: 9000 }], [wake(20_000)]]
  ]

describe("a work item", () => {
  for (const [name, signals, expected] of table) {
    it(name, () => assert.deepStrictEqual(last(...signals), expected))
  }
})

describe("a poll", () => {
  const operation = "EnvironmentWork.poll"
  const fields = { operation, detail: "no" }
  const next = (error: ApiError.ApiError, failures = 0) => poll.next(failures, { _tag: "Error", error })

  it("that finds nothing is made again after a while", () =>
    assert.deepStrictEqual(poll.next(3, { _tag: "Work", work: null }), {
      _tag: "Wait",
      failures: 0,
      least: 1000,
      most: 3000
    }))

  it("that fails is made again later each time", () => {
    const error = new ApiError.ServerError({ ...fields, status: 503 })
    assert.deepStrictEqual(next(error), { _tag: "Wait", failures: 1, least: 500, most: 1000 })
    assert.deepStrictEqual(next(error, 3), { _tag: "Wait", failures: 4, least: 4000, most: 8000 })
    assert.deepStrictEqual(next(error, 30), { _tag: "Wait", failures: 31, least: 30_000, most: 60_000 })
  })

  it("that finds what cannot be read is made again", () => {
    const error = new ApiError.MalformedResponse({ operation, reason: "Schema", issues: [], excerpt: "{}" })
    assert.strictEqual(next(error)._tag, "Wait")
  })

  it("that a gateway answers is made again", () =>
    assert.strictEqual(next(new ApiError.NotFound({ ...fields, status: 404 }))._tag, "Wait"))

  it("waits as long as the service asks for", () => {
    const error = new ApiError.RateLimited({ ...fields, status: 429, retryAfter: Duration.seconds(90) })
    assert.deepStrictEqual(next(error), { _tag: "Wait", failures: 1, least: 90_000, most: 90_000 })
  })

  it("that is refused is not made again", () => {
    for (
      const error of [
        new ApiError.Unauthorized({ ...fields, status: 401 }),
        new ApiError.Forbidden({ ...fields, status: 403 }),
        new ApiError.NotFound({ ...fields, status: 404, type: "not_found_error" }),
        new ApiError.InvalidRequest({ ...fields, status: 400 })
      ]
    ) {
      const answer = next(error)
      assert.strictEqual(answer._tag === "Fail" ? answer.error : undefined, error)
    }
  })
})
