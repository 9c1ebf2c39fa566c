import { ResourceId } from "@effect-managed-agents/core/Ids"
import { Resources } from "@effect-managed-agents/core/Resources"
import * as Effect from "effect/Effect"
import { Inconclusive } from "../expectation.ts"
import { attempt, collect, create, createWith, Lab } from "../lab.ts"
import type { Scenario } from "../scenario.ts"
import { define } from "../scenario.ts"

export const all: ReadonlyArray<Scenario> = [
  define({
    name: "resource.file",
    description: "A file is mounted as a copy with an id of its own, listed, read and taken out again.",
    needs: ["file", "overrides"],
    turns: 0,
    program: Effect.gen(function*() {
      const resources = yield* Resources
      const { target } = yield* Lab
      const { fileId } = target
      if (fileId === undefined) return yield* new Inconclusive({ why: "there is no file" })
      // mounting takes a toolset that can read
      const { id } = yield* createWith([{ type: "agent_toolset_20260401" }])
      const added = yield* resources.add(id, { type: "file", file_id: fileId, mount_path: "/conformance/data.txt" })
      const listed = yield* collect(resources.list(id))
      const retrieved = yield* resources.retrieve(id, added.id)
      const deleted = yield* resources.delete(id, added.id)
      return {
        fileId,
        added,
        listed,
        retrieved,
        deleted,
        after: yield* collect(resources.list(id)),
        gone: yield* attempt(resources.retrieve(id, added.id))
      }
    }),
    expectations: ({ equal, holds }) => [
      equal("it is mounted under the directory of uploads", () => "/mnt/session/uploads/conformance/data.txt", (
        { added }
      ) => added.mount_path),
      holds("it is a copy", "another file_id", ({ added }) => added.file_id, (seen, { fileId }) => seen !== fileId),
      equal("it is listed and read as it was added", ({ added }) => [added, added], ({ listed, retrieved }) => [
        ...listed,
        retrieved
      ]),
      equal("taking it out is confirmed", ({ added }) => ({ id: added.id, type: "session_resource_deleted" }), (
        { deleted }
      ) => deleted),
      equal("then it is gone", () => [[], 404], ({ after, gone }) => [after, gone.status])
    ]
  }),
  define({
    name: "resource.not-found",
    description: "A new session has no resources, and one that does not exist is a 404.",
    turns: 0,
    program: Effect.gen(function*() {
      const resources = yield* Resources
      const { id } = yield* create()
      const nothing = ResourceId.make("sesrsc_011CZkZZZZZZZZZZZZZZZZZZ")
      return {
        listed: yield* collect(resources.list(id)),
        retrieved: yield* attempt(resources.retrieve(id, nothing)),
        deleted: yield* attempt(resources.delete(id, nothing))
      }
    }),
    expectations: ({ equal }) => [
      equal("none is listed", () => [], ({ listed }) => listed),
      equal("it can be neither read nor deleted", () => [404, 404], ({ deleted, retrieved }) => [
        retrieved.status,
        deleted.status
      ])
    ]
  })
]
