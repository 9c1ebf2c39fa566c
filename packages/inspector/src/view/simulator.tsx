// The simulator behind the page: its clock, its faults, its ledger, the scripts of its agents.
import { Result, useAtom, useAtomRefresh, useAtomValue } from "@effect-atom/atom-react"
import type { Fault } from "@effect-managed-agents/testkit/Fault"
import * as Tabs from "@radix-ui/react-tabs"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { useEffect, useState } from "react"
import { isParticipant } from "../client.ts"
import * as Control from "../control.ts"
import { go } from "../route.ts"
import * as simulation from "../simulation.ts"
import { health as healthAtom } from "../state.ts"
import { LedgerView } from "./ledger.tsx"
import { Failure } from "./result.tsx"

const steps = [["1 second", 1000], ["1 minute", 60_000], ["1 hour", 3_600_000], ["1 day", 86_400_000]] as const

const Clock = ({ health }: { readonly health: Control.Health }) => {
  const [result, act] = useAtom(simulation.control)
  if (health.clock === "real") {
    return (
      <p>
        The clock is that of this machine. Start the simulator with <code>--clock virtual</code> to move it.
      </p>
    )
  }
  return (
    <div className="buttons">
      {steps.map(([name, millis]) => (
        <button type="button" key={name} onClick={() => act(Control.advance(millis))}>Advance {name}</button>
      ))}
      <button type="button" className="primary" onClick={() => act(Control.next)}>Run to the next timer</button>
      <Failure result={result} />
    </div>
  )
}

/** A text to edit that is JSON, or is to become it. */
const JsonBox = ({ label, onChange, rows, value }: {
  readonly label: string
  readonly rows: number
  readonly value: string
  readonly onChange: (text: string) => void
}) => (
  <textarea
    value={value}
    rows={rows}
    className="code"
    aria-label={label}
    onChange={(event) => onChange(event.target.value)}
  />
)

const streams = { method: "GET", path: "/v1/sessions/*/events/stream" }

/** Faults to pick from; each can be changed before it is placed. */
const presets: ReadonlyArray<readonly [string, Fault]> = [
  ["The next event stream is cut after one event", { match: streams, do: { stream: { cut_after_events: 1 } } }],
  ["The next event stream stalls", { match: streams, do: { stream: { stall_after_events: 0 } } }],
  ["The next event stream repeats its first event", { match: streams, do: { stream: { repeat_event: 1 } } }],
  ["The next request is overloaded", { do: { status: 529 } }],
  ["The next send is lost before it arrives", {
    match: { method: "POST", path: "/v1/sessions/*/events" },
    do: { drop: "before" }
  }],
  ["The answer to the next send is lost", {
    match: { method: "POST", path: "/v1/sessions/*/events" },
    do: { drop: "after" }
  }],
  ["The next request takes two seconds", { do: { delay: 2000 } }]
]

const Faults = ({ faults, history }: { readonly faults: ReadonlyArray<Fault>; readonly history: Control.Judged }) => {
  const [result, act] = useAtom(simulation.control)
  const [participates, setParticipates] = useAtom(isParticipant)
  const [text, setText] = useState(() => JSON.stringify(presets[0]?.[1], null, 2))
  const hits = history.moments.flatMap((moment) =>
    moment._tag === "Asked" && moment.exchange.fault !== undefined ? [moment.exchange] : []
  )
  const place = Effect.suspend(() => {
    try {
      return Control.addFaults([JSON.parse(text)])
    } catch (cause) {
      return new Control.ControlError({ message: `The fault is not JSON: ${String(cause)}` })
    }
  })
  return (
    <div className="faults">
      <label className="check">
        <input type="checkbox" checked={participates} onChange={(event) => setParticipates(event.target.checked)} />
        {" "}
        Faults hit this page too, and the ledger has its requests
      </label>
      <div className="field">
        <label htmlFor="preset">Fault</label>
        <select
          id="preset"
          onChange={(event) => setText(JSON.stringify(presets[Number(event.target.value)]?.[1], null, 2))}
        >
          {presets.map(([name], i) => <option key={name} value={i}>{name}</option>)}
        </select>
      </div>
      <JsonBox label="Fault as JSON" rows={8} value={text} onChange={setText} />
      <div className="buttons">
        <button type="button" className="primary" onClick={() => act(place)}>Place the fault</button>
        <button type="button" onClick={() => act(Control.clearFaults)}>Clear all</button>
      </div>
      <Failure result={result} />
      <h2>To come</h2>
      {faults.length === 0 ? <p className="empty">None.</p> : (
        <ol>
          {faults.map((fault, i) => (
            <li key={i}>
              <code>{JSON.stringify(fault)}</code>
            </li>
          ))}
        </ol>
      )}
      <h2>Hits</h2>
      {hits.length === 0 ? <p className="empty">None.</p> : (
        <ol>
          {hits.map((entry, i) => (
            <li key={i}>
              <code>{entry.method} {entry.path}</code> <code>{JSON.stringify(entry.fault?.do)}</code>
            </li>
          ))}
        </ol>
      )}
    </div>
  )
}

const download = (history: Control.Judged): void => {
  const url = URL.createObjectURL(new Blob([JSON.stringify(history)], { type: "application/json" }))
  const link = document.createElement("a")
  link.href = url
  link.download = "ledger.json"
  link.click()
  URL.revokeObjectURL(url)
}

const Scripts = () => {
  const result = useAtomValue(simulation.scripts)
  const refresh = useAtomRefresh(simulation.scripts)
  const [saved, act] = useAtom(simulation.control)
  const [tried, tryAgent] = useAtom(simulation.tryAgent)
  const scripts = Option.getOrUndefined(Result.value(result))?.scripts ?? {}
  const ids = Object.keys(scripts)
  const [chosen, setChosen] = useState<string>()
  const id = chosen ?? ids[0] ?? ""
  const [text, setText] = useState<string>()
  const [message, setMessage] = useState("Hello")
  const original = JSON.stringify(scripts[id] ?? { turns: [[{ say: "Hello" }]] }, null, 2)
  const script = text ?? original
  // a step that is an Effect has no JSON
  const hasEffects = /"effect": true/.test(original)
  const session = Option.getOrUndefined(Result.value(tried))
  useEffect(() => {
    if (session !== undefined) go({ _tag: "Session", id: session, event: undefined })
  }, [session])
  const save = Effect.suspend(() => {
    try {
      return Effect.tap(Control.putScript(id, JSON.parse(script)), () => Effect.sync(refresh))
    } catch (cause) {
      return new Control.ControlError({ message: `The script is not JSON: ${String(cause)}` })
    }
  })
  return (
    <div className="scripts">
      <div className="field">
        <label htmlFor="agent">Agent</label>
        <input
          id="agent"
          list="agents"
          value={id}
          onChange={(event) => {
            setChosen(event.target.value)
            setText(undefined)
          }}
        />
        <datalist id="agents">{ids.map((id) => <option key={id} value={id}>{id}</option>)}</datalist>
      </div>
      {hasEffects ? <p>This script has steps that are programs. What is saved here replaces all of it.</p> : null}
      <JsonBox label="Script as JSON" rows={18} value={script} onChange={setText} />
      <div className="buttons">
        <button type="button" className="primary" disabled={id === ""} onClick={() => act(save)}>
          Save the script
        </button>
        <input
          value={message}
          aria-label="Message to try it with"
          onChange={(event) => setMessage(event.target.value)}
        />
        <button type="button" disabled={id === ""} onClick={() => tryAgent({ agent: id, text: message })}>
          Try it in a new session
        </button>
      </div>
      <Failure result={result} />
      <Failure result={saved} />
      <Failure result={tried} />
    </div>
  )
}

const tabs = [["clock", "Clock"], ["faults", "Faults"], ["ledger", "Ledger"], ["scripts", "Scripts"]] as const

/** The panel of the simulator. */
const SimulatorView = ({ tab }: { readonly tab: string }) => {
  const health = Option.getOrUndefined(Result.value(useAtomValue(healthAtom)))
  const latest = Option.getOrUndefined(Result.value(useAtomValue(simulation.simulator)))
  const [result, act] = useAtom(simulation.control)
  if (health === undefined) return <p className="empty">The server behind this page is no simulator.</p>
  const known = latest?.known
  return (
    <div className="simulator">
      <header className="session-head">
        <h1>Simulator</h1>
        <dl className="facts">
          <div>
            <dt>Time</dt>
            <dd>
              <time data-now>{health.now}</time>
            </dd>
          </div>
          <div>
            <dt>Clock</dt>
            <dd>{health.clock}</dd>
          </div>
          <div>
            <dt>Seed</dt>
            <dd>{health.seed}</dd>
          </div>
        </dl>
        <button type="button" onClick={() => act(Control.reset)}>Reset</button>
      </header>
      <Failure result={result} />
      {latest?.failure === undefined ? null : <p role="alert" className="failure">{latest.failure}</p>}
      <Tabs.Root value={tab} onValueChange={(tab) => go({ _tag: "Simulator", tab })}>
        <Tabs.List className="tabs" aria-label="Parts of the simulator">
          {tabs.map(([value, name]) => <Tabs.Trigger key={value} value={value}>{name}</Tabs.Trigger>)}
        </Tabs.List>
        <Tabs.Content value="clock">
          <Clock health={health} />
        </Tabs.Content>
        <Tabs.Content value="faults">
          {known === undefined ? null : <Faults faults={known.faults.faults} history={known.history} />}
        </Tabs.Content>
        <Tabs.Content value="ledger">
          {known === undefined ? null : (
            <>
              <button type="button" onClick={() => download(known.history)}>Save as a file</button>
              <LedgerView history={known.history} />
            </>
          )}
        </Tabs.Content>
        <Tabs.Content value="scripts">
          <Scripts />
        </Tabs.Content>
      </Tabs.Root>
    </div>
  )
}

// a part that is loaded when it is needed
export default SimulatorView
