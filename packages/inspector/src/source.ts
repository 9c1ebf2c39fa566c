// Where the page reads from: a simulator, or the service itself, behind a server that adds the credential.
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Control from "./control.ts"

/** Source of sessions. */
export interface Source {
  /** Address of the API. */
  readonly baseUrl: string
  readonly apiKey: Redacted.Redacted | undefined
  /** Address at which something is read by who only looks on. */
  readonly observe: (url: string) => string
  /** Pages of the list of sessions that are read unasked. */
  readonly pages: number
  /** True if a session that has not changed is as it was: a simulator may begin anew. */
  readonly isLasting: boolean
  /** Time between two readings of it. */
  readonly interval: "2 seconds" | "5 seconds"
}

const simulator: Source = {
  baseUrl: location.origin,
  // any will do
  apiKey: Redacted.make("inspector"),
  observe: (url) => url.replace("/v1/", "/_sim/observe/v1/"),
  pages: 5,
  isLasting: false,
  interval: "2 seconds"
}

/** The service counts what it is asked, for the whole organisation. */
const upstream: Source = {
  baseUrl: `${location.origin}/_sim/upstream`,
  apiKey: undefined,
  observe: (url) => url,
  pages: 1,
  isLasting: true,
  interval: "5 seconds"
}

/** The source behind the page, as soon as its server says which. */
export const current: Effect.Effect<Source, never, Effect.Effect.Context<typeof Control.server>> = Control.server.pipe(
  Effect.flatMap((server) =>
    server === undefined
      ? Effect.zipRight(Effect.sleep("1 second"), Effect.fail("it does not answer"))
      : Effect.succeed("upstream" in server ? upstream : simulator)
  ),
  Effect.eventually
)

/** Waits until somebody looks: nobody is asked for what no one sees. */
export const seen: Effect.Effect<void> = Effect.async((resume) => {
  const look = () => {
    if (!document.hidden) resume(Effect.void)
  }
  document.addEventListener("visibilitychange", look)
  look()
  return Effect.sync(() => document.removeEventListener("visibilitychange", look))
})
