import * as esbuild from "esbuild"
import { pathToFileURL } from "node:url"

/** Everything of the workspace goes into the bundle; what comes from node_modules stays outside it. */
const dependenciesStayOutside = {
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

const bundle = (options) =>
  esbuild.build({
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "warning",
    ...options
  })

export const bundleForNode = (entry, outfile, plugins = []) =>
  bundle({ entryPoints: [entry], outfile, sourcemap: true, plugins: [...plugins, dependenciesStayOutside] })

/** It looks for its binary from where it is. */
const libsqlStaysOutside = {
  name: "libsql-stays-outside",
  setup(build) {
    build.onResolve({ filter: /^libsql$/ }, async (args) => {
      if (args.pluginData === libsqlStaysOutside) return undefined
      const { kind, importer, path, resolveDir } = args
      const resolved = await build.resolve(path, { kind, importer, resolveDir, pluginData: libsqlStaysOutside })
      return resolved.errors.length > 0 ? resolved : { path: pathToFileURL(resolved.path).href, external: true }
    })
  }
}

/** Everything goes into the bundle: a process of it starts with less than half of the processor time. */
const whole = {
  external: ["pg-native"],
  plugins: [libsqlStaysOutside],
  // for the CommonJS among the dependencies
  banner: {
    js: "import { createRequire as makeRequire } from \"node:module\"; const require = makeRequire(import.meta.url);"
  }
}

export const bundleWhole = (entry, outfile) => bundle({ ...whole, entryPoints: [entry], outfile })

/** Bundles programs, which share what they have in common, as `.mjs` into a folder. */
export const bundlePrograms = (entryPoints, outdir) =>
  bundle({
    ...whole,
    entryPoints,
    outdir,
    outExtension: { ".js": ".mjs" },
    splitting: true,
    sourcemap: true
  })
