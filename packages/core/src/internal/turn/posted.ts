import * as Content from "../../Content.ts"
import type * as Event from "../../Event.ts"
import * as UserEvent from "../../UserEvent.ts"

/** A file that a page has posted: the data in base64, or an address. */
export interface File {
  readonly mediaType: string
  readonly source: { readonly data: string } | { readonly url: string }
  readonly title?: string | undefined
}

/** The block for a file. The agent reads images and PDF documents, and nothing else. */
const toBlocks = ({ mediaType, source, title }: File): ReadonlyArray<Content.MessageContentParams> => {
  if (mediaType.startsWith("image/")) {
    return ["data" in source ? Content.imageBase64(mediaType, source.data) : Content.imageUrl(source.url)]
  }
  if (mediaType !== "application/pdf") return []
  return [
    "data" in source
      ? Content.documentBase64(mediaType, source.data, { title })
      : Content.documentUrl(source.url, { title })
  ]
}

/** The message of texts and files; none if there is nothing to say. */
export const toMessage = (
  texts: ReadonlyArray<string>,
  files: ReadonlyArray<File>
): ReadonlyArray<Event.EventParams> => {
  const text = texts.join("\n\n")
  const blocks = [...files.flatMap(toBlocks), ...text === "" ? [] : [Content.text(text)]]
  return blocks.length === 0 ? [] : [UserEvent.message(blocks)]
}
