/** The pure parts of the page: addresses, forms, files. */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import * as ahead from "../src/ahead.ts"
import { read } from "../src/model/file.ts"
import * as form from "../src/model/form.ts"
import { ofItem } from "../src/model/words.ts"
import * as route from "../src/route.ts"

const cassette = readFileSync(new URL("../../testkit/test/cassettes/tools.jsonl", import.meta.url), "utf8")

describe("addresses", () => {
  it("come back as they went", () => {
    const routes: ReadonlyArray<route.Route> = [
      { _tag: "Sessions" },
      { _tag: "Session", id: "sesn_1", event: undefined },
      { _tag: "Session", id: "a/b c", event: "sevt_#1" },
      { _tag: "Simulator", tab: "faults" },
      { _tag: "File", id: undefined, event: undefined },
      { _tag: "File", id: "sesn_1", event: "sevt_1" }
    ]
    for (const one of routes) assert.deepStrictEqual(route.parse(route.format(one)), one)
  })

  it("may be anything", () => {
    assert.deepStrictEqual(route.parse("#/%E0%A4%A"), { _tag: "Sessions" })
    assert.deepStrictEqual(route.parse(""), { _tag: "Sessions" })
  })
})

describe("forms", () => {
  const schema = {
    type: "object",
    properties: {
      to: { type: "string", description: "The reader" },
      copies: { type: "integer" },
      express: { type: "boolean" },
      format: { type: "string", enum: ["pdf", "html"] },
      tags: { type: "array" }
    },
    required: ["to"]
  }
  const input = { to: "ada", copies: 1, tags: ["a"], more: 7 }

  it("have a field for each property, and for what else the value has", () => {
    assert.deepStrictEqual(form.fields(schema, input).map(({ kind, name }) => [name, kind]), [
      ["to", "text"],
      ["copies", "number"],
      ["express", "boolean"],
      ["format", "choice"],
      ["tags", "json"],
      ["more", "number"]
    ])
    assert.deepStrictEqual(form.fields("no schema", null), [])
  })

  it("give back the value that they were filled with", () => {
    const fields = form.fields(schema, input)
    const texts = Object.fromEntries(
      fields.flatMap((field) =>
        field.name in input ? [[field.name, form.toText(field, input[field.name as keyof typeof input])]] : []
      )
    )
    assert.deepStrictEqual(form.toValue(fields, texts), input)
    assert.deepStrictEqual(form.toValue(fields, { to: "", copies: "x", express: "false" }), {
      to: "",
      copies: "x",
      express: false
    })
  })
})

describe("files", () => {
  it("are cassettes, whose sessions have their events once", () => {
    const opened = read("tools.jsonl", cassette)
    if (typeof opened === "string") return assert.fail(opened)
    const [session] = [...opened.sessions.values()]
    assert.strictEqual(session?.title, "Order #1234")
    const words = (session?.snapshot.recording.items ?? []).map(ofItem)
    // they are in streams and in lists, and some were queued before
    assert.deepStrictEqual(
      words.flatMap(({ text, title }) => title === "Message to the agent" ? [text] : []),
      ["Where is my order #1234?", "Thanks!"]
    )
    assert.isTrue(words.some(({ title }) => title.startsWith("Calls ")))
    assert.isAbove(opened.history.moments.length, 1)
  })

  it("are requests of a simulator, or its history", () => {
    const entry = {
      at: "2026-03-15T10:00:00Z",
      method: "GET",
      path: "/v1/sessions",
      query: {},
      headers: {},
      status: 200
    }
    const event = { type: "agent.message", id: "sevt_1", content: [], processed_at: "2026-03-15T10:00:00Z" }
    const emitted = { _tag: "Emitted", at: entry.at, sessionId: "sesn_1", threadId: null, event }
    const requests = read("requests.json", JSON.stringify([entry]))
    assert.deepInclude(requests, { name: "requests.json", sessions: new Map() })
    const history = read(
      "ledger.json",
      JSON.stringify({ moments: [emitted], laws: [{ name: "none open", offences: [] }] })
    )
    if (typeof history === "string") return assert.fail(history)
    assert.deepStrictEqual([...history.sessions.keys()], ["sesn_1"])
    assert.strictEqual(history.history.laws[0]?.name, "none open")
  })

  it("are refused with a reason otherwise", () => {
    assert.strictEqual(read("a.json", "{}"), "a.json is neither a cassette nor a ledger")
    assert.match(String(read("b.txt", "?")), /^b\.txt cannot be read: /)
    assert.match(String(read("c.jsonl", `{"cassette":1}\n{`)), /^c\.jsonl cannot be read: /)
  })
})

describe("a fetch that reads ahead", () => {
  const list = "http://127.0.0.1/v1/sessions/sesn_1/events?limit=1000"
  const addressOf = (n: number) => n === 0 ? list : `${list}&page=p${n}`
  /** The texts of a history of so many pages. A text in an event looks like the end of a page. */
  const pages = (count: number): ReadonlyArray<string> =>
    Array.from({ length: count }, (_, n) =>
      JSON.stringify({
        data: n % 3 === 2 ? [] : [{ id: `a${n}` }, { id: `b${n}`, text: "],\"next_page\":\"no\"}" }],
        next_page: n + 1 < count ? `p${n + 1}` : null
      }))
  /** A server of pages, with what it was asked. It answers when it is told to. */
  const serving = (
    texts: ReadonlyArray<string>,
    answer = (text: string): Promise<Response> | Response => new Response(text)
  ) => {
    const asked: Array<string> = []
    const fetch = ahead.make(async (input) => {
      asked.push(String(input))
      const page = new URL(String(input)).searchParams.get("page") ?? "p0"
      return answer(texts[Number(page.slice(1))] ?? "")
    })
    return { asked, fetch }
  }
  const readAll = async (fetch: typeof globalThis.fetch): Promise<ReadonlyArray<ReadonlyArray<string>>> => {
    const found: Array<ReadonlyArray<string>> = []
    for (let cursor: string | null = ""; cursor !== null;) {
      const response = await fetch(cursor === "" ? list : `${list}&page=${cursor}`)
      const page: { data: ReadonlyArray<{ id: string }>; next_page: string | null } = JSON.parse(await response.text())
      found.push(page.data.map(({ id }) => id))
      cursor = page.next_page
    }
    return found
  }

  it("asks for each page once, in order, and hands the first out at once and the others together", async () => {
    const { asked, fetch } = serving(pages(10))
    assert.deepStrictEqual(await readAll(fetch), [
      ["a0", "b0"],
      ["a1", "b1", "a3", "b3", "a4", "b4"],
      ["a6", "b6", "a7", "b7"],
      ["a9", "b9"]
    ])
    assert.deepStrictEqual(asked, Array.from({ length: 10 }, (_, n) => addressOf(n)))
  })

  it("asks for no more than it may hold, and goes on when there is room", async () => {
    const { asked, fetch } = serving(pages(30))
    await fetch(list)
    await new Promise((resolve) => setImmediate(resolve))
    assert.strictEqual(asked.length, 9)
    await fetch(addressOf(1))
    await new Promise((resolve) => setImmediate(resolve))
    assert.strictEqual(asked.length, 13)
  })

  it("leaves pages as they are that have more than events and a cursor", async () => {
    const { fetch } = serving(pages(4).map((text) => text.replace("],\"next_page\"", "],\"more\":[],\"next_page\"")))
    assert.strictEqual((await readAll(fetch)).length, 4)
  })

  it("joins no more than a reader has time for", async () => {
    const { fetch } = serving(pages(5).map((text) => text.replace("a1", `a1${"-".repeat(500_000)}`)))
    assert.deepStrictEqual((await readAll(fetch)).map(({ length }) => length), [2, 2, 4])
  })

  it("asks again when something went wrong, and gives what the server says", async () => {
    let count = 0
    const { asked, fetch } = serving(pages(4), (text) => {
      count++
      if (count === 3) throw new TypeError("cut")
      return count === 4 ? new Response("{}", { status: 529 }) : new Response(text)
    })
    await fetch(list)
    assert.strictEqual((await fetch(addressOf(1))).status, 200)
    const refused = await fetch(addressOf(2))
    assert.deepStrictEqual([refused.status, await refused.text()], [529, "{}"])
    const again = await fetch(addressOf(2))
    assert.deepInclude(JSON.parse(await again.text()), { data: [], next_page: "p3" })
    assert.deepStrictEqual(asked, [0, 1, 2, 2, 2, 3].map(addressOf))
  })

  it("joins no refusal to a page, and hands it out when it is asked for", async () => {
    let count = 0
    const { asked, fetch } = serving(
      pages(4),
      (text) => ++count === 3 ? new Response("{}", { status: 529 }) : new Response(text)
    )
    await fetch(list)
    assert.deepInclude(JSON.parse(await (await fetch(addressOf(1))).text()), { next_page: "p2" })
    assert.strictEqual((await fetch(addressOf(2))).status, 529)
    assert.deepStrictEqual(asked, [0, 1, 2].map(addressOf))
  })

  it("reads nothing else ahead", async () => {
    const { asked, fetch } = serving(pages(4))
    await fetch("http://127.0.0.1/v1/sessions?limit=1000")
    await fetch("http://127.0.0.1/v1/sessions/sesn_1/events?limit=100")
    await fetch(list, { method: "POST" })
    assert.strictEqual(asked.length, 3)
  })

  it("keeps histories apart that are read at once", async () => {
    const { asked, fetch } = serving(pages(4))
    const thread = "http://127.0.0.1/v1/sessions/sesn_1/threads/t/events?limit=1000"
    await fetch(list)
    await fetch(thread)
    await readAll(fetch)
    await fetch(`${thread}&page=p1`)
    assert.strictEqual(asked.filter((url) => url.startsWith(thread)).length, 4)
  })
})
