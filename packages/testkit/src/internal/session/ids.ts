/**
 * 128 bits from which identifiers are derived.
 *
 * An identifier is a pure function of the seed and of what it identifies (the n-th event of this session, the n-th
 * request that looked like this), never of a counter that unrelated work shares. So the same seed and the same requests
 * give the same bytes, in whatever order fibers run.
 */
export type Key = readonly [number, number, number, number]

const mix = (h: number): number => {
  let x = h ^ (h >>> 16)
  x = Math.imul(x, 0x85ebca6b)
  x ^= x >>> 13
  x = Math.imul(x, 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}

const lanes = ([a, b, c, d]: Key): Key => {
  const h = mix(a + b + c + d)
  const h1 = mix(a ^ h), h2 = mix(b + h1), h3 = mix(c ^ h2), h4 = mix(d + h3)
  return [mix(h1 ^ h4), h2, h3, h4]
}

/** The key of something that a text names within what another key identifies. */
export const child = (parent: Key, name: string): Key => {
  let [a, b, c, d] = parent
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i)
    a = b ^ Math.imul(a ^ unit, 0x239b961b)
    b = c ^ Math.imul(b ^ unit, 0xab0e9789)
    c = d ^ Math.imul(c ^ unit, 0x38b34ae5)
    d = a ^ Math.imul(d ^ unit, 0xa1e38b93)
  }
  return lanes([a ^ name.length, b, c, d])
}

/** The n-th of its kind within what a key identifies. */
export const nth = (parent: Key, n: number): Key =>
  lanes([parent[0] ^ Math.imul(n, 0x9e3779b1), parent[1] + n, parent[2] ^ (n >>> 16), parent[3]])

/** The key of a whole simulated world. */
export const root = (seed: number): Key => child([0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a], String(seed))

/** A number from 0 to 1 (exclusive) that a key stands for. */
export const fraction = ([a]: Key): number => a / 0x1_0000_0000

const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

const digits = (bits: number): string => {
  let rest = bits
  let out = ""
  for (let i = 0; i < 5; i++) {
    out += alphabet.charAt(rest % 58)
    rest = Math.floor(rest / 58)
  }
  return out
}

/** An identifier as the service spells them: a prefix, then 24 characters that begin like today's. */
export const format = (prefix: string, [a, b, c, d]: Key): string =>
  `${prefix}_011C${digits(a)}${digits(b)}${digits(c)}${digits(d)}`

/** An identifier in the form of a UUID. */
export const uuid = (key: Key): string => {
  const hex = key.map((bits) => bits.toString(16).padStart(8, "0")).join("")
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20)].join("-")
}
