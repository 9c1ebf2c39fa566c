import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as ApiError from "../src/ApiError.ts"
import * as UpstreamError from "../src/UpstreamError.ts"

const response = { operation: "Events.send", detail: "secret words", requestId: "req_1" }
const waiting = "Invalid user.message event at events[0]: waiting on responses to events [sevt_1, sevt_2]; only …"

/** Every error, the status to answer with, and what the body says. */
const errors: ReadonlyArray<readonly [ApiError.ApiError, status: number, body: object]> = [
  [
    new ApiError.InvalidParams({ operation: "Events.send", issues: [{ path: "events.0", message: "is empty" }] }),
    400,
    { _tag: "UpstreamInvalidRequest", issues: [{ path: "events.0", message: "is empty" }] }
  ],
  [new ApiError.InvalidRequest(response), 400, { _tag: "UpstreamInvalidRequest", message: "secret words" }],
  [new ApiError.InvalidRequest({ ...response, detail: waiting }), 409, {
    _tag: "UpstreamConflict",
    waitingFor: ["sevt_1", "sevt_2"]
  }],
  [new ApiError.Unauthorized(response), 502, { _tag: "UpstreamFailure" }],
  [new ApiError.PaymentRequired(response), 502, { _tag: "UpstreamFailure" }],
  [new ApiError.Forbidden(response), 502, { _tag: "UpstreamFailure" }],
  [new ApiError.NotFound({ ...response, type: "not_found_error" }), 404, { _tag: "UpstreamNotFound" }],
  [new ApiError.NotFound(response), 502, { _tag: "UpstreamFailure" }],
  [new ApiError.Conflict(response), 409, { _tag: "UpstreamConflict", waitingFor: [] }],
  [new ApiError.RequestTooLarge(response), 400, { _tag: "UpstreamInvalidRequest" }],
  [new ApiError.RateLimited({ ...response, retryAfter: Duration.millis(1500) }), 503, {
    _tag: "UpstreamUnavailable",
    retryAfter: 2
  }],
  [new ApiError.Overloaded(response), 503, { _tag: "UpstreamUnavailable" }],
  [new ApiError.ServerError(response), 502, { _tag: "UpstreamFailure" }],
  [new ApiError.UnexpectedStatus(response), 502, { _tag: "UpstreamFailure" }],
  [new ApiError.TransportError({ ...response, reason: "Refused" }), 503, { _tag: "UpstreamUnavailable" }],
  [new ApiError.MalformedResponse({ ...response, reason: "Schema", issues: [], excerpt: "secret words" }), 502, {
    _tag: "UpstreamFailure"
  }],
  [new ApiError.StreamInterrupted(response), 503, { _tag: "UpstreamUnavailable" }],
  [new ApiError.StreamStalled({ ...response, silence: Duration.seconds(45) }), 503, { _tag: "UpstreamUnavailable" }]
]

describe("an error of the service", () => {
  for (const [error, status, expected] of errors) {
    it.effect(`that is a ${error._tag} is answered with ${status}`, () =>
      Effect.gen(function*() {
        const answer = UpstreamError.toResponse(error)
        const web = HttpServerResponse.toWeb(answer)
        const body = yield* Effect.promise(() => web.json())
        assert.strictEqual(web.status, status)
        assert.deepInclude(body, expected)
        // it is what an `HttpApi` answers with, and what its client decodes
        const decoded = yield* Schema.decodeUnknown(UpstreamError.UpstreamError)(body)
        assert.strictEqual(HttpApiSchema.getStatusError(classes[decoded._tag]), status)
        if (status >= 500) assert.notInclude(JSON.stringify(body), "secret words")
        const retryAfter = web.headers.get("retry-after")
        assert.strictEqual(retryAfter, error._tag === "RateLimited" ? "2" : null)
      }))
  }

  it("of each kind has a row", () => {
    assert.deepStrictEqual(
      new Set(errors.map(([{ _tag }]) => String(_tag))),
      new Set(ApiError.ApiError.members.map((member) => member._tag))
    )
  })
})

const classes = {
  UpstreamInvalidRequest: UpstreamError.UpstreamInvalidRequest,
  UpstreamNotFound: UpstreamError.UpstreamNotFound,
  UpstreamConflict: UpstreamError.UpstreamConflict,
  UpstreamFailure: UpstreamError.UpstreamFailure,
  UpstreamUnavailable: UpstreamError.UpstreamUnavailable
}
