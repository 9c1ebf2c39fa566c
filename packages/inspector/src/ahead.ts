// Long histories: the next page is asked for while this one is read, so that the server and the page work at once.

/** Most answers that are held for somebody who has not asked yet. */
const maxHeld = 8

/** A full page of a list of events: whoever reads one such page reads all. */
const isHistory = (url: URL): boolean =>
  url.pathname.endsWith("/events") && Number(url.searchParams.get("limit")) >= 1000

/** The cursor of the next page, which stands at the end of a page. */
const cursorOf = (text: string): string | undefined => /"next_page":"([^"\\]+)"[^[\]]*$/.exec(text.slice(-1000))?.[1]

/** A `fetch` that reads histories ahead. */
export const make = (fetch: typeof globalThis.fetch): typeof globalThis.fetch => {
  const held = new Map<string, Promise<Response>>()

  const ahead = (url: URL, init: RequestInit | undefined, cursor: string): void => {
    const next = new URL(url)
    next.searchParams.set("page", cursor)
    if (held.size >= maxHeld) held.clear()
    const answer = fetch(next, { ...init, signal: null })
    // who asks for it asks again
    answer.catch(() => held.delete(next.href))
    held.set(next.href, answer)
  }

  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    if ((init?.method ?? "GET") !== "GET" || !isHistory(url)) return fetch(input, init)
    const known = held.get(url.href)
    held.delete(url.href)
    const response = await (known?.catch(() => fetch(input, init)) ?? fetch(input, init))
    if (response.status !== 200) return response
    const text = await response.text()
    const cursor = cursorOf(text)
    if (cursor !== undefined) ahead(url, init, cursor)
    return new Response(text, { status: response.status, headers: response.headers })
  }
}
