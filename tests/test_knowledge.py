"""The verbs of the knowledge engine: each does its work, and each leaves a note."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

import ownstack.knowledge
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import BadAnswerError, EventError, ModelNotFoundError, SessionNotFoundError
from ownstack.knowledge import Knowledge
from ownstack.memory import events, other_projects
from ownstack.memory.archive.document import from_text, to_text
from ownstack.memory.facts.project_facts import ProjectFacts
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.paths import Home
from tests.memory.archive.conftest import ROOT, filled, log, open_log
from tests.support.conversations import long_log
from tests.support.searchable import TOY

__all__ = ["log", "open_log"]
OTHER = "/home/b/shop"
MEMORY = Path(__file__).parents[1] / "docs" / "MEMORY.md"


def verbs(knowledge: Knowledge) -> list[str]:
    return [event.text for event in knowledge.audit()]


def decided(log: ConversationLog, text: str, tier: float = 0.9, root: str = ROOT) -> None:
    ProjectFacts(log.sessions.record(root)).decide(text, tier=tier)


async def test_generate_shows_what_was_decided(log: ConversationLog) -> None:
    decided(log, "Use SQLite for the log")
    engine = ScriptedEngine("A text.", '{"n": 3}')
    knowledge = Knowledge(log, ROOT, engine=engine)

    made = await knowledge.generate("Write.")
    value = await knowledge.generate(
        "Count.", schema={"type": "object", "properties": {"n": {"type": "integer"}}}
    )

    assert (made.text, made.model, value.value) == ("A text.", "scripted", {"n": 3})
    assert "D001 (tier 0.9) Use SQLite for the log" in engine.chats[0].messages[0].text
    assert verbs(knowledge) == ["generate", "generate"]


async def test_without_a_model_generate_says_how_to_get_one(log: ConversationLog) -> None:
    """The call that failed is in the record, too."""
    knowledge = Knowledge(log, ROOT)
    with pytest.raises(ModelNotFoundError, match="ownstack models use NAME --for chat"):
        await knowledge.generate("Write.")
    (noted,) = knowledge.audit()
    assert noted.data["details"] == {"prompt": "Write.", "error": "ModelNotFoundError"}


async def test_compress_by_a_model(log: ConversationLog) -> None:
    """Its summary stands in the archive; the session itself is as it was."""
    engine = ScriptedEngine(context_tokens=4_096)
    headings = ("Goal", "Constraints", "Decisions", "Done", "In progress", "Dead ends", "Next step",
                "Look-up hints")  # fmt: skip
    lines = [f"## {name}\n- {'[0.9] ' if name == 'Decisions' else ''}{name} it is\n"
             for name in headings]  # fmt: skip
    engine.enqueue("".join(lines))
    session = filled(log, long_log(turns=10, words=20).events)
    before = session.events

    archive = await Knowledge(log, ROOT, engine=engine).compress(session.id, focus="tests")

    assert archive.summary is not None
    assert "- Goal it is" in archive.summary.text
    assert "Pay most attention to: tests" in engine.chats[0].messages[-1].text
    session.refresh()
    assert session.events == before


async def test_continue_elsewhere(log: ConversationLog) -> None:
    """What was decided there is shown as that project's, and what contradicts it is told."""
    session = filled(log, long_log(turns=2).events)
    decided(log, "Use Postgres for the log", root=OTHER)
    archive = await Knowledge(log, ROOT).compress(session.id)
    knowledge = Knowledge(log, OTHER)

    made = await knowledge.continue_(from_text(to_text(archive)))

    assert made.session.info.parent == session.id
    assert "src/part0.py" in made.missing
    assert [d.name for other in made.others for d in other.decisions] == ["project/D001"]
    assert "project/D001 (tier 1) Use SQLite for the log" in made.others[0].text
    assert made.contradictions == (
        "D001 (Use Postgres for the log) contradicts project/D001 (Use SQLite for the log): "
        "D001 holds here.",
    )
    assert knowledge.resumed(made.session) == made
    known = ProjectFacts(made.session).decisions()
    assert [decision.text for decision in known.values()] == ["Use Postgres for the log"]
    assert (await Knowledge(log, ROOT).continue_(archive)).others == ()


async def test_decide_by_what_was_decided(log: ConversationLog) -> None:
    decided(log, "Use SQLite for the log")
    knowledge = Knowledge(log, ROOT)

    made = await knowledge.decide(["Use Postgres for the log", "Use SQLite for the log"])

    assert made.option == "Use SQLite for the log"
    assert (made.verdict.outcome, made.verdict.decision.name) == ("merged", "D001")
    assert "D001 says the same" in made.verdict.decision.rationale
    with pytest.raises(ModelNotFoundError, match="tells these options apart"):
        await knowledge.decide(["Format with ruff", "Format with black"])
    assert verbs(knowledge) == ["decide", "decide"]


async def test_decide_by_a_model(log: ConversationLog) -> None:
    """Its answer is held to a schema; what it contradicts is shown, and disputed."""
    decided(log, "Use SQLite for the log", tier=0.6)
    engine = ScriptedEngine('{"rationale": "Many writers.\\u001b", "option": "B", "tier": 0.8}')
    knowledge = Knowledge(log, ROOT, engine=engine)

    made = await knowledge.decide(
        ["Use SQLite for the log", "Use Postgres for the log"], "Which store?"
    )

    assert made.option == "Use Postgres for the log"
    assert (made.verdict.outcome, made.verdict.decision.tier) == ("disputed", 0.8)
    assert made.verdict.decision.rationale == "Many writers.\\x1b"
    assert [conflict.other for conflict in made.conflicts] == ["D001"]
    request = engine.chats[0]
    assert "B. Use Postgres for the log (D001 puts something else there.)" in (
        request.messages[-1].text
    )
    assert request.json_schema is not None
    assert request.json_schema["properties"]["option"] == {"enum": ["A", "B"]}


async def test_another_projects_decision_blocks(log: ConversationLog) -> None:
    decided(log, "Use SQLite for the log", root=OTHER)
    others = [other_projects.of_log(log.sessions, Path(OTHER))]
    engine = ScriptedEngine('{"rationale": "So.", "option": "A", "tier": 1.0}')
    knowledge = Knowledge(log, ROOT, engine=engine, others=others)

    made = await knowledge.decide(["Use Postgres for the log", "Use Redis for the log"])

    assert made.verdict.outcome == "blocked"
    assert [conflict.other for conflict in made.conflicts] == ["shop/D001"]
    assert ProjectFacts(log.sessions.record(ROOT)).decisions() == {}


@pytest.mark.parametrize(
    "options", [[], ["one"], ["one", "One "], ["one", " "], ["x" * 2_001, "y"],
                list(map(str, range(27)))]
)  # fmt: skip
async def test_options_that_are_none(log: ConversationLog, options: list[str]) -> None:
    knowledge = Knowledge(log, ROOT)
    with pytest.raises(EventError):
        await knowledge.decide(options)
    assert verbs(knowledge) == ["decide"]


async def test_an_answer_that_is_none(log: ConversationLog) -> None:
    engine = ScriptedEngine("I think B.", '{"option": "Z"}')
    with pytest.raises(BadAnswerError):
        await Knowledge(log, ROOT, engine=engine).decide(["Use a", "Use b"])


async def test_embed(log: ConversationLog) -> None:
    knowledge = Knowledge(log, ROOT, embedder=lambda: TOY)
    vectors = await knowledge.embed(["a bicycle", "fish"])
    assert vectors.shape == (2, TOY.dim)
    assert vectors.dtype == np.float32
    with pytest.raises(EventError, match="At most"):
        await knowledge.embed(["x"] * 10_001)
    assert verbs(knowledge) == ["embed", "embed"]


async def test_no_such_session(log: ConversationLog) -> None:
    knowledge = Knowledge(log, ROOT)
    with pytest.raises(SessionNotFoundError):
        await knowledge.compress("00000000-0000-8000-8000-000000000000")
    assert verbs(knowledge) == ["compress"]


async def test_the_record_is_no_conversation(log: ConversationLog) -> None:
    """It is one for each project, and no list of conversations shows it."""
    for _ in range(2):
        await Knowledge(log, ROOT, embedder=lambda: TOY).embed(["x"])
    (info,) = log.sessions.list(ROOT)
    assert info.turns == 0


async def test_archives_of_decisions_that_another_log_knows_otherwise(
    log: ConversationLog,
) -> None:
    """Two that have one name are both kept, told apart by their project."""
    session = filled(log, long_log(turns=1).events)
    text = to_text(await Knowledge(log, ROOT).compress(session.id))
    archive = from_text(text.replace("Use SQLite for the log", "Use a queue for mail"))
    knowledge = Knowledge(log, ROOT)
    made = await knowledge.continue_(archive)
    turn = made.session.begin_turn()
    made.session.append(events.user(made.session.stamp(turn), "Go on."))

    again = await knowledge.compress(made.session.id)

    assert [d.name for other in made.others for d in other.decisions] == ["project/D001"]
    assert [(item.project.name, item.decision.text) for item in again.decisions] == [
        ("project", "Use SQLite for the log"),
        ("project (archive)", "Use a queue for mail"),
    ]


def example() -> str:
    (block,) = re.findall(r"```python\n(.+?)```", MEMORY.read_text("utf-8"), re.DOTALL)
    return str(block)


def test_the_example_in_the_document_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a model that was told what to say."""
    monkeypatch.setattr(Home, "default", lambda: Home.below(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    answer = {"rationale": "One file.", "option": "A", "tier": 0.8}
    engine = ScriptedEngine(json.dumps(answer), "It is stored in one file.")

    exec(compile(example(), "MEMORY.md", "exec"), {"engine": engine, "__name__": "__main__"})

    out = capsys.readouterr().out.splitlines()
    assert out[0] == "D001 added: Use SQLite for the log (tier 0.8, One file.)"
    assert out[-1] == "decide, generate, compress, continue, embed"
    assert len(engine.chats) == 2


def test_the_document_names_every_verb() -> None:
    text = MEMORY.read_text("utf-8")
    for verb in ("generate", "compress", "continue_", "decide", "embed"):
        assert f"`{verb}" in text
        assert hasattr(ownstack.knowledge.Knowledge, verb)


def test_the_archive_in_the_document_is_one() -> None:
    (block,) = re.findall(r"```yaml\n(.+?)```", MEMORY.read_text("utf-8"), re.DOTALL)
    archive = from_text(block)
    assert from_text(to_text(archive)) == archive
    assert archive.mode == "normal"
