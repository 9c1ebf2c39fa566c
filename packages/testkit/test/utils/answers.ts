// What clients send about calls, and how they find them.
import { assert } from "@effect/vitest"
import type { Json } from "./wire.ts"

/** The id of the n-th event of a type. */
export const idOf = (events: ReadonlyArray<Json>, type: string, n = 0): string =>
  events.filter((event) => event.type === type)[n]?.id ?? assert.fail(`no ${type}`)

export const result = (id: string, text = "42") => ({
  type: "user.custom_tool_result",
  custom_tool_use_id: id,
  content: [{ type: "text", text }]
})

export const confirm = (id: string, more: object = { result: "allow" }) => ({
  type: "user.tool_confirmation",
  tool_use_id: id,
  ...more
})

export const interrupt = { type: "user.interrupt" }
