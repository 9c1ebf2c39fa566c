/**
 * The result of a set-up that is described and not ordered: something is there as it should be, and what that took.
 *
 * @since 0.1.0
 */

/**
 * Something that is as its definition says, with what was done for it.
 *
 * - `Created`: there was none.
 * - `Updated`: there was one, and it differed in these fields.
 * - `Unchanged`: there was one, just as it should be.
 *
 * @category models
 */
export type Ensured<A> =
  | { readonly _tag: "Created"; readonly value: A }
  | { readonly _tag: "Updated"; readonly value: A; readonly fields: ReadonlyArray<string> }
  | { readonly _tag: "Unchanged"; readonly value: A }
