// The built-in tools of an agent in a directory: files outside of it are refused, also by way of `..` and of links.
//
// `bash` begins in the directory, without the environment of this program. What a command may do beyond that is for a
// container to limit.
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

const text = { success: Schema.String, failure: Schema.String } as const
const file_path = Schema.String
const path = Schema.optional(Schema.String)

export const SandboxTools = Toolkit.make(
  Tool.make("bash", { parameters: { command: Schema.String }, ...text }),
  Tool.make("read", { parameters: { file_path }, ...text }),
  Tool.make("write", { parameters: { file_path, content: Schema.String }, ...text }),
  Tool.make("edit", {
    parameters: {
      file_path,
      old_string: Schema.NonEmptyString,
      new_string: Schema.String,
      replace_all: Schema.optional(Schema.Boolean)
    },
    ...text
  }),
  Tool.make("glob", { parameters: { pattern: Schema.String, path }, ...text }),
  Tool.make("grep", { parameters: { pattern: Schema.String, path }, ...text })
)

const maxOutput = 100_000

const cut = (text: string) => text.length > maxOutput ? `${text.slice(0, maxOutput)}\n(cut off)` : text

/** The real paths of what is in a directory; of anything else, a refusal. */
const confine = (base: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const { dirname, join, resolve, sep } = yield* Path.Path
    const isInside = (real: string) => real === base || real.startsWith(base + sep)
    /** Of what is not there yet, the real path of the directory that it would be in, with the rest of its path. */
    const real = (one: string): Effect.Effect<string, PlatformError> =>
      fs.realPath(one).pipe(
        Effect.catchIf(
          (error) => error._tag === "SystemError" && error.reason === "NotFound",
          (error) =>
            Effect.matchEffect(fs.readLink(one), {
              // a link that leads nowhere would be followed by whoever writes
              onSuccess: () => Effect.fail(error),
              onFailure: () => Effect.map(real(dirname(one)), (parent) => join(parent, one.slice(dirname(one).length)))
            })
        )
      )
    return (path: string): Effect.Effect<string, string> =>
      real(resolve(base, path)).pipe(
        Effect.mapError(({ message }) => message),
        Effect.filterOrFail(isInside, () => `${path} is outside of the working directory.`)
      )
  })

const regExp = (source: string): Effect.Effect<RegExp, string> =>
  Effect.try({ try: () => new RegExp(source), catch: (error) => String(error) })

/** `*` and `?` within a name, and `**` across directories. */
const globSource = (pattern: string): string =>
  `^${
    pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*\*\/|\*\*|\*|\?/g, (wild) =>
      wild === "**/" ? "(?:.*/)?" : wild === "**" ? ".*" : wild === "*" ? "[^/]*" : "[^/]")
  }$`

const said = <A, R>(self: Effect.Effect<A, PlatformError | string, R>): Effect.Effect<A, string, R> =>
  Effect.mapError(self, (error) => typeof error === "string" ? error : error.message)

const run = (directory: string, command: string): Effect.Effect<string, string, CommandExecutor.CommandExecutor> =>
  Effect.gen(function*() {
    const variables = ["PATH=/usr/local/bin:/usr/bin:/bin", `HOME=${directory}`]
    const process = yield* Command.make("env", "-i", ...variables, "bash", "-c", `exec 2>&1\n${command}`).pipe(
      Command.workingDirectory(directory),
      Command.start
    )
    const output = Stream.runFold(Stream.decodeText(process.stdout), "", (before, more) => cut(before + more))
    const [written, code] = yield* Effect.all([output, process.exitCode], { concurrency: 2 })
    return code === 0 ? written : yield* Effect.fail(`${written}\nExit code ${code}`)
  }).pipe(Effect.scoped, said)

/** The tools in a directory, which is made if there is none. */
export const make = (directory: string) =>
  SandboxTools.pipe(Effect.provide(SandboxTools.toLayer(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const { dirname, relative } = yield* Path.Path
    yield* fs.makeDirectory(directory, { recursive: true })
    const base = yield* fs.realPath(directory)
    const inside = yield* confine(base)
    const executor = yield* Effect.context<CommandExecutor.CommandExecutor>()

    const read = (path: string) => Effect.flatMap(inside(path), (real) => fs.readFileString(real))
    const write = (path: string, content: string) =>
      Effect.flatMap(
        inside(path),
        (real) =>
          Effect.zipRight(fs.makeDirectory(dirname(real), { recursive: true }), fs.writeFileString(real, content))
      )
    /** All files below a path, with their names from the working directory on. Links that lead outside are left out. */
    const files = (path = ".") =>
      Effect.gen(function*() {
        const start = yield* inside(path)
        const found = new Set<string>()
        for (const name of yield* fs.readDirectory(start, { recursive: true })) {
          const real = yield* Effect.option(inside(`${start}/${name}`))
          if (real._tag === "None") continue
          if ((yield* fs.stat(real.value)).type === "File") found.add(relative(base, real.value))
        }
        return [...found].sort()
      })

    return {
      bash: ({ command }) => Effect.provide(run(base, command), executor),
      read: ({ file_path }) => said(Effect.map(read(file_path), cut)),
      write: ({ content, file_path }) => said(Effect.as(write(file_path, content), `Wrote ${file_path}.`)),
      edit: ({ file_path, new_string, old_string, replace_all }) =>
        said(Effect.gen(function*() {
          const parts = (yield* read(file_path)).split(old_string)
          if (parts.length === 1) return yield* Effect.fail("old_string is not in the file.")
          if (parts.length > 2 && replace_all !== true) return yield* Effect.fail("old_string is there several times.")
          yield* write(file_path, parts.join(new_string))
          return `Edited ${file_path}.`
        })),
      glob: ({ path, pattern }) =>
        said(Effect.gen(function*() {
          const matches = yield* regExp(globSource(pattern))
          return cut((yield* files(path)).filter((name) => matches.test(name)).join("\n"))
        })),
      grep: ({ path, pattern }) =>
        said(Effect.gen(function*() {
          const matches = yield* regExp(pattern)
          const found = yield* Effect.forEach(yield* files(path), (name) =>
            Effect.map(read(name), (content) =>
              content.split("\n").flatMap((line, n) =>
                matches.test(line) ? [`${name}:${n + 1}:${line}`] : []
              )))
          return cut(found.flat().join("\n"))
        }))
    }
  }))))
