import type * as Model from "@effect-managed-agents/core/Model"
import type { Ruling } from "../../session/refusal.ts"
import * as models from "../../workspace/models.ts"
import type { Call } from "./context.ts"

export const list = (
  { query }: Call<typeof Model.ListParams.Encoded, unknown>
): Ruling<typeof Model.ModelPage.Encoded> => models.page(query)

export const retrieve = ({ path }: Call<unknown, unknown>): Ruling<typeof Model.Model.Encoded> =>
  models.find(path["model_id"] ?? "")
