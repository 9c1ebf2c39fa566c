// The benchmark has no simulator around it.
// @effect-diagnostics globalFetch:off

/** A server that does nothing but write prepared frames as fast as they are taken. */
import { createServer } from "node:http"
import type { ServerResponse } from "node:http"
import * as events from "./events.ts"

/** How much is given to the socket at once: what a service that flushes a busy stream would write. */
const writeSize = 16_384

const pieces = (bytes: Uint8Array): ReadonlyArray<Uint8Array> => {
  const out: Array<Uint8Array> = []
  for (let at = 0; at < bytes.length; at += writeSize) out.push(bytes.subarray(at, at + writeSize))
  return out
}

const write = async (response: ServerResponse, count: number, onProgress: (written: number) => void) => {
  const block = pieces(events.block())
  let open = true
  let resume = () => {}
  response.on("drain", () => resume())
  response.on("close", () => {
    open = false
    resume()
  })
  for (let sent = 0; sent < count && open; sent += events.blockSize) {
    for (const piece of block) {
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
 * `/v1/sessions/{count}/events/stream` streams that many events; `/written` says how many of the last stream have been
 * handed to the socket. Resolves to the port.
 */
export const run = (): Promise<number> => {
  let written = 0
  const server = createServer((request, response) => {
    const count = /\/v1\/sessions\/(\d+)\/events\/stream/.exec(request.url ?? "")?.[1]
    if (count === undefined) {
      response.end(String(written))
      return
    }
    response.writeHead(200, { "content-type": "text/event-stream" })
    void write(response, Number(count), (n) => {
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
