import type * as Journal from "../../Journal.ts"

const ofClient: unique symbol = Symbol.for("@effect-managed-agents/core/Journal/ofClient")

/** The journal in force where none is provided. It has a memory for each client, because ids are unique to a service. */
export interface DefaultJournal extends Journal.Service {
  readonly [ofClient]: (client: object) => Journal.Service
}

/** Makes a {@link DefaultJournal}. */
export const make = (makeMemory: () => Journal.Service): DefaultJournal => {
  const memories = new WeakMap<object, Journal.Service>()
  return {
    ...makeMemory(),
    [ofClient]: (client) => {
      const known = memories.get(client) ?? makeMemory()
      memories.set(client, known)
      return known
    }
  }
}

/** Tells the journal that nobody has provided. */
export const isDefault = (journal: Journal.Service): journal is DefaultJournal => ofClient in journal

/** The journal to use for a client. */
export const resolve = (journal: Journal.Service, client: object): Journal.Service =>
  isDefault(journal) ? journal[ofClient](client) : journal
