"""What an index holds of files whose bytes, lines or words are not what they mostly are."""

import os
from pathlib import Path

import pytest

from ownstack.files.reading import NO_STAMP, Refusal, Text, content_hash, holds, read
from ownstack.files.secret.detection import MARK
from ownstack.index.project import ProjectIndex
from ownstack.index.search.symbol_lookup import find_symbols
from ownstack.index.texts import Texts
from tests.support.indexing import found, open_index, shown

pytestmark = pytest.mark.process

LATIN = "# Prüft die Größe der Pakete\ndef parcel_size(size):\n    return 'Übersicht'\n"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "project"
    made.mkdir()
    return made


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-8-sig"])
def test_a_text_in_another_encoding_is_found_and_shown(
    root: Path, cache: Path, encoding: str
) -> None:
    """With its right text; and whether it is still so is asked of its bytes."""
    data = LATIN.encode(encoding)
    (root / "a.py").write_bytes(data)

    index = open_index(root, cache)
    try:
        index.refresh()

        assert found(index, "Größe", "parcel_size") == {"a.py"}
        assert shown(index) == LATIN.rstrip("\n")
        assert holds(root, "a.py", content_hash(data)) is not None
        (root / "a.py").write_bytes(LATIN.replace("Größe", "Länge").encode(encoding))
        assert shown(index) == ""
        index.refresh()
        assert "Länge" in shown(index)
    finally:
        index.close()


def test_secrets_in_code_are_not_in_the_index(root: Path, cache: Path) -> None:
    """Neither in what is shown nor in what is stored; the lines around them are found."""
    code = (
        'db_pwd = "hunter2-tier"\n\n\ndef open_shop(password="hunter2-tier"):\n'
        '    """Opens it."""\n    return login("admin", "hunter2-tier")\n'
    )
    (root / "shop.py").write_text(code)
    (root / ".envrc").write_text("export STORE=hunter2-tier\n")
    (root / ".env.example").write_text("STORE_TOKEN=<your token>\n")

    index = open_index(root, cache)
    try:
        index.refresh()
        index.overlay("draft.py", 'api_key = "hunter2-tier"\n')
        text = shown(index)
        signatures = [symbol.signature for symbol in find_symbols(index.snapshot, "open_shop", 9)]

        assert f'db_pwd = "{MARK}"' in text
        assert f'return login("admin", "{MARK}")' in text
        assert f'api_key = "{MARK}"' in text
        assert "STORE_TOKEN=<your token>" in text
        assert signatures
        assert "hunter2" not in text + "".join(signatures)
        assert found(index, "open_shop") == {"shop.py"}
    finally:
        index.close()
    stored = b"".join(file.read_bytes() for file in cache.rglob("*") if file.is_file())
    assert b"hunter2" not in stored


def test_an_unsaved_text_with_old_line_ends(root: Path, cache: Path) -> None:
    """Its lines are numbered as an editor numbers them, and end in nothing odd."""
    index = open_index(root, cache)
    try:
        index.overlay("a.py", "x = 1\ry = 2\r\rdef third_thing():\r    pass\r\nz = 3\r")
        chunks = [index.snapshot.chunk(row) for row in range(index.snapshot.chunk_count)]
        (symbol,) = find_symbols(index.snapshot, "third_thing", 9)

        assert "\r" not in shown(index)
        assert symbol.start_line == 4
        assert max(chunk.end_line for chunk in chunks if chunk) == 6
    finally:
        index.close()


def test_one_long_line_hides_nothing_else(root: Path, cache: Path) -> None:
    """All lines have their numbers; of the long one nothing is found."""
    before = "import os\nimport re\n\n\ndef before():\n    pass\n"
    after = "def after_it():\n    pass\n"
    code = f"{before}\nDATA = '{'QUJD' * 2_400}'\n\n\n{after}"
    (root / "a.py").write_text(code)

    index = open_index(root, cache)
    try:
        index.refresh()
        (symbol,) = find_symbols(index.snapshot, "after_it", 9)

        assert symbol.start_line == 11
        assert "QUJD" not in shown(index)
        assert "DATA = ''" in shown(index)
    finally:
        index.close()


def test_what_an_editor_shows_is_text(root: Path, cache: Path) -> None:
    """Whatever the file's bytes look like; but not what is secret, ignored or minified."""
    (root / "odd.py").write_bytes(b"x = 1\0" * 99)
    (root / "same.py").write_bytes("x = 'Größe'\r\n".encode("latin-1"))
    (root / ".env").write_text("A=1\n")
    (root / ".gitignore").write_text("ignored.py\n")
    (root / "empty.py").write_text("")
    index = open_index(root, cache)
    try:
        index.refresh()

        assert index.is_news("odd.py", "def seen_in_editor():\n    pass\n")
        assert index.is_news("empty.py", "x = 1\n")
        assert index.is_news("new.py", "x = 1\n")
        assert index.is_news("same.py", "x = 'Länge'\r\n")
        assert not index.is_news("same.py", "x = 'Größe'\r\n")
        assert not index.is_news(".env", "A=2\n")
        assert not index.is_news("ignored.py", "x = 1\n")
        assert not index.is_news("bundle.js", "!function(e){e()}(1);" * 1_000)
        index.overlay("odd.py", "def seen_in_editor():\n    pass\n")
        assert found(index, "seen_in_editor") == {"odd.py"}
        index.overlay("odd.py", None)
        assert found(index, "seen_in_editor") == set()
    finally:
        index.close()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_regular_file_is_neither_read_nor_waited_for(root: Path, cache: Path) -> None:
    """Links to devices, and a FIFO put where an indexed file was."""
    (root / "a.py").write_text("def once_a_file():\n    pass\n")
    for name in ("zero", "ptmx"):
        (root / f"{name}.py").symlink_to(f"/dev/{name}")
    index = open_index(root, cache)
    try:
        index.refresh()
        content = index.snapshot.file("a.py").content_hash  # type: ignore[union-attr]
        (root / "a.py").unlink()
        os.mkfifo(root / "a.py")

        assert shown(index) == ""
        assert holds(root, "a.py", content) is None
        refused = read(root, "a.py")
        assert isinstance(refused, Refusal)
        assert "regular" in refused.reason
        assert "link" in index.reason("zero.py")
        index.refresh()
        assert index.snapshot.file_count == 0
        assert index.reason("a.py") == "It is neither a file nor a folder."
    finally:
        index.close()


def test_a_file_that_grows_while_it_is_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than the limit of it comes into memory, and it is refused."""
    (root / "a.log").write_bytes(b"x = 1\n" * 10)
    small = os.stat(root / "a.log")
    (root / "a.log").write_bytes(b"x = 1\n" * 1_000)
    monkeypatch.setattr(os, "fstat", lambda descriptor: small)

    assert isinstance(read(root, "a.log", 100), Refusal)
    whole = read(root, "a.log")
    assert isinstance(whole, Text)
    assert whole.proof == NO_STAMP


def test_a_guide_with_a_paragraph_a_line(root: Path, cache: Path) -> None:
    """All of it is in the index."""
    line = "Each parcel is weighed before it leaves, and the driver signs for what he took. " * 11
    (root / "GUIDE.md").write_text("\n\n".join(line + f"chapter{n}" for n in range(14)) + "\n")

    index: ProjectIndex = open_index(root, cache)
    try:
        index.refresh()

        assert index.reason("GUIDE.md") == ""
        assert found(index, "chapter13") == {"GUIDE.md"}
    finally:
        index.close()


def test_lines_are_kept_within_a_limit(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those used last; what is longer than the limit is answered all the same."""
    files = {"a.py": "a = 1", "b.py": "b = 2", "c.py": "c = 3", "long.py": "long = 456\nmore = 7"}
    for name, text in files.items():
        (root / name).write_text(text)
    texts, reads = Texts(root, max_chars=10), list[str]()

    def counted(folder: Path, path: str) -> Text | Refusal:
        reads.append(path)
        return read(folder, path)

    monkeypatch.setattr("ownstack.index.texts.read", counted)
    for name in ("a.py", "b.py", "a.py", "c.py", "a.py", "b.py", "long.py", "long.py", "b.py"):
        text = files[name]
        assert texts.lines(name, content_hash(text.encode())) == text.split("\n")

    assert reads == ["a.py", "b.py", "c.py", "b.py", "long.py", "long.py"]
