import * as Content from "@effect-managed-agents/core/Content"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import type { Failure } from "./failure.ts"
import { usage } from "./failure.ts"
import * as input from "./input.ts"

const images: { readonly [end: string]: string } = {
  gif: "image/gif",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  png: "image/png",
  webp: "image/webp"
}

/** A file as content of a message: an image, a PDF or a text. */
export const read = (
  path: string
): Effect.Effect<Content.MessageContentParams, Failure, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const bytes = yield* Effect.mapError(files.readFile(path), input.unreadable(path))
    const end = /\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? ""
    const image = Object.hasOwn(images, end) ? images[end] : undefined
    if (image !== undefined) return Content.imageBase64(image, Encoding.encodeBase64(bytes))
    const title = path.split(/[\\/]/).pop() ?? path
    if (end === "pdf") return Content.documentBase64("application/pdf", Encoding.encodeBase64(bytes), { title })
    const text = input.asText(bytes)
    return text === undefined
      ? yield* usage(`${path}: is no image, no PDF and no text`)
      : Content.documentText(text, { title })
  })
