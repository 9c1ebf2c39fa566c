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
    sequence: { concurrent: true },
    fakeTimers: { toFake: [] },
    testTimeout: 15_000
  }
})
