/**
 * `npm run bench`: what an event costs, in processor time and in memory, and how many turns a test suite gets through,
 * beside the official SDK and beside the least that one can do. Nothing is asserted: the machine may be busy, so only ratios within one run mean anything.
 *
 *     npm run bench -- --only speed --rounds 3 --events 500000
 */
import { VERSION } from "@anthropic-ai/sdk/version"
import { StreamEvent } from "@effect-managed-agents/core/Event"
import * as Schema from "effect/Schema"
import { createRequire } from "node:module"
import { arch, cpus, loadavg, platform } from "node:os"
import { parseArgs } from "node:util"
import { launch } from "../test/chaos/launch.ts"
import * as cluster from "./cluster.ts"
import * as durable from "./durable.ts"
import * as events from "./events.ts"
import * as many from "./many.ts"
import * as memory from "./memory.ts"
import { answer, start, tell } from "./processes.ts"
import * as server from "./server.ts"
import * as sessions from "./sessions.ts"
import * as speed from "./speed.ts"
import * as tools from "./tools.ts"
import * as turns from "./turns.ts"

const environment = (): string => {
  const require = createRequire(import.meta.url)
  const version = (name: string) =>
    `${name} ${(require(`${name}/package.json`) as { readonly version: string }).version}`
  return [
    `Node ${process.versions.node}, V8 ${process.versions.v8}, ${platform()} ${arch()}, ${cpus().length} × ${
      cpus()[0]?.model ?? "unknown processor"
    }, load ${loadavg()[0]?.toFixed(1)}`,
    [version("effect"), version("@effect/platform"), version("@effect/platform-node"), `@anthropic-ai/sdk ${VERSION}`]
      .join(", ")
  ].join("\n")
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    task: { type: "boolean", default: false },
    only: { type: "string", multiple: true },
    events: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "7" },
    seconds: { type: "string", default: "300" },
    "memory-events": { type: "string", default: "1000000" },
    sessions: { type: "string", default: "10000" },
    many: { type: "string", default: "5000" },
    turns: { type: "string", default: "2000" },
    "cluster-turns": { type: "string", default: "300" },
    live: { type: "string", default: "1000" },
    "tool-turns": { type: "string", default: "200" },
    "durable-turns": { type: "string", default: "400" },
    "at-once": { type: "string", default: "50" },
    profiles: { type: "string" }
  }
})

/** What runs alone in a process, by its name. */
const tasks: { readonly [name: string]: (...args: ReadonlyArray<string>) => Promise<unknown> } = {
  serve: () => server.run(),
  measure: (baseUrl = "", name = "", count, warmUp) => speed.measure(baseUrl, name, Number(count), Number(warmUp)),
  remember: (baseUrl = "", index, count) => memory.measure(baseUrl, Number(index), Number(count)),
  sessions: (_baseUrl, _index, count) => sessions.measure(Number(count)),
  many: (_baseUrl, _index, count) => many.measure(Number(count)),
  // ends by a signal
  runner: (settings) => new Promise<never>(() => launch(settings)),
  durable: (settings = "{}") => durable.measure(settings),
  turn: (index, count) => turns.measure(Number(index), Number(count))
}

/** Runs a part of the benchmark beside a server of prepared frames. */
const served = (run: (baseUrl: string) => Promise<void>) => async () => {
  const valid = Schema.is(StreamEvent)
  for (let n = 0; n < events.variety; n++) if (!valid(events.event(n))) throw new Error(`event ${n} is not valid`)
  console.log(
    `\n${events.variety} kinds of events in turn, ${events.frameSize.toFixed(0)} bytes a frame, over loopback`
  )
  const serving = start("serve")
  try {
    await run(`http://127.0.0.1:${await answer<number>(serving)}`)
  } finally {
    serving.kill()
  }
}

const rounds = Number(values.rounds)

const settings: speed.Settings = { events: Number(values.events), rounds, time: Number(values.seconds) }

const parts: { readonly [name: string]: () => Promise<void> } = {
  tools: () => tools.run(Number(values["tool-turns"])),
  speed: served((baseUrl) => speed.run(baseUrl, settings)),
  follow: served((baseUrl) => speed.runFollowers(baseUrl, settings)),
  memory: served((baseUrl) => memory.run(baseUrl, Number(values["memory-events"]))),
  sessions: () => sessions.run(Number(values.sessions)),
  many: () => many.run(Number(values.many)),
  cluster: () => cluster.run(Number(values["cluster-turns"]), Number(values.live), 3),
  durable: () => durable.run(Number(values["durable-turns"]), Number(values["at-once"]), values.profiles),
  turns: () => turns.run(rounds, Number(values.turns))
}

if (values.task) {
  const [name = "", ...args] = positionals
  tell(await tasks[name]?.(...args))
  if (name !== "serve") process.exit()
} else {
  const asked = values.only ?? Object.keys(parts)
  for (const name of asked) {
    if (!(name in parts)) throw new Error(`no part ${name}; there are ${Object.keys(parts).join(", ")}`)
  }
  console.log(environment())
  for (const name of asked) await parts[name]?.()
}
