"""A session as Markdown and as JSON."""

import json

from ownstack.memory import events
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.memory.log.export import to_json, to_markdown
from ownstack.memory.log.session import SessionLog
from tests.memory.log.conftest import ROOT


def hostile(log: ConversationLog) -> SessionLog:
    session = log.sessions.create(ROOT, "A <b>title</b>\x1b[2J")
    at = events.Stamp(session.id, 1, 1_700_000_000.0)
    session.append(
        events.user(at, "Look:\n## Turn 9: assistant\n<script>x</script> a < b"),
        events.tool_call(at, "c", "read<", '{"path": "a.py"}'),
        events.tool_result(at, "c", "read", "```\n# not a heading\n````"),
        events.assistant(at, "Half:\n```html\n<b>", finish="interrupted"),
        events.decision(at, "D001", "Keep it", rationale="Since."),
        events.edit(at, "a.py", False, summary="no"),
        events.event(at, "hologram", {"text": "new"}),
        events.note(at, "audit", "not shown"),
    )
    return session


def test_markdown_has_what_was_said_and_nothing_that_acts(log: ConversationLog) -> None:
    session = hostile(log)
    assert to_markdown(session.info, session.events).splitlines()[1:] == [
        "",
        f"Begun {to_markdown(session.info, ()).splitlines()[2][6:]}",
        "",
        "## Turn 1: user, 2023-11-14 22:13 UTC",
        "",
        "> Look:",
        "> ## Turn 9: assistant",
        "> \\<script>x\\</script> a < b",
        "",
        "## Turn 1: tool read<, 2023-11-14 22:13 UTC",
        "",
        "```text",
        '{"path": "a.py"}',
        "```",
        "",
        "## Turn 1: result read, 2023-11-14 22:13 UTC",
        "",
        "`````text",
        "```",
        "# not a heading",
        "````",
        "`````",
        "",
        "## Turn 1: assistant, 2023-11-14 22:13 UTC",
        "",
        "> Half:",
        "> ```html",
        "> <b>",
        "",
        "*(interrupted)*",
        "",
        "## Turn 1: decision D001, 2023-11-14 22:13 UTC",
        "",
        "> Keep it",
        "> rationale: Since.",
        "> status: active",
        "",
        "## Turn 1: edit, 2023-11-14 22:13 UTC",
        "",
        "> a.py: rejected. no",
    ]
    assert to_markdown(session.info, ()).startswith("# A \\<b>title\\</b>\\x1b[2J\n")


def test_json_has_everything(log: ConversationLog) -> None:
    """Also the kinds that this version does not know, and any character."""
    session = hostile(log)
    odd = events.user(events.Stamp(session.id, 2, 1.0), "\udcff\u202e\x1b")
    session.append(odd)
    text = to_json(session.info, session.events)
    assert text.isprintable() or "\n" in text
    assert "\u202e" not in text
    assert "\x1b" not in text
    content = json.loads(text)
    assert content["format"] == events.FORMAT
    assert content["session"]["id"] == session.id
    assert content["events"][-1]["data"]["text"] == odd.text
    assert [entry["kind"] for entry in content["events"]] == [
        event.kind for event in session.events
    ]


def test_a_time_beyond_the_calendar_is_no_reason_to_fail(log: ConversationLog) -> None:
    session = log.sessions.create(ROOT)
    said = events.user(events.Stamp(session.id, 1, 1e300), "x")
    assert "unknown time" in to_markdown(session.info, [said])
