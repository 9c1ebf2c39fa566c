/** A follower in a process of its own is killed again and again, and what it has written down is complete. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { spawn } from "node:child_process"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Fixtures from "../../src/Fixtures.ts"
import * as Simulator from "../../src/Simulator.ts"
import * as SimulatorServer from "../../src/SimulatorServer.ts"
import { bundle } from "../utils/cli.ts"
import { ok } from "../utils/wire.ts"

/** How many processes are killed. */
const kills = Number(process.env["FOLLOW_KILLS"] ?? 30)

describe("a process that follows", () => {
  it.scopedLive(`loses nothing and repeats nothing when it is killed ${kills} times`, () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.Simulator
      const { url } = yield* SimulatorServer.start()
      const session = yield* ok("POST", "/v1/sessions", {
        agent: Fixtures.agentId,
        environment_id: Fixtures.environmentId
      })
      const directory = yield* Effect.acquireRelease(
        Effect.promise(() => mkdtemp(join(tmpdir(), "follower-"))),
        (directory) => Effect.promise(() => rm(directory, { recursive: true }))
      )
      const program = join(directory, "follower.mjs")
      const output = join(directory, "output")
      const text = yield* bundle("./follower")
      yield* Effect.promise(async () => {
        await writeFile(program, text)
        await writeFile(output, "")
      })

      let emitted = 0
      const emit = Effect.suspend(() =>
        simulator.emit(
          session.id,
          { type: "span.model_request_start", id: `sevt_${String(emitted++).padStart(6, "0")}` },
          { persist: true }
        )
      )
      /** Runs the program, and kills it some time after it has been told something. */
      const life = (millis: number) =>
        Effect.async<void>((resume) => {
          const child = spawn(process.execPath, [program, url, session.id, join(directory, "cursors"), output])
          let stderr = ""
          child.stderr.on("data", (data) => stderr += data)
          child.stdout.once("data", () => setTimeout(() => child.kill("SIGKILL"), millis))
          child.on(
            "close",
            (_, signal) =>
              resume(signal === "SIGKILL" ? Effect.void : Effect.dieMessage(`the follower ended by itself: ${stderr}`))
          )
        })
      // the service is busy all the time, and what it says breaks off now and then
      yield* Effect.forkScoped(Effect.forever(Effect.zipRight(emit, Effect.sleep("2 millis"))))
      yield* Effect.forkScoped(Effect.forever(Effect.zipRight(simulator.closeStreams(), Effect.sleep("90 millis"))))
      // at once, while it reads the list, between two events, after a connection has broken off
      const moment = Random.nextRange(0, 120)
      for (let n = 0; n < kills; n++) yield* life(yield* moment)
      const written = (yield* Effect.promise(() => readFile(output, "utf8"))).trimEnd().split("\n")
      assert.isAbove(written.length, kills / 4)
      for (const [n, line] of written.entries()) {
        if (line !== `sevt_${String(n).padStart(6, "0")}`) assert.fail(`${line} is number ${n}`)
      }
    }).pipe(
      Effect.provide(Simulator.layer({ fixtures: Fixtures.docs })),
      Effect.withRandom(Random.make("follower"))
    ), 600_000)
})
