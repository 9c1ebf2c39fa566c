import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Mailbox from "effect/Mailbox"
import * as Stream from "effect/Stream"
import * as Api from "../../Api.ts"
import type { Service } from "../../ApiClient.ts"
import type { ApiError } from "../../ApiError.ts"
import type * as Cursor from "../../Cursor.ts"
import type { StreamEvent } from "../../Event.ts"
import * as Event from "../../Event.ts"
import * as Follow from "../../Follow.ts"
import type { SessionIdInput, ThreadId } from "../../Ids.ts"
import type { Timestamp } from "../../Timestamp.ts"
import { readAgain } from "../http/foreign.ts"
import { paginate } from "../http/paginate.ts"
import * as pull from "../stream/pull.ts"
import { follow } from "./follow.ts"
import * as identity from "./identity.ts"
import * as sources from "./sources.ts"

/** The number of interrupts that are remembered, so that one that is on two streams is delivered once. */
const maxInterrupts = 100

/** A child thread, and from where on it is followed. */
interface Child {
  readonly id: ThreadId
  readonly from: "start" | "now" | Cursor.Cursor
}

/** The thread that an event belongs to, where it says so. */
const threadOf = (event: StreamEvent): unknown =>
  "session_thread_id" in event && event.type !== "session.thread_created" ? event.session_thread_id : undefined

/** Tells an event that is behind a cursor, which is not that of the stream that it came from. */
const isBehind = (key: string, at: Timestamp | undefined, { before, read }: Cursor.Cursor): boolean => {
  const digest = identity.digestOf(key)
  return read.some(([known]) => known === key || known === digest) ||
    (at !== undefined && before !== undefined && !identity.isLater(at, before))
}

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
    const cursor = typeof from === "object" ? from : undefined
    const places = new Map(Object.entries(cursor?.threads ?? {}))

    const adopt = (id: ThreadId, from: "start" | "now"): void => {
      if (known.has(id)) return
      known.add(id)
      children.unsafeOffer({ id, from: places.get(id) ?? from })
    }
    const adoptAll = (from: "start" | "now") =>
      Stream.runForEach(
        paginate((page) => api.call(Api.threads.list, { path: { session_id: id }, query: page }, options)),
        (thread) => Effect.sync(() => thread.parent_thread_id !== null && adopt(thread.id, from))
      ).pipe(
        readAgain,
        Effect.retry({ schedule: options.reconnect ?? Follow.backoff, while: ({ isRetryable }) => isRetryable })
      )

    /** Tells an interrupt that was emitted already: as the session's or as a thread's, also before the cursor. */
    const isRepeated = (event: StreamEvent, threadId: ThreadId | null): boolean => {
      const at = Event.processedAtOf(event)
      const key = identity.keyOf(event, at)
      if (key === undefined) return false
      const others = threadId === null ? places.values() : cursor === undefined ? [] : [cursor]
      if (interrupts.has(key) || Array.from(others).some((other) => isBehind(key, at, other))) return true
      interrupts.add(key)
      if (interrupts.size > maxInterrupts) {
        for (const first of interrupts) {
          interrupts.delete(first)
          break
        }
      }
      return false
    }

    const tell = (threadId: ThreadId | null) => (updates: pull.Items<Follow.Update>): pull.Items<Follow.Threaded> => {
      const out: Array<Follow.Threaded> = []
      for (const update of updates) {
        if (update._tag === "Event") {
          const { event } = update
          if (event.type === "session.thread_created") adopt(event.session_thread_id, "start")
          if (event.type === "user.interrupt") {
            if (update.state === "processed" && isRepeated(event, threadId)) continue
            // what a child has posted to the session is on its own stream
          } else if (threadId === null && known.has(threadOf(event))) continue
        } else if (update._tag === "CaughtUp" && threadId === null) Deferred.unsafeDone(caughtUp, Effect.void)
        out.push({ threadId, update })
      }
      return pull.chunk(out)
    }

    const session = Stream.mapChunks(follow(sources.session(api, id, options), { ...options, from }), tell(null))
    // The history tells which children there are; after a cursor, only of those that are new. From now on, that are those
    // of before, and what is created until now.
    const parents = from === "start" ? session : Stream.merge(
      Stream.concat(Stream.execute(adoptAll(from === "now" ? "now" : "start")), session),
      from === "now" ? Stream.execute(Effect.zipRight(Deferred.await(caughtUp), adoptAll("start"))) : Stream.empty
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
