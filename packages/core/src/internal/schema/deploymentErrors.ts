/** Errors of a run that pause its deployment. */
export const pausingErrors = [
  "agent_archived_error",
  "environment_archived_error",
  "environment_not_found_error",
  "file_not_found_error",
  "mcp_egress_blocked_error",
  "memory_store_archived_error",
  "organization_disabled_error",
  "self_hosted_resources_unsupported_error",
  "session_resource_not_found_error",
  "skill_not_found_error",
  "unknown_error",
  "vault_archived_error",
  "vault_not_found_error",
  "workspace_archived_error"
] as const
