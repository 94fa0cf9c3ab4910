"""Cells of notebooks as an editor sees them, over a real connection."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from ownstack.app.indexes import window_indexes
from tests.support.editor import Editor
from tests.support.notebooks import code, notebook, prose, raw
from tests.support.open_notebook import OpenNotebook

from .conftest import Engines
from .test_index import ready, search, until, why

DEFINES = """\
late = load_parcels(depot, since)
early = load_parcels(depot, since)
print(late)"""


async def hello(editor: Editor, **more: Any) -> types.InitializeResult:
    result = await editor.hello(notebooks=True, **more)
    await editor.told(lambda status: status.state in ("ready", "noModel"))
    return result


async def test_the_server_asks_for_notebooks(editor: Editor) -> None:
    """Of all cells, prose too, and of what is saved."""
    result = await hello(editor)

    sync = result.capabilities.notebook_document_sync
    assert isinstance(sync, types.NotebookDocumentSyncOptions)
    assert sync.save is True
    schemes = [getattr(selector.notebook, "scheme", None) for selector in sync.notebook_selector]
    assert schemes == ["file", "untitled"]
    assert [selector.cells for selector in sync.notebook_selector] == [None, None]


async def test_the_third_cell_is_completed_by_the_first(editor: Editor) -> None:
    """With what only that defines; the text and the place are those of the cell."""
    await hello(editor)
    study = OpenNotebook(editor)
    *_, at = study.open(DEFINES, ("markdown", "# Late ones"), "import os\ny = load_par$0")

    [item] = await study.items(3, at)

    assert item.insert_text == "cels(depot, since)"
    assert item.range == types.Range(types.Position(1, 12), types.Position(1, 12))
    assert (await editor.explain()).source == "echo"


async def test_what_a_model_is_shown(editor: Editor, engines: Engines, chosen: str) -> None:
    """Cells above and below in their order, others as comments; it is a file of code."""
    engines.engine.enqueue(" 1")
    await hello(editor)
    study = OpenNotebook(editor)
    *_, at, _, _ = study.open(
        "a = 1",
        ("raw", "\\begin{x}"),
        ("markdown", "# Title\n\nText."),
        ("sql", "select 1"),
        "%%bash\nls",
        "b = 2\nc =$0\nd = 4",
        "e = 5",
        ("markdown", "End."),
    )

    [item] = await study.items(6, at)

    [request] = engines.engine.infills[:1]
    assert request.prefix == (
        "\na = 1\n\n# # Title\n#\n# Text.\n\n# select 1\n\n# %%bash\n# ls\n\nb = 2\nc ="
    )
    assert request.suffix == "\nd = 4\n\ne = 5\n\n# End."
    assert request.path == "study.py"
    assert (item.insert_text, item.range) == (" 1", types.Range(at, at))


async def test_an_edit_above_is_seen_and_stops_nothing(
    editor: Editor, engines: Engines, chosen: str
) -> None:
    """What is shown in a cell goes on while it is typed, whatever happens to other cells."""
    engines.engine.enqueue(" compute(1)")
    await hello(editor, settings={"completion": {"prefetch": False}})
    study = OpenNotebook(editor)
    first, _, third = study.open("a = 1$0", "b = 2", "c =$0")
    assert await study.ghost(3, third) == " compute(1)"

    study.type(1, first, "0\n\nz = 9")
    third = study.type(3, third, " com")

    [item] = await study.items(3, third)
    assert item.insert_text == "pute(1)"
    assert (await editor.explain()).tier == "typed-through"
    assert item.range == types.Range(third, third)

    added, _ = study.make("new = 'cell'")
    study.splice(0, 0, [added])
    third = study.type(4, third, "p")

    assert await study.ghost(4, third) == "ute(1)"
    assert (await editor.explain()).tier == "typed-through"
    assert len(engines.engine.infills) == 1


async def test_a_running_answer_is_used_although_another_cell_changes(
    editor: Editor, engines: Engines, chosen: str
) -> None:
    """The cursor's own text is the same."""
    gate = asyncio.Event()
    engines.engine.enqueue(" compute(1)", gate=gate)
    await hello(editor)
    study = OpenNotebook(editor)
    first, second = study.open("a = 1$0", "c =$0")

    waiting = asyncio.ensure_future(study.ghost(2, second))
    await until(editor.status, lambda _: engines.engine.infills)
    study.type(1, first, "0")
    await editor.status()
    gate.set()

    assert await waiting == " compute(1)"


async def prefix(engines: Engines, study: OpenNotebook) -> str:
    """Return what is before the end of the last cell, as the model is shown it.

    A key that contradicts what is shown makes it be asked anew.
    """
    number = len(study.cells)
    study.type(number, types.Position(0, 0), "c")
    engines.engine.enqueue(" 1")
    await study.ghost(number, types.Position(0, 900))
    return engines.engine.infills[-1].prefix


async def test_cells_come_go_and_move(editor: Editor, engines: Engines, chosen: str) -> None:
    """What stands before a cursor follows their order."""
    await hello(editor, settings={"completion": {"prefetch": False}})
    study = OpenNotebook(editor)
    study.open("a = 1", "b = 2", "c =")
    assert await prefix(engines, study) == "\na = 1\n\nb = 2\n\ncc ="

    added, _ = study.make("new = 3")
    study.splice(1, 0, [added])
    assert await prefix(engines, study) == "\na = 1\n\nnew = 3\n\nb = 2\n\nccc ="

    study.splice(0, 1)
    assert await prefix(engines, study) == "\nnew = 3\n\nb = 2\n\ncccc ="

    study.splice(0, 2, study.cells[:2][::-1])
    assert await prefix(engines, study) == "\nb = 2\n\nnew = 3\n\nccccc ="

    assert study.type(1, types.Position(0, 5), "0") == types.Position(0, 6)
    assert await prefix(engines, study) == "\nb = 20\n\nnew = 3\n\ncccccc ="

    study.splice(2, 1)
    study.splice(2, 0, [study.make("d =")[0]])
    assert await prefix(engines, study) == "\nb = 20\n\nnew = 3\n\ncd ="


async def test_a_closed_notebook(editor: Editor) -> None:
    """Is completed no more, until it is opened again."""
    await hello(editor)
    study = OpenNotebook(editor)
    *_, at = study.open(DEFINES, "y = load_par$0")
    gone = study.cells[1].uri
    assert await study.ghost(2, at) == "cels(depot, since)"

    study.close()

    assert await editor.ghost(at, gone) == ""
    assert (await editor.explain()).reason == "This document is not open."

    *_, at = study.open(DEFINES, "y = load_par$0")
    assert await study.ghost(2, at) == "cels(depot, since)"


async def test_a_removed_cell_is_not_open(editor: Editor) -> None:
    """Nor is one whose notebook was never told of."""
    await hello(editor)
    study = OpenNotebook(editor)
    *_, at = study.open(DEFINES, "y = load_par$0")
    gone = study.cells[1].uri
    study.splice(1, 1)

    assert await editor.ghost(at, gone) == ""
    assert (await editor.explain()).reason == "This document is not open."


async def test_cells_of_other_languages(editor: Editor) -> None:
    """Each language has its own text: a command's cells, prose, and SQL."""
    await hello(editor)
    study = OpenNotebook(editor)
    places = study.open(
        "%%bash\nrsync --archive depot backup",
        "rsync = 1",
        "%%bash\nrsync --arch$0",
        ("markdown", "The depot of the northern parcels is late."),
        ("markdown", "The depot of the nor$0"),
        *[("sql", "select weight from parcels where depot = 1")] * 2,
        ("sql", "select weight from par$0"),
    )

    assert await study.ghost(3, places[2]) == "ive depot backup"
    assert await study.ghost(5, places[4]) == "thern parcels is late."
    assert await study.ghost(8, places[7]) == "cels where depot = 1"


async def test_settings_count_for_cells(editor: Editor) -> None:
    """Languages by the cell's own, patterns by the notebook's path."""
    settings = {"completion": {"languages": {"sql": False}, "exclude": ["private/"]}}
    await hello(editor, settings=settings)
    study = OpenNotebook(editor)
    *_, at = study.open(("sql", "select 1\n$0"))
    private = OpenNotebook(editor, "file:///project/private/study.ipynb")
    *_, inside = private.open(DEFINES, "y = load_par$0")

    assert await study.ghost(1, at) == ""
    assert (await editor.explain()).reason == "Completion is switched off for sql files."
    assert await private.ghost(2, inside) == ""
    assert (await editor.explain()).reason.startswith("This file is excluded")


async def test_notebooks_that_hold_secrets(editor: Editor) -> None:
    """By the name and by any cell: as a file of them."""
    await hello(editor)
    study = OpenNotebook(editor, "file:///project/secrets.ipynb")
    *_, at = study.open('api_key = "abcdefgh1234"', "y = api$0")

    assert await study.ghost(2, at) == ""
    assert (await editor.explain()).reason.startswith("This file may hold secrets")


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("untitled:Untitled-1.ipynb", "cels(depot, since)"),
        ("git:/project/study.ipynb", ""),
    ],
)
async def test_notebooks_of_other_schemes(editor: Editor, uri: str, expected: str) -> None:
    """What was never saved is completed; what an editor shows of former states is not."""
    await hello(editor)
    study = OpenNotebook(editor, uri)
    *_, at = study.open(DEFINES, "y = load_par$0")

    assert await study.ghost(2, at) == expected
    if not expected:
        reason = (await editor.explain()).reason
        assert reason == "Only files and untitled documents are completed, not git: documents."
        study.close()


async def test_a_cell_without_its_notebook(editor: Editor) -> None:
    """An editor that does not tell of notebooks: the cell is completed by itself."""
    await editor.hello()
    uri = "vscode-notebook-cell:/project/study.ipynb#W2sZmlsZQ%3D%3D"
    at = editor.open("value = load_parcels(depot)\nother = load_par$0", uri)

    assert await editor.ghost(at, uri) == "cels(depot)"


async def test_a_notebook_that_grows_too_large(editor: Editor) -> None:
    """It is told why; it is completed again when it is small again."""
    await hello(editor)
    study = OpenNotebook(editor)
    _, at = study.open(DEFINES, "y = load_par$0")
    large, _ = study.make("x = 1\n" * 200_000)
    study.splice(0, 0, [large])

    assert await study.ghost(3, at) == ""
    assert (await editor.explain()).reason.startswith("The file is too large")

    study.splice(0, 1)
    assert await study.ghost(2, at) == "cels(depot, since)"


async def test_odd_messages_do_no_harm(editor: Editor) -> None:
    """Changes of cells and notebooks that nobody knows, positions outside, texts not told."""
    await hello(editor)
    study = OpenNotebook(editor)
    _, at = study.open(DEFINES, "y = load_par$0")
    unknown = OpenNotebook(editor, "file:///project/unknown.ipynb")
    unknown.cells = [unknown.make("x")[0]]
    unknown.type(1, types.Position(0, 1), "y")
    unknown.save()
    unknown.close()
    study.splice(40, 7, [])
    stranger = study.cells[0]
    untold = types.NotebookCellArrayChange(2, 0, [types.NotebookCell(stranger.kind, "cell:new")])
    study._tell(
        types.NotebookDocumentCellChanges(
            structure=types.NotebookDocumentCellChangeStructure(untold)
        )
    )

    assert await editor.ghost(types.Position(0, 0), "cell:new") == ""
    assert (await editor.explain()).reason == "This cell is neither code nor prose."
    assert await editor.ghost(types.Position(900, 900), study.cells[1].uri) == (
        "cels(depot, since)"
    )
    assert await study.ghost(2, at) == "cels(depot, since)"


FILE = notebook(
    prose("# Study"),
    raw("x"),
    code("import os\n\n\ndef load_parcels(depot):\n    return os.listdir(depot)"),
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "study.ipynb").write_text(FILE)
    return folder


async def find(editor: Editor, query: str) -> list[tuple[str, str, int]]:
    """Name, URI and 0-based line of the symbols of a name."""
    answer = await editor.workspace_symbol_async(types.WorkspaceSymbolParams(query))
    found = []
    for symbol in answer or ():
        assert isinstance(symbol.location, types.Location)
        found.append((symbol.name, symbol.location.uri, symbol.location.range.start.line))
    return found


@pytest.mark.process
async def test_results_lead_to_cells(
    editor: Editor, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the cell where a notebook is open, else to the line of its file; edits count at once."""
    monkeypatch.setattr(window_indexes, "SETTLE_S", 0.0)
    await hello(editor, folder=project.as_uri())
    await ready(editor)
    file = (project / "study.ipynb").as_uri()
    line = next(at for at, text in enumerate(FILE.split("\n")) if "def load_parcels" in text)

    [hit] = (await search(editor, "load_parcels", limit=1)).hits
    assert (hit.uri, hit.path, hit.cell, hit.start_line) == (file, "study.ipynb", 3, 1)
    assert hit.text.split("\n")[hit.line - hit.start_line] == "def load_parcels(depot):"
    assert await find(editor, "load_parcels") == [("load_parcels", file, line)]

    study = OpenNotebook(editor, file)
    changed = "import os\n\n\ndef load_parcels(depot):\n    pass"
    study.open(("markdown", "# Study"), ("raw", "x"), changed)
    cell = study.cells[2].uri
    [hit] = (await search(editor, "load_parcels", limit=1)).hits
    assert (hit.uri, hit.cell) == (cell, 3)
    assert (await why(editor, cell)).file.reason == "It is in the index."
    assert await find(editor, "load_parcels") == [("load_parcels", cell, 3)]

    study.type(3, types.Position(3, 0), "def unsaved_thing():\n    pass\n\n")
    found = await until(lambda: find(editor, "unsaved_thing"), bool)
    assert found == [("unsaved_thing", cell, 3)]

    study.close()
    await until(lambda: find(editor, "unsaved_thing"), lambda found: not found)
    found = await until(lambda: find(editor, "load_parcels"), bool)
    assert found == [("load_parcels", file, line)]


@pytest.mark.process
async def test_a_saved_notebook_is_read(editor: Editor, project: Path) -> None:
    """At once."""
    await hello(editor, folder=project.as_uri())
    await ready(editor)
    file = project / "study.ipynb"
    study = OpenNotebook(editor, file.as_uri())
    study.open("def saved_thing():\n    pass")
    file.write_text(notebook(code("def saved_thing():\n    pass")))

    study.save()

    found = await until(lambda: find(editor, "saved_thing"), bool)
    assert found == [("saved_thing", study.cells[0].uri, 0)]


@pytest.mark.process
async def test_echo_takes_from_notebooks_of_the_project(editor: Editor, project: Path) -> None:
    """Their code, as it would be typed, into a file of the project."""
    measured = DEFINES.replace("load_parcels", "measure_weights")
    (project / "echoed.ipynb").write_text(notebook(code(measured), prose("Text."), code(measured)))
    await hello(editor, folder=project.as_uri())
    uri = (project / "main.py").as_uri()
    at = editor.open("late = measure_we$0", uri)

    assert await until(lambda: editor.ghost(at, uri), bool) == "ights(depot, since)"
