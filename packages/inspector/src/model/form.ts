// The JSON schema of a tool's input as the fields of a form.

/** Field of a form. */
export interface Field {
  readonly name: string
  readonly kind: "text" | "number" | "boolean" | "choice" | "json"
  readonly description: string | undefined
  readonly choices: ReadonlyArray<string>
  readonly isRequired: boolean
}

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const kindOf = ({ enum: choices, type }: { readonly [key: string]: unknown }): Field["kind"] => {
  if (Array.isArray(choices) && choices.every((choice) => typeof choice === "string")) return "choice"
  if (type === "string") return "text"
  if (type === "number" || type === "integer") return "number"
  return type === "boolean" ? "boolean" : "json"
}

/** The fields of a schema, and those that only the value has. */
export const fields = (schema: unknown, value: unknown): ReadonlyArray<Field> => {
  const properties = isObject(schema) && isObject(schema["properties"]) ? schema["properties"] : {}
  const required = isObject(schema) && Array.isArray(schema["required"]) ? schema["required"] : []
  const names = new Set([...Object.keys(properties), ...(isObject(value) ? Object.keys(value) : [])])
  return Array.from(names, (name): Field => {
    const described = properties[name]
    const property = isObject(described) ? described : { type: typeof (isObject(value) ? value[name] : undefined) }
    const { description, enum: choices } = property
    const kind = kindOf(property)
    return {
      name,
      kind,
      description: typeof description === "string" ? description : undefined,
      choices: kind === "choice" && Array.isArray(choices) ? choices.map(String) : [],
      isRequired: required.includes(name)
    }
  })
}

/** A value as the text of a field. */
export const toText = ({ kind }: Field, value: unknown): string => {
  if (value === undefined) return kind === "boolean" ? "false" : ""
  return kind === "json" || typeof value === "object" ? JSON.stringify(value) : String(value)
}

/** The value that texts of fields stand for. A text that is not of the field's kind is kept as it is; an empty one is left out. */
export const toValue = (
  fields: ReadonlyArray<Field>,
  texts: { readonly [name: string]: string }
): { readonly [name: string]: unknown } =>
  Object.fromEntries(fields.flatMap((field) => {
    const text = texts[field.name] ?? ""
    if (text === "" && field.kind !== "text") return []
    return text === "" && !field.isRequired ? [] : [[field.name, read(field, text)]]
  }))

const read = ({ kind }: Field, text: string): unknown => {
  if (kind === "text" || kind === "choice") return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
