import { sha256 as hash } from "@noble/hashes/sha2.js"
import * as Encoding from "effect/Encoding"

const encoder = new TextEncoder()

/** The SHA-256 of a text in UTF-8, in hexadecimal digits: the platform's own answers later, and here is no later. */
export const sha256 = (text: string): { readonly digest: string; readonly size: number } => {
  const bytes = encoder.encode(text)
  return { digest: Encoding.encodeHex(hash(bytes)), size: bytes.length }
}
