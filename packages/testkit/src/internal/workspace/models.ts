import type * as Model from "@effect-managed-agents/core/Model"
import * as Either from "effect/Either"
import type { Ruling } from "../session/refusal.ts"
import * as refusal from "../session/refusal.ts"

type Info = typeof Model.Model.Encoded

const model = (
  id: string,
  line: "haiku" | "sonnet" | "opus" | "fable",
  dates: { readonly created?: string; readonly retires?: string } = {}
): Info => ({
  type: "model",
  id,
  display_name: `Claude ${displayName(id)}`,
  // figures of the service that no session of a simulator depends on
  capabilities: null,
  line,
  lifecycle: "active",
  allowed_fallback_models: null,
  max_input_tokens: null,
  max_tokens: null,
  created_at: dates.created ?? "1970-01-01T00:00:00Z",
  deprecated_at: null,
  retires_at: dates.retires ?? null
})

const displayName = (id: string): string => {
  const [, name = "", ...version] = id.replace(/-\d{8}$/, "").split("-")
  return `${name.charAt(0).toUpperCase()}${name.slice(1)} ${version.join(".")}`
}

/** The models of the reference, the newest first. Those whose release is not known have the epoch, as the service says it. */
const all: ReadonlyArray<Info> = [
  model("claude-fable-5-2", "fable", { created: "2026-11-09T00:00:00Z" }),
  model("claude-haiku-5-5", "haiku"),
  model("claude-sonnet-5-5", "sonnet"),
  model("claude-opus-5-5", "opus"),
  model("claude-fable-5-1", "fable"),
  model("claude-sonnet-5", "sonnet"),
  model("claude-fable-5", "fable"),
  model("claude-opus-5", "opus"),
  model("claude-opus-4-8", "opus"),
  model("claude-opus-4-7", "opus"),
  model("claude-opus-4-6", "opus"),
  model("claude-sonnet-4-6", "sonnet"),
  model("claude-opus-4-5-20251101", "opus", { created: "2025-11-01T00:00:00Z", retires: "2027-01-22T00:00:00Z" }),
  model("claude-haiku-4-5-20251001", "haiku", { created: "2025-10-01T00:00:00Z" }),
  model("claude-sonnet-4-5-20250929", "sonnet", { created: "2025-09-29T00:00:00Z", retires: "2026-11-30T00:00:00Z" })
]

/** A model by its id, or by an alias, which is the id without its date. */
export const find = (id: string): Ruling<Info> => {
  const found = all.find((one) => one.id === id) ?? all.find((one) => one.id.replace(/-\d{8}$/, "") === id)
  return found === undefined ? refusal.notFound(`model: ${id}`) : Either.right(found)
}

/** A page of the models, before or after one of them. */
export const page = (params: typeof Model.ListParams.Encoded): Ruling<typeof Model.ModelPage.Encoded> => {
  const { after_id, before_id, lifecycle, limit = 20 } = params
  if (limit > 1000) return refusal.invalid("limit: must be at most 1000")
  if (after_id !== undefined && before_id !== undefined) {
    return refusal.invalid("before_id: may not be given together with after_id")
  }
  const stages: ReadonlyArray<string> = lifecycle ?? ["active", "deprecated"]
  const shown = all.filter((one) => stages.includes(one.lifecycle))
  const at = shown.findIndex(({ id }) => id === (after_id ?? before_id))
  if (at === -1 && (after_id ?? before_id) !== undefined) {
    return refusal.invalid(`${after_id === undefined ? "before_id" : "after_id"}: no such model in this list`)
  }
  const start = before_id === undefined ? at + 1 : Math.max(0, at - limit)
  const end = before_id === undefined ? start + limit : at
  const data = shown.slice(start, end)
  return Either.right({
    data,
    first_id: data[0]?.id ?? null,
    last_id: data[data.length - 1]?.id ?? null,
    has_more: before_id === undefined ? end < shown.length : start > 0
  })
}
