// The benchmark has no simulator around it.
// @effect-diagnostics globalFetch:off

/** A server that does nothing but write prepared frames as fast as they are taken. */
import { createServer } from "node:http"
import type { ServerResponse } from "node:http"
import * as Fixtures from "../src/Fixtures.ts"
import * as events from "./events.ts"

/** How much is given to the socket at once: what a service that flushes a busy stream would write. */
const writeSize = 16_384

const pieces = (bytes: Uint8Array): ReadonlyArray<Uint8Array> => {
  const out: Array<Uint8Array> = []
  for (let at = 0; at < bytes.length; at += writeSize) out.push(bytes.subarray(at, at + writeSize))
  return out
}

/** Blocks of which no two events have the same id or stamp, as a follower needs them. */
const makeUnique = (): () => Uint8Array => {
  const block = events.block(false)
  const text = new TextDecoder("latin1").decode(block)
  // the digits of the number in every id, and those of the microseconds in every stamp
  const ids = [...text.matchAll(/(?<="id":"sevt_01HqR2k7vXbZ9m)\d{8}/g)].map(({ index }) => index)
  const stamps = [...text.matchAll(/(?<="processed_at":")[^"]{27}/g)].map(({ index }) => index)
  let n = 0
  let at = Date.UTC(2026, 0, 1)
  return () => {
    const copy = block.slice()
    const put = (position: number, value: string) => {
      for (let i = 0; i < value.length; i++) copy[position + i] = value.charCodeAt(i)
    }
    for (const position of ids) put(position, String(n++).padStart(8, "0"))
    for (const position of stamps) put(position, `${new Date(at++).toISOString().slice(0, -1)}000Z`)
    return copy
  }
}

const write = async (
  response: ServerResponse,
  count: number,
  next: () => ReadonlyArray<Uint8Array>,
  onProgress: (written: number) => void
) => {
  let open = true
  let resume = () => {}
  response.on("drain", () => resume())
  response.on("close", () => {
    open = false
    resume()
  })
  for (let sent = 0; sent < count && open; sent += events.blockSize) {
    for (const piece of next()) {
      if (!response.write(piece) && open) {
        await new Promise<void>((resolve) => {
          resume = resolve
        })
      }
    }
    onProgress(sent + events.blockSize)
  }
  response.end()
}

/**
 * `/v1/sessions/{count}/events/stream` streams that many events; with `{count}-unique` no two of them are the same.
 * `/written` says how many of the last stream have been handed to the socket. Resolves to the port.
 */
export const run = (): Promise<number> => {
  let written = 0
  const server = createServer((request, response) => {
    const [, count, unique] = /\/v1\/sessions\/(\d+)(-unique)?\/events\/stream/.exec(request.url ?? "") ?? []
    if (count === undefined) {
      const [, list] = /\/v1\/sessions\/[^/]+(\/events)?/.exec(request.url ?? "") ?? [undefined, undefined]
      response.writeHead(200, { "content-type": "application/json" })
      // a session that has nothing in its list, and has ended when its stream has
      if (list !== undefined) response.end(JSON.stringify({ data: [] }))
      else if (request.url === "/written") response.end(String(written))
      else response.end(JSON.stringify({ ...Fixtures.session, status: "terminated" }))
      return
    }
    const block = pieces(events.block())
    const makeBlock = makeUnique()
    response.writeHead(200, { "content-type": "text/event-stream" })
    void write(response, Number(count), unique === undefined ? () => block : () => pieces(makeBlock()), (n) => {
      written = n
    })
  })
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      if (typeof address === "object" && address !== null) resolve(address.port)
    })
  })
}

/** How many events of its last stream a server has handed to the socket. */
export const writtenBy = async (baseUrl: string): Promise<number> => {
  const response = await fetch(`${baseUrl}/written`)
  return Number(await response.text())
}
