// Written by scripts/codegen.mjs from the doc comments of the wire schemas. Do not edit.
// dprint-ignore-file

interface Description {
  readonly text?: string
  readonly fields?: { readonly [field: string]: string }
}

/** The doc comments of the wire schemas, by their identifiers. */
export const descriptions: { readonly [identifier: string]: Description } = {
  Advisor: {
    text: "A model that the primary thread may consult in the middle of a turn.",
    fields: {
      model: "The model that gives advice."
    }
  },
  AdvisorEnabled: {
    fields: {
      model: "The model that gives advice."
    }
  },
  AdvisorSwitch: {
    text: "The model that can be consulted as an advisor, if any."
  },
  AgentCustomToolUseEvent: {
    text: "`agent.custom_tool_use`: the agent calls a tool that the client runs. Answer it with a `user.custom_tool_result` that names this event's `id`.",
    fields: {
      session_thread_id: "The child thread that made the call, on the session's own stream and list. For information: the answer is routed by the id of the call.",
      name: "The tool.",
      input: "The arguments. They are not checked against the tool's schema.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  AgentId: {
    text: "Identifies an agent (`agent_…`)."
  },
  AgentMcpToolResultEvent: {
    text: "`agent.mcp_tool_result`: what a tool of an MCP server returned.",
    fields: {
      content: "The result of the tool, in blocks.",
      is_error: "True if the tool failed.",
      mcp_tool_use_id: "The `agent.mcp_tool_use` event that is answered.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  AgentMcpToolUseEvent: {
    text: "`agent.mcp_tool_use`: the agent calls a tool of an MCP server. The service runs it.",
    fields: {
      session_thread_id: "The child thread that made the call, on the session's own stream and list. For information: the answer is routed by the id of the call.",
      evaluated_permission: "The decision of the permission policy about the call.",
      evaluation: "Which policy decided. Absent for a call that was refused before any policy applied, and in older events.",
      mcp_server_name: "The MCP server, by its name in the agent's definition.",
      name: "The tool.",
      input: "The arguments.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  AgentMessageContent: {
    text: "The blocks of an agent's message."
  },
  AgentMessageEvent: {
    text: "`agent.message`: what the agent said.",
    fields: {
      content: "The content, in blocks.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  AgentMessagePreview: {
    text: "The message that is being produced.",
    fields: {
      id: "The id that the `agent.message` will have."
    }
  },
  AgentParams: {
    text: "The agent of a new session: its id for the latest version, a reference to a version, or one with overrides."
  },
  AgentReference: {
    text: "A saved agent at one version, by reference.",
    fields: {
      id: "The agent.",
      version: "Counts from 1."
    }
  },
  AgentReferenceParams: {
    text: "An agent, at a version of choice.",
    fields: {
      id: "The agent.",
      version: "At least 1; the default is the latest."
    }
  },
  AgentThinkingEvent: {
    text: "`agent.thinking`: the agent is thinking. A sign of progress, without content.",
    fields: {
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  AgentThinkingPreview: {
    text: "The thinking that has begun. No deltas follow.",
    fields: {
      id: "The id that the `agent.thinking` will have."
    }
  },
  AgentThreadContextCompactedEvent: {
    text: "`agent.thread_context_compacted`: older history was summarised for the model. The event list keeps it.",
    fields: {
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  AgentThreadMessageReceivedEvent: {
    text: "`agent.thread_message_received`: a message from another thread arrived at this one.",
    fields: {
      from_session_thread_id: "The thread that sent it.",
      from_agent_name: "The agent of that thread. May be absent or `null` for the primary one.",
      content: "The content, in blocks.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  AgentThreadMessageSentEvent: {
    text: "`agent.thread_message_sent`: this thread sent a message to another.",
    fields: {
      to_session_thread_id: "The thread that it was sent to.",
      to_agent_name: "The agent of that thread. Absent or `null` for the primary one.",
      content: "The content, in blocks.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  AgentTool: {
    text: "A tool or toolset of an agent."
  },
  AgentToolParams: {
    text: "A tool or toolset to give to an agent."
  },
  AgentToolResultEvent: {
    text: "`agent.tool_result`: what a built-in tool returned.",
    fields: {
      content: "The result of the tool, in blocks.",
      is_error: "True if the tool failed.",
      tool_use_id: "The `agent.tool_use` event that is answered.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  AgentToolUseEvent: {
    text: "`agent.tool_use`: the agent calls a built-in tool. To answer or confirm it, name this event's `id`.",
    fields: {
      session_thread_id: "The child thread that made the call, on the session's own stream and list. For information: the answer is routed by the id of the call.",
      evaluated_permission: "The decision of the permission policy about the call.",
      evaluation: "Which policy decided. Absent for a call that was refused before any policy applied, and in older events.",
      name: "The tool.",
      input: "The arguments. They are not checked: a call that was cut off has none.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  AgentToolsParams: {
    text: "The tools to give to the agent of a session: at most 128, no two custom tools of one name."
  },
  AgentToolset: {
    text: "The built-in tools: shell, files, search and the web.",
    fields: {
      configs: "The tools that differ from `default_config`.",
      default_config: "Configuration of all other tools of the set."
    }
  },
  AgentToolsetParams: {
    text: "Gives the agent the built-in tools.",
    fields: {
      configs: "Tools that differ from `default_config`, each at most once.",
      default_config: "Configuration of all other tools of the set."
    }
  },
  AgentWithOverridesParams: {
    text: "An agent of which some settings are replaced in this session only. A list replaces the agent's whole list, an empty one clears it, an absent one keeps it.",
    fields: {
      id: "The agent.",
      version: "At least 1; the default is the latest.",
      model: "Another model.",
      system: "The system prompt, at most 100,000 characters; `null` clears the agent's.",
      tools: "At most 128.",
      mcp_servers: "At most 20, of different names.",
      skills: "At most 20."
    }
  },
  AgentsEnabled: {
    fields: {
      inline_agents: "Permission to define further agents on the fly.",
      predefined_agents: "The saved agents that may be used."
    }
  },
  AgentsEnabledParams: {
    fields: {
      inline_agents: "Permission to define further agents on the fly; the default is `enabled`.",
      predefined_agents: "The saved agents that may be used: at most 20, by default none."
    }
  },
  AgentsSwitch: {
    text: "Permission to spawn threads or run workflows, and with which agents."
  },
  AgentsSwitchParams: {
    text: "Permission to spawn threads or run workflows, and with which agents."
  },
  AnthropicSkill: {
    text: "A skill that Anthropic maintains.",
    fields: {
      skill_id: "Its name, such as `xlsx`.",
      version: "The version that is loaded."
    }
  },
  AnthropicSkillParams: {
    text: "A skill that Anthropic maintains, to load into the sandbox.",
    fields: {
      skill_id: "Its name, such as `xlsx`.",
      version: "The default is the latest."
    }
  },
  ApiActor: {
    text: "A caller of the API.",
    fields: {
      api_key_id: "The id of the key (`apikey_…`), which is no secret."
    }
  },
  AutoEvaluatedPermission: {
    text: "The judgement on one call under the `auto` policy."
  },
  AutoEvaluatedPermissionAllow: {
    text: "The call was judged safe."
  },
  AutoEvaluatedPermissionAsk: {
    text: "No judgement was reached; the call waits for the client.",
    fields: {
      reason_code: "Why, for programs."
    }
  },
  AutoEvaluatedPermissionDeny: {
    text: "The call was judged too risky, or could not be judged and is not held for the client. It does not run.",
    fields: {
      reason_code: "Why, for programs."
    }
  },
  AwsRoleIdentity: {
    text: "A role of AWS.",
    fields: {
      role_arn: "The ARN of the role."
    }
  },
  AwsRoleIdentityParams: {
    text: "A role of AWS to act as.",
    fields: {
      role_arn: "The ARN of the role, at most 2,048 characters."
    }
  },
  Base64DocumentSource: {
    text: "A document given as data.",
    fields: {
      data: "The document, in base64.",
      media_type: "MIME type of the document, for example `application/pdf`."
    }
  },
  Base64ImageSource: {
    text: "An image given as data.",
    fields: {
      data: "The image, in base64.",
      media_type: "MIME type of the image: `image/png`, `image/jpeg`, `image/gif` or `image/webp`."
    }
  },
  BashToolConfig: {
    fields: {
      name: "The tool.",
      type: "The same as `name`; servers of mid-2026 leave it out.",
      enabled: "True if the agent may use the tool.",
      permission_policy: "The check before it runs."
    }
  },
  BashToolConfigParams: {
    fields: {
      name: "The tool.",
      type: "The same as `name`.",
      enabled: "True if the agent may use the tool; the toolset's `default_config` decides if absent.",
      permission_policy: "The toolset's `default_config` decides if absent."
    }
  },
  BasicClientAuthParams: {
    fields: {
      client_secret: "The client secret."
    }
  },
  BasicClientAuthUpdate: {
    fields: {
      client_secret: "The new client secret. The credential keeps the way in which it is sent."
    }
  },
  BillingError: {
    text: "The organization or workspace may not use a model: it is out of credits or at its spend limit. Only a change of its billing helps.",
    fields: {
      message: "The message, for people.",
      retry_status: "The reaction."
    }
  },
  BranchCheckout: {
    text: "Check out the tip of a branch.",
    fields: {
      name: "The branch."
    }
  },
  Budget: {
    text: "The ceiling on what a session may cost; once it is reached, no new model request starts.",
    fields: {
      max_list_cost: "The most that the session may cost at list prices."
    }
  },
  BudgetParams: {
    text: "The ceiling to set on a session.",
    fields: {
      max_list_cost: "The most that the session may cost at list prices; an update must set more than is already spent."
    }
  },
  CacheCreation: {
    text: "Tokens written to the prompt cache, by how long the entry lives.",
    fields: {
      ephemeral_5m_input_tokens: "Tokens of entries that live five minutes.",
      ephemeral_1h_input_tokens: "Tokens of entries that live one hour."
    }
  },
  CapabilitySupport: {
    text: "One capability of a model.",
    fields: {
      supported: "True if the model is able to."
    }
  },
  Checkout: {
    text: "Part of a repository that is checked out."
  },
  ClientAuth: {
    text: "Authentication of the client at the token endpoint."
  },
  ClientAuthParams: {
    text: "Authentication of the client at the token endpoint, with its secret."
  },
  ClientAuthUpdate: {
    text: "The new client secret of a credential that has one."
  },
  CloudConfig: {
    text: "Sandboxes that the service runs.",
    fields: {
      networking: "The hosts that a sandbox can reach.",
      packages: "The packages in it."
    }
  },
  CloudConfigParams: {
    text: "Sandboxes that the service is to run. In an update, what is absent stays.",
    fields: {
      networking: "The hosts to reach.",
      packages: "The packages to install."
    }
  },
  CommitCheckout: {
    text: "Check out one commit.",
    fields: {
      sha: "The full hash."
    }
  },
  CompactionCapability: {
    fields: {
      summarize: "Compaction of the type `summarize`.",
      supported: "True if the model is able to."
    }
  },
  CompactionLimitReachedError: {
    text: "The turn was stopped because the context was compacted too often in a row without a message or a tool call. The next message starts a new turn.",
    fields: {
      message: "The message, for people.",
      retry_status: "The reaction."
    }
  },
  ConfirmationResult: {
    text: "Decision about a tool call."
  },
  ContentDelta: {
    text: "The next part of a message's `content`.",
    fields: {
      index: "Which block it belongs to; absent means the first. A new index starts a block, a known one goes on with it.",
      content: "The part."
    }
  },
  ContentSha256Params: {
    text: "Condition that the text is still the one that was read.",
    fields: {
      content_sha256: "The `content_sha256` of the memory as it was read."
    }
  },
  ContextManagementCapability: {
    fields: {
      clear_thinking_20251015: "The strategy of this name; `null` where the service does not say.",
      clear_tool_uses_20250919: "The strategy of this name; `null` where the service does not say.",
      compact_20260112: "The strategy of this name; `null` where the service does not say.",
      supported: "True if the model is able to."
    }
  },
  Coordinator: {
    text: "The agent delegates to the agents of a roster, each in a thread of its own.",
    fields: {
      agents: "Whom the agent may delegate to, at most 20."
    }
  },
  CoordinatorParams: {
    text: "Lets an agent delegate to others; `Multiagent20261001Params` can do more.",
    fields: {
      agents: "Whom the agent may delegate to: 1 to 20, no two alike, none of which delegates itself."
    }
  },
  CreateAgentParams: {
    text: "Parameters of a new agent.",
    fields: {
      name: "For people to read; not empty.",
      model: "The model, or the model and how to use it.",
      description: "The purpose of the agent.",
      system: "The system prompt.",
      tools: "At most 256.",
      mcp_servers: "At most 20, of different names, each of which a `mcp_toolset` of `tools` uses.",
      skills: "The skills to load into the sandbox.",
      multiagent: "Cooperation with other agents; absent or `null` for an agent that works alone.",
      execution_identity: "The principal of its runs; the default is the service's own account.",
      metadata: "At most 16 pairs, keys of at most 64 and values of at most 512 characters."
    }
  },
  CreateCredentialParams: {
    text: "Parameters of a new credential. A vault has at most 20.",
    fields: {
      auth: "Kind and secrets.",
      display_name: "For people to read: at most 255 characters.",
      metadata: "At most 16 pairs, keys of at most 64 and values of at most 512 characters."
    }
  },
  CreateDeploymentParams: {
    text: "Parameters of a new deployment.",
    fields: {
      name: "For people to read; not empty.",
      agent: "The agent: its id for the version that is the latest now, or a reference to a version.",
      environment_id: "The environment of the sandboxes.",
      initial_events: "The events that each session begins with, 1 to 50.",
      description: "For people to read.",
      resources: "The resources to mount in each sandbox, at most 500.",
      vault_ids: "The vaults whose credentials the agent may use, at most 50.",
      budget: "A ceiling on the cost of each session.",
      schedule: "When to run; only on demand if absent.",
      metadata: "At most 16 pairs, keys of at most 64 and values of at most 512 characters."
    }
  },
  CreateEnvironmentParams: {
    text: "Parameters of a new environment.",
    fields: {
      name: "For people to read.",
      config: "Kind and configuration.",
      description: "For people to read.",
      metadata: "Pairs of one's own.",
      scope: "Who can see it; organizations of the API know only `organization`."
    }
  },
  CreateMemoryParams: {
    text: "Parameters of a new memory.",
    fields: {
      path: "1 to 20 segments, each after a `/` and neither empty nor `.` nor `..`; at most 1,024 bytes.",
      content: "The text, which may be empty: at most 102,400 bytes."
    }
  },
  CreateMemoryStoreParams: {
    text: "Parameters of a new memory store.",
    fields: {
      name: "1 to 255 characters, without control characters; need not be unique.",
      description: "The content of the store in words for the agent, at most 1,024 characters.",
      metadata: "At most 16 pairs, keys of at most 64 and values of at most 512 characters."
    }
  },
  CreateSessionParams: {
    text: "Parameters of a new session.",
    fields: {
      agent: "The agent: its id for the latest version, a reference to a version, or one with overrides.",
      environment_id: "The environment of the sandbox.",
      title: "For people to read.",
      metadata: "At most 16 pairs, keys of at most 64 and values of at most 512 characters.",
      resources: "The resources to mount in the sandbox: at most 500 files and 8 memory stores.",
      vault_ids: "The vaults whose credentials the agent may use.",
      initial_events: "The events that the session starts to work on at once: at most 50 events, at most one outcome, at most 100 documents that are files.",
      budget: "A ceiling on the cost. It can only be set here, and then be changed or removed; absent for none."
    }
  },
  CreateSkillParams: {
    text: "Parameters of a new skill.",
    fields: {
      files: "The files, with paths that begin with the name of their folder.",
      display_name: "For people to read, in one line of at most 255 characters; the default is the `name` in the head of `SKILL.md`."
    }
  },
  CreateSkillVersionParams: {
    text: "Parameters of a new version of a skill.",
    fields: {
      files: "All files of the version, with paths that begin with the name of their folder."
    }
  },
  CreateVaultParams: {
    text: "Parameters of a new vault.",
    fields: {
      display_name: "For people to read: 1 to 255 characters.",
      metadata: "At most 16 pairs, keys of at most 64 and values of at most 512 characters."
    }
  },
  Credential: {
    text: "A credential in a vault, without its secrets.",
    fields: {
      id: "Names the credential in every other call.",
      vault_id: "The vault that it is in.",
      display_name: "For people to read; absent or `null` if there is none.",
      auth: "Its kind, and what it is for.",
      metadata: "Pairs of one's own.",
      created_at: "When the credential was created.",
      updated_at: "When the credential last changed.",
      archived_at: "`null` for a credential that is not archived."
    }
  },
  CredentialAuth: {
    text: "The kind of a credential, without its secrets."
  },
  CredentialAuthParams: {
    text: "Kind and secrets of a new credential."
  },
  CredentialAuthUpdate: {
    text: "Changes to the secrets of a credential, of the kind that it has."
  },
  CredentialHostUnreachableError: {
    text: "A credential may go to a host that the environment's network policy does not allow.",
    fields: {
      credential_id: "The credential.",
      vault_id: "The vault that holds it.",
      message: "The message, for people.",
      retry_status: "The reaction."
    }
  },
  CredentialHosts: {
    text: "The hosts that a secret is sent to."
  },
  CredentialHostsParams: {
    text: "The hosts that a secret may be sent to."
  },
  CredentialHttpResponse: {
    text: "The answer of a server that was tried, without secrets.",
    fields: {
      status_code: "The HTTP status.",
      content_type: "The `content-type`.",
      body: "The body, or its beginning.",
      body_truncated: "True if it is the beginning."
    }
  },
  CredentialId: {
    text: "Identifies a credential in a vault (`vcrd_…`)."
  },
  CredentialRefresh: {
    text: "Renewal of an access token that has expired.",
    fields: {
      client_id: "The OAuth client.",
      token_endpoint: "The address that gives new tokens.",
      token_endpoint_auth: "Authentication of the client at that address.",
      resource: "The OAuth resource indicator.",
      scope: "The OAuth scope."
    }
  },
  CredentialRefreshParams: {
    text: "Renewal of an access token, with its secrets.",
    fields: {
      client_id: "The OAuth client, which can never change.",
      refresh_token: "The refresh token.",
      token_endpoint: "The address that gives new tokens.",
      token_endpoint_auth: "Authentication of the client at that address.",
      resource: "The OAuth resource indicator.",
      scope: "The OAuth scope."
    }
  },
  CredentialRefreshUpdate: {
    text: "Changes to the renewal of an access token.",
    fields: {
      refresh_token: "The new refresh token.",
      scope: "The new OAuth scope; empty for none.",
      token_endpoint_auth: "The new client secret."
    }
  },
  CredentialValidation: {
    text: "The result of a validation.",
    fields: {
      credential_id: "The credential.",
      vault_id: "The vault that it is in.",
      status: "The verdict. `invalid`: the server refused the credential, or there is no token, and most often its owner has to authorize again. `unknown`: the service could not find out; validate again.",
      has_refresh_token: "True if there is a refresh token.",
      mcp_probe: "The step that failed; `null` if none did, or if there was no token to try.",
      refresh: "The attempt to renew the token after a 401; `null` if there was none.",
      validated_at: "When the credential was tried."
    }
  },
  CronSchedule: {
    text: "When a deployment runs.",
    fields: {
      expression: "Minute, hour, day of month, month, day of week.",
      timezone: "An IANA name such as `Europe/Lisbon`.",
      last_run_at: "When the last run on schedule started; absent or `null` if there was none.",
      upcoming_runs_at: "When it will run next, at most 5 times, each of which may be a little later. Empty when archived."
    }
  },
  CronScheduleParams: {
    text: "When to run.",
    fields: {
      expression: "Minute, hour, day of month, month, day of week, such as `0 9 * * 1-5`; without seconds, `L`, `W`, `#`, `?`, `@daily`.",
      timezone: "An IANA name such as `Europe/Lisbon`."
    }
  },
  CustomSkill: {
    text: "A skill of the workspace.",
    fields: {
      skill_id: "The skill.",
      version: "The version that is loaded."
    }
  },
  CustomSkillParams: {
    text: "A skill of the workspace, to load into the sandbox.",
    fields: {
      skill_id: "The skill.",
      version: "The default is the latest."
    }
  },
  CustomTool: {
    text: "A tool that the client runs: a call is an `agent.custom_tool_use` event, answered by `user.custom_tool_result`.",
    fields: {
      name: "The name by which calls refer to the tool.",
      description: "The description of the tool that the agent reads.",
      input_schema: "The JSON Schema of the input."
    }
  },
  CustomToolParams: {
    text: "Gives the agent a tool that the client runs.",
    fields: {
      name: "1 to 128 letters, digits, `_` and `-`, unique among the tools, not starting with `mcp__` or `ant__`.",
      description: "The description of the tool that the agent reads.",
      input_schema: "The JSON Schema of the input."
    }
  },
  DeleteMemoryParams: {
    text: "Condition of a deletion.",
    fields: {
      expected_content_sha256: "The `content_sha256` of the memory as it was read: the deletion is refused (`Conflict`) if it is another by now."
    }
  },
  DeletedCredential: {
    text: "The confirmation that a credential is gone.",
    fields: {
      id: "The credential that is gone."
    }
  },
  DeletedEnvironment: {
    text: "The confirmation that an environment is gone.",
    fields: {
      id: "The environment that is gone."
    }
  },
  DeletedFile: {
    text: "The confirmation that a file is gone.",
    fields: {
      id: "The file that is gone."
    }
  },
  DeletedMemory: {
    text: "The confirmation that a memory is gone. Its versions stay.",
    fields: {
      id: "The memory that is gone."
    }
  },
  DeletedMemoryStore: {
    text: "The confirmation that a memory store is gone, with all that was in it.",
    fields: {
      id: "The store that is gone."
    }
  },
  DeletedResource: {
    text: "The confirmation that a resource was removed from a session.",
    fields: {
      id: "The resource that was removed."
    }
  },
  DeletedSession: {
    text: "The confirmation that a session is gone, together with its events and its sandbox.",
    fields: {
      id: "The session that is gone."
    }
  },
  DeletedSkill: {
    text: "The confirmation that a skill is gone, with all its versions.",
    fields: {
      id: "The skill that is gone."
    }
  },
  DeletedSkillVersion: {
    text: "The confirmation that a version of a skill is gone.",
    fields: {
      id: "The version that is gone."
    }
  },
  DeletedVault: {
    text: "The confirmation that a vault is gone.",
    fields: {
      id: "The vault that is gone."
    }
  },
  DeltaEvent: {
    text: "`event_delta`: the next part of an event that is being produced.",
    fields: {
      event_id: "The event to come.",
      delta: "The next part of it."
    }
  },
  DeltaFragment: {
    text: "The next part of an event."
  },
  DeltaFragmentContent: {
    text: "A part of a block: text."
  },
  DeltaType: {
    text: "The `type` of an event that can be previewed. A message comes in parts; of thinking only the start is shown."
  },
  Deployment: {
    text: "A deployment.",
    fields: {
      id: "Names the deployment in every other call.",
      name: "For people to read.",
      description: "For people to read; `null` if there is none.",
      agent: "The agent, at the version that runs.",
      environment_id: "The environment of the sandboxes.",
      initial_events: "The events that each session begins with.",
      resources: "The resources in each sandbox.",
      vault_ids: "The vaults whose credentials the agent may use.",
      budget: "The ceiling on the cost of each session; absent or `null` for none.",
      schedule: "`null` for a deployment that only runs on demand.",
      status: "`paused` keeps the schedule from running; archived ones are `active`.",
      paused_reason: "Set while the deployment is paused, else `null`.",
      metadata: "At most 16 pairs.",
      created_at: "When the deployment was created.",
      updated_at: "When the deployment last changed.",
      archived_at: "`null` for a deployment that is not archived."
    }
  },
  DeploymentDefineOutcome: {
    fields: {
      description: "The task of the agent.",
      rubric: "The rubric by which the outcome is graded.",
      max_iterations: "After how many cycles of work and evaluation the agent gives up."
    }
  },
  DeploymentId: {
    text: "Identifies a deployment (`depl_…`)."
  },
  DeploymentInitialEvent: {
    text: "An event that each session of a deployment begins with."
  },
  DeploymentInitialEventParams: {
    text: "Event to begin each session with."
  },
  DeploymentPausedReason: {
    text: "Why a deployment is paused: by somebody, or by the error of a run."
  },
  DeploymentRun: {
    text: "A run of a deployment. It records the creation of a session, not what became of it.",
    fields: {
      id: "Names the run.",
      deployment_id: "The deployment.",
      agent: "The agent, at the version that ran.",
      session_id: "The session that was created; `null` if none was.",
      error: "Why none was created; `null` if one was.",
      trigger_context: "The start of the run.",
      created_at: "When the run was recorded."
    }
  },
  DeploymentRunError: {
    text: "The reason for which a run created no session."
  },
  DeploymentRunId: {
    text: "Identifies a run of a deployment (`drun_…`)."
  },
  DeploymentSystemMessage: {
    fields: {
      content: "The content, in blocks."
    }
  },
  DeploymentTrigger: {
    text: "The start of a run: by the schedule, or by somebody."
  },
  DeploymentUserMessage: {
    fields: {
      content: "The content, in blocks."
    }
  },
  DocumentBlock: {
    text: "A document.",
    fields: {
      source: "The source of the document.",
      context: "Context that the model was given beside the document's content.",
      title: "The title of the document."
    }
  },
  DocumentBlockParams: {
    text: "A document to send.",
    fields: {
      source: "The source of the document.",
      context: "Context for the model beside the document's content.",
      title: "The title of the document."
    }
  },
  DocumentSource: {
    text: "Source of a document."
  },
  DocumentSourceParams: {
    text: "Source of a document to send."
  },
  EditToolConfig: {
    fields: {
      name: "The tool.",
      type: "The same as `name`; servers of mid-2026 leave it out.",
      enabled: "True if the agent may use the tool.",
      permission_policy: "The check before it runs."
    }
  },
  EditToolConfigParams: {
    fields: {
      name: "The tool.",
      type: "The same as `name`.",
      enabled: "True if the agent may use the tool; the toolset's `default_config` decides if absent.",
      permission_policy: "The toolset's `default_config` decides if absent."
    }
  },
  Effort: {
    text: "The effort of the model on each request."
  },
  EffortCapability: {
    fields: {
      low: "The level `low`.",
      medium: "The level `medium`.",
      high: "The level `high`.",
      xhigh: "The level `xhigh`; `null` where the service does not say.",
      max: "The level `max`.",
      supported: "True if the model is able to."
    }
  },
  Environment: {
    text: "An environment.",
    fields: {
      id: "Names the environment in every other call.",
      name: "For people to read.",
      description: "For people to read; `null` if there is none.",
      config: "Kind and configuration.",
      metadata: "Pairs of one's own.",
      scope: "Who can see it: all accounts of the organization, or its owner only.",
      created_at: "When the environment was created.",
      updated_at: "When the environment last changed.",
      archived_at: "`null` for an environment that is not archived."
    }
  },
  EnvironmentConfig: {
    text: "Kind and configuration of an environment."
  },
  EnvironmentConfigParams: {
    text: "Kind and configuration of an environment; the kind can never change."
  },
  EnvironmentId: {
    text: "Identifies an environment (`env_…`)."
  },
  EnvironmentVariable: {
    text: "A secret for what runs in the sandbox: there, an environment variable holds a placeholder, which becomes the secret in requests that leave it.",
    fields: {
      secret_name: "The name of the variable.",
      networking: "The hosts that the secret is sent to.",
      injection_location: "The parts of a request that may have it."
    }
  },
  EnvironmentVariableParams: {
    text: "Parameters of a secret for what runs in the sandbox.",
    fields: {
      secret_name: "The name of the variable, which can never change.",
      secret_value: "The secret.",
      networking: "The hosts that it may be sent to.",
      injection_location: "The parts of a request that may have it."
    }
  },
  EnvironmentVariableUpdate: {
    text: "Changes to a secret for what runs in the sandbox.",
    fields: {
      secret_value: "The new secret.",
      networking: "The hosts that it may be sent to; replaces all.",
      injection_location: "The parts of a request that may have it."
    }
  },
  ErrorPause: {
    fields: {
      error: "The error of the run."
    }
  },
  EvaluatedPermission: {
    text: "The decision of the permission policy about a tool call: it runs, it waits for a `user.tool_confirmation`, or it is refused. Treat a word that you do not know as `ask`: it must not pass unseen."
  },
  Event: {
    text: "An event as lists return it."
  },
  EventId: {
    text: "Identifies an event (`sevt_…`)."
  },
  EventParams: {
    text: "An event to send."
  },
  EventPreview: {
    text: "Preview of something that is being produced."
  },
  EventType: {
    text: "The `type` of an event to list. All but previews and `session.deleted`, which are in no list."
  },
  ExecutionIdentity: {
    text: "The principal that the runs of an agent act as."
  },
  ExecutionIdentityParams: {
    text: "The principal that the runs of an agent are to act as."
  },
  FileDocumentSource: {
    text: "A document that was uploaded as a file.",
    fields: {
      file_id: "The uploaded file."
    }
  },
  FileId: {
    text: "Identifies an uploaded or session-scoped file (`file_…`)."
  },
  FileImageSource: {
    text: "An image that was uploaded as a file.",
    fields: {
      file_id: "The uploaded file."
    }
  },
  FileResource: {
    text: "An uploaded file, mounted as a read-only copy.",
    fields: {
      id: "Names the resource in updates and deletes.",
      file_id: "The id of the session's own copy, not that of the upload.",
      mount_path: "The path of the copy.",
      created_at: "When the file was mounted.",
      updated_at: "When the resource last changed."
    }
  },
  FileResourceConfig: {
    fields: {
      file_id: "The upload that each session gets a copy of.",
      mount_path: "The path of the copy; the default is `/mnt/session/uploads/<file_id>`."
    }
  },
  FileResourceParams: {
    text: "Mounts a copy of an uploaded file.",
    fields: {
      file_id: "The id of the upload.",
      mount_path: "A path below `/mnt/session/uploads`; the default is `/mnt/session/uploads/<file_id>`."
    }
  },
  FileRubric: {
    text: "A rubric that was uploaded as a file. The same shape is sent and received.",
    fields: {
      file_id: "The uploaded file."
    }
  },
  FileScope: {
    text: "The place in which a file was made."
  },
  GitHubRepositoryResource: {
    text: "A clone of a GitHub repository; its token is never sent back.",
    fields: {
      id: "Names the resource in updates.",
      url: "The repository.",
      mount_path: "The path of the clone.",
      checkout: "Absent or `null` for the default branch.",
      created_at: "When the repository was mounted.",
      updated_at: "When the resource last changed."
    }
  },
  GitHubRepositoryResourceConfig: {
    fields: {
      url: "The repository.",
      checkout: "Absent or `null` for the default branch.",
      mount_path: "The path of the clone; the default is `/workspace/<repo>`."
    }
  },
  GitHubRepositoryResourceParams: {
    text: "Clones a GitHub repository.",
    fields: {
      url: "`https://github.com/<owner>/<repo>`.",
      authorization_token: "The token to clone with; public repositories need none.",
      checkout: "The default is the repository's default branch.",
      mount_path: "A path below `/workspace`; the default is `/workspace/<repo>`."
    }
  },
  GlobToolConfig: {
    fields: {
      name: "The tool.",
      type: "The same as `name`; servers of mid-2026 leave it out.",
      enabled: "True if the agent may use the tool.",
      permission_policy: "The check before it runs."
    }
  },
  GlobToolConfigParams: {
    fields: {
      name: "The tool.",
      type: "The same as `name`.",
      enabled: "True if the agent may use the tool; the toolset's `default_config` decides if absent.",
      permission_policy: "The toolset's `default_config` decides if absent."
    }
  },
  GrepToolConfig: {
    fields: {
      name: "The tool.",
      type: "The same as `name`; servers of mid-2026 leave it out.",
      enabled: "True if the agent may use the tool.",
      permission_policy: "The check before it runs."
    }
  },
  GrepToolConfigParams: {
    fields: {
      name: "The tool.",
      type: "The same as `name`.",
      enabled: "True if the agent may use the tool; the toolset's `default_config` decides if absent.",
      permission_policy: "The toolset's `default_config` decides if absent."
    }
  },
  HealthCheckWorkData: {
    text: "A check of the health of the environment.",
    fields: {
      id: "The check."
    }
  },
  ImageBlock: {
    text: "An image. The same shape is sent and received.",
    fields: {
      source: "The source of the image."
    }
  },
  ImageSource: {
    text: "Source of an image."
  },
  InitialEventParams: {
    text: "Event that a session can be created with."
  },
  InjectionLocation: {
    text: "The parts of a request in which a placeholder becomes the secret.",
    fields: {
      body: "True for the body.",
      header: "True for the values of headers."
    }
  },
  InjectionLocationParams: {
    text: "The parts of a request in which a placeholder may become the secret. In an update, what is absent stays, and one of the two has to be left.",
    fields: {
      body: "True for the body.",
      header: "True for the values of headers."
    }
  },
  InlineAgent: {
    text: "An agent that another one defined while running: it is not saved and has neither id nor version.",
    fields: {
      name: "The agent's name.",
      description: "The purpose of the agent; `null` if nobody said.",
      model: "The model, and how it is used.",
      system: "The system prompt.",
      tools: "The tools that the agent may call.",
      mcp_servers: "The MCP servers that `mcp_toolset` tools come from.",
      skills: "The skills that are loaded into the sandbox.",
      execution_identity: "Absent from servers of mid-2026."
    }
  },
  InlineAgentsSwitch: {
    text: "Permission to define agents on the fly."
  },
  JsonNumber: {
    text: "A JSON number."
  },
  JsonObject: {
    text: "Any JSON object, such as the input of a tool call, as it is: a copy, which a record makes, would take a key named `__proto__` for its prototype."
  },
  KnownDeploymentRunError: {
    fields: {
      message: "For people to read."
    }
  },
  LimitedHosts: {
    text: "Some hosts only.",
    fields: {
      allowed_hosts: "The hosts. `*.example.com` stands for every host below `example.com`, without that itself."
    }
  },
  LimitedHostsParams: {
    text: "The hosts that a secret may be sent to, at most 16.",
    fields: {
      allowed_hosts: "Host names, IPv4 addresses, or `*.example.com` for every host below `example.com`."
    }
  },
  LimitedNetwork: {
    text: "A network that reaches some hosts only.",
    fields: {
      allowed_hosts: "The hosts that can be reached.",
      allow_mcp_servers: "True if the MCP servers of the agent can be reached as well.",
      allow_package_managers: "True if public package registries can be reached as well."
    }
  },
  LimitedNetworkParams: {
    text: "Network to allow some hosts only. In an update, what is absent stays.",
    fields: {
      allowed_hosts: "The hosts that can be reached.",
      allow_mcp_servers: "True to reach the MCP servers of the agent as well; the default is `false`.",
      allow_package_managers: "True to reach public package registries as well, which `packages` need; the default is `false`."
    }
  },
  ListAgentVersionsParams: {
    text: "Which page of an agent's versions to list.",
    fields: {
      limit: "Versions per page.",
      page: "The cursor of a page; `null` stands for the first one."
    }
  },
  ListAgentsParams: {
    text: "Which agents to list.",
    fields: {
      include_archived: "True to include archived agents; the default is `false`.",
      "created_at[gte]": "Created at or after.",
      "created_at[lte]": "Created at or before.",
      limit: "Agents per page.",
      page: "The cursor of a page; `null` stands for the first one."
    }
  },
  ListCost: {
    text: "An amount of money at public list prices, before any discount.",
    fields: {
      amount: "Minor units of the currency (cents) as an integer string, `\"2500\"` for $25.00; a string so that no float ever rounds it.",
      currency: "ISO 4217 code."
    }
  },
  ListCostParams: {
    fields: {
      amount: "Cents as an integer string without leading zeros, for example `\"2500\"` for $25.00.",
      currency: "ISO 4217 code; the service takes no other currency."
    }
  },
  ListCredentialsParams: {
    text: "Which credentials of a vault to list.",
    fields: {
      include_archived: "True to include archived credentials; the default is `false`.",
      limit: "Credentials per page.",
      page: "The cursor of a page; `null` stands for the first one."
    }
  },
  ListDeploymentRunsParams: {
    text: "Which runs to list.",
    fields: {
      deployment_id: "Only runs of this deployment.",
      has_error: "True for runs that failed, false for those that created a session.",
      trigger_type: "Only runs that were started this way.",
      "created_at[gt]": "Created after.",
      "created_at[gte]": "Created at or after.",
      "created_at[lt]": "Created before.",
      "created_at[lte]": "Created at or before.",
      limit: "Runs per page.",
      page: "The cursor of a page; `null` stands for the first one."
    }
  },
  ListDeploymentsParams: {
    text: "Which deployments to list.",
    fields: {
      agent_id: "Only deployments of this agent.",
      status: "Only deployments of this status; not together with `include_archived`.",
      include_archived: "True to include archived deployments; the default is `false`.",
      "created_at[gte]": "Created at or after.",
      "created_at[lte]": "Created at or before.",
      limit: "Deployments per page.",
      page: "The cursor of a page; `null` stands for the first one."
    }
  },
  ListEnvironmentsParams: {
    text: "Which environments to list.",
    fields: {
      include_archived: "True to include archived environments.",
      limit: "Environments per page.",
      page: "The cursor of a page; `null` stands for the first one."
    }
  },
  ListEventsParams: {
    text: "Which events of a session to list.",
    fields: {
      order: "`asc` (the default): the oldest first, by `processed_at`. Queued inputs come last.",
      types: "Only events of these types.",
      "created_at[gt]": "Only events processed after this moment.",
      "created_at[gte]": "Only events processed at this moment or after.",
      "created_at[lt]": "Only events processed before this moment.",
      "created_at[lte]": "Only events processed at this moment or before.",
      limit: "The greatest number of events of a page; by default 1000.",
      page: "The cursor of a page, as another page gave it."
    }
  },
  ListFilesParams: {
    text: "Which files to list.",
    fields: {
      ids: "Only these files, at most 100; not together with `page` or `limit`. One that there is not is left out.",
      scope_id: "Only files that were made in this session.",
      limit: "Files per page.",
      page: "The cursor of a page; `null` stands for the first one."
    }
  },
  ListMemoriesParams: {
    text: "Which memories of a store to list.",
    fields: {
      path_prefix: "Only below this directory, with a `/` at its end. It is part of the URL, so nothing for secrets.",
      depth: "0, the default, for everything below; 1 for what is directly in the directory, with a `memory_prefix` for each other.",
      view: "The default is `basic`; a page that is `full` has at most 20 items.",
      limit: "Items per page.",
      page: "The cursor of a page; `null` stands for the first one."
    }
  },
  ListMemoryStoresParams: {
    text: "Which memory stores to list.",
    fields: {
      include_archived: "True to include archived stores; the default is `false`.",
      "created_at[gte]": "Created at or after.",
      "created_at[lte]": "Created at or before.",
      limit: "Stores per page.",
      page: "The cursor of a page; `null` stands for the first one."
    }
  },
  ListMemoryVersionsParams: {
    text: "Which versions of a store's memories to list.",
    fields: {
      memory_id: "Only of this memory, which may be deleted.",
      operation: "Only changes of this kind.",
      api_key_id: "Only changes made with the API key that has this id.",
      service_account_id: "Only changes by this service account.",
      session_id: "Only changes in this session.",
      "created_at[gte]": "Made at or after.",
      "created_at[lte]": "Made at or before.",
      view: "The default is `basic`; a page that is `full` has at most 20 items.",
      limit: "Versions per page.",
      page: "The cursor of a page; `null` stands for the first one."
    }
  },
  ListModelsParams: {
    text: "Which models to list.",
    fields: {
      lifecycle: "Only models of these stages; the default is all but `retired`.",
      limit: "Models per page.",
      after_id: "The page after this model.",
      before_id: "The page before this model."
    }
  },
  ListSessionsParams: {
    text: "Which sessions to list.",
    fields: {
      agent_id: "Only sessions of this agent.",
      agent_version: "Only sessions of this version of the agent; needs `agent_id`.",
      deployment_id: "Only sessions of this deployment.",
      memory_store_id: "Only sessions to which this memory store is attached.",
      statuses: "Only sessions with one of these statuses.",
      include_archived: "True to include archived and terminated sessions; the default is `false`.",
      "created_at[gt]": "Created after.",
      "created_at[gte]": "Created at or after.",
      "created_at[lt]": "Created before.",
      "created_at[lte]": "Created at or before.",
      order: "By time of creation; the default is `desc`, the newest first.",
      limit: "Sessions per page.",
      page: "The cursor of a page, as another page gave it; `null` stands for the first one."
    }
  },
  ListSkillVersionsParams: {
    text: "Which page of a skill's versions to list.",
    fields: {
      limit: "Versions per page.",
      page: "The cursor of a page; `null` stands for the first one."
    }
  },
  ListSkillsParams: {
    text: "Which skills to list.",
    fields: {
      source: "Only skills of this origin.",
      limit: "Skills per page.",
      page: "The cursor of a page; `null` stands for the first one."
    }
  },
  ListThreadEventsParams: {
    text: "Which events of a thread to list.",
    fields: {
      limit: "The greatest number of events of a page; by default 1000.",
      page: "The cursor of a page, as another page gave it."
    }
  },
  ListThreadsParams: {
    text: "Which threads of a session to list. The primary one comes first, the others as they were spawned; archived ones are included.",
    fields: {
      statuses: "Only threads with one of these statuses; servers of mid-2026 do not know this parameter.",
      limit: "Threads per page; the default is 1,000.",
      page: "The cursor of a page, as another page gave it; `null` stands for the first one."
    }
  },
  ListVaultsParams: {
    text: "Which vaults to list.",
    fields: {
      include_archived: "True to include archived vaults; the default is `false`.",
      limit: "Vaults per page.",
      page: "The cursor of a page; `null` stands for the first one."
    }
  },
  ListWorkParams: {
    text: "Which page of work items to list.",
    fields: {
      limit: "Items per page.",
      page: "The cursor of a page; `null` stands for the first one."
    }
  },
  McpAuthenticationFailedError: {
    text: "An MCP server refused the credentials.",
    fields: {
      mcp_server_name: "The MCP server, by its name in the agent's definition.",
      message: "The message, for people.",
      retry_status: "The reaction."
    }
  },
  McpConnectionFailedError: {
    text: "An MCP server could not be reached.",
    fields: {
      mcp_server_name: "The MCP server, by its name in the agent's definition.",
      message: "The message, for people.",
      retry_status: "The reaction."
    }
  },
  McpOAuth: {
    text: "An OAuth token for an MCP server.",
    fields: {
      mcp_server_url: "The server.",
      expires_at: "When the access token expires; absent or `null` if nobody knows.",
      refresh: "Absent or `null` for a token that cannot be renewed."
    }
  },
  McpOAuthParams: {
    text: "Parameters of an OAuth token for an MCP server.",
    fields: {
      access_token: "The access token.",
      mcp_server_url: "The server, which can never change.",
      expires_at: "When the access token expires, in the future.",
      refresh: "Renewal of the access token."
    }
  },
  McpOAuthUpdate: {
    text: "Changes to an OAuth token for an MCP server.",
    fields: {
      access_token: "The new access token. It has the expiry of the old one unless `expires_at` is given as well.",
      expires_at: "When the access token expires, in the future.",
      refresh: "Changes to the renewal."
    }
  },
  McpProbe: {
    text: "The step at which an MCP server refused a credential.",
    fields: {
      method: "The method that failed, such as `initialize`.",
      http_response: "`null` if the server gave none."
    }
  },
  McpServer: {
    text: "An MCP server whose tools an agent may have."
  },
  McpServerParams: {
    text: "An MCP server to connect to."
  },
  McpServersParams: {
    text: "The MCP servers to connect to: at most 20, no two of one name."
  },
  McpToolConfig: {
    text: "The configuration of one tool of an MCP server.",
    fields: {
      name: "The name that the MCP server gave the tool.",
      enabled: "True if the agent may use the tool.",
      permission_policy: "The check before it runs."
    }
  },
  McpToolConfigParams: {
    text: "Configuration to send for one tool of an MCP server.",
    fields: {
      name: "1 to 128 characters.",
      enabled: "True if the agent may use the tool; the toolset's `default_config` decides if absent.",
      permission_policy: "The toolset's `default_config` decides if absent."
    }
  },
  McpToolset: {
    text: "The tools of one MCP server.",
    fields: {
      mcp_server_name: "The `name` of the server among the agent's `mcp_servers`.",
      configs: "The tools that differ from `default_config`.",
      default_config: "Configuration of all other tools of the server."
    }
  },
  McpToolsetParams: {
    text: "Gives the agent the tools of one MCP server.",
    fields: {
      mcp_server_name: "The `name` of one of the agent's `mcp_servers`, 1 to 255 characters.",
      configs: "Tools that differ from `default_config`, each at most once.",
      default_config: "Configuration of all other tools of the server."
    }
  },
  Memory: {
    text: "A memory. It keeps its id when its path changes.",
    fields: {
      id: "Names the memory in every other call.",
      memory_store_id: "The store that it is in.",
      path: "The path in the store, such as `/projects/a/notes.md`.",
      content: "The text; absent or `null` in the view `basic`.",
      content_sha256: "The SHA-256 of the text in UTF-8, 64 hexadecimal digits in lower case: what preconditions compare.",
      content_size_bytes: "The size of the text in UTF-8.",
      memory_version_id: "The version that has the text.",
      created_at: "When the memory was created.",
      updated_at: "When the memory last changed."
    }
  },
  MemoryActor: {
    text: "Who did something. What it names may be gone by now."
  },
  MemoryId: {
    text: "Identifies a memory in a store (`mem_…`)."
  },
  MemoryListItem: {
    text: "An item in a list of memories."
  },
  MemoryPreconditionParams: {
    text: "Condition of an update."
  },
  MemoryPrefix: {
    text: "A directory in a list that does not go down into it.",
    fields: {
      path: "Its path with a `/` at the end: the `path_prefix` of a list of what is in it."
    }
  },
  MemoryStore: {
    text: "A memory store.",
    fields: {
      id: "Names the store in every other call, and in `resources` of a session.",
      name: "The name, from which sessions make the directory below `/mnt/memory/`.",
      description: "The content of the store in words for the agent; empty if there are none.",
      metadata: "Pairs of one's own, which the agent does not see.",
      created_at: "When the store was created.",
      updated_at: "When the store itself last changed; its memories do not count.",
      archived_at: "`null` for a store that is not archived."
    }
  },
  MemoryStoreId: {
    text: "Identifies a memory store (`memstore_…`)."
  },
  MemoryStoreResource: {
    text: "An attached memory store, which has neither a resource id nor timestamps.",
    fields: {
      memory_store_id: "The store.",
      access: "The access that the agent has to the store; absent or `null` stands for `read_write`.",
      name: "The name of the store when it was attached.",
      description: "The description of the store when it was attached, empty if it had none.",
      instructions: "Instructions for the agent about using the store in this session.",
      mount_path: "The path of the store, derived from its name."
    }
  },
  MemoryStoreResourceConfig: {
    fields: {
      memory_store_id: "The store.",
      access: "The access that the agent has to the store; absent or `null` stands for `read_write`.",
      instructions: "Instructions for the agent about using the store."
    }
  },
  MemoryStoreResourceParams: {
    text: "Attaches a memory store.",
    fields: {
      memory_store_id: "The store, of the same workspace.",
      access: "The default is `read_write`.",
      instructions: "Instructions for the agent about using the store in this session; at most 4,096 characters."
    }
  },
  MemoryVersion: {
    text: "A version of a memory. It stays when the memory is deleted, and only a redaction changes it.",
    fields: {
      id: "Names the version in every other call.",
      memory_id: "The memory, which may be deleted.",
      memory_store_id: "The store that it is in.",
      operation: "The change that made this version.",
      path: "The path at that time; `null` only if the version is redacted.",
      content: "The text; `null` in the view `basic`, of a deletion, and if the version is redacted.",
      content_sha256: "The SHA-256 of the text; `null` of a deletion, and if the version is redacted.",
      content_size_bytes: "The size of the text in UTF-8; `null` of a deletion, and if the version is redacted.",
      created_at: "When the change was made.",
      created_by: "Who made it; absent or `null` if that is not known.",
      redacted_at: "When the version was redacted; absent or `null` if it was not.",
      redacted_by: "Who redacted it; absent or `null` if nobody did."
    }
  },
  MemoryVersionId: {
    text: "Identifies a version of a memory (`memver_…`)."
  },
  MemoryView: {
    text: "Amount of what is answered: `full` has the text, `basic` has `null` in its place. By default a list and the answer to a change are `basic`, and a single memory or version is `full`."
  },
  MemoryViewParams: {
    text: "Which view to answer.",
    fields: {
      view: "The default depends on the call."
    }
  },
  MessageContent: {
    text: "The blocks of a user's message."
  },
  MessageContentParams: {
    text: "The blocks of a message to send.\n\nA `RedactedBlock` is not among them: the service takes none back."
  },
  MetadataParams: {
    text: "At most 16 pairs, keys of at most 64 and values of at most 512 characters."
  },
  MetadataPatchParams: {
    text: "Metadata to merge into what is there; `null` removes a key."
  },
  Model: {
    text: "The name of a model; any name is accepted."
  },
  ModelCapabilities: {
    text: "The capabilities of a model.",
    fields: {
      batch: "Batches of messages.",
      citations: "Citations.",
      code_execution: "Calls of tools by code that the model runs.",
      compaction: "Compaction of the context by the service.",
      context_management: "Management of the context.",
      effort: "Levels of effort.",
      image_input: "Images as input.",
      pdf_input: "PDF documents as input.",
      server_tools: "Tools that the service runs.",
      structured_outputs: "Answers of a given form.",
      thinking: "Thinking."
    }
  },
  ModelConfig: {
    text: "A model and how it is used.",
    fields: {
      id: "The model.",
      effort: "Absent from servers of mid-2026.",
      inference_geo: "The region in which the model runs; the workspace decides if absent.",
      speed: "`fast` answers sooner at a premium; absent stands for `standard`."
    }
  },
  ModelConfigParams: {
    text: "A model and how to use it.",
    fields: {
      id: "The model.",
      effort: "A level, as its name or as an object; the default depends on the model.",
      inference_geo: "The region in which to run the model; the workspace decides if absent.",
      speed: "`fast` answers sooner at a premium, on the models that have it; the default is `standard`."
    }
  },
  ModelInfo: {
    text: "A model.",
    fields: {
      id: "The name of the model in calls.",
      display_name: "For people to read.",
      capabilities: "`null` where the service does not say.",
      line: "The line, such as `opus`; `null` for none.",
      lifecycle: "The stage of its life: `retired` models can no longer be called.",
      allowed_fallback_models: "The models that may stand in for it.",
      max_input_tokens: "The most tokens of context.",
      max_tokens: "The most tokens of an answer.",
      created_at: "When the model was released; the epoch if that is not known.",
      deprecated_at: "When it was deprecated; `null` while it is active.",
      retires_at: "When it is planned to retire; `null` if it is not."
    }
  },
  ModelOverloadedError: {
    text: "The model is overloaded.",
    fields: {
      message: "The message, for people.",
      retry_status: "The reaction."
    }
  },
  ModelPage: {
    text: "One page of models. This list alone is paged by ids.",
    fields: {
      data: "The models, the newest first.",
      first_id: "The `before_id` of the page before.",
      last_id: "The `after_id` of the next page.",
      has_more: "True if there is a next page."
    }
  },
  ModelRateLimitedError: {
    text: "A request to the model was rate limited.",
    fields: {
      message: "The message, for people.",
      retry_status: "The reaction."
    }
  },
  ModelRequestFailedError: {
    text: "A request to the model failed for another reason than load or rate.",
    fields: {
      message: "The message, for people.",
      retry_status: "The reaction."
    }
  },
  Multiagent: {
    text: "Cooperation of an agent with other agents."
  },
  Multiagent20261001: {
    text: "Advisor, sub-agents and workflows, each switched on its own.",
    fields: {
      advisor: "The model that can be consulted, if any.",
      subagents: "Permission to spawn threads.",
      workflows: "Permission to start workflow runs."
    }
  },
  Multiagent20261001Params: {
    text: "Switches advisor, sub-agents and workflows. In an update it is merged into what the agent has; `null` stands for the default.",
    fields: {
      advisor: "The model that can be consulted; the default is `disabled`.",
      subagents: "Permission to spawn threads; the default is `enabled`.",
      workflows: "Permission to start workflow runs; the default is `enabled`."
    }
  },
  MultiagentParams: {
    text: "Cooperation with other agents."
  },
  Network: {
    text: "The hosts that a sandbox can reach."
  },
  NetworkParams: {
    text: "The hosts that a sandbox is to reach."
  },
  NoClientAuth: {
    text: "A client that the token endpoint does not authenticate."
  },
  OutcomeEvaluation: {
    text: "State of one outcome of a session.",
    fields: {
      outcome_id: "The outcome.",
      description: "The task.",
      iteration: "The cycle that the outcome is in; the first is 0.",
      result: "The state of the outcome.",
      explanation: "The grader's last explanation. Absent or `null` before the first verdict.",
      completed_at: "When the outcome became final. Absent or `null` until then."
    }
  },
  OutcomeId: {
    text: "Identifies an outcome (`outc_…`)."
  },
  OutcomeResult: {
    text: "State of an outcome.\n\n`pending` before the agent begins, `running` while it works or revises, `evaluating` while the grader reads; the others are final."
  },
  OutcomeVerdict: {
    text: "Verdict of one evaluation.\n\n`needs_revision` is followed by another cycle. The others are final: the criteria are met (`satisfied`), the cycles are used up (`max_iterations_reached`, after which the agent takes one last turn), rubric and task do not fit each other (`failed`), or the user interrupted (`interrupted`)."
  },
  Packages: {
    text: "The packages that are installed in a sandbox, by package manager.",
    fields: {
      apt: "Packages of Ubuntu.",
      cargo: "Packages of Rust.",
      gem: "Packages of Ruby.",
      go: "Packages of Go.",
      npm: "Packages of Node.js.",
      pip: "Packages of Python."
    }
  },
  PackagesParams: {
    text: "Packages to install, with versions as the package manager writes them; the latest without one.",
    fields: {
      apt: "Packages of Ubuntu.",
      cargo: "Packages of Rust.",
      gem: "Packages of Ruby.",
      go: "Packages of Go.",
      npm: "Packages of Node.js.",
      pip: "Packages of Python, such as `pandas==2.2.0`."
    }
  },
  Page: {
    text: "One page of a list, with the cursors of its neighbours.",
    fields: {
      data: "The items, in the order of the list.",
      next_page: "The `page` parameter of the next page; absent or `null` on the last one.",
      prev_page: "The `page` parameter of the page before; absent or `null` on the first one. Only the list of sessions has it."
    }
  },
  PendingAction: {
    text: "Anything that a session waits for."
  },
  PendingConfirmation: {
    text: "A tool call that waits for approval: `allow` it or `deny` it.",
    fields: {
      server: "The MCP server of the tool; absent for a built-in one.",
      sessionId: "The session that waits.",
      id: "The event of the call, which an answer names.",
      threadId: "The child thread that made the call; absent for the primary one. For information: answers are routed by `id`.",
      name: "The tool.",
      input: "The arguments. They come from a model and are not checked."
    }
  },
  PendingCustomToolCall: {
    text: "A call of a custom tool: answer it with its `result`.",
    fields: {
      sessionId: "The session that waits.",
      id: "The event of the call, which an answer names.",
      threadId: "The child thread that made the call; absent for the primary one. For information: answers are routed by `id`.",
      name: "The tool.",
      input: "The arguments. They come from a model and are not checked."
    }
  },
  PendingSelfHostedToolCall: {
    text: "A call of a built-in tool that a self-hosted environment runs: answer it with its `result`, using the credentials of the environment.",
    fields: {
      sessionId: "The session that waits.",
      id: "The event of the call, which an answer names.",
      threadId: "The child thread that made the call; absent for the primary one. For information: answers are routed by `id`.",
      name: "The tool.",
      input: "The arguments. They come from a model and are not checked."
    }
  },
  PendingToolApproval: {
    text: "A call of one of the program's own tools that may run only once it is approved, by `ToolRunner.needsApproval`: `allow` it or `deny` it. The service knows nothing of that; what was decided is kept in the `Journal`.",
    fields: {
      sessionId: "The session that waits.",
      id: "The event of the call, which an answer names.",
      threadId: "The child thread that made the call; absent for the primary one. For information: answers are routed by `id`.",
      name: "The tool.",
      input: "The arguments. They come from a model and are not checked."
    }
  },
  PermissionPolicy: {
    text: "The check before a tool runs: nothing (`always_allow`), the client is asked (`always_ask`), or the service judges each call (`auto`)."
  },
  PollWorkParams: {
    text: "Parameters of a poll for work.",
    fields: {
      block_ms: "Milliseconds to wait for work, 1 to 999; absent for no wait.",
      reclaim_older_than_ms: "Milliseconds after which an item that was polled and not acknowledged is given again; the default is 5,000."
    }
  },
  PostClientAuthParams: {
    fields: {
      client_secret: "The client secret."
    }
  },
  PostClientAuthUpdate: {
    fields: {
      client_secret: "The new client secret. The credential keeps the way in which it is sent."
    }
  },
  PredefinedAgentParams: {
    text: "An agent that another one may use: its id for the latest version, a reference, or `self` for the very agent."
  },
  ReadToolConfig: {
    fields: {
      name: "The tool.",
      type: "The same as `name`; servers of mid-2026 leave it out.",
      enabled: "True if the agent may use the tool.",
      permission_policy: "The check before it runs."
    }
  },
  ReadToolConfigParams: {
    fields: {
      name: "The tool.",
      type: "The same as `name`.",
      enabled: "True if the agent may use the tool; the toolset's `default_config` decides if absent.",
      permission_policy: "The toolset's `default_config` decides if absent."
    }
  },
  ReasonCode: {
    text: "Why the `auto` policy did not let a call run: no judgement was reached, or the risk is high."
  },
  RedactedBlock: {
    text: "Stands for content that the service withholds by model policy. It is received, never sent."
  },
  RefreshAttempt: {
    text: "An attempt to renew an access token.",
    fields: {
      status: "Its end; `connect_error` if the token endpoint could not be reached.",
      http_response: "The answer of the token endpoint, if it is `failed`."
    }
  },
  RefusalCategory: {
    text: "The policy that a refusal is about."
  },
  RefusalStopDetails: {
    text: "More about a refusal.",
    fields: {
      category: "The policy that the refusal is about. Absent or `null` if it has no name.",
      explanation: "An explanation for people. Absent or `null` if there is none."
    }
  },
  RepositoryAuthenticationError: {
    text: "The host of a repository refused the credentials, or wants some.",
    fields: {
      message: "The message, for people.",
      retry_status: "The reaction. Said to be always `retrying`: the session goes on without the repository.",
      repository_url: "The repository. Absent or `null` when the service could not tell which."
    }
  },
  RepositoryCheckoutError: {
    text: "The branch or commit to check out is not in the repository.",
    fields: {
      message: "The message, for people.",
      retry_status: "The reaction. Said to be always `retrying`: the session goes on without the repository.",
      repository_url: "The repository. Absent or `null` when the service could not tell which."
    }
  },
  RepositoryCloneError: {
    text: "A repository could not be cloned.",
    fields: {
      message: "The message, for people.",
      retry_status: "The reaction. Said to be always `retrying`: the session goes on without the repository.",
      repository_url: "The repository. Absent or `null` when the service could not tell which."
    }
  },
  RepositoryForbiddenError: {
    text: "The host of a repository refused access to it.",
    fields: {
      message: "The message, for people.",
      retry_status: "The reaction. Said to be always `retrying`: the session goes on without the repository.",
      repository_url: "The repository. Absent or `null` when the service could not tell which."
    }
  },
  RepositoryNotFoundError: {
    text: "The host of a repository does not know it.",
    fields: {
      message: "The message, for people.",
      retry_status: "The reaction. Said to be always `retrying`: the session goes on without the repository.",
      repository_url: "The repository. Absent or `null` when the service could not tell which."
    }
  },
  ResolvedAgent: {
    text: "A saved agent at one version, as it was when the session was created.",
    fields: {
      name: "The agent's name.",
      description: "The purpose of the agent; `null` if nobody said.",
      model: "The model, and how it is used.",
      system: "The system prompt.",
      tools: "The tools that the agent may call.",
      mcp_servers: "The MCP servers that `mcp_toolset` tools come from.",
      skills: "The skills that are loaded into the sandbox.",
      execution_identity: "Absent from servers of mid-2026.",
      id: "The agent.",
      version: "Counts from 1."
    }
  },
  Resource: {
    text: "Something mounted in a session's sandbox."
  },
  ResourceConfig: {
    text: "Something to mount in each session of a deployment; a token is never sent back."
  },
  ResourceId: {
    text: "Identifies a resource mounted in a session (`sesrsc_…`)."
  },
  ResourceListParams: {
    text: "Which page of a session's resources to list.",
    fields: {
      limit: "Resources per page, 1 to 1,000; without it, one page has them all.",
      page: "The cursor of a page; `null` stands for the first one."
    }
  },
  ResourceParams: {
    text: "Something to mount when a session is created."
  },
  ResourceUpdateParams: {
    text: "Replaces the token of a GitHub repository; nothing else of a resource can change.",
    fields: {
      authorization_token: "The new token."
    }
  },
  RetrieveAgentParams: {
    text: "Version of an agent to read.",
    fields: {
      version: "At least 1; the default is the latest."
    }
  },
  RetryStatus: {
    text: "Reaction to an error in a session."
  },
  RetryStatusExhausted: {
    text: "The turn is dead and queued inputs are dropped; the session goes idle and takes a new message."
  },
  RetryStatusRetrying: {
    text: "The service retries by itself: wait. The same error may come again, and at last as exhausted."
  },
  RetryStatusTerminal: {
    text: "The session cannot go on and will be terminated."
  },
  RosterAgent: {
    text: "An entry in the roster of a coordinator."
  },
  RosterAgentParams: {
    text: "An entry in the roster of a coordinator: an agent, `self`, or at most one advisor."
  },
  Rubric: {
    text: "Rubric by which an outcome is graded.\n\nThe service currently gives the text of a file's rubric, whichever was sent; expect both."
  },
  RubricParams: {
    text: "Rubric to send with an outcome."
  },
  SavedAgent: {
    text: "A saved agent at one version.",
    fields: {
      id: "Names the agent in every other call.",
      version: "Counts from 1; every change makes another.",
      name: "The agent's name.",
      description: "The purpose of the agent; `null` if nobody said.",
      model: "The model, and how it is used.",
      system: "The system prompt.",
      tools: "The tools that the agent may call.",
      mcp_servers: "The MCP servers that `mcp_toolset` tools come from.",
      skills: "The skills that are loaded into the sandbox.",
      multiagent: "`null` for an agent that works alone.",
      execution_identity: "Absent from servers of mid-2026.",
      metadata: "At most 16 pairs.",
      created_at: "When the agent was created.",
      updated_at: "When the agent last changed.",
      archived_at: "`null` for an agent that is not archived."
    }
  },
  SavedAgentToolsParams: {
    text: "The tools to give to a saved agent: at most 256, no two custom tools of one name."
  },
  SavedAgentsEnabled: {
    fields: {
      inline_agents: "Permission to define further agents on the fly.",
      predefined_agents: "The saved agents that may be used."
    }
  },
  SavedAgentsSwitch: {
    text: "Permission to spawn threads or run workflows, and with which agents."
  },
  SavedCoordinator: {
    text: "The agent delegates to the agents of a roster, each in a thread of its own.",
    fields: {
      agents: "Whom the agent may delegate to, at most 20."
    }
  },
  SavedMultiagent: {
    text: "Cooperation of a saved agent with other agents."
  },
  SavedMultiagent20261001: {
    text: "Advisor, sub-agents and workflows, each switched on its own.",
    fields: {
      advisor: "The model that can be consulted, if any.",
      subagents: "Permission to spawn threads.",
      workflows: "Permission to start workflow runs."
    }
  },
  SavedRosterAgent: {
    text: "An entry in the roster of a saved coordinator."
  },
  SavedSkill: {
    text: "A skill, which has at least one version.",
    fields: {
      id: "Names the skill in every other call.",
      display_name: "For people to read; others may have the same.",
      latest_version_id: "The newest version, which `latest` stands for.",
      source: "The origin.",
      created_at: "When the skill was created.",
      updated_at: "When it last changed."
    }
  },
  Schedule: {
    text: "The schedule of a deployment."
  },
  ScheduleParams: {
    text: "Schedule of a deployment."
  },
  ScheduleTrigger: {
    fields: {
      scheduled_at: "The time of the schedule, of which there is one run at most."
    }
  },
  SearchResultBlock: {
    text: "One result of a web search. It occurs in tool results only; the same shape is sent and received.",
    fields: {
      source: "The place of the result, usually a URL.",
      title: "The title of the result.",
      content: "The text of the result, in parts.",
      citations: "True if the model may cite this result."
    }
  },
  SearchResultCitations: {
    text: "Permission to cite a search result.",
    fields: {
      enabled: "True if the model may cite this result."
    }
  },
  SearchResultContent: {
    text: "The content of a search result: text."
  },
  SelfHostedConfig: {
    text: "Sandboxes of one's own, which take their work from a queue."
  },
  SendEventsParams: {
    text: "The body of a request that sends events.",
    fields: {
      events: "The events, in order; at least one. All of them are taken or none. A `system.message` may be the last one, right after the `user.message`, `user.tool_result` or `user.custom_tool_result` that it accompanies."
    }
  },
  SendEventsResponse: {
    text: "Answer to events that were sent.",
    fields: {
      data: "The events as they were stored, in the order in which they were sent."
    }
  },
  ServerToolUse: {
    text: "Numbers of calls of web tools that the service itself ran.",
    fields: {
      web_search_requests: "Web searches, each of which has a list price.",
      web_fetch_requests: "Web fetches."
    }
  },
  ServerToolsCapability: {
    fields: {
      code_execution: "Some version of the code execution tool.",
      web_search: "Some version of web search.",
      supported: "True if the model is able to."
    }
  },
  ServiceAccountActor: {
    text: "A program with an account of its own.",
    fields: {
      service_account_id: "The id of the account (`svac_…`)."
    }
  },
  ServiceAccountIdentity: {
    text: "The service's own account, which acts unless an agent names another principal."
  },
  Session: {
    text: "A session: an agent at work in an environment.",
    fields: {
      id: "Names the session in every other call.",
      agent: "The agent as it was when the session was created, and as updates of the session changed it since.",
      environment_id: "The environment of the sandbox.",
      deployment_id: "The deployment that the session was created from; absent or `null` for any other session.",
      title: "For people to read; `null` if there is none.",
      metadata: "At most 16 pairs.",
      status: "The activity of the session.",
      resources: "The resources in the sandbox.",
      vault_ids: "The vaults whose credentials the agent may use.",
      outcome_evaluations: "One entry for each outcome that was defined.",
      budget: "The ceiling on the cost; absent or `null` for none.",
      stats: "The times for which it ran and existed.",
      usage: "The consumption so far.",
      created_at: "When the session was created.",
      updated_at: "When the session last changed.",
      archived_at: "`null` for a session that is not archived."
    }
  },
  SessionActor: {
    text: "An agent in its session.",
    fields: {
      session_id: "The session."
    }
  },
  SessionAgent: {
    text: "The agent of a session, as it was when the session was created; later versions do not change it.",
    fields: {
      multiagent: "`null` for an agent that works alone.",
      name: "The agent's name.",
      description: "The purpose of the agent; `null` if nobody said.",
      model: "The model, and how it is used.",
      system: "The system prompt.",
      tools: "The tools that the agent may call.",
      mcp_servers: "The MCP servers that `mcp_toolset` tools come from.",
      skills: "The skills that are loaded into the sandbox.",
      execution_identity: "Absent from servers of mid-2026.",
      id: "The agent.",
      version: "Counts from 1."
    }
  },
  SessionAgentUpdateParams: {
    text: "Changes to the agent of a session. A list replaces the whole list, an empty one clears it, an absent one keeps it.",
    fields: {
      tools: "At most 128.",
      mcp_servers: "At most 20, of different names."
    }
  },
  SessionBudgetReached: {
    text: "The session's budget is used up, or cannot be measured. Raise or remove it to go on."
  },
  SessionDeletedEvent: {
    text: "`session.deleted`: the session was deleted. The last event of a stream; it is in no list.",
    fields: {
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  SessionEndTurn: {
    text: "The agent finished its turn. An interrupted turn ends this way too."
  },
  SessionErrorEvent: {
    text: "`session.error`: something went wrong. What happens next is in the error's `retry_status`.",
    fields: {
      error: "The failure.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  SessionFailure: {
    text: "Failure in a `session.error` event."
  },
  SessionId: {
    text: "Identifies a session (`sesn_…`)."
  },
  SessionRefusal: {
    text: "The model's response was refused, for example by a safety classifier."
  },
  SessionRequiresAction: {
    text: "The agent waits for answers of the client.",
    fields: {
      event_ids: "The tool calls to answer. When only some are answered, the idle event comes again with the rest."
    }
  },
  SessionRetriesExhausted: {
    text: "Errors ended the turn. A new message starts another one."
  },
  SessionScope: {
    text: "The session in which a file was made.",
    fields: {
      id: "The session."
    }
  },
  SessionStats: {
    text: "Times for which a session ran and existed.",
    fields: {
      active_seconds: "Seconds running, added up over threads: two threads running at once count twice.",
      duration_seconds: "Seconds since creation; stands still once the session is terminated."
    }
  },
  SessionStatus: {
    text: "Status of a session: waiting for input (`idle`, also after a finished turn), executing (`running`), waiting to retry after a passing failure (`rescheduling`), or nothing any more (`terminated`, also when archived)."
  },
  SessionStatusIdleEvent: {
    text: "`session.status_idle`: the session waits for input.",
    fields: {
      stop_reason: "Why.",
      stop_details: "More about the reason; so far only about a refusal. Absent or `null` if there is nothing to add.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  SessionStatusRescheduledEvent: {
    text: "`session.status_rescheduled`: the session met a transient error and will run again by itself.",
    fields: {
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  SessionStatusRunningEvent: {
    text: "`session.status_running`: the session started to work.",
    fields: {
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  SessionStatusTerminatedEvent: {
    text: "`session.status_terminated`: the session ended for good, by an error or because it was archived.",
    fields: {
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  SessionThreadCreatedEvent: {
    text: "`session.thread_created`: a child thread was created.",
    fields: {
      workflow_run_id: "The workflow run that created the thread. Absent or `null` for any other thread.",
      session_thread_id: "The thread.",
      agent_name: "The agent that the thread runs.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  SessionThreadStatusIdleEvent: {
    text: "`session.thread_status_idle`: a thread waits for input.",
    fields: {
      stop_reason: "Why.",
      stop_details: "More about the reason; so far only about a refusal. Absent or `null` if there is nothing to add.",
      session_thread_id: "The thread.",
      agent_name: "The agent that the thread runs.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  SessionThreadStatusRescheduledEvent: {
    text: "`session.thread_status_rescheduled`: a thread met a transient error and will run again by itself.",
    fields: {
      session_thread_id: "The thread.",
      agent_name: "The agent that the thread runs.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  SessionThreadStatusRunningEvent: {
    text: "`session.thread_status_running`: a thread started to work.",
    fields: {
      session_thread_id: "The thread.",
      agent_name: "The agent that the thread runs.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  SessionThreadStatusTerminatedEvent: {
    text: "`session.thread_status_terminated`: a thread ended for good. Its open calls can no longer be answered.",
    fields: {
      session_thread_id: "The thread.",
      agent_name: "The agent that the thread runs.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  SessionUpdatedEvent: {
    text: "`session.updated`: the session was changed. Only what changed is present.",
    fields: {
      agent: "The whole agent after the change.",
      budget: "The budget after the change; `null` if it was removed.",
      metadata: "The whole metadata after the change. Also absent when nothing is left of it.",
      title: "The title after the change.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  SessionUsage: {
    text: "Everything a session consumed so far, over all its turns and threads.",
    fields: {
      active_seconds: "Seconds with at least one thread running; threads that run at once count once. Running time is billed by it.",
      list_cost: "Cost so far; absent or `null` until the service tracks it for this session.",
      server_tool_use: "Uses of web tools; absent or `null` until the service tracks them for this session.",
      input_tokens: "Input tokens that no cache served.",
      output_tokens: "Output tokens.",
      cache_read_input_tokens: "Input tokens read from the prompt cache.",
      cache_creation: "Input tokens written to the prompt cache."
    }
  },
  SessionUsageEvent: {
    text: "`session.usage`: what the session used so far, all turns together. It comes right before the session goes idle.",
    fields: {
      usage: "The consumption since the session was created.",
      budget: "The budget at this moment. Absent or `null` if there is none.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  SessionUsageSnapshot: {
    text: "Everything a session had consumed when a `session.usage` event was written.",
    fields: {
      active_seconds: "Seconds with at least one thread running; threads that run at once count once. Running time is billed by it.",
      list_cost: "Cost so far.",
      server_tool_use: "Uses of web tools.",
      input_tokens: "Input tokens that no cache served.",
      output_tokens: "Output tokens.",
      cache_read_input_tokens: "Input tokens read from the prompt cache.",
      cache_creation: "Input tokens written to the prompt cache."
    }
  },
  SessionWorkData: {
    text: "A session to run in the environment.",
    fields: {
      id: "The session."
    }
  },
  Skill: {
    text: "A skill that is loaded into the sandbox."
  },
  SkillFiles: {
    text: "The files of a skill: all in one folder with a `SKILL.md` at its top, or one `.zip` with such a folder."
  },
  SkillId: {
    text: "Identifies a skill (`skill_…`)."
  },
  SkillParams: {
    text: "A skill to load into the sandbox."
  },
  SkillSource: {
    text: "The origin of a skill.",
    fields: {
      type: "`custom` skills belong to the workspace, all others can only be read."
    }
  },
  SkillVersion: {
    text: "A version of a skill, without its files.",
    fields: {
      id: "Names the version in calls, and pins it in references.",
      skill_id: "The skill.",
      name: "The name of the skill's folder, the same in all versions: the `name` in the head of the first `SKILL.md`.",
      description: "The `description` in the head of its `SKILL.md`.",
      created_at: "When the version was created."
    }
  },
  SkillVersionId: {
    text: "Identifies a version of a skill (`skver_…`)."
  },
  SpanModelRequestEndEvent: {
    text: "`span.model_request_end`: a request to the model ended. A preview that is still open ends with it.",
    fields: {
      model_request_start_id: "The `span.model_request_start` event of the request.",
      is_error: "True if the request failed.",
      model_usage: "The tokens that this request used.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  SpanModelRequestStartEvent: {
    text: "`span.model_request_start`: a request to the model was started.",
    fields: {
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  SpanModelUsage: {
    text: "The tokens that model requests used.",
    fields: {
      input_tokens: "Input tokens that were neither read from nor written to the prompt cache.",
      output_tokens: "Output tokens.",
      cache_read_input_tokens: "Input tokens read from the prompt cache.",
      cache_creation_input_tokens: "Input tokens written to the prompt cache.",
      speed: "The speed tier that the request ran at. Absent or `null` unless fast mode is in use."
    }
  },
  SpanOutcomeEvaluationEndEvent: {
    text: "`span.outcome_evaluation_end`: the grader reached a verdict.",
    fields: {
      outcome_evaluation_start_id: "The `span.outcome_evaluation_start` event of the cycle. Empty if it was interrupted before one.",
      result: "The verdict.",
      explanation: "Why, for people. With `needs_revision`: which criteria are not met.",
      usage: "The tokens that the grader used in this cycle.",
      outcome_id: "The outcome that is evaluated.",
      iteration: "The cycle; the first evaluation is 0.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  SpanOutcomeEvaluationOngoingEvent: {
    text: "`span.outcome_evaluation_ongoing`: the grader is still at work.",
    fields: {
      outcome_id: "The outcome that is evaluated.",
      iteration: "The cycle; the first evaluation is 0.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  SpanOutcomeEvaluationStartEvent: {
    text: "`span.outcome_evaluation_start`: the grader started to evaluate an outcome.",
    fields: {
      outcome_id: "The outcome that is evaluated.",
      iteration: "The cycle; the first evaluation is 0.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  SpanSpeed: {
    text: "The speed tier that a model request ran at."
  },
  StartEvent: {
    text: "`event_start`: an event is being produced.",
    fields: {
      event: "The event to come."
    }
  },
  StaticBearer: {
    text: "A token for an MCP server that is always the same.",
    fields: {
      mcp_server_url: "The server."
    }
  },
  StaticBearerParams: {
    text: "Parameters of a token for an MCP server that is always the same.",
    fields: {
      token: "The token.",
      mcp_server_url: "The server, which can never change."
    }
  },
  StaticBearerUpdate: {
    text: "Changes to a token for an MCP server that is always the same.",
    fields: {
      token: "The new token."
    }
  },
  StopDetails: {
    text: "More about why a session or thread went idle."
  },
  StopReason: {
    text: "Why a session or thread went idle. Treat a reason that you do not know as the end of the turn."
  },
  StopWorkParams: {
    text: "Parameters of a stop.",
    fields: {
      force: "True to stop at once."
    }
  },
  StoredFile: {
    text: "A stored file, without its content.",
    fields: {
      id: "Names the file in every other call.",
      filename: "The name that it was uploaded with, without folders.",
      mime_type: "The media type.",
      size_bytes: "The number of bytes.",
      downloadable: "True if it can be downloaded: only files that a tool made can.",
      scope: "The session that made the file; `null` for a file of the workspace.",
      created_at: "When the file was created.",
      expires_at: "When its content is gone; `null` for never."
    }
  },
  StreamEvent: {
    text: "An event as the stream of a session carries it: an `Event`, or part of a preview."
  },
  StreamEventsParams: {
    text: "Additions to a stream of events.",
    fields: {
      event_deltas: "Preview events of these types on this connection while they are produced. At most 100; by default none."
    }
  },
  SystemMessageContent: {
    text: "The blocks of a system message: text."
  },
  SystemMessageEvent: {
    text: "`system.message`: privileged context for this and all later turns, besides the system prompt.",
    fields: {
      content: "The content, in blocks.",
      id: "Identifies this event within its session. An interrupt may have an empty one.",
      processed_at: "When the service processed the event. Absent or `null` while it is queued."
    }
  },
  SystemMessageEventParams: {
    text: "A `system.message` to send.\n\nAt most one per request: the last event, right after the `user.message`, `user.tool_result` or `user.custom_tool_result` that it accompanies. Some models take none.",
    fields: {
      content: "The content, in 1 to 1000 blocks of text."
    }
  },
  TextBlock: {
    text: "Plain text.",
    fields: {
      text: "The text."
    }
  },
  TextBlockParams: {
    text: "Plain text to send.",
    fields: {
      text: "The text. The service refuses an empty one."
    }
  },
  TextDocumentSource: {
    text: "A document given as plain text.",
    fields: {
      data: "The text of the document.",
      media_type: "MIME type of the text."
    }
  },
  TextDocumentSourceParams: {
    text: "A document to send as plain text.",
    fields: {
      data: "The text of the document.",
      media_type: "MIME type of the text; the service takes no other."
    }
  },
  TextRubric: {
    text: "A rubric given as text.",
    fields: {
      content: "The rubric, in plain text or Markdown."
    }
  },
  TextRubricParams: {
    text: "A rubric to send as text.",
    fields: {
      content: "The rubric, in plain text or Markdown; the grader reads it as free text. At most 262,144 characters."
    }
  },
  ThinkingCapability: {
    fields: {
      types: "Values of `thinking.type` in requests.",
      supported: "True if the model is able to."
    }
  },
  ThinkingTypes: {
    fields: {
      adaptive: "Thinking where and as much as the model decides.",
      between_tools: "No thinking; what the model writes between tool calls comes as thinking blocks.",
      disabled: "No thinking.",
      enabled: "Thinking within a budget of tokens that the request sets."
    }
  },
  Thread: {
    text: "A thread of a session.",
    fields: {
      id: "Names the thread.",
      session_id: "The session that the thread belongs to.",
      parent_thread_id: "The thread that spawned this one; `null` for the primary thread.",
      workflow_run_id: "The workflow run that created the thread; absent or `null` for any other thread.",
      agent: "The agent of the thread, as it was when the thread was created.",
      status: "The status of the thread.",
      stats: "`null` until the status first changes.",
      usage: "`null` until the status first changes.",
      created_at: "When the thread was created.",
      updated_at: "When the thread last changed.",
      archived_at: "`null` for a thread that is not archived."
    }
  },
  ThreadAgent: {
    text: "The agent of a thread."
  },
  ThreadId: {
    text: "Identifies a thread of a session (`sthr_…`)."
  },
  ThreadMessageContent: {
    text: "The blocks of a message from one thread to another."
  },
  ThreadStats: {
    text: "Times for which a thread ran and existed.",
    fields: {
      active_seconds: "Seconds running.",
      duration_seconds: "Seconds since creation; stands still once the thread is archived.",
      startup_seconds: "Seconds until the thread first ran; zero for threads that other threads start."
    }
  },
  ThreadStatus: {
    text: "Status of a thread: executing (`running`), waiting for input (`idle`), waiting to retry after a passing failure (`rescheduling`), or nothing any more (`terminated`, also when archived)."
  },
  ThreadStreamEvent: {
    text: "An event as the stream of a thread carries it. The same events as in `StreamEvent`."
  },
  ThreadUsage: {
    text: "Everything one thread consumed so far.\n\nThread costs leave out running time and are rounded one by one, so they do not add up to the session's.",
    fields: {
      active_seconds: "Seconds the thread was running.",
      list_cost: "Cost so far; absent or `null` until the service tracks it for this thread.",
      server_tool_use: "Uses of web tools; absent or `null` until the service tracks them for this thread.",
      input_tokens: "Input tokens that no cache served.",
      output_tokens: "Output tokens.",
      cache_read_input_tokens: "Input tokens read from the prompt cache.",
      cache_creation: "Input tokens written to the prompt cache."
    }
  },
  Timestamp: {
    text: "An RFC 3339 timestamp, for example `2026-03-15T10:00:00.899001Z`."
  },
  ToolConfig: {
    text: "The configuration of one built-in tool, discriminated by `name`."
  },
  ToolConfigParams: {
    text: "Configuration to send for one built-in tool, discriminated by `name`."
  },
  ToolEvaluation: {
    text: "Which policy decided about a tool call."
  },
  ToolEvaluationAlwaysAllow: {
    text: "The policy was `always_allow`."
  },
  ToolEvaluationAlwaysAsk: {
    text: "The policy was `always_ask`."
  },
  ToolEvaluationAuto: {
    text: "The policy was `auto`: the service judged this very call.",
    fields: {
      evaluated_permission: "The judgement; the same word as the event's own `evaluated_permission`."
    }
  },
  ToolInputSchema: {
    text: "The JSON Schema of a custom tool's input; keywords beyond these are kept."
  },
  ToolReference: {
    text: "Names one tool in a list of tools whose results count.",
    fields: {
      name: "The exact name, in upper and lower case as the tool has it."
    }
  },
  ToolResultContent: {
    text: "The blocks of a tool's result."
  },
  ToolResultContentParams: {
    text: "The blocks of a tool result to send.\n\nA `RedactedBlock` is not among them: the service takes none back."
  },
  ToolUseLimitReachedError: {
    text: "The turn was stopped at the limit on rounds of tool calls. The next message starts a new turn.",
    fields: {
      message: "The message, for people.",
      retry_status: "The reaction."
    }
  },
  ToolsetDefaultConfig: {
    text: "Configuration of the tools of a toolset that have none of their own.",
    fields: {
      enabled: "True if the agent may use the tools.",
      permission_policy: "The check before one runs."
    }
  },
  ToolsetDefaultConfigParams: {
    text: "Configuration to send for the tools of a toolset that get none of their own.",
    fields: {
      enabled: "True if the agent may use the tools; the default is `true`.",
      permission_policy: "The default is `always_allow` for the built-in tools and `always_ask` for the tools of MCP servers."
    }
  },
  TurnRecord: {
    text: "A result that can be stored. `match` handles every case."
  },
  TurnRecordBudgetReached: {
    text: "The session's budget is used up.",
    fields: {
      version: "The version of this format.",
      sessionId: "The session.",
      reply: "The text of the agent's last message.",
      messages: "The agent's messages.",
      toolCalls: "The calls of tools, in their order.",
      errors: "The failures in the session, also those that it recovered from.",
      usage: "The consumption of the turn."
    }
  },
  TurnRecordConsumption: {
    text: "Consumption of a turn.",
    fields: {
      tokens: "The tokens of the primary thread's model requests and of graders.",
      cost: "The cost at list prices, with all threads of the session; absent where the session did not say.",
      session: "Everything that the session had consumed since its creation when the turn ended."
    }
  },
  TurnRecordDeleted: {
    text: "Somebody deleted the session.",
    fields: {
      version: "The version of this format.",
      sessionId: "The session.",
      reply: "The text of the agent's last message.",
      messages: "The agent's messages.",
      toolCalls: "The calls of tools, in their order.",
      errors: "The failures in the session, also those that it recovered from.",
      usage: "The consumption of the turn."
    }
  },
  TurnRecordEndTurn: {
    text: "The agent has finished.",
    fields: {
      version: "The version of this format.",
      sessionId: "The session.",
      reply: "The text of the agent's last message.",
      messages: "The agent's messages.",
      toolCalls: "The calls of tools, in their order.",
      errors: "The failures in the session, also those that it recovered from.",
      usage: "The consumption of the turn."
    }
  },
  TurnRecordFailed: {
    text: "The service has refused the turn for good: its input is wrong, or its session does not exist. What had happened until then is not known.",
    fields: {
      error: "The error of the service.",
      version: "The version of this format.",
      sessionId: "The session.",
      reply: "The text of the agent's last message.",
      messages: "The agent's messages.",
      toolCalls: "The calls of tools, in their order.",
      errors: "The failures in the session, also those that it recovered from.",
      usage: "The consumption of the turn."
    }
  },
  TurnRecordFailureError: {
    text: "The error that ended a turn, as far as it can be stored.",
    fields: {
      _tag: "The tag of the error, such as `InvalidRequest`.",
      message: "The message of the error."
    }
  },
  TurnRecordInterrupted: {
    text: "The agent was stopped by an interrupt.",
    fields: {
      version: "The version of this format.",
      sessionId: "The session.",
      reply: "The text of the agent's last message.",
      messages: "The agent's messages.",
      toolCalls: "The calls of tools, in their order.",
      errors: "The failures in the session, also those that it recovered from.",
      usage: "The consumption of the turn."
    }
  },
  TurnRecordRefusal: {
    text: "The model refused.",
    fields: {
      category: "The category of what was refused, where the model said so.",
      explanation: "The words of the model, where there are any.",
      version: "The version of this format.",
      sessionId: "The session.",
      reply: "The text of the agent's last message.",
      messages: "The agent's messages.",
      toolCalls: "The calls of tools, in their order.",
      errors: "The failures in the session, also those that it recovered from.",
      usage: "The consumption of the turn."
    }
  },
  TurnRecordRequiresAction: {
    text: "The session waits for something that nobody has answered yet. The turn goes on once it is.",
    fields: {
      actions: "The actions that it waits for.",
      version: "The version of this format.",
      sessionId: "The session.",
      reply: "The text of the agent's last message.",
      messages: "The agent's messages.",
      toolCalls: "The calls of tools, in their order.",
      errors: "The failures in the session, also those that it recovered from.",
      usage: "The consumption of the turn."
    }
  },
  TurnRecordRetriesExhausted: {
    text: "The service has given up on the turn; `errors` says why. The session takes new messages.",
    fields: {
      version: "The version of this format.",
      sessionId: "The session.",
      reply: "The text of the agent's last message.",
      messages: "The agent's messages.",
      toolCalls: "The calls of tools, in their order.",
      errors: "The failures in the session, also those that it recovered from.",
      usage: "The consumption of the turn."
    }
  },
  TurnRecordTerminated: {
    text: "The session is over.",
    fields: {
      archived: "True if somebody archived it; otherwise an error has ended it, and `errors` says which.",
      version: "The version of this format.",
      sessionId: "The session.",
      reply: "The text of the agent's last message.",
      messages: "The agent's messages.",
      toolCalls: "The calls of tools, in their order.",
      errors: "The failures in the session, also those that it recovered from.",
      usage: "The consumption of the turn."
    }
  },
  TurnRecordTokens: {
    text: "Tokens of model requests, added up.",
    fields: {
      input: "Input tokens that no cache served.",
      output: "Output tokens.",
      cacheRead: "Input tokens that were read from the cache.",
      cacheCreation: "Input tokens that were written to the cache."
    }
  },
  TurnRecordToolCall: {
    text: "A tool call with what became of it, as `Transcript.ToolCall`.",
    fields: {
      call: "The event of the call.",
      confirmation: "The decision about a call that had to be approved.",
      result: "The event of its result; absent where there is none.",
      closed: "True if it ended without a result that the session's events show."
    }
  },
  TurnRecordUnknownStopReason: {
    text: "The turn ended for a reason that the program which ran it did not know.",
    fields: {
      stopReason: "The reason as it came.",
      version: "The version of this format.",
      sessionId: "The session.",
      reply: "The text of the agent's last message.",
      messages: "The agent's messages.",
      toolCalls: "The calls of tools, in their order.",
      errors: "The failures in the session, also those that it recovered from.",
      usage: "The consumption of the turn."
    }
  },
  UnknownError: {
    text: "An error that has no type of its own.",
    fields: {
      message: "The message, for people.",
      retry_status: "The reaction."
    }
  },
  UnrestrictedHosts: {
    text: "Every host that the environment lets a sandbox reach."
  },
  UnrestrictedNetwork: {
    text: "A network without limits."
  },
  UpdateAgentParams: {
    text: "Changes to an agent; what is absent stays.",
    fields: {
      version: "The version that the changes are meant for: the update is refused if there is another by now. Absent for any.",
      name: "Not empty.",
      model: "The model, or the model and how to use it.",
      description: "The purpose of the agent; `null` removes it.",
      system: "The system prompt; `null` removes it.",
      tools: "At most 256; replaces all, `null` stands for none.",
      mcp_servers: "At most 20, of different names; replaces all, `null` stands for none.",
      skills: "Replaces all, `null` stands for none.",
      multiagent: "Cooperation with other agents; `null` removes it.",
      execution_identity: "The principal of its runs; `null` stands for the default.",
      metadata: "A patch: a text sets the value of its key, `null` removes the key, and keys that are not mentioned stay. At most 16 pairs, keys of at most 64 and values of at most 512 characters."
    }
  },
  UpdateCredentialParams: {
    text: "Changes to a credential; what is absent or `null` stays.",
    fields: {
      auth: "Of the kind that the credential has.",
      display_name: "For people to read: 1 to 255 characters.",
      metadata: "A patch: `null` removes a key, and keys that are not mentioned stay."
    }
  },
  UpdateDeploymentParams: {
    text: "Changes to a deployment; what is absent stays. A list replaces the whole list.",
    fields: {
      name: "Not empty.",
      agent: "The agent: its id for the version that is the latest now, or a reference to a version.",
      environment_id: "The environment of the sandboxes.",
      initial_events: "1 to 50.",
      description: "For people to read; `null` removes it.",
      resources: "At most 500; `null` stands for none.",
      vault_ids: "At most 50; `null` stands for none.",
      budget: "The ceiling of sessions to come; `null` removes it.",
      schedule: "`null` to run on demand only.",
      metadata: "A patch: `null` removes a key, and keys that are not mentioned stay."
    }
  },
  UpdateEnvironmentParams: {
    text: "Changes to an environment; what is absent stays.",
    fields: {
      name: "For people to read.",
      config: "Of the kind that the environment has.",
      description: "For people to read; `null` removes it.",
      metadata: "A patch: `null` or an empty text removes a key, and keys that are not mentioned stay.",
      scope: "Who can see it."
    }
  },
  UpdateMemoryParams: {
    text: "Changes to a memory; what is absent or `null` stays.",
    fields: {
      content: "The text: at most 102,400 bytes.",
      path: "The path: renames the memory.",
      precondition: "The update is refused (`Conflict`) if this does not hold. Absent for an update in any case."
    }
  },
  UpdateMemoryStoreParams: {
    text: "Changes to a memory store; what is absent or `null` stays.",
    fields: {
      name: "The name, for sessions that are created from now on.",
      description: "The content of the store in words for the agent; empty for none.",
      metadata: "A patch: `null` removes a key, and keys that are not mentioned stay."
    }
  },
  UpdateSessionParams: {
    text: "Changes to a session; what is absent stays.",
    fields: {
      title: "For people to read; `null` removes it.",
      metadata: "A patch: a text sets the value of its key, `null` removes the key, and keys that are not mentioned stay. At most 16 pairs, keys of at most 64 and values of at most 512 characters.",
      agent: "Only possible while the session is not running.",
      budget: "Another ceiling, above what is spent already, or `null` for none; neither adds one nor brings one back.",
      vault_ids: "Deprecated. Reserved: the service refuses every request that has it. Attach vaults when creating the session."
    }
  },
  UpdateVaultParams: {
    text: "Changes to a vault; what is absent or `null` stays.",
    fields: {
      display_name: "For people to read: 1 to 255 characters.",
      metadata: "A patch: `null` removes a key, and keys that are not mentioned stay."
    }
  },
  UpdateWorkParams: {
    text: "Changes to the metadata of a work item.",
    fields: {
      metadata: "A patch: `null` removes a key, and keys that are not mentioned stay."
    }
  },
  Upload: {
    text: "A file to upload."
  },
  UploadFileParams: {
    text: "A file to upload.",
    fields: {
      file: "Name, media type and content. Of a name with folders, the last part counts.",
      expires_in_seconds: "The seconds until the content is gone: from an hour (3,600) to ninety days (7,776,000). The default is never."
    }
  },
  UrlDocumentSource: {
    text: "A document that the service fetches.",
    fields: {
      url: "The address of the document."
    }
  },
  UrlImageSource: {
    text: "An image that the service fetches.",
    fields: {
      url: "The address of the image."
    }
  },
  UrlMcpServer: {
    text: "An MCP server at a URL.",
    fields: {
      name: "The name that `mcp_toolset` tools refer to.",
      url: "The address of the server."
    }
  },
  UrlMcpServerParams: {
    text: "An MCP server to connect to.",
    fields: {
      name: "The name that `mcp_toolset` tools refer to: 1 to 255 characters, unique among the servers.",
      url: "At most 2,048 characters."
    }
  },
  UrlSourceToolFilter: {
    text: "Which tools' results may contribute URLs: all, none, `only` some or all `except` some."
  },
  UrlSourceToolFilterParams: {
    text: "Which tools' results may contribute URLs: `\"all\"`, `\"none\"`, `only` some or all `except` some."
  },
  UrlSourceToolList: {
    fields: {
      tools: "The tools that count (`only`) or do not (`except`)."
    }
  },
  UrlSourceToolListParams: {
    fields: {
      tools: "1 to 128 tools, no two alike."
    }
  },
  UrlSourceUserInput: {
    text: "Permission for the text of user messages to contribute URLs."
  },
  UrlSourceUserInputParams: {
    text: "Permission for the text of user messages to contribute URLs."
  },
  UrlSources: {
    text: "Sources of the URLs that `web_fetch` may fetch; `null` stands for every URL of that source.",
    fields: {
      client_tool_results: "Results of custom tools.",
      server_tool_results: "Results of `web_search` and `web_fetch`.",
      user_input: "The text of user messages."
    }
  },
  UrlSourcesParams: {
    text: "Sources of the URLs that `web_fetch` may fetch; not all three sources may be `none`.",
    fields: {
      client_tool_results: "Results of custom tools, each of which must be among the same `tools`; the default is `\"all\"`.",
      server_tool_results: "Results of `web_search` and `web_fetch`; the default is `\"all\"`.",
      user_input: "The text of user messages; the default is `\"all\"`."
    }
  },
  UserActor: {
    text: "A person.",
    fields: {
      user_id: "The id of the person (`user_…`)."
    }
  },
  UserCustomToolResultEvent: {
    text: "`user.custom_tool_result`: what a custom tool returned.",
    fields: {
      custom_tool_use_id: "The `agent.custom_tool_use` event that was answered.",
      content: "The result of the tool, in blocks.",
      is_error: "True if the tool failed.",
      session_thread_id: "The child thread to which the service routed the answer. Absent or `null` for the primary thread.",
      id: "Identifies this event within its session. An interrupt may have an empty one.",
      processed_at: "When the service processed the event. Absent or `null` while it is queued."
    }
  },
  UserCustomToolResultEventParams: {
    text: "A `user.custom_tool_result` to send. It may be sent as soon as the call has arrived, before the session is idle; a second answer to the same call is accepted and has no effect.",
    fields: {
      custom_tool_use_id: "The `agent.custom_tool_use` event to answer.",
      content: "The result of the tool, in blocks.",
      is_error: "True if the tool failed."
    }
  },
  UserDefineOutcomeEvent: {
    text: "`user.define_outcome`: the user gave the agent an outcome to reach.",
    fields: {
      outcome_id: "The outcome, as `span.outcome_evaluation_*` events and the session's `outcome_evaluations` name it.",
      description: "The task of the agent.",
      rubric: "The rubric by which the outcome is graded.",
      max_iterations: "After how many cycles of work and evaluation the agent gives up.",
      id: "Identifies this event within its session. An interrupt may have an empty one.",
      processed_at: "When the service processed the event. Absent or `null` while it is queued."
    }
  },
  UserDefineOutcomeEventParams: {
    text: "A `user.define_outcome` to send: the agent starts to work on it at once. A session has one live outcome at a time.",
    fields: {
      description: "The task of the agent. Not empty.",
      rubric: "The rubric by which to grade the outcome.",
      max_iterations: "After how many cycles of work and evaluation to give up: 1 to 20, by default 3."
    }
  },
  UserEvent: {
    text: "Any event that came from a client, as the service returns it."
  },
  UserInterruptEvent: {
    text: "`user.interrupt`: the user stopped the agent.",
    fields: {
      session_thread_id: "The only thread that was stopped. Absent or `null` if all were.",
      id: "Identifies this event within its session. An interrupt may have an empty one.",
      processed_at: "When the service processed the event. Absent or `null` while it is queued."
    }
  },
  UserInterruptEventParams: {
    text: "A `user.interrupt` to send: it ends the turn, ahead of queued messages.",
    fields: {
      session_thread_id: "Stop only this thread. Without it every thread that is not archived stops."
    }
  },
  UserLocation: {
    text: "Roughly where the user is, so that search results fit the place.",
    fields: {
      city: "City.",
      country: "Two upper-case letters, as in ISO 3166-1.",
      region: "State or region.",
      timezone: "An IANA name such as `Europe/Lisbon`."
    }
  },
  UserMessageEvent: {
    text: "`user.message`: what the user said to the agent.",
    fields: {
      content: "The content, in blocks.",
      id: "Identifies this event within its session. An interrupt may have an empty one.",
      processed_at: "When the service processed the event. Absent or `null` while it is queued."
    }
  },
  UserMessageEventParams: {
    text: "A `user.message` to send: it starts a turn, or steers the one that runs.",
    fields: {
      content: "The content, in blocks."
    }
  },
  UserToolConfirmationEvent: {
    text: "`user.tool_confirmation`: a tool call that waited for approval was allowed or denied.",
    fields: {
      tool_use_id: "The `agent.tool_use` or `agent.mcp_tool_use` event that was decided about.",
      result: "The decision.",
      deny_message: "Why the call was denied.",
      session_thread_id: "The child thread to which the service routed the answer. Absent or `null` for the primary thread.",
      id: "Identifies this event within its session. An interrupt may have an empty one.",
      processed_at: "When the service processed the event. Absent or `null` while it is queued."
    }
  },
  UserToolConfirmationEventParams: {
    text: "A `user.tool_confirmation` to send: it allows or denies a tool call whose `evaluated_permission` is `ask`.",
    fields: {
      tool_use_id: "The `agent.tool_use` or `agent.mcp_tool_use` event to decide about.",
      result: "The decision.",
      deny_message: "Why the call is denied; the agent reads it. Only with `deny`."
    }
  },
  UserToolResultEvent: {
    text: "`user.tool_result`: what a built-in tool returned that the client ran, in a self-hosted environment.",
    fields: {
      tool_use_id: "The `agent.tool_use` event that was answered.",
      content: "The result of the tool, in blocks.",
      is_error: "True if the tool failed.",
      session_thread_id: "The child thread to which the service routed the answer. Absent or `null` for the primary thread.",
      id: "Identifies this event within its session. An interrupt may have an empty one.",
      processed_at: "When the service processed the event. Absent or `null` while it is queued."
    }
  },
  UserToolResultEventParams: {
    text: "A `user.tool_result` to send. Only in self-hosted environments, where the client runs the built-in tools, and only with the credentials of the environment.",
    fields: {
      tool_use_id: "The `agent.tool_use` event to answer.",
      content: "The result of the tool, in blocks.",
      is_error: "True if the tool failed."
    }
  },
  Vault: {
    text: "A vault.",
    fields: {
      id: "Names the vault in every other call, and in `vault_ids` of a session.",
      display_name: "For people to read.",
      metadata: "Pairs of one's own.",
      created_at: "When the vault was created.",
      updated_at: "When the vault last changed.",
      archived_at: "`null` for a vault that is not archived."
    }
  },
  VaultId: {
    text: "Identifies a vault of credentials (`vlt_…`)."
  },
  WebFetchToolConfig: {
    text: "The configuration of the built-in tool `web_fetch`.",
    fields: {
      name: "The tool.",
      type: "The same as `name`; servers of mid-2026 leave it out.",
      enabled: "True if the agent may use the tool.",
      permission_policy: "The check before it runs.",
      allowed_domains: "If present, only these hosts and their subdomains are fetched.",
      blocked_domains: "If present, these hosts and their subdomains are never fetched.",
      max_content_tokens: "The most tokens of fetched text that one call puts into the context.",
      url_sources: "Sources of the URLs to fetch; absent or `null` for any."
    }
  },
  WebFetchToolConfigParams: {
    text: "Configuration to send for the built-in tool `web_fetch`.",
    fields: {
      max_content_tokens: "The most tokens of fetched text that one call puts into the context; binary content does not count.",
      url_sources: "Sources of the URLs to fetch; any if absent.",
      allowed_domains: "1 to 64 plain host names: only these and their subdomains. Excludes `blocked_domains`.",
      blocked_domains: "1 to 64 plain host names: never these nor their subdomains. Excludes `allowed_domains`.",
      name: "The tool.",
      enabled: "True if the agent may use the tool; the toolset's `default_config` decides if absent.",
      permission_policy: "The toolset's `default_config` decides if absent."
    }
  },
  WebSearchToolConfig: {
    text: "The configuration of the built-in tool `web_search`.",
    fields: {
      name: "The tool.",
      type: "The same as `name`; servers of mid-2026 leave it out.",
      enabled: "True if the agent may use the tool.",
      permission_policy: "The check before it runs.",
      allowed_domains: "If present, only results of these hosts and their subdomains are returned.",
      blocked_domains: "If present, results of these hosts and their subdomains are never returned.",
      user_location: "The supposed location of the user; absent or `null` for anywhere."
    }
  },
  WebSearchToolConfigParams: {
    text: "Configuration to send for the built-in tool `web_search`.",
    fields: {
      user_location: "The supposed location of the user.",
      allowed_domains: "1 to 64 plain host names: only these and their subdomains. Excludes `blocked_domains`.",
      blocked_domains: "1 to 64 plain host names: never these nor their subdomains. Excludes `allowed_domains`.",
      name: "The tool.",
      enabled: "True if the agent may use the tool; the toolset's `default_config` decides if absent.",
      permission_policy: "The toolset's `default_config` decides if absent."
    }
  },
  WebhookAgentData: {
    text: "An agent has changed.",
    fields: {
      organization_id: "The organisation that it belongs to.",
      workspace_id: "The workspace that it belongs to.",
      id: "The agent."
    }
  },
  WebhookCredentialData: {
    text: "A credential has changed, or could not be refreshed.",
    fields: {
      organization_id: "The organisation that it belongs to.",
      workspace_id: "The workspace that it belongs to.",
      id: "The credential.",
      vault_id: "The vault that it is in."
    }
  },
  WebhookData: {
    text: "The object that has changed, and how."
  },
  WebhookDeploymentData: {
    text: "A deployment has changed.",
    fields: {
      organization_id: "The organisation that it belongs to.",
      workspace_id: "The workspace that it belongs to.",
      id: "The deployment."
    }
  },
  WebhookDeploymentRunData: {
    text: "A run of a deployment has started or ended.",
    fields: {
      organization_id: "The organisation that it belongs to.",
      workspace_id: "The workspace that it belongs to.",
      id: "The run."
    }
  },
  WebhookEnforcementData: {
    text: "A measure against a user profile was opened or resolved.",
    fields: {
      id: "The user profile.",
      enforcement_action_id: "The measure.",
      organization_id: "The organisation that it belongs to."
    }
  },
  WebhookEnvironmentData: {
    text: "An environment has changed.",
    fields: {
      organization_id: "The organisation that it belongs to.",
      workspace_id: "The workspace that it belongs to.",
      id: "The environment."
    }
  },
  WebhookEvent: {
    text: "An event of a webhook.",
    fields: {
      id: "Identifies the event (`whe_…`). One that is delivered again has the same id.",
      created_at: "When it happened.",
      data: "The object that has changed, and how."
    }
  },
  WebhookMemoryStoreData: {
    text: "A memory store has changed.",
    fields: {
      organization_id: "The organisation that it belongs to.",
      workspace_id: "The workspace that it belongs to.",
      id: "The memory store."
    }
  },
  WebhookOrganizationData: {
    text: "A user profile, an external key or an external storage of the organisation has changed.",
    fields: {
      id: "Identifies what has changed.",
      organization_id: "The organisation that it belongs to."
    }
  },
  WebhookSessionData: {
    text: "A session has changed.",
    fields: {
      organization_id: "The organisation that it belongs to.",
      workspace_id: "The workspace that it belongs to.",
      id: "The session."
    }
  },
  WebhookThreadData: {
    text: "A thread of a session has changed.",
    fields: {
      organization_id: "The organisation that it belongs to.",
      workspace_id: "The workspace that it belongs to.",
      id: "The session.",
      session_thread_id: "The thread."
    }
  },
  WebhookVaultData: {
    text: "A vault has changed.",
    fields: {
      organization_id: "The organisation that it belongs to.",
      workspace_id: "The workspace that it belongs to.",
      id: "The vault."
    }
  },
  Work: {
    text: "A work item of a self-hosted environment. There is one for each start of a session.",
    fields: {
      id: "Names the work item in every other call.",
      environment_id: "The environment.",
      data: "The work to do.",
      state: "The state of the work.",
      secret: "The secret that `credentials` reads; only a poll gives it, and it may be `null` even there.",
      metadata: "Pairs of one's own.",
      created_at: "When the work was queued.",
      acknowledged_at: "When a worker acknowledged it.",
      started_at: "When it started.",
      latest_heartbeat_at: "When the last heartbeat came.",
      stop_requested_at: "When it was asked to stop.",
      stopped_at: "When it stopped."
    }
  },
  WorkData: {
    text: "The work to do."
  },
  WorkHeartbeat: {
    text: "The answer to a heartbeat.",
    fields: {
      last_heartbeat: "The last heartbeat, to be passed on with the next one; empty if there is none.",
      lease_extended: "True if the lease was extended.",
      state: "The state of the work.",
      ttl_seconds: "The seconds for which the lease is valid."
    }
  },
  WorkHeartbeatParams: {
    text: "Parameters of a heartbeat.",
    fields: {
      desired_ttl_seconds: "Seconds for which the lease is to be valid.",
      expected_last_heartbeat: "`noHeartbeat` for the first one, then the `last_heartbeat` of the answer before. Refused if it is another."
    }
  },
  WorkId: {
    text: "Identifies a work item of a self-hosted environment (`work_…`)."
  },
  WorkQueueStats: {
    text: "The state of a work queue.",
    fields: {
      depth: "Items that nobody has polled.",
      pending: "Items that were polled and not acknowledged.",
      oldest_queued_at: "When the oldest item was queued; `null` if there is none.",
      workers_polling: "Workers that polled within 30 seconds; only those that give a worker id are counted."
    }
  },
  WorkState: {
    text: "State of a work item."
  },
  WorkflowRunCreatedEvent: {
    text: "`workflow_run.created`: an agent started a workflow run. The first event of a run.",
    fields: {
      name: "The name of the run, by the agent or by the service.",
      description: "The description that the agent gave the run. Absent or `null` if it gave none.",
      phases: "The phases that the plan declares, in its order.",
      workflow_run_id: "The run.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  WorkflowRunError: {
    text: "Why a workflow run did not finish, or was not created."
  },
  WorkflowRunErrorEvent: {
    text: "`workflow_run.error`: a run failed, or could not be created.",
    fields: {
      workflow_run_id: "The run. Absent or `null` if none was created.",
      error: "Why.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  WorkflowRunId: {
    text: "Identifies a workflow run (`wrun_…`)."
  },
  WorkflowRunMaxWorkflowRunsError: {
    text: "No run was created, because the session has as many open runs as it may. Only `workflow_run.error` carries it.",
    fields: {
      message: "A short explanation for people. It has no content of the run."
    }
  },
  WorkflowRunPhase: {
    text: "A phase that a workflow run's plan declares.",
    fields: {
      id: "Identifies the phase.",
      name: "The name that the agent gave it.",
      description: "The description that the agent gave it. Absent or `null` if it gave none."
    }
  },
  WorkflowRunPhaseEndedEvent: {
    text: "`workflow_run.phase_ended`: a run left a phase, or ended in it.",
    fields: {
      phase_started_id: "The `workflow_run.phase_started` event that opened the phase.",
      workflow_run_phase_id: "The phase, one of those in `workflow_run.created`.",
      workflow_run_id: "The run.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  WorkflowRunPhaseId: {
    text: "Identifies a phase of a workflow run."
  },
  WorkflowRunPhaseStartedEvent: {
    text: "`workflow_run.phase_started`: a run entered a phase.",
    fields: {
      workflow_run_phase_id: "The phase, one of those in `workflow_run.created`.",
      workflow_run_id: "The run.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  WorkflowRunProgramError: {
    text: "The run's plan failed, or the service refused it.",
    fields: {
      message: "A short explanation for people. It has no content of the run."
    }
  },
  WorkflowRunResult: {
    text: "Result of a workflow run."
  },
  WorkflowRunResultCompleted: {
    text: "The plan ran to its end. Whether the work succeeded is not said."
  },
  WorkflowRunResultError: {
    text: "The run failed or reached a limit.",
    fields: {
      error: "Why."
    }
  },
  WorkflowRunResultStopped: {
    text: "The agent stopped the run."
  },
  WorkflowRunStatusEndedEvent: {
    text: "`workflow_run.status_ended`: a run ended. The last event of a run.",
    fields: {
      result: "The result.",
      workflow_run_id: "The run.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  WorkflowRunStatusIdleEvent: {
    text: "`workflow_run.status_idle`: a run waits.",
    fields: {
      workflow_run_id: "The run.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  WorkflowRunStatusRunningEvent: {
    text: "`workflow_run.status_running`: a run started to work, or went on after it was idle.",
    fields: {
      workflow_run_id: "The run.",
      id: "Identifies this event within its session.",
      processed_at: "When the service processed the event: the order of the event list."
    }
  },
  WorkflowRunThreadLimitError: {
    text: "The run created as many threads as it may.",
    fields: {
      message: "A short explanation for people. It has no content of the run."
    }
  },
  WorkflowRunTimeoutError: {
    text: "The run reached its time limit.",
    fields: {
      message: "A short explanation for people. It has no content of the run."
    }
  },
  WorkflowRunUnknownError: {
    text: "A failure that has no type of its own.",
    fields: {
      message: "A short explanation for people. It has no content of the run."
    }
  },
  WriteToolConfig: {
    fields: {
      name: "The tool.",
      type: "The same as `name`; servers of mid-2026 leave it out.",
      enabled: "True if the agent may use the tool.",
      permission_policy: "The check before it runs."
    }
  },
  WriteToolConfigParams: {
    fields: {
      name: "The tool.",
      type: "The same as `name`.",
      enabled: "True if the agent may use the tool; the toolset's `default_config` decides if absent.",
      permission_policy: "The toolset's `default_config` decides if absent."
    }
  }
}
