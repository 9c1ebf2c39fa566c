import * as Cursor from "@effect-managed-agents/core/Cursor"
import * as Event from "@effect-managed-agents/core/Event"
import * as Follow from "@effect-managed-agents/core/Follow"
import { SessionId } from "@effect-managed-agents/core/Ids"
import * as Threads from "@effect-managed-agents/core/Threads"
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as connection from "./connection.ts"
import type { Failure } from "./failure.ts"
import { usage } from "./failure.ts"
import * as options from "./options.ts"
import { Stdio } from "./stdio.ts"
import type { Color } from "./words.ts"
import * as words from "./words.ts"

const flags = {
  session: Args.text({ name: "session" }).pipe(Args.withDescription("The session to follow.")),
  json: Options.boolean("json").pipe(Options.withDescription("Print a line of JSON for each event, for programs.")),
  fromStart: Options.boolean("from-start").pipe(
    Options.withDescription("Begin with the first event of the history, in place of now.")
  ),
  cursorFile: options.optional(options.notEmpty("cursor-file")).pipe(
    Options.withDescription("Go on where this file says, and keep the place in it.")
  ),
  baseUrl: connection.baseUrl
}

const CursorFile = Schema.parseJson(Cursor.Cursor)

/** The place that a file holds, if it is there. */
const readCursor = (path: string): Effect.Effect<Cursor.Cursor | undefined, Failure, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const isThere = yield* Effect.orElseSucceed(files.exists(path), () => false)
    if (!isThere) return undefined
    const text = yield* Effect.mapError(files.readFileString(path), ({ message }) => usage(`${path}: ${message}`))
    return yield* Effect.mapError(
      Schema.decode(CursorFile)(text),
      () => usage(`${path}: holds no place in a session; delete it to begin anew`)
    )
  })

/** Keeps a place so that a crash leaves the old one or the new one. */
const writeCursor = (path: string, cursor: Cursor.Cursor): Effect.Effect<void, Failure, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    yield* files.writeFileString(`${path}.part`, Schema.encodeSync(CursorFile)(cursor))
    yield* files.rename(`${path}.part`, path)
  }).pipe(Effect.uninterruptible, Effect.mapError(({ message }) => usage(`${path}: cannot be written (${message})`)))

/** An update as programs get it; `undefined` for those that are for people only. */
const toJson = ({ threadId, update }: Follow.Threaded): unknown => {
  switch (update._tag) {
    case "Event":
      return { type: "event", thread_id: threadId, state: update.state, event: update.event }
    case "Reconnecting":
      return { type: "reconnecting", thread_id: threadId, message: update.error.message, attempt: update.attempt }
    case "Gap":
      return { type: "gap", thread_id: threadId, reason: update.reason }
    case "CaughtUp":
      return { type: "caught_up", thread_id: threadId }
    case "Ended":
      return { type: "ended", thread_id: threadId, reason: update.reason }
    default:
      return undefined
  }
}

interface Lane {
  readonly color: Color
  agent: string
  isOver: boolean
  /** The reply that is being produced. */
  preview: string | undefined
}

const colors: ReadonlyArray<Color> = ["green", "magenta", "cyan", "yellow", "blue"]

const timeOf = (event: Event.Event): string => (Event.processedAtOf(event) ?? "").slice(11, 19).padEnd(8)

/** The lines of a timeline: a lane for each thread, an event in a line, replies that grow below. */
const timeline = (isColored: boolean) => {
  const paint = words.paint(isColored)
  const lanes = new Map<string | null, Lane>()

  const laneOf = (threadId: string | null): Lane => {
    const known = lanes.get(threadId)
    if (known !== undefined) return known
    const color = colors[lanes.size % colors.length] ?? "plain"
    const lane = { color, agent: threadId === null ? "session" : "thread", isOver: false, preview: undefined }
    lanes.set(threadId, lane)
    return lane
  }

  /** The lanes of one line, with a mark in one of them. */
  const rail = (marked: Lane, mark: string): string =>
    [...lanes.values()].map((lane) => paint(lane === marked ? mark : lane.isOver ? " " : "│", lane.color)).join(" ")

  const line = (lane: Lane, mark: string, time: string, name: string, text: string, color: Color, columns: number) => {
    const rest = color === "dim" ? "dim" : "plain"
    const room = Math.max(20, columns - 9 - lanes.size * 2 - 48)
    return `${
      [
        paint(time, "dim"),
        rail(lane, mark),
        paint(words.oneLine(lane.agent, 16).padEnd(16), lane.color),
        paint(name.padEnd(29), color),
        paint(words.oneLine(text, room), rest)
      ].join(" ").trimEnd()
    }\n`
  }

  /** Takes in an update, and gives the lines that it adds. */
  const add = ({ threadId, update }: Follow.Threaded, columns: number): string => {
    const lane = laneOf(threadId)
    const note = (text: string, color: Color) =>
      line(lane, "│", "        ", words.oneLine(text, Math.max(20, columns - lanes.size * 2 - 28)), "", color, columns)
    switch (update._tag) {
      case "Event": {
        const { event } = update
        if ("agent_name" in event && typeof event.agent_name === "string" && threadId !== null) {
          lane.agent = event.agent_name
        }
        const { color, text } = words.describe(event)
        const name = update.state === "queued" ? `${event.type} (queued)` : String(event.type)
        return line(lane, "●", timeOf(event), name, text, color, columns)
      }
      case "Preview":
        lane.preview = update.phase === "opened" || update.phase === "growing" ? update.blocks.join("") : undefined
        return ""
      case "Reconnecting":
        return note(`connection lost, trying again: ${update.error.message}`, "red")
      case "Gap":
        return note("something may be missing here", "red")
      case "Ended":
        lane.isOver = threadId !== null
        return note(`ended: ${update.reason}`, "blue")
      default:
        return ""
    }
  }

  /** The replies that are being produced, a line for each. */
  const growing = (columns: number): ReadonlyArray<string> =>
    [...lanes.values()].flatMap((lane) => {
      if (lane.preview === undefined) return []
      const text = words.harmless(lane.preview).replace(/\s+/g, " ")
      // the end of it is what is new
      const room = Math.max(10, columns - lanes.size * 2 - 30)
      const tail = text.length > room ? `…${text.slice(-room + 1)}` : text
      return [`         ${rail(lane, "○")} ${paint(words.oneLine(lane.agent, 16).padEnd(16), lane.color)} ${tail}`]
    })

  return { add, growing }
}

/** Prints lines above others that change in place. */
const liveArea = (write: (text: string) => Effect.Effect<void, never>) => {
  let height = 0
  return (text: string, live: ReadonlyArray<string>) =>
    Effect.suspend(() => {
      const back = height === 0 ? "" : `\u001b[${height}A\r\u001b[J`
      height = live.length
      const all = `${back}${text}${live.map((line) => `${line}\n`).join("")}`
      return all === "" ? Effect.void : write(all)
    })
}

/** `follow`: every event of a session and its threads, once, for as long as it goes on. */
export const command = Command.make("follow", flags, (given) =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    const { cursorFile, json, session } = given
    const stored = cursorFile === undefined ? undefined : yield* readCursor(cursorFile)
    const from = stored ?? (given.fromStart ? "start" as const : "now" as const)
    const isLive = stdio.isTerminal.stdout && !json
    const { add, growing } = timeline(isLive)
    const area = liveArea((text) => Effect.ignore(stdio.write(text)))
    const print = (updates: ReadonlyArray<Follow.Threaded>) =>
      Effect.gen(function*() {
        if (json) {
          const lines = updates.flatMap((update) => toJson(update) ?? []).map((line) => `${JSON.stringify(line)}\n`)
          return lines.length === 0 ? undefined : yield* stdio.write(lines.join(""))
        }
        const columns = stdio.isTerminal.stdout ? yield* stdio.columns : 200
        const text = updates.map((update) => add(update, columns)).join("")
        if (isLive) return yield* area(text, growing(columns))
        return text === "" ? undefined : yield* stdio.write(text)
      })
    yield* Effect.gen(function*() {
      const threads = yield* Threads.Threads
      const isOver = yield* Deferred.make<void>()
      yield* threads.followAll(SessionId.make(session), { from, previews: isLive ? ["agent.message"] : [] }).pipe(
        Follow.withThreadCursors(from),
        Stream.tap(({ threadId, update }) =>
          threadId === null && update._tag === "Ended" ? Deferred.succeed(isOver, undefined) : Effect.void
        ),
        // what threads have left to say they say at once; one that never ends must not be waited for
        Stream.interruptWhen(Effect.zipRight(Deferred.await(isOver), Effect.sleep("1 second"))),
        Stream.runForEachChunk((chunk) =>
          Effect.gen(function*() {
            const updates = Chunk.toReadonlyArray(chunk)
            yield* print(updates)
            const cursor = updates.at(-1)?.cursor
            if (cursorFile !== undefined && cursor !== undefined) yield* writeCursor(cursorFile, cursor)
          })
        )
      )
    }).pipe(Effect.provide(Layer.provide(Threads.layer, connection.layer(given.baseUrl))))
  })).pipe(
    Command.withDescription("Watch a session and its threads: every event once, whatever happens to the connection.")
  )
