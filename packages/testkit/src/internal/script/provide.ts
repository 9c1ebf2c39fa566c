import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Delegation, Script, Step, Turn } from "../../AgentScript.ts"

/** Gives the Effects of a script what they require. */
export const script = <R>(self: Script<R>, context: Context.Context<R>): Script => ({
  turns: self.turns?.map((steps) => turn(steps, context)),
  otherwise: self.otherwise === undefined ? undefined : turn(self.otherwise, context),
  grades: self.grades
})

/** Gives the Effects of a turn what they require. */
export const turn = <R>(self: Turn<R>, context: Context.Context<R>): Turn => self.map((one) => step(one, context))

/** Gives the Effects of a step what they require. */
export const step = <R>(self: Step<R>, context: Context.Context<R>): Step => {
  if ("effect" in self) {
    // how it fails is the author's business until it is run
    // @effect-diagnostics-next-line anyUnknownInErrorContext:off
    return { effect: (agent) => Effect.provide(self.effect(agent), context) }
  }
  if ("delegate" in self) return { delegate: delegation(self.delegate, context) }
  if ("workflow" in self) {
    const phases = self.workflow.phases.map((phase) => ({
      ...phase,
      agents: phase.agents.map((task) => delegation(task, context))
    }))
    return { workflow: { ...self.workflow, phases } }
  }
  return self
}

const delegation = <R>(self: Delegation<Script<R>>, context: Context.Context<R>): Delegation<Script> => ({
  ...self,
  script: self.script === undefined ? undefined : script(self.script, context)
})
