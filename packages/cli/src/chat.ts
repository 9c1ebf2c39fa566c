import type { ApiError } from "@effect-managed-agents/core/ApiError"
import * as Content from "@effect-managed-agents/core/Content"
import * as Conversation from "@effect-managed-agents/core/Conversation"
import type * as Event from "@effect-managed-agents/core/Event"
import * as Events from "@effect-managed-agents/core/Events"
import { AgentId, EnvironmentId, SessionId, VaultId } from "@effect-managed-agents/core/Ids"
import * as PendingAction from "@effect-managed-agents/core/PendingAction"
import * as Sessions from "@effect-managed-agents/core/Sessions"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberHandle from "effect/FiberHandle"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as attachments from "./attachments.ts"
import * as connection from "./connection.ts"
import { usage } from "./failure.ts"
import type { Conversing } from "./keyboard.ts"
import { Keyboard } from "./keyboard.ts"
import * as options from "./options.ts"
import { Stdio } from "./stdio.ts"
import * as words from "./words.ts"

const flags = {
  session: Args.text({ name: "session" }).pipe(
    Args.withDescription("The session to go on with; without it a new one is made."),
    Args.optional
  ),
  agent: options.optional(options.notEmpty("agent")).pipe(Options.withDescription("The agent of a new session.")),
  environment: options.optional(Options.withAlias(options.notEmpty("environment"), "environment-id")).pipe(
    Options.withDescription("The environment of a new session.")
  ),
  title: options.optional(options.notEmpty("title")).pipe(Options.withDescription("The title of a new session.")),
  vaults: Options.repeated(Options.text("vault-id")).pipe(
    Options.withDescription("Vaults whose credentials the agent may use.")
  ),
  baseUrl: connection.baseUrl
}

type Given = Command.Command.ParseConfig<typeof flags>

const help = `/attach <path>   send an image or a file with the next message
/interrupt       stop the agent; so does Ctrl-C, and a second one leaves
/quit            leave; the session stays
Anything else is sent: while the agent works, it steers it.
`

/** The session to talk in. */
const sessionOf = ({ agent, environment, session, title, vaults }: Given) =>
  Effect.gen(function*() {
    const sessions = yield* Sessions.Sessions
    if (Option.isSome(session)) return yield* sessions.retrieve(SessionId.make(session.value))
    if (agent === undefined || environment === undefined) {
      return yield* usage("A new session needs --agent and --environment; or name a session to go on with")
    }
    return yield* sessions.create({
      agent: AgentId.make(agent),
      environment_id: EnvironmentId.make(environment),
      title,
      ...(vaults.length > 0 && { vault_ids: vaults.map((id) => VaultId.make(id)) })
    })
  })

/** A question that is open, and where its answer goes. */
interface Question {
  readonly text: string
  readonly answer: Deferred.Deferred<string>
}

/** The part of a conversation that changes. */
interface State {
  question: Question | undefined
  isWorking: boolean
  /** The number of times that Ctrl-C was pressed since anything else. */
  interrupts: number
  /** The lines of the reply that is being produced. */
  live: ReadonlyArray<string>
}

/** Words for an event in a conversation; empty for those that belong in a timeline. */
const tell = (paint: ReturnType<typeof words.paint>, columns: number) => (event: Event.Event): string => {
  const { color, text } = words.describe(event)
  switch (event.type) {
    case "agent.message":
      return `${paint("agent", "green")}  ${words.harmless(text).trimEnd()}\n`
    case "agent.tool_use":
    case "agent.mcp_tool_use":
    case "agent.custom_tool_use":
      return `${paint("call", "yellow")}   ${words.oneLine(text, columns - 8)}\n`
    case "agent.tool_result":
    case "agent.mcp_tool_result":
    case "user.custom_tool_result":
    case "user.tool_result":
      return `${paint("result", color)} ${words.oneLine(text, columns - 8)}\n`
    case "user.tool_confirmation":
      return `${paint(event.result === "allow" ? "allowed" : "denied", color)}${
        event.deny_message ? `: ${words.oneLine(event.deny_message, columns - 8)}` : ""
      }\n`
    case "session.thread_created":
      return `${paint("thread", "magenta")} ${words.oneLine(event.agent_name, columns - 8)}\n`
    case "session.error":
      return `${paint("error", "red")}  ${words.oneLine(text, columns - 8)}\n`
    default:
      return ""
  }
}

/** The last lines of a reply that is being produced, no wider than the terminal. */
const growing = (blocks: ReadonlyArray<string>, columns: number): ReadonlyArray<string> => {
  const width = Math.max(10, columns - 1)
  return `agent  ${words.harmless(blocks.join(""))}`.split("\n").flatMap((line) => {
    const characters = Array.from(line)
    const rows = Math.max(1, Math.ceil(characters.length / width))
    return Array.from({ length: rows }, (_, row) => characters.slice(row * width, (row + 1) * width).join(""))
  }).slice(-6)
}

const ends: { readonly [Tag in Conversation.TurnResult["_tag"]]: string } = {
  EndTurn: "",
  RequiresAction: "It waits for an answer from elsewhere.",
  Interrupted: "Interrupted.",
  Refusal: "The model refused.",
  BudgetReached: "The budget is used up.",
  RetriesExhausted: "It failed, and was tried often enough.",
  Terminated: "The session is over.",
  Deleted: "The session is gone.",
  UnknownStopReason: "It ended for a reason that this program does not know."
}

const consumption = ({ cost, session, tokens }: Conversation.Consumption): string =>
  [
    `${tokens.input + tokens.cacheRead + tokens.cacheCreation} tokens in, ${tokens.output} out`,
    ...(cost === undefined ? [] : [words.money(cost)]),
    ...(session?.list_cost === undefined ? [] : [`${words.money(session.list_cost)} in all`])
  ].join(" · ")

/** The screen of a conversation, and what is going on in it. */
const makeScreen = (keyboard: Conversing) =>
  Effect.gen(function*() {
    const { columns } = yield* Stdio
    /** Open while the next line has somewhere to go. */
    const ready = yield* Effect.makeLatch(true)
    /** Open once the service has the message of the turn that is going on: before, there is nothing to interrupt. */
    const delivered = yield* Effect.makeLatch(true)
    const asking = yield* Effect.makeSemaphore(1)
    const paint = words.paint(keyboard.isPerson)
    const state: State = { question: undefined, isWorking: false, interrupts: 0, live: [] }

    const show = (text: string) => Effect.suspend(() => keyboard.show(text, state.live))
    const prompt = Effect.suspend(() =>
      keyboard.prompt(state.question === undefined ? state.isWorking ? "… " : "> " : `${state.question.text} `)
    )

    /** Takes the question back: its answer is there, or nobody needs it any more. */
    const withdraw = Effect.suspend(() => {
      state.question = undefined
      return state.isWorking ? ready.close : Effect.void
    })

    /** Asks in place; questions come one after the other. */
    const ask = (about: string, text: string) =>
      asking.withPermits(1)(
        Effect.gen(function*() {
          const answer = yield* Deferred.make<string>()
          yield* show(`${paint("asks", "yellow")}   ${words.oneLine(about, (yield* columns) - 8)}\n`)
          state.question = { text, answer }
          yield* Effect.zipRight(prompt, ready.open)
          return yield* Deferred.await(answer)
        }).pipe(Effect.onInterrupt(() => withdraw), Effect.ensuring(prompt))
      )

    /** Gives a line to the question that is open, if there is one. */
    const answer = (line: string) =>
      Effect.suspend(() => {
        state.interrupts = 0
        if (state.question === undefined) return Effect.succeed(false)
        const { answer } = state.question
        return Effect.zipRight(withdraw, Deferred.succeed(answer, line))
      })

    return { isPerson: keyboard.isPerson, columns, delivered, ready, paint, state, show, prompt, ask, answer }
  })

type Screen = Effect.Effect.Success<ReturnType<typeof makeScreen>>

/** Decisions and results that come from the keyboard. */
const optionsOf = ({ ask }: Screen): Conversation.Options<never, never, never, never> => ({
  follow: { previews: ["agent.message"] },
  approve: ({ input, name }) =>
    Effect.map(ask(`${name} ${JSON.stringify(input)}`, "allow? [y, or n and why]"), (text) => {
      const [, yes, why = ""] = /^\s*(?:(y|yes|allow)|(?:n|no|deny)?[\s,:]*(.*))\s*$/i.exec(text) ?? []
      return yes === undefined ? PendingAction.deny(why === "" ? undefined : why) : PendingAction.allow
    }),
  answer: (call) =>
    call._tag === "CustomToolCall"
      ? Effect.map(
        ask(`${call.name} ${JSON.stringify(call.input)}`, "result?"),
        (text) => Option.some(PendingAction.result(text))
      )
      : Effect.succeedNone
})

/** Shows an update of a turn. */
const showUpdate = ({ columns, delivered, isPerson, paint, show, state }: Screen) => (update: Conversation.Update) =>
  Effect.gen(function*() {
    const width = yield* columns
    switch (update._tag) {
      case "Preview":
        state.live = update.phase === "opened" || update.phase === "growing" ? growing(update.blocks, width) : []
        return isPerson ? yield* show("") : undefined
      case "Event": {
        if (update.event.type === "user.message") yield* delivered.open
        const text = update.state === "processed" ? tell(paint, width)(update.event) : ""
        return text === "" ? undefined : yield* show(text)
      }
      case "Reconnecting":
        return yield* show(`${paint(`connection lost, trying again: ${update.error.message}`, "dim")}\n`)
      case "Finished": {
        state.live = []
        const end = ends[update.result._tag]
        const used = consumption(update.result.usage)
        return yield* show(`${end === "" ? "" : `${paint(end, "yellow")}\n`}${paint(used, "dim")}\n`)
      }
    }
  })

/** One conversation: its session, and the turn that is going on. */
const make = (session: SessionId, screen: Screen) =>
  Effect.gen(function*() {
    const events = yield* Events.Events
    const services = yield* Effect.context<Events.Events | Sessions.Sessions>()
    const turns = yield* FiberHandle.make<void, never>()
    const left = yield* Deferred.make<void>()
    const { delivered, paint, prompt, ready, show, state } = screen
    const options = optionsOf(screen)
    const complain = ({ message }: { readonly message: string }) => show(`${paint(message, "red")}\n`)

    /** Runs a turn in the background, so that its lines can be read meanwhile. */
    const run = (turn: Stream.Stream<Conversation.Update, ApiError, Events.Events>, hasMessage: boolean) =>
      Effect.gen(function*() {
        state.isWorking = true
        if (hasMessage) yield* delivered.close
        yield* Effect.zipRight(ready.close, prompt)
        yield* FiberHandle.run(
          turns,
          Stream.runForEach(turn, showUpdate(screen)).pipe(
            Effect.provide(services),
            Effect.catchAll(complain),
            Effect.ensuring(Effect.suspend(() => {
              Object.assign(state, { isWorking: false, interrupts: 0, live: [] })
              return Effect.all([delivered.open, prompt, ready.open], { discard: true })
            }))
          )
        )
      })

    const interrupt = delivered.await.pipe(
      Effect.zipRight(Effect.suspend(() => state.isWorking ? Conversation.interrupt(session) : Effect.void)),
      Effect.provide(services),
      Effect.catchAll(complain)
    )

    /** Ctrl-C stops the agent, and then the program. */
    const onInterrupt = Effect.suspend(() => {
      if (++state.interrupts > 1) return Effect.asVoid(Deferred.succeed(left, undefined))
      return state.isWorking
        ? Effect.zipRight(show(`${paint("Interrupting; Ctrl-C again to leave", "dim")}\n`), interrupt)
        : show(`${paint("Ctrl-C again to leave", "dim")}\n`)
    })

    const send = (content: ReadonlyArray<Content.MessageContentParams>) =>
      Effect.suspend(() =>
        state.isWorking
          // nor may a line overtake the first message
          ? delivered.await.pipe(
            Effect.zipRight(events.send(session, UserEvent.message(content))),
            Effect.catchAll(complain)
          )
          : run(Conversation.stream(session, content, options), true)
      )

    return {
      screen,
      left,
      interrupt,
      onInterrupt,
      send,
      join: run(Conversation.joinStream(session, options), false),
      settled: FiberHandle.awaitEmpty(turns)
    }
  })

type Chat = Effect.Effect.Success<ReturnType<typeof make>>

/** Obeys one line. Succeeds with false to leave. */
const obey = (chat: Chat, attached: Array<Content.MessageContentParams>, line: string) =>
  Effect.gen(function*() {
    const text = line.trim()
    const [, command, argument = ""] = /^\/(\w+)\s*(.*)$/s.exec(text) ?? []
    const { paint, show } = chat.screen
    if (yield* chat.screen.answer(line)) return true
    if (text === "") return true
    yield* show(`${paint("you", "cyan")}    ${words.harmless(text)}\n`)
    switch (command) {
      case undefined: {
        yield* chat.send([...attached.splice(0), Content.text(text)])
        return true
      }
      case "quit":
      case "exit":
        return false
      case "interrupt":
        yield* Effect.fork(chat.interrupt)
        return true
      case "attach": {
        const outcome = yield* Effect.match(attachments.read(argument), {
          onFailure: ({ message }) => message,
          onSuccess: (block) => {
            attached.push(block)
            return `${argument} goes with the next message`
          }
        })
        yield* show(`${outcome}\n`)
        return true
      }
      default:
        yield* show(help)
        return true
    }
  })

/** Takes lines until there are no more. */
const converse = (chat: Chat, keyboard: Conversing) =>
  Effect.gen(function*() {
    const attached: Array<Content.MessageContentParams> = []
    for (;;) {
      // the lines of a file wait for the agent; a person may steer it
      if (!keyboard.isPerson) yield* chat.screen.ready.await
      const line = yield* keyboard.next
      if (Option.isNone(line)) return keyboard.isPerson ? undefined : yield* chat.settled
      if (!(yield* obey(chat, attached, line.value))) return undefined
    }
  })

/** `chat`: a conversation with an agent. */
export const command = Command.make("chat", flags, (given) =>
  Effect.gen(function*() {
    const session = yield* sessionOf(given)
    const keyboard = yield* Effect.flatten(Keyboard)
    const screen = yield* makeScreen(keyboard)
    const chat = yield* make(session.id, screen)
    const run = yield* Effect.runtime<never>()
    const name = `${session.agent.name} in session ${session.id}`
    yield* screen.show(`${screen.paint(words.harmless(name), "bold")}${keyboard.isPerson ? ", /help for help" : ""}\n`)
    yield* keyboard.onInterrupt(() => void Effect.runFork(Effect.provide(chat.onInterrupt, run)))
    const isBusy = session.status === "running" || session.status === "rescheduling"
    const waiting = Option.isSome(given.session) && !isBusy ? yield* Conversation.pending(session.id) : []
    if (isBusy || waiting.length > 0) yield* chat.join
    else yield* screen.prompt
    yield* Effect.raceFirst(converse(chat, keyboard), Deferred.await(chat.left))
  }).pipe(
    Effect.scoped,
    Effect.provide(Layer.provide(Layer.merge(Events.layer, Sessions.layer), connection.layer(given.baseUrl)))
  )).pipe(Command.withDescription("Talk with an agent: watch its tool calls, decide about them, interrupt it."))
