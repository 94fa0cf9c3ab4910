"""Published conversations are read as they were held; probes tell what a context still holds."""

import json

from benchmarks.compaction.conversations import Piece, Sample, coding, topics
from benchmarks.compaction.probes import PER_KIND, Context, Probe, probes

CHAT = """\
junk before
# aider chat started at 2024-08-05 20:40:10

> Aider v0.47
> Tokens: 12 sent
#### make the parser in src/parse.py faster
####  it must never use eval.

I'll go with a table instead of a loop.

> Applied edit to src/parse.py

#### why does it say so?
> ^C KeyboardInterrupt
"""


def test_a_coding_chat_is_read(tmp_path):
    path = tmp_path / "chats.md"
    path.write_text(CHAT)
    (sample,) = coding(path, 150)
    assert [(piece.kind, piece.text.split()[0]) for piece in sample.pieces] == [
        ("assistant", "junk"),
        ("tool", "Aider"),
        ("user", "make"),
        ("assistant", "I'll"),
        ("tool", "Applied"),
        ("edit", "src/parse.py"),
        ("user", "why"),
        ("tool", "^C"),
    ]
    kinds = [event.kind for batch in sample.events() for event in batch]
    assert kinds.count("tool_call") == kinds.count("tool_result") == 3
    assert {(probe.kind, probe.text) for probe in probes(sample)} == {
        ("file", "src/parse.py"),
        ("constraint", "it must never use eval."),
        ("decision", "I'll go with a table instead of a loop."),
        ("question", "why does it say so?"),
    }


def test_a_conversation_over_topics_is_read(tmp_path):
    prompt = (
        "Now the record start. USER: I would like to discuss the topic of bees. \n"
        " ASSISTANT: Sure. \n USER: Thanks. Now the record ends. What?"
    )
    path = tmp_path / "topics.jsonl"
    path.write_text(json.dumps({"prompt": prompt, "topics": ["bees and honey", "b"]}) + "\n")
    (sample,) = topics(path, 10)
    assert [piece.kind for piece in sample.pieces] == ["user", "assistant", "user"]
    assert probes(sample) == [Probe("topic", "bees and honey")]


def test_a_sentence_is_held_by_one_sentence_and_not_by_words_here_and_there():
    probe = Probe("constraint", "The parser must never use eval.")
    assert Context("so the parser must never really use eval").holds(probe)
    assert not Context("The parser is fast. It must wait. Never sleep. Do use eval.").holds(probe)
    assert not Context("").holds(probe)


def test_names_are_held_as_they_are_written():
    assert Context("see src/a.py").holds(Probe("file", "src/a.py"))
    assert not Context("see src/ab.py").holds(Probe("file", "src/a.py"))


def test_probes_are_spread_from_first_to_last():
    pieces = tuple(Piece("user", f"look at file{number:02}.py") for number in range(40))
    found = [probe.text for probe in probes(Sample("x", pieces))]
    assert len(found) == PER_KIND
    assert (found[0], found[-1]) == ("file00.py", "file39.py")
