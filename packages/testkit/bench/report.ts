/** The middle value, or the mean of the two in the middle. */
export const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const last = sorted.length - 1
  return (sorted[Math.floor(last / 2)]! + sorted[Math.ceil(last / 2)]!) / 2
}

/** Columns side by side: text to the left, numbers to the right. */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const lines = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  const isNumber = head.map((_, column) => rows.every((row) => /^[\d.,]/.test(row[column]!)))
  const write = (line: ReadonlyArray<string>) =>
    line.map((cell, column) => isNumber[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))
      .join("   ").trimEnd()
  return [write(head), widths.map((width) => "-".repeat(width)).join("   "), ...rows.map(write)].join("\n")
}
