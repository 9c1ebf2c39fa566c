import { addEqualityTesters, it } from "@effect/vitest"
import { beforeEach } from "vitest"

addEqualityTesters()

// `it.layer` replaces methods of the one `it` there is; the files of a process share it.
const original = Symbol.for("vitest.setup/it")
const kept: { [original]?: Partial<typeof it> } = globalThis
Object.assign(it, kept[original] ??= { effect: it.effect, scoped: it.scoped })

// Synchronous tests follow each other without a turn of the event loop, and the test runner would hear nothing meanwhile.
beforeEach(() => new Promise((resolve) => setImmediate(resolve)))
