// The shop: where orders are looked up, and the tool through which the agent asks for them.
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

export const Order = Schema.Struct({
  order_id: Schema.String,
  status: Schema.Literal("processing", "shipped", "delivered"),
  arrives: Schema.String
})

export class OrderNotFound extends Data.TaggedError("OrderNotFound")<{ readonly orderId: string }> {
  override get message(): string {
    return `There is no order ${this.orderId}.`
  }
}

export class Orders extends Context.Tag("examples/Orders")<Orders, {
  readonly find: (orderId: string) => Effect.Effect<typeof Order.Type, OrderNotFound>
}>() {}

const orders: ReadonlyArray<typeof Order.Type> = [
  { order_id: "1234", status: "shipped", arrives: "Friday" },
  { order_id: "1235", status: "processing", arrives: "next week" }
]

export const layer = Layer.succeed(Orders, {
  find: (orderId) =>
    Option.match(Option.fromNullable(orders.find((order) => order.order_id === orderId)), {
      onNone: () => new OrderNotFound({ orderId }),
      onSome: Effect.succeed
    })
})

const Input = Schema.Struct({
  order_id: Schema.String.pipe(
    Schema.pattern(/^\d+$/, { message: () => "order_id must be the digits of an order number, such as \"1234\"" })
  )
})

/** The tool as the agent's definition declares it. */
export const tool = {
  type: "custom",
  name: "get_order_status",
  description: "Looks up an order",
  input_schema: { type: "object", properties: { order_id: { type: "string" } }, required: ["order_id"] }
} as const

/**
 * Answers the calls of the tool, and leaves those of other tools to others. The arguments come from a model and are checked
 * like any other input; what is wrong with them, or with the order, goes back as an error that the agent can read.
 */
export const answer = (
  { input, name }: PendingAction.CustomToolCall | PendingAction.SelfHostedToolCall
): Effect.Effect<Option.Option<PendingAction.ToolResult>, never, Orders> =>
  name !== tool.name ? Effect.succeedNone : Schema.decodeUnknown(Input)(input).pipe(
    Effect.flatMap(({ order_id }) => Effect.flatMap(Orders, (orders) => orders.find(order_id))),
    Effect.flatMap(Schema.encode(Schema.parseJson(Order))),
    Effect.match({
      onSuccess: (order) => PendingAction.result(order),
      onFailure: (error) => PendingAction.result(error.message, { isError: true })
    }),
    Effect.asSome
  )
