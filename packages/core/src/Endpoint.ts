/**
 * The description of one endpoint as plain data.
 *
 * It is the single source for the client's call, for a server's route and for an OpenAPI document; `Api` holds the
 * descriptions of all that the client calls.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { beta } from "./ClientConfig.ts"
import type { Encoding } from "./internal/http/encoding.ts"
import { json } from "./internal/http/encoding.ts"
import { multipart } from "./internal/http/multipart.ts"
import type { Reader } from "./internal/stream/bytes.ts"
import { read } from "./internal/stream/bytes.ts"

/**
 * One endpoint: where it is, what it takes, what it answers.
 * @category models
 */
export interface Endpoint<Path extends string, Query, Body, Success, Kind extends Any["kind"]> {
  /** `Module.operation`: the name of the operation in spans, metrics and errors. */
  readonly name: string
  readonly method: "GET" | "POST" | "DELETE"
  /** The path, with a `{name}` for each parameter. */
  readonly path: Path
  /** The betas that the endpoint is part of: the names that every request of it carries. */
  readonly betas: ReadonlyArray<string>
  /** The query parameters. An array-valued key `k` is written `k[]=…`, once per element. */
  readonly query: Codec<Query> | undefined
  /** The body: a JSON value, or the fields of a form. */
  readonly body: Codec<Body> | undefined
  /** The way in which the body is written. In a form, a list-valued field `k` is named `k[]`. */
  readonly encoding: Encoding
  /** The JSON answer, or one event of the `text/event-stream`, or the bytes as a whole. */
  readonly success: Codec<Success>
  readonly kind: Kind
  /** The way in which an answer of bytes is read. */
  readonly reader: Reader | undefined
}

/**
 * A schema of which only the decoded side matters to the caller.
 * @category models
 */
// the encoded side is whatever JSON the schema says; `unknown` would be refused because a schema is invariant in it
// oxlint-disable-next-line typescript/no-explicit-any
export type Codec<A> = Schema.Schema<A, any>

/**
 * Any endpoint, for code that handles all of them alike.
 * @category models
 */
export interface Any {
  readonly name: string
  readonly method: "GET" | "POST" | "DELETE"
  readonly path: string
  readonly betas: ReadonlyArray<string>
  readonly query: Schema.Schema.All | undefined
  readonly body: Schema.Schema.All | undefined
  readonly encoding: Encoding
  readonly success: Schema.Schema.AnyNoContext
  readonly kind: "json" | "events" | "bytes"
  readonly reader: Reader | undefined
}

/**
 * The names of the parameters in a path.
 * @category models
 */
export type PathParams<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PathParams<Rest>
  : never

/**
 * Arguments of a call of an endpoint.
 * @category models
 */
export type Input<Path extends string, Query, Body> =
  & ([PathParams<Path>] extends [never] ? unknown : { readonly path: { readonly [K in PathParams<Path>]: string } })
  & ([Query] extends [never] ? unknown : { readonly query?: Query | undefined })
  & ([Body] extends [never] ? unknown : { readonly body: Body })

interface Options<Query, Body> {
  /** The default is that of the Sessions API. */
  readonly betas?: ReadonlyArray<string>
  readonly query?: Codec<Query>
  readonly body?: Codec<Body>
}

const make =
  <Kind extends Any["kind"]>(method: Any["method"], kind: Kind, encoding: Encoding = json, reader?: Reader) =>
  <const Path extends string, Success, Query = never, Body = never>(
    name: string,
    path: Path,
    success: Codec<Success>,
    options: Options<Query, Body> = {}
  ): Endpoint<Path, Query, Body, Success, Kind> => ({
    name,
    method,
    path,
    betas: options.betas ?? [beta],
    query: options.query,
    body: options.body,
    encoding,
    success,
    kind,
    reader
  })

/**
 * Describes a `GET` that answers JSON.
 * @category constructors
 */
export const get = make("GET", "json")

/**
 * Describes a `POST` that answers JSON.
 * @category constructors
 */
export const post = make("POST", "json")

/**
 * Describes a `POST` of a form, which answers JSON.
 * @category constructors
 */
export const postForm = make("POST", "json", multipart)

/**
 * Describes a `DELETE` that answers JSON.
 * @category constructors
 */
export const del = make("DELETE", "json")

/**
 * Describes a `GET` that answers an event stream.
 * @category constructors
 */
export const events = make("GET", "events")

const getBytes = make("GET", "bytes", json, read)

const Bytes: Schema.Schema<Uint8Array> = Schema.Uint8ArrayFromSelf.annotations({
  identifier: "Bytes",
  jsonSchema: { type: "string", format: "binary" }
})

/**
 * Describes a `GET` that answers bytes of any media type.
 * @category constructors
 */
export const bytes = <const Path extends string>(
  name: string,
  path: Path,
  options?: { readonly betas?: ReadonlyArray<string> }
): Endpoint<Path, never, never, Uint8Array, "bytes"> => getBytes(name, path, Bytes, options)
