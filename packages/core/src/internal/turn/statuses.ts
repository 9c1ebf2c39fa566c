/** The types of the events in which a session that lives says what it does. */
export const liveStatuses = [
  "session.status_running",
  "session.status_rescheduled",
  "session.status_idle"
] as const

const statuses: ReadonlyArray<unknown> = [...liveStatuses, "session.status_terminated"]

/** Tells an event in which a session says what it does. */
export const isStatus = ({ type }: { readonly type: unknown }): boolean => statuses.includes(type)
