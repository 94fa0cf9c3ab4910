"""What threads share of an index: rows that are filled while others look at them."""

import sys
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from ownstack.index.snapshot.blocks import Vectors

ROUNDS, FILES, ROWS, DIM = 40, 400, 7, 16


@pytest.fixture
def hurried() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_a_table_that_grows_while_others_read_it_loses_nothing(hurried: None) -> None:
    """One thread embeds, one counts for the status, one searches; 40 rounds."""
    for _ in range(ROUNDS):
        vectors, errors = Vectors(DIM), list[Exception]()
        is_done = threading.Event()

        def write(vectors: Vectors = vectors, is_done: threading.Event = is_done) -> None:
            for file in range(FILES):
                vectors.put(file * ROWS, np.full((ROWS, DIM), file + 1, np.float32))
            is_done.set()

        def read(vectors: Vectors = vectors, is_done: threading.Event = is_done) -> None:
            n_rows = 0
            while not is_done.is_set():
                n_rows = min(n_rows + 29, FILES * ROWS)
                vectors.upto(n_rows)
                vectors.embedded(n_rows + 30)

        def safely(
            work: Callable[[], None],
            errors: list[Exception] = errors,
            is_done: threading.Event = is_done,
        ) -> None:
            try:
                work()
            except Exception as error:
                errors.append(error)
                is_done.set()

        threads = [threading.Thread(target=safely, args=(work,)) for work in (write, read, read)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert errors == []
        assert vectors.embedded(FILES * ROWS).all()
        expected = np.repeat(np.arange(FILES) + 1, ROWS)
        assert (vectors.upto(FILES * ROWS)[:, 0] == expected).all()
