import { addEqualityTesters } from "@effect/vitest"
import { beforeEach } from "vitest"

addEqualityTesters()

// Synchronous tests follow each other without a turn of the event loop, and the test runner would hear nothing meanwhile.
beforeEach(() => new Promise((resolve) => setImmediate(resolve)))
