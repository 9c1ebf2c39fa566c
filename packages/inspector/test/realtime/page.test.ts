/** The page, built, served by the simulator, in a browser. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import type { Page } from "playwright-core"
import { chromium, required } from "../../../testkit/test/utils/chromium.ts"
import { browser, built, dev, reports, root, scriptsFile, violations, watch } from "../browser.ts"
import * as Team from "../team.ts"

/** The simulator as a command, with the team, in virtual time. */
const simulator = Effect.gen(function*() {
  const { url } = yield* dev(["--clock", "virtual", "--scripts", yield* scriptsFile(Team.agents)])
  return url
})

/** The picture at the top of the README is a screenshot of this test, taken when somebody asks for it. */
const picture = process.env["PICTURE"] === undefined ? undefined : join(root, "docs/inspector.png")

/** The views that together have every colour there is. */
const colourful = ["sessions", "session", "event", "faults", "ledger"]

/** Looks at a view, and if it has colours that others lack, in the dark as well. */
const show = async (page: Page, name: string) => {
  const schemes = colourful.includes(name) ? ["light", "dark"] as const : ["light"] as const
  for (const scheme of schemes) {
    await page.emulateMedia({ colorScheme: scheme })
    // in the dark there is nothing new but the colours
    const rules = scheme === "dark" ? ["color-contrast"] : undefined
    assert.deepStrictEqual(await violations(page, rules), [], `${name}, ${scheme}`)
    await page.screenshot({ path: join(reports, `inspector-${name}-${scheme}.png`) })
  }
}

const simulatorTab = async (page: Page, tab: string) => {
  await page.getByRole("link", { name: "Simulator" }).click()
  await page.getByRole("tab", { name: tab }).click()
}

const advance = async (page: Page, by: string) => {
  await simulatorTab(page, "Clock")
  await page.getByRole("button", { name: `Advance ${by}` }).click()
}

const openSession = async (page: Page) => {
  await page.getByRole("link", { name: "Sessions" }).click()
  await page.getByRole("link", { name: `Try ${Team.agent}` }).click()
}

/** Creates a session of the team from the panel of scripts. */
const begin = async (page: Page) => {
  await simulatorTab(page, "Scripts")
  await page.getByRole("combobox", { name: "Agent" }).fill(Team.agent)
  await page.getByRole("textbox", { name: "Message to try it with" }).fill("Write about bees")
  await show(page, "scripts")
  await page.getByRole("button", { name: "Try it" }).click()
  await page.getByRole("option", { name: "Write about bees" }).waitFor()
}

/** The team works, asks, and is answered. */
const converse = async (page: Page) => {
  // for the picture no longer than it takes the team
  for (let n = 0; picture !== undefined && n < 14; n++) await advance(page, "1 second")
  if (picture === undefined) await advance(page, "1 minute")
  await openSession(page)
  await page.getByRole("button", { name: "Allow write" }).waitFor()
  for (const lane of ["Editor", "Researcher", "Writer"]) {
    await page.getByRole("button", { name: lane, exact: true }).waitFor()
  }
  await show(page, "session")
  if (picture !== undefined) {
    await page.emulateMedia({ colorScheme: "light" })
    await page.getByRole("option", { name: "To Writer" }).click()
    await page.screenshot({ path: picture })
    await page.keyboard.press("Escape")
  }
  await page.getByRole("button", { name: "Allow write" }).click()
  await page.getByRole("option", { name: "Call allowed" }).waitFor()
  await advance(page, "1 minute")
  await openSession(page)
  // the fields are those of the tool's schema, with what the agent has asked for
  await page.getByRole("radio", { name: "Form" }).check()
  assert.strictEqual(await page.getByRole("textbox", { name: "to *" }).inputValue(), "ada@example.com")
  await page.getByRole("textbox", { name: "copies" }).fill("2")
  await show(page, "form")
  await page.getByRole("button", { name: "Send the result" }).click()
  await page.getByRole("option", { name: "Result of a custom tool" }).waitFor()
  await advance(page, "1 minute")
  await openSession(page)
  await page.getByRole("option", { name: "{\"to\":\"ada@example.com\",\"copies\":2}" }).last().waitFor()
}

/** A fault cuts the page's own stream, and the page goes on where it was. */
const reconnect = async (page: Page) => {
  await simulatorTab(page, "Faults")
  await page.getByRole("checkbox", { name: "Faults hit this page too" }).check()
  await page.getByRole("button", { name: "Place the fault" }).click()
  await page.getByRole("heading", { name: "To come" }).locator("+ ol").waitFor()
  await openSession(page)
  await page.getByRole("status").filter({ hasText: "live" }).waitFor()
  await page.getByRole("textbox", { name: "Message to the agent" }).fill("And wasps?")
  await page.getByRole("button", { name: "Send", exact: true }).click()
  await page.getByRole("option", { name: "Connection lost" }).waitFor()
  await page.getByRole("option", { name: "Connected again" }).waitFor()
  assert.strictEqual(await page.getByRole("option", { name: "And wasps?" }).count(), 1)
  await simulatorTab(page, "Faults")
  await page.getByRole("heading", { name: "Hits" }).locator("+ ol").waitFor()
  await show(page, "faults")
}

const hour = async (page: Page) => {
  const time = async () => Date.parse(await page.locator("[data-now]").textContent() ?? "")
  await simulatorTab(page, "Clock")
  const before = await time()
  await page.getByRole("button", { name: "Advance 1 hour" }).click()
  await page.waitForFunction(
    (until) => Date.parse(document.querySelector("[data-now]")?.textContent ?? "") >= until,
    before + 3_600_000
  )
  assert.strictEqual(await time(), before + 3_600_000)
}

/** An event is opened by the keyboard and by a click, and again by its address. */
const deepLink = async (page: Page) => {
  await openSession(page)
  await page.getByRole("option", { name: "You said: And wasps?" }).waitFor()
  await page.keyboard.press("g")
  await page.getByRole("complementary", { name: "Event" }).getByRole("heading", { name: "Session running" }).waitFor()
  await page.keyboard.press("j")
  await page.keyboard.press("/")
  await page.keyboard.type("ask my team")
  await page.getByRole("option", { name: "I will ask my team." }).click()
  const detail = page.getByRole("complementary", { name: "Event" })
  await detail.getByText("I will ask my team.").waitFor()
  await page.reload()
  await detail.getByText("I will ask my team.").waitFor()
  await detail.getByRole("tab", { name: "JSON" }).click()
  await detail.getByText("\"type\": \"agent.message\"").waitFor()
  await page.getByRole("button", { name: "Tokens and cost" }).click()
  await page.getByRole("img", { name: "Tokens and cost over the life" }).waitFor()
  await show(page, "event")
  await page.keyboard.press("Escape")
  await page.keyboard.press("?")
  await page.getByRole("dialog").waitFor()
  await show(page, "keys")
  await page.keyboard.press("Escape")
}

/** What the simulator has kept is looked at again without it. */
const dropped = async (page: Page) => {
  await simulatorTab(page, "Ledger")
  await page.getByText("✓ answered once").waitFor()
  await show(page, "ledger")
  const saved = page.waitForEvent("download")
  await page.getByRole("button", { name: "Save as a file" }).click()
  const file = await (await saved).path()
  await page.locator("input[type=file]").setInputFiles({
    name: "ledger.json",
    mimeType: "application/json",
    buffer: await readFile(file)
  })
  await page.getByText("✓ answered once").waitFor()
  await page.getByRole("main").getByRole("link").first().click()
  await page.getByRole("button", { name: "Researcher", exact: true }).waitFor()
  const cassette = await readFile(join(root, "packages/testkit/test/cassettes/tools.jsonl"))
  await page.locator("input[type=file]").setInputFiles({
    name: "tools.jsonl",
    mimeType: "text/plain",
    buffer: cassette
  })
  await page.getByRole("link", { name: "Order #1234" }).click()
  await page.getByRole("option", { name: "Calls" }).first().waitFor()
  await page.locator("input[type=file]").setInputFiles({
    name: "x.txt",
    mimeType: "text/plain",
    buffer: Buffer.from("?")
  })
  await page.getByRole("alert").getByText("x.txt cannot be read").waitFor()
}

const visit = async (page: Page, url: string, wrong: Array<string>) => {
  await page.goto(`${url}/_sim/ui`)
  await page.getByRole("link", { name: "Order #1234 inquiry" }).waitFor()
  await show(page, "sessions")
  await begin(page)
  await converse(page)
  assert.deepStrictEqual(wrong, [])
  await reconnect(page)
  // the browser itself says that the connection was cut
  assert.deepStrictEqual(wrong.filter((text) => !text.includes("net::ERR_INCOMPLETE_CHUNKED_ENCODING")), [])
  wrong.length = 0
  await hour(page)
  await deepLink(page)
  await dropped(page)
  assert.deepStrictEqual(wrong, [])
}

describe("the page", () => {
  it.scopedLive.skipIf(chromium === undefined && !required)(
    "chats, answers, meets a fault, moves time, and comes back to an event",
    () =>
      Effect.gen(function*() {
        assert.isDefined(chromium, "the browser test is required, and there is no Chromium on this machine")
        yield* built
        const [url, opened] = yield* Effect.all([simulator, browser], { concurrency: 2 })
        yield* Effect.promise(async () => {
          await mkdir(reports, { recursive: true })
          const page = await opened.newPage({ viewport: { width: 1280, height: 800 } })
          page.setDefaultTimeout(60_000)
          const wrong = watch(page, url)
          await visit(page, url, wrong).catch(async (cause) => {
            await page.screenshot({ path: join(reports, "inspector-failure.png") })
            throw cause
          })
        })
      })
  )
})
