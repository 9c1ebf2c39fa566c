// Budgets in bytes after minifying and brotli. They have room to grow; tighten them when the surface has settled.
const peers = ["effect", "@effect/platform"]

/** Files of the built page. */
const page = (...files) => files.map((file) => `packages/inspector/dist/${file}`)

/** What is built already is weighed as pages are: compressed by gzip. */
const asItIs = {
  gzip: true,
  modifyEsbuildConfig: (config) => ({ ...config, loader: { ".js": "copy", ".css": "copy", ".html": "copy" } })
}

export default [
  {
    name: "core: one identifier",
    path: "packages/core/dist/Ids.js",
    import: "{ SessionId }",
    ignore: peers,
    limit: "1 kB"
  },
  {
    name: "core: sessions alone, without Effect",
    path: "packages/core/dist/index.js",
    import: "{ Sessions }",
    ignore: peers,
    limit: "11.5 kB"
  },
  {
    name: "core: the first program of the README, without Effect",
    path: "packages/core/dist/index.js",
    import: "{ Conversation, ManagedAgents, SessionLifecycle }",
    ignore: peers,
    limit: "46 kB"
  },
  {
    name: "core: the whole client, without Effect",
    path: "packages/core/dist/index.js",
    import: "{ ManagedAgents }",
    ignore: peers,
    limit: "34 kB"
  },
  {
    name: "core: the whole client, with what it uses of Effect",
    path: "packages/core/dist/index.js",
    import: "{ ManagedAgents }",
    limit: "112 kB"
  },
  {
    name: "core: everything, without Effect",
    path: "packages/core/dist/index.js",
    import: "*",
    ignore: peers,
    limit: "84 kB"
  },
  {
    name: "testkit: everything, without core and Effect",
    path: "packages/testkit/dist/index.js",
    import: "*",
    ignore: [...peers, "@effect-managed-agents/core"],
    limit: "104 kB"
  },
  {
    name: "inspector: the page",
    path: page("index.html", "assets/index-*.js", "assets/*.css"),
    ...asItIs,
    limit: "200 kB"
  },
  {
    name: "inspector: the page, with all that it loads when it is needed",
    path: page("index.html", "assets/*"),
    ...asItIs,
    limit: "235 kB"
  }
]
