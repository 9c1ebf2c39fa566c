import { defineConfig } from "vitest/config"

const packages = ["core", "testkit", "cli", "inspector", "examples"]
const setupFiles = [new URL("./vitest.setup.ts", import.meta.url).pathname]

/** What takes long runs after the rest; what is about real time, sockets, processes or memory, one file after the other. */
const later = ["properties", "realtime"]

export default defineConfig({
  test: {
    projects: [
      ...packages.map((name) => ({
        extends: true as const,
        test: {
          name,
          root: `packages/${name}`,
          include: ["test/**/*.test.ts"],
          exclude: later.map((folder) => `test/${folder}/**`)
        }
      })),
      ...later.map((folder, index) => ({
        extends: true as const,
        test: {
          name: folder,
          include: [`packages/{${packages.join(",")}}/test/${folder}/**/*.test.ts`],
          poolOptions: { forks: { singleFork: folder === "realtime" } },
          testTimeout: 600_000,
          sequence: { groupOrder: index + 1 }
        }
      }))
    ],
    setupFiles,
    poolOptions: {
      forks: {
        // The files of a process share the modules that they import, which take longer than most tests.
        isolate: false,
        // A runaway test ends itself, not the machine; tests of memory use ask for collections.
        execArgv: ["--max-old-space-size=3072", "--expose-gc"]
      }
    },
    // the default leaves one processor to nobody, which is half of a small machine
    maxWorkers: "100%",
    minWorkers: 1,
    fakeTimers: { toFake: [] },
    // A test that hangs fails; one on a busy machine does not.
    testTimeout: 120_000,
    hookTimeout: 120_000
  }
})
