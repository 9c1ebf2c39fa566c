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
import * as wire from "./internal/schema/wire.ts"

/**
 * The message that is being produced.
 * @category schemas
 */
export class MessagePreview extends wire.Struct<MessagePreview>()("AgentMessagePreview", {
  type: Schema.Literal("agent.message"),
  /** The id that the `agent.message` will have. */
  id: Ids.EventId
}) {}

/**
 * The thinking that has begun. No deltas follow.
 * @category schemas
 */
export class ThinkingPreview extends wire.Struct<ThinkingPreview>()("AgentThinkingPreview", {
  type: Schema.Literal("agent.thinking"),
  /** The id that the `agent.thinking` will have. */
  id: Ids.EventId
}) {}

/**
 * Preview of something that is being produced.
 * @category schemas
 */
export const Preview = wire.openUnion("EventPreview", [
  MessagePreview,
  ThinkingPreview
])

/**
 * The values of {@link Preview}.
 * @category models
 */
export type Preview = wire.Named<typeof Preview>["union" | "name"]

/**
 * `event_start`: an event is being produced.
 * @category schemas
 */
export class Start extends wire.Struct<Start>()("StartEvent", {
  type: Schema.Literal("event_start"),
  /** The event to come. */
  event: Preview
}) {}

/**
 * A part of a block: text.
 * @category schemas
 */
export const FragmentContent = wire.openUnion("DeltaFragmentContent", [
  TextBlock
])

/**
 * The values of {@link FragmentContent}.
 * @category models
 */
export type FragmentContent = wire.Named<typeof FragmentContent>["union" | "name"]

/**
 * The next part of a message's `content`.
 * @category schemas
 */
export class ContentDelta extends wire.Struct<ContentDelta>()("ContentDelta", {
  type: Schema.Literal("content_delta"),
  /** Which block it belongs to; absent means the first. A new index starts a block, a known one goes on with it. */
  index: wire.nullish(wire.number),
  /** The part. */
  content: FragmentContent
}) {}

/**
 * The next part of an event.
 * @category schemas
 */
export const Fragment = wire.openUnion("DeltaFragment", [
  ContentDelta
])

/**
 * The values of {@link Fragment}.
 * @category models
 */
export type Fragment = wire.Named<typeof Fragment>["union" | "name"]

/**
 * `event_delta`: the next part of an event that is being produced.
 * @category schemas
 */
export class Delta extends wire.Struct<Delta>()("DeltaEvent", {
  type: Schema.Literal("event_delta"),
  /** The event to come. */
  event_id: Ids.EventId,
  /** The next part of it. */
  delta: Fragment
}) {}
