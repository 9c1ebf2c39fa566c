/**
 * The models of the service, and what each is able to do.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as params from "./internal/schema/params.ts"
import * as wire from "./internal/schema/wire.ts"
import { Timestamp } from "./Timestamp.ts"

const supported = {
  /** True if the model is able to. */
  supported: Schema.Boolean
}

/**
 * One capability of a model.
 * @category schemas
 */
export class Support extends wire.Struct<Support>()("CapabilitySupport", supported) {}

const Thinking = wire.struct("ThinkingCapability", {
  ...supported,
  /** Values of `thinking.type` in requests. */
  types: wire.struct("ThinkingTypes", {
    /** Thinking where and as much as the model decides. */
    adaptive: Support,
    /** No thinking; what the model writes between tool calls comes as thinking blocks. */
    between_tools: Support,
    /** No thinking. */
    disabled: Support,
    /** Thinking within a budget of tokens that the request sets. */
    enabled: Support
  })
})

const ContextManagement = wire.struct("ContextManagementCapability", {
  ...supported,
  /** The strategy of this name; `null` where the service does not say. */
  clear_thinking_20251015: Schema.NullOr(Support),
  /** The strategy of this name; `null` where the service does not say. */
  clear_tool_uses_20250919: Schema.NullOr(Support),
  /** The strategy of this name; `null` where the service does not say. */
  compact_20260112: Schema.NullOr(Support)
})

const Effort = wire.struct("EffortCapability", {
  ...supported,
  /** The level `low`. */
  low: Support,
  /** The level `medium`. */
  medium: Support,
  /** The level `high`. */
  high: Support,
  /** The level `xhigh`; `null` where the service does not say. */
  xhigh: Schema.NullOr(Support),
  /** The level `max`. */
  max: Support
})

/**
 * The capabilities of a model.
 * @category schemas
 */
export class Capabilities extends wire.Struct<Capabilities>()("ModelCapabilities", {
  /** Batches of messages. */
  batch: Support,
  /** Citations. */
  citations: Support,
  /** Calls of tools by code that the model runs. */
  code_execution: Support,
  /** Compaction of the context by the service. */
  compaction: Schema.NullOr(wire.struct("CompactionCapability", {
    ...supported,
    /** Compaction of the type `summarize`. */
    summarize: Support
  })),
  /** Management of the context. */
  context_management: ContextManagement,
  /** Levels of effort. */
  effort: Effort,
  /** Images as input. */
  image_input: Support,
  /** PDF documents as input. */
  pdf_input: Support,
  /** Tools that the service runs. */
  server_tools: wire.struct("ServerToolsCapability", {
    ...supported,
    /** Some version of the code execution tool. */
    code_execution: Support,
    /** Some version of web search. */
    web_search: Support
  }),
  /** Answers of a given form. */
  structured_outputs: Support,
  /** Thinking. */
  thinking: Thinking
}) {}

const lifecycles = ["active", "deprecated", "retired"] as const

/**
 * A model.
 * @category schemas
 */
export class Model extends wire.Struct<Model>()("ModelInfo", {
  type: Schema.Literal("model"),
  /** The name of the model in calls. */
  id: Schema.String,
  /** For people to read. */
  display_name: Schema.String,
  /** `null` where the service does not say. */
  capabilities: Schema.NullOr(Capabilities),
  /** The line, such as `opus`; `null` for none. */
  line: Schema.NullOr(wire.openString("ModelLine", "haiku", "sonnet", "opus", "fable", "mythos")),
  /** The stage of its life: `retired` models can no longer be called. */
  lifecycle: wire.openString("ModelLifecycle", ...lifecycles),
  /** The models that may stand in for it. */
  allowed_fallback_models: Schema.NullOr(Schema.Array(Schema.String)),
  /** The most tokens of context. */
  max_input_tokens: Schema.NullOr(wire.number),
  /** The most tokens of an answer. */
  max_tokens: Schema.NullOr(wire.number),
  /** When the model was released; the epoch if that is not known. */
  created_at: Timestamp,
  /** When it was deprecated; `null` while it is active. */
  deprecated_at: Schema.NullOr(Timestamp),
  /** When it is planned to retire; `null` if it is not. */
  retires_at: Schema.NullOr(Timestamp)
}) {}

/**
 * One page of models. This list alone is paged by ids.
 * @category schemas
 */
export class ModelPage extends wire.Struct<ModelPage>()("ModelPage", {
  /** The models, the newest first. */
  data: Schema.Array(Model),
  /** The `before_id` of the page before. */
  first_id: Schema.NullOr(Schema.String),
  /** The `after_id` of the next page. */
  last_id: Schema.NullOr(Schema.String),
  /** True if there is a next page. */
  has_more: Schema.Boolean
}) {}

/**
 * Which models to list.
 * @category schemas
 */
export class ListParams extends wire.Struct<ListParams>()("ListModelsParams", {
  /** Only models of these stages; the default is all but `retired`. */
  lifecycle: Schema.optional(Schema.Array(Schema.Literal(...lifecycles))),
  /** Models per page. */
  limit: Schema.optional(params.integer({ min: 1 })),
  /** The page after this model. */
  after_id: Schema.optional(Schema.String),
  /** The page before this model. */
  before_id: Schema.optional(Schema.String)
}) {}
