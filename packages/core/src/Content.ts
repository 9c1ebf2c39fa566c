/**
 * The blocks that messages and tool results are made of.
 *
 * Which blocks may occur depends on the place, so there is one union per place, and a second one, ending in `Params`,
 * for what may be sent there. The constructors at the end make the blocks that programs send.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Ids from "./Ids.ts"
import * as params from "./internal/schema/params.ts"
import * as wire from "./internal/schema/wire.ts"

/**
 * Plain text.
 * @category schemas
 */
export class TextBlock extends wire.Struct<TextBlock>()("TextBlock", {
  type: Schema.Literal("text"),
  /** The text. */
  text: Schema.String
}) {}

/**
 * Plain text to send.
 * @category schemas
 */
export class TextBlockParams extends wire.Struct<TextBlockParams>()("TextBlockParams", {
  type: Schema.Literal("text"),
  /** The text. The service refuses an empty one. */
  text: params.nonEmptyText
}) {}

/**
 * An image given as data.
 * @category schemas
 */
export class Base64ImageSource extends wire.Struct<Base64ImageSource>()("Base64ImageSource", {
  type: Schema.Literal("base64"),
  /** The image, in base64. */
  data: Schema.String,
  /** MIME type of the image: `image/png`, `image/jpeg`, `image/gif` or `image/webp`. */
  media_type: Schema.String
}) {}

/**
 * An image that the service fetches.
 * @category schemas
 */
export class UrlImageSource extends wire.Struct<UrlImageSource>()("UrlImageSource", {
  type: Schema.Literal("url"),
  /** The address of the image. */
  url: Schema.String
}) {}

/**
 * An image that was uploaded as a file.
 * @category schemas
 */
export class FileImageSource extends wire.Struct<FileImageSource>()("FileImageSource", {
  type: Schema.Literal("file"),
  /** The uploaded file. */
  file_id: Ids.FileId
}) {}

/**
 * Source of an image.
 * @category schemas
 */
export const ImageSource = wire.openUnion("ImageSource", [
  Base64ImageSource,
  UrlImageSource,
  FileImageSource
])

/**
 * The values of {@link ImageSource}.
 * @category models
 */
export type ImageSource = wire.Named<typeof ImageSource>["union" | "name"]

/**
 * An image. The same shape is sent and received.
 * @category schemas
 */
export class ImageBlock extends wire.Struct<ImageBlock>()("ImageBlock", {
  type: Schema.Literal("image"),
  /** The source of the image. */
  source: ImageSource
}) {}

/**
 * A document given as data.
 * @category schemas
 */
export class Base64DocumentSource extends wire.Struct<Base64DocumentSource>()("Base64DocumentSource", {
  type: Schema.Literal("base64"),
  /** The document, in base64. */
  data: Schema.String,
  /** MIME type of the document, for example `application/pdf`. */
  media_type: Schema.String
}) {}

/**
 * A document given as plain text.
 * @category schemas
 */
export class TextDocumentSource extends wire.Struct<TextDocumentSource>()("TextDocumentSource", {
  type: Schema.Literal("text"),
  /** The text of the document. */
  data: Schema.String,
  /** MIME type of the text. */
  media_type: wire.openString("TextMediaType", "text/plain")
}) {}

/**
 * A document to send as plain text.
 * @category schemas
 */
export class TextDocumentSourceParams extends wire.Struct<TextDocumentSourceParams>()("TextDocumentSourceParams", {
  type: Schema.Literal("text"),
  /** The text of the document. */
  data: Schema.String,
  /** MIME type of the text; the service takes no other. */
  media_type: Schema.Literal("text/plain")
}) {}

/**
 * A document that the service fetches.
 * @category schemas
 */
export class UrlDocumentSource extends wire.Struct<UrlDocumentSource>()("UrlDocumentSource", {
  type: Schema.Literal("url"),
  /** The address of the document. */
  url: Schema.String
}) {}

/**
 * A document that was uploaded as a file.
 * @category schemas
 */
export class FileDocumentSource extends wire.Struct<FileDocumentSource>()("FileDocumentSource", {
  type: Schema.Literal("file"),
  /** The uploaded file. */
  file_id: Ids.FileId
}) {}

/**
 * Source of a document.
 * @category schemas
 */
export const DocumentSource = wire.openUnion("DocumentSource", [
  Base64DocumentSource,
  TextDocumentSource,
  UrlDocumentSource,
  FileDocumentSource
])

/**
 * The values of {@link DocumentSource}.
 * @category models
 */
export type DocumentSource = wire.Named<typeof DocumentSource>["union" | "name"]

/**
 * Source of a document to send.
 * @category schemas
 */
export const DocumentSourceParams = wire.openUnion("DocumentSourceParams", [
  Base64DocumentSource,
  TextDocumentSourceParams,
  UrlDocumentSource,
  FileDocumentSource
])

/**
 * The values of {@link DocumentSourceParams}.
 * @category models
 */
export type DocumentSourceParams = wire.Named<typeof DocumentSourceParams>["union" | "name"]

/**
 * A document.
 * @category schemas
 */
export class DocumentBlock extends wire.Struct<DocumentBlock>()("DocumentBlock", {
  type: Schema.Literal("document"),
  /** The source of the document. */
  source: DocumentSource,
  /** Context that the model was given beside the document's content. */
  context: wire.nullish(Schema.String),
  /** The title of the document. */
  title: wire.nullish(Schema.String)
}) {}

/**
 * A document to send.
 * @category schemas
 */
export class DocumentBlockParams extends wire.Struct<DocumentBlockParams>()("DocumentBlockParams", {
  type: Schema.Literal("document"),
  /** The source of the document. */
  source: DocumentSourceParams,
  /** Context for the model beside the document's content. */
  context: Schema.optional(Schema.NullOr(Schema.String)),
  /** The title of the document. */
  title: Schema.optional(Schema.NullOr(Schema.String))
}) {}

/**
 * Permission to cite a search result.
 * @category schemas
 */
export class SearchResultCitations extends wire.Struct<SearchResultCitations>()("SearchResultCitations", {
  /** True if the model may cite this result. */
  enabled: Schema.Boolean
}) {}

/**
 * The content of a search result: text.
 * @category schemas
 */
export const SearchResultContent = wire.openUnion("SearchResultContent", [
  TextBlock
])

/**
 * The values of {@link SearchResultContent}.
 * @category models
 */
export type SearchResultContent = wire.Named<typeof SearchResultContent>["union" | "name"]

/**
 * One result of a web search. It occurs in tool results only; the same shape is sent and received.
 * @category schemas
 */
export class SearchResultBlock extends wire.Struct<SearchResultBlock>()("SearchResultBlock", {
  type: Schema.Literal("search_result"),
  /** The place of the result, usually a URL. */
  source: Schema.String,
  /** The title of the result. */
  title: Schema.String,
  /** The text of the result, in parts. */
  content: Schema.Array(SearchResultContent),
  /** True if the model may cite this result. */
  citations: SearchResultCitations
}) {}

/**
 * Stands for content that the service withholds by model policy. It is received, never sent.
 * @category schemas
 */
export class RedactedBlock extends wire.Struct<RedactedBlock>()("RedactedBlock", {
  type: Schema.Literal("redacted")
}) {}

/**
 * The blocks of a user's message.
 * @category schemas
 */
export const MessageContent = wire.openUnion("MessageContent", [
  TextBlock,
  ImageBlock,
  DocumentBlock,
  RedactedBlock
])

/**
 * The values of {@link MessageContent}.
 * @category models
 */
export type MessageContent = wire.Named<typeof MessageContent>["union" | "name"]

/**
 * The blocks of an agent's message.
 * @category schemas
 */
export const AgentMessageContent = wire.openUnion("AgentMessageContent", [
  TextBlock,
  RedactedBlock
])

/**
 * The values of {@link AgentMessageContent}.
 * @category models
 */
export type AgentMessageContent = wire.Named<typeof AgentMessageContent>["union" | "name"]

/**
 * The blocks of a message from one thread to another.
 * @category schemas
 */
export const ThreadMessageContent = wire.openUnion("ThreadMessageContent", [
  TextBlock,
  ImageBlock,
  DocumentBlock,
  RedactedBlock
])

/**
 * The values of {@link ThreadMessageContent}.
 * @category models
 */
export type ThreadMessageContent = wire.Named<typeof ThreadMessageContent>["union" | "name"]

/**
 * The blocks of a system message: text.
 * @category schemas
 */
export const SystemMessageContent = wire.openUnion("SystemMessageContent", [
  TextBlock
])

/**
 * The values of {@link SystemMessageContent}.
 * @category models
 */
export type SystemMessageContent = wire.Named<typeof SystemMessageContent>["union" | "name"]

/**
 * The blocks of a tool's result.
 * @category schemas
 */
export const ToolResultContent = wire.openUnion("ToolResultContent", [
  TextBlock,
  ImageBlock,
  DocumentBlock,
  SearchResultBlock
])

/**
 * The values of {@link ToolResultContent}.
 * @category models
 */
export type ToolResultContent = wire.Named<typeof ToolResultContent>["union" | "name"]

/** The service takes no withheld content back, so it is refused before anything is sent. */
const notRedacted = <A extends { readonly type: unknown }, I>(
  identifier: string,
  schema: Schema.Schema<A, I>
): Schema.Schema<A, I> =>
  schema.pipe(
    Schema.filter((block) => block.type !== "redacted" || "a redacted block cannot be sent", { identifier })
  )

/**
 * The blocks of a message to send.
 *
 * A {@link RedactedBlock} is not among them: the service takes none back.
 *
 * @category schemas
 */
export const MessageContentParams = notRedacted(
  "MessageContentParams",
  wire.openUnion("MessageContentParams", [
    TextBlockParams,
    ImageBlock,
    DocumentBlockParams
  ])
)

/**
 * The values of {@link MessageContentParams}.
 * @category models
 */
export type MessageContentParams = wire.Named<typeof MessageContentParams>["union" | "name"]

/**
 * The blocks of a tool result to send.
 *
 * A {@link RedactedBlock} is not among them: the service takes none back.
 *
 * @category schemas
 */
export const ToolResultContentParams = notRedacted(
  "ToolResultContentParams",
  wire.openUnion("ToolResultContentParams", [
    TextBlockParams,
    ImageBlock,
    DocumentBlockParams,
    SearchResultBlock
  ])
)

/**
 * The values of {@link ToolResultContentParams}.
 * @category models
 */
export type ToolResultContentParams = wire.Named<typeof ToolResultContentParams>["union" | "name"]

/**
 * A block of text.
 * @category constructors
 */
export const text = (text: string): TextBlock => ({ type: "text", text })

/**
 * An image that the service fetches.
 * @category constructors
 */
export const imageUrl = (url: string): ImageBlock => ({ type: "image", source: { type: "url", url } })

/**
 * An image that was uploaded as a file.
 * @category constructors
 */
export const imageFile = (fileId: Ids.FileId): ImageBlock => ({
  type: "image",
  source: { type: "file", file_id: fileId }
})

/**
 * An image given as base64 data, for example with the MIME type `image/png`.
 * @category constructors
 */
export const imageBase64 = (mediaType: string, data: string): ImageBlock => ({
  type: "image",
  source: { type: "base64", media_type: mediaType, data }
})

/**
 * Options of a document.
 * @category options
 */
export interface DocumentOptions {
  /** The title of the document. */
  readonly title?: string | undefined
  /** Context for the model. */
  readonly context?: string | undefined
}

const document = (source: DocumentSourceParams, options: DocumentOptions | undefined): DocumentBlockParams => ({
  type: "document",
  source,
  ...(options?.title !== undefined && { title: options.title }),
  ...(options?.context !== undefined && { context: options.context })
})

/**
 * A document that the service fetches.
 * @category constructors
 */
export const documentUrl = (url: string, options?: DocumentOptions): DocumentBlockParams =>
  document({ type: "url", url }, options)

/**
 * A document that was uploaded as a file.
 * @category constructors
 */
export const documentFile = (fileId: Ids.FileId, options?: DocumentOptions): DocumentBlockParams =>
  document({ type: "file", file_id: fileId }, options)

/**
 * A document given as plain text.
 * @category constructors
 */
export const documentText = (text: string, options?: DocumentOptions): DocumentBlockParams =>
  document({ type: "text", media_type: "text/plain", data: text }, options)

/**
 * A document given as base64 data, for example with the MIME type `application/pdf`.
 * @category constructors
 */
export const documentBase64 = (mediaType: string, data: string, options?: DocumentOptions): DocumentBlockParams =>
  document({ type: "base64", media_type: mediaType, data }, options)

/**
 * The text of a message or tool result: its text blocks, one after the other. Other blocks are left out.
 * @category accessors
 */
export const textOf = (content: ReadonlyArray<{ readonly type: unknown }> | null | undefined): string => {
  let text = ""
  for (const block of content ?? []) {
    if (block.type === "text" && "text" in block && typeof block.text === "string") text += block.text
  }
  return text
}
