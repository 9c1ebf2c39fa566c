import type * as TurnRecord from "@effect-managed-agents/core/TurnRecord"

/** A record without what differs between two runs of the same turn: ids, which are numbered as they come, and times. */
export const shapeOf = (record: TurnRecord.TurnRecord): unknown => {
  const ids: Array<string> = []
  return JSON.parse(JSON.stringify(record, (_, value: unknown) => {
    if (typeof value !== "string") return value
    if (/^\d{4}-\d\d-\d\dT.*Z$/.test(value)) return "a time"
    if (!/^(sesn|sevt|sthr)_\w+$/.test(value)) return value
    if (!ids.includes(value)) ids.push(value)
    return `${value.slice(0, 4)} ${ids.indexOf(value)}`
  }))
}
