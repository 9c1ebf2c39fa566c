import * as esbuild from "esbuild"
import { pathToFileURL } from "node:url"

/** Everything of the workspace goes into the bundle; what comes from node_modules stays outside it. */
export const dependenciesStayOutside = {
  name: "dependencies-stay-outside",
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, async (args) => {
      if (args.pluginData === dependenciesStayOutside || args.kind === "entry-point") return undefined
      if (args.path.startsWith("node:") || args.path.startsWith("@effect-managed-agents/")) return undefined
      const resolved = await build.resolve(args.path, {
        kind: args.kind,
        importer: args.importer,
        resolveDir: args.resolveDir,
        pluginData: dependenciesStayOutside
      })
      if (resolved.errors.length > 0) return resolved
      return { path: resolved.path.startsWith("/") ? pathToFileURL(resolved.path).href : resolved.path, external: true }
    })
  }
}

const bundle = (entry, outfile, options) =>
  esbuild.build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "warning",
    ...options
  })

export const bundleForNode = (entry, outfile) =>
  bundle(entry, outfile, { sourcemap: true, plugins: [dependenciesStayOutside] })

/** Everything goes into the bundle: a process of it starts with less than half of the processor time. */
export const bundleWhole = (entry, outfile) =>
  bundle(entry, outfile, {
    external: ["pg-native"],
    // for the CommonJS among the dependencies
    banner: {
      js: "import { createRequire as makeRequire } from \"node:module\"; const require = makeRequire(import.meta.url);"
    }
  })
