/** A port in front of another one, which keeps every byte that goes through it. */
import * as Effect from "effect/Effect"
import * as Net from "node:net"

/** Listens in front of an address, such as `http://127.0.0.1:8787`. */
export const before = (url: string) =>
  Effect.gen(function*() {
    const target = Number(new URL(url).port)
    const asked: Array<Buffer> = []
    const answered: Array<Buffer> = []
    const sockets = new Set<Net.Socket>()
    const keep = (socket: Net.Socket) => {
      sockets.add(socket)
      socket.on("error", () => {}).on("close", () => sockets.delete(socket))
    }
    const server = yield* Effect.acquireRelease(
      Effect.async<Net.Server>((resume) => {
        const server: Net.Server = Net.createServer((client) => {
          const upstream = Net.connect(target, "127.0.0.1")
          keep(client)
          keep(upstream)
          client.on("data", (bytes) => asked.push(bytes)).on("close", () => upstream.destroy())
          upstream.on("data", (bytes) => answered.push(bytes)).on("close", () => client.destroy())
          client.pipe(upstream)
          upstream.pipe(client)
        }).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.sync(() => {
          server.close()
          for (const socket of sockets) socket.destroy()
        })
    )
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    return {
      url: `http://127.0.0.1:${port}`,
      /** What clients have sent, one character a byte. */
      asked: () => Buffer.concat(asked).toString("latin1"),
      /** What clients were sent, one character a byte. */
      answered: () => Buffer.concat(answered).toString("latin1")
    }
  })
