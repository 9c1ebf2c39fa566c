import * as ClientConfig from "@effect-managed-agents/core/ClientConfig"
import * as Cassette from "@effect-managed-agents/testkit/Cassette"
import * as Fixtures from "@effect-managed-agents/testkit/Fixtures"
import * as InspectorPage from "@effect-managed-agents/testkit/InspectorPage"
import * as Simulator from "@effect-managed-agents/testkit/Simulator"
import * as SimulatorServer from "@effect-managed-agents/testkit/SimulatorServer"
import * as WebhookEndpoint from "@effect-managed-agents/testkit/WebhookEndpoint"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Path from "@effect/platform/Path"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { openPage } from "./browser.ts"
import { messageOf } from "./connection.ts"
import type { Failure } from "./failure.ts"
import { usage } from "./failure.ts"
import * as options from "./options.ts"
import * as proxy from "./proxy.ts"
import { Stdio } from "./stdio.ts"

/** The beginning of virtual time: the same for every run, so that the same requests give the same bytes. */
const epoch = Date.UTC(2026, 2, 15, 10)

/** A secret that everybody may know: what is signed with it comes from a simulator. */
const secret = "whsec_c2ltdWxhdG9y"

const file = (name: string, text: string) =>
  options.optional(options.notEmpty(name)).pipe(Options.withDescription(text))

const flags = {
  port: options.integer("port", 0, 65_535).pipe(
    Options.withDescription("The port to listen on, 0 for any that is free."),
    Options.withDefault(8787)
  ),
  host: options.notEmpty("host").pipe(
    Options.withDescription("The address to listen on; the default is this machine only."),
    Options.withDefault("127.0.0.1")
  ),
  seed: options.integer("seed", Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER).pipe(
    Options.withDescription("The integer from which every id derives."),
    Options.withDefault(0)
  ),
  clock: Options.choice("clock", ["real", "virtual"]).pipe(
    Options.withDescription("Virtual time moves only by POST /_sim/clock/advance."),
    Options.withDefault("real" as const)
  ),
  fixtures: Options.choice("fixtures", ["docs", "none"]).pipe(
    Options.withDescription("Start with the resources of the reference's examples."),
    Options.withDefault("docs" as const)
  ),
  scripts: file(
    "scripts",
    "What agents do: a file of JSON, { \"<agent id>\": Script, … } or { \"<agent id>\": { \"agent\": …, \"script\": … } }. "
      + "It is read again when it changes."
  ),
  pace: options.duration("pace").pipe(
    Options.withDescription(
      "The time that each step of a script takes when it says nothing, so that a stream that is opened after a message was "
        + "sent still sees the reply."
    ),
    Options.withDefault(0)
  ),
  webhook: options.optional(options.url("webhook")).pipe(Options.withDescription("Post webhooks there, of all types.")),
  webhookSecret: options.parsed(
    "webhook-secret",
    "whsec_ and base64",
    (text) => /^whsec_[A-Za-z0-9+/]+={0,2}$/.test(text) ? Redacted.make(text) : undefined
  ).pipe(
    Options.withDescription(`Sign webhooks with this (by default ${secret}).`),
    Options.withDefault(Redacted.make(secret))
  ),
  upstream: options.optional(options.url("upstream")).pipe(
    Options.withDescription(
      "Send every request on to this server, in place of simulating it; without an address, to the API itself."
    )
  ),
  record: file("record", "With --upstream: write down all that is said into this cassette, when the server stops."),
  replay: file("replay", "Answer from this cassette, in place of simulating."),
  open: Options.boolean("open").pipe(Options.withDescription("Open the inspector in the browser."))
}

type Given = Command.Command.ParseConfig<typeof flags>

const scriptsError = (path: string, cause: { readonly message: string }): Failure => usage(`${path}: ${cause.message}`)

/** The scripts of a file. */
const readScripts = (path: string) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const content = yield* Effect.mapError(files.readFile(path), (error) =>
      scriptsError(path, {
        message: error._tag === "SystemError" && error.reason === "NotFound"
          ? "there is no such file"
          : `cannot be read (${error.message})`
      }))
    return yield* Effect.mapError(SimulatorServer.readScripts(content), (error) => scriptsError(path, error))
  })

/** Gives agents their scripts again whenever the file changes. What cannot be read changes nothing. */
const watchScripts = (path: string) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const paths = yield* Path.Path
    const simulator = yield* Simulator.Simulator
    const { warn } = yield* Stdio
    const reload = Effect.gen(function*() {
      const agents = yield* readScripts(path)
      for (const [id, agent] of Object.entries(agents)) yield* simulator.putAgent(id, agent)
      yield* warn(`Read ${path} again\n`)
    }).pipe(Effect.catchAll(({ message }) => warn(`${message}; the scripts stay as they were\n`)))
    // editors put another file in the place of the one that they have read
    yield* files.watch(paths.dirname(paths.resolve(path))).pipe(
      Stream.filter((event) => paths.basename(event.path) === paths.basename(path)),
      Stream.debounce("50 millis"),
      Stream.runForEach(() => reload),
      Effect.catchAll((error) => warn(`${path} is not watched: ${error.message}\n`)),
      // files change in real time, whatever time the simulator has
      Effect.withClock(Clock.make()),
      Effect.forkScoped
    )
  })

const say = (text: string) => Effect.flatMap(Stdio, ({ write }) => write(`${text}\n`))

/** The simulator, until it is interrupted. */
const simulate = (given: Given) =>
  Effect.gen(function*() {
    const { host, open, pace, port, scripts, seed, webhook, webhookSecret } = given
    const agents = scripts === undefined ? {} : yield* readScripts(scripts)
    const simulator = yield* Layer.build(Simulator.layer({
      seed,
      pace,
      fixtures: given.fixtures === "docs" ? Fixtures.docs : Fixtures.none,
      agents,
      webhooks: webhook === undefined ? [] : [WebhookEndpoint.toUrl(webhook, { secret: webhookSecret })]
    }))
    yield* Effect.gen(function*() {
      const server = yield* Effect.mapError(SimulatorServer.start({ host, port }), ({ message }) => usage(message))
      if (scripts !== undefined) yield* watchScripts(scripts)
      yield* say(`Simulator listening on ${server.url}`)
      const { inspector, url } = server
      if (inspector !== undefined) yield* say(`Inspector at ${inspector}`)
      if (open) yield* openPage(inspector ?? url)
    }).pipe(Effect.provide(simulator))
    return yield* Effect.never
  }).pipe(Effect.scoped, given.clock === "virtual" ? SimulatorServer.inVirtualTime(epoch) : (same) => same)

/** Writes the cassette when the server stops, for whatever reason. */
const save = (path: string, recording: Effect.Effect<Cassette.Recording>) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const { warn } = yield* Stdio
    yield* Effect.flatMap(recording, (content) => files.writeFileString(`${path}.part`, Cassette.encode(content))).pipe(
      Effect.zipRight(files.rename(`${path}.part`, path)),
      Effect.zipRight(warn(`Wrote ${path}\n`)),
      Effect.catchAll((error) => warn(`${path}: cannot be written (${error.message})\n`))
    )
  })

/** The credential of this process, which has to be one that can be sent. */
const credential = (upstream: string) =>
  Effect.gen(function*() {
    const apiKey = yield* Effect.orElseSucceed(
      Config.redacted(Config.nonEmptyString("ANTHROPIC_API_KEY")),
      () => undefined
    )
    // what is wrong is said without what is secret
    yield* Effect.mapError(ClientConfig.make({ baseUrl: upstream, apiKey }), (error) =>
      usage(messageOf(error).replace("baseUrl", "--upstream").replace("apiKey or authToken", "ANTHROPIC_API_KEY")))
    return apiKey
  })

/** The page on what is behind a proxy, if it is built. */
const inspect = (upstream: string) =>
  Effect.gen(function*() {
    const client = yield* HttpClient.HttpClient
    const page = yield* InspectorPage.make({ upstream: new URL(upstream).host })
    return page === undefined ? undefined : { page, client }
  })

/** A client that records until the scope closes. */
const recorder = (path: string) =>
  Effect.tap(Layer.build(Cassette.layerRecord()), (cassette) =>
    Effect.addFinalizer(() =>
      Effect.provide(
        Effect.flatMap(Cassette.Cassette, ({ recording }) => save(path, recording)),
        cassette
      )
    ))

/** Sends every request on, until it is interrupted. */
const forward = ({ host, open, port, record }: Given, upstream: string) =>
  Effect.gen(function*() {
    const apiKey = yield* credential(upstream)
    const inspector = yield* inspect(upstream)
    const start = proxy.start({ host, port, upstream, apiKey, inspector })
    const url = yield* record === undefined ? start : Effect.provide(start, yield* recorder(record))
    yield* say(`${record === undefined ? "Listening" : "Recording"} on ${url}, in front of ${upstream}`)
    if (inspector !== undefined) {
      const page = `${url}${InspectorPage.path}`
      yield* say(`Inspector at ${page}${apiKey === undefined ? ", without a credential: set ANTHROPIC_API_KEY" : ""}`)
      if (open) yield* openPage(page)
    }
    return yield* Effect.never
  }).pipe(Effect.scoped)

/** Answers from a cassette, until it is interrupted. */
const replay = ({ host, port }: Given, path: string) =>
  Effect.gen(function*() {
    const cassette = yield* Effect.mapError(
      Layer.build(Cassette.layer({ path, mode: "replay" })),
      ({ message }) => usage(message)
    )
    const url = yield* Effect.provide(
      proxy.start({ host, port, upstream: "http://cassette", apiKey: undefined }),
      cassette
    )
    yield* say(`Replaying ${path} on ${url}`)
    return yield* Effect.never
  }).pipe(Effect.scoped)

/** `dev`: a server to develop against. */
export const command = Command.make("dev", flags, (given) => {
  const { record, replay: cassette, upstream } = given
  if (record !== undefined && upstream === undefined) return Effect.fail(usage("--record needs --upstream"))
  if (cassette !== undefined && upstream !== undefined) {
    return Effect.fail(usage("--replay cannot be combined with --upstream"))
  }
  if (cassette !== undefined) return replay(given, cassette)
  return upstream === undefined ? simulate(given) : forward(given, upstream)
}).pipe(Command.withDescription("A server to develop against: the simulator, a recording proxy, or a recording."))
