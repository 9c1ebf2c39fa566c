import * as FastCheck from "effect/FastCheck"

/** Sizes of pieces, small ones more often, to be used over and over. */
export const cuts: FastCheck.Arbitrary<ReadonlyArray<number>> = FastCheck.array(
  FastCheck.oneof(FastCheck.integer({ min: 1, max: 4 }), FastCheck.integer({ min: 1, max: 300 })),
  { minLength: 1, maxLength: 8 }
)

/** The bytes in pieces of the given sizes. */
export const cut = (bytes: Uint8Array, sizes: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const pieces: Array<Uint8Array> = []
  let at = 0
  while (at < bytes.length) {
    const size = sizes[pieces.length % sizes.length]!
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}
