/**
 * Kills, freezes and replaces processes that share the turns of sessions, restarts their database, and judges what comes of
 * it. The seed decides what happens when.
 *
 *     pnpm chaos --engine lease --turns 300 --kills 60 --freezes 10 --restarts 3 --deploys 3
 */
import * as Effect from "effect/Effect"
import { mkdtempSync, rmSync } from "node:fs"
import { loadavg, tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { runLive } from "./live.ts"
import { run } from "./run.ts"
import type { Engine } from "./world.ts"

const { values } = parseArgs({
  options: {
    program: { type: "string", default: "" },
    probe: { type: "string", default: "" },
    engine: { type: "string", multiple: true },
    seed: { type: "string" },
    turns: { type: "string" },
    kills: { type: "string" },
    freezes: { type: "string" },
    restarts: { type: "string", default: "1" },
    deploys: { type: "string", default: "1" },
    runners: { type: "string", default: "3" },
    every: { type: "string" },
    "max-gap": { type: "string", default: "15000" },
    live: { type: "string" },
    /** Less of everything, for a gate: two minutes for both engines. */
    short: { type: "boolean", default: false },
    /** Shows the session that was without an owner for longest. */
    show: { type: "boolean", default: false },
    "longest-freeze": { type: "string", default: "12000" }
  }
})

/** A cluster needs longer to find out who has gone, so that less happens to it in the same time. */
const byDefault = values.short
  ? {
    lease: { every: 3500, kills: 8, freezes: 2, turns: 40 },
    cluster: { every: 8000, kills: 3, freezes: 1, turns: 40 }
  }
  : {
    lease: { every: 3500, kills: 12, freezes: 3, turns: 60 },
    cluster: { every: 8000, kills: 7, freezes: 2, turns: 60 }
  }

const isEngine = (name: string): name is Engine => name === "lease" || name === "cluster"

const engines = (values.engine ?? ["lease", "cluster"]).map((name) => {
  if (isEngine(name)) return name
  throw new Error(`no engine ${name}; there are lease, cluster`)
})
const seconds = (millis: number) => `${(millis / 1000).toFixed(1)} s`

/** The most memory that a process may have, in megabytes. */
const mostMemory = 1536

/** What the guide tells to start processes of very many turns with: without it V8 keeps four times as much as is in use. */
const bounds = ["--max-old-space-size=1024", "--max-semi-space-size=32"]

const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))

for (const engine of engines) {
  const logs = mkdtempSync(join(tmpdir(), "chaos-"))
  const start = performance.now()
  if (values.live !== undefined) {
    const { heaps, memory, offences, rss, rssThen, takeover, turns } = await Effect.runPromise(
      runLive({ engine, logs, program: [...bounds, values.program], live: Number(values.live) })
    )
    console.log(
      `${engine}, load ${loadavg()[0]?.toFixed(1)}: ${turns} turns under way in two processes of ${
        memory.join(" and ")
      } MB, ${heaps.join(" and ")} MB of them in use; `
        + `one was killed, and the other had all of them ${
          takeover.toFixed(1)
        } s later, with ${rssThen} MB, and ${rss} MB at most`
    )
    for (const { message } of offences.slice(0, 20)) console.log(`- ${message}`)
    if (offences.length > 0 || Math.max(rss, ...memory) > mostMemory) process.exitCode = 1
    continue
  }
  const options = {
    engine,
    seed,
    logs,
    program: [values.program],
    probe: values.probe,
    turns: Number(values.turns ?? byDefault[engine].turns),
    kills: Number(values.kills ?? byDefault[engine].kills),
    freezes: Number(values.freezes ?? byDefault[engine].freezes),
    restarts: Number(values.restarts),
    deploys: Number(values.deploys),
    slots: Number(values.runners),
    every: Number(values.every ?? byDefault[engine].every),
    maxGap: Number(values["max-gap"]),
    longestFreeze: Number(values["longest-freeze"])
  }
  const { gapIn, historyOf, incidents, isComplete, offences, ...figures } = await Effect.runPromise(run(options))
  const count = (what: string) => incidents.filter((incident) => incident.what === what).length
  const crashed = incidents.filter(({ detail, what }) => what === "exit" && detail !== undefined)
  console.log(
    `${engine}: seed ${seed}, ${((performance.now() - start) / 1000).toFixed(0)} s, load ${loadavg()[0]?.toFixed(1)}: `
      + `${figures.turns} turns, ${figures.payments} payments, ${count("kill")} kills, ${count("freeze")} freezes, `
      + `${count("end")} ends in order, ${count("start")} starts, ${figures.takeovers} take-overs, `
      + `${figures.unknown} results unknown, ${figures.failed} cut off from the bank, `
      + `at most ${seconds(figures.longestGap)} without an owner, ${
        seconds(figures.longestOwnGap)
      } of them not taken by others on the machine`
  )
  if (crashed.length > 0) {
    console.log(`ended by themselves: ${crashed.map(({ detail, name }) => `${name} (${detail})`).join(", ")}`)
  }
  if (values.show && gapIn !== undefined) console.log(historyOf(gapIn))
  if (offences.length === 0 && isComplete) {
    rmSync(logs, { recursive: true })
    continue
  }
  process.exitCode = 1
  console.log(
    `FAILED with seed ${seed}${isComplete ? "" : ": not all turns ended in time"}. What the runners said is in ${logs}`
  )
  for (const { message } of offences.slice(0, 20)) console.log(`- ${message}`)
  const [session] = offences.flatMap((offence) => offence.session ?? [])
  if (session !== undefined) console.log(`\nThe history of ${session}:\n${historyOf(session)}`)
}
// connections of a client of the cluster stay open
process.exit()
