import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as json from "../http/json.ts"
import { isTelling, redacted } from "../ledger/redaction.ts"

/** A preview that has the next piece of a text. */
interface Delta {
  readonly event_id: string
  readonly delta: { readonly index?: unknown; readonly content: { readonly text: string } }
}

const isDelta = (value: unknown): value is Delta =>
  Predicate.hasProperty(value, "event_id") && Predicate.hasProperty(value, "delta") &&
  Predicate.hasProperty(value.delta, "content") && Predicate.hasProperty(value.delta.content, "text") &&
  typeof value.delta.content.text === "string"

/** Replaces the data of a frame. */
export const mapData = (frame: string, f: (data: string) => string): string =>
  frame.replace(/^(data: ?)(.*)$/gm, (_, field: string, data: string) => `${field}${f(data)}`)

/**
 * Redacts the texts that come in pieces, each as the whole that it is. Gives what is left of the piece of a frame, by the
 * place of the frame.
 */
export const redact = (
  frames: ReadonlyArray<string>,
  hide: (whole: string) => string
): ReadonlyMap<number, string> => {
  const texts = new Map<string, Array<{ readonly place: number; readonly text: string }>>()
  frames.forEach((frame, place) => {
    const data = Either.getOrUndefined(json.parse(/^data: ?(.*)$/m.exec(frame)?.[1] ?? ""))
    if (!isDelta(data)) return
    const name = JSON.stringify([data.event_id, data.delta.index ?? 0])
    const piece = { place, text: data.delta.content.text }
    const before = texts.get(name)
    if (before === undefined) texts.set(name, [piece])
    else before.push(piece)
  })
  return new Map([...texts.values()].flatMap((pieces) => {
    const whole = pieces.map(({ text }) => text)
    const left = cut(whole, hide(whole.join("")))
    return pieces.map(({ place }, index) => [place, left[index] ?? ""] as const)
  }))
}

/** Cuts what became of a text into as many pieces as it had: whatever changed is in the first piece that it was in. */
const cut = (pieces: ReadonlyArray<string>, left: string): ReadonlyArray<string> => {
  const whole = pieces.join("")
  const shorter = Math.min(whole.length, left.length)
  let same = 0
  while (same < shorter && whole[same] === left[same]) same++
  let sameEnd = 0
  while (sameEnd < shorter - same && whole.at(-1 - sameEnd) === left.at(-1 - sameEnd)) sameEnd++
  const changed = left.slice(same, left.length - sameEnd)
  let at = 0
  let isWritten = false
  return pieces.map((piece, index) => {
    const begin = at
    at += piece.length
    const isHere = !isWritten && (same < at || index === pieces.length - 1)
    isWritten ||= isHere
    return [
      piece.slice(0, Math.max(0, same - begin)),
      isHere ? changed : "",
      piece.slice(Math.max(0, whole.length - sameEnd - begin))
    ].join("")
  })
}

/** Puts a piece in the place of the one that a preview has. */
export const withText = (preview: unknown, text: string): unknown =>
  isDelta(preview)
    ? { ...preview, delta: { ...preview.delta, content: { ...preview.delta.content, text } } }
    : preview

/** Takes out a secret of which a text has only the end or the beginning: a connection may begin and break off anywhere. */
export const concealCut = (text: string, secrets: ReadonlyArray<string>): string => {
  let left = text
  for (const secret of secrets) {
    for (let length = secret.length - 1; isTelling(secret.slice(0, length)); length--) {
      if (left.startsWith(secret.slice(-length))) left = `${redacted}${left.slice(length)}`
      if (left.endsWith(secret.slice(0, length))) left = `${left.slice(0, -length)}${redacted}`
    }
  }
  return left
}
