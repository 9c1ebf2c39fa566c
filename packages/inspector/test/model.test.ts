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
  const base = "http://127.0.0.1/v1/sessions/sesn_1/events?limit=1000"
  const page = (next: string | null) => Response.json({ data: [{ text: "\"next_page\":\"no\"" }], next_page: next })

  it("asks for the next page before it is asked for it, once", async () => {
    const asked: Array<string> = []
    const fetch = ahead.make(async (input) => {
      asked.push(String(input))
      return page(asked.length < 3 ? `p${asked.length}` : null)
    })
    assert.deepInclude(await (await fetch(base)).json(), { next_page: "p1" })
    assert.deepStrictEqual(asked, [base, `${base}&page=p1`])
    assert.deepInclude(await (await fetch(`${base}&page=p1`)).json(), { next_page: "p2" })
    assert.deepInclude(await (await fetch(`${base}&page=p2`)).json(), { next_page: null })
    assert.deepStrictEqual(asked, [base, `${base}&page=p1`, `${base}&page=p2`])
  })

  it("asks again when that went wrong, and for nothing else", async () => {
    const asked: Array<string> = []
    const fetch = ahead.make(async (input) => {
      asked.push(String(input))
      if (asked.length === 2) throw new TypeError("cut")
      return page(asked.length === 1 ? "p1" : null)
    })
    await fetch(base)
    assert.strictEqual((await fetch(`${base}&page=p1`)).status, 200)
    await fetch("http://127.0.0.1/v1/sessions?limit=1000")
    await fetch("http://127.0.0.1/v1/sessions/sesn_1/events?limit=100")
    await fetch(base, { method: "POST" })
    assert.deepStrictEqual(asked.slice(0, 3), [base, `${base}&page=p1`, `${base}&page=p1`])
    assert.strictEqual(asked.length, 6)
  })
})
