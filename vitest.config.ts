import { defineConfig } from "vitest/config"

const project = (name: string) => ({
  extends: true as const,
  test: {
    name,
    root: `packages/${name}`,
    include: ["test/**/*.test.ts"]
  }
})

export default defineConfig({
  test: {
    projects: [project("core"), project("testkit"), project("examples")],
    setupFiles: [new URL("./vitest.setup.ts", import.meta.url).pathname],
    // A runaway test ends itself, not the machine; tests of memory use ask for collections.
    poolOptions: { forks: { execArgv: ["--max-old-space-size=3072", "--expose-gc"] } },
    sequence: { concurrent: true },
    // the default leaves one processor to nobody, which is half of a small machine
    maxWorkers: "100%",
    minWorkers: 1,
    fakeTimers: { toFake: [] },
    testTimeout: 15_000
  }
})
