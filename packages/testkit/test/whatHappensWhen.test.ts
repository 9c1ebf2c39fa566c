/** Each section of `docs/what-happens-when.md` has its tests in a file of its own. */
import { assert, it } from "@effect/vitest"
import { tested, titles } from "./utils/page.ts"
import "./whatHappensWhen/browsers.ts"
import "./whatHappensWhen/calls.ts"
import "./whatHappensWhen/cluster.ts"
import "./whatHappensWhen/files.ts"
import "./whatHappensWhen/processes.ts"
import "./whatHappensWhen/streams.ts"
import "./whatHappensWhen/tests.ts"
import "./whatHappensWhen/tools.ts"
import "./whatHappensWhen/turns.ts"
import "./whatHappensWhen/workspace.ts"
import "./whatHappensWhen/workers.ts"

it("what happens when …: the sections of the page are those that are tested", () => {
  assert.isAbove(titles.length, 0)
  assert.deepStrictEqual(tested.toSorted(), titles.toSorted())
})
