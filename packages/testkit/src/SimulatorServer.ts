/**
 * The simulator on a real port, for programs in any language.
 *
 * A page of any origin may talk to the simulated API: it answers preflight requests and allows every origin, as there is
 * nothing in it to protect. What controls the simulator, under `/_sim`, is for programs and for its own page, the
 * inspector, at `/_sim/ui/`: pages of other sites are refused, by whatever name they reach it.
 *
 * It needs Node, and is therefore not part of the package's index.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as guard from "./internal/http/guard.ts"
import * as handler from "./internal/http/handler.ts"
import * as listen from "./internal/node/listen.ts"
import * as page from "./internal/node/page.ts"
import * as scriptFile from "./internal/node/scriptFile.ts"
import * as virtualTime from "./internal/node/virtualTime.ts"
import type { AgentOptions, Simulator } from "./Simulator.ts"

/**
 * Options of a server.
 * @category options
 */
export interface Options {
  /**
   * The address of the interface to listen on.
   *
   * @default "127.0.0.1"
   */
  readonly host?: string | undefined
  /**
   * 0 is any port that is free.
   *
   * @default 0
   */
  readonly port?: number | undefined
  /**
   * The directory of the built inspector.
   *
   * @default the one that comes with the package
   */
  readonly inspector?: string | undefined
}

/**
 * A simulator that accepts connections.
 * @category services
 */
export interface Service {
  readonly host: string
  readonly port: number
  /** The base URL for a client, such as `http://127.0.0.1:8787`. */
  readonly url: string
  /** The address of the inspector; `undefined` if it is not built, as in a bundle. */
  readonly inspector: string | undefined
}

/**
 * Tag for {@link Service}.
 * @category services
 */
export class SimulatorServer extends Context.Tag("@effect-managed-agents/testkit/SimulatorServer")<
  SimulatorServer,
  Service
>() {}

/**
 * The address cannot be listened on. The message says why.
 * @category errors
 */
export const ListenError = listen.ListenError

/**
 * The address cannot be listened on. The message says why.
 * @category errors
 */
export type ListenError = listen.ListenError

/**
 * Listens until the scope closes. Then open event streams are ended, all connections are closed and the port is free.
 *
 * @example
 * ```ts
 * import * as Simulator from "@effect-managed-agents/testkit/Simulator"
 * import * as SimulatorServer from "@effect-managed-agents/testkit/SimulatorServer"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function*() {
 *   const { url } = yield* SimulatorServer.start()
 *   const response = yield* Effect.promise(() => fetch(`${url}/_sim/health`))
 *   return response.status
 * }).pipe(Effect.scoped, Effect.provide(Simulator.layer()))
 *
 * Effect.runPromise(program).then((status) => {
 *   assert.strictEqual(status, 200)
 * })
 * ```
 *
 * @category constructors
 */
export const start = (options: Options = {}): Effect.Effect<Service, ListenError, Simulator | Scope.Scope> =>
  Effect.gen(function*() {
    const { host = "127.0.0.1", inspector, port = 0 } = options
    const directory = yield* page.find(inspector === undefined ? page.directories : [inspector])
    const handle = guard.make(page.make(yield* handler.make, directory), host)
    const address = yield* listen.listen(handle, { host, port })
    return { ...address, inspector: directory === undefined ? undefined : `${address.url}${guard.page}/` }
  })

/**
 * Provides a server, and with it the URL to configure a client with.
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<SimulatorServer, ListenError, Simulator> =>
  Layer.scoped(SimulatorServer, start(options))

/**
 * A file that holds no scripts. The message says where it is wrong.
 * @category errors
 */
export const BadScripts = scriptFile.BadScripts

/**
 * A file that holds no scripts. The message says where it is wrong.
 * @category errors
 */
export type BadScripts = scriptFile.BadScripts

/**
 * Reads what agents do from the JSON of a file: by their ids either a script, or an agent and its script as in
 * `PUT /_sim/agents/{agent_id}`.
 * @category decoding
 */
export const readScripts: (
  file: Uint8Array
) => Effect.Effect<{ readonly [agentId: string]: AgentOptions }, BadScripts> = scriptFile.read

/**
 * Runs a program that has a server in virtual time, which begins at `start`, in milliseconds since the epoch. It moves only
 * by `POST /_sim/clock/advance`.
 * @category time
 */
export const inVirtualTime: (
  start: number
) => <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> = virtualTime.provide
