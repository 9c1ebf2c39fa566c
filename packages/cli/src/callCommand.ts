import { ApiClient } from "@effect-managed-agents/core/ApiClient"
import type { ApiError } from "@effect-managed-agents/core/ApiError"
import { InvalidParams } from "@effect-managed-agents/core/ApiError"
import type * as Endpoint from "@effect-managed-agents/core/Endpoint"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import type { HttpClient } from "@effect/platform/HttpClient"
import type { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Call } from "./calls.ts"
import * as connection from "./connection.ts"
import { usage } from "./failure.ts"
import type { Flag } from "./flags.ts"
import type { Fields } from "./input.ts"
import * as input from "./input.ts"
import type { Output } from "./output.ts"
import * as output from "./output.ts"
import { Stdio } from "./stdio.ts"

/** Whatever a command needs. */
export type Needs = FileSystem.FileSystem | HttpClient | Path | Stdio

/** A request of any endpoint. */
interface Request {
  readonly path: { readonly [name: string]: string }
  readonly query?: Fields
  readonly body?: unknown
}

/** The client, for endpoints of which no more is known than their descriptions. Their schemas check both sides. */
interface Client {
  readonly call: (endpoint: Endpoint.Any, request: Request) => Effect.Effect<unknown, ApiError>
  readonly open: (
    endpoint: Endpoint.Any,
    request: Request
  ) => Effect.Effect<Stream.Stream<unknown, ApiError>, ApiError, Scope.Scope>
}

const toOption = (flag: Flag): Options.Options<Option.Option<unknown>> => {
  const { alias, description, isList, isRequired, kind, name } = flag
  const about = [description, isRequired ? "Required." : ""].filter((text) => text !== "")
  const complete = (option: Options.Options<unknown>): Options.Options<Option.Option<unknown>> => {
    const described = option.pipe(Options.withDescription(about.join(" ")))
    const named = alias === undefined ? described : Options.withAlias(described, alias)
    return isList
      ? Options.map(Options.repeated(named), (all) => all.length === 0 ? Option.none() : Option.some(all))
      : Options.optional(named)
  }
  switch (kind._tag) {
    case "Integer":
      return complete(Options.integer(name))
    case "Choice":
      return complete(Options.choice(name, kind.choices))
    case "Boolean":
      // a flag that is not given says nothing
      return complete(Options.choice(name, ["true", "false"])).pipe(Options.map(Option.map((text) => text === "true")))
    case "Value":
      return complete(Options.text(name).pipe(Options.withPseudoName(kind.orText ? "text | yaml" : "yaml")))
    case "Upload":
      return complete(Options.text(name).pipe(Options.withPseudoName("path")))
    case "Text":
      return complete(Options.text(name))
  }
}

/** The secrets of a body are texts on a command line, and `Redacted` in a request. */
const isText = ({ message }: { readonly message: string }): boolean =>
  message === "expected Redacted(<redacted>), got a string"

const decodeBody = (schema: Schema.Schema.All, body: Fields): unknown =>
  // the schemas of endpoints need nothing
  Either.getOrElse(Schema.decodeUnknownEither(schema as Schema.Schema<unknown, unknown>)(body), () => body)

const withoutFalseIssues = (error: ApiError): ApiError =>
  error._tag === "InvalidParams"
    ? new InvalidParams({ operation: error.operation, issues: error.issues.filter((issue) => !isText(issue)) })
    : error

/** The request that the flags make, together with standard input where there is a body. */
const toRequest = ({ endpoint, flags }: Call, given: { readonly [name: string]: Option.Option<unknown> }) =>
  Effect.gen(function*() {
    const parts: Record<Flag["place"], Record<string, unknown>> = { path: {}, query: {}, body: {} }
    for (const flag of flags) {
      const value = given[flag.name] ?? Option.none()
      if (Option.isSome(value)) parts[flag.place][flag.field] = yield* input.valueOf(flag, value.value)
      // there is nothing to choose
      else if (flag.isRequired && flag.kind._tag === "Choice" && flag.kind.choices.length === 1) {
        parts[flag.place][flag.field] = flag.kind.choices[0]
      }
    }
    const takesInput = endpoint.body !== undefined && endpoint.encoding.mediaType === "application/json"
    const body = { ...takesInput ? yield* input.fromStdin : {}, ...parts.body }
    const missing = flags.filter(({ field, isRequired, place }) =>
      isRequired && !Object.hasOwn(place === "body" ? body : parts[place], field)
    )
    if (missing.length > 0) {
      const names = missing.map(({ name }) => `--${name}`).join(", ")
      const hint = takesInput && missing.some(({ place }) => place === "body")
        ? " (or its field on standard input)"
        : ""
      return yield* usage(`Missing ${names}${hint}`)
    }
    const path = Object.fromEntries(Object.entries(parts.path).map(([name, value]) => [name, String(value)]))
    const request: Request = {
      path,
      ...(endpoint.query !== undefined && { query: parts.query }),
      ...(endpoint.body !== undefined && { body: decodeBody(endpoint.body, body) })
    }
    return request
  })

/** The parts of a page of any list. */
interface Page {
  readonly data: ReadonlyArray<unknown>
  readonly next_page?: string | null
  readonly has_more?: boolean
  readonly last_id?: string | null
}

const next = ({ has_more, last_id, next_page }: Page): Option.Option<Fields> => {
  if (has_more === true && last_id) return Option.some({ after_id: last_id })
  return next_page ? Option.some({ page: next_page }) : Option.none()
}

/** All items of a list, page by page as they are taken. */
const items = (client: Client, endpoint: Endpoint.Any, request: Request): Stream.Stream<unknown, ApiError> =>
  Stream.flattenIterables(Stream.paginateEffect({}, (page: Fields) =>
    Effect.map(
      client.call(endpoint, { ...request, query: { ...request.query, ...page } }),
      // the schema of the endpoint has checked it
      (answer) => [(answer as Page).data, next(answer as Page)] as const
    )))

/** True for lists, which are read page by page. */
const isList = ({ endpoint, flags }: Call): boolean =>
  endpoint.method === "GET" && flags.some(({ name }) => name === "page" || name === "after-id")

const limit = (max: Option.Option<number>) => <A, E>(self: Stream.Stream<A, E>): Stream.Stream<A, E> =>
  Option.match(max, { onNone: () => self, onSome: (n) => Stream.take(self, n) })

/** Writes bytes to standard output, or to a file that is there only when it is whole. */
const save = (bytes: Stream.Stream<Uint8Array, ApiError>, path: Option.Option<string>) =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    if (Option.isNone(path) || path.value === "-") return yield* Stream.runForEach(bytes, stdio.write)
    const files = yield* FileSystem.FileSystem
    const part = `${path.value}.part`
    yield* Stream.run(bytes, files.sink(part)).pipe(
      Effect.zipRight(files.rename(part, path.value)),
      Effect.onError(() => Effect.ignore(files.remove(part))),
      Effect.catchTags({
        BadArgument: (error) => usage(`${path.value}: cannot be written (${error.message})`),
        SystemError: (error) => usage(`${path.value}: cannot be written (${error.message})`)
      })
    )
    yield* stdio.warn(`Saved ${path.value}\n`)
  })

interface Given extends Output {
  readonly values: { readonly [name: string]: Option.Option<unknown> }
  readonly baseUrl: Option.Option<string>
  readonly maxItems: Option.Option<number>
  readonly path: Option.Option<string>
}

const perform = (call: Call, given: Given) =>
  Effect.gen(function*() {
    // what is wrong with the command line comes before what is wrong with the environment
    const request = yield* toRequest(call, given.values)
    yield* Effect.gen(function*() {
      // see `Client`
      const client = (yield* ApiClient) as unknown as Client
      const { endpoint } = call
      if (endpoint.kind === "bytes") {
        const bytes = yield* client.open(endpoint, request)
        return yield* save(Stream.filter(bytes, Predicate.isUint8Array), given.path)
      }
      if (endpoint.kind === "events") {
        const events = yield* client.open(endpoint, request)
        return yield* output.many(given, limit(given.maxItems)(events), true)
      }
      return isList(call)
        ? yield* output.many(given, limit(given.maxItems)(items(client, endpoint, request)), false)
        : yield* output.one(given, yield* Effect.mapError(client.call(endpoint, request), withoutFalseIssues))
    }).pipe(Effect.scoped, Effect.provide(connection.layer(given.baseUrl)))
  })

const none = Options.none.pipe(Options.map(() => Option.none()))

const path = Options.text("output").pipe(
  Options.withAlias("o"),
  Options.withDescription("The file to write; without it, or with -, standard output."),
  Options.optional
)

/** A call as a command. */
export const make = (call: Call) => {
  const { endpoint, flags } = call
  return Command.make(call.name, {
    values: Object.fromEntries(flags.map((flag) => [flag.name, toOption(flag)])),
    baseUrl: connection.baseUrl,
    ...output.options,
    maxItems: isList(call) || endpoint.kind === "events" ? output.maxItems : none,
    path: endpoint.kind === "bytes" ? path : none
  }, (given) => perform(call, given)).pipe(
    Command.withDescription(`${endpoint.method} ${endpoint.path}`)
  )
}
