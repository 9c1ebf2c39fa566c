import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Rules } from "../../Rules.ts"
import * as wire from "../http/wire.ts"
import type { LiveEvent } from "../session/eventLog.ts"
import * as ids from "../session/ids.ts"

/** One open stream of events: what was emitted since it opened, until it is read. */
export interface Subscription {
  /** Streams are numbered in the order in which they open. */
  readonly number: number
  /** Of the request that opened it: the source of its chances. */
  readonly key: ids.Key
  readonly rules: Rules
  /** The thread it follows, or null for the session. */
  readonly thread: string | null
  /** True if the history does not speak of it. */
  readonly isSpectator: boolean
  /** The types of events that it wants previews of. */
  readonly previewed: ReadonlySet<string>
  /** True if it may preview: not for a model request that was already under way when it opened. */
  previewing: boolean
  readonly buffer: Array<{ readonly type: string } | Uint8Array>
  ended: boolean
  /** There while the reader waits. */
  wake: (() => void) | undefined
  /** Called when there is nothing to read. It may append a heartbeat. */
  onWait: () => void
}

/** A tail without events. */
export const make = (
  options: Pick<Subscription, "isSpectator" | "key" | "number" | "previewed" | "previewing" | "rules" | "thread">
): Subscription => ({
  ...options,
  buffer: [],
  ended: false,
  wake: undefined,
  onWait: () => {}
})

const notify = (self: Subscription): void => {
  const { wake } = self
  self.wake = undefined
  wake?.()
}

/** The previews of an event, of which those that are shed lack the last ones, or all. */
const previews = (self: Subscription, event: LiveEvent): ReadonlyArray<wire.PreviewFrame> => {
  const all = wire.previews(event)
  const key = ids.child(self.key, event.id ?? "")
  return ids.fraction(key) < self.rules.previewLoss
    ? all.slice(0, Math.floor(ids.fraction(ids.nth(key, 1)) * all.length))
    : all
}

/** Appends an event, after its previews if they are wanted. */
export const offer = (self: Subscription, event: LiveEvent): void => {
  if (self.ended) return
  if (event.type === "span.model_request_start") self.previewing = true
  if (self.previewing && self.previewed.has(event.type)) self.buffer.push(...previews(self, event))
  self.buffer.push(event)
  notify(self)
}

/** Appends a heartbeat, unless the reader has something to read anyway. */
export const beat = (self: Subscription): void => {
  if (self.ended || self.buffer.length > 0) return
  self.buffer.push(wire.heartbeat[self.rules.heartbeatForm])
  notify(self)
}

/** Ends the stream once what was emitted is read. */
export const end = (self: Subscription): void => {
  self.ended = true
  notify(self)
}

/** The stream, one chunk of bytes per frame. Frames are written when they are pulled. */
export const toStream = (self: Subscription): Stream.Stream<Uint8Array> => {
  const pull: Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<never>> = Effect.suspend(() => {
    if (self.buffer.length === 0 && !self.ended) self.onWait()
    if (self.buffer.length > 0) {
      const items = self.buffer.splice(0)
      return Effect.succeed(
        Chunk.unsafeFromArray(items.map((item) => ArrayBuffer.isView(item) ? item : wire.frame(item)))
      )
    }
    if (self.ended) return Effect.fail(Option.none())
    return Effect.zipRight(
      Effect.async<void>((resume) => {
        self.wake = () => resume(Effect.void)
        return Effect.sync(() => {
          self.wake = undefined
        })
      }),
      pull
    )
  })
  return Stream.repeatEffectChunkOption(pull)
}
