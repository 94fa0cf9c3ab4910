"""The document that a cursor in a page is in."""

import pytest

from ownstack.completion.extent import extent_at
from ownstack.completion.postprocess.trim import trim
from ownstack.completion.suggestion import Trigger
from ownstack.document import Document
from ownstack.settings import CompletionSettings
from ownstack.syntax.inner_document import document_at

VUE = """\
<template>
  <p @click="go(1)">größer</p>$1
</template>
<script setup lang="ts">
const total: number = 1;$2
function add() {$3
</script>
<style lang="scss">
.a { $4 }
</style>
<script type="text/x-template">
<p>$5
"""
ASTRO = "---\nconst a: string = 'b';$1\n---\n<p>$2</p>\n<script>\nlet a = 1;$3\n</script>\n"


def cursor(text: str, mark: str) -> tuple[str, int]:
    for number in "12345":
        if f"${number}" != mark:
            text = text.replace(f"${number}", "")
    return text.replace(mark, ""), text.index(mark)


@pytest.mark.parametrize(
    ("language", "page", "mark", "expected"),
    [
        ("vue", VUE, "$1", "vue"),
        ("vue", VUE, "$2", "typescript"),
        ("vue", VUE, "$3", "typescript"),
        ("vue", VUE, "$4", "css"),
        ("vue", VUE, "$5", "html"),
        ("html", VUE, "$2", "typescript"),
        ("plaintext", VUE, "$2", "plaintext"),
        ("astro", ASTRO, "$1", "typescript"),
        ("astro", ASTRO, "$2", "astro"),
        ("astro", ASTRO, "$3", "typescript"),
        ("python", VUE, "$2", "python"),
    ],
)
def test_a_cursor_is_in_one_text_of_a_page(
    language: str, page: str, mark: str, expected: str
) -> None:
    """All characters of it keep their places, and so do the lines."""
    text, offset = cursor(page, mark)
    document = Document("file:///a", "a", language, 1, text)

    inside = document_at(document, offset)

    assert inside.language == expected
    assert len(inside.text) == len(text)
    assert inside.text.count("\n") == text.count("\n")
    assert inside.text[offset - 2 : offset] == text[offset - 2 : offset]


def test_a_script_is_shaped_and_trimmed_as_one() -> None:
    """A block opens after a brace; what breaks its syntax is not shown."""
    text, offset = cursor(VUE, "$3")
    document = Document("file:///a.vue", "a.vue", "vue", 1, text)

    made = extent_at(
        document,
        offset,
        trigger=Trigger.AUTOMATIC,
        after_accept=False,
        settings=CompletionSettings(),
    )
    shown = trim(
        "\n  total++;\n}\nmore()", complete=False, document=document, offset=offset, extent=made
    )

    assert made.why == "block"
    assert shown.text == "\n  total++;\n}"


@pytest.mark.parametrize("text", ["<script" * 100_000, "<script>" * 100_000, "---\n" * 200_000])
def test_hostile_pages(text: str) -> None:
    """A page is read a few times at most."""
    for language in ("html", "astro"):
        document = Document("file:///a", "a", language, 1, text)
        assert len(document_at(document, len(text)).text) == len(text)
