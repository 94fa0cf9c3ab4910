"""Texts in other languages inside a file are read as files of their own, and moved."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownstack.extract.file import extract
from ownstack.extract.rows import Extracted
from ownstack.languages import languages
from ownstack.syntax import injections

LANGUAGES = {language.id: language for language in languages()}
SCRIPTS = st.lists(
    st.sampled_from(
        [
            "function größe(a) {\n\treturn call(a);\n}\n",
            "/** Doc 日本. */\nexport class Cart extends Base {\n  open() { return load(); }\n}\n",
            "import { ref } from 'vue';\n",
            "const 令牌 = ref(1);\n",
            "\n",
            "// é\n",
            "broken(\n",
        ]
    ),
    max_size=6,
).map("".join)
BEFORE = st.lists(
    st.sampled_from(["<p>ä</p>\n", "\t<b>日本</b>\n", "\n", "<i>{a < b}</i>\n"]), max_size=5
).map("".join)


def moved(extracted: Extracted, n_lines: int) -> tuple[list[object], ...]:
    """Return what was extracted, some lines further down, without places of parents."""
    return (
        [
            (*symbol[:5], *(line + n_lines for line in symbol[5:8]), symbol.parent is None)
            for symbol in extracted.symbols
        ],
        sorted(
            (reference.name, reference.kind, reference.line + n_lines)
            for reference in extracted.references
        ),
        [import_._replace(line=import_.line + n_lines) for import_ in extracted.imports],
    )


@settings(max_examples=150, deadline=None)
@given(BEFORE, SCRIPTS, st.booleans(), st.sampled_from(["html", "vue", "svelte"]))
def test_a_script_gives_what_a_file_of_its_own_would(
    before: str, script: str, is_windows: bool, host: str
) -> None:
    """Only further down: whatever stands before it, with any line ends."""
    whole = f"{before}<script>\n{script}</script>\n<p>\n"
    alone = f"\n{script}"
    if is_windows:
        whole, alone = (text.replace("\n", "\r\n") for text in (whole, alone))

    inside = extract(whole, "a", LANGUAGES[host])
    by_itself = extract(alone, "a", LANGUAGES["javascript"])

    assert moved(inside, 0) == moved(by_itself, before.count("\n"))
    covered = [
        line for chunk in inside.chunks for line in range(chunk.start_line, chunk.end_line + 1)
    ]
    assert covered == list(range(1, whole.count("\n") + 1))


def test_what_is_long_is_a_chunk_of_its_own() -> None:
    """Under its name, in the language around it as in the script."""
    body = "  call('some words that fill a line');\n" * 30
    text = (
        f"<template>\n<p>Words.</p>\n</template>\n<script setup>\n"
        f"/** Says it. */\nfunction first() {{\n{body}}}\n"
        f"class Cart {{\n  open() {{\n{body}{body}  }}\n}}\n</script>\n"
    )

    chunks = extract(text, "a.vue", LANGUAGES["vue"]).chunks

    assert [(chunk.kind, chunk.name) for chunk in chunks][:4] == [
        ("text", ""),
        ("function", "first"),
        ("class", "Cart"),
        ("method", "Cart.open"),
    ]
    first = next(chunk for chunk in chunks if chunk.name == "first")
    assert first.text.startswith("/** Says it. */\nfunction first() {\n")
    assert first.header == "a.vue\nfunction first()"


def test_a_long_script_without_definitions_is_cut_between_its_statements() -> None:
    """The tree around it knows it as one text."""
    statement = "if (a) {\n  call('some words that fill a line');\n  other(a);\n}\n"
    text = f"<script>\n{statement * 60}</script>\n"

    chunks = extract(text, "a.html", LANGUAGES["html"]).chunks

    assert len(chunks) > 2
    assert all(chunk.text.endswith("}") for chunk in chunks[:-1])


def test_examples_in_prose_are_found_but_use_nothing() -> None:
    """A README that calls everything would say what matters most in a project."""
    text = "# Shop\n\n```python\nimport os\ndef total(a):\n    return helper(a)\n```\n"

    extracted = extract(text, "README.md", LANGUAGES["markdown"])

    assert [symbol.qualified for symbol in extracted.symbols] == ["Shop", "total"]
    assert extracted.references == extracted.imports == ()
    assert len(extracted.chunks) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("id", "text"),
    [
        ("html", "<script>function f() {}</script>\n" * 50_000),
        ("vue", "<script>\n" * 50_000),
        ("svelte", "<style>p {}</style>" * 2_000 + "\n"),
        ("markdown", "```js\nfunction f() {}\n```\n" * 20_000),
        ("markdown", "```html\n<script>\n```js\n" * 20_000),
        ("markdown", "> ```swift\n> /*/*/*/*/*\n> ```\n\n" * 5_000),
        ("php", "<?php f() ?><script>g()</script>\n" * 20_000),
        ("php", "<?= 1 ?>\n" * 50_000),
        ("astro", "---\n" * 100_000),
        ("astro", "\n" * 500_000 + "---"),
        ("html", "<script type='text/" + "x" * 40_000 + "'>f()</script>\n"),
    ],
)
def test_hostile_files(id: str, text: str) -> None:
    """Regions are counted, and each is parsed once; a square would not end today."""
    extracted = extract(text, "a", LANGUAGES[id])

    assert extracted.chunks[-1].end_line == max(1, len(text.splitlines()))
    functions = [symbol for symbol in extracted.symbols if symbol.kind == "function"]
    assert len(functions) <= 2 * injections.MAX_REGIONS
