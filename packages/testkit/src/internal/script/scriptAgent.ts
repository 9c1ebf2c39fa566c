import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Agent, CallStep, Delegation, Report, Script, ToolResult } from "../../AgentScript.ts"
import * as AgentScript from "../../AgentScript.ts"
import type { About, Played } from "../session/draft.ts"
import type { Action } from "../session/state.ts"
import * as provide from "./provide.ts"
import type { Operation } from "./scriptMessages.ts"

const first = <A>(items: ReadonlyArray<A>): A => {
  const [item] = items
  if (item === undefined) throw new Error("an operation gave nothing back")
  return item
}

/** The agent that an Effect of a script has in its hands: each operation is a step, or several. */
export const make = (about: About, play: (operation: Operation) => Effect.Effect<Played>): Agent => {
  /** Dies of what is no step. */
  const perform = (operation: Operation): Effect.Effect<Played> => {
    const steps = operation.steps.flatMap((step) => "listen" in step || "emit" in step ? [] : [step])
    return Effect.zipRight(Effect.orDie(AgentScript.check({ otherwise: steps })), play(operation))
  }
  const act = (...steps: ReadonlyArray<Action>): Effect.Effect<Played> => perform({ steps, literal: true })
  const only = (step: Action): Effect.Effect<void> => Effect.asVoid(act(step))
  const call = (step: CallStep): Effect.Effect<ToolResult> => Effect.map(act(step), ({ calls }) => first(calls))
  const delegateAll = <R>(
    tasks: ReadonlyArray<Delegation<Script<R>>>
  ): Effect.Effect<ReadonlyArray<Report>, never, R> =>
    Effect.contextWithEffect((context: Context.Context<R>) =>
      Effect.map(
        act(...tasks.map((task) => provide.step(AgentScript.delegate(task), context))),
        ({ reports }) => reports
      )
    )

  return {
    ...about,
    think: only(AgentScript.think),
    say: (...texts) => only(AgentScript.say(...texts)),
    tool: (params) => call(AgentScript.tool(params)),
    mcpTool: (params) => call(AgentScript.mcpTool(params)),
    customTool: (params) => call(AgentScript.customTool(params)),
    together: <const Calls extends ReadonlyArray<CallStep>>(calls: Calls) =>
      Effect.map(
        calls.length === 0 ? Effect.succeed([]) : Effect.map(act({ together: calls }), (played) => played.calls),
        // one result for each call, in the same order
        (results) => results as unknown as { readonly [K in keyof Calls]: ToolResult }
      ),
    sleep: (duration) => only(AgentScript.sleep(duration)),
    compact: only(AgentScript.compact),
    reschedule: (duration) => only(AgentScript.reschedule(duration)),
    fail: (failure) => only(AgentScript.fail(failure)),
    // the turn is over with that, and the Effect with the turn
    refuse: (refusal) => Effect.zipRight(only(AgentScript.refuse(refusal)), Effect.never),
    delegate: (task) => Effect.map(delegateAll([task]), first),
    delegateAll,
    nextMessage: Effect.flatMap(
      act({ listen: "wait" }),
      ({ message }) => message === null ? Effect.never : Effect.succeed(message)
    ),
    pollMessage: Effect.map(act({ listen: "poll" }), ({ message }) => Option.fromNullable(message)),
    emit: (event) => only({ emit: event }),
    play: <R>(steps: AgentScript.Turn<R>) =>
      Effect.contextWithEffect((context: Context.Context<R>) =>
        Effect.asVoid(perform({ steps: provide.turn(steps, context), literal: false }))
      )
  }
}
