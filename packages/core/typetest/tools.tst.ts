/*
 * What the compiler infers of tools: errors and requirements, and what it refuses.
 */
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "tstyche"
import type { ApiClient } from "../src/ApiClient.ts"
import type { ApiError } from "../src/ApiError.ts"
import * as Conversation from "../src/Conversation.ts"
import type { EnvironmentWork } from "../src/EnvironmentWork.ts"
import * as EnvironmentWorker from "../src/EnvironmentWorker.ts"
import type * as Events from "../src/Events.ts"
import type * as Follow from "../src/Follow.ts"
import type * as Ids from "../src/Ids.ts"
import type * as Journal from "../src/Journal.ts"
import * as ToolRunner from "../src/ToolRunner.ts"

declare const sessionId: Ids.SessionId

class Database extends Context.Tag("Database")<Database, string>() {}

const find = Tool.make("find", { parameters: { id: Schema.Int }, success: Schema.String })
const drop = Tool.make("drop", { dependencies: [Database] })
const Tools = Toolkit.make(find, drop)

const required = () => ToolRunner.make(Tools, { journal: "required" })

describe("a rule for approval", () => {
  it("reads the decoded input, and leaves the tool what it is", () => {
    expect(ToolRunner.needsApproval(find, ({ id }) => {
      expect(id).type.toBe<number>()
      return id > 1
    })).type.toBe<typeof find>()
    // @ts-expect-error Property 'name' does not exist
    ToolRunner.needsApproval(find, ({ name }) => name === "")
  })
})

describe("a turn", () => {
  it("without tools requires only the events", () => {
    expect(Conversation.turn(sessionId, "Hello")).type.toBe<
      Effect.Effect<Conversation.TurnResult, ApiError, Events.Events>
    >()
  })

  it("with a toolkit requires its handlers and what they require", () => {
    expect(Conversation.turn(sessionId, "Hello", { tools: Tools })).type.toBe<
      Effect.Effect<
        Conversation.TurnResult,
        ApiError | Journal.JournalError,
        Events.Events | Tool.Handler<"find"> | Tool.Handler<"drop"> | Database
      >
    >()
  })

  it("with handlers requires what they require", () => {
    const program = Effect.flatMap(Tools, (tools) => Conversation.turn(sessionId, "Hello", { tools }))
    expect<Exclude<Effect.Effect.Context<typeof program>, Tool.Handler<"find"> | Tool.Handler<"drop">>>().type.toBe<
      Events.Events | Database
    >()
  })

  it("with a runner requires what its tools require, and not their handlers again", () => {
    const runner = ToolRunner.make(Tools)
    expect(runner).type.toBe<
      Effect.Effect<ToolRunner.ToolRunner<Database>, never, Tool.Handler<"find"> | Tool.Handler<"drop">>
    >()
    expect(Effect.flatMap(runner, (tools) => Effect.succeed(ToolRunner.run(sessionId, tools)))).type.toBe<
      Effect.Effect<
        Effect.Effect<Follow.EndReason, ApiError | Journal.JournalError, Events.Events | Database>,
        never,
        Tool.Handler<"find"> | Tool.Handler<"drop">
      >
    >()
  })

  it("may fail for want of a journal only if one is required", () => {
    expect<Effect.Effect.Error<ReturnType<typeof required>>>().type.toBe<Journal.MissingJournal>()
    expect(ToolRunner.make(Tools, { concurrency: 1 })).type.toBe<
      Effect.Effect<ToolRunner.ToolRunner<Database>, never, Tool.Handler<"find"> | Tool.Handler<"drop">>
    >()
    expect(ToolRunner.make(Tools, {} as ToolRunner.Options)).type.toBe<
      Effect.Effect<
        ToolRunner.ToolRunner<Database>,
        Journal.MissingJournal,
        Tool.Handler<"find"> | Tool.Handler<"drop">
      >
    >()
    expect(ToolRunner.run(sessionId, Tools, { journal: "required" })).type.toBe<
      Effect.Effect<
        Follow.EndReason,
        ApiError | Journal.JournalError | Journal.MissingJournal,
        Events.Events | Tool.Handler<"find"> | Tool.Handler<"drop"> | Database
      >
    >()
    expect(ToolRunner.make).type.not.toBeCallableWith(Tools, { journal: "perhaps" })
  })

  it("takes nothing else for tools", () => {
    expect(Conversation.turn).type.not.toBeCallableWith(sessionId, "Hello", { tools: [find] })
    expect(Conversation.turn).type.not.toBeCallableWith(sessionId, "Hello", { tools: Effect.succeed(1) })
  })
})

describe("a toolkit", () => {
  it("does not go without a handler", () => {
    expect(Tools.toLayer).type.not.toBeCallableWith({ find: () => Effect.succeed("") })
    expect(Tools.toLayer).type.toBeCallableWith({ find: () => Effect.succeed(""), drop: () => Effect.void })
  })
})

describe("EnvironmentWorker.run", () => {
  const Local = Toolkit.make(Tool.make("bash", { parameters: { command: Schema.String }, success: Schema.String }))

  it("requires the handlers of its tools, and never succeeds", () => {
    const worker = EnvironmentWorker.run("env_1", Local)
    expect<Effect.Effect.Success<typeof worker>>().type.toBe<never>()
    expect<Effect.Effect.Error<typeof worker>>().type.toBe<ApiError>()
    expect<Effect.Effect.Context<typeof worker>>().type.toBe<
      ApiClient | EnvironmentWork | Events.Events | Tool.HandlersFor<typeof Local.tools>
    >()
  })

  it("takes a function that makes the tools of a session, and says if a journal may be missing", () => {
    const worker = EnvironmentWorker.run(
      "env_1",
      () => Effect.provide(Local, Local.toLayer({ bash: () => Effect.succeed("") })),
      { journal: "required" }
    )
    expect<Effect.Effect.Error<typeof worker>>().type.toBe<ApiError | Journal.MissingJournal>()
    expect<Effect.Effect.Context<typeof worker>>().type.toBe<
      ApiClient | EnvironmentWork | Events.Events
    >()
  })
})
