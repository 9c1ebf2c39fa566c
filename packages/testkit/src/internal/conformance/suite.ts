import type { Scenario } from "./scenario.ts"
import * as goals from "./scenarios/goals.ts"
import * as interrupts from "./scenarios/interrupts.ts"
import * as lists from "./scenarios/lists.ts"
import * as resources from "./scenarios/resources.ts"
import * as sessions from "./scenarios/sessions.ts"
import * as streams from "./scenarios/streams.ts"
import * as threads from "./scenarios/threads.ts"
import * as tools from "./scenarios/tools.ts"
import * as turns from "./scenarios/turns.ts"
import * as workspace from "./scenarios/workspace.ts"

/** All scenarios, in the order in which they are run. */
export const all: ReadonlyArray<Scenario> = [
  ...sessions.all,
  ...lists.all,
  ...resources.all,
  ...workspace.all,
  ...turns.all,
  ...tools.all,
  ...interrupts.all,
  ...streams.all,
  ...threads.all,
  ...goals.all
]
