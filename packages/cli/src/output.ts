import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Yaml from "yaml"
import type { Closed } from "./stdio.ts"
import { Stdio } from "./stdio.ts"

const formats = ["auto", "json", "jsonl", "yaml", "table"] as const

/** Options of what is printed, and how. */
export interface Output {
  readonly format: typeof formats[number]
  /** Paths such as `agent.id`; all if there are none. */
  readonly fields: ReadonlyArray<string>
  /** Print values alone, texts without quotes. */
  readonly raw: boolean
}

/** The flags of {@link Output}. */
export const options: {
  readonly format: Options.Options<Output["format"]>
  readonly fields: Options.Options<ReadonlyArray<string>>
  readonly raw: Options.Options<boolean>
} = {
  format: Options.choice("format", formats).pipe(
    Options.withDescription("How to print: `auto` is made to be read at a terminal, and JSON elsewhere."),
    Options.withDefault("auto" as const)
  ),
  fields: Options.text("fields").pipe(
    Options.withDescription("Print only these: paths separated by commas, such as id,agent.name,content.0.text."),
    Options.map((text) => text.split(",").map((path) => path.trim()).filter((path) => path !== "")),
    Options.withDefault([])
  ),
  raw: Options.boolean("raw-output").pipe(
    Options.withAlias("r"),
    Options.withDescription("Print values alone, texts without quotes: --fields id -r.")
  )
}

const at = (value: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>(
    (inside, key) =>
      typeof inside === "object" && inside !== null && Object.hasOwn(inside, key)
        // an own property, whatever it holds
        ? (inside as Readonly<Record<string, unknown>>)[key]
        : undefined,
    value
  )

const select = (value: unknown, { fields }: Output): unknown =>
  fields.length === 0 ? value : Object.fromEntries(fields.map((path) => [path, at(value, path) ?? null]))

const asText = (value: unknown): string =>
  value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value)

/** Control characters of what agents and users wrote must not reach the terminal. */
const plain = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- these are what it takes out
  text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\ufffd")

const yaml = (value: unknown): string => plain(Yaml.stringify(value, { lineWidth: 0 }))

const rawLine = (value: unknown, { fields }: Output): string =>
  `${(fields.length === 0 ? [value] : fields.map((path) => at(value, path))).map(asText).join("\t")}\n`

/** The columns of a table that nobody chose: those of these that are there. */
const columns = [
  "id",
  "version",
  "type",
  "name",
  "display_name",
  "title",
  "filename",
  "path",
  "status",
  "state",
  "agent.name",
  "agent_name",
  "size_bytes",
  "created_at",
  "processed_at",
  "content"
]

const summary = (value: unknown): string => {
  // the content of a message
  if (Array.isArray(value) && value.every((block) => typeof block === "object" && block !== null && "text" in block)) {
    return value.map(({ text }) => text).join(" ")
  }
  return asText(value)
}

const cell = (value: unknown): string => plain(summary(value)).replaceAll(/\s+/g, " ")

/** Rows under a head. A page is as wide as its widest cells, and the last column as wide as there is room. */
const table = (output: Output, width: number) => {
  let widths: ReadonlyArray<number> | undefined
  let paths = output.fields
  return (items: ReadonlyArray<unknown>): string => {
    const isFirst = widths === undefined
    if (paths.length === 0) {
      paths = columns.filter((path) => items.some((item) => asText(at(item, path)) !== ""))
    }
    const rows = items.map((item) => paths.map((path) => cell(at(item, path))))
    widths ??= paths.map((path, index) =>
      Math.max(path.length, ...rows.map((row) => Math.min(row[index]?.length ?? 0, 60)))
    )
    const line = (row: ReadonlyArray<string>): string =>
      row.map((text, index) => index === row.length - 1 ? text : text.padEnd(widths?.[index] ?? 0)).join("  ")
        .slice(0, width).trimEnd()
    const head = isFirst ? [paths.map((path) => path.toUpperCase())] : []
    return [...head, ...rows].map((row) => `${line(row)}\n`).join("")
  }
}

/** Prints one value. */
export const one = (output: Output, value: unknown): Effect.Effect<void, Closed, Stdio> =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    if (output.raw) return yield* stdio.write(rawLine(value, output))
    switch (output.format) {
      case "json":
        return yield* stdio.write(`${JSON.stringify(select(value, output), null, 2)}\n`)
      case "jsonl":
        return yield* stdio.write(`${JSON.stringify(select(value, output))}\n`)
      case "yaml":
        return yield* stdio.write(yaml(select(value, output)))
      case "table":
        return yield* stdio.write(table(output, yield* stdio.columns)([value]))
      case "auto":
        return yield* one({ ...output, format: stdio.isTerminal.stdout ? "yaml" : "json" }, value)
    }
  })

/** Prints values as they come. JSON is whole whenever it ends: each item is written at once, and so is what closes it. */
export const many = <E, R>(
  output: Output,
  items: Stream.Stream<unknown, E, R>,
  live: boolean
): Effect.Effect<void, E | Closed, R | Stdio> =>
  Effect.gen(function*() {
    const stdio = yield* Stdio
    const each = (text: (item: unknown) => string) =>
      Stream.runForEach(items, (item) => Effect.uninterruptible(stdio.write(text(item))))
    if (output.raw) return yield* each((item) => rawLine(item, output))
    switch (output.format) {
      case "json": {
        let isFirst = true
        return yield* Effect.acquireUseRelease(
          stdio.write("["),
          () =>
            each((item) => {
              const text = `${isFirst ? "" : ","}\n${indented(select(item, output))}`
              isFirst = false
              return text
            }),
          () => Effect.ignore(stdio.write(isFirst ? "]\n" : "\n]\n"))
        )
      }
      case "jsonl":
        return yield* each((item) => `${JSON.stringify(select(item, output))}\n`)
      case "yaml":
        return yield* each((item) => yaml([select(item, output)]))
      case "table": {
        const rows = table(output, stdio.isTerminal.stdout ? yield* stdio.columns : Infinity)
        return yield* Stream.runForEachChunk(items, (chunk) => Effect.uninterruptible(stdio.write(rows([...chunk]))))
      }
      case "auto": {
        const format = stdio.isTerminal.stdout ? live ? "yaml" : "table" : live ? "jsonl" : "json"
        return yield* many({ ...output, format }, items, live)
      }
    }
  })

const indented = (value: unknown): string =>
  JSON.stringify(value, null, 2).split("\n").map((line) => `  ${line}`).join("\n")

/** The number of items to print at most. */
export const maxItems: Options.Options<Option.Option<number>> = Options.integer("max-items").pipe(
  Options.withDescription("Print at most as many items, and read no more pages than that takes."),
  Options.optional
)
