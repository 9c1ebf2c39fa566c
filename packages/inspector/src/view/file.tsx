// A cassette or a ledger that was dropped on the page: nothing of it leaves the browser.
import { useAtomValue } from "@effect-atom/atom-react"
import { useCallback } from "react"
import { format as address, goTo } from "../route.ts"
import { file } from "../state.ts"
import { LedgerView } from "./ledger.tsx"
import { Timeline } from "./timeline.tsx"

/** The content of the file: its sessions, or one of them. */
const FileView = ({ event, id }: { readonly id: string | undefined; readonly event: string | undefined }) => {
  const opened = useAtomValue(file)
  const select = useCallback((key: string | undefined) => goTo({ _tag: "File", id, event: key }), [id])
  if (opened === undefined) return <p className="empty">Drop a cassette or a ledger on this page, or open one.</p>
  if (typeof opened === "string") return <p role="alert" className="failure">{opened}</p>
  const session = id === undefined ? undefined : opened.sessions.get(id)
  if (id !== undefined && session !== undefined) {
    return (
      <div className="session">
        <header className="session-head">
          <h1>{session.title === "" ? id : session.title}</h1>
          <span className="badge">from {opened.name}</span>
        </header>
        <Timeline
          snapshot={session.snapshot}
          selected={event}
          isTicking={false}
          onSelect={select}
        />
      </div>
    )
  }
  return (
    <div className="file">
      <h1>{opened.name}</h1>
      <ul>
        {Array.from(opened.sessions, ([id, { snapshot, title }]) => (
          <li key={id}>
            <a href={address({ _tag: "File", id, event: undefined })}>{title === "" ? id : title}</a>{" "}
            {snapshot.recording.items.length.toLocaleString("en")} events
          </li>
        ))}
      </ul>
      <LedgerView history={opened.history} />
    </div>
  )
}

// a part that is loaded when it is needed
export default FileView
