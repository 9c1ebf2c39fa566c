// One of a few words.
import { useId } from "react"

/** Radio buttons that look like one row of buttons. */
export const Choice = ({ choices, label, onChange, value }: {
  readonly label: string
  readonly value: string
  /** Names of the choices, by value. */
  readonly choices: { readonly [value: string]: string }
  readonly onChange: (value: string) => void
}) => {
  const name = useId()
  return (
    <fieldset className="choice">
      <legend className="unseen">{label}</legend>
      {Object.entries(choices).map(([choice, title]) => (
        <label key={choice}>
          <input type="radio" name={name} checked={choice === value} onChange={() => onChange(choice)} />
          {title}
        </label>
      ))}
    </fieldset>
  )
}
