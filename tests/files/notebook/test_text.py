"""Notebooks are read as texts made of their cells."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ownstack.files import reading
from ownstack.files.notebook import json_walk
from ownstack.files.notebook.cells import cells_of_file, lines_in_file, notebook_text
from ownstack.files.notebook.text import (
    MAX_LINE_CHARS,
    NotebookError,
    cells_in,
    is_notebook,
    rendered,
    without_marks,
)
from ownstack.files.reading import Refusal, Text
from ownstack.files.scan import reason, scan
from tests.support.notebooks import PICTURE, SECRET_OUTPUT, code, notebook, prose, raw

STUDY = notebook(
    prose("# Parcels\n\nHow late are they?"),
    raw("\\begin{center}"),
    code("import pandas as pd\n\n\ndef load(path):\n    return pd.read_csv(path)"),
    code("%%bash\nls data"),
)


def sources(file: str) -> list[tuple[int, str, str]]:
    return [(cell.number, cell.language, cell.source) for cell in cells_of_file(file)]


def test_cells_of_code_and_prose() -> None:
    """With their numbers as an editor counts, which are those of all cells, and languages."""
    assert sources(STUDY) == [
        (1, "markdown", "# Parcels\n\nHow late are they?"),
        (3, "python", "import pandas as pd\n\n\ndef load(path):\n    return pd.read_csv(path)"),
        (4, "bash", "%%bash\nls data"),
    ]


def test_outputs_and_metadata_are_no_text() -> None:
    """What a cell printed or drew is not in it."""
    text = notebook_text(STUDY)

    assert SECRET_OUTPUT not in text
    assert PICTURE not in text
    assert "same-for-all" not in text
    assert "begin{center}" not in text


def test_a_text_tells_its_cells() -> None:
    """Each line of it belongs to one cell, and is a line of that; it is the same each time."""
    text = notebook_text(STUDY)
    lines = text.split("\n")

    cells = cells_in(text)

    assert [(cell.number, cell.language, cell.source) for cell in cells] == sources(STUDY)
    for cell in cells:
        assert lines[cell.first_row : cell.first_row + cell.n_rows] == cell.source.split("\n")
    assert text == notebook_text(STUDY) == rendered(cells)
    assert len(without_marks(text).split("\n")) == len(lines)
    assert "\x1e" not in without_marks(text)


def test_no_cell_can_pretend_to_be_two() -> None:
    """A cell that holds the line that stands before a cell stays one cell."""
    file = notebook(code("a = 1\n\x1e7 python\nb = 2"), code("c = 3"))

    assert [(cell.number, cell.n_rows) for cell in cells_in(notebook_text(file))] == [
        (1, 3),
        (2, 1),
    ]


@pytest.mark.parametrize(
    ("metadata", "cell", "expected"),
    [
        ({}, {}, "python"),
        ({"kernelspec": {"language": "R"}}, {}, "r"),
        ({"kernelspec": {"language": "julia"}}, {}, "julia"),
        ({"language_info": {"name": "ipython"}}, {}, "python"),
        ({"language_info": {"name": "C#"}}, {}, "csharp"),
        ({"language_info": {"name": "c++"}}, {}, "cpp"),
        ({"language_info": {"file_extension": ".scala"}}, {}, "scala"),
        ({"language_info": {"name": "typescript"}, "kernelspec": 7}, {}, "typescript"),
        ({"language_info": ["python"], "kernelspec": {"language": 3}}, {}, "python"),
        ({}, {"vscode": {"languageId": "sql"}}, "sql"),
        ({}, {"vscode": {"languageId": "shellscript"}}, "bash"),
        ({}, {"polyglot_notebook": {"kernelName": "csharp"}}, "csharp"),
        ({}, {"vscode": "odd"}, "python"),
        ({"kernelspec": {"language": "a b\n\x1e1"}}, {}, "ab1"),
        ({"kernelspec": {"language": "x" * 10_000}}, {}, "x" * 40),
    ],
)
def test_languages(metadata: Any, cell: Any, expected: str) -> None:
    """Of a cell: its own, else that of the notebook, else Python."""
    file = json.dumps({"metadata": metadata, "cells": [code("x", **cell)]})

    assert [cell.language for cell in cells_of_file(file)] == [expected]


def test_the_older_format() -> None:
    """Cells lie in worksheets, and code in `input`; headings are prose."""
    cells = [
        {"cell_type": "heading", "level": 1, "source": ["Title"]},
        {"cell_type": "code", "language": "python", "input": ["x = 1\n", "y = 2"], "outputs": []},
    ]
    file = json.dumps({"nbformat": 3, "worksheets": [{"metadata": {}, "cells": cells}, 7]})

    assert sources(file) == [(1, "markdown", "Title"), (2, "python", "x = 1\ny = 2")]


@pytest.mark.parametrize(
    "source", ["x = 1\ny = 2", ["x = 1\n", "y = 2"], ["x =", " 1\ny", None, " = 2"]]
)
def test_a_source_is_a_text_or_a_list(source: Any) -> None:
    """Of pieces, which need not be lines."""
    file = json.dumps({"cells": [{"cell_type": "code", "source": source}]})

    assert [cell.source for cell in cells_of_file(file)] == ["x = 1\ny = 2"]


@pytest.mark.parametrize("indent", [None, 1, 4])
def test_the_line_of_the_file(tmp_path: Path, indent: int | None) -> None:
    """For editors that show the file: where a line of a cell stands in it."""
    words = ("one", "two", "three")
    file = notebook(prose("# A"), code("one = 1\ntwo = 2\nthree = 3"), indent=indent)
    lines = file.split("\n")
    (tmp_path / "a.ipynb").write_text(file)
    (tmp_path / "odd.ipynb").write_text("no JSON")

    found = lines_in_file(tmp_path, "a.ipynb", [(2, 1), (2, 2), (2, 3), (9, 1)])

    assert sorted(found) == [(2, 1), (2, 2), (2, 3)]
    assert all(words[line - 1] in lines[at - 1] for (_, line), at in found.items())
    assert lines_in_file(tmp_path, "odd.ipynb", [(1, 1)]) == {}
    assert lines_in_file(tmp_path, "gone.ipynb", [(1, 1)]) == {}


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("", "holds no cells"),
        ("[]", "holds no cells"),
        ("{}", "holds no cells"),
        ('{"cells": {}}', "holds no cells"),
        ('{"cells": null, "metadata": []}', "holds no cells"),
        ("{", "not JSON"),
        ('{"cells": [', "not JSON"),
        ('{"cells": [] "a"', "not JSON"),
        ('{"cells": [{"cell_type": "code", "source": "a}]}', "not JSON"),
        ('{"cells": []} {}', "not JSON"),
        ('{"cells": [' + "{}," * 20_000 + "{}]}", "more than 10,000 cells"),
        ('{"cells": [' + '{"a":' * 200_000, "not JSON"),
        ('{"cells": [{"source": ["a" "b"]}]}', "not JSON"),
        ('{"cells": [{1: "b"}]}', "not JSON"),
        ('{"cells": [], "a": [' + "[]," * 2_100_000 + "1]}", "holds too much to be read"),
        ('{"cells": [], "a": "' + r"\"" * 2_100_000 + '"}', "holds too much to be read"),
        ('{"cells": [{"source": "' + "a" * 4_100_000 + '"}]}', "holds too much to be read"),
        ('{"cells": [{"source": [' + '"",' * 210_000 + '""]}]}', "too much text"),
        (json.dumps({"cells": [code("x = 1\n" * 400_000)]}), "too much text"),
    ],
)
def test_what_is_none_is_refused_with_a_reason(file: str, why: str) -> None:
    """It never fails in another way, however it is made."""
    with pytest.raises(NotebookError, match=why):
        notebook_text(file)


@pytest.mark.parametrize(
    "cells",
    [
        [1, "a", None, [], {}, code("x")],
        [{"cell_type": 7, "source": {}}, {"source": "y"}, *[{}] * 3, code("x")],
        [{"cell_type": "code", "source": 5}, *[{"cell_type": [], "metadata": 1}] * 4, code("x")],
    ],
)
def test_odd_cells_count_but_say_nothing(cells: list[Any]) -> None:
    """What follows them keeps its number."""
    found = [cell for cell in cells_of_file(json.dumps({"cells": cells})) if cell.source]

    assert [(cell.number, cell.source) for cell in found] == [(6, "x")]


def test_odd_values() -> None:
    """Lone surrogates, numbers that are none, long numbers and lines of data do no harm."""
    picture = f"![p](data:image/png;base64,{'A' * MAX_LINE_CHARS})"
    file = (
        '{"a": NaN, "b": -Infinity, "c": ' + "9" * 100_000 + ', "cells": ['
        '{"cell_type": "code", "source": "x = \'\\ud800\\u0000\\ud83d\\ude00\'\\r\\ny\\rz"},'
        + json.dumps(prose(f"above\n{picture}\nbelow"))
        + "]}"
    )

    first, second = cells_in(notebook_text(file))

    assert first.source == "x = '\ufffd\ufffd😀'\ny\nz"
    assert second.source == "above\n\nbelow"


def test_reading_a_file(tmp_path: Path) -> None:
    """A notebook with large pictures is read; one of 50 MB is not, and it is said why."""
    big = code("x = 1")
    big["outputs"].append({"data": {"image/png": "A" * 5_000_000}, "output_type": "display_data"})
    (tmp_path / "big.ipynb").write_text(notebook(big, prose("Text")))
    (tmp_path / "huge.ipynb").write_bytes(b" " * 50_000_000)
    (tmp_path / "data.json").write_bytes(b"[" + b"1,\n" * 1_000_000 + b"1]")

    found = reading.read(tmp_path, "big.ipynb")

    assert isinstance(found, Text)
    assert [cell.source for cell in cells_in(found.text)] == ["x = 1", "Text"]
    assert reading.holds(tmp_path, "big.ipynb", found.content)
    refused = reading.read(tmp_path, "huge.ipynb")
    assert isinstance(refused, Refusal)
    assert refused.reason == "It is too large (50.0 MB; the limit is 16.8 MB)."
    reasons = {entry.path: entry.reason for entry in scan(tmp_path)}
    assert reasons["big.ipynb"] == reason(tmp_path, "big.ipynb") == ""
    assert reasons["huge.ipynb"] == reason(tmp_path, "huge.ipynb") == refused.reason
    assert reasons["data.json"].startswith("It is too large (3.0 MB; the limit is 2.1")


def test_copies_that_jupyter_keeps_are_left_out(tmp_path: Path) -> None:
    """Each notebook would be found twice."""
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "a-checkpoint.ipynb").write_text(STUDY)
    (tmp_path / "a.ipynb").write_text(STUDY)

    assert [entry.path for entry in scan(tmp_path) if not entry.reason] == ["a.ipynb"]


def test_secrets_in_cells(tmp_path: Path) -> None:
    """Count as in any file, by what is written; quotes are those of the code, not of JSON."""
    (tmp_path / "secrets.ipynb").write_text(notebook(code('api_key = "abcdefgh1234"')))
    (tmp_path / "binary.ipynb").write_bytes(b"\0\1\2")

    for name, why in (("secrets.ipynb", "It holds secrets"), ("binary.ipynb", "It is binary")):
        found = reading.read(tmp_path, name)
        assert isinstance(found, Refusal)
        assert found.reason.startswith(why)


def test_names() -> None:
    """By the extension, in any case."""
    assert is_notebook("a/b.ipynb")
    assert is_notebook("B.IPYNB")
    assert not is_notebook("ipynb")
    assert not is_notebook("a.ipynb.txt")


def test_what_is_skipped_may_be_nested_as_deep_as_it_is(tmp_path: Path) -> None:
    """Nothing is made of it, so nothing overflows."""
    deep = "[" * 100_000 + "]" * 100_000
    cell = f'{{"outputs": {deep}, "metadata": {deep}, "source": "x", "cell_type": "code"}}'

    assert sources(f'{{"a": {deep}, "metadata": {deep}, "cells": [{cell}]}}') == [
        (1, "python", "x")
    ]


def test_only_strings_that_are_wanted_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of outputs are not."""
    made: list[str] = []
    scanstring = json_walk.scanstring

    def spy(text: str, at: int, strict: bool) -> tuple[str, int]:
        value, end = scanstring(text, at, strict)
        made.append(value)
        return value, end

    monkeypatch.setattr(json_walk, "scanstring", spy)

    notebook_text(STUDY)

    assert "import pandas as pd\n" in made
    assert not {SECRET_OUTPUT, PICTURE, "same-for-all"} & set(made)


@pytest.mark.parametrize(
    "text",
    [
        '"a"',
        r'"\\"',
        r'"a\"b\\\"c"',
        "[]",
        '[{"a": "]}\\"["}, [1, 2]]',
        "-1.5e+3",
        "true",
        '{"a": NaN}',
    ],
)
def test_values_are_skipped_to_their_end(text: str) -> None:
    """Brackets and quotes within strings count for nothing."""
    walk = json_walk.JsonWalk(f" {text} , 1")

    walk.skip()

    assert walk.peek() == ","
    assert walk.at == len(text) + 2


def test_long_stretches_are_passed_in_short_steps() -> None:
    """Of white space and of numbers, however long."""
    file = (" " * 2_500_000).join(('{"a": [1', ', 2], "b": ', ', "cells": []}'))
    walk = json_walk.JsonWalk(file.replace('"b": ', '"b": ' + "7" * 2_500_000))

    assert list(_skipped(walk)) == ["a", "b", "cells"]
    walk.end()


def _skipped(walk: json_walk.JsonWalk) -> Iterator[str]:
    for key in walk.members():
        walk.skip()
        yield key
