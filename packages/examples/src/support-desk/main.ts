// Serves the support desk on PORT, with its journal in the folder STATE.
import * as Journal from "@effect-managed-agents/core/Journal"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeKeyValueStore from "@effect/platform-node/NodeKeyValueStore"
import * as HttpServer from "@effect/platform/HttpServer"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
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
