// What a person may send to a session: a message, an interrupt, an outcome.
import { useAtom } from "@effect-atom/atom-react"
import * as UserEvent from "@effect-managed-agents/core/UserEvent"
import { useState } from "react"
import { send } from "../follow.ts"
import { Choice } from "./choice.tsx"
import { Failure } from "./result.tsx"

/** A box for messages and outcomes, and a button to stop the agent. */
export const Composer = ({ id, isRunning }: { readonly id: string; readonly isRunning: boolean }) => {
  const [result, submit] = useAtom(send)
  const [mode, setMode] = useState("message")
  const [text, setText] = useState("")
  const [rubric, setRubric] = useState("")
  const isOutcome = mode === "outcome"
  const sendIt = () => {
    if (text.trim() === "" || (isOutcome && rubric.trim() === "")) return
    submit({
      id,
      events: isOutcome
        ? UserEvent.defineOutcome({ description: text, rubric })
        : UserEvent.message(text)
    })
    setText("")
    setRubric("")
  }
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault()
        sendIt()
      }}
    >
      <Choice
        label="What to send"
        value={mode}
        choices={{ message: "Message", outcome: "Outcome" }}
        onChange={setMode}
      />
      <textarea
        value={text}
        rows={2}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return
          event.preventDefault()
          sendIt()
        }}
        aria-label={isOutcome ? "Description of the outcome" : "Message to the agent"}
        placeholder={isOutcome ? "What the agent has to achieve" : "Message to the agent"}
      />
      {isOutcome
        ? (
          <textarea
            value={rubric}
            rows={2}
            onChange={(event) => setRubric(event.target.value)}
            aria-label="Rubric"
            placeholder="How it is graded"
          />
        )
        : null}
      <button type="submit" className="primary">Send</button>
      <button type="button" disabled={!isRunning} onClick={() => submit({ id, events: UserEvent.interrupt() })}>
        Interrupt
      </button>
      <Failure result={result} />
    </form>
  )
}
