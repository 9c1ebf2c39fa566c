// npm run bench -- --only inspector: how long a session of many events takes to open, how it scrolls, what it weighs.
import * as Fixtures from "@effect-managed-agents/testkit/Fixtures"
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as SimulatorServer from "@effect-managed-agents/testkit/SimulatorServer"
import * as Effect from "effect/Effect"
import type { CDPSession, Page } from "playwright-core"
import { chromium } from "playwright-core"

const events = 100_000
const limits = { "opened, ms": 2000, "longest frame, ms": 50, "heap, MB": 300 }

/** One round of an agent: six events, as the service would emit them. */
const round = (n: number): ReadonlyArray<{ readonly type: string; readonly [key: string]: unknown }> => {
  const id = (name: string) => `sevt_${name}_${n}`
  return [
    { type: "span.model_request_start", id: id("start") },
    {
      type: "agent.message",
      id: id("message"),
      content: [{ type: "text", text: `Step ${n}: I look into it further.` }]
    },
    { type: "agent.tool_use", id: id("tool"), name: "bash", input: { command: `grep -rn bee${n} .` } },
    {
      type: "span.model_request_end",
      id: id("end"),
      model_request_start_id: id("start"),
      is_error: false,
      model_usage: {
        input_tokens: 900,
        output_tokens: 80,
        cache_read_input_tokens: 12_000,
        cache_creation_input_tokens: 0
      }
    },
    {
      type: "agent.tool_result",
      id: id("result"),
      tool_use_id: id("tool"),
      content: [{ type: "text", text: `./notes/${n}.md:1:bees dance` }]
    },
    { type: "agent.thinking", id: id("thinking") }
  ]
}

const fill = Effect.gen(function*() {
  const simulator = yield* Simulator.Simulator
  for (let n = 0, sent = 0; sent < events; n++) {
    for (const event of round(n).slice(0, events - sent)) {
      yield* simulator.emit(Fixtures.sessionId, event, { persist: true })
      sent++
    }
  }
})

/** The time from the start of the page until all of the list is there. */
const open = async (page: Page, url: string): Promise<number> => {
  await page.goto(`${url}/_sim/ui/#/sessions/${Fixtures.sessionId}`)
  const all = events.toLocaleString("en")
  const handle = await page.waitForFunction(
    (text) =>
      Array.from(document.querySelectorAll("output")).some(({ textContent }) => textContent === `${text} of ${text}`) &&
        document.querySelector("[role=option]") !== null
        ? performance.now()
        : 0,
    all,
    { polling: "raf", timeout: 60_000 }
  )
  return handle.jsonValue()
}

/** The frames while the list is scrolled, by steps and by jumps. */
const scroll = (page: Page): Promise<ReadonlyArray<number>> =>
  page.evaluate(async () => {
    const list = document.querySelector("[role=listbox]")
    const frames: Array<number> = []
    let last = performance.now()
    for (let i = 0; i < 300 && list !== null; i++) {
      list.scrollTop = i < 200 ? i * 90 : (i - 200) * 27_000
      await new Promise(requestAnimationFrame)
      const now = performance.now()
      frames.push(now - last)
      last = now
    }
    return frames
  })

const metric = async (cdp: CDPSession, wanted: string): Promise<number> => {
  const { metrics } = await cdp.send("Performance.getMetrics")
  return metrics.find(({ name }) => name === wanted)?.value ?? NaN
}

const heap = async (cdp: CDPSession): Promise<number> => {
  await cdp.send("HeapProfiler.collectGarbage")
  return (await metric(cdp, "JSHeapUsedSize")) / 1e6
}

const measure = async (url: string) => {
  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox"]
  })
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    const cdp = await page.context().newCDPSession(page)
    await cdp.send("Performance.enable")
    // the browser is still busy with its own windows, which is nothing of the page
    await page.waitForTimeout(2000)
    const before = process.cpuUsage()
    const opened = await open(page, url)
    const { system, user } = process.cpuUsage(before)
    const used = await metric(cdp, "ProcessTime")
    const frames = (await scroll(page)).toSorted((a, b) => a - b)
    return {
      "opened, ms": opened,
      // what is above is longer on a machine that does something else as well
      "of which the page computes, ms": used * 1000,
      "and the simulator, ms": (system + user) / 1000,
      "longest frame, ms": frames.at(-1) ?? NaN,
      "frame of the 99th percentile, ms": frames[Math.floor(frames.length * 0.99)] ?? NaN,
      "heap, MB": await heap(cdp)
    }
  } finally {
    await browser.close()
  }
}

const main = Effect.gen(function*() {
  const { url } = yield* SimulatorServer.start()
  yield* fill
  const figures = yield* Effect.promise(() => measure(url))
  console.log(`A session of ${events.toLocaleString("en")} events:`)
  for (const [name, value] of Object.entries(figures)) {
    const limit = Object.hasOwn(limits, name) ? limits[name as keyof typeof limits] : undefined
    const verdict = limit === undefined ? "" : value <= limit ? `  (at most ${limit})` : `  (MORE THAN ${limit})`
    console.log(`  ${name.padEnd(34)} ${value.toFixed(1).padStart(8)}${verdict}`)
  }
}).pipe(Effect.scoped, Effect.provide(Simulator.layer({ fixtures: Fixtures.docs })))

void Effect.runPromise(main)
