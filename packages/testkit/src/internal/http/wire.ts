import * as Either from "effect/Either"
import type { LiveEvent } from "../session/eventLog.ts"
import * as refusal from "../session/refusal.ts"
import type { Refusal, Ruling } from "../session/refusal.ts"
import type { Response } from "./message.ts"

/** The body of every error. */
export interface ErrorBody {
  readonly type: "error"
  readonly error: {
    readonly type: string
    readonly message: string
    readonly details?: { readonly error_code: string; readonly [name: string]: unknown }
    /** Fields of single kinds of errors. */
    readonly [field: string]: unknown
  }
  readonly request_id: string
}

/** A refusal as a response. */
export const errorResponse = (wrong: Refusal, requestId: string): Response => {
  const body: ErrorBody = {
    type: "error",
    error: {
      type: wrong.type,
      message: wrong.message,
      ...(wrong.code !== undefined && { details: { error_code: wrong.code, ...wrong.details } }),
      ...wrong.fields
    },
    request_id: requestId
  }
  return {
    status: wrong.status,
    headers: { "content-type": "application/json", "request-id": requestId, ...wrong.headers },
    body: { _tag: "Json", value: body }
  }
}

const encoder = new TextEncoder()

/** An event as a frame of a stream: always named, because clients skip frames without a name. */
export const frame = (event: { readonly type: string }): Uint8Array =>
  encoder.encode(`event: ${event.type.replace(/[\r\n]/g, " ")}\ndata: ${JSON.stringify(event)}\n\n`)

/** The heartbeats of a stream: readers ignore either. */
export const heartbeat = {
  event: encoder.encode("event: ping\ndata: {\"type\":\"ping\"}\n\n"),
  comment: encoder.encode(": ping\n\n")
}

/** Tells whether a frame of a stream is a heartbeat and no event. */
export const isHeartbeat = (frame: Uint8Array): boolean => frame === heartbeat.event || frame === heartbeat.comment

/** A preview as streams carry it: it has neither an id nor a stamp of its own. */
export type PreviewFrame =
  | { readonly type: "event_start"; readonly event: { readonly type: string; readonly id: string } }
  | {
    readonly type: "event_delta"
    readonly event_id: string
    readonly delta: {
      readonly type: "content_delta"
      readonly index: number
      readonly content: { readonly type: "text"; readonly text: string }
    }
  }

// about five words: enough fragments to be worth folding, few enough to read
const fragments = (text: string): ReadonlyArray<string> =>
  text.match(/(?:\S*\s*){1,5}/gu)?.filter((s) => s !== "") ?? []

/** The previews of an event that precede it on connections that asked for them. */
export const previews = (event: LiveEvent): ReadonlyArray<PreviewFrame> => {
  const id = event.id ?? ""
  const start: PreviewFrame = { type: "event_start", event: { type: event.type, id } }
  if (event.type !== "agent.message") return [start]
  const content = "content" in event && Array.isArray(event.content) ? event.content : []
  const deltas = content.flatMap((block: unknown, index) =>
    typeof block === "object" && block !== null && "text" in block && typeof block.text === "string"
      ? fragments(block.text).map((text): PreviewFrame => ({
        type: "event_delta",
        event_id: id,
        delta: { type: "content_delta", index, content: { type: "text", text } }
      }))
      : []
  )
  return [start, ...deltas]
}

// ---------------------------------------------------------------------------------------------------------------------
// Pages
// ---------------------------------------------------------------------------------------------------------------------

/** Which way a list is sorted. */
export type Order = "asc" | "desc"

/** A place between two items of a list, from which a page begins. */
export interface Cursor {
  /** The list it belongs to. */
  readonly list: string
  readonly order: Order
  /** The side of the place on which the page lies, in the order of the list. */
  readonly direction: "next" | "prev"
  /** The key of the item at the edge of the page that gave the cursor. */
  readonly key: readonly [number, number]
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// the alphabet of URLs, for a text of ASCII alone: cursors hold nothing else
const toBase64Url = (text: string): string => {
  let out = ""
  for (let i = 0; i < text.length; i += 3) {
    const [a, b, c] = [text.charCodeAt(i), text.charCodeAt(i + 1), text.charCodeAt(i + 2)]
    const bits = (a << 16) | ((b || 0) << 8) | (c || 0)
    out += alphabet.charAt(bits >> 18) + alphabet.charAt((bits >> 12) & 63)
    if (!Number.isNaN(b)) out += alphabet.charAt((bits >> 6) & 63)
    if (!Number.isNaN(c)) out += alphabet.charAt(bits & 63)
  }
  return out
}

const fromBase64Url = (text: string): string => {
  let out = ""
  let bits = 0
  let size = 0
  for (const character of text) {
    bits = (bits << 6) | alphabet.indexOf(character)
    size += 6
    if (size >= 8) {
      size -= 8
      out += String.fromCharCode((bits >> size) & 255)
    }
  }
  return out
}

/** Writes a cursor. */
const encodeCursor = (cursor: Cursor): string =>
  `page_${toBase64Url([cursor.list, cursor.order, cursor.direction, ...cursor.key].join("|"))}`

const cursorText = /^([^|]*)\|(asc|desc)\|(next|prev)\|(-?\d+)\|(-?\d+)$/

/** Reads a cursor of a list. */
export const decodeCursor = (text: string, list: string, order: Order): Ruling<Cursor> => {
  const encoded = /^page_([\w-]+)$/.exec(text)?.[1]
  const match = encoded === undefined ? null : cursorText.exec(fromBase64Url(encoded))
  if (match === null || match[1] !== list) return refusal.invalid("invalid page cursor")
  if (match[2] !== order) return refusal.invalid("page token order does not match request")
  return Either.right({
    list,
    order,
    direction: match[3] === "prev" ? "prev" : "next",
    key: [Number(match[4]), Number(match[5])]
  })
}

const compare = (a: readonly [number, number], b: readonly [number, number]): number => a[0] - b[0] || a[1] - b[1]

/**
 * Cuts a page out of a list whose items are in ascending order of their keys.
 *
 * Going back gives the items right before the place, still in the order of the list, so that the previous page of the
 * second page is the first page.
 */
export const paginate = <A>(
  items: ReadonlyArray<A>,
  options: {
    readonly list: string
    readonly order: Order
    readonly limit: number
    readonly cursor: Cursor | undefined
    readonly key: (item: A) => readonly [number, number]
    readonly bidirectional: boolean
  }
): { readonly data: ReadonlyArray<A>; readonly next_page?: string; readonly prev_page?: string } => {
  const { cursor, key, limit, list, order } = options
  const ordered = order === "asc" ? items : [...items].reverse()
  const sign = order === "asc" ? 1 : -1
  let start = 0
  let end = Math.min(limit, ordered.length)
  if (cursor !== undefined) {
    const position = (item: A) => sign * compare(key(item), cursor.key)
    if (cursor.direction === "next") {
      start = firstIndex(ordered, (item) => position(item) > 0)
      end = Math.min(start + limit, ordered.length)
    } else {
      end = firstIndex(ordered, (item) => position(item) >= 0)
      start = Math.max(0, end - limit)
    }
  }
  const data = ordered.slice(start, end)
  const first = data[0]
  const last = data[data.length - 1]
  const page = (direction: "next" | "prev", item: A) => encodeCursor({ list, order, direction, key: key(item) })
  return {
    data,
    ...(end < ordered.length && last !== undefined && { next_page: page("next", last) }),
    ...(options.bidirectional && start > 0 && first !== undefined && { prev_page: page("prev", first) })
  }
}

/** The index of the first item for which a predicate that never turns false again holds. */
const firstIndex = <A>(items: ReadonlyArray<A>, holds: (item: A) => boolean): number => {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    const item = items[middle]
    if (item === undefined || holds(item)) high = middle
    else low = middle + 1
  }
  return low
}
