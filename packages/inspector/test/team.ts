// A simulated team that does everything that the page can show, as the file that `--scripts` reads.

export const agent = "agent_editor"

/** An editor with a researcher and a writer, who asks before it saves, and whom to send the article to. */
export const agents = {
  agent_researcher: {
    agent: { name: "Researcher", tools: [{ type: "agent_toolset_20260401" }] },
    script: {
      turns: [[
        { sleep: 2000 },
        { tool: { name: "web_search", input: { query: "bees" }, result: "Bees dance." } },
        { sleep: 1500 },
        { say: "Bees dance to say where the flowers are." }
      ]]
    }
  },
  agent_writer: {
    agent: { name: "Writer" },
    script: { turns: [[{ sleep: 6000 }, { say: "A draft about bees." }]] }
  },
  [agent]: {
    agent: {
      name: "Editor",
      multiagent: { type: "coordinator", agents: ["agent_researcher", "agent_writer"] },
      tools: [
        {
          type: "agent_toolset_20260401",
          default_config: { enabled: true, permission_policy: { type: "always_ask" } }
        },
        {
          type: "custom",
          name: "send_article",
          description: "Sends the article to a reader",
          input_schema: {
            type: "object",
            properties: {
              to: { type: "string", description: "The address of the reader" },
              copies: { type: "integer" }
            },
            required: ["to"]
          }
        }
      ]
    },
    script: {
      turns: [[
        { sleep: 700 },
        { say: "I will ask my team." },
        { sleep: 300 },
        { delegate: { agent: "Researcher", message: "What is known about bees?" } },
        { sleep: 800 },
        { delegate: { agent: "Writer", message: "Draft an article about bees." } },
        { sleep: 900 },
        { tool: { name: "write", input: { path: "bees.md" }, result: "saved" } },
        { sleep: 1100 },
        { custom_tool: { name: "send_article", input: { to: "ada@example.com", copies: 1 } } },
        { sleep: 600 },
        { say: "The article is saved and sent: {{result}}" }
      ]],
      otherwise: [{ sleep: 500 }, { say: "You said: {{text}}" }]
    }
  }
}
