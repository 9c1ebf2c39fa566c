import * as Schema from "effect/Schema"
import * as Fault from "../../Fault.ts"
import { AgentDefinition } from "../session/agents.ts"

/** The body of `PUT /_sim/agents/{agent_id}`. The script has a decoder of its own, which says more when it is wrong. */
export const PutAgent = Schema.Struct({
  agent: Schema.optional(AgentDefinition),
  script: Schema.optional(Schema.Unknown.annotations({ jsonSchema: { $ref: "#/components/schemas/Script" } }))
})

/** The body of `PUT /_sim/environments/{environment_id}`. */
export const PutEnvironment = Schema.Struct({
  type: Schema.optionalWith(Schema.Literal("cloud", "self_hosted"), { exact: true })
})

/** The body of `POST /_sim/faults`. Faults have a decoder of their own, which says more when one is wrong. */
export const PostFaults = Schema.Struct({
  faults: Schema.Unknown.annotations({ jsonSchema: { type: "array", items: { $ref: "#/components/schemas/Fault" } } })
})

/** The answer of `POST /_sim/faults` and `DELETE /_sim/faults`: what is left. */
export const Faults = Schema.Struct({ faults: Schema.Array(Fault.Fault) })

const century = 100 * 365.25 * 24 * 60 * 60 * 1000

/** The body of `POST /_sim/clock/advance`. */
export const Advance = Schema.Struct({
  millis: Schema.Number.pipe(
    Schema.filter((millis) => (millis >= 0 && millis <= century) || `expected a number from 0 to ${century}`, {
      jsonSchema: { type: "number", minimum: 0, maximum: century }
    })
  )
})

/** The body of `POST /_sim/sessions/{session_id}/emit`. */
export const Emit = Schema.Struct({
  event: Schema.Struct({ type: Schema.NonEmptyString }, { key: Schema.String, value: Schema.Unknown }),
  persist: Schema.optionalWith(Schema.Boolean, { exact: true })
})

/** The answer of `GET /_sim/health` and `POST /_sim/reset`. */
export const Health = Schema.Struct({
  status: Schema.Literal("ok"),
  seed: Schema.Number,
  now: Schema.String,
  clock: Schema.Literal("real", "virtual")
}).annotations({ identifier: "Health" })

/** The answer of `POST /_sim/clock/advance` and `POST /_sim/clock/next`. */
export const Now = Schema.Struct({ now: Schema.String })

/** An environment as the simulator knows it. */
export const Environment = Schema.Struct({
  id: Schema.String,
  type: Schema.Literal("cloud", "self_hosted")
}).annotations({ identifier: "SimulatedEnvironment" })

/** The body of every error. */
export const ErrorBody = Schema.Struct({
  type: Schema.Literal("error"),
  error: Schema.Struct({
    type: Schema.String,
    message: Schema.String,
    details: Schema.optionalWith(Schema.Struct({ error_code: Schema.String }), { exact: true })
  }),
  request_id: Schema.String
}).annotations({ identifier: "Error" })
