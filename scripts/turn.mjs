// The turn that packages/testkit/test/runtimes/turn.ts has with the simulator on a port, and what has to come of it.
import { createServer } from "node:net"

const agent = "agent_colors"
const environment = "env_runtimes"

/** The agent asks the tool once; the first stream is cut before it has. One session has moved. */
export const prepare = async ({ control, url }) => {
  await control("POST", "reset")
  await control("PUT", `environments/${environment}`, {})
  await control("PUT", `agents/${agent}`, {
    agent: {
      tools: [{ type: "custom", name: "color_of", description: "A color.", input_schema: { type: "object" } }]
    },
    script: { turns: [[{ custom_tool: { name: "color_of", input: { id: "1234" } } }, { say: "Es ist {{result}}." }]] }
  })
  const redirect = { status: 307, headers: { location: `${url}/v1/elsewhere` } }
  await control("POST", "faults", {
    faults: [
      { match: { method: "GET", path: "/v1/sessions/*/events/stream" }, do: { stream: { cut_after_events: 2 } } },
      { match: { method: "GET", path: "/v1/sessions/sesn_moved" }, do: redirect }
    ]
  })
}

/** A URL at which nobody listens. */
const findNobody = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const url = `http://127.0.0.1:${server.address().port}`
      server.close(() => resolve(url))
    })
  })

/** The call of the program, as JavaScript. */
export const callOf = async (url) => {
  const inputs = [url, await findNobody(), agent, environment]
  return `turn(${inputs.map((text) => JSON.stringify(text)).join(", ")})`
}

/** What was not as it should be, given what the program printed and the simulator was asked. */
export const problemOf = (output, expected, requests) => {
  const results = requests.flatMap(({ body }) => body?.events ?? [])
    .filter(({ type }) => type === "user.custom_tool_result")
  const streams = requests.filter(({ path }) => path.endsWith("/stream"))
  const line = output.split("\n").find((line) => line.startsWith("{"))
  const { ended, redirected, refused, reply } = JSON.parse(line ?? "{}")
  if (ended !== "EndTurn") return `it ended with ${ended}`
  if (reply !== "Es ist grün 1234 🌱.") return `the reply is ${reply}`
  if (results.length !== 1) return `${results.length} results of the tool were sent`
  if (streams.length < 3 || streams[0].fault === undefined) return `${streams.length} streams were opened`
  if (refused !== expected) return `a refused connection was ${refused}`
  if (redirected !== "UnexpectedStatus") return `the redirect was ${redirected}`
  if (requests.some(({ path }) => path === "/v1/elsewhere")) return "the redirect was followed"
  if (!requests.at(-1).path.endsWith("/archive")) return "the session was not archived in the end"
  return undefined
}
