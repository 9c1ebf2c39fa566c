// What the session waits for, and how to give it.
import { useAtom } from "@effect-atom/atom-react"
import * as Ids from "@effect-managed-agents/core/Ids"
import type * as Session from "@effect-managed-agents/core/Session"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import { useId, useState } from "react"
import { send } from "../follow.ts"
import * as form from "../model/form.ts"
import { field, type Item } from "../model/recording.ts"
import { Choice } from "./choice.tsx"
import { Failure } from "./result.tsx"

const valueOf = (input: unknown, name: string): unknown =>
  typeof input === "object" && input !== null ? field(input, name) : undefined

/** The schema of a custom tool, if the agent of the session has it. */
const schemaOf = (session: Session.Session | undefined, name: string): unknown =>
  session?.agent.tools.flatMap((tool) =>
    tool.type === "custom" && field(tool, "name") === name ? [field(tool, "input_schema")] : []
  )[0]

const Approval = ({ id, name, session }: { readonly id: string; readonly name: string; readonly session: string }) => {
  const [result, submit] = useAtom(send)
  const [reason, setReason] = useState("")
  const call = Ids.EventId.make(id)
  const decide = (event: UserEvent.ToolConfirmationParams) => submit({ id: session, events: event })
  return (
    <form
      className="answer"
      onSubmit={(event) => {
        event.preventDefault()
        decide(UserEvent.deny(call, reason === "" ? undefined : reason))
      }}
    >
      <button type="button" className="primary" onClick={() => decide(UserEvent.allow(call))}>Allow {name}</button>
      <input
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        placeholder="Reason for denying"
        aria-label="Reason for denying"
      />
      <button type="submit">Deny</button>
      <Failure result={result} />
    </form>
  )
}

const FieldInput = ({ field, onChange, value }: {
  readonly field: form.Field
  readonly value: string
  readonly onChange: (value: string) => void
}) => {
  const id = useId()
  const props = { id, value, onChange: (event: { target: { value: string } }) => onChange(event.target.value) }
  return (
    <div className="field">
      <label htmlFor={id}>{field.name}{field.isRequired ? " *" : ""}</label>
      {field.kind === "choice" || field.kind === "boolean"
        ? (
          <select {...props}>
            {(field.kind === "boolean" ? ["false", "true"] : field.choices).map((choice) => (
              <option key={choice}>{choice}</option>
            ))}
          </select>
        )
        : <input {...props} inputMode={field.kind === "number" ? "decimal" : "text"} />}
      {field.description === undefined ? null : <small>{field.description}</small>}
    </div>
  )
}

const CustomAnswer = ({ id, input, schema, session }: {
  readonly id: string
  readonly input: unknown
  readonly schema: unknown
  readonly session: string
}) => {
  const [result, submit] = useAtom(send)
  const fields = form.fields(schema, input)
  const [mode, setMode] = useState("text")
  const [text, setText] = useState("")
  const [isError, setError] = useState(false)
  const [values, setValues] = useState<{ readonly [name: string]: string }>(() =>
    Object.fromEntries(fields.map((field) => [field.name, form.toText(field, valueOf(input, field.name))]))
  )
  return (
    <form
      className="answer custom"
      onSubmit={(event) => {
        event.preventDefault()
        const content = mode === "text" ? text : JSON.stringify(form.toValue(fields, values))
        submit({ id: session, events: UserEvent.customToolResult(Ids.EventId.make(id), content, { isError }) })
      }}
    >
      <Choice
        label="Kind of result"
        value={mode}
        choices={fields.length === 0 ? { text: "Text" } : { text: "Text", form: "Form" }}
        onChange={setMode}
      />
      {mode === "text"
        ? (
          <textarea
            value={text}
            onChange={(event) => setText(event.target.value)}
            aria-label="Result of the tool"
            placeholder="Result of the tool"
            rows={2}
          />
        )
        : fields.map((field) => (
          <FieldInput
            key={field.name}
            field={field}
            value={values[field.name] ?? ""}
            onChange={(value) => setValues({ ...values, [field.name]: value })}
          />
        ))}
      <label className="check">
        <input type="checkbox" checked={isError} onChange={(event) => setError(event.target.checked)} /> The tool failed
      </label>
      <button type="submit" className="primary">Send the result</button>
      <Failure result={result} />
    </form>
  )
}

/** The calls that wait, each with its answers. */
export const Pending = ({ items, onSelect, session, sessionId }: {
  readonly items: ReadonlyArray<Item>
  readonly session: Session.Session | undefined
  readonly sessionId: string
  readonly onSelect: (key: string) => void
}) =>
  items.length === 0 ? null : (
    <section className="pending" aria-label="Waits for you">
      {items.map(({ event, key, lane }) => {
        if (event === undefined) return null
        const name = String(field(event, "name"))
        const input = field(event, "input")
        const isCustom = event.type === "agent.custom_tool_use"
        return (
          <article key={key}>
            <h2>
              {lane.name} {isCustom ? "waits for the result of" : "asks to call"}{" "}
              <button type="button" className="link" onClick={() => onSelect(key)}>{name}</button>
            </h2>
            <code>{JSON.stringify(input)}</code>
            {isCustom
              ? <CustomAnswer id={key} input={input} schema={schemaOf(session, name)} session={sessionId} />
              : <Approval id={key} name={name} session={sessionId} />}
          </article>
        )
      })}
    </section>
  )
