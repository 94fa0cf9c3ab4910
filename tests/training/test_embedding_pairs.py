"""What the embedding table learns from."""

import pytest

from benchmarks.packages.documents import Document
from training.embedding_pairs import Pair, pairs

PYTHON = '''
def read_order(number: int) -> Order:
    """Read an order from the shop's table.

    Args:
        number: of the order
    """
    return table[number]


class Undocumented:
    def silent(self): return 1
'''
GO = """package shop

// Copyright somebody

// ReadOrder reads an order from the shop's table.
func ReadOrder(number int) Order {
\treturn table[number]
}

func other() {}
"""


def found(language: str, path: str, text: str) -> list[Pair]:
    return list(pairs(Document("pypi:shop", language, path, text)))


@pytest.mark.parametrize(
    ("language", "path", "text", "name"),
    [("python", "src/shop/orders.py", PYTHON, "read_order"), ("go", "orders.go", GO, "ReadOrder")],
)
def test_documentation_and_names_lead_to_the_code(
    language: str, path: str, text: str, name: str
) -> None:
    """The code is without the documentation, and without the name."""
    doc, named = found(language, path, text)

    assert doc.kind == "doc"
    assert "an order from the shop's table" in doc.question
    assert "Args" not in doc.question
    assert "return table[number]" in doc.answer
    assert "shop's" not in doc.answer
    assert named.kind == "name"
    assert named.question.startswith(name)
    assert name not in named.answer.partition("table.")[2]
    assert "return table[number]" in named.answer


def test_neighbours_are_pieces_of_a_longer_file() -> None:
    """What stands together belongs together."""
    text = "\n".join(f"x{n} = {n}" for n in range(60))

    (pair,) = found("python", "a.py", text)

    assert pair.kind == "neighbour"
    assert pair.question.endswith("x24 = 24")
    assert pair.answer.startswith("x25 = 25")
