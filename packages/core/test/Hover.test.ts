import { assert, describe, it } from "@effect/vitest"
import * as ts from "typescript"

// what an editor shows for the types that users meet: names, not the structure behind them

const source = `
import type * as AgentEvent from "../src/AgentEvent.ts"
import * as Conversation from "../src/Conversation.ts"
import type * as Event from "../src/Event.ts"
import type * as Events from "../src/Events.ts"
import * as Session from "../src/Session.ts"
import type * as Sessions from "../src/Sessions.ts"
import * as Thread from "../src/Thread.ts"
declare const service: Sessions.Service
declare const session: Session.Session
declare const event: Event.Event
declare const events: Events.Service
export const create = service.create
export const list = service.list
export const sessionSchema = Session.Session
export const createSchema = Session.CreateParams
export const threadSchema = Thread.Thread
export const agent = session.agent
export const budget = session.budget
export const followed = events.follow(session.id)
export const streamed = events.stream(session.id)
export const listed = events.list(session.id)
export const turn = Conversation.turn(session.id, "")
export declare const params: Event.EventParams
export const message = event.type === "agent.message" ? event : undefined
`

const expected: Record<string, string> = {
  create: "(params: Session.CreateParams, options?: RequestOptions) => Effect<Session.Session, ApiError>",
  list: "(params?: Session.ListParams, options?: RequestOptions) => Stream<Session.Session, ApiError>",
  sessionSchema: "typeof Session.Session",
  createSchema: "typeof Session.CreateParams",
  threadSchema: "typeof Thread.Thread",
  agent: "SessionAgent",
  budget: "Budget | null | undefined",
  followed: "Stream<Update, ApiError, never>",
  streamed: "Stream<Event.StreamEvent, ApiError, never>",
  listed: "Stream<Event.Event, ApiError, never>",
  turn: "Effect<Conversation.TurnResult, ApiError, Events.Events>",
  params: "Event.EventParams",
  message: "AgentEvent.Message | undefined"
}

/** The types of the constants in {@link source}, as the compiler prints them. */
const shown = (): Record<string, string> => {
  const root = new URL("..", import.meta.url).pathname
  const file = `${root}test/hover.ts`
  const { config } = ts.readConfigFile(`${root}tsconfig.test.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const host = ts.createCompilerHost(options)
  const { getSourceFile } = host
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, source, ts.ScriptTarget.ES2022, true) : getSourceFile(name, ...rest)
  const program = ts.createProgram([file], options, host)
  const checker = program.getTypeChecker()
  const names = (program.getSourceFile(file)?.statements ?? [])
    .flatMap((statement) => ts.isVariableStatement(statement) ? statement.declarationList.declarations : [])
    .map(({ name }) => name)
    .filter((name) => name.getText() in expected)
  return Object.fromEntries(
    names.map((name) => [name.getText(), checker.typeToString(checker.getTypeAtLocation(name), name)])
  )
}

describe("types as an editor shows them", () => {
  it("are names", () => {
    assert.deepStrictEqual(shown(), expected)
  })
})
