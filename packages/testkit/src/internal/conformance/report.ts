import type { Need } from "./lab.ts"
import type { Report, Result } from "./run.ts"
import type { Scenario } from "./scenario.ts"

const indent = (text: string): string => text.replaceAll("\n", "\n             ")

/** A value on one line, or on several if it is long. */
const show = (value: unknown): string => {
  if (typeof value === "string") return value
  const line = JSON.stringify(value) ?? "undefined"
  const text = line.length <= 100 ? line : JSON.stringify(value, null, 2)
  return text.length <= 4000 ? text : `${text.slice(0, 4000)} …`
}

/** A result for people to read. */
export const formatResult = ({ outcome, scenario }: Result): string => {
  switch (outcome._tag) {
    case "Conforms":
      return `conforms  ${scenario}`
    case "NotRun":
      return `not run   ${scenario}: ${outcome.why}`
    case "Failed":
      return `failed    ${scenario}: ${outcome.why}`
    case "Drifts":
      return [
        `DRIFTS    ${scenario}`,
        ...outcome.drifts.flatMap(({ expectation, expected, seen }) => [
          `          ${expectation}`,
          `            expected ${indent(show(expected))}`,
          `            seen     ${indent(show(seen))}`
        ])
      ].join("\n")
  }
}

/** Counts the results of each kind. */
export const count = ({ results }: Report): { readonly [K in Result["outcome"]["_tag"]]: number } => {
  const of = (tag: Result["outcome"]["_tag"]) => results.filter(({ outcome }) => outcome._tag === tag).length
  return { Conforms: of("Conforms"), Drifts: of("Drifts"), NotRun: of("NotRun"), Failed: of("Failed") }
}

/** Summary of a run, in a few lines. */
export const formatSummary = (report: Report): string => {
  const { Conforms, Drifts, Failed, NotRun } = count(report)
  return [
    ...(report.leftBehind.length === 0
      ? []
      : [`Left behind, and still there: ${report.leftBehind.join(", ")}. Delete them yourself.`]),
    `${report.target}: ${Conforms} conform, ${Drifts} drift, ${NotRun} not run, ${Failed} failed`
  ].join("\n")
}

const needs: { readonly [K in Need]: string } = {
  overrides: "sessions may override tools and system prompt of the agent",
  coordinator: "a coordinator",
  file: "an uploaded file",
  budget: "a model with a list price"
}

/** The scenarios and their costs, for people to read. */
export const formatPlan = (scenarios: ReadonlyArray<Scenario>): string => {
  const turns = scenarios.reduce((sum, scenario) => sum + scenario.turns, 0)
  return [
    ...scenarios.flatMap((scenario) => [
      `${scenario.name} (${scenario.turns === 1 ? "1 turn" : `${scenario.turns} turns`})`,
      `  ${scenario.description}`,
      ...(scenario.needs.length === 0 ? [] : [`  Needs: ${scenario.needs.map((need) => needs[need]).join("; ")}.`])
    ]),
    `${scenarios.length} scenarios, about ${turns} turns of a model.`
  ].join("\n")
}
