import type * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as FiberSet from "effect/FiberSet"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Buffer } from "node:buffer"
import * as Http from "node:http"
import type { Socket } from "node:net"
import type { Duplex } from "node:stream"
import * as exchange from "../http/exchange.ts"
import * as guard from "../http/guard.ts"
import type { ConnectionReset, Request, Response } from "../http/message.ts"
import * as http from "../http/message.ts"
import * as wire from "../http/wire.ts"
import * as ids from "../session/ids.ts"

/** The address cannot be listened on. */
export class ListenError extends Data.TaggedError("ListenError")<{
  readonly message: string
  readonly cause: unknown
}> {}

/** Address to listen on. Port 0 is any free one. */
export interface Options {
  readonly host: string
  readonly port: number
  /** The milliseconds that a request may take to arrive. */
  readonly requestTimeout?: number
}

/** Address of a server. */
export interface Address {
  readonly host: string
  readonly port: number
  /** Such as `http://127.0.0.1:8787`, without a slash at the end. */
  readonly url: string
}

/** An error of the port itself. */
type Fail = (status: number, type: string, message: string) => Response

const portKey = ids.root(0)

/**
 * Serves `handle` on a port until the scope closes. Then open event streams are ended, the connections are destroyed
 * and the port is free.
 */
export const listen = (
  handle: exchange.Handle,
  options: Options
): Effect.Effect<Address, ListenError, Scope.Scope> =>
  Effect.gen(function*() {
    const send = yield* exchange.open(handle)
    const fibers = yield* FiberSet.make()
    const run = yield* FiberSet.runtime(fibers)<never>()
    const sockets = new Set<Socket>()
    // how many requests of a connection have no answer yet: a client may send the next one early
    const answering = new Map<Duplex, number>()
    const count = (socket: Duplex, change: 1 | -1): void => {
      const n = (answering.get(socket) ?? 0) + change
      if (n === 0) answering.delete(socket)
      else answering.set(socket, n)
    }

    // no function of the seed: what the port refuses is no request to the simulator
    let refusals = 0
    const fail: Fail = (status, type, message) =>
      wire.errorResponse({ status, type, message }, ids.format("req", ids.nth(portKey, refusals++)))

    const begin = (request: Http.IncomingMessage, response: Http.ServerResponse): void => {
      const gone = new AbortController()
      count(request.socket, 1)
      const fiber = run(serve(send, fail, request, response, gone.signal))
      response.on("error", () => gone.abort())
      response.once("close", () => {
        count(request.socket, -1)
        gone.abort()
        fiber.unsafeInterruptAsFork(FiberId.none)
      })
    }
    const server = Http.createServer({
      // longer than clients keep a connection that they do not use, so that none is closed under a request
      keepAliveTimeout: 65_000,
      requestTimeout: options.requestTimeout ?? 300_000,
      headersTimeout: Math.min(60_000, options.requestTimeout ?? Infinity),
      connectionsCheckingInterval: Math.min(30_000, options.requestTimeout ?? Infinity)
    }, begin)
    // what a client expects is no reason to refuse it
    server.on("checkExpectation", begin)
    server.on("connection", (socket: Socket) => {
      sockets.add(socket)
      socket.once("close", () => sockets.delete(socket))
    })
    server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
      if (answering.has(socket) || !socket.writable || error.code === "ECONNRESET") socket.destroy()
      else if (!socket.writableEnded) refuse(fail, error, socket)
    })

    const close = Effect.async<void>((resume) => {
      server.close(() => resume(Effect.void))
      for (const socket of sockets) socket.destroy()
    })
    return yield* Effect.acquireRelease(
      bind(server, options),
      // the fibers first: each says its goodbye on a connection that is still there
      () => Effect.zipRight(FiberSet.clear(fibers), close)
    )
  })

const bind = (server: Http.Server, { host, port }: Options): Effect.Effect<Address, ListenError> =>
  Effect.async((resume) => {
    const failed = (cause: NodeJS.ErrnoException) =>
      resume(new ListenError({ message: explain(cause, host, port), cause }))
    server.once("error", failed)
    server.listen({ host, port }, () => {
      server.off("error", failed)
      const address = server.address()
      const actual = address !== null && typeof address === "object" ? address.port : port
      resume(Effect.succeed({
        host,
        port: actual,
        url: `http://${host.includes(":") ? `[${host}]` : host}:${actual}`
      }))
    })
  })

const explain = (cause: NodeJS.ErrnoException, host: string, port: number): string => {
  switch (cause.code) {
    case "EADDRINUSE":
      return `Port ${port} of ${host} is taken`
    case "EACCES":
      return `Listening on port ${port} of ${host} is not permitted`
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `${host} is not an address of this machine`
    default:
      return `Cannot listen on port ${port} of ${host}: ${cause.code ?? cause.message}`
  }
}

const serve = (
  send: exchange.Send,
  fail: Fail,
  request: Http.IncomingMessage,
  response: Http.ServerResponse,
  gone: AbortSignal
): Effect.Effect<void> =>
  Effect.gen(function*() {
    const isPreflight = request.method === "OPTIONS" && request.headers["access-control-request-method"] !== undefined
    if (isPreflight && !guard.owns(head(request).path)) return preflight(request, response)
    const read = yield* readBody(request)
    if (read.isTooLarge === true) {
      return yield* answer(response, fail(413, "request_too_large", "Request exceeds the maximum size"))
    }
    const { response: result, scope } = yield* send({ ...head(request), ...read }, gone)
    if (!http.isStream(result.body)) return yield* answer(response, result)
    yield* stream(response, result, result.body.stream).pipe(
      Effect.onExit((exit) => Scope.close(scope, exit))
    )
  }).pipe(
    Effect.catchTags({ Closed: () => hangUp(response), ConnectionReset: () => reset(response) }),
    Effect.onInterrupt(() => hangUp(response)),
    Effect.catchAllCause((cause) => crashed(fail, response, cause))
  )

/** Ends what has begun, so that the reader sees an end and not a broken connection, and drops what has not. */
const hangUp = (response: Http.ServerResponse): Effect.Effect<void> =>
  Effect.sync(() => {
    if (response.headersSent) response.end()
    else response.destroy()
  })

/** Kills the connection: what was written still arrives, and then there is neither an end nor an answer. */
const reset = ({ headersSent, socket }: Http.ServerResponse): Effect.Effect<void> =>
  Effect.sync(() => {
    if (headersSent) socket?.destroySoon()
    else socket?.resetAndDestroy()
  })

const crashed = (fail: Fail, response: Http.ServerResponse, cause: Cause.Cause<never>): Effect.Effect<void> =>
  Effect.zipRight(
    Effect.logError("The simulator failed to answer a request", cause),
    response.headersSent
      ? Effect.sync(() => response.destroy())
      : answer(response, fail(500, "api_error", "Internal server error"))
  )

const head = (request: Http.IncomingMessage): Omit<Request, "body" | "isUtf8"> => {
  const target = request.url ?? "/"
  const origin = target.startsWith("/") ? undefined : URL.canParse(target) ? new URL(target) : undefined
  const path = origin === undefined ? target : `${origin.pathname}${origin.search}`
  const mark = path.indexOf("?")
  return {
    method: request.method ?? "GET",
    path: mark === -1 ? path : path.slice(0, mark),
    query: mark === -1 ? [] : [...new URLSearchParams(path.slice(mark + 1))],
    headers: Object.fromEntries(
      Object.entries(request.headers).map((
        [name, value]
      ) => [name, Array.isArray(value) ? value.join(", ") : value ?? ""])
    )
  }
}

/** Of what is too large the rest is read as well and thrown away, so that the client hears the answer. */
const readBody = (request: Http.IncomingMessage) =>
  Effect.async<ReturnType<ReturnType<typeof http.bodyReader>["end"]>>((resume) => {
    const reader = http.bodyReader(request.headers["content-type"])
    request.on("data", reader.push)
    request.on("end", () => resume(Effect.sync(reader.end)))
  })

// a page of any origin may talk to the simulated API, which has no secrets; only its own page may control the simulator
const corsHeaders = { "access-control-allow-origin": "*", "access-control-expose-headers": "*" }

const cors = ({ req }: Http.ServerResponse) => guard.owns(head(req).path) ? {} : corsHeaders

const preflight = (request: Http.IncomingMessage, response: Http.ServerResponse): void => {
  request.resume()
  response.writeHead(204, {
    ...corsHeaders,
    "access-control-allow-methods": "GET, POST, PUT, DELETE",
    // the star does not include `Authorization`
    "access-control-allow-headers": request.headers["access-control-request-headers"] ?? "*",
    "access-control-allow-private-network": "true",
    "access-control-max-age": "600"
  })
  response.end()
}

const answer = (response: Http.ServerResponse, { body, headers, status }: Response): Effect.Effect<void> =>
  Effect.sync(() => {
    const text = http.text(body)
    response.writeHead(status, { ...cors(response), ...headers, "content-length": Buffer.byteLength(text) })
    response.end(text)
  })

/** One write per frame or piece, none before the client has taken the last. */
const stream = (
  response: Http.ServerResponse,
  head: Response,
  events: Stream.Stream<Uint8Array, ConnectionReset>
): Effect.Effect<void, ConnectionReset> =>
  Effect.zipRight(
    Effect.sync(() => {
      response.writeHead(head.status, { ...cors(response), ...http.headersOf(head) })
      // a client waits for the head before it sends what will cause the first event
      response.flushHeaders()
    }),
    Stream.runForEach(events, (bytes) =>
      Effect.async<void>((resume) => {
        if (response.write(bytes)) resume(Effect.void)
        else response.once("drain", () => resume(Effect.void))
      }))
  ).pipe(Effect.zipRight(Effect.sync(() => response.end())))

/** Answers bytes that are no request. */
const refuse = (fail: Fail, cause: NodeJS.ErrnoException, socket: Duplex): void => {
  const [status, type, message] = cause.code === "HPE_HEADER_OVERFLOW"
    ? [431, "invalid_request_error", "The request headers are too large"] as const
    : cause.code === "ERR_HTTP_REQUEST_TIMEOUT"
    ? [408, "timeout_error", "The request did not arrive in time"] as const
    : [400, "invalid_request_error", "The request is not valid HTTP"] as const
  const { body, headers } = fail(status, type, message)
  const text = http.text(body)
  socket.end(
    [
      `HTTP/1.1 ${status} ${Http.STATUS_CODES[status]}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      `content-length: ${Buffer.byteLength(text)}`,
      "connection: close",
      "",
      text
    ].join("\r\n")
  )
}
