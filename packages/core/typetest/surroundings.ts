/*
 * Everything around sessions that goes over the wire, as this package has it and as the official SDK has it: files, vaults,
 * memory stores, skills and webhooks. The SDK of the seed era had none of them.
 */
import type Anthropic from "@anthropic-ai/sdk"
import type * as WebhookEvent from "../src/WebhookEvent.ts"

type Beta = Anthropic["beta"]

/** Per value: ours, then theirs. */
export interface Pairs {
  readonly WebhookEvent: [typeof WebhookEvent.WebhookEvent.Encoded, ReturnType<Beta["webhooks"]["unwrap"]>]
}

/** Every intended difference, with its reason, as in `differences.ts`. */
export const differences = {} as const
