// Serves the support desk on PORT, with its journal in the folder STATE.
import * as Journal from "@effect-managed-agents/core/Journal"
import { HttpServer } from "@effect/platform"
import { NodeHttpServer, NodeKeyValueStore } from "@effect/platform-node"
import { Config, Effect, Layer } from "effect"
import { createServer } from "node:http"
import { desk } from "./desk.ts"
import * as Tools from "./tools.ts"

const folder = Config.withDefault(Config.string("STATE"), ".state")
const port = Config.withDefault(Config.integer("PORT"), 3000)

const Files = Layer.unwrapEffect(Effect.map(folder, NodeKeyValueStore.layerFileSystem))

const Server = Layer.unwrapScoped(Effect.map(desk, (router) => HttpServer.serve(router))).pipe(
  HttpServer.withLogAddress,
  Layer.provide(NodeHttpServer.layerConfig(createServer, { port, host: Config.succeed("127.0.0.1") })),
  Layer.provide([Tools.Handlers, Journal.layer().pipe(Layer.provide(Files))]),
  Layer.provide(Tools.Shop.Default)
)

export const program = Layer.launch(Server)
export { agent } from "./tools.ts"
