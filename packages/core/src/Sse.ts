/**
 * Framing of server-sent events: bytes to frames, and a frame to text.
 *
 * What is in a frame's data is not this module's business; `Events.stream` gives decoded, typed events.
 *
 * @since 0.1.0
 */
import * as EventSourceParser from "eventsource-parser"

/**
 * One server-sent event as it is on the wire.
 * @category models
 */
export interface Frame {
  /** The frame's name (`event:`). Absent if the server gave none. */
  readonly event?: string | undefined
  /** The data lines (`data:`), joined by line feeds. */
  readonly data: string
  /** The frame's id (`id:`). */
  readonly id?: string | undefined
}

/**
 * Options of a parser.
 * @category options
 */
export interface ParserOptions {
  /** Called with every complete frame, in order, during `feed`. */
  readonly onFrame: (frame: Frame) => void
  /**
   * The number of UTF-16 units that one frame may have. A server that never ends a frame cannot fill the memory.
   *
   * @default no limit
   */
  readonly maxFrameSize?: number | undefined
  /** Called once when a frame exceeds `maxFrameSize`. Nothing is called any more after that. */
  readonly onOverflow?: (() => void) | undefined
}

/**
 * Finds the frames in a stream of bytes, however it is cut into chunks.
 *
 * Lines may end with LF, CR LF or CR; a byte order mark at the start, comments and `retry` are ignored; a last frame that
 * is not ended by a blank line is dropped.
 *
 * @category models
 */
export interface Parser {
  /** Takes the next bytes. They are not kept. */
  readonly feed: (bytes: Uint8Array) => void
}

/**
 * Makes a parser for one stream of bytes.
 * @category constructors
 */
export const makeParser = (options: ParserOptions): Parser => {
  const { maxFrameSize = Number.POSITIVE_INFINITY, onFrame, onOverflow } = options
  const decode = makeTextDecoder()
  let started = false
  let afterReturn = false
  let overflown = false
  const overflow = () => {
    if (overflown) return
    overflown = true
    onOverflow?.()
  }
  const parser = EventSourceParser.createParser({
    // What the parser carries over from one chunk to the next, where lines still have their field names. Hence the slack:
    // whether a frame fits must not depend on where it was cut.
    maxBufferSize: maxFrameSize + 16,
    onEvent: (frame) => {
      if (overflown) return
      if (frame.data.length > maxFrameSize) overflow()
      else onFrame(frame)
    },
    onError: (error) => {
      if (error.type === "max-buffer-size-exceeded") overflow()
    }
  })
  return {
    feed: (bytes) => {
      if (overflown) return
      let text = decode(bytes)
      if (text === "") return
      if (!started) {
        started = true
        // the parser looks for the three bytes of a byte order mark, not for the character
        if (text.charCodeAt(0) === byteOrderMark) text = text.slice(1)
      }
      // The parser holds back a CR at the end of a chunk, as a LF may follow. End the line now, so that the frame is not
      // late, and skip that LF when it comes.
      if (afterReturn && text.charCodeAt(0) === lineFeed) text = text.slice(1)
      afterReturn = bytes[bytes.length - 1] === carriageReturn
      parser.feed(afterReturn ? `${text}\n` : text)
    }
  }
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
const byteOrderMark = 0xfeff

/**
 * Decodes UTF-8 chunk by chunk. Decoding a whole buffer is several times faster than the streaming mode, but only while
 * the text is ASCII; and it needs every character whole. So the streaming mode takes over from a chunk that ends amid a
 * character, or that had other characters at all, until the next chunk of plain ASCII.
 */
const makeTextDecoder = (): (bytes: Uint8Array) => string => {
  // without `ignoreBOM` every chunk that happens to start with U+FEFF would lose it
  const whole = new TextDecoder("utf-8", { ignoreBOM: true })
  const streaming = new TextDecoder("utf-8", { ignoreBOM: true })
  let plain = true
  return (bytes) => {
    const last = bytes[bytes.length - 1]
    if (last === undefined) return ""
    const text = plain && last < 0x80 ? whole.decode(bytes) : streaming.decode(bytes, { stream: true })
    plain = last < 0x80 && text.length === bytes.length
    return text
  }
}

/**
 * The text of a frame, ready to be sent. The name and the id must not contain line breaks; the data may.
 * @category combinators
 */
export const encode = (frame: Frame): string => {
  let text = ""
  if (frame.event !== undefined) text += `event: ${frame.event}\n`
  if (frame.id !== undefined) text += `id: ${frame.id}\n`
  for (const line of frame.data.split(/\r\n|\r|\n/)) text += `data: ${line}\n`
  return `${text}\n`
}
