// The page of a ticket: `/#<id of the ticket>`. It shows each line once, also when the service is killed and started again.
export const page = `<!doctype html>
<meta charset="utf-8">
<title>Support desk</title>
<ol id="lines"></ol>
<form id="say"><input name="text" required placeholder="Message"><button>Send</button></form>
<script type="module">
const ticket = "/tickets/" + location.hash.slice(1)
const post = (path, body) =>
  fetch(ticket + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) })
const show = async ({ id, text, who }) => {
  const line = document.createElement("li")
  line.append(who + ": " + text)
  document.getElementById("lines").append(line)
  const { approvals } = who === "tool" ? await (await fetch(ticket)).json() : { approvals: [] }
  for (const allow of approvals.some((call) => call.id === id) ? [true, false] : []) {
    const button = document.createElement("button")
    button.textContent = allow ? "Allow" : "Deny"
    button.onclick = () => post("/approvals/" + id, { allow })
    line.append(" ", button)
  }
}
const source = new EventSource(ticket + "/events")
source.onmessage = ({ data }) => show(JSON.parse(data))
source.addEventListener("end", () => source.close())
document.getElementById("say").onsubmit = (event) => {
  event.preventDefault()
  post("/messages", { text: event.target.text.value })
  event.target.reset()
}
</script>
`
