// A browser has six connections to a server, and an event stream keeps one to itself. So that some are left for everything
// else, only a few threads of a session are streamed. Of the others it is looked up now and then whether they have changed,
// and if so, their streams break off: who follows them reads what is new.

/** Most threads that are streamed. */
const maxStreams = 3

/** Milliseconds between two looks. */
const pause = 3000

/** Milliseconds after which a thread that runs has changed, whatever its own time says. */
const running = 9000

/** Reason for which the stream of a thread that has changed breaks off. */
export const reason = "the thread has changed"

const heartbeat = new TextEncoder().encode(": ping\n\n")

/** A field of something that came as JSON. */
const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined

/** The states of threads by their ids. */
const statesOf = (page: unknown): ReadonlyMap<unknown, string> => {
  const data = field(page, "data")
  const round = Math.floor(performance.now() / running)
  return new Map((Array.isArray(data) ? data : []).map((thread) => {
    const status = field(thread, "status")
    return [field(thread, "id"), `${field(thread, "updated_at")} ${status} ${status === "running" ? round : ""}`]
  }))
}

/** The same answer, which says when its body is not read any more. */
const ending = (response: Response, end: () => void): Response => {
  const reader = response.body?.getReader()
  if (reader === undefined) {
    end()
    return response
  }
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (!done) return controller.enqueue(value)
        controller.close()
      } catch (cause) {
        controller.error(cause)
      }
      end()
    },
    cancel(cause) {
      end()
      return reader.cancel(cause)
    }
  })
  return new Response(body, { status: response.status, headers: response.headers })
}

/** A `fetch` with few streams of threads. */
export const make = (fetch: typeof globalThis.fetch): typeof globalThis.fetch => {
  let streams = 0
  const recent = new Map<string, { readonly at: number; readonly states: Promise<ReadonlyMap<unknown, string>> }>()

  const read = async (list: string, init: RequestInit | undefined): Promise<ReadonlyMap<unknown, string>> => {
    const response = await fetch(list, { ...init, signal: null })
    if (!response.ok) throw new Error(`the threads cannot be read: ${response.status}`)
    return statesOf(await response.json())
  }

  /** The states of the threads of a session, which all of them ask for together. */
  const look = (list: string, init: RequestInit | undefined): Promise<ReadonlyMap<unknown, string>> => {
    const known = recent.get(list)
    if (known !== undefined && performance.now() - known.at < pause / 2) return known.states
    const states = read(list, init)
    recent.set(list, { at: performance.now(), states })
    return states
  }

  const watch = async (list: string, id: string, init: RequestInit | undefined): Promise<Response> => {
    const before = (await look(list, init)).get(id)
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, pause))
        if ((await look(list, init)).get(id) !== before) throw new Error(reason)
        controller.enqueue(heartbeat)
      }
    })
    return new Response(body, { headers: { "content-type": "text/event-stream" } })
  }

  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    const [, list, id] = /^(.*\/threads)\/([^/]+)\/stream$/.exec(url.pathname) ?? []
    if (list === undefined || id === undefined) return fetch(input, init)
    if (streams >= maxStreams) return watch(`${url.origin}${list}?limit=100`, decodeURIComponent(id), init)
    streams++
    let isOpen = true
    const end = () => {
      if (isOpen) streams--
      isOpen = false
    }
    init?.signal?.addEventListener("abort", end)
    try {
      return ending(await fetch(input, init), end)
    } catch (cause) {
      end()
      throw cause
    }
  }
}
