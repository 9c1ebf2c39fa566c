/**
 * The inspector's page on a server other than the simulator's: a proxy that sends requests on to the service.
 *
 * The page is under `/_sim/ui/`, as on a simulator. It asks `/_sim/health` what is behind it, and calls the API under
 * `/_sim/upstream`, without a credential: the server adds its own, which never reaches the page. So the server must refuse
 * what pages of other sites ask it for.
 *
 * It needs Node, and is therefore not part of the package's index.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as guard from "./internal/http/guard.ts"
import * as http from "./internal/http/message.ts"
import * as page from "./internal/node/page.ts"

/**
 * Options of a page.
 * @category options
 */
export interface Options {
  /** The name of the service, such as `api.anthropic.com`. The page shows it. */
  readonly upstream: string
  /**
   * The directory of the built inspector.
   *
   * @default the one that comes with the package
   */
  readonly directory?: string | undefined
}

/**
 * An answer to send as it is.
 * @category models
 */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * A page that is built.
 * @category models
 */
export interface InspectorPage {
  /** Answers `GET` for a path under `/_sim`, without its query; one that the page does not have with 404. */
  readonly get: (path: string) => Effect.Effect<Answer>
}

/**
 * The path of the page.
 * @category constants
 */
export const path = `${guard.page}/`

/**
 * The prefix of the paths of the API, such as `/_sim/upstream/v1/sessions`, in requests of the page.
 * @category constants
 */
export const upstream = "/_sim/upstream"

/**
 * Tells whether a path belongs to the page, and not to the API.
 * @category predicates
 */
export const owns: (path: string) => boolean = guard.owns

const health = (name: string): Answer => ({
  status: 200,
  headers: { "content-type": "application/json", "cache-control": "no-store" },
  body: JSON.stringify({ upstream: name })
})

const nothing: Answer = { status: 404, headers: { "content-type": "text/plain; charset=utf-8" }, body: "Not found\n" }

/**
 * Finds the page; `undefined` if it is not built, as in a bundle.
 *
 * @example
 * ```ts
 * import * as InspectorPage from "@effect-managed-agents/testkit/InspectorPage"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function*() {
 *   const page = yield* InspectorPage.make({ upstream: "api.anthropic.com" })
 *   return yield* page?.get("/_sim/health") ?? Effect.succeed(undefined)
 * })
 *
 * Effect.runPromise(program).then((answer) => {
 *   if (answer !== undefined) assert.deepStrictEqual(JSON.parse(answer.body), { upstream: "api.anthropic.com" })
 * })
 * ```
 *
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<InspectorPage | undefined> =>
  Effect.map(
    page.find(options.directory === undefined ? page.directories : [options.directory]),
    (directory): InspectorPage | undefined =>
      directory === undefined ? undefined : {
        get: (path) =>
          path === "/_sim/health"
            ? Effect.succeed(health(options.upstream))
            : guard.isPage(path)
            ? Effect.map(
              page.get(directory, path),
              ({ body, headers, status }): Answer => ({ status, headers, body: http.text(body) })
            )
            : Effect.succeed(nothing)
      }
  )
