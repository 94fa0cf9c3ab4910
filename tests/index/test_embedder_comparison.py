"""Two embedders on one project: what they share and what they cost."""

from pathlib import Path
from typing import Any

import numpy as np

from ownstack.extract.rows import Extracted
from ownstack.files.reading import content_hash
from ownstack.index.embedder_comparison import DEPTH, compare, measure, overlap, sample_queries
from ownstack.index.embedding.embedder import NoEmbedder
from ownstack.index.storage.columns import IndexedDocument
from ownstack.index.storage.encode import Encoder
from ownstack.index.storage.file_state import FileState
from ownstack.index.storage.folder import folder_bytes
from ownstack.index.storage.store import IndexStore
from ownstack.index.storage.term_counts import TermCounter
from tests.support.searchable import TOY, searchable


class Letters:
    """Embeds a text as the counts of some letters."""

    def __init__(self, letters: str) -> None:
        self.name = letters
        self.dim = len(letters)

    def embed(self, texts: Any) -> Any:
        return np.array(
            [[text.count(letter) for letter in self.name] for text in texts], np.float32
        )


def test_a_project_is_compared(tmp_path: Path) -> None:
    """By an embedder and itself, and by one that knows nothing."""
    files = {f"a{n}.py": f"def fish_{n}():\n    return 'salmon' * {n}\n" for n in range(9)}
    files |= {f"b{n}.py": f"def ride_{n}():\n    return 'bike' * {n}\n" for n in range(9)}
    snapshot = searchable(tmp_path, files)
    queries = [*sample_queries(snapshot, 6), "salmon fish", "bike"]

    same = compare(snapshot, queries, TOY, TOY)
    other = compare(snapshot, queries, TOY, NoEmbedder(""))

    assert (same.overlap, same.interchangeable, same.n_chunks) == (1.0, True, 18)
    assert not other.interchangeable
    assert same.embedders[0].size_bytes == 18 * 2 * 2
    assert compare(snapshot, [], TOY, TOY).n_queries == 0


def test_what_two_share() -> None:
    """The same one finds the same; another one does not."""
    texts = [f"{'a' * (n % 7)}{'b' * (n % 5)}{'c' * (n % 3)}{'d' * (n % 11)}" for n in range(60)]
    queries = ["aab", "cdd", "bbbb"]

    first = measure(Letters("abcd"), texts, queries)
    again = measure(Letters("abcd"), texts, queries)
    other = measure(Letters("dbca"), texts, ["aab", "cdd", "dddd"])

    assert overlap(first.nearest, again.nearest) == 1.0
    assert overlap(first.nearest, other.nearest) < 1.0
    assert {len(best) for best in first.nearest} == {DEPTH}
    assert first.size_bytes == 2 * 4 * 60


def test_who_finds_nothing_is_like_itself() -> None:
    """A question that neither understands does not tell them apart."""
    assert overlap([frozenset()], [frozenset()]) == 1.0
    assert overlap([frozenset()], [frozenset((1,))]) == 0.0
    assert overlap([frozenset((1, 2))], [frozenset((2, 3))]) == 1 / 3


def test_the_size_is_that_on_disk(tmp_path: Path) -> None:
    """Of numbers that cannot be made smaller, the table of vectors takes hardly more."""
    vectors = np.random.default_rng(1).normal(size=(4_000, 64)).astype(np.float32)
    document = IndexedDocument("a.py", content_hash(b""), "python", 1, 0, 0)
    store = IndexStore.open(tmp_path, Path("/root"), "e", 64, writes=True)
    rows = Encoder(TermCounter()).encode([(document, Extracted("python"), "")])
    store.write(rows, {"a.py": FileState((1, 0), "", document)})
    before = folder_bytes(tmp_path / "tables" / "vectors.lance")
    store.write_vectors([("a.py", document.content, vectors)])
    taken = folder_bytes(tmp_path / "tables" / "vectors.lance") - before

    told = measure(Letters("abcdefgh" * 8), [""] * 4_000, []).size_bytes

    assert told <= taken < 1.01 * told
