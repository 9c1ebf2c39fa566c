/*
 * Every intended difference between our types of what sessions are made of and those of the official SDK, with its reason,
 * beside those of `differences.ts`, which occur here as well.
 */
export const workspaceDifferences = {
  "Work.data: type \"healthcheck\" is not in the SDK":
    "the SDK has the type of a health check optional; without it a health check would look like a session's work"
} as const
