import { defineConfig } from "vitest/config"
import exceptions from "./exceptions.json" with { type: "json" }

const path = (name) => new URL(name, import.meta.url).pathname

export default defineConfig({
  root: path("."),
  resolve: {
    alias: [
      { find: /^@effect-managed-agents\/core$/, replacement: path("./src/index.ts") },
      { find: /^@effect-managed-agents\/core\/(.*)$/, replacement: path("./src/$1.ts") }
    ]
  },
  test: {
    name: "core-effect-4",
    include: ["test/**/*.test.ts"],
    exclude: Object.keys(exceptions),
    setupFiles: [path("./vitest.setup.mjs")],
    // the files of a process share the modules that they import, which take longer than most tests
    isolate: false,
    maxWorkers: 2,
    pool: "forks",
    execArgv: ["--max-old-space-size=3072", "--expose-gc"],
    fakeTimers: { toFake: [] },
    testTimeout: 120_000,
    hookTimeout: 120_000
  }
})
