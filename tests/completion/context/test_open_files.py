"""Blocks of other files: which, and in which order."""

import itertools

from ownstack.completion.context.open_files import BLOCK_LINES, Block, gather
from ownstack.document import Change, Document
from ownstack.text import Edit, Span


def document(name: str, n_blocks: int = 4) -> Document:
    numbers = range(n_blocks * BLOCK_LINES)
    text = "".join(f"{name}_{number} = {name}.make_{number}()\n" for number in numbers)
    return Document(f"file:///project/{name}.py", f"{name}.py", "python", 1, text)


def edited(document: Document, line: int) -> Change:
    at = document.index.line_span(line).start
    return Change(document.uri, 1, "", Edit(Span(at, at), "x"))


def count(text: str) -> int:
    return len(text) // 4


CURRENT = Document("file:///project/main.py", "main.py", "python", 1, "import one\n\nrun(1)\n")
ONE, TWO = document("one"), document("two")


def blocks(
    *others: Document,
    changes: tuple[Change, ...] = (),
    kept: tuple[Block, ...] = (),
    budget: int = 100_000,
    current: Document = CURRENT,
) -> tuple[Block, ...]:
    return gather(current, 12, others, changes, kept, budget, count)


def names(found: tuple[Block, ...]) -> list[tuple[str, int]]:
    return [(block.path, block.number) for block in found]


def test_the_head_of_an_open_file() -> None:
    """Without edits, a file's beginning tells most."""
    assert names(blocks(ONE, TWO, CURRENT)) == [("one.py", 0), ("two.py", 0)]


def test_where_it_was_edited() -> None:
    """Edited files are shown where they were edited, in whole blocks."""
    changes = (edited(ONE, BLOCK_LINES * 2 + 3), edited(ONE, BLOCK_LINES * 2 + 9))

    (block,) = blocks(ONE, changes=changes)

    assert (block.path, block.number) == ("one.py", 2)
    assert block.text.count("\n") == BLOCK_LINES - 1


def test_the_order_is_kept() -> None:
    """What was shown stays where it was; what is new comes last."""
    first = blocks(TWO)

    assert names(blocks(ONE, TWO, kept=first)) == [("two.py", 0), ("one.py", 0)]
    assert names(blocks(TWO, ONE, kept=first)) == [("two.py", 0), ("one.py", 0)]


def test_the_same_input_gives_the_same_bytes() -> None:
    """Gathering again without news changes nothing."""
    first = blocks(ONE, TWO)

    assert blocks(TWO, ONE, kept=first) == first


def test_over_the_budget_the_oldest_go_several_at_once() -> None:
    """Evicting makes room for more than one block."""
    files = [document(f"file{number}", 1) for number in range(6)]
    kept = blocks(*files[:5])
    size = count(kept[0].text)

    found = blocks(*files, kept=kept, budget=size * 5 + size // 2)

    assert [block.path for block in found] == ["file3.py", "file4.py", "file5.py"]


def test_what_is_around_the_cursor_is_left_out() -> None:
    """A block like the text being edited would be repeated by the model."""
    lines = itertools.islice(ONE.text.splitlines(keepends=True), 0, BLOCK_LINES)
    current = Document(CURRENT.uri, "main.py", "python", 1, "".join(lines))

    assert names(blocks(ONE, TWO, current=current)) == [("two.py", 0)]


def test_a_closed_file_goes() -> None:
    """What is no longer open is no longer shown."""
    assert names(blocks(TWO, kept=blocks(ONE, TWO))) == [("two.py", 0)]


def test_generated_files_are_no_source() -> None:
    """Minified text teaches nothing."""
    minified = Document("file:///project/m.py", "m.py", "python", 1, "f(a);" * 4_000)

    assert blocks(minified) == ()
