"""Notebooks in the index: each cell by itself, results by cells."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ownstack.completion.echo import scan as echo_scan
from ownstack.extract.cells import extract_cells, rows_in
from ownstack.extract.file import extract, skim
from ownstack.files.listing import look
from ownstack.files.notebook.cells import notebook_text
from ownstack.files.notebook.text import cells_in, rendered
from ownstack.index.project import ProjectIndex
from ownstack.index.search.places import located, shown
from ownstack.index.search.search import search
from ownstack.index.search.symbol_lookup import find_symbols
from tests.support.indexing import open_index
from tests.support.notebooks import SECRET_OUTPUT, code, notebook, prose, raw

pytestmark = pytest.mark.process

MODEL = '''\
class DelayModel:
    """Says how late a parcel will be."""

    def fit(self, frame):
        %time self.learn(frame)
        return self'''
STUDY = notebook(
    prose("# Parcels\n\nHow punctual are they?"),
    code("%matplotlib inline\nimport pandas as pd"),
    raw("nothing"),
    prose("## Reading\n\nAll parcels of a depot."),
    code("\ndef load_parcels(depot):\n    return pd.read_csv(depot)"),
    code("x = = ((("),
    prose("## Learning"),
    code(MODEL),
    code("%%bash\nfetch_all() {\n  curl example.org\n}"),
    code("model <- lm(late ~ depot)", vscode={"languageId": "r"}),
    code("files = !ls data\nparcels = load_parcels(files[0])"),
)
TEXT = notebook_text(STUDY)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "study.ipynb").write_text(STUDY)
    (folder / "other.py").write_text("def unrelated():\n    return 1\n")
    return folder


@pytest.fixture
def index(root: Path, tmp_path: Path) -> Iterator[ProjectIndex]:
    made = open_index(root, tmp_path / "cache")
    made.refresh()
    yield made
    made.close()


def symbols(text: str = TEXT) -> list[tuple[str, str, int | None, int | None]]:
    """Kind, name, and by the cells: the cell and the line of the name."""
    found, rows = extract_cells(text, "study.ipynb", extract), rows_in(text)
    places = [rows.place(symbol.name_line) or (None, None) for symbol in found.symbols]
    return [
        (symbol.kind, symbol.qualified, *place)
        for symbol, place in zip(found.symbols, places, strict=True)
        if symbol.kind != "section"
    ]


def test_symbols_of_cells() -> None:
    """As in a file of the cell's language; a broken cell disturbs no other."""
    assert symbols() == [
        ("function", "load_parcels", 5, 2),
        ("class", "DelayModel", 8, 1),
        ("method", "DelayModel.fit", 8, 4),
        ("function", "fetch_all", 9, 2),
        ("variable", "files", 11, 1),
        ("variable", "parcels", 11, 2),
    ]


def test_sections() -> None:
    """A heading is one, also where nothing follows it in its cell."""
    found = extract_cells(TEXT, "study.ipynb", extract)

    names = [symbol.name for symbol in found.symbols if symbol.kind == "section"]
    assert names == ["Parcels", "Reading", "Learning"]


def test_what_belongs_together_stays_so() -> None:
    """Parents and owners are those of the notebook; uses and imports have its lines."""
    found = extract_cells(TEXT, "study.ipynb", extract)
    lines = TEXT.split("\n")

    names = [symbol.qualified for symbol in found.symbols]
    fit = found.symbols[names.index("DelayModel.fit")]
    assert fit.parent == names.index("DelayModel")
    assert fit.doc == ""
    assert found.symbols[names.index("DelayModel")].doc == "Says how late a parcel will be."
    assert [
        (import_.module, import_.alias, lines[import_.line - 1]) for import_ in found.imports
    ] == [("pandas", "pd", "import pandas as pd")]
    for use in found.references:
        assert use.name in lines[use.line - 1]
    assert [
        (reference.line, reference.symbol)
        for reference in found.references
        if reference.name == "read_csv"
    ] == [(lines.index("    return pd.read_csv(depot)") + 1, names.index("load_parcels"))]
    assert found.language == "python"


@pytest.mark.parametrize("extract_one", [extract, skim])
def test_chunks_reach_over_no_two_cells(extract_one) -> None:  # type: ignore[no-untyped-def]
    """All lines of all cells are in one, as they are written; headings stand in the headers."""
    found, rows = extract_cells(TEXT, "study.ipynb", extract_one), rows_in(TEXT)
    lines = TEXT.split("\n")

    for chunk in found.chunks:
        first, last = rows.place(chunk.start_line), rows.place(chunk.end_line)
        assert first is not None
        assert last is not None
        assert first[0] == last[0]
        assert chunk.text == "\n".join(lines[chunk.start_line - 1 : chunk.end_line])
    covered = {n for chunk in found.chunks for n in range(chunk.start_line, chunk.end_line + 1)}
    inside = {
        row + 1
        for cell in cells_in(TEXT)
        for row in range(cell.first_row, cell.first_row + cell.n_rows)
    }
    assert covered == inside
    [model] = [chunk for chunk in found.chunks if "class DelayModel" in chunk.text]
    assert model.header.split("\n")[:3] == ["study.ipynb", "Parcels", "Learning"]
    assert "%time self.learn(frame)" in model.text


def test_search_says_the_cell(index: ProjectIndex) -> None:
    """And the lines within it."""
    [hit, *_] = search(index.snapshot, "load_parcels", 5)

    assert (hit.path, hit.cell, hit.start_line, hit.end_line) == ("study.ipynb", 5, 1, 3)
    [prosaic, *_] = search(index.snapshot, "how punctual are they", 5)
    assert (prosaic.cell, prosaic.start_line) == (1, 1)
    [foreign, *_] = search(index.snapshot, "late depot lm", 5)
    assert (foreign.cell, foreign.text) == (10, "model <- lm(late ~ depot)")
    assert [hit.cell for hit in search(index.snapshot, "unrelated", 5)] == [None]
    assert search(index.snapshot, SECRET_OUTPUT, 5) == []
    assert {hit.path for hit in search(index.snapshot, "load parcels lang:python", 5)} >= {
        "study.ipynb"
    }


def test_found_symbols_are_located(index: ProjectIndex) -> None:
    """By cell and line within it; a file's lines are its own."""
    found = located(index.snapshot, find_symbols(index.snapshot, "fit", 5))
    plain = located(index.snapshot, find_symbols(index.snapshot, "unrelated", 5))

    assert [(place.cell, place.start_line, place.end_line, place.name_line) for place in found] == [
        (8, 4, 6, 4)
    ]
    assert [(place.cell, place.start_line, place.name_line) for place in plain] == [(None, 1, 1)]


def test_nothing_stale_is_shown(index: ProjectIndex, root: Path) -> None:
    """A notebook that has changed since tells nothing until it is read again."""
    (root / "study.ipynb").write_text(notebook(code("x = 1")))

    assert search(index.snapshot, "load_parcels", 5) == []
    assert find_symbols(index.snapshot, "load_parcels", 5) == []
    assert shown(index.snapshot, "gone.ipynb", 1) is None

    index.update(["study.ipynb"])

    [hit] = search(index.snapshot, "x", 5)
    assert (hit.cell, hit.start_line) == (1, 1)


def test_what_is_open_counts(index: ProjectIndex) -> None:
    """An editor's cells stand for those of the file, until they are saved or closed."""
    cells = [cell for cell in cells_in(TEXT) if cell.number != 1]
    index.overlay("study.ipynb", rendered(cells) + "\n\x1e12 python\n\ndef not_saved(): ...")

    [hit, *_] = search(index.snapshot, "not_saved", 5)
    assert (hit.cell, hit.start_line) == (12, 1)
    [symbol] = located(index.snapshot, find_symbols(index.snapshot, "not_saved", 5))
    assert (symbol.cell, symbol.name_line) == (12, 2)

    index.overlay("study.ipynb", None)

    assert find_symbols(index.snapshot, "not_saved", 5) == []
    assert [hit.cell for hit in search(index.snapshot, "load_parcels", 1)] == [5]


def test_it_is_there_after_a_restart(root: Path, tmp_path: Path) -> None:
    """What is stored is the same as what is read."""
    made = open_index(root, tmp_path / "cache")
    made.refresh()
    before = search(made.snapshot, "load_parcels", 5)
    made.close()

    again = open_index(root, tmp_path / "cache")
    try:
        assert search(again.snapshot, "load_parcels", 5) == before
        assert before[0].cell == 5
    finally:
        again.close()


def test_what_is_no_notebook_says_why(root: Path, index: ProjectIndex) -> None:
    """The reason is told, and nothing else is disturbed."""
    (root / "odd.ipynb").write_text("{}")
    (root / "odd2.ipynb").write_text('{"a":' + "[" * 100_000)
    index.refresh()

    assert index.reason("odd.ipynb") == "It is no notebook: it holds no cells."
    assert index.reason("odd2.ipynb") == "It is no notebook: it is not JSON."
    assert index.reason("study.ipynb") == ""


def test_a_file_that_kills_its_reader_is_still_read_cell_by_cell(root: Path) -> None:
    """It is held as plain text then."""
    from ownstack.index.update.jobs import FileToRead, ReadFiles
    from ownstack.index.update.tasks import read_files

    read = read_files(ReadFiles(str(root), (FileToRead("study.ipynb", plain=True),)))

    assert not read.batch.symbols.document.size
    rows = rows_in(TEXT)
    starts = [rows.place(line) for line in read.batch.chunks.start_line.tolist()]
    assert starts[0] == (1, 1)
    assert {place[0] for place in starts if place} == {1, 2, 4, 5, 6, 7, 8, 9, 10, 11}


def test_echo_learns_from_cells(root: Path) -> None:
    """Code without the quotes of JSON; no mark of ours is in it, and no output."""
    source = echo_scan.read(root, "study.ipynb")

    assert source is not None
    text = source.text.decode()
    assert "\ndef load_parcels(depot):\n    return pd.read_csv(depot)\n" in text
    assert "\x1e" not in text
    assert SECRET_OUTPUT not in text
    assert echo_scan.counts(look(root).entries["study.ipynb"])
