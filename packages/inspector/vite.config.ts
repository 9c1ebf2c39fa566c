import { defineConfig } from "vite"

export default defineConfig({
  // wherever it is served
  base: "./",
  build: {
    target: "es2022",
    // one style sheet and no inlined assets: the page's policy allows files of its own server only
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    // what is published has the licences of what is in it
    license: { fileName: "licenses.md" },
    modulePreload: { polyfill: false },
    rolldownOptions: {
      treeshake: {
        // the client comes from its sources, in which no call is marked as pure
        manualPureFunctions: [
          "Schema",
          "wire",
          "params",
          "Context",
          "Effect",
          "Layer",
          "Endpoint",
          "Ids",
          "Stream",
          "Metric",
          "Match",
          "Config",
          "Duration",
          "Schedule",
          "Option",
          "Data"
        ]
      }
    }
  }
})
