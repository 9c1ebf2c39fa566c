// The frame of the page: where one is, how it looks, what keys do.
import { Result, useAtomSet, useAtomValue } from "@effect-atom/atom-react"
import * as Option from "effect/Option"
import { lazy, Suspense, useEffect, useRef, useState } from "react"
import { current, format as address, go, type Route } from "./route.ts"
import { file, health, upstream } from "./state.ts"
import { SessionsView } from "./view/sessions.tsx"

const FileView = lazy(() => import("./view/file.tsx"))
const SessionView = lazy(() => import("./view/session.tsx"))
const SimulatorView = lazy(() => import("./view/simulator.tsx"))

const themes = ["system", "light", "dark"]

const Theme = () => {
  const [theme, setTheme] = useState(() => localStorage.getItem("theme") ?? "system")
  useEffect(() => {
    document.documentElement.dataset["theme"] = theme
    localStorage.setItem("theme", theme)
    dispatchEvent(new Event("theme"))
  }, [theme])
  return (
    <select value={theme} onChange={(event) => setTheme(event.target.value)} aria-label="Colours">
      {themes.map((theme) => <option key={theme}>{theme}</option>)}
    </select>
  )
}

const keys = [
  ["j / k", "next and previous event"],
  ["g / G", "first and last event"],
  ["/", "search"],
  ["Esc", "close the event, leave the search"],
  ["s", "all sessions"],
  ["?", "this list"]
] as const

const Help = ({ dialog }: { readonly dialog: React.RefObject<HTMLDialogElement | null> }) => (
  <dialog ref={dialog} aria-label="Keys">
    <h2>Keys</h2>
    <dl>
      {keys.map(([key, what]) => (
        <div key={key}>
          <dt>
            <kbd>{key}</kbd>
          </dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
    <p>Hold Ctrl and turn the wheel to zoom the lanes; drag them to move.</p>
    <button type="button" className="primary" onClick={() => dialog.current?.close()}>Close</button>
  </dialog>
)

/** Opens a file of the reader's. */
const useFiles = () => {
  const open = useAtomSet(file)
  const show = async (chosen: File) => {
    const { read } = await import("./model/file.ts")
    open(read(chosen.name, await chosen.text()))
    go({ _tag: "File", id: undefined, event: undefined })
  }
  const take = (chosen: File | undefined) => {
    if (chosen === undefined) return
    void show(chosen)
  }
  useEffect(() => {
    const over = (event: DragEvent) => event.preventDefault()
    const drop = (event: DragEvent) => {
      event.preventDefault()
      take(event.dataTransfer?.files[0])
    }
    addEventListener("dragover", over)
    addEventListener("drop", drop)
    return () => {
      removeEventListener("dragover", over)
      removeEventListener("drop", drop)
    }
  })
  return take
}

const useGlobalKeys = (dialog: React.RefObject<HTMLDialogElement | null>) =>
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const { target } = event
      if (event.ctrlKey || event.metaKey || event.altKey || !(target instanceof HTMLElement)) return
      if (target.closest("input, textarea, select") !== null) {
        if (event.key === "Escape") target.blur()
        return
      }
      if (event.key === "?") dialog.current?.showModal()
      else if (event.key === "s" && dialog.current?.open !== true) go({ _tag: "Sessions" })
      else if (event.key === "/") {
        event.preventDefault()
        document.querySelector<HTMLInputElement>("[data-search]")?.focus()
      }
    }
    addEventListener("keydown", press)
    return () => removeEventListener("keydown", press)
  }, [dialog])

const View = ({ isSimulator, route }: { readonly isSimulator: boolean; readonly route: Route }) => {
  switch (route._tag) {
    case "Sessions":
      return <SessionsView />
    case "Session":
      return <SessionView key={route.id} id={route.id} event={route.event} />
    case "Simulator":
      // an old link may lead here
      return isSimulator
        ? <SimulatorView tab={route.tab} />
        : <p className="empty">The server behind this page is no simulator.</p>
    case "File":
      return <FileView id={route.id} event={route.event} />
  }
}

/** The page. */
export const App = () => {
  const route = useAtomValue(current)
  const simulator = Option.getOrUndefined(Result.value(useAtomValue(health)))
  const service = Option.getOrUndefined(Result.value(useAtomValue(upstream)))
  const opened = useAtomValue(file)
  const dialog = useRef<HTMLDialogElement>(null)
  const take = useFiles()
  useGlobalKeys(dialog)
  const link = (to: Route, name: string) => (
    <a href={address(to)} aria-current={route._tag === to._tag ? "page" : undefined}>{name}</a>
  )
  return (
    <>
      <nav aria-label="Parts of the inspector">
        <strong className="brand">Managed agents</strong>
        {link({ _tag: "Sessions" }, "Sessions")}
        {simulator === undefined ? null : link({ _tag: "Simulator", tab: "clock" }, "Simulator")}
        {opened === undefined ? null : link({ _tag: "File", id: undefined, event: undefined }, "File")}
        {service === undefined ? null : <span className="badge">{service}</span>}
        <span className="space" />
        <label className="button">
          Open a file
          <input type="file" accept=".json,.jsonl" onChange={(event) => take(event.target.files?.[0])} />
        </label>
        <Theme />
        <button type="button" onClick={() => dialog.current?.showModal()} aria-label="Keys">?</button>
      </nav>
      <main>
        <Suspense>
          <View route={route} isSimulator={simulator !== undefined} />
        </Suspense>
      </main>
      <Help dialog={dialog} />
    </>
  )
}
