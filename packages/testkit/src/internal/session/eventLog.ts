/** An event as streams carry it. Previews have no id. */
export interface LiveEvent {
  readonly id?: string | undefined
  readonly type: string
}

/** An event as it is stored: the JSON object that lists and streams carry. */
export interface StoredEvent extends LiveEvent {
  readonly id: string
  readonly processed_at?: string | null | undefined
}

/**
 * An append-only sequence with value semantics: appending leaves every earlier log as it was.
 *
 * Logs that descend from one another share one array, of which each sees its own length, so that appending to the newest
 * (the only one that is ever kept) costs what a push costs.
 */
export interface EventLog<out A> {
  readonly items: ReadonlyArray<A>
  readonly length: number
}

/** The log without entries. */
export const empty: EventLog<never> = { items: [], length: 0 }

/** The log with one more entry. */
export const append = <A>(self: EventLog<A>, item: A): EventLog<A> => {
  if (self.length === 0) return { items: [item], length: 1 }
  if (self.items.length !== self.length) {
    return { items: [...self.items.slice(0, self.length), item], length: self.length + 1 }
  } // the array belongs to this module: nobody else writes to it, and nobody reads beyond the length of their own log

  ;(self.items as Array<A>).push(item)
  return { items: self.items, length: self.length + 1 }
}

/** The entries as an array of their own. */
export const toArray = <A>(self: EventLog<A>): ReadonlyArray<A> => self.items.slice(0, self.length)
