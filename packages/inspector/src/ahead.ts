// Long histories: the next pages are asked for while this one is read, so that the server and the page work at once.

/** Most answers that are held for somebody who has not asked yet. */
const maxHeld = 8

/** A full page of a list of events: whoever reads one such page reads all. */
const isHistory = (url: URL): boolean =>
  url.pathname.endsWith("/events") && Number(url.searchParams.get("limit")) >= 1000

/** The cursor of the next page, which stands at the end of a page. */
const cursorOf = (text: string): string | undefined => /"next_page":"([^"\\]+)"[^[\]]*$/.exec(text.slice(-1000))?.[1]

/** An answer as it can be given later. */
interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** A `fetch` that reads histories ahead. */
export const make = (fetch: typeof globalThis.fetch): typeof globalThis.fetch => {
  const held = new Map<string, Promise<Answer>>()

  const read = async (input: Parameters<typeof fetch>[0], init: RequestInit | undefined): Promise<Answer> => {
    const response = await fetch(input, init)
    return { status: response.status, headers: response.headers, text: await response.text() }
  }

  /** Asks for the pages after an answer, one after the other, until enough are held. */
  const follow = async (url: URL, init: RequestInit | undefined, { status, text }: Answer): Promise<void> => {
    const cursor = status === 200 ? cursorOf(text) : undefined
    if (cursor === undefined) return
    const next = new URL(url)
    next.searchParams.set("page", cursor)
    if (!held.has(next.href)) {
      if (held.size >= maxHeld) return
      held.set(next.href, read(next, { ...init, signal: null }))
    }
    const answer = held.get(next.href)
    try {
      const page = await answer
      if (page !== undefined && held.get(next.href) === answer) await follow(next, init, page)
    } catch {
      // who asks for it asks again
      if (held.get(next.href) === answer) held.delete(next.href)
    }
  }

  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    if ((init?.method ?? "GET") !== "GET" || !isHistory(url)) return fetch(input, init)
    const known = held.get(url.href)
    // who begins anew wants nothing of before, and what nobody has asked for makes room
    if (known === undefined && (!url.searchParams.has("page") || held.size >= maxHeld)) held.clear()
    held.delete(url.href)
    const answer = await (known?.catch(() => read(input, init)) ?? read(input, init))
    void follow(url, init, answer)
    return new Response(answer.text, { status: answer.status, headers: answer.headers })
  }
}
