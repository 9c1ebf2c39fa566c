/** How much processor time an event costs, as ratios to the official SDK and to the floor. */
import { contenders, followers } from "./contenders.ts"
import { ask } from "./processes.ts"
import type { Contender } from "./readers.ts"
import { median, table } from "./report.ts"

/** Read before the measurement, so that it is not about starting up. */
const warmUp = 200_000

interface Measurement {
  readonly seen: number
  readonly wall: number
  readonly cpu: number
  readonly rss: number
}

const suites: { readonly [name: string]: ReadonlyArray<Contender> } = { contenders, followers }

/** One contender, alone in its process. */
export const measure = async (
  baseUrl: string,
  suite: string,
  index: number,
  events: number
): Promise<Measurement> => {
  const contender = suites[suite]?.[index]
  if (contender === undefined) throw new Error(`there is no contender ${index}`)
  const read = contender.connect(baseUrl)
  await read(warmUp)
  globalThis.gc?.()
  const cpuBefore = process.cpuUsage()
  const wallBefore = performance.now()
  const seen = await read(events)
  const wall = performance.now() - wallBefore
  const { system, user } = process.cpuUsage(cpuBefore)
  return { seen, wall, cpu: (user + system) / 1000, rss: process.resourceUsage().maxRSS / 1024 }
}

export interface Settings {
  readonly events: number
  /** How many rounds, unless the time is up before. */
  readonly rounds: number
  /** In seconds. */
  readonly time: number
}

/** Rounds in which every contender has its turn, each in a process of its own. */
const interleave = async (baseUrl: string, suite: "contenders" | "followers", { events, rounds, time }: Settings) => {
  const all = suites[suite] ?? []
  const results = all.map((): Array<Measurement> => [])
  const until = performance.now() + time * 1000
  let round = 0
  do {
    process.stderr.write(`round ${round + 1} `)
    // a different one begins every time, so that no one always runs on a cold or a busy machine
    for (let turn = 0; turn < all.length; turn++) {
      const index = (turn + round) % all.length
      const result = await ask<Measurement>("measure", baseUrl, suite, index, events)
      if (result.seen !== events) throw new Error(`${all[index]?.name} saw ${result.seen} events of ${events}`)
      results[index]?.push(result)
      process.stderr.write(".")
    }
    process.stderr.write("\n")
    round++
  } while (round < rounds && (round < 2 || performance.now() < until))
  console.log(
    `\n${events.toLocaleString("en")} events after ${
      warmUp.toLocaleString("en")
    } to warm up; medians of ${round} interleaved rounds; CPU is user and system time of the reading process.\n`
  )
  return results
}

/** The median over the rounds of the ratio within a round. */
const ratioOf =
  (results: ReadonlyArray<ReadonlyArray<Measurement>>) =>
  (index: number, yardstick: number, of: "cpu" | "wall" | "rss"): string =>
    median(results[index]!.map((result, i) => result[of] / results[yardstick]![i]![of])).toFixed(2)

/** What following costs, relative to the stream under the same consumer. */
export const runFollowers = async (baseUrl: string, settings: Settings): Promise<void> => {
  const ratio = ratioOf(await interleave(baseUrl, "followers", settings))
  console.log(table(
    ["contender", "consumer", "CPU / stream", "wall / stream", "RSS / stream"],
    followers.map(({ consumer, name }, index) => [
      name,
      consumer,
      // they come in pairs, the stream first
      ratio(index, index - index % 2, "cpu"),
      ratio(index, index - index % 2, "wall"),
      ratio(index, index - index % 2, "rss")
    ])
  ))
}

/** What an event costs. */
export const run = async (baseUrl: string, settings: Settings): Promise<void> => {
  const { events } = settings
  const results = await interleave(baseUrl, "contenders", settings)
  const ratio = ratioOf(results)
  console.log(table(
    ["contender", "consumer", "validates", "events per CPU s", "CPU / SDK", "wall / SDK", "CPU / floor", "RSS MB"],
    contenders.map(({ consumer, name }, index) => [
      name,
      consumer,
      index < 2 ? "no" : "yes",
      `${(events / median(results[index]!.map((result) => result.cpu))).toFixed(0)}k`,
      ratio(index, 0, "cpu"),
      ratio(index, 0, "wall"),
      ratio(index, 1, "cpu"),
      median(results[index]!.map((result) => result.rss)).toFixed(0)
    ])
  ))
}
