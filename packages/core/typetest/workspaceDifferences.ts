/*
 * Every intended difference between our types of what sessions are made of and those of the official SDK, with its reason.
 */
const seedEra = "servers of mid-2026 do not send it, and their payloads must be readable"

export const workspaceDifferences = {
  ".execution_identity is optional here": seedEra
} as const
