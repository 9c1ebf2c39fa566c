// The address of what the page shows: everything is behind the `#`, so that any server can serve it.
import { Atom } from "@effect-atom/atom-react"

/** Place in the page. */
export type Route =
  | { readonly _tag: "Sessions" }
  | { readonly _tag: "Session"; readonly id: string; readonly event: string | undefined }
  | { readonly _tag: "Simulator"; readonly tab: string }
  | { readonly _tag: "File"; readonly id: string | undefined; readonly event: string | undefined }

/** Reads the part of an address behind `#`. */
export const parse = (hash: string): Route => {
  const [first, ...rest] = hash.replace(/^#?\/?/, "").split("/").map(decode)
  const [second, third] = rest.map((part) => part === "" ? undefined : part)
  if (first === "sessions" && second !== undefined) return { _tag: "Session", id: second, event: third }
  if (first === "simulator") return { _tag: "Simulator", tab: second ?? "clock" }
  if (first === "file") return { _tag: "File", id: second, event: third }
  return { _tag: "Sessions" }
}

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

const join = (...parts: ReadonlyArray<string | undefined>): string =>
  `#/${parts.flatMap((part) => part === undefined ? [] : [encodeURIComponent(part)]).join("/")}`

/** Writes the part of an address behind `#`, with the mark. */
export const format = (route: Route): string => {
  switch (route._tag) {
    case "Sessions":
      return "#/"
    case "Session":
      return join("sessions", route.id, route.event)
    case "Simulator":
      return join("simulator", route.tab)
    case "File":
      return join("file", route.id, route.event)
  }
}

/** The place that the address names. */
export const current: Atom.Atom<Route> = Atom.keepAlive(Atom.make((get) => {
  const listen = () => get.setSelf(parse(location.hash))
  addEventListener("hashchange", listen)
  get.addFinalizer(() => removeEventListener("hashchange", listen))
  return parse(location.hash)
}))

/** Goes to a place. */
export const go = (route: Route): void => {
  location.hash = format(route)
}

/** Goes to an event. From one event to the next there is no entry in the history of the browser. */
export const goTo = (route: Extract<Route, { readonly event: string | undefined }>): void => {
  const before = parse(location.hash)
  if ("event" in before && before.event !== undefined && route.event !== undefined) location.replace(format(route))
  else go(route)
}
