import type * as Content from "../../Content.ts"
import type * as Conversation from "../../Conversation.ts"
import type * as Event from "../../Event.ts"
import * as UserEvent from "../../UserEvent.ts"

const isEvent = (value: { readonly type: unknown }): value is Event.EventParams =>
  /^(user|system)\./.test(String(value.type))

/** The events of the input of a turn. */
export const toEvents = (input: Conversation.Input): ReadonlyArray<Event.EventParams> => {
  if (typeof input === "string") return [UserEvent.message(input)]
  const list: ReadonlyArray<Content.MessageContentParams | Event.EventParams> = Symbol.iterator in input
    ? input
    : [input]
  const events = list.filter(isEvent)
  // what is not an event is a block of a message; a mixture is refused like any other wrong block
  return events.length === list.length
    ? events
    : [UserEvent.message(list as ReadonlyArray<Content.MessageContentParams>)]
}
