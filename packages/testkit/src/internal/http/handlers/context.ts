import * as Either from "effect/Either"
import type * as ids from "../../session/ids.ts"
import * as refusal from "../../session/refusal.ts"
import type { Ruling } from "../../session/refusal.ts"
import type { Cell, World } from "../../world/world.ts"
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

/** The session in the path, up to date. */
export const session = (call: Call<unknown, unknown>): Ruling<Cell> => {
  const id = call.path["session_id"] ?? ""
  const cell = call.world.find(id)
  if (cell !== undefined) return Either.right(cell)
  return call.world.env.rules.malformedSessionIds === "invalid" && !/^sesn_\w+$/.test(id)
    ? refusal.invalid(`Invalid session ID: ${id}`)
    : refusal.notFound(`Session ${id} not found.`)
}

/** The credentials of a request, of which there may be one of either kind. */
export const credentials = ({ headers }: Request): ReadonlyArray<string> => {
  const key = (headers["x-api-key"] ?? "").trim()
  const token = /^Bearer\s+(\S.*)$/i.exec(headers["authorization"] ?? "")?.[1]
  return [...(key === "" ? [] : [key]), ...(token === undefined ? [] : [token])]
}
