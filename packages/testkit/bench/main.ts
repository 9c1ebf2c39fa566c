/**
 * `npm run bench`: what an event costs, in processor time and in memory, beside the official SDK and beside the least that
 * one can do. Nothing is asserted: the machine may be busy, so only ratios within one run mean anything.
 *
 *     npm run bench -- --only speed --rounds 7 --events 500000
 *     npm run bench -- --only follow
 */
import { VERSION } from "@anthropic-ai/sdk/version"
import { StreamEvent } from "@effect-managed-agents/core/Event"
import * as Schema from "effect/Schema"
import { createRequire } from "node:module"
import { arch, cpus, loadavg, platform } from "node:os"
import { parseArgs } from "node:util"
import * as events from "./events.ts"
import * as memory from "./memory.ts"
import { answer, start, tell } from "./processes.ts"
import * as server from "./server.ts"
import * as sessions from "./sessions.ts"
import * as speed from "./speed.ts"

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
    only: { type: "string" },
    events: { type: "string", default: "500000" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "110" },
    "memory-events": { type: "string", default: "1000000" },
    sessions: { type: "string", default: "10000" }
  }
})

if (values.task) {
  const [task, baseUrl = "", index, count, more] = positionals
  switch (task) {
    case "serve":
      tell(await server.run())
      break
    case "measure":
      tell(await speed.measure(baseUrl, index ?? "", Number(count), Number(more)))
      process.exit()
      break
    case "remember":
      tell(await memory.measure(baseUrl, Number(index), Number(count)))
      process.exit()
      break
    case "sessions":
      tell(await sessions.measure(Number(count)))
      process.exit()
  }
} else {
  console.log(environment())
  const valid = Schema.is(StreamEvent)
  for (let n = 0; n < events.variety; n++) if (!valid(events.event(n))) throw new Error(`event ${n} is not valid`)
  console.log(`${events.variety} kinds of events in turn, ${events.frameSize.toFixed(0)} bytes a frame, over loopback`)
  const serving = start("serve")
  try {
    const baseUrl = `http://127.0.0.1:${await answer<number>(serving)}`
    const settings: speed.Settings = {
      events: Number(values.events),
      rounds: Number(values.rounds),
      time: Number(values.seconds)
    }
    if (values.only === undefined || values.only === "speed") await speed.run(baseUrl, settings)
    if (values.only === undefined || values.only === "follow") await speed.runFollowers(baseUrl, settings)
    if (values.only === undefined || values.only === "memory") {
      await memory.run(baseUrl, Number(values["memory-events"]))
    }
    if (values.only === undefined || values.only === "sessions") await sessions.run(Number(values.sessions))
  } finally {
    serving.kill()
  }
}
