/**
 * One reader of a stream, alone in its process, for comparing the lines of core: it is given the URL of a server of prepared
 * frames, the name of the reader, how many events to read, and how many before to warm up.
 */
import * as Events from "@effect-managed-agents/core/Events"
import { SessionId } from "@effect-managed-agents/core/Ids"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"
import type { Consume, Read } from "./readers.ts"
import { clientOf, consumersOf, official, weigh } from "./readers.ts"

const [baseUrl = "", name = "", count = "0", warmUp = "0"] = process.argv.slice(2)

const ours = (consume: Consume<{ readonly type: unknown }>): Read => {
  const client = clientOf(baseUrl, FetchHttpClient.layer)
  return (count) =>
    client.runPromise(
      Effect.flatMap(Events.Events, (events) => consume(events.stream(SessionId.make(String(count)))))
    )
}

const { fold, forEach } = consumersOf(weigh)

const readers: { readonly [name: string]: () => Read } = {
  official: () => official.connect(baseUrl),
  fold: () => ours(fold),
  forEach: () => ours(forEach)
}

const read = readers[name]?.()
if (read === undefined) throw new Error(`no reader ${name}; there are ${Object.keys(readers).join(", ")}`)
await read(Number(warmUp))
globalThis.gc?.()
const before = process.cpuUsage()
const seen = await read(Number(count))
const { system, user } = process.cpuUsage(before)
console.log(JSON.stringify({ seen, cpu: (user + system) / 1000 }))
process.exit()
