const stores = new WeakSet<object>()

/** Marks a store that other processes do not reach. */
export const mark = <A extends object>(store: A): A => {
  stores.add(store)
  return store
}

/** Tells a store that is in memory. */
export const isInMemory = (store: object): boolean => stores.has(store)
