"""The lines after an echoed line."""

from ownstack.completion.echo import Echo
from ownstack.completion.echo.block import MAX_LINES, steps
from ownstack.completion.echo.query import query_at
from ownstack.document import Document

BLOCK = """\
def load(path):
    with open(path) as file:
        data = json.load(file)
        check(data)
    return data


"""


def lines_after(text: str, *others: str) -> list[str]:
    """What most places go on with, sure or not, after the best line at `$0`."""
    document = Document("test:a", "a.py", "python", 1, text.replace("$0", ""))
    near = [Document(f"test:{n}", f"{n}.py", "python", 1, other) for n, other in enumerate(others)]
    query = query_at(document, text.index("$0"))
    best = Echo().examine(query, document, near)[0].candidate
    return [step.line for step in steps(query, best.occurrences)]


def test_lines_follow_to_the_end_of_the_block() -> None:
    """As far as nothing is indented less than the line itself."""
    assert lines_after(f"{BLOCK}def load(path):\n    with op$0\n")[:3] == [
        "        data = json.load(file)",
        "        check(data)",
        "    return data",
    ]


def test_lines_take_the_indentation_of_the_place() -> None:
    """Here the same stands one level deeper."""
    text = f"{BLOCK}class Loader:\n    def load(path):\n        with op$0\n"

    assert lines_after(text)[:3] == [
        "            data = json.load(file)",
        "            check(data)",
        "        return data",
    ]


def test_it_ends_where_places_disagree_or_the_text_goes_on() -> None:
    """What most say counts; what stands below the cursor is not said again."""
    other = BLOCK.replace("check(data)", "verify(data)")
    text = f"{BLOCK}def load(path):\n    with op$0\n"

    assert lines_after(text, other, other)[1] == "        verify(data)"
    assert lines_after(text + "    return data\n")[-1] == "        check(data)"


def test_the_number_of_lines_is_bounded() -> None:
    """However long the same text goes on."""
    lines = "".join(f"value_{n} = compute({n})\n" for n in range(100))

    assert len(lines_after(f"{lines}\n\nvalue_0 = comp$0\n")) == MAX_LINES


def more(text: str, copies: int) -> tuple[str, ...]:
    document = Document("test:a", "a.py", "python", 1, text.replace("$0", ""))
    others = [Document(f"test:{n}", f"{n}.py", "python", 1, BLOCK) for n in range(copies)]
    found = Echo().suggest(document, text.index("$0"), others)
    return found.more if found else ()


def test_lines_are_added_while_they_are_sure() -> None:
    """Many places that agree make more of them sure; one alone does not."""
    text = "def load(path):\n    with op$0\n"

    assert more(text, copies=1) == ()
    assert more(text, copies=6)[:1] == ("        data = json.load(file)",)
    assert len(more(text, copies=12)) > len(more(text, copies=6))


def test_nothing_follows_a_line_that_goes_on_after_the_cursor() -> None:
    """Its end stands there already."""
    assert more("def load(path):\n    with op$0:\n", copies=12) == ()
