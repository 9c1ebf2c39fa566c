import * as Effect from "effect/Effect"
import * as Esbuild from "esbuild"
import { fileURLToPath } from "node:url"

const examples = new URL("../../../examples/", import.meta.url)

/**
 * The path of the program that runs an example by name. It is a bundle, since a process that loads hundreds of modules
 * takes seconds to start, and as deep in its package as the source, from where examples look for files.
 */
export const program = Effect.runSync(Effect.cached(Effect.promise(async () => {
  const outdir = fileURLToPath(new URL("build/", examples))
  await Esbuild.build({
    entryPoints: [fileURLToPath(new URL("src/run.ts", examples))],
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    external: ["pg-native", "libsql"],
    // for the CommonJS among the dependencies
    banner: {
      js: "import { createRequire as makeRequire } from \"node:module\"; const require = makeRequire(import.meta.url);"
    },
    logLevel: "silent"
  })
  return `${outdir}run.mjs`
})))
