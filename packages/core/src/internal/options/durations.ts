import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type { Issue } from "../../ApiError.ts"

/** Reads durations among options. What is none is an issue, and `otherwise` stands for it. */
export const durations = <Name extends string>(
  options: { readonly [N in Name]?: Duration.DurationInput | undefined },
  issues: Array<Issue>,
  otherwise: Duration.DurationInput
) =>
(name: Name, byDefault: Duration.DurationInput): Duration.Duration =>
  Option.getOrElse(Duration.decodeUnknown(options[name] ?? byDefault), () => {
    issues.push({ path: name, message: "expected a duration" })
    return Duration.decode(otherwise)
  })
