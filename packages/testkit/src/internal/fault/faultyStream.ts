import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { StreamFault } from "../../Fault.ts"
import { ConnectionReset } from "../http/message.ts"
import * as wire from "../http/wire.ts"

/** Applies a fault to frames, one after the other. */
class Faulty {
  /** True if nothing comes any more, heartbeats aside. */
  stalled = false
  /** True if the connection is over. */
  cut = false
  private events = 0
  /** Numbers of bytes until the connection is over, and until nothing comes any more. */
  private room: number
  private quiet: number
  private out: Array<Uint8Array> = []
  private readonly fault: StreamFault
  private readonly insertion: Uint8Array | undefined

  constructor(fault: StreamFault) {
    this.fault = fault
    this.room = fault.cut_after_bytes ?? Infinity
    this.quiet = fault.stall_after_bytes ?? Infinity
    this.insertion = fault.insert === undefined ? undefined : new TextEncoder().encode(fault.insert.frame)
    if (this.room === 0) this.cut = true
    if (this.quiet === 0) this.stalled = true
    this.afterEvent()
  }

  push(frame: Uint8Array): void {
    if (wire.isHeartbeat(frame)) {
      if (!this.stalled || this.fault.heartbeats === true) this.write(frame)
      return
    }
    if (this.stalled) return
    this.events++
    this.write(frame)
    if (this.events === this.fault.repeat_event) this.write(frame)
    this.afterEvent()
  }

  /** Takes the bytes of the frames since the last time. */
  take(): ReadonlyArray<Uint8Array> {
    const { out } = this
    this.out = []
    return out
  }

  private afterEvent(): void {
    const { cut_after_events, insert, stall_after_events } = this.fault
    if (this.insertion !== undefined && this.events === insert?.after_events) this.write(this.insertion)
    if (this.events === cut_after_events) this.cut = true
    if (this.events === stall_after_events) this.stalled = true
  }

  private write(frame: Uint8Array): void {
    if (this.cut || this.quiet === 0) return
    const bytes = frame.subarray(0, Math.min(this.room, this.quiet))
    const size = this.fault.split_bytes ?? bytes.length
    for (let i = 0; i < bytes.length; i += size) this.out.push(bytes.subarray(i, i + size))
    this.room -= bytes.length
    this.quiet -= bytes.length
    if (this.room === 0) this.cut = true
    if (this.quiet === 0) this.stalled = true
  }
}

/** A stream of events, or of the bytes of a download, that meets a fault. `stalled` is how long one that stalls outlives its source. */
export const make = (
  source: Stream.Stream<Uint8Array, ConnectionReset>,
  fault: StreamFault,
  stalled: Effect.Effect<void>
): Stream.Stream<Uint8Array, ConnectionReset> =>
  Stream.fromPull(Effect.map(Stream.toPull(source), (pull) => {
    const faulty = new Faulty(fault)
    const next: typeof pull = Effect.suspend(() => {
      const out = faulty.take()
      if (out.length > 0) return Effect.succeed(Chunk.unsafeFromArray(out))
      if (faulty.cut) return Effect.fail(fault.clean === true ? Option.none() : Option.some(new ConnectionReset()))
      return Effect.matchEffect(pull, {
        onSuccess: (frames) => {
          for (const frame of frames) faulty.push(frame)
          return next
        },
        onFailure: (end) => faulty.stalled ? Effect.zipRight(stalled, Effect.fail(end)) : Effect.fail(end)
      })
    })
    return next
  }))
