/**
 * Section 10.9 of FIDELITY.md: deployments, their schedules and their runs.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as Rules from "../../src/Rules.ts"
import type { Json } from "../utils/wire.ts"
import { call, layer, message, ok, refusal, types } from "../utils/wire.ts"

const base = { name: "Report", agent: "agent_1", environment_id: "env_1", initial_events: [message("Go")] }

const create = (more: object = {}) => ok("POST", "/v1/deployments", { ...base, ...more })

const cron = (expression: string, timezone = "UTC") => ({ schedule: { type: "cron", expression, timezone } })

const post = (id: string, action: string) => ok("POST", `/v1/deployments/${id}/${action}`)

const runsOf = (id: string) =>
  Effect.map(
    ok("GET", `/v1/deployment_runs?deployment_id=${id}&limit=100`),
    ({ data }): ReadonlyArray<Json> => [...data].reverse()
  )

const scheduledAt = (runs: ReadonlyArray<Json>): ReadonlyArray<string> =>
  runs.map((run) => run.trigger_context.scheduled_at)

const setTime = (text: string) => TestClock.setTime(Date.parse(text))

describe("deployments", () => {
  it.effect("10.9.1 pin the version of their agent, and show what they were given without tokens", () =>
    Effect.gen(function*() {
      const resources = [
        { type: "github_repository", url: "https://github.com/o/r", authorization_token: "ghp_secret" },
        { type: "memory_store", memory_store_id: "memstore_1", access: "read_only" }
      ]
      const deployment = yield* create({
        resources,
        budget: { type: "limit", max_list_cost: { amount: "100", currency: "USD" } },
        vault_ids: ["vlt_1"],
        metadata: { team: "a" }
      })
      assert.match(deployment.id, /^depl_\w+$/)
      assert.deepStrictEqual(deployment, {
        type: "deployment",
        id: deployment.id,
        name: "Report",
        description: null,
        agent: { type: "agent", id: "agent_1", version: 1 },
        environment_id: "env_1",
        initial_events: [message("Go")],
        resources: [{ type: "github_repository", url: "https://github.com/o/r" }, resources[1]],
        vault_ids: ["vlt_1"],
        budget: { type: "limit", max_list_cost: { amount: "100", currency: "USD" } },
        schedule: null,
        status: "active",
        paused_reason: null,
        metadata: { team: "a" },
        created_at: "1970-01-01T00:00:00Z",
        updated_at: "1970-01-01T00:00:00Z",
        archived_at: null
      })
      yield* ok("POST", "/v1/agents/agent_1", { name: "Next" })
      assert.deepStrictEqual(yield* ok("GET", `/v1/deployments/${deployment.id}`), deployment)
      assert.strictEqual(
        (yield* ok("POST", `/v1/deployments/${deployment.id}`, { agent: "agent_1" })).agent.version,
        2
      )
    }).pipe(Effect.provide(layer())))

  it.effect("10.9.2 are refused if no session could be created", () =>
    Effect.gen(function*() {
      const refusals: ReadonlyArray<readonly [object, RegExp]> = [
        [{ agent: "agent_nope" }, /^404 .*agent_nope not found/],
        [{ environment_id: "env_nope" }, /^404 .*env_nope not found/],
        [{ resources: [{ type: "memory_store", memory_store_id: "memstore_nope" }] }, /^404 .*memstore_nope/],
        [{ initial_events: [] }, /^400 .*initial_events/],
        [cron("0 9 * * *", "Mars/Base"), /^400 .*schedule.timezone: "Mars\/Base" is no IANA time zone/],
        [cron("0 0 9 * * *"), /^400 .*schedule.expression: "0 0 9 \* \* \*" is no cron expression/],
        [cron("@daily"), /^400 .*schedule.expression/],
        [cron("0 9 L * *"), /^400 .*schedule.expression/],
        [cron("0 9 ? * 1#2"), /^400 .*schedule.expression/],
        [cron("0 9 30 2 *"), /^400 .*schedule.expression: "0 9 30 2 \*" never comes/]
      ]
      for (const [more, pattern] of refusals) {
        assert.match(yield* refusal("POST", "/v1/deployments", { ...base, ...more }), pattern)
      }
      const { data } = yield* ok("GET", "/v1/deployments")
      assert.deepStrictEqual(data, [])
      assert.strictEqual(
        yield* refusal("GET", "/v1/deployments/depl_nope"),
        "404 not_found_error: Deployment depl_nope not found."
      )
    }).pipe(Effect.provide(layer())))

  it.effect("10.9.3 keep what an update leaves out, also if it is broken by now", () =>
    Effect.gen(function*() {
      const { id } = yield* create({
        description: "D",
        vault_ids: ["vlt_1"],
        metadata: { a: "1" },
        ...cron("0 9 * * *")
      })
      yield* ok("POST", "/v1/environments/env_1/archive")
      const next = yield* ok("POST", `/v1/deployments/${id}`, { name: "B", metadata: { a: null, b: "2" } })
      assert.deepStrictEqual(
        [next.name, next.description, next.vault_ids, next.metadata, next.schedule.expression],
        ["B", "D", ["vlt_1"], { b: "2" }, "0 9 * * *"]
      )
      const cleared = yield* ok("POST", `/v1/deployments/${id}`, { description: "", schedule: null })
      assert.deepStrictEqual([cleared.description, cleared.schedule], [null, null])
      assert.match(
        yield* refusal("POST", `/v1/deployments/${id}`, { vault_ids: null }),
        /^400 .*Environment env_1 is archived/
      )
    }).pipe(Effect.provide(layer())))

  it.effect("10.9.4 are listed by agent and status, the newest first, and archived ones if asked for", () =>
    Effect.gen(function*() {
      const a = yield* create({ name: "A" })
      yield* TestClock.adjust("1 minute")
      const b = yield* create({ name: "B", ...cron("0 9 * * *") })
      yield* TestClock.adjust("1 minute")
      const c = yield* create({ name: "C", ...cron("0 9 * * *") })
      yield* post(b.id, "pause")
      const archived = yield* post(c.id, "archive")
      assert.deepStrictEqual(
        [archived.status, archived.archived_at, archived.schedule.upcoming_runs_at],
        ["active", "1970-01-01T00:02:00Z", []]
      )
      const names = (query: string) =>
        Effect.map(ok("GET", `/v1/deployments?${query}`), ({ data }) => data.map((one: Json) => one.name))
      assert.deepStrictEqual(yield* names(""), ["B", "A"])
      assert.deepStrictEqual(yield* names("status=active"), ["A"])
      assert.deepStrictEqual(yield* names("status=paused"), ["B"])
      assert.deepStrictEqual(yield* names("include_archived=true"), ["C", "B", "A"])
      assert.deepStrictEqual(yield* names("agent_id=agent_2"), [])
      assert.deepStrictEqual(yield* names("created_at[lte]=1970-01-01T00:00:30Z"), ["A"])
      assert.match(yield* refusal("GET", "/v1/deployments?status=active&include_archived=true"), /^400/)
      assert.deepStrictEqual(a.schedule, null)
      for (const action of ["pause", "unpause", "run"]) {
        assert.match(
          yield* refusal("POST", `/v1/deployments/${c.id}/${action}`),
          /^400 .*Cannot \w+ archived deployment/
        )
      }
      assert.match(yield* refusal("POST", `/v1/deployments/${c.id}`, { name: "D" }), /^400 .*Cannot modify archived/)
    }).pipe(Effect.provide(layer())))
})

describe("runs", () => {
  it.effect("2.13.7, 10.9.5 create a session of the pinned agent, which begins with the events", () =>
    Effect.gen(function*() {
      const budget = { type: "limit", max_list_cost: { amount: "100", currency: "USD" } }
      const system = { type: "system.message", content: [{ type: "text", text: "Be brief." }] }
      const { id } = yield* create({ budget, initial_events: [message("Go"), system] })
      yield* ok("POST", "/v1/agents/agent_1", { name: "Next" })
      const run = yield* post(id, "run")
      assert.match(run.id, /^drun_\w+$/)
      assert.deepStrictEqual(run, {
        type: "deployment_run",
        id: run.id,
        deployment_id: id,
        agent: { type: "agent", id: "agent_1", version: 1 },
        session_id: run.session_id,
        error: null,
        trigger_context: { type: "manual" },
        created_at: "1970-01-01T00:00:00Z"
      })
      const session = yield* ok("GET", `/v1/sessions/${run.session_id}`)
      assert.deepStrictEqual(
        [session.deployment_id, session.agent.version, session.environment_id, session.budget],
        [id, 1, "env_1", budget]
      )
      const { data } = yield* ok("GET", `/v1/sessions/${run.session_id}/events`)
      assert.includeMembers([...types(data)], ["user.message", "system.message", "agent.message"])
      assert.deepStrictEqual(yield* ok("GET", `/v1/deployment_runs/${run.id}`), run)
      const listed = yield* ok("GET", `/v1/sessions?deployment_id=${id}`)
      assert.deepStrictEqual(listed.data.map((one: Json) => one.id), [run.session_id])
      yield* ok("DELETE", `/v1/sessions/${run.session_id}`)
      assert.deepStrictEqual(yield* ok("GET", `/v1/deployment_runs/${run.id}`), run)
      assert.match(yield* refusal("GET", "/v1/deployment_runs/drun_nope"), /^404/)
    }).pipe(Effect.provide(layer())))

  it.effect("10.9.6 begin at each time of the schedule, in its time zone, however far the clock jumps", () =>
    Effect.gen(function*() {
      yield* setTime("2026-03-26T00:00:00Z")
      // Lisbon changes its clocks on the 29th
      const { id, schedule } = yield* create(cron("0 9 * * 1-5", "Europe/Lisbon"))
      assert.deepStrictEqual(schedule, {
        type: "cron",
        expression: "0 9 * * 1-5",
        timezone: "Europe/Lisbon",
        last_run_at: null,
        upcoming_runs_at: ["26T09", "27T09", "30T08", "31T08"].map((at) => `2026-03-${at}:00:00Z`)
          .concat("2026-04-01T08:00:00Z")
      })
      yield* TestClock.adjust("8 hours")
      assert.deepStrictEqual(yield* runsOf(id), [])
      yield* TestClock.adjust("4 days")
      const runs = yield* runsOf(id)
      const times = ["2026-03-26T09:00:00Z", "2026-03-27T09:00:00Z", "2026-03-30T08:00:00Z"]
      assert.deepStrictEqual(scheduledAt(runs), times)
      assert.deepStrictEqual(runs.map((run) => run.created_at), times)
      const created: Array<string> = []
      for (const run of runs) created.push((yield* ok("GET", `/v1/sessions/${run.session_id}`)).created_at)
      assert.deepStrictEqual(created, times)
      const { schedule: later } = yield* ok("GET", `/v1/deployments/${id}`)
      assert.deepStrictEqual([later.last_run_at, later.upcoming_runs_at[0]], [times[2], "2026-03-31T08:00:00Z"])
      // runs by hand are no part of the schedule
      yield* post(id, "run")
      assert.strictEqual((yield* ok("GET", `/v1/deployments/${id}`)).schedule.last_run_at, times[2])
    }).pipe(Effect.provide(layer())))

  it.effect("10.9.7 take the clock on the wall at its word: not at all in a gap, twice where it is twice", () =>
    Effect.gen(function*() {
      yield* setTime("2026-03-07T12:00:00Z")
      const upcoming = (expression: string) =>
        create(cron(expression, "America/New_York")).pipe(
          Effect.tap(({ id }) => post(id, "archive")),
          Effect.map(({ schedule }) => schedule.upcoming_runs_at)
        )
      const gap = yield* upcoming("30 2 * * *")
      assert.deepStrictEqual(gap.slice(0, 2), ["2026-03-09T06:30:00Z", "2026-03-10T06:30:00Z"])
      yield* setTime("2026-11-01T04:30:00Z")
      assert.deepStrictEqual((yield* upcoming("30 1 * * *")).slice(0, 3), [
        "2026-11-01T05:30:00Z",
        "2026-11-01T06:30:00Z",
        "2026-11-02T06:30:00Z"
      ])
      assert.deepStrictEqual((yield* upcoming("0 * * * *")).slice(0, 4), [
        "2026-11-01T05:00:00Z",
        "2026-11-01T06:00:00Z",
        "2026-11-01T07:00:00Z",
        "2026-11-01T08:00:00Z"
      ])
      // a day of the month or of the week; 0 and 7 are Sunday
      yield* setTime("2026-11-02T00:00:00Z")
      const either = yield* ok("POST", "/v1/deployments", { ...base, ...cron("0 0 3 * 7") })
      assert.deepStrictEqual(either.schedule.upcoming_runs_at.slice(0, 2), [
        "2026-11-03T00:00:00Z",
        "2026-11-08T00:00:00Z"
      ])
      const sunday = yield* ok("POST", "/v1/deployments", { ...base, ...cron("0 0 * * 0") })
      assert.strictEqual(sunday.schedule.upcoming_runs_at[0], "2026-11-08T00:00:00Z")
    }).pipe(Effect.provide(layer())))

  it.effect("10.9.8 are a little late, each deployment by the same time, if a rule says so", () =>
    Effect.gen(function*() {
      const { id } = yield* create(cron("0 * * * *"))
      yield* TestClock.adjust("150 minutes")
      const runs = yield* runsOf(id)
      assert.deepStrictEqual(scheduledAt(runs), ["1970-01-01T01:00:00Z", "1970-01-01T02:00:00Z"])
      const late = runs.map((run) => Date.parse(run.created_at) - Date.parse(run.trigger_context.scheduled_at))
      assert.isAbove(late[0]!, 0)
      assert.isBelow(late[0]!, 600_000)
      assert.strictEqual(late[1], late[0])
    }).pipe(Effect.provide(layer({ rules: { maxScheduleJitter: Duration.minutes(10) } }))))

  it.effect("10.9.9 are none by schedule while it is paused, and what was missed is not made up for", () =>
    Effect.gen(function*() {
      const { id } = yield* create(cron("0 * * * *"))
      yield* TestClock.adjust("1 hour")
      const paused = yield* post(id, "pause")
      assert.deepStrictEqual([paused.status, paused.paused_reason], ["paused", { type: "manual" }])
      assert.strictEqual(paused.schedule.upcoming_runs_at.length, 5)
      assert.deepStrictEqual(yield* post(id, "pause"), paused)
      yield* TestClock.adjust("90 minutes")
      // by hand it runs
      assert.isString((yield* post(id, "run")).session_id)
      const active = yield* post(id, "unpause")
      assert.deepStrictEqual([active.status, active.paused_reason], ["active", null])
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(scheduledAt(yield* runsOf(id)), [
        "1970-01-01T01:00:00Z",
        undefined as never,
        "1970-01-01T03:00:00Z"
      ])
      yield* post(id, "archive")
      yield* TestClock.adjust("5 hours")
      assert.strictEqual((yield* runsOf(id)).length, 3)
    }).pipe(Effect.provide(layer())))

  it.effect("10.9.10 fail with the reason, which pauses the deployment if it failed by the schedule", () =>
    Effect.gen(function*() {
      const { id } = yield* create(cron("0 * * * *"))
      yield* ok("POST", "/v1/agents/agent_1/archive")
      const byHand = yield* post(id, "run")
      assert.deepStrictEqual([byHand.session_id, byHand.error], [null, {
        type: "agent_archived_error",
        message: "Agent agent_1 is archived."
      }])
      assert.strictEqual((yield* ok("GET", `/v1/deployments/${id}`)).status, "active")
      yield* TestClock.adjust("3 hours")
      const runs = yield* runsOf(id)
      assert.deepStrictEqual(runs.map((run) => [run.session_id, run.error.type]), [
        [null, "agent_archived_error"],
        [null, "agent_archived_error"]
      ])
      const { paused_reason, status } = yield* ok("GET", `/v1/deployments/${id}`)
      assert.deepStrictEqual([status, paused_reason], ["paused", {
        type: "error",
        error: { type: "agent_archived_error" }
      }])
    }).pipe(Effect.provide(layer())))

  it.effect("10.9.11 have a reason for each thing that is missing", () =>
    Effect.gen(function*() {
      const environment = () => Effect.map(ok("POST", "/v1/environments", { name: "E" }), ({ id }): string => id)
      const errorOf = (id: string) => Effect.map(post(id, "run"), ({ error }): string => error.type)
      const archived = yield* environment()
      const inArchived = yield* create({ environment_id: archived })
      yield* ok("POST", `/v1/environments/${archived}/archive`)
      assert.strictEqual(yield* errorOf(inArchived.id), "environment_archived_error")
      const deleted = yield* environment()
      const inDeleted = yield* create({ environment_id: deleted })
      yield* ok("DELETE", `/v1/environments/${deleted}`)
      assert.strictEqual(yield* errorOf(inDeleted.id), "environment_not_found_error")
      const servers = {
        tools: [{ type: "mcp_toolset", mcp_server_name: "crm" }],
        mcp_servers: [{ type: "url", name: "crm", url: "https://crm.example" }]
      }
      const { id: agent } = yield* ok("POST", "/v1/agents", { name: "A", model: "claude-opus-5-5", ...servers })
      const limited = yield* environment()
      const blocked = yield* create({ agent, environment_id: limited })
      yield* ok("POST", `/v1/environments/${limited}`, { config: { type: "cloud", networking: { type: "limited" } } })
      assert.strictEqual(yield* errorOf(blocked.id), "mcp_egress_blocked_error")
    }).pipe(Effect.provide(layer())))

  it.effect("10.9.12 count towards the rate limit by the schedule, and the next one may succeed", () =>
    Effect.gen(function*() {
      const { id } = yield* create(cron("0 * * * *"))
      yield* create({ name: "Other" })
      yield* TestClock.adjust("59 minutes")
      yield* TestClock.adjust("59999 millis")
      for (let i = 0; i < 50; i++) yield* call("POST", "/v1/deployments", {})
      yield* TestClock.adjust("2 hours")
      const [first, second] = yield* runsOf(id)
      assert.strictEqual(first.error.type, "session_rate_limited_error")
      assert.isString(second.session_id)
      assert.strictEqual((yield* ok("GET", `/v1/deployments/${id}`)).status, "active")
    }).pipe(Effect.provide(layer({ rules: { rateLimits: Rules.documentedRateLimits } }))))

  it.effect("10.9.13 are listed by deployment, trigger and error, the newest first", () =>
    Effect.gen(function*() {
      const { id } = yield* create(cron("0 * * * *"))
      yield* create({ name: "Other" })
      yield* TestClock.adjust("1 hour")
      yield* post(id, "run")
      yield* TestClock.adjust("1 hour")
      const list = (query: string) => Effect.map(ok("GET", `/v1/deployment_runs?${query}`), ({ data }): Json => data)
      const all = yield* list("")
      assert.deepStrictEqual(all.map((run: Json) => run.trigger_context.type), ["schedule", "manual", "schedule"])
      assert.strictEqual((yield* list("trigger_type=manual")).length, 1)
      assert.strictEqual((yield* list("has_error=false")).length, 3)
      assert.strictEqual((yield* list("has_error=true")).length, 0)
      assert.strictEqual((yield* list("created_at[gt]=1970-01-01T01:00:00Z")).length, 1)
      assert.deepStrictEqual(yield* list("deployment_id=depl_nope"), [])
      const page = yield* ok("GET", "/v1/deployment_runs?limit=2")
      const rest = yield* ok("GET", `/v1/deployment_runs?limit=2&page=${page.next_page}`)
      assert.deepStrictEqual([...page.data, ...rest.data], all)
    }).pipe(Effect.provide(layer())))
})
