// Long histories: the next pages are asked for while this one is read, so that the server and the page work at once, and
// pages that are here are handed out together: what a call costs is more than what its events do.

/** Most pages of a history that are held for somebody who has not asked yet. */
const maxHeld = 8

/** Most pages that are handed out together, and the length from which on they are enough: nobody should wait for a frame. */
const maxJoined = 4
const enough = 500_000

/** Most histories that are read at once: that of a session, and of each of its threads. */
const maxHistories = 32

/** A full page of a list of events: whoever reads one such page reads all. */
const isHistory = (url: URL): boolean =>
  url.pathname.endsWith("/events") && Number(url.searchParams.get("limit")) >= 1000

/** The address of a page of a list. */
const addressOf = (list: URL, cursor: string | undefined): string => {
  const url = new URL(list)
  if (cursor === undefined) url.searchParams.delete("page")
  else url.searchParams.set("page", cursor)
  return url.href
}

/** An answer, read to its end if it is a page. */
interface Page {
  readonly response: Response
  readonly text: string
  /** The cursor of the next page, which stands at the end of a page. */
  readonly cursor: string | undefined
  /** The place where the array of events ends; 0 if the page has another form. */
  readonly end: number
}

const head = "{\"data\":["

/** The end of a page that has nothing but events and a cursor. */
const tail = /\],"next_page":(?:null|"([^"\\]+)")\}\s*$/

const read = async (asked: Promise<Response>): Promise<Page> => {
  const response = await asked
  if (response.status !== 200) return { response, text: "", cursor: undefined, end: 0 }
  const text = await response.text()
  const from = Math.max(0, text.length - 1000)
  const found = tail.exec(text.slice(from))
  const end = found === null || !text.startsWith(head) ? 0 : from + found.index
  return { response, text, cursor: /"next_page":"([^"\\]+)"[^[\]]*$/.exec(text.slice(from))?.[1], end }
}

/** Tells a page that others can be joined to: it has no more than what its beginning and its end show. */
const isPlain = ({ end, text }: Page): boolean => end > 0 && Object.keys(JSON.parse(text)).length === 2

/** Two pages as one. */
const join = (one: Page, other: Page): Page => {
  const isEmpty = one.end === head.length || other.end === head.length
  const text = `${one.text.slice(0, one.end)}${isEmpty ? "" : ","}${other.text.slice(head.length)}`
  return { ...other, response: one.response, text, end: one.end + other.end - head.length + (isEmpty ? 0 : 1) }
}

/** The response of a page. Whoever gets it asks for its text, which is not made of bytes once more. */
const answer = ({ response, text }: Page): Response =>
  response.status === 200
    ? Object.defineProperty(response, "text", { value: () => Promise.resolve(text) })
    : response

/** Pages of one history, each of which is asked for when the one before it is here. */
class History {
  private readonly held = new Map<string, Promise<Page>>()
  private readonly list: URL
  private readonly ask: (address: string) => Promise<Page>
  /** The cursor of the next page to ask for, once there is room. */
  private cursor: string | undefined
  private canJoin = false

  constructor(list: URL, ask: (address: string) => Promise<Page>) {
    this.list = list
    this.ask = ask
  }

  /** Takes the page that the history begins with. */
  begin(page: Page): void {
    this.canJoin = page.cursor !== undefined && isPlain(page)
    this.goOn(page.cursor)
  }

  /** Hands out a page that was asked for, with those after it. */
  async take(address: string): Promise<Page | undefined> {
    // who asks for what went wrong asks again
    let page = await this.remove(address)?.catch(() => undefined)
    if (!this.canJoin) return page
    for (let n = 1; n < maxJoined && page?.cursor !== undefined && page.end > 0 && page.text.length < enough; n++) {
      const address = addressOf(this.list, page.cursor)
      const next = await this.held.get(address)?.catch(() => undefined)
      if (next === undefined || next.end === 0) break
      void this.remove(address)
      page = join(page, next)
    }
    return page
  }

  /** Makes room for another. */
  private remove(address: string): Promise<Page> | undefined {
    const page = this.held.get(address)
    if (this.held.delete(address)) this.goOn(this.cursor)
    return page
  }

  private goOn(cursor: string | undefined): void {
    this.cursor = cursor
    if (cursor === undefined || this.held.size >= maxHeld) return
    this.cursor = undefined
    const address = addressOf(this.list, cursor)
    const page = this.ask(address)
    this.held.set(address, page)
    page.then((page) => this.goOn(page.cursor), () => this.held.delete(address))
  }
}

/** A `fetch` that reads histories ahead. */
export const make = (fetch: typeof globalThis.fetch): typeof globalThis.fetch => {
  const histories = new Map<string, History>()

  /** Begins to read a history at some page. */
  const begin = (url: URL, init: RequestInit | undefined): History => {
    const history = new History(url, (address) => read(fetch(address, { ...init, signal: null })))
    const list = addressOf(url, undefined)
    // who begins anew wants nothing of before, and what nobody reads any more makes room
    histories.delete(list)
    const [oldest] = histories.keys()
    if (oldest !== undefined && histories.size >= maxHistories) histories.delete(oldest)
    histories.set(list, history)
    return history
  }

  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    if ((init?.method ?? "GET") !== "GET" || !isHistory(url)) return fetch(input, init)
    const known = await histories.get(addressOf(url, undefined))?.take(url.href)
    if (known !== undefined) return answer(known)
    const first = await read(fetch(input, init))
    begin(url, init).begin(first)
    return answer(first)
  }
}
