import * as Effect from "effect/Effect"
import { fileURLToPath } from "node:url"
import { bundle } from "./bundle.ts"

const pathOf = (file: string): string => fileURLToPath(new URL(`../../../examples/${file}`, import.meta.url))

/**
 * The path of the program that runs an example by name: a bundle, as deep in its package as the source, from where examples
 * look for files.
 */
export const program = Effect.runSync(Effect.cached(
  Effect.as(Effect.promise(() => bundle([pathOf("src/run.ts")], pathOf("build"))), pathOf("build/run.mjs"))
))
