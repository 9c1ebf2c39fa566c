/** Core runs on Node, Bun, Deno, in workers and in browsers: it imports and uses nothing that only some of them have. */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const index = new URL("../src/index.ts", import.meta.url)

/** Every module that is reached from the index, with its code and the packages it imports. */
const graph = () => {
  const modules = new Map<string, { readonly code: string; readonly packages: ReadonlyArray<string> }>()
  const visit = (url: URL) => {
    if (modules.has(url.href)) return
    // comments and texts name things that the code does not use
    const source = readFileSync(fileURLToPath(url), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")
    const imports = /^(?:import|export)\b[^"=]*?\bfrom "([^"]+)"|\bimport\("([^"]+)"\)/gm
    const specifiers = [...source.matchAll(imports)].map(([, declared, dynamic]) => declared ?? dynamic ?? "")
    const code = source.replace(/"(?:[^"\\\n]|\\.)*"/g, "")
    modules.set(url.href, { code, packages: specifiers.filter((specifier) => !specifier.startsWith(".")) })
    for (const specifier of specifiers) if (specifier.startsWith(".")) visit(new URL(specifier, url))
  }
  visit(index)
  return modules
}

const modules = [...graph()].map(([url, module]) => ({ ...module, name: url.slice(url.lastIndexOf("/src/") + 5) }))

/** As a name of its own, not as a property or a key, nor as something that the module declares itself. */
const uses = (code: string, name: string) =>
  new RegExp(`(?<![.\\w$])${name}(?![\\w$]|\\s*[?]?:)`).test(code) && !new RegExp(`\\bconst ${name}\\b`).test(code)

describe("the modules of core", () => {
  it("are found", () => {
    assert.isAbove(modules.length, 35)
    for (const name of ["ApiClient.ts", "internal/stream/eventStream.ts", "Event.ts"]) {
      assert.isTrue(modules.some((module) => module.name === name), name)
    }
  })

  it("import only what is portable", () => {
    for (const { name, packages } of modules) {
      for (const specifier of packages) {
        assert.match(specifier, /^(effect\/\w+|@effect\/platform\/\w+|@effect\/ai\/\w+|eventsource-parser)$/, name)
      }
    }
  })

  it.each([
    "process",
    "Buffer",
    "global",
    "require",
    "__dirname",
    "Deno",
    "Bun",
    "window",
    "document",
    "navigator",
    "location",
    "localStorage",
    "XMLHttpRequest",
    "EventSource",
    "WebSocket",
    // time, chance and transport are services
    "fetch",
    "setTimeout",
    "setInterval",
    "setImmediate",
    "queueMicrotask",
    "performance",
    "crypto",
    "Date\\.now",
    "new Date\\(\\)",
    "Math\\.random",
    "console"
  ])("do not use %s", (global) => {
    assert.deepStrictEqual(modules.filter(({ code }) => uses(code, global)).map(({ name }) => name), [])
  })
})
