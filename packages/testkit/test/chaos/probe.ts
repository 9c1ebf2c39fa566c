/** Does a fixed piece of work four times a second, and tells how much longer each took than the processor time for it. */

const every = 250

/** The processor time of a piece, in microseconds: a process that takes sessions over needs as much for one. */
const piece = 25_000

/** What a timer is late on a quiet machine, in milliseconds, is nothing. */
const nothing = 10

let due = performance.now() + every

const work = (): void => {
  const start = process.cpuUsage()
  let used = 0
  while (used < piece) {
    const { system, user } = process.cpuUsage(start)
    used = system + user
  }
  const now = performance.now()
  const late = now - due - used / 1000
  if (late > nothing) process.send?.({ from: performance.timeOrigin + due, to: performance.timeOrigin + now, late })
  due = Math.max(now, due + every)
  setTimeout(work, due - now)
}
setTimeout(work, every)

process.on("disconnect", () => process.exit())
