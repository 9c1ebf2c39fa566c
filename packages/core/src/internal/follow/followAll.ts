import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Mailbox from "effect/Mailbox"
import * as Stream from "effect/Stream"
import * as Api from "../../Api.ts"
import type { Service } from "../../ApiClient.ts"
import type { ApiError } from "../../ApiError.ts"
import type { StreamEvent } from "../../Event.ts"
import * as Event from "../../Event.ts"
import * as Follow from "../../Follow.ts"
import type { SessionIdInput, ThreadId } from "../../Ids.ts"
import { readAgain } from "../http/foreign.ts"
import { paginate } from "../http/paginate.ts"
import { follow } from "./follow.ts"
import * as identity from "./identity.ts"
import * as sources from "./sources.ts"

/** The number of interrupts that are remembered, so that one that is on two streams is delivered once. */
const maxInterrupts = 100

/** A child thread, and from where on it is followed. */
interface Child {
  readonly id: ThreadId
  readonly from: "start" | "now"
}

/** The thread that an event belongs to, where it says so. */
const threadOf = (event: StreamEvent): unknown =>
  "session_thread_id" in event && event.type !== "session.thread_created" ? event.session_thread_id : undefined

/** Follows a session and all its child threads as one stream. */
export const followAll = (
  api: Service,
  id: SessionIdInput,
  { concurrency = 100, from = "start", ...options }: Follow.AllOptions
): Stream.Stream<Follow.Threaded, ApiError> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const known = new Set<unknown>()
    const interrupts = new Set<string>()
    const children = yield* Mailbox.make<Child>()
    const caughtUp = yield* Deferred.make<void>()

    const adopt = (child: Child): void => {
      if (known.has(child.id)) return
      known.add(child.id)
      children.unsafeOffer(child)
    }
    const adoptAll = (from: Child["from"]) =>
      Stream.runForEach(
        paginate((page) => api.call(Api.threads.list, { path: { session_id: id }, query: page }, options)),
        (thread) => Effect.sync(() => thread.parent_thread_id !== null && adopt({ id: thread.id, from }))
      ).pipe(
        readAgain,
        Effect.retry({ schedule: options.reconnect ?? Follow.backoff, while: ({ isRetryable }) => isRetryable })
      )

    /** Tells an interrupt that was emitted already: as the session's or as a thread's. */
    const isRepeated = (event: StreamEvent): boolean => {
      const key = identity.keyOf(event, Event.processedAtOf(event))
      if (key === undefined) return false
      if (interrupts.has(key)) return true
      interrupts.add(key)
      if (interrupts.size > maxInterrupts) {
        for (const first of interrupts) {
          interrupts.delete(first)
          break
        }
      }
      return false
    }

    const tell = (threadId: ThreadId | null) => (updates: Chunk.Chunk<Follow.Update>): Chunk.Chunk<Follow.Threaded> => {
      const out: Array<Follow.Threaded> = []
      for (const update of updates) {
        if (update._tag === "Event") {
          const { event } = update
          if (event.type === "session.thread_created") adopt({ id: event.session_thread_id, from: "start" })
          if (event.type === "user.interrupt") {
            if (update.state === "processed" && isRepeated(event)) continue
            // what a child has posted to the session is on its own stream
          } else if (threadId === null && known.has(threadOf(event))) continue
        } else if (update._tag === "CaughtUp" && threadId === null) Deferred.unsafeDone(caughtUp, Effect.void)
        out.push({ threadId, update })
      }
      return Chunk.unsafeFromArray(out)
    }

    const session = Stream.mapChunks(follow(sources.session(api, id, options), { ...options, from }), tell(null))
    // The history tells which children there are. From now on, that are those of before, and what is created until now.
    const parents = from === "start" ? session : Stream.merge(
      Stream.concat(Stream.execute(adoptAll("now")), session),
      Stream.execute(Effect.zipRight(Deferred.await(caughtUp), adoptAll("start")))
    )
    return Stream.merge(
      Stream.ensuring(parents, children.end),
      Stream.flatMap(
        Mailbox.toStream(children),
        ({ from, id: threadId }) =>
          Stream.mapChunks(follow(sources.thread(api, id, threadId, options), { ...options, from }), tell(threadId)),
        { concurrency, bufferSize: 1 }
      )
    )
  }))
