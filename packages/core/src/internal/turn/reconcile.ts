import type * as PendingAction from "../../PendingAction.ts"

/** Compares the actions that were taken on with those that are pending now. */
export const reconcile = <A extends PendingAction.Repliable>(
  taken: { readonly keys: () => Iterable<string>; readonly has: (key: string) => boolean },
  pending: ReadonlyArray<A>,
  keyOf: (action: A) => string
): { readonly added: ReadonlyArray<A>; readonly gone: ReadonlyArray<string> } => {
  const keys = new Set(pending.map(keyOf))
  return {
    added: pending.filter((action) => !taken.has(keyOf(action))),
    gone: Array.from(taken.keys()).filter((key) => !keys.has(key))
  }
}
