import * as Esbuild from "esbuild"

/**
 * Bundles programs, which share what they have in common, as `.mjs` into a folder: a process that loads hundreds of modules
 * takes seconds to start.
 */
export const bundle = (entryPoints: ReadonlyArray<string>, outdir: string): Promise<unknown> =>
  Esbuild.build({
    entryPoints: [...entryPoints],
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20",
    // one is there for those who build it, the other looks for its binary from where it is
    external: ["pg-native", "libsql"],
    // for the CommonJS among the dependencies
    banner: {
      js: "import { createRequire as makeRequire } from \"node:module\"; const require = makeRequire(import.meta.url);"
    },
    logLevel: "silent"
  })
