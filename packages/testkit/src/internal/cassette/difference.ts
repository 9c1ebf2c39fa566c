/** Differences between two values of JSON: a line for each place, with what was expected there and what came. */
export const between = (expected: unknown, received: unknown, path: string): ReadonlyArray<string> => {
  if (Array.isArray(expected) && Array.isArray(received)) {
    return Array.from(
      { length: Math.max(expected.length, received.length) },
      (_, index) => between(expected[index], received[index], `${path}[${index}]`)
    ).flat()
  }
  if (isRecord(expected) && isRecord(received)) {
    return [...new Set([...Object.keys(expected), ...Object.keys(received)])].flatMap((name) =>
      between(expected[name], received[name], `${path}.${name}`)
    )
  }
  return Object.is(expected, received) ? [] : [`${path}: expected ${show(expected)}, received ${show(received)}`]
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const maxShown = 200

const show = (value: unknown): string => {
  if (value === undefined) return "nothing"
  const text = JSON.stringify(value)
  return text.length > maxShown ? `${text.slice(0, maxShown)}… (${text.length} characters)` : text
}
