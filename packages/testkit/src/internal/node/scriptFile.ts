import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as AgentScript from "../../AgentScript.ts"
import type { AgentOptions } from "../../Simulator.ts"
import * as bodies from "../http/controlBodies.ts"
import type { AgentParams } from "../session/agents.ts"
import * as validate from "../session/validate.ts"

/** A file that holds no scripts. */
export class BadScripts extends Data.TaggedError("BadScripts")<{ readonly message: string }> {}

const token =
  // oxlint-disable-next-line no-control-regex -- a string of JSON has none
  /[ \t\r\n]*([{}[\],:]|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y

/** The tokens that may follow, by what is expected. */
type Expected = "value" | "value or ]" | "name" | "name or }" | "colon" | "comma" | "end"

/**
 * The index of the first character that makes a text no JSON, and what is wrong with it: `JSON.parse` of Node 20 does not
 * always tell.
 */
const locate = (text: string): { readonly index: number; readonly problem: string } => {
  const open: Array<string> = []
  let expected: Expected = "value"
  let before = ""
  token.lastIndex = 0
  for (;;) {
    const start = token.lastIndex
    const found = token.exec(text)?.[1]
    const index = found === undefined
      ? start + (/^[ \t\r\n]*/.exec(text.slice(start))?.[0].length ?? 0)
      : token.lastIndex - found.length
    const at = found ?? text[index]
    const wrong = {
      index,
      problem: at === undefined
        ? "unexpected end"
        : `unexpected ${JSON.stringify(at)}${before === "," ? " after a comma" : ""}`
    }
    if (found === undefined || expected === "end") return wrong
    const closes = found === "}" || found === "]"
    if (closes) {
      const isEmpty = expected === (found === "}" ? "name or }" : "value or ]")
      if (!(isEmpty || expected === "comma") || open.pop() !== found) return wrong
    } else if (found === "{" || found === "[") {
      if (expected !== "value" && expected !== "value or ]") return wrong
      open.push(found === "{" ? "}" : "]")
    } else if (found === "," || found === ":") {
      if (expected !== (found === "," ? "comma" : "colon")) return wrong
    } else if (expected.startsWith("name")) {
      if (!found.startsWith("\"")) return wrong
    } else if (!expected.startsWith("value")) return wrong
    const inside = open.at(-1)
    if (found === "{") expected = "name or }"
    else if (found === "[") expected = "value or ]"
    else if (found === ":") expected = "value"
    else if (found === ",") expected = inside === "}" ? "name" : "value"
    else if (!closes && expected.startsWith("name")) expected = "colon"
    else expected = inside === undefined ? "end" : "comma"
    before = found
  }
}

/** A place in a text as editors count it. */
const place = (text: string, index: number): string => {
  const lines = text.slice(0, index).split(/\r\n|\r|\n/)
  return `line ${lines.length}, column ${(lines.at(-1) ?? "").length + 1}`
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const checkPut = validate.body(bodies.PutAgent)

/** Reads an entry: a script, or an agent and its script as in `PUT /_sim/agents/{agent_id}`. */
const readEntry = (entry: unknown): Effect.Effect<AgentOptions, string> =>
  Effect.gen(function*() {
    const script = (value: unknown, name: string) =>
      Effect.mapError(AgentScript.decode(value), ({ message, path }) =>
        name === "" ? message : `${name}${path === "" ? ": " : "."}${message}`)
    if (!isObject(entry) || !("agent" in entry || "script" in entry)) {
      return { script: yield* script(entry, "") }
    }
    const put = yield* Either.mapLeft(checkPut(entry), ({ message }) =>
      message)
    return {
      // the params of an agent were checked as they are on the wire, which is how the simulator takes them
      agent: put.agent as AgentParams | undefined,
      script: put.script === undefined ? undefined : yield* script(put.script, "script")
    }
  })

/** Reads the scripts of agents, by their ids, from the bytes of a file. */
export const read = (bytes: Uint8Array): Effect.Effect<Readonly<Record<string, AgentOptions>>, BadScripts> =>
  Effect.gen(function*() {
    const wrong = (message: string) => new BadScripts({ message })
    const text = yield* Effect.try({
      // a byte order mark is left out
      try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
      catch: () => wrong("is not UTF-8")
    })
    const json = yield* Effect.try({
      try: (): unknown => JSON.parse(text),
      catch: () => {
        const { index, problem } = locate(text)
        return wrong(`is not JSON: ${place(text, index)}: ${problem}`)
      }
    })
    if (!isObject(json)) return yield* wrong("is not an object of scripts by agent id")
    const agents: Record<string, AgentOptions> = {}
    for (const [id, entry] of Object.entries(json)) {
      agents[id] = yield* Effect.mapError(readEntry(entry), (message) => wrong(`${id}: ${message}`))
    }
    return agents
  })
