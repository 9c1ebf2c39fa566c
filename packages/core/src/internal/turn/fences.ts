import type * as SessionOwner from "../../SessionOwner.ts"

/** The number of sessions to know the owner of: the last ones. */
const capacity = 10_000

/** Makes a memory of the owners that this process has seen. */
export const make = () => {
  /** The highest fence of each session, those that were seen last at the end. */
  const highest = new Map<string, number>()
  return {
    /** Takes note of an owner, and tells whether it is the last one as far as is known. */
    admit: ({ fence, sessionId }: SessionOwner.Service): boolean => {
      const before = highest.get(sessionId)
      if (before !== undefined && before > fence) return false
      highest.delete(sessionId)
      highest.set(sessionId, fence)
      for (const first of highest.keys()) {
        if (highest.size <= capacity) break
        highest.delete(first)
      }
      return true
    }
  }
}
