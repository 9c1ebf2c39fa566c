/*
 * Every intended difference between our types of what sessions are made of and those of the official SDK, with its reason,
 * beside those of `differences.ts`, which occur here as well.
 */
export const workspaceDifferences = {
  "Work.data: type \"healthcheck\" is not in the SDK":
    "the SDK has the type of a health check optional; without it a health check would look like a session's work",
  "MemoryVersion.created_by: null is not in the SDK": "documented as null if the author is not known",
  "MemoryVersion.redacted_by: null is not in the SDK": "documented as null if the version is not redacted",
  "UpdateMemory.precondition.content_sha256 is required here":
    "a precondition without a hash would look like protection and be none"
} as const
