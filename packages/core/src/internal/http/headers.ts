/** Headers that options or the kind of a request determine. */
export const reserved = new Set(["accept", "anthropic-beta", "anthropic-version", "content-length", "content-type"])

/** Tells a text that can be the name of a header. */
export const isName = (text: string): boolean => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text)

/** Tells a text that can be the value of a header; other transports refuse or mangle what this refuses. */
export const isValue = (text: string): boolean => /^[\t\x20-\x7e\x80-\xff]*$/.test(text)

/** Tells a text that can be one word of a header: a credential, or an item of a list separated by commas. */
export const isWord = (text: string): boolean => /^[\x21-\x7e]+$/.test(text)

/** Tells a text that can be the name of a beta. */
export const isBeta = (text: string): boolean => isWord(text) && !text.includes(",")
