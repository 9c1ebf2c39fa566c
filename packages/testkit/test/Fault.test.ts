import * as Api from "@effect-managed-agents/core/Api"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Fault from "../src/Fault.ts"

const everything: Fault.Plan = [
  {
    match: { method: "POST", path: "/v1/sessions/*/events", skip: 1, times: 2 },
    do: { status: 529, headers: { "retry-after-ms": "10" }, body: { any: [1, null] }, landed: true }
  },
  { match: {}, do: { status: 200, body: null } },
  { do: { drop: "before" } },
  { do: { drop: "after" } },
  { do: { delay: 1500 } },
  {
    do: {
      stream: {
        cut_after_events: 3,
        cut_after_bytes: 0,
        clean: true,
        stall_after_events: 2,
        heartbeats: true,
        repeat_event: 1,
        split_bytes: 1,
        insert: { after_events: 0, frame: ": hello\r\n\r\n" }
      }
    }
  }
]

describe("faults in data form", () => {
  it.effect("are read as they are", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* Fault.decode(everything), everything)
      assert.deepStrictEqual(yield* Fault.decode([]), [])
      for (const fault of everything) assert.deepStrictEqual(Schema.decodeUnknownSync(Fault.Fault)(fault), fault)
    }))

  it.effect("that are malformed name the field", () =>
    Effect.gen(function*() {
      const cases: ReadonlyArray<readonly [unknown, RegExp]> = [
        [{}, /^Expected a list of faults, actual {}$/],
        [[5], /^\[0\]: Expected Fault, actual 5$/],
        [[{}], /^\[0\]\.do: is missing$/],
        [[{ do: { drop: "after" } }, { Do: {} }], /^\[1\]\.Do: is unexpected/],
        [[{ do: {} }], /^\[0\]\.do: expected an object with exactly one key of "status", "drop", "delay", "stream"/],
        [[{ do: { explode: true } }], /^\[0\]\.do: unknown key "explode", expected one of "status", "drop"/],
        [[{ do: { drop: "after", delay: 1 } }], /^\[0\]\.do: expected .*, not "drop", "delay"$/],
        [[{ do: { drop: "during" } }], /^\[0\]\.do\.drop: Expected "before" \| "after", actual "during"$/],
        [[{ do: { delay: "1s" } }], /^\[0\]\.do\.delay: Expected number, actual "1s"$/],
        [[{ do: { delay: -1 } }], /^\[0\]\.do\.delay: Expected milliseconds/],
        [[{ do: { status: 99 } }], /^\[0\]\.do\.status: Expected an HTTP status from 200 to 599$/],
        [[{ do: { status: 500, land: true } }], /^\[0\]\.do\.land: is unexpected/],
        [[{ do: { status: 500, headers: { a: 1 } } }], /^\[0\]\.do\.headers\.a: Expected string, actual 1$/],
        [[{ do: { status: 500, headers: { "a b": "" } } }], /^\[0\]\.do\.headers\.a b: Expected the name of a header$/],
        [[{ do: { status: 500, headers: { a: "\r\nb: c" } } }], /^\[0\]\.do\.headers\.a: Expected the value of/],
        [
          [{ do: { status: 500, headers: { "Content-Length": "7" } } }],
          /^\[0\]\.do\.headers\.Content-Length: This header is the transport's$/
        ],
        [[{ do: { status: 204, body: "x" } }], /^\[0\]\.do\.body: A response with status 204 has no body$/],
        [[{ do: { stream: {} } }], /^\[0\]\.do\.stream: Expected at least one thing that happens to the stream$/],
        [
          [{ do: { stream: { cut_after_events: 1.5 } } }],
          /^\[0\]\.do\.stream\.cut_after_events: Expected an integer of/
        ],
        [
          [{ do: { stream: { repeat_event: 0 } } }],
          /^\[0\]\.do\.stream\.repeat_event: Expected an integer of at least 1$/
        ],
        [
          [{ do: { stream: { split_bytes: 0 } } }],
          /^\[0\]\.do\.stream\.split_bytes: Expected an integer of at least 1$/
        ],
        [[{ do: { stream: { insert: { frame: "x" } } } }], /^\[0\]\.do\.stream\.insert\.after_events: is missing$/],
        [
          [{ do: { stream: { split_bytes: 1, clean: true } } }],
          /^\[0\]\.do\.stream\.clean: Expected cut_after_events or/
        ],
        [
          [{ do: { stream: { cut_after_events: 1, heartbeats: true } } }],
          /^\[0\]\.do\.stream\.heartbeats: Expected stall_after_events beside it$/
        ],
        [[{ match: { path: "sessions" }, do: { drop: "after" } }], /^\[0\]\.match\.path: Expected a glob that begins/],
        [[{ match: { skip: -1 }, do: { drop: "after" } }], /^\[0\]\.match\.skip: Expected an integer of at least 0$/],
        [[{ match: { times: 0 }, do: { drop: "after" } }], /^\[0\]\.match\.times: Expected an integer of at least 1$/],
        [[{ match: { url: "/" }, do: { drop: "after" } }], /^\[0\]\.match\.url: is unexpected/]
      ]
      for (const [input, pattern] of cases) {
        const error = yield* Effect.flip(Fault.decode(input))
        assert.match(error.message, pattern)
      }
      assert.deepInclude(yield* Effect.flip(Fault.decode([{ do: { status: "x" } }])), {
        _tag: "MalformedFault",
        path: "[0].do.status"
      })
    }))
})

describe("the constructors", () => {
  it("make the data form", () => {
    const match = Fault.on(Api.events.send, { skip: 1 })
    assert.deepStrictEqual(match, { method: "POST", path: "/v1/sessions/*/events", skip: 1 })
    assert.deepStrictEqual([
      Fault.status(529, { match, headers: { "retry-after-ms": "10" }, landed: true }),
      Fault.status(500),
      Fault.drop("after", { match }),
      Fault.delay("1.5 seconds"),
      Fault.cutAfterEvents(3, { match, clean: true }),
      Fault.cutAfterBytes(100),
      Fault.stallAfterEvents(2, { heartbeats: true }),
      Fault.repeatEvent(1),
      Fault.splitBytes(7),
      Fault.insert({ after_events: 1, frame: ":\n\n" }),
      Fault.stream({ repeat_event: 1, split_bytes: 1 }, { match })
    ], [
      { match, do: { status: 529, headers: { "retry-after-ms": "10" }, landed: true } },
      { do: { status: 500 } },
      { match, do: { drop: "after" } },
      { do: { delay: 1500 } },
      { match, do: { stream: { cut_after_events: 3, clean: true } } },
      { do: { stream: { cut_after_bytes: 100 } } },
      { do: { stream: { stall_after_events: 2, heartbeats: true } } },
      { do: { stream: { repeat_event: 1 } } },
      { do: { stream: { split_bytes: 7 } } },
      { do: { stream: { insert: { after_events: 1, frame: ":\n\n" } } } },
      { match, do: { stream: { repeat_event: 1, split_bytes: 1 } } }
    ])
  })
})
