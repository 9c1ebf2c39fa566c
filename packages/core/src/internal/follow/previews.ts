import type { StreamEvent } from "../../Event.ts"
import type { Preview, Update } from "../../Follow.ts"
import type { EventId } from "../../Ids.ts"
import type * as PreviewEvent from "../../PreviewEvent.ts"

/** More blocks than any message has. */
const maxBlocks = 10_000

/**
 * The number of abandoned previews that are remembered, so that what still comes of them is not taken for the
 * beginning.
 */
const maxAbandoned = 100

/**
 * The previews of one follower. They live on one connection: whatever is open when it is lost is abandoned, and is not
 * resumed if parts of it should come on the next.
 */
export class Previews {
  private readonly open = new Map<EventId, Preview>()
  private readonly abandoned = new Set<EventId>()
  private readonly isDelivered: (id: EventId) => boolean

  constructor(isDelivered: (id: EventId) => boolean) {
    this.isDelivered = isDelivered
  }

  /** An event has begun. */
  start({ event }: PreviewEvent.Start, out: Array<Update>): void {
    // of an event type that this version does not know there is nothing to show
    if (event.type !== "agent.message" && event.type !== "agent.thinking") return
    if (this.open.has(event.id) || this.isOver(event.id)) return
    this.show({ _tag: "Preview", id: event.id, type: event.type, phase: "opened", index: 0, blocks: [] }, out)
  }

  /** A part of an event. Its start may have been shed. */
  delta({ delta, event_id: id }: PreviewEvent.Delta, out: Array<Update>): void {
    if (delta.type !== "content_delta" || delta.content.type !== "text") return
    const index = delta.index ?? 0
    if (!Number.isInteger(index) || index < 0 || index > maxBlocks) return
    const before = this.open.get(id)
    if (before === undefined && this.isOver(id)) return
    const blocks = before === undefined ? [] : [...before.blocks]
    while (blocks.length <= index) blocks.push("")
    blocks[index] += delta.content.text
    this.show(
      { _tag: "Preview", id, type: before?.type ?? "agent.message", phase: "growing", index, blocks },
      out
    )
  }

  /** An event is there: its preview is final, and with a model request all that it had begun ends. */
  event(event: StreamEvent, out: Array<Update>): void {
    if (this.open.size === 0) return
    if (event.type === "span.model_request_end") this.abandon(out)
    else if ("id" in event) this.close(event.id as EventId, "final", out)
  }

  /** Nothing that is open will be continued. */
  abandon(out: Array<Update>): void {
    for (const id of this.open.keys()) {
      this.close(id, "abandoned", out)
      this.abandoned.add(id)
      if (this.abandoned.size > maxAbandoned) {
        for (const first of this.abandoned) {
          this.abandoned.delete(first)
          break
        }
      }
    }
  }

  private isOver(id: EventId): boolean {
    return this.abandoned.has(id) || this.isDelivered(id)
  }

  private show(preview: Preview, out: Array<Update>): void {
    this.open.set(preview.id, preview)
    out.push(preview)
  }

  private close(id: EventId, phase: "final" | "abandoned", out: Array<Update>): void {
    const preview = this.open.get(id)
    if (preview === undefined) return
    this.open.delete(id)
    out.push({ ...preview, phase, index: 0 })
  }
}
