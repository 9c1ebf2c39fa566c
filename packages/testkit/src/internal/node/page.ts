import * as Effect from "effect/Effect"
import { readdir, readFile } from "node:fs/promises"
import { extname, join, sep } from "node:path"
import { fileURLToPath } from "node:url"
import type { Handle } from "../http/exchange.ts"
import { isPage, page as root } from "../http/guard.ts"
import type { Response } from "../http/message.ts"

/** Places of the built inspector, relative to this module: in the package, and in the workspace that it is built in. */
const places = ["../../inspector/", "../../../../inspector/dist/"]

/** The directories in which the page may be. There are none for a module that is in no file, as in a bundle. */
export const directories: ReadonlyArray<string> = import.meta.url.startsWith("file:")
  ? places.map((place) => fileURLToPath(new URL(place, import.meta.url)))
  : []

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml"
}

/** The page runs its own scripts only, and talks to this server only. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'"
].join("; ")

const headers = {
  "content-security-policy": policy,
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff"
}

const text = (status: number, type: string, value: string, more: Readonly<Record<string, string>> = {}): Response => ({
  status,
  headers: { ...headers, "content-type": type, "cache-control": "no-cache", ...more },
  body: { _tag: "Text", value }
})

/** The names of the files of a directory, as in a path; none if it is not there. */
const list = (directory: string): Effect.Effect<ReadonlyArray<string>> =>
  Effect.promise(() =>
    readdir(directory, { recursive: true }).then(
      (names) => names.filter((name) => Object.hasOwn(types, extname(name))).map((name) => name.split(sep).join("/")),
      () => []
    )
  )

/** Finds the first of some directories that has the page. */
export const find = (candidates: ReadonlyArray<string>): Effect.Effect<string | undefined> =>
  Effect.findFirst(candidates, (directory) => Effect.map(list(directory), (names) => names.includes("index.html")))
    .pipe(
      Effect.map((found) => found._tag === "Some" ? found.value : undefined)
    )

const missing =
  "The inspector is not built. `npm run simulator` builds it in a checkout; in one of the packages it is part of the " +
  "package, unless its code was bundled.\n"

/** Answers a request for the page, or for a file of it. */
export const get = (directory: string | undefined, path: string): Effect.Effect<Response> => {
  if (path === root) return Effect.succeed(text(308, "text/plain", "", { location: `${root}/` }))
  if (directory === undefined) return Effect.succeed(text(404, "text/plain; charset=utf-8", missing))
  const name = path.slice(root.length + 1) || "index.html"
  return Effect.gen(function*() {
    // only what is listed is read, wherever the path may lead
    if (!(yield* list(directory)).includes(name)) return text(404, "text/plain; charset=utf-8", "Not found\n")
    const content = yield* Effect.promise(() => readFile(join(directory, name), "utf8"))
    // the names of all but the page itself change with their content
    const caching = name === "index.html" ? {} : { "cache-control": "max-age=31536000, immutable" }
    return text(200, types[extname(name)] ?? "text/plain", content, caching)
  })
}

/** Serves the page from a directory under its path, and everything else by `handle`. */
export const make = (handle: Handle, directory: string | undefined): Handle => (request) => {
  const { method, path } = request
  const isRead = path === root || method === "GET" || method === "HEAD"
  return isPage(path) && isRead ? get(directory, path) : handle(request)
}
