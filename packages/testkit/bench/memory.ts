/** What a reader that is slower than the server costs in memory. */
import * as Events from "@effect-managed-agents/core/Events"
import { SessionId } from "@effect-managed-agents/core/Ids"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { transports } from "./contenders.ts"
import { frameSize } from "./events.ts"
import { ask } from "./processes.ts"
import { clientOf } from "./readers.ts"
import { table } from "./report.ts"
import { writtenBy } from "./server.ts"

/** Events that the reader allows itself per second; without that it could read several times as many. */
const rate = 80_000

interface Sample {
  readonly read: number
  readonly written: number
  readonly rss: number
  readonly heap: number
  /** The heap after a full collection, at the first sample and at the last. */
  readonly live?: number
}

/** Reads slowly, and looks at the memory every so often. */
export const measure = async (baseUrl: string, transport: number, count: number): Promise<ReadonlyArray<Sample>> => {
  const layer = transports[transport]?.[1]
  if (layer === undefined) throw new Error(`there is no transport ${transport}`)
  const samples: Array<Sample> = []
  let read = 0
  const sample = Effect.promise(async () => {
    const written = await writtenBy(baseUrl)
    const { heapUsed, rss } = process.memoryUsage()
    if (samples.length > 0 && read < count) {
      samples.push({ read, written, rss, heap: heapUsed })
    } else {
      globalThis.gc?.()
      samples.push({ read, written, rss, heap: heapUsed, live: process.memoryUsage().heapUsed })
    }
  })
  const step = count / 10
  const program = Effect.gen(function*() {
    const events = yield* Events.Events
    const start = yield* Clock.currentTimeMillis
    yield* Stream.runForEachChunk(events.stream(SessionId.make(String(count))), (chunk) =>
      Effect.gen(function*() {
        const before = read
        read += chunk.length
        if (Math.floor(read / step) > Math.floor(before / step)) yield* sample
        const now = yield* Clock.currentTimeMillis
        const ahead = read / rate * 1000 - (now - start)
        if (ahead > 5) yield* Effect.sleep(ahead)
      }))
  })
  await clientOf(baseUrl, layer).runPromise(program)
  return samples
}

export const run = async (baseUrl: string, count: number): Promise<void> => {
  for (const [index, [transport]] of transports.entries()) {
    const samples = await ask<ReadonlyArray<Sample>>("remember", baseUrl, index, count)
    const mb = (bytes: number) => (bytes / 2 ** 20).toFixed(0)
    console.log(
      `\n${count.toLocaleString("en")} events (${mb(count * frameSize)} MB) over ${transport}, read at ${
        rate.toLocaleString("en")
      } events a second\n`
    )
    console.log(table(
      ["events read", "server ahead by", "RSS MB", "heap MB"],
      samples.map(({ heap, read, rss, written }) => [
        read.toLocaleString("en"),
        `${Math.max(0, written - read).toLocaleString("en")} events, ${mb(Math.max(0, written - read) * frameSize)} MB`,
        mb(rss),
        mb(heap)
      ])
    ))
    const live = samples.flatMap((sample) => sample.live === undefined ? [] : [mb(sample.live)])
    console.log(`\nHeap after a full collection: ${live.join(" MB at the first of these, ")} MB at the last.`)
  }
}
