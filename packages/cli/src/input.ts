import * as Files from "@effect-managed-agents/core/Files"
import * as Upload from "@effect-managed-agents/core/Upload"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Stream from "effect/Stream"
import * as Yaml from "yaml"
import type { Failure } from "./failure.ts"
import { usage } from "./failure.ts"
import type { Flag } from "./flags.ts"
import { Stdio } from "./stdio.ts"

/** An object, as YAML and JSON have them. */
export type Fields = { readonly [field: string]: unknown }

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Says why a file cannot be used. */
export const unreadable = (path: string) => (error: PlatformError): Failure =>
  usage(
    `${path}: cannot be read (${
      error._tag === "SystemError" && error.reason === "NotFound" ? "there is no such file" : error.message
    })`
  )

/** Reads YAML, of which JSON is a part. `what` is where it stands. */
const parseYaml = (what: string, text: string): Effect.Effect<unknown, Failure> =>
  Effect.suspend(() => {
    const document = Yaml.parseDocument(text, { prettyErrors: true })
    const [error] = [...document.errors, ...document.warnings]
    if (error !== undefined) {
      const [message = ""] = error.message.split("\n")
      return Effect.fail(usage(`${what} is not YAML: ${message.replace(/:$/, "")}`))
    }
    return Effect.try({
      try: (): unknown => document.toJS(),
      catch: (cause) => usage(`${what} is not YAML: ${cause instanceof Error ? cause.message : String(cause)}`)
    })
  })

const readText = Effect.fnUntraced(function*() {
  const { input } = yield* Stdio
  return yield* input.pipe(
    Stream.decodeText(),
    Stream.mkString,
    Effect.mapError(({ message }) => usage(`standard input cannot be read: ${message}`))
  )
})

/** The fields on standard input. */
export const fromStdin: Effect.Effect<Fields, Failure, Stdio> = Effect.gen(function*() {
  const text = yield* readText()
  if (text.trim() === "") return {}
  const value = yield* parseYaml("standard input", text)
  if (isObject(value)) return value
  return yield* usage("standard input is not a mapping of fields to values")
})

const decoder = new TextDecoder("utf-8", { fatal: true })

/** The text of bytes that are one. */
export const asText = (bytes: Uint8Array): string | undefined => {
  try {
    return bytes.includes(0) ? undefined : decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/**
 * The text of a flag: `@path` stands for what is in a file, base64 if it is no text; `@file://path` and `@data://path` say
 * which of the two. `\@` begins a text with `@`.
 */
const expand = (text: string): Effect.Effect<string, Failure, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    if (text.startsWith("\\@")) return text.slice(1)
    const [, form, path] = /^@(file:\/\/|data:\/\/)?(.+)$/.exec(text) ?? []
    if (path === undefined) return text
    const files = yield* FileSystem.FileSystem
    const bytes = yield* Effect.mapError(files.readFile(path), unreadable(path))
    const content = form === "data://" ? undefined : asText(bytes)
    if (content !== undefined) return content
    if (form === "file://") return yield* usage(`${path}: is not UTF-8`)
    return Encoding.encodeBase64(bytes)
  })

/** Puts files in the place of the texts that name them. */
const expandAll = (value: unknown): Effect.Effect<unknown, Failure, FileSystem.FileSystem> => {
  if (typeof value === "string") return expand(value)
  if (Array.isArray(value)) return Effect.forEach(value, expandAll)
  return isObject(value) ? Effect.all(Object.fromEntries(entriesOf(value))) : Effect.succeed(value)
}

const entriesOf = (value: Fields) => Object.entries(value).map(([key, item]) => [key, expandAll(item)] as const)

/** A file to upload, or with `-` standard input. */
const upload = (path: string) =>
  Effect.gen(function*() {
    if (path !== "-") {
      const [name] = [path.replace(/^@/, "")]
      return yield* Effect.mapError(Files.fromPath(name), unreadable(name))
    }
    const { input } = yield* Stdio
    return Upload.fromStream(input, { name: "stdin" })
  })

/** The files of a skill: of a folder all that is in it, named from the folder on. */
const uploads = (path: string) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const paths = yield* Path.Path
    const { type } = yield* files.stat(path)
    const folder = paths.dirname(paths.resolve(path))
    const found = type === "Directory" ? yield* files.readDirectory(path, { recursive: true }) : [""]
    const all: Array<Upload.Upload> = []
    for (const file of found.toSorted()) {
      const full = paths.join(path, file)
      if ((yield* files.stat(full)).type === "Directory") continue
      const inside = paths.relative(type === "Directory" ? folder : paths.dirname(folder), paths.resolve(full))
      all.push(yield* Files.fromPath(full, { name: inside.replaceAll("\\", "/") }))
    }
    return all
  }).pipe(Effect.mapError(unreadable(path)))

const readOne = (flag: Flag, value: unknown): Effect.Effect<unknown, Failure, FileSystem.FileSystem | Stdio> => {
  if (typeof value !== "string") return Effect.succeed(value)
  switch (flag.kind._tag) {
    case "Value":
      return flag.kind.orText && !/^\s*\{/.test(value)
        ? expand(value)
        : Effect.flatMap(parseYaml(`--${flag.name}`, value), expandAll)
    case "Text":
      return flag.place === "body" ? expand(value) : Effect.succeed(value)
    case "Upload":
      return upload(value)
    default:
      return Effect.succeed(value)
  }
}

/** The value of a flag, as the request has it. */
export const valueOf = (flag: Flag, given: unknown) => {
  if (!Array.isArray(given)) return readOne(flag, given)
  return flag.kind._tag === "Upload"
    ? Effect.map(Effect.forEach(given, (path) => uploads(String(path))), (all) => all.flat())
    : Effect.forEach(given, (one: unknown) => readOne(flag, one))
}
