// One session: what it waits for, its lanes, its events.
import { Result, useAtomValue } from "@effect-atom/atom-react"
import type * as Session from "@effect-managed-agents/core/Session"
import * as Option from "effect/Option"
import { lazy, Suspense, useCallback, useState } from "react"
import * as follow from "../follow.ts"
import type { Connection, Recording } from "../model/recording.ts"
import { goTo } from "../route.ts"
import { health as healthAtom } from "../state.ts"
import { Composer } from "./composer.tsx"
import * as format from "./format.ts"
import { Pending } from "./pending.tsx"
import { Timeline } from "./timeline.tsx"

// what not every reader of a session needs comes when it is needed
const UsageChart = lazy(() => import("./usageChart.tsx"))

const connections: Readonly<Record<Connection["_tag"], string>> = {
  Connecting: "connecting",
  Live: "live",
  Closed: "from a file",
  Reconnecting: "reconnecting",
  Ended: "ended",
  Failed: "failed"
}

const Head = ({ children, id, recording, session }: {
  readonly children: React.ReactNode
  readonly id: string
  readonly recording: Recording
  readonly session: Session.Session | undefined
}) => {
  const { connection } = recording
  const status = recording.status ?? session?.status ?? "idle"
  return (
    <header className="session-head">
      <h1>{session?.title ?? session?.agent.name ?? "Session"}</h1>
      <span className={`badge ${String(status)}`}>{String(status)}</span>
      <span
        className={`badge connection ${connection._tag}`}
        role="status"
        title={"reason" in connection ? connection.reason : undefined}
      >
        {connections[connection._tag]}
      </span>
      <dl className="facts">
        <div>
          <dt>Agent</dt>
          <dd>{session?.agent.name ?? "–"}</dd>
        </div>
        <div>
          <dt>Turns</dt>
          <dd>{recording.turns}</dd>
        </div>
        <div>
          <dt>Tokens</dt>
          <dd>{format.count(recording.tokens)}</dd>
        </div>
        <div>
          <dt>Cost</dt>
          <dd>{format.money(recording.cost)}</dd>
        </div>
        <div>
          <dt>Id</dt>
          <dd>
            <code>{id}</code>
          </dd>
        </div>
      </dl>
      {children}
    </header>
  )
}

/** A live session. */
const SessionView = ({ event, id }: { readonly id: string; readonly event: string | undefined }) => {
  const snapshot = Option.getOrUndefined(Result.value(useAtomValue(follow.recording(id))))
  const read = Option.getOrUndefined(Result.value(useAtomValue(follow.session(id))))
  const [isChart, setChart] = useState(false)
  const health = Option.getOrUndefined(Result.value(useAtomValue(healthAtom)))
  const session = read?.session
  const name = session?.agent.name
  const recording = snapshot?.recording
  const main = recording?.lanes[0]
  if (name !== undefined && main !== undefined) main.name = name
  const select = useCallback((key: string | undefined) => goTo({ _tag: "Session", id, event: key }), [id])
  if (snapshot === undefined || recording === undefined) {
    return <p className="empty">{read?.failure ?? "Reading the session…"}</p>
  }
  const failure = recording.connection._tag === "Failed"
    ? recording.connection.reason
    : read?.failure
  return (
    <div className="session">
      <Head id={id} recording={recording} session={session}>
        <button type="button" aria-expanded={isChart} onClick={() => setChart(!isChart)}>Tokens and cost</button>
      </Head>
      {failure === undefined ? null : <p role="alert" className="failure">{failure}</p>}
      {isChart
        ? (
          <Suspense>
            <UsageChart snapshot={snapshot} />
          </Suspense>
        )
        : null}
      <Pending items={recording.waiting} session={session} sessionId={id} onSelect={select} />
      <div className="timeline">
        <Timeline
          snapshot={snapshot}
          name={name}
          selected={event}
          now={health?.clock === "virtual" ? Date.parse(health.now) : 0}
          isTicking={health?.clock !== "virtual" && recording.connection._tag === "Live"}
          onSelect={select}
        />
      </div>
      {session?.archived_at === null && recording.connection._tag !== "Ended"
        ? <Composer id={id} isRunning={recording.status === "running"} />
        : null}
    </div>
  )
}

// a part that is loaded when it is needed
export default SessionView
