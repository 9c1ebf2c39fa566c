// Serves the support desk on PORT, with its journal in the folder STATE.
import { Journal } from "@effect-managed-agents/core"
import { HttpServer } from "@effect/platform"
import { NodeHttpServer, NodeKeyValueStore } from "@effect/platform-node"
import { Config, Effect, Layer } from "effect"
import { createServer } from "node:http"
import { desk } from "./desk.ts"
import * as Tools from "./tools.ts"

const Files = Layer.unwrapEffect(
  Effect.map(Config.withDefault(Config.string("STATE"), ".state"), NodeKeyValueStore.layerFileSystem)
)

const port = Config.withDefault(Config.integer("PORT"), 3000)

const Server = Layer.unwrapScoped(Effect.map(desk, (router) => HttpServer.serve(router))).pipe(
  HttpServer.withLogAddress,
  Layer.provide(NodeHttpServer.layerConfig(createServer, { port, host: Config.succeed("127.0.0.1") })),
  Layer.provide([Tools.Handlers, Journal.layer().pipe(Layer.provide(Files))]),
  Layer.provide(Tools.Shop.Default)
)

export const program = Layer.launch(Server)

export const agent = Tools.agent
