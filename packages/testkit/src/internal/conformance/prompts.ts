import type { DataScript } from "../../AgentScript.ts"

/** The name of the tool that the client runs. */
export const lookupName = "conformance_lookup"

/** A turn that is short. */
export const ok = "Reply with the single word OK. Use no tools."

/** A turn that is still running when something else is done. */
export const long: { readonly text: string; readonly script: DataScript } = {
  text: "Count from 1 to 400 in English words, one number per line, every single one. Use no tools.",
  // whoever plays it interrupts it
  script: { turns: [[{ sleep: 3_600_000 }, { say: "Four hundred." }]] }
}

/** A turn in which a tool of the client is called. */
export const call = `Call the tool ${lookupName} once, with the key "alpha". Then reply with its result.`

/** A turn in which a tool of the client is called twice at once. */
export const twoCalls = `Call the tool ${lookupName} twice in one and the same response, in parallel: with the key ` +
  "\"alpha\" first, and with the key \"beta\" second. When you have both results, reply with them."

/** A turn in which the shell is used, which needs approval. */
export const shell = "Run the command `echo conformance` with the bash tool, once. Then reply with what happened. " +
  "Do not try again if it is not permitted."
