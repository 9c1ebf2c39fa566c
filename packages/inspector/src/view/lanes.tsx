// Swim lanes: the session and its threads over time, drawn on one canvas each, as there may be a hundred thousand bars.
import { type PointerEvent, useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from "react"
import type { Bar, Lane, Mark, Recording, Snapshot } from "../model/recording.ts"
import * as format from "./format.ts"

/** The part of time that is shown; `undefined` for all of it. */
type Range = Extent | undefined

interface Extent {
  readonly from: number
  readonly to: number
}

const laneHeight = 46
const axisHeight = 20

/** Vertical place of each kind of bar. */
const rows: Readonly<Record<Bar["kind"], { readonly y: number; readonly height: number }>> = {
  turn: { y: 4, height: 5 },
  model: { y: 13, height: 11 },
  grading: { y: 13, height: 11 },
  tool: { y: 27, height: 13 },
  wait: { y: 27, height: 13 }
}

/** Space beside the first and the last moment. */
const margin = 8

interface Scale extends Extent {
  readonly width: number
}

const x = ({ from, to, width }: Scale, at: number): number =>
  margin + ((at - from) / Math.max(1, to - from)) * (width - 2 * margin)

const timeAt = ({ from, to, width }: Scale, px: number): number =>
  from + ((px - margin) / Math.max(1, width - 2 * margin)) * (to - from)

/** The whole time of a recording. */
const extent = (recording: Recording, now: number): Extent => {
  const from = recording.items[0]?.at ?? 0
  return { from, to: Math.max(from + 1, recording.end, now) }
}

const colors = [
  "turn",
  "model",
  "tool",
  "wait",
  "grading",
  "error",
  "input",
  "reply",
  "note",
  "thread",
  "text",
  "line",
  "selected",
  "on-bar"
]

type Palette = Readonly<Record<string, string>>

const paletteOf = (element: Element): Palette => {
  const style = getComputedStyle(element)
  return Object.fromEntries(colors.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]))
}

const steps = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  1e3,
  2e3,
  5e3,
  1e4,
  3e4,
  6e4,
  3e5,
  6e5,
  18e5,
  36e5,
  216e5,
  864e5,
  6048e5
]

const drawAxis = (context: CanvasRenderingContext2D, scale: Scale, start: number, height: number, palette: Palette) => {
  const wanted = (scale.to - scale.from) / Math.max(1, scale.width / 110)
  const step = steps.find((step) => step >= wanted) ?? 2.6e9
  context.font = "11px system-ui, sans-serif"
  context.textBaseline = "middle"
  for (let at = start + Math.ceil((scale.from - start) / step) * step; at <= scale.to; at += step) {
    const px = Math.round(x(scale, at)) + 0.5
    context.strokeStyle = palette["line"] ?? ""
    context.beginPath()
    context.moveTo(px, axisHeight - 4)
    context.lineTo(px, height)
    context.stroke()
    context.fillStyle = palette["text"] ?? ""
    context.fillText(at === start ? "0" : `+${format.duration(at - start)}`, px + 3, axisHeight / 2)
  }
}

const drawBars = (
  context: CanvasRenderingContext2D,
  { bars }: Lane,
  scale: Scale,
  top: number,
  palette: Palette,
  selected: string | undefined
) => {
  /** The moment until which each row is drawn: what ends within half a pixel of it adds nothing. */
  const drawn: Record<Bar["kind"], number> = { turn: -1, model: -1, grading: -1, tool: -1, wait: -1 }
  const half = timeAt(scale, margin + 0.5) - scale.from
  for (const bar of bars) {
    const end = bar.end ?? scale.to
    if (end < scale.from || bar.start > scale.to) continue
    const isSelected = bar.key === selected
    // most bars of a long session
    if (end <= drawn[bar.kind] + half && !bar.isError && !isSelected) continue
    const left = Math.max(0, x(scale, bar.start))
    const right = Math.min(scale.width, x(scale, end))
    const { height, y } = rows[bar.kind]
    const width = Math.max(1.5, right - left)
    drawn[bar.kind] = timeAt(scale, left + width)
    context.fillStyle = palette[bar.isError ? "error" : bar.kind] ?? ""
    context.globalAlpha = bar.end === undefined && bar.kind !== "wait" ? 0.65 : 1
    context.fillRect(left, top + y, width, height)
    context.globalAlpha = 1
    if (isSelected) {
      context.strokeStyle = palette["selected"] ?? ""
      context.lineWidth = 2
      context.strokeRect(left - 1, top + y - 1, width + 2, height + 2)
      context.lineWidth = 1
    }
    if (width > 40 && (bar.kind === "tool" || bar.kind === "wait")) {
      context.save()
      context.beginPath()
      context.rect(left, top + y, width, height)
      context.clip()
      context.fillStyle = palette["on-bar"] ?? ""
      context.font = "11px system-ui, sans-serif"
      context.fillText(bar.kind === "wait" ? `${bar.label}: waits` : bar.label, left + 4, top + y + height / 2 + 0.5)
      context.restore()
    }
  }
}

const drawMarks = (
  context: CanvasRenderingContext2D,
  { marks }: Lane,
  scale: Scale,
  top: number,
  palette: Palette,
  selected: string | undefined
) => {
  let last = -Infinity
  const pixel = timeAt(scale, margin + 1) - scale.from
  for (const mark of marks) {
    if (mark.at < scale.from || mark.at > scale.to) continue
    const isSelected = mark.key === selected
    if (mark.at - last < pixel && mark.kind !== "error" && mark.kind !== "note" && !isSelected) continue
    last = mark.at
    const px = x(scale, mark.at)
    context.fillStyle = palette[mark.kind] ?? ""
    context.beginPath()
    if (mark.kind === "note" || mark.kind === "error") context.rect(px - 1, top + 2, 2, laneHeight - 6)
    else context.arc(px, top + 18, isSelected ? 6 : 4, 0, 2 * Math.PI)
    context.fill()
    if (isSelected) {
      context.strokeStyle = palette["selected"] ?? ""
      context.stroke()
    }
  }
}

const drawGrowing = (
  context: CanvasRenderingContext2D,
  { growing }: Lane,
  scale: Scale,
  top: number,
  palette: Palette
) => {
  for (const { since, text } of growing.values()) {
    const left = Math.max(margin, x(scale, since))
    context.fillStyle = palette["reply"] ?? ""
    context.font = "11px system-ui, sans-serif"
    const shown = text === "" ? "…" : text.slice(-60)
    context.fillText(
      shown,
      Math.max(margin, Math.min(left, scale.width - context.measureText(shown).width - 4)),
      top + 34
    )
  }
}

/** The thing under a point of a lane: the smallest bar, or the nearest mark. */
const hit = ({ bars, marks }: Lane, scale: Scale, px: number, y: number): Bar | Mark | undefined => {
  const near = marks.filter((mark) => Math.abs(x(scale, mark.at) - px) < 5 && Math.abs(y - 18) < 7)
  if (near[0] !== undefined) return near[0]
  let found: Bar | undefined
  for (const bar of bars) {
    const row = rows[bar.kind]
    if (y < row.y - 1 || y > row.y + row.height + 1) continue
    if (x(scale, bar.start) > px + 2 || x(scale, bar.end ?? scale.to) < px - 2) continue
    if (found === undefined || (bar.end ?? Infinity) - bar.start <= (found.end ?? Infinity) - found.start) found = bar
  }
  return found
}

const titleOf = (found: Bar | Mark): string =>
  "start" in found
    ? `${found.kind === "wait" ? `${found.label} waits for the client` : found.label}: ${
      found.end === undefined ? "not over" : format.duration(found.end - found.start)
    }`
    : found.kind

/** The zoomed range around a moment. */
const zoomed = (range: Extent, by: number, around: number, all: Extent): Range => {
  const length = Math.max(2, (range.to - range.from) * by)
  if (length >= all.to - all.from) return undefined
  const share = (around - range.from) / Math.max(1, range.to - range.from)
  const from = Math.min(Math.max(all.from, around - share * length), all.to - length)
  return { from, to: from + length }
}

/** The width of an element, as it changes. */
const useWidth = (box: React.RefObject<HTMLElement | null>): number => {
  const [width, setWidth] = useState(600)
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return undefined
    const observer = new ResizeObserver(() => setWidth(Math.max(100, element.clientWidth)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [box])
  return width
}

/** The time since the page last heard of a recording, while it ticks. */
const useElapsed = (recording: Recording, isTicking: boolean): number => {
  const [elapsed, setElapsed] = useState(0)
  useEffect(() => {
    if (!isTicking) return undefined
    const timer = setInterval(() => setElapsed(performance.now() - recording.heardAt), 250)
    return () => clearInterval(timer)
  }, [recording, isTicking])
  return isTicking ? elapsed : 0
}

/** Draws again when the colours change, of which a canvas learns nothing. */
const useColours = (): number => {
  const [colours, change] = useReducer((n: number) => n + 1, 0)
  useEffect(() => {
    const dark = matchMedia("(prefers-color-scheme: dark)")
    dark.addEventListener("change", change)
    addEventListener("theme", change)
    return () => {
      dark.removeEventListener("change", change)
      removeEventListener("theme", change)
    }
  }, [])
  return colours
}

interface Drawing {
  readonly recording: Recording
  readonly scale: Scale
  readonly height: number
  readonly selected: string | undefined
}

const draw = (element: HTMLCanvasElement, { height, recording, scale, selected }: Drawing): void => {
  const context = element.getContext("2d")
  if (context === null) return
  element.width = Math.round(scale.width * devicePixelRatio)
  element.height = Math.round(height * devicePixelRatio)
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0)
  const palette = paletteOf(element)
  drawAxis(context, scale, recording.items[0]?.at ?? 0, height, palette)
  recording.lanes.forEach((lane, i) => {
    const top = axisHeight + i * laneHeight
    context.strokeStyle = palette["line"] ?? ""
    context.strokeRect(-1, top - 0.5, scale.width + 2, laneHeight)
    drawBars(context, lane, scale, top, palette, selected)
    drawMarks(context, lane, scale, top, palette, selected)
    drawGrowing(context, lane, scale, top, palette)
  })
}

/** The drawing, which can be zoomed, dragged and clicked. */
const Canvas = ({ all, height, onRange, onSelect, range, recording, selected, version }: {
  readonly recording: Recording
  readonly version: number
  readonly height: number
  readonly all: Extent
  readonly range: Range
  readonly selected: string | undefined
  readonly onRange: (range: Range) => void
  readonly onSelect: (key: string) => void
}) => {
  const canvas = useRef<HTMLCanvasElement>(null)
  const box = useRef<HTMLDivElement>(null)
  const drag = useRef<{ readonly px: number; readonly range: Extent; moved: boolean }>(undefined)
  const width = useWidth(box)
  const colours = useColours()
  const shown = range ?? all
  const scale: Scale = { ...shown, width }

  const { from, to } = shown
  useLayoutEffect(() => {
    if (canvas.current !== null) draw(canvas.current, { recording, scale: { from, to, width }, height, selected })
    // a recording is changed in place, and colours are read from the page
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- the version says when the recording has changed
  }, [recording, version, from, to, width, height, selected, colours])

  // React listens to wheels passively, and the page must not scroll meanwhile
  useEffect(() => {
    const element = box.current
    if (element === null) return undefined
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return
      event.preventDefault()
      onRange(zoomed(shown, event.deltaY > 0 ? 1.25 : 0.8, timeAt(scale, event.offsetX), all))
    }
    element.addEventListener("wheel", wheel, { passive: false })
    return () => element.removeEventListener("wheel", wheel)
  })

  const find = (event: PointerEvent) => {
    const { left, top } = event.currentTarget.getBoundingClientRect()
    const y = event.clientY - top - axisHeight
    const lane = recording.lanes[Math.floor(y / laneHeight)]
    return lane === undefined ? undefined : hit(lane, scale, event.clientX - left, y % laneHeight)
  }
  const move = (event: PointerEvent<HTMLDivElement>) => {
    const dragged = drag.current
    if (dragged === undefined) {
      const found = find(event)
      event.currentTarget.title = found === undefined ? "" : titleOf(found)
      return
    }
    const px = event.clientX - dragged.px
    if (Math.abs(px) < 4 && !dragged.moved) return
    dragged.moved = true
    const { from, to } = dragged.range
    const by = -(px / Math.max(1, width - 2 * margin)) * (to - from)
    const shift = Math.min(Math.max(by, all.from - from), all.to - to)
    if (range !== undefined) onRange({ from: from + shift, to: to + shift })
  }
  const release = (event: PointerEvent) => {
    const moved = drag.current?.moved === true
    drag.current = undefined
    const found = moved ? undefined : find(event)
    if (found !== undefined) onSelect(found.key)
  }
  return (
    <div
      ref={box}
      className="lanes-canvas"
      onPointerDown={(event) => {
        drag.current = { px: event.clientX, range: shown, moved: false }
      }}
      onPointerMove={move}
      onPointerLeave={() => {
        drag.current = undefined
      }}
      onPointerUp={release}
    >
      <canvas
        ref={canvas}
        className="lanes-drawing"
        style={{ width, height }}
        role="img"
        aria-label="Lanes of the session over time; the list has all of it in words"
      />
    </div>
  )
}

const Tools = ({ isZoomed, onZoom }: { readonly isZoomed: boolean; readonly onZoom: (by: number) => void }) => (
  <div className="lanes-tools">
    <span className="legend" aria-hidden="true">
      {["turn", "model", "tool", "wait", "error"].map((kind) => (
        <span key={kind}>
          <i className={`swatch ${kind}`} />
          {kind === "wait" ? "waits for the client" : kind}
        </span>
      ))}
    </span>
    <button type="button" onClick={() => onZoom(0.5)} aria-label="Zoom in">+</button>
    <button type="button" onClick={() => onZoom(2)} aria-label="Zoom out">−</button>
    <button type="button" onClick={() => onZoom(Infinity)} disabled={!isZoomed}>Fit</button>
  </div>
)

/** The lanes of a recording. */
export const Lanes = ({ isTicking, lane: only, now, onLane, onSelect, selected, snapshot: { recording, version } }: {
  readonly snapshot: Snapshot
  readonly selected: string | undefined
  readonly lane: string | null | undefined
  /** True if time goes on by itself: then what is open grows. */
  readonly isTicking: boolean
  readonly now: number
  readonly onSelect: (key: string) => void
  readonly onLane: (id: string | null | undefined) => void
}) => {
  const [range, setRange] = useState<Range>(undefined)
  const { lanes } = recording
  const isOpen = useMemo(
    () => recording.lanes.some(({ bars, growing }) => growing.size > 0 || bars.some(({ end }) => end === undefined)),
    // oxlint-disable-next-line react/memo-dependencies, react-hooks/exhaustive-deps -- the version says when the recording has changed
    [recording, version]
  )
  const elapsed = useElapsed(recording, isTicking && isOpen)
  const all = extent(recording, !isOpen ? 0 : elapsed === 0 ? now : recording.end + elapsed)
  const shown = range ?? all
  return (
    <section className="lanes" aria-label="Timeline">
      <Tools
        isZoomed={range !== undefined}
        onZoom={(by) => setRange(zoomed(shown, by, (shown.from + shown.to) / 2, all))}
      />
      <div className="lanes-scroll" tabIndex={0} role="group" aria-label="Lanes">
        <ul className="lane-names">
          {lanes.map(({ id, name }) => (
            <li key={id ?? ""}>
              <button
                type="button"
                className="quiet"
                aria-pressed={only === id}
                title={id ?? "The session and its primary thread"}
                onClick={() => onLane(only === id ? undefined : id)}
              >
                {name}
              </button>
            </li>
          ))}
        </ul>
        <Canvas
          recording={recording}
          version={version}
          height={axisHeight + lanes.length * laneHeight}
          all={all}
          range={range}
          selected={selected}
          onRange={setRange}
          onSelect={onSelect}
        />
      </div>
    </section>
  )
}
