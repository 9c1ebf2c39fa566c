/**
 * Previews of events that are still being produced: opt-in, on one connection, never stored.
 *
 * A preview is a {@link Start}, for a message followed by {@link Delta}s, and then the previewed event itself with the
 * same id, which replaces it all. If the model request fails, that event never comes and `span.model_request_end` ends
 * the preview. Preview events have neither `id` nor `processed_at`.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { TextBlock } from "./Content.ts"
import * as Ids from "./Ids.ts"
import * as wire from "./internal/wire.ts"

const MessagePreview_ = wire.struct("AgentMessagePreview", {
  type: Schema.Literal("agent.message"),
  /** The id that the `agent.message` will have. */
  id: Ids.EventId
})

/**
 * The message that is being produced.
 *
 * @category models
 * @since 0.1.0
 */
export interface MessagePreview extends Schema.Schema.Type<typeof MessagePreview_> {}

/**
 * {@link MessagePreview} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface MessagePreviewEncoded extends Schema.Schema.Encoded<typeof MessagePreview_> {}

/**
 * Schema of {@link MessagePreview}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const MessagePreview: Schema.Schema<MessagePreview, MessagePreviewEncoded> = MessagePreview_

const ThinkingPreview_ = wire.struct("AgentThinkingPreview", {
  type: Schema.Literal("agent.thinking"),
  /** The id that the `agent.thinking` will have. */
  id: Ids.EventId
})

/**
 * The thinking that has begun. No deltas follow.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThinkingPreview extends Schema.Schema.Type<typeof ThinkingPreview_> {}

/**
 * {@link ThinkingPreview} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ThinkingPreviewEncoded extends Schema.Schema.Encoded<typeof ThinkingPreview_> {}

/**
 * Schema of {@link ThinkingPreview}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ThinkingPreview: Schema.Schema<ThinkingPreview, ThinkingPreviewEncoded> = ThinkingPreview_

/**
 * What is being produced.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Preview = wire.openUnion("EventPreview", [
  MessagePreview,
  ThinkingPreview
])

/**
 * The values of {@link Preview}.
 *
 * @category models
 * @since 0.1.0
 */
export type Preview = typeof Preview.Type

/**
 * {@link Preview} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export type PreviewEncoded = typeof Preview.Encoded

const Start_ = wire.struct("StartEvent", {
  type: Schema.Literal("event_start"),
  /** The event to come. */
  event: Preview
})

/**
 * `event_start`: an event is being produced.
 *
 * @category models
 * @since 0.1.0
 */
export interface Start extends Schema.Schema.Type<typeof Start_> {}

/**
 * {@link Start} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface StartEncoded extends Schema.Schema.Encoded<typeof Start_> {}

/**
 * Schema of {@link Start}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Start: Schema.Schema<Start, StartEncoded> = Start_

/**
 * A part of a block: text.
 *
 * @category schemas
 * @since 0.1.0
 */
export const FragmentContent = wire.openUnion("DeltaFragmentContent", [
  TextBlock
])

/**
 * The values of {@link FragmentContent}.
 *
 * @category models
 * @since 0.1.0
 */
export type FragmentContent = typeof FragmentContent.Type

/**
 * {@link FragmentContent} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export type FragmentContentEncoded = typeof FragmentContent.Encoded

const ContentDelta_ = wire.struct("ContentDelta", {
  type: Schema.Literal("content_delta"),
  /** Which block it belongs to; absent means the first. A new index starts a block, a known one goes on with it. */
  index: wire.nullish(wire.number),
  /** The part. */
  content: FragmentContent
})

/**
 * The next part of a message's `content`.
 *
 * @category models
 * @since 0.1.0
 */
export interface ContentDelta extends Schema.Schema.Type<typeof ContentDelta_> {}

/**
 * {@link ContentDelta} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface ContentDeltaEncoded extends Schema.Schema.Encoded<typeof ContentDelta_> {}

/**
 * Schema of {@link ContentDelta}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ContentDelta: Schema.Schema<ContentDelta, ContentDeltaEncoded> = ContentDelta_

/**
 * The next part of an event.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Fragment = wire.openUnion("DeltaFragment", [
  ContentDelta
])

/**
 * The values of {@link Fragment}.
 *
 * @category models
 * @since 0.1.0
 */
export type Fragment = typeof Fragment.Type

/**
 * {@link Fragment} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export type FragmentEncoded = typeof Fragment.Encoded

const Delta_ = wire.struct("DeltaEvent", {
  type: Schema.Literal("event_delta"),
  /** The event to come. */
  event_id: Ids.EventId,
  /** The next part of it. */
  delta: Fragment
})

/**
 * `event_delta`: the next part of an event that is being produced.
 *
 * @category models
 * @since 0.1.0
 */
export interface Delta extends Schema.Schema.Type<typeof Delta_> {}

/**
 * {@link Delta} as it is on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export interface DeltaEncoded extends Schema.Schema.Encoded<typeof Delta_> {}

/**
 * Schema of {@link Delta}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Delta: Schema.Schema<Delta, DeltaEncoded> = Delta_
