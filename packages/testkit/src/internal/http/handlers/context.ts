import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as ids from "../../session/ids.ts"
import * as refusal from "../../session/refusal.ts"
import type { Ruling } from "../../session/refusal.ts"
import * as work from "../../workspace/work.ts"
import type { Cell, World } from "../../world/world.ts"
import type { File } from "../form.ts"
import type { Request } from "../message.ts"

/** Input of a handler: a request whose endpoint, path and parameters are known to be good. */
export interface Call<Query, Body> {
  readonly world: World
  readonly request: Request
  /** Of this request: the source of ids of what it creates. */
  readonly key: ids.Key
  readonly path: Readonly<Record<string, string>>
  readonly query: Query
  readonly body: Body
}

/** Answer of a handler of an event stream: the session, the only thread if there is one, and the previews to show. */
export interface Stream {
  readonly cell: Cell
  readonly thread: string | null
  readonly previewed: ReadonlySet<string>
}

/** Answer of a handler of bytes. */
export interface Download extends File {}

/** Answer of a handler that comes later. */
export class Later {
  readonly value: Effect.Effect<unknown>
  constructor(value: Effect.Effect<unknown>) {
    this.value = value
  }
}

/** Workers of self-hosted environments have keys that look so, or tokens for one piece of work. */
export const isEnvironmentKey = (credential: string): boolean => /^sk-ant-(oat01|req)-/.test(credential)

/** The work item that the credential of a request came with, if it came with one. */
export const itemOfCredential = ({ request, world }: Call<unknown, unknown>): Ruling<work.Item | undefined> => {
  const token = credentials(request).find((credential) => credential.startsWith("sk-ant-req-"))
  if (token === undefined) return Either.right(undefined)
  const item = work.ofToken(world.workspace.work, token)
  return item === undefined ? refusal.unauthenticated("Invalid bearer token") : Either.right(item)
}

/** The session in the path, up to date, if the credential is good for it. */
export const session = (call: Call<unknown, unknown>): Ruling<Cell> =>
  Either.flatMap(itemOfCredential(call), (own) => {
    const id = call.path["session_id"] ?? ""
    if (own !== undefined && own.sessionId !== id) {
      return refusal.forbidden("The credential is that of another session.")
    }
    const cell = call.world.find(id)
    if (cell !== undefined) return Either.right(cell)
    return call.world.env.rules.malformedSessionIds === "invalid" && !/^sesn_\w+$/.test(id)
      ? refusal.invalid(`Invalid session ID: ${id}`)
      : refusal.notFound(`Session ${id} not found.`)
  })

/** The credentials of a request, of which there may be one of either kind. */
export const credentials = ({ headers }: Request): ReadonlyArray<string> => {
  const key = (headers["x-api-key"] ?? "").trim()
  const token = /^Bearer\s+(\S.*)$/i.exec(headers["authorization"] ?? "")?.[1]
  return [...(key === "" ? [] : [key]), ...(token === undefined ? [] : [token])]
}
