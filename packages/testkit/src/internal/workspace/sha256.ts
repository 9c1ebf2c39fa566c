const encoder = new TextEncoder()

/** The leading bits of the fractional parts of a root of the first primes: the constants of SHA-256. */
const constants = (count: number, root: (n: number) => number): ReadonlyArray<number> => {
  const out: Array<number> = []
  for (let n = 2; out.length < count; n++) {
    let isPrime = true
    for (let d = 2; d * d <= n; d++) if (n % d === 0) isPrime = false
    if (isPrime) out.push(((root(n) % 1) * 0x1_0000_0000) | 0)
  }
  return out
}

const start = constants(8, Math.sqrt)
const rounds = constants(64, Math.cbrt)

const rotate = (x: number, bits: number): number => (x >>> bits) | (x << (32 - bits))

/** The bytes with the padding that fills whole blocks. */
const padded = (bytes: Uint8Array): DataView => {
  const view = new DataView(new ArrayBuffer(Math.ceil((bytes.length + 9) / 64) * 64))
  new Uint8Array(view.buffer).set(bytes)
  view.setUint8(bytes.length, 0x80)
  view.setUint32(view.byteLength - 8, Math.floor(bytes.length / 0x2000_0000))
  view.setUint32(view.byteLength - 4, bytes.length << 3)
  return view
}

/** One item of a list of numbers that is as long as the algorithm says. */
const at = (list: ArrayLike<number>, i: number): number => list[i] ?? 0

/** The SHA-256 of a text in UTF-8, in hexadecimal digits: the platform's own answers later, and here is no later. */
export const sha256 = (text: string): { readonly digest: string; readonly size: number } => {
  const bytes = encoder.encode(text)
  const view = padded(bytes)
  const state = Int32Array.from(start)
  const w = new Int32Array(64)
  for (let block = 0; block < view.byteLength; block += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(block + i * 4)
    for (let i = 16; i < 64; i++) {
      const x = at(w, i - 15)
      const y = at(w, i - 2)
      const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3)
      const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10)
      w[i] = at(w, i - 16) + s0 + at(w, i - 7) + s1
    }
    let v = Array.from(state)
    for (let i = 0; i < 64; i++) {
      const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = v
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
      const one = (h + s1 + ((e & f) ^ (~e & g)) + at(rounds, i) + at(w, i)) | 0
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
      v = [(one + s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0, a, b, c, (d + one) | 0, e, f, g]
    }
    for (let i = 0; i < 8; i++) state[i] = at(state, i) + at(v, i)
  }
  const digest = Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("")
  return { digest, size: bytes.length }
}
