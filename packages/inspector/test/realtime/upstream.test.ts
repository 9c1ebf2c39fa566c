/** The page on what is behind a proxy, in a browser. */
// programs and browsers live in real time
// @effect-diagnostics globalFetch:off
import * as Fixtures from "@effect-managed-agents/testkit/Fixtures"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import * as Http from "node:http"
import { join } from "node:path"
import type { Page } from "playwright-core"
import { chromium, required } from "../../../testkit/test/utils/chromium.ts"
import { browser, built, dev, folder, reports, scriptsFile, violations, watch } from "../browser.ts"
import * as Relay from "../relay.ts"

const key = "sk-ant-of-the-process-0123456789"

const agents = {
  agent_clerk: {
    agent: {
      name: "Clerk",
      tools: [
        {
          type: "agent_toolset_20260401",
          default_config: { enabled: true, permission_policy: { type: "always_ask" } }
        },
        {
          type: "custom",
          name: "look_up",
          description: "Looks up an order",
          input_schema: { type: "object", properties: { order: { type: "string" } }, required: ["order"] }
        }
      ]
    },
    script: {
      turns: [
        [
          { say: "I will write it down." },
          { tool: { name: "write", input: { path: "order.md" }, result: "saved" } },
          { custom_tool: { name: "look_up", input: { order: "1234" } } },
          { say: "The order is {{result}}." }
        ],
        [{ sleep: 3_600_000 }, { say: "An hour later" }]
      ],
      otherwise: [{ say: "You said: {{text}}" }]
    }
  }
}

/** More threads than a browser has connections to a server. */
const helpers = 8

/** A lead with helpers who think for longer than it takes to read what they have said before. */
const crowd = {
  agent_helper: {
    agent: { name: "Helper" },
    script: { turns: [[{ say: "I have read" }, { sleep: 12_000 }, { say: "I have thought" }, { sleep: 3_600_000 }]] }
  },
  agent_lead: {
    agent: { name: "Lead", multiagent: { type: "coordinator", agents: ["agent_helper"] } },
    script: {
      turns: [[
        ...Array.from({ length: helpers }, (_, n) => ({ delegate: { agent: "Helper", message: `Read page ${n}` } })),
        { say: "They read." }
      ]]
    }
  }
}

const headers = {
  "anthropic-version": "2023-06-01",
  "anthropic-beta": "managed-agents-2026-04-01",
  "content-type": "application/json"
}

const post = async (url: string, body: unknown, more: Readonly<Record<string, string>> = {}) => {
  const response = await fetch(url, { method: "POST", headers: { ...headers, ...more }, body: JSON.stringify(body) })
  const answer: unknown = await response.json()
  assert.strictEqual(response.status, 200, JSON.stringify(answer))
  return answer
}

const create = (url: string, title: string, more?: Readonly<Record<string, string>>, agent = "agent_clerk") =>
  post(`${url}/v1/sessions`, { agent, environment_id: Fixtures.environmentId, title }, more)

const idOf = (session: unknown): string => {
  assert.isTrue(typeof session === "object" && session !== null && "id" in session)
  return String(Object(session).id)
}

/** A program in any language: it asks, and hears the answer, and leaves it to somebody else to approve. */
const converse = async (url: string): Promise<string> => {
  const id = idOf(await create(url, "Order #1234"))
  const stream = await fetch(`${url}/v1/sessions/${id}/events/stream`, { headers })
  const message = { type: "user.message", content: [{ type: "text", text: "Where is my order?" }] }
  await post(`${url}/v1/sessions/${id}/events`, { events: [message] })
  let heard = ""
  for await (const bytes of stream.body ?? []) {
    heard += new TextDecoder().decode(bytes)
    if (heard.includes("\"end_turn\"")) break
  }
  // heartbeats come when they like
  return heard.split("\n\n").filter((frame) => frame.startsWith("event: ") && !frame.startsWith("event: ping")).join(
    "\n"
  )
}

/** The session waits, is answered from the page, and does what it is told. */
const answer = async (page: Page) => {
  await page.getByRole("row", { name: "Order #1234" }).getByText("you: 1 call").waitFor()
  await page.getByRole("link", { name: "Order #1234", exact: true }).click()
  await page.getByRole("option", { name: "I will write it down." }).waitFor()
  await page.getByRole("status").filter({ hasText: "live" }).waitFor()
  assert.deepStrictEqual(await violations(page), [], "a session")
  await page.screenshot({ path: join(reports, "inspector-upstream-session.png") })
  await page.getByRole("button", { name: "Allow write" }).click()
  await page.getByRole("option", { name: "Call allowed" }).waitFor()
  await page.getByRole("textbox", { name: "Result of the tool" }).fill("on its way")
  await page.getByRole("button", { name: "Send the result" }).click()
  await page.getByRole("option", { name: "The order is on its way." }).waitFor()
}

const command = async (page: Page) => {
  const message = page.getByRole("textbox", { name: "Message to the agent" })
  const send = page.getByRole("button", { name: "Send", exact: true })
  await message.fill("Wait for it")
  await send.click()
  await page.getByRole("button", { name: "Interrupt" }).click()
  await page.getByRole("option", { name: "Interrupt" }).waitFor()
  await message.fill("Thanks")
  await send.click()
  await page.getByRole("option", { name: "You said: Thanks" }).waitFor()
  await page.getByRole("radio", { name: "Outcome" }).check()
  await page.getByRole("textbox", { name: "Description of the outcome" }).fill("A letter")
  await page.getByRole("textbox", { name: "Rubric" }).fill("It is short")
  await send.click()
  await page.getByRole("option", { name: "Outcome defined" }).waitFor()
  await page.getByRole("button", { name: "Tokens and cost" }).click()
  await page.getByRole("img", { name: "Tokens and cost over the life" }).waitFor()
}

/** What only a simulator has is nowhere to be seen. */
const simulated = async (page: Page, url: string) => {
  await page.getByRole("link", { name: "Sessions" }).click()
  assert.strictEqual(await page.getByRole("link", { name: "Simulator" }).count(), 0)
  await page.goto(`${url}/_sim/ui/#/simulator/faults`)
  await page.getByText("The server behind this page is no simulator.").waitFor()
}

const list = async (page: Page, url: string, host: string, count: number) => {
  await page.goto(`${url}/_sim/ui`)
  await page.getByText("100 of 100").waitFor()
  await page.getByText(host, { exact: true }).waitFor()
  await page.getByRole("button", { name: "Older sessions" }).click()
  await page.getByText(`${count} of ${count}`).waitFor()
  assert.strictEqual(await page.getByRole("button", { name: "Older sessions" }).count(), 0)
  // what begins later comes by itself
  assert.strictEqual(await page.getByRole("link", { name: "Order #1234", exact: true }).count(), 0)
  assert.deepStrictEqual(await violations(page), [], "the sessions")
}

const open = Effect.gen(function*() {
  assert.isDefined(chromium, "the browser test is required, and there is no Chromium on this machine")
  yield* built
  const opened = yield* browser
  yield* Effect.promise(() => mkdir(reports, { recursive: true }))
  const page = yield* Effect.promise(() => opened.newPage({ viewport: { width: 1280, height: 800 } }))
  page.setDefaultTimeout(60_000)
  return page
})

/** A folder for the `PATH` in which the program that opens pages in a browser only writes down their addresses. */
const opener = (directory: string) =>
  Effect.promise(async () => {
    const script = `#!/bin/sh\necho "$1" > ${directory}/opened\n`
    for (const name of ["open", "xdg-open"]) await writeFile(join(directory, name), script, { mode: 0o755 })
    return directory
  })

/** Looks at a page, of which there is a picture if it is not as it should be. */
const looking = (page: Page, look: () => Promise<void>) =>
  Effect.promise(() =>
    look().catch(async (cause) => {
      await page.screenshot({ path: join(reports, "inspector-upstream-failure.png") })
      throw cause
    })
  )

const isSkipped = chromium === undefined && !required

describe("the page on an upstream", () => {
  it.scopedLive.skipIf(isSkipped)(
    "shows it and acts on it, without the key, and is in no recording",
    () =>
      Effect.gen(function*() {
        const page = yield* open
        const simulator = yield* dev(["--scripts", yield* scriptsFile(agents)])
        const upstream = yield* Relay.before(simulator.url)
        const directory = yield* folder
        const cassette = join(directory, "tape.jsonl")
        const proxy = yield* dev(["--open", "--record", cassette, "--upstream", upstream.url], {
          ANTHROPIC_API_KEY: key,
          PATH: `${yield* opener(directory)}:${process.env["PATH"]}`
        })
        const { answered, asked, url } = yield* Relay.before(proxy.url)
        const old = 101
        yield* Effect.forEach(
          Array.from({ length: old }, (_, n) => `Old ${n}`),
          (title) => Effect.promise(() => create(simulator.url, title, { "x-api-key": "any" })),
          { concurrency: 4 }
        )
        const wrong = watch(page, url)
        yield* looking(
          page,
          () => list(page, url, new URL(upstream.url).host, old + (Fixtures.docs.sessions ?? []).length)
        )
        const [heard] = yield* Effect.all([
          Effect.promise(() => converse(proxy.url)),
          looking(page, () => answer(page))
        ], { concurrency: 2 })
        yield* looking(page, async () => {
          await command(page)
          await simulated(page, url)
        })
        assert.deepStrictEqual(wrong, [])

        // all that the browser was sent, of which some is known to be there
        for (
          const sent of ["content-security-policy", "text/event-stream", "The order is on its way.", "Order #1234"]
        ) {
          assert.include(answered(), sent)
        }
        assert.notInclude(answered(), key)
        assert.notInclude(asked(), key)
        // the service was asked with it, and not as by a page
        assert.include(upstream.asked(), key)
        assert.include(asked().toLowerCase(), "\r\norigin: ")
        assert.notMatch(upstream.asked(), /\r\n(origin|referer|cookie|sec-fetch-site): /i)

        assert.strictEqual(yield* proxy.stop, 0)
        assert.match(proxy.said(), /^Recording on \S+, in front of \S+\nInspector at \S+\n$/)
        assert.include(proxy.said(), `Inspector at ${proxy.url}/_sim/ui/\n`)
        assert.strictEqual(
          yield* Effect.promise(() => readFile(join(directory, "opened"), "utf8")),
          `${proxy.url}/_sim/ui/\n`
        )
        const written = yield* Effect.promise(() => readFile(cassette, "utf8"))
        assert.include(written, "Where is my order?")
        assert.deepStrictEqual(
          [...written.matchAll(/"request":\{"method":"(\w+)","path":"([^"]*?)(?:\/sesn_\w+)?(\/[a-z/]+)?"/g)].map(
            ([, method, path, rest = ""]) => `${method} ${path}${rest}`
          ),
          ["POST /v1/sessions", "GET /v1/sessions/events/stream", "POST /v1/sessions/events"]
        )
        yield* simulator.stop
        const replay = yield* dev(["--replay", cassette])
        assert.strictEqual(yield* Effect.promise(() => converse(replay.url)), heard)
      })
  )

  it.scopedLive.skipIf(isSkipped)(
    "follows more threads than a browser has connections, and still acts",
    () =>
      Effect.gen(function*() {
        const page = yield* open
        const simulator = yield* dev(["--scripts", yield* scriptsFile(crowd)])
        const { url } = yield* dev(["--upstream", simulator.url], { ANTHROPIC_API_KEY: key })
        const wrong = watch(page, url)
        const id = idOf(yield* Effect.promise(() => create(url, "A crowd", {}, "agent_lead")))
        const search = page.getByRole("searchbox", { name: "Search events" })
        yield* looking(page, async () => {
          await page.goto(`${url}/_sim/ui/#/sessions/${id}`)
          await page.getByRole("status").filter({ hasText: "live" }).waitFor()
          await page.getByRole("textbox", { name: "Message to the agent" }).fill("Begin")
          await page.getByRole("button", { name: "Send", exact: true }).click()
          for (const said of ["I have read", "I have thought"]) {
            await search.fill(said)
            await page.getByText(new RegExp(`^${helpers} of `)).waitFor()
          }
          assert.strictEqual(await page.getByRole("button", { name: "Helper", exact: true }).count(), helpers)
          await page.getByRole("button", { name: "Interrupt" }).click()
          await search.fill("user.interrupt")
          await page.getByRole("option", { name: "Interrupt" }).first().waitFor()
          await search.fill("Connection lost")
          await page.getByText(/^0 of /).waitFor()
        })
        assert.deepStrictEqual(wrong, [])
      })
  )

  it.scopedLive.skipIf(isSkipped)(
    "says why it has nothing to show, and shows it when it can",
    () =>
      Effect.gen(function*() {
        const page = yield* open
        const keys = new Set<unknown>()
        const answers: Array<readonly [number, unknown]> = [
          [401, { type: "error", error: { type: "authentication_error", message: "invalid x-api-key" } }]
        ]
        const listen = (port: number) =>
          Effect.async<Http.Server>((resume) => {
            const server = Http.createServer((request, response) => {
              keys.add(request.headers["x-api-key"])
              const [status, body] = answers[0] ?? [200, { data: [], next_page: null }]
              response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
            })
            server.listen(port, "127.0.0.1", () => resume(Effect.succeed(server)))
          })
        const close = (server: Http.Server) =>
          Effect.promise(() => {
            server.closeAllConnections()
            return new Promise((resolve) => server.close(resolve))
          })
        const first = yield* listen(0)
        const address = first.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        const { said, url } = yield* dev(["--upstream", `http://127.0.0.1:${port}`], { ANTHROPIC_API_KEY: "" })
        const alert = page.getByRole("alert")
        yield* looking(page, async () => {
          // it waits until its server says what is behind it
          await page.route("**/_sim/health", (route) => route.abort(), { times: 2 })
          await page.goto(`${url}/_sim/ui/`)
          assert.include(said(), `Inspector at ${url}/_sim/ui/, without a credential: set ANTHROPIC_API_KEY\n`)
          await alert.getByText("401 authentication_error: invalid x-api-key").waitFor()
          assert.deepStrictEqual(await violations(page), [], "a refusal")
          await page.goto(`${url}/_sim/ui/#/sessions/sesn_1`)
          await alert.getByText("401 authentication_error: invalid x-api-key").waitFor()
          await page.goto(`${url}/_sim/ui/#/`)
        })
        yield* close(first)
        yield* looking(page, () =>
          alert.getByText(`http://127.0.0.1:${port} cannot be reached: connect ECONNREFUSED 127.0.0.1:${port}`)
            .waitFor())
        answers.length = 0
        yield* Effect.acquireRelease(listen(port), close)
        yield* looking(page, async () => {
          await page.getByText("There is no session yet.").waitFor()
          assert.strictEqual(await alert.count(), 0)
        })
        assert.deepStrictEqual([...keys], [undefined])
      })
  )
})
