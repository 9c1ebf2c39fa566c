import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as RateLimit from "../../RateLimit.ts"
import * as fork from "../stream/fork.ts"
import * as database from "./database.ts"

/** The time that the database has for an answer. */
const patience = "1 second"

/** The time for which the database is not asked after it gave no answer. */
const rest = Duration.toMillis("10 seconds")

/**
 * Makes a limit that all programs with this key share. A row for each kind has the moment that its last request was given;
 * each request moves it on by its share of a minute, from not further back than the burst (the generic cell rate algorithm).
 *
 * A process asks for one request at a time, in the order in which they came: of those that give up waiting, at most one has
 * a moment already. While the database gives no answer, the process keeps to the limit by itself.
 */
export const make = Effect.fnUntraced(function*(
  { fromNow, later, now, plus, sql, tables, until }: database.Database,
  key: string,
  options: RateLimit.Options
) {
  const alone = yield* RateLimit.make(options)
  const burst = Duration.toMillis(options.burst ?? "1 second")
  const kindOf = (perMinute: number) =>
    Effect.map(Effect.makeSemaphore(1), (inOrder) => {
      const step = 60_000 / perMinute
      return { inOrder, step, burst: Math.max(step, burst) }
    })
  const kinds = {
    read: yield* kindOf(options.readsPerMinute ?? 1200),
    write: yield* kindOf(options.writesPerMinute ?? 300)
  }
  let askAt = -Infinity

  const ask = (kind: RateLimit.Kind) => {
    const { burst, step } = kinds[kind]
    const earliest = plus(now, -burst)
    return sql<{ readonly wait: number }>`
      INSERT INTO ${tables.rates} AS rate (key, kind, last_at) VALUES (${key}, ${kind}, ${plus(earliest, step)})
      ON CONFLICT (key, kind) DO UPDATE SET last_at = ${plus(later(sql`rate.last_at`, earliest), step)}
      RETURNING ${until(sql`last_at`)} AS wait`
  }

  const failing = (failure: { readonly detail: string }) =>
    Effect.zipRight(
      Effect.logWarning("The database gives no answer: this process keeps to the rate limit by itself", failure.detail),
      Effect.map(Clock.currentTimeMillis, (now) => {
        askAt = now + rest
      })
    )

  const answered = <A, R>(self: Parameters<typeof database.run<A, R>>[0]) =>
    database.run(self).pipe(
      // a statement that hangs takes its time to be cancelled as well
      fork.disconnect,
      Effect.timeoutFail({ duration: patience, onTimeout: () => ({ detail: `no answer within ${patience}` }) }),
      Effect.tapError(failing)
    )

  const limit: RateLimit.RateLimit = {
    take: (kind) =>
      kinds[kind].inOrder.withPermits(1)(
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          now < askAt ? alone.take(kind) : Effect.matchEffect(answered(ask(kind)), {
            onFailure: () =>
              alone.take(kind),
            onSuccess: ([row]) => row !== undefined && row.wait > 0 ? Effect.sleep(row.wait) : Effect.void
          }))
      ),
    pause: (kind, duration) => {
      // the next request moves it on by its share, and then it is its turn
      const until = plus(fromNow(duration), -kinds[kind].step)
      return Effect.zipRight(
        alone.pause(kind, duration),
        Effect.ignore(answered(sql`
          INSERT INTO ${tables.rates} AS rate (key, kind, last_at) VALUES (${key}, ${kind}, ${until})
          ON CONFLICT (key, kind) DO UPDATE SET last_at = ${later(sql`rate.last_at`, sql`excluded.last_at`)}`))
      )
    }
  }
  return limit
})
