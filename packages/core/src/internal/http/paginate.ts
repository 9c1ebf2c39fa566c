import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { ApiError } from "../../ApiError.ts"
import type { Page } from "../../Page.ts"

/**
 * All items from the first page on. A page is fetched when the consumer asks for more than the last one held; an empty page
 * with a cursor does not end the list, an empty cursor does.
 */
export const paginate = <A>(
  fetchPage: (page: { readonly page?: string }) => Effect.Effect<Page<A>, ApiError>
): Stream.Stream<A, ApiError> =>
  Stream.flattenIterables(
    Stream.paginateEffect({}, (page: { readonly page?: string }) =>
      Effect.map(fetchPage(page), ({ data, next_page }) => [
        data,
        next_page ? Option.some({ page: next_page }) : Option.none()
      ]))
  )
