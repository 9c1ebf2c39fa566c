/**
 * One page of a list.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as wire from "./internal/schema/wire.ts"

/**
 * One page of a list, with the cursors of its neighbours.
 * @category models
 */
export interface Page<A> {
  /** The items, in the order of the list. */
  readonly data: ReadonlyArray<A>
  /** The `page` parameter of the next page; absent or `null` on the last one. */
  readonly next_page?: string | null
  /** The `page` parameter of the page before; absent or `null` on the first one. Only the list of sessions has it. */
  readonly prev_page?: string | null
}

/**
 * The schema of a page of `item`s.
 * @category schemas
 */
export const Page = <A, I>(item: Schema.Schema<A, I>): Schema.Schema<Page<A>, Page<I>> =>
  wire.struct(`${Option.getOrElse(AST.getIdentifierAnnotation(item.ast), () => "Item")}Page`, {
    data: Schema.Array(item),
    next_page: wire.nullish(Schema.String),
    prev_page: wire.nullish(Schema.String)
  })
