// Tokens and cost over the life of a session.
import { useMemo } from "react"
import type { Recording, Snapshot } from "../model/recording.ts"
import * as format from "./format.ts"

const width = 640
const height = 180
/** Most points of a line; eyes see no more. */
const maxPoints = 400

interface Point {
  readonly at: number
  readonly input: number
  readonly output: number
  readonly cache: number
  readonly cost: number | undefined
}

const accumulate = (recording: Recording): ReadonlyArray<Point> => {
  let sum = { input: 0, output: 0, cache: 0, cost: undefined as number | undefined }
  const points = recording.consumption.toSorted((a, b) => a.at - b.at).map(({ at, cache, cost, input, output }) => {
    sum = { input: sum.input + input, output: sum.output + output, cache: sum.cache + cache, cost: cost ?? sum.cost }
    return { at, ...sum }
  })
  const every = Math.ceil(points.length / maxPoints)
  return points.filter((_, i) => i % every === 0 || i === points.length - 1)
}

const line = (
  points: ReadonlyArray<Point>,
  value: (point: Point) => number | undefined,
  max: number,
  from: number,
  to: number
): string => {
  let path = ""
  for (const point of points) {
    const y = value(point)
    if (y === undefined) continue
    const px = ((point.at - from) / Math.max(1, to - from)) * width
    const py = height - (y / Math.max(1, max)) * (height - 8)
    // consumption grows in steps
    path += path === "" ? `M${px.toFixed(1)},${py.toFixed(1)}` : `H${px.toFixed(1)}V${py.toFixed(1)}`
  }
  return path === "" ? "" : `${path}H${width}`
}

const series = [
  ["input", "Tokens in"],
  ["output", "Tokens out"],
  ["cache", "Tokens of the cache"]
] as const

/** The chart, and its last values as a table. */
const UsageChart = ({ snapshot }: { readonly snapshot: Snapshot }) => {
  const { recording } = snapshot
  const points = useMemo(() => accumulate(snapshot.recording), [snapshot])
  const last = points.at(-1)
  if (last === undefined) return <p className="empty">No model request has ended yet.</p>
  const from = recording.items[0]?.at ?? 0
  const to = recording.end
  const most = Math.max(last.input, last.output, last.cache)
  return (
    <section className="usage" aria-label="Tokens and cost">
      <svg
        viewBox={`-4 -4 ${width + 8} ${height + 8}`}
        role="img"
        aria-label="Tokens and cost over the life of the session"
        preserveAspectRatio="none"
      >
        {[0.25, 0.5, 0.75, 1].map((share) => (
          <line
            key={share}
            className="grid"
            x1={0}
            x2={width}
            y1={height - share * (height - 8)}
            y2={height - share * (height - 8)}
          />
        ))}
        {series.map(([name]) => (
          <path
            key={name}
            className={`series ${name}`}
            d={line(points, (point) => point[name], most, from, to)}
          />
        ))}
        <path className="series cost" d={line(points, (point) => point.cost, last.cost ?? 0, from, to)} />
      </svg>
      <table>
        <tbody>
          {series.map(([name, title]) => (
            <tr key={name}>
              <th scope="row">
                <i className={`swatch ${name}`} />
                {title}
              </th>
              <td>{format.count(last[name])}</td>
            </tr>
          ))}
          <tr>
            <th scope="row">
              <i className="swatch cost" />Cost at list prices
            </th>
            <td>{format.money(last.cost)}</td>
          </tr>
        </tbody>
      </table>
    </section>
  )
}

// a part that is loaded when it is needed
export default UsageChart
