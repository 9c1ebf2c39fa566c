"""The 19 calls of the Python SDK, a conversation and their paging, against the simulator on a port.

Every answer and every event is validated strictly: pydantic refuses what the SDK's types do not allow. Each call that
was made is printed; the exit code is 1 if one of the 19 was not made, was refused, or answered with something else.
"""

import json
import sys
import urllib.request

import anthropic
from anthropic import Anthropic, APIResponseValidationError, BadRequestError, NotFoundError

url = sys.argv[1]
client = Anthropic(api_key="sk-test", base_url=url, max_retries=0, timeout=30, _strict_response_validation=True)
sessions = client.beta.sessions
events, resources, threads = sessions.events, sessions.resources, sessions.threads

CALLS = [
    *(f"sessions.{name}" for name in ("create", "retrieve", "list", "update", "delete", "archive")),
    *(f"sessions.events.{name}" for name in ("send", "list", "stream")),
    *(f"sessions.resources.{name}" for name in ("add", "retrieve", "list", "update", "delete")),
    *(f"sessions.threads.{name}" for name in ("retrieve", "list", "archive")),
    *(f"sessions.threads.events.{name}" for name in ("list", "stream")),
]
made = set()
refused = []
seen_types = set()
AGENT, ENVIRONMENT = "agent_lead", "env_python"
# the session that every simulator has
FIXTURE = "sesn_011CZkZAtmR3yMPDzynEDxu7"


def control(method, path, body=None):
    request = urllib.request.Request(f"{url}/_sim/{path}", method=method, data=json.dumps(body or {}).encode())
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def explain(error):
    """Which fields were refused. Of a union pydantic tries every member: that of the type is meant."""
    members = {}
    for one in error.__cause__.errors():
        at = next((i for i, step in enumerate(one["loc"]) if str(step).startswith("Beta")), len(one["loc"]))
        members.setdefault(one["loc"][:at], {}).setdefault(one["loc"][at : at + 1], []).append(one)
    lines = []
    for at, member in members.items():
        named = [found for found in member.values() if all(one["loc"][len(at) + 1 :] != ("type",) for one in found)]
        for one in min(named or member.values(), key=len):
            lines.append(f"\n  {'.'.join(map(str, one['loc']))}: {one['msg']}")
    return "".join(lines)


def call(name, method, *args, **kwargs):
    """Makes a call. One whose answer the SDK's types refuse is noted, and gone without."""
    try:
        answer = method(*args, **kwargs)
    except APIResponseValidationError as error:
        refused.append(f"{name}{explain(error)}")
        return None
    made.add(name)
    return answer


def check(holds, what):
    if not holds:
        raise AssertionError(what)


def every(name, method, *args, **kwargs):
    """All items of a list, page by page."""
    page = call(name, method, *args, **kwargs)
    items, pages = [], 0
    while page is not None:
        items += page.data
        pages += 1
        page = call(name, page.get_next_page) if page.has_next_page() else None
    return items, pages


def message(text):
    return {"type": "user.message", "content": [{"type": "text", "text": text}]}


def turn(*steps):
    return {"turns": [list(steps)], "otherwise": [{"say": "Yes."}]}


def failure(kind, retry_status):
    return {"fail": {"type": kind, "message": "It failed.", "retry_status": retry_status}}


LEAD = turn(
    {"think": True},
    {"tool": {"name": "read", "input": {"path": "a"}, "result": "found"}},
    {"tool": {"name": "bash", "input": {"command": "ls"}, "permission": "ask"}},
    {"custom_tool": {"name": "lookup", "input": {"order": "{{text}}"}}},
    failure("model_overloaded_error", "retrying"),
    {"reschedule": {"millis": 1}},
    {"compact": True},
    {"delegate": {"agent": "Lead", "message": "Go.", "script": {"otherwise": [{"say": "gone"}]}}},
    {"say": "It is done, 世界."},
)

# scripts in which the agent needs nobody, so that a session with an initial event comes to an end by itself
ALONE = {
    "agent_mcp": turn({"mcp_tool": {"server": "docs", "name": "search", "permission": "allow", "result": "found"}}),
    "agent_denied": turn({"tool": {"name": "bash", "input": {"command": "rm"}, "permission": "deny"}}, {"say": "No?"}),
    "agent_exhausted": turn(failure("model_rate_limited_error", "exhausted")),
    "agent_terminal": turn(failure("billing_error", "terminal")),
    "agent_unreachable": turn(failure("mcp_connection_failed_error", "exhausted")),
    "agent_advised": turn({"consult": {"advice": "Do it."}}, {"consult": {"advice": "?", "redacted": True}}),
    "agent_graded": {"grades": ["needs_revision", {"result": "satisfied", "explanation": "Short."}]},
}


def prepare():
    control("POST", "reset")
    control("PUT", f"environments/{ENVIRONMENT}")
    lookup = {"type": "custom", "name": "lookup", "description": "Finds it.", "input_schema": {"type": "object"}}
    bash = {"name": "bash", "enabled": True, "permission_policy": {"type": "always_ask"}}
    agent = {
        "name": "Lead",
        "model": "claude-opus-4-8",
        "tools": [
            {"type": "agent_toolset_20260401", "configs": [bash]},
            {"type": "mcp_toolset", "mcp_server_name": "docs"},
            lookup,
        ],
        "mcp_servers": [{"type": "url", "name": "docs", "url": "https://example.com/mcp"}],
        "skills": [{"type": "anthropic", "skill_id": "xlsx"}],
        "multiagent": {
            "type": "coordinator",
            "agents": [{"type": "self"}, {"type": "advisor", "model": "claude-opus-4-8"}],
        },
    }
    for name, script in {AGENT: LEAD, **ALONE}.items():
        control("PUT", f"agents/{name}", {"agent": agent, "script": script})


def create(agent=AGENT, **params):
    return call("sessions.create", sessions.create, agent=agent, environment_id=ENVIRONMENT, **params)


def conversation(session):
    """Answers what the agent asks, and gives back what the stream had, previews apart."""
    seen = []
    deltas = ["agent.message", "agent.thinking"]
    with call("sessions.events.stream", events.stream, session.id, event_deltas=deltas) as stream:
        call("sessions.events.send", events.send, session.id, events=[message("1234")])
        for event in stream:
            if event.type in ("event_start", "event_delta"):
                seen_types.add(event.type)
                continue
            seen.append(event)
            if event.type == "agent.custom_tool_use":
                result = {"type": "user.custom_tool_result", "custom_tool_use_id": event.id}
                result["content"] = [{"type": "text", "text": f"order {event.input['order']}"}]
                call("sessions.events.send", events.send, session.id, events=[result])
            if event.type == "agent.tool_use" and event.evaluated_permission == "ask":
                allow = {"type": "user.tool_confirmation", "tool_use_id": event.id, "result": "allow"}
                call("sessions.events.send", events.send, session.id, events=[allow])
            if event.type == "session.status_idle" and event.stop_reason.type == "end_turn":
                return seen
    raise AssertionError("the stream ended before the turn")


def sessions_and_events():
    session = create(
        title="Order 1234",
        metadata={"a/b%": "ü"},
        resources=[{"type": "github_repository", "url": "https://github.com/a/b", "authorization_token": "ghp_1"}],
        budget={"type": "limit", "max_list_cost": {"amount": "10", "currency": "USD"}},
    )
    check(call("sessions.retrieve", sessions.retrieve, session.id).title == "Order 1234", "the title")
    check(call("sessions.update", sessions.update, session.id, title="Renamed").title == "Renamed", "the new title")
    for _ in range(3):
        create()
    listed, pages = every("sessions.list", sessions.list, limit=2, statuses=["idle", "running"], agent_id=AGENT)
    check((len(listed), pages) == (4, 2), f"{len(listed)} sessions on {pages} pages")

    seen = conversation(session)
    listed, pages = every("sessions.events.list", events.list, session.id, limit=3)
    check(pages == -(-len(listed) // 3), f"{len(listed)} events on {pages} pages")
    # this SDK does not know the name of usage events on streams
    processed = [one.id for one in listed if one.type not in ("session.updated", "session.usage")]
    check(list(dict.fromkeys(one.id for one in seen)) == processed, "the stream is not the list")
    replies, _ = every("sessions.events.list", events.list, session.id, types=["agent.message"], order="desc")
    check(replies[0].content[0].text == "It is done, 世界.", "the reply")
    seen_types.update(one.type for one in listed)
    return session


def resources_of(session):
    file = call("sessions.resources.add", resources.add, session.id, type="file", file_id="file_011CNha8iCJcU1wXNR6q4V8w")
    listed, _ = every("sessions.resources.list", resources.list, session.id)
    check([one.type for one in listed] == ["github_repository", "file"], "the resources")
    same = call("sessions.resources.retrieve", resources.retrieve, file.id, session_id=session.id)
    check(same == file, "the file")
    repository = listed[0].id
    token = {"session_id": session.id, "authorization_token": "ghp_2"}
    check(call("sessions.resources.update", resources.update, repository, **token).id == repository, "the repository")
    gone = call("sessions.resources.delete", resources.delete, file.id, session_id=session.id)
    check(gone.type == "session_resource_deleted", "the deleted file")


def threads_of(session):
    listed, pages = every("sessions.threads.list", threads.list, session.id, limit=1)
    check((len(listed), pages) == (2, 2), f"{len(listed)} threads on {pages} pages")
    primary, child = sorted(listed, key=lambda thread: thread.parent_thread_id is not None)
    same = call("sessions.threads.retrieve", threads.retrieve, child.id, session_id=session.id)
    check(same.id == child.id, "the thread")
    own, _ = every("sessions.threads.events.list", threads.events.list, child.id, session_id=session.id, limit=2)
    check("agent.message" in [one.type for one in own], "the thread's events")
    with call("sessions.threads.events.stream", threads.events.stream, primary.id, session_id=session.id) as stream:
        brief = {"type": "system.message", "content": [{"type": "text", "text": "Be brief."}]}
        call("sessions.events.send", events.send, session.id, events=[message("And now?"), brief])
        reply = next(event for event in stream if event.type == "agent.message")
        check(reply.content[0].text == "Yes.", "the reply on the thread's stream")
    archived = call("sessions.threads.archive", threads.archive, child.id, session_id=session.id)
    check(archived.archived_at is not None, "the archived thread")
    try:
        threads.archive(primary.id, session_id=session.id)
        raise AssertionError("the primary thread can be archived")
    except BadRequestError as error:
        check(error.body["error"]["type"] == "invalid_request_error", "the refusal")


def alone():
    """Sessions that end in all the ways there are, with the events of each."""
    outcome = {"type": "user.define_outcome", "description": "A page", "rubric": {"type": "text", "content": "Short."}}
    for agent in ALONE:
        session = create(agent, initial_events=[outcome if agent == "agent_graded" else message("Hi")])
        for _ in range(500):
            listed, _ = every("sessions.events.list", events.list, session.id)
            ended = any(one.type in ("session.status_idle", "session.status_terminated") for one in listed)
            if ended or refused:
                break
        else:
            raise AssertionError(f"the session of {agent} does not end")
        seen_types.update(one.type for one in listed)
        call("sessions.retrieve", sessions.retrieve, session.id)
        every("sessions.threads.list", threads.list, session.id)


def ends(session):
    call("sessions.events.send", events.send, session.id, events=[{"type": "user.interrupt"}])
    listed, _ = every("sessions.events.list", events.list, session.id)
    seen_types.update(one.type for one in listed)
    archived = call("sessions.archive", sessions.archive, session.id)
    check(archived.status == "terminated" and archived.archived_at is not None, "the archived session")
    check(call("sessions.delete", sessions.delete, session.id).type == "session_deleted", "the deleted session")
    try:
        sessions.retrieve(session.id)
        raise AssertionError("the session is still there")
    except NotFoundError as error:
        check(error.request_id.startswith("req_"), "the request id")


def fixture():
    """What the simulator begins with, which has a value in each field that may have one."""
    session = call("sessions.retrieve", sessions.retrieve, FIXTURE)
    check(session is not None and session.id == FIXTURE, "the session of the fixtures")
    listed, _ = every("sessions.list", sessions.list)
    check(FIXTURE in [one.id for one in listed], "the session of the fixtures in the list")
    every("sessions.events.list", events.list, FIXTURE)
    every("sessions.resources.list", resources.list, FIXTURE)
    every("sessions.threads.list", threads.list, FIXTURE)


prepare()
try:
    fixture()
    session = sessions_and_events()
    resources_of(session)
    threads_of(session)
    ends(session)
    alone()
except APIResponseValidationError as error:
    refused.append(f"an event of a stream{explain(error)}")
print(f"anthropic {anthropic.__version__}: {len(made)} calls, and events of the types {', '.join(sorted(seen_types))}")
for what in refused:
    print(f"refused {what}")
missing = [name for name in CALLS if name not in made]
if missing:
    print(f"not made: {', '.join(missing)}")
sys.exit(1 if refused or missing else 0)
