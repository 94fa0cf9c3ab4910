"""Which models can infill, in which format; and the prompts they get."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as changed
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownstack.engine.llama.infill.layout import InfillPrompt, layout
from ownstack.engine.requests import InfillRequest, Snippet
from ownstack.errors import CannotInfillError
from ownstack.models.gguf import gguf_file
from ownstack.models.gguf.fim import FimFormat, detect
from ownstack.models.gguf.fim_families import FAMILIES
from ownstack.models.gguf.gguf_vocabulary import GgufVocabulary
from ownstack.settings import InfillOrder
from tests.support.gguf_models import CHAT_TEMPLATE, MARKERS, make_gguf


@dataclass
class Words:
    """A vocabulary that knows the markers it is given; each word, blank or mark is a token."""

    markers: Mapping[str, int] = field(default_factory=dict)
    ids: Mapping[str, int] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)
    ends: frozenset[int] = frozenset()
    known: dict[str, int] = field(default_factory=dict)

    def fim_ids(self) -> Mapping[str, int]:
        return self.ids

    def special(self, text: str) -> Sequence[int]:
        return [self.markers[text]] if text in self.markers else self.tokenize(text)

    def eog(self) -> frozenset[int]:
        return self.ends

    def metadata(self) -> Mapping[str, str]:
        return self.said

    def tokenize(self, text: str) -> list[int]:
        words = re.findall(r"\w+|\n| +|.", text, re.DOTALL)
        return [self.known.setdefault(word, 1_000 + crc32(word.encode())) for word in words]

    def read(self, tokens: Sequence[int]) -> str:
        names = {token: text for text, token in {**self.markers, **self.known}.items()}
        return "".join(names[token] for token in tokens)


STARCODER = {"<fim_prefix>": 1, "<fim_suffix>": 2, "<fim_middle>": 3, "<fim_pad>": 4}
QWEN = {
    text.replace("fim_", "|fim_").replace(">", "|>"): token for text, token in STARCODER.items()
} | {"<|repo_name|>": 5, "<|file_sep|>": 6, "<|endoftext|>": 0, "<|im_end|>": 9}


def vocabulary(family: str, **said: str) -> Words:
    texts = MARKERS[family].values()
    name = {"general.name": family, **said}
    return Words({text: number for number, text in enumerate(texts, 1)}, said=name)


def file_vocabulary(path: Path) -> GgufVocabulary:
    return GgufVocabulary(gguf_file.read(path))


@pytest.mark.parametrize("in_metadata", [True, False], ids=["metadata", "vocabulary"])
@pytest.mark.parametrize(
    ("family", "order"),
    [
        ("qwen2.5-coder", "psm"),
        ("starcoder2", "spm"),
        ("deepseek-coder", "psm"),
        ("codellama", "spm"),
        ("codegemma", "psm"),
        ("codestral", "spm"),
        ("seed-coder", "spm"),
        ("granite", "psm"),
        ("mellum", "spm"),
        ("refact", "psm"),
    ],
)
def test_families(family: str, order: str, in_metadata: bool, tmp_path: Path) -> None:
    """Each family is recognised by its markers, whether or not the metadata names them."""
    path = make_gguf(tmp_path / "m.gguf", fim=family, fim_in_metadata=in_metadata, name=family)
    tokens = gguf_file.read(path).arrays["tokenizer.ggml.tokens"].strings()

    form = detect(file_vocabulary(path))

    assert (form.family, form.order) == (family, order)
    texts = MARKERS[family]
    found = [tokens[token] for token in (form.prefix, form.suffix, form.middle)]
    assert found == [texts["pre"], texts["suf"], texts["mid"]]
    assert {tokens.index(text) for text in texts.values()} <= form.stops


@pytest.mark.parametrize(
    ("markers", "name", "family"),
    [
        (STARCODER, "granite-3b-code-base", "granite"),
        (STARCODER, "Mellum-4b-base", "mellum"),
        (STARCODER, "Refact 1.6B", "refact"),
        (STARCODER, "StarCoderBase", "starcoder"),
        (STARCODER, "somebody's tune", "starcoder-like"),
        ({**STARCODER, "<file_sep>": 5}, "somebody's tune", "starcoder2"),
        (QWEN, "zeta", "qwen2.5-coder"),
        (QWEN, "codegemma-2b", "codegemma"),
    ],
)
def test_families_that_share_markers(markers: dict[str, int], name: str, family: str) -> None:
    """The name or a further marker tells them apart."""
    assert detect(Words(markers, said={"general.name": name})).family == family


@pytest.mark.parametrize(
    ("setting", "said", "order"),
    [
        ("auto", {}, "psm"),
        ("auto", {"ownstack.fim.order": "spm"}, "spm"),
        ("auto", {"ownstack.fim.order": "SPM"}, "spm"),
        ("auto", {"ownstack.fim.order": "sideways"}, "psm"),
        ("psm", {"ownstack.fim.order": "spm"}, "psm"),
        ("spm", {"ownstack.fim.order": "psm"}, "spm"),
    ],
)
def test_order(setting: InfillOrder, said: dict[str, str], order: str) -> None:
    """The user decides, else the file, else what the family was trained for."""
    assert detect(Words(QWEN, said=said), setting).order == order


def test_every_end_is_a_stop() -> None:
    """A file that names one end of several still stops at all of them."""
    form = detect(Words(QWEN, ends=frozenset({0})))

    assert form.stops == frozenset({0, 1, 2, 3, 4, 5, 6, 9})


def test_unknown_markers_in_the_metadata() -> None:
    """Ids are enough: the texts of the markers need not be known."""
    form = detect(Words(ids={"pre": 7, "suf": 8, "mid": 9, "sep": 11}))

    assert (form.family, form.prefix, form.suffix, form.middle) == ("metadata", 7, 8, 9)
    assert (form.file_sep, form.order) == (11, "psm")


def test_metadata_is_believed_before_the_vocabulary() -> None:
    """Markers that the vocabulary has too, under other ids, are not this model's."""
    form = detect(Words(STARCODER, ids={"pre": 7, "suf": 8, "mid": 9}))

    assert (form.prefix, form.suffix, form.middle) == (7, 8, 9)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (Words(), "has no infill markers"),
        (Words({"<|endoftext|>": 0, "<|im_end|>": 1}), "has no infill markers"),
        (Words({"<fim_prefix>": 1, "<fim_suffix>": 2}), "lacks the infill marker <fim_middle>"),
        (Words(ids={"pre": 1, "suf": 2}), "no infill marker for the middle"),
        (Words(ids={"pre": 1, "suf": 1, "mid": 2}), "one token for two infill markers"),
        (Words(QWEN, said={"general.architecture": "nomic-bert"}), "does not write text"),
    ],
)
def test_refusals(model: Words, reason: str) -> None:
    """A model that cannot infill is refused, with the reason and what to do."""
    with pytest.raises(CannotInfillError, match=re.escape(reason)) as refused:
        detect(model)

    assert "choose" in refused.value.hint


def test_markers_of_several_tokens_are_refused(tmp_path: Path) -> None:
    """A marker that the tokeniser cuts up would be read as text by the model."""
    path = make_gguf(tmp_path / "m.gguf", fim_split=True, chat_template=CHAT_TEMPLATE)

    with pytest.raises(CannotInfillError, match="as single tokens"):
        detect(file_vocabulary(path))


CONTEXT = (Snippet("lib/a.py", "A = 1\n"), Snippet("b.py", "B = 2"))
REQUEST = InfillRequest("def f():\n    ", "\nend", path="src/c.py", context=CONTEXT)
PLAIN = InfillRequest("x = ", "\n", path="")


@pytest.mark.parametrize(
    ("family", "prompt"),
    [
        (
            "qwen2.5-coder",
            "<|repo_name|>project\n<|file_sep|>lib/a.py\nA = 1\n<|file_sep|>b.py\nB = 2\n"
            "<|file_sep|>src/c.py\n<|fim_prefix|>def f():\n    <|fim_suffix|>\nend<|fim_middle|>",
        ),
        (
            "starcoder2",
            "<repo_name>project\n<file_sep>lib/a.py\nA = 1\n<file_sep>b.py\nB = 2\n<file_sep>"
            "<fim_prefix><fim_suffix>\nend<fim_middle>src/c.py\ndef f():\n    ",
        ),
        (
            "deepseek-coder",
            "#lib/a.py\nA = 1\n#b.py\nB = 2\n#src/c.py\n<\uff5cfim▁begin\uff5c>def f():\n    "
            "<\uff5cfim▁hole\uff5c>\nend<\uff5cfim▁end\uff5c>",
        ),
        (
            "codellama",
            "# lib/a.py\nA = 1\n# b.py\nB = 2\n# src/c.py\n▁<PRE>▁<SUF>\nend▁<MID>def f():\n    ",
        ),
        (
            "codestral",
            "[SUFFIX]\nend[PREFIX]+++++ lib/a.py\nA = 1\n+++++ b.py\nB = 2\n+++++ src/c.py\n"
            "def f():\n    ",
        ),
        (
            "mellum",
            "<filename>lib/a.py\nA = 1\n<filename>b.py\nB = 2\n<filename>src/c.py\n"
            "<fim_suffix>\nend<fim_prefix>def f():\n    <fim_middle>",
        ),
        (
            "seed-coder",
            "# lib/a.py\nA = 1\n# b.py\nB = 2\n# src/c.py\n"
            "<[fim-suffix]>\nend<[fim-prefix]>def f():\n    <[fim-middle]>",
        ),
        (
            "refact",
            "# lib/a.py\nA = 1\n# b.py\nB = 2\n# src/c.py\n"
            "<fim_prefix>def f():\n    <fim_suffix>\nend<fim_middle>",
        ),
    ],
)
def test_prompts(family: str, prompt: str) -> None:
    """Context, path, prefix and suffix come where the family's documentation puts them."""
    words = vocabulary(family)
    form = detect(words)

    laid, clipped = layout(REQUEST, form, words.tokenize, bos=None, budget_tokens=500)

    assert (words.read(laid.tokens(form)), clipped) == (prompt, False)


@pytest.mark.parametrize(
    ("path", "mark"),
    [("a.py", "#"), ("a.ts", "//"), ("x/b.RS", "//"), ("q.sql", "--"), ("Makefile", "#")],
)
def test_comment_marks(path: str, mark: str) -> None:
    """Files are told apart by a comment in the language of the file that is edited."""
    words = Words(STARCODER)
    form = detect(words)
    request = InfillRequest("", "", path=path)

    laid, _ = layout(request, form, words.tokenize, bos=None, budget_tokens=99)

    assert words.read(laid.head) == f"{mark} {path}\n"


def test_bos_comes_first() -> None:
    """Where a model wants a BOS, it is the first token of all."""
    words = Words(QWEN)
    form = detect(words)

    laid, _ = layout(PLAIN, form, words.tokenize, bos=77, budget_tokens=99)

    assert laid.tokens(form)[:2] == [77, form.prefix]


def test_markers_in_the_users_text_are_text() -> None:
    """A file about infill markers does not end its own prefix."""
    words = Words(QWEN)
    form = detect(words)
    request = changed(PLAIN, prefix="stop = '<|fim_suffix|>'")

    laid, _ = layout(request, form, words.tokenize, bos=None, budget_tokens=99)

    assert laid.tokens(form).count(form.suffix) == 1


def test_a_suffix_gets_no_space_before_it() -> None:
    """SentencePiece puts a space before a text; the suffix is cut out behind a character."""

    def tokenize(text: str) -> list[int]:
        return [ord(char) for char in f" {text}"] if text else []

    words = Words(QWEN, said={"tokenizer.ggml.model": "llama"})
    request = changed(PLAIN, prefix="a", suffix="b")

    laid, _ = layout(request, detect(words), tokenize, bos=None, budget_tokens=99)

    assert (laid.prefix, laid.suffix) == ((ord(" "), ord("a")), (ord("b"),))


LINES = st.lists(st.text("ab =()\n", max_size=12), max_size=60).map("\n".join)
FAMILY = st.sampled_from(sorted(MARKERS))


def lay(
    request: InfillRequest, family: str, budget: int, order: InfillOrder = "auto"
) -> tuple[InfillPrompt, bool, FimFormat, Words]:
    words = vocabulary(family)
    form = detect(words, order)
    return (*layout(request, form, words.tokenize, bos=0, budget_tokens=budget), form, words)


@settings(deadline=None)
@given(LINES, LINES, FAMILY, st.sampled_from(["auto", "psm", "spm"]), st.integers(40, 400))
def test_prompts_keep_to_the_budget(
    prefix: str, suffix: str, family: str, order: InfillOrder, budget: int
) -> None:
    """No prompt is longer than allowed, and what was cut is said."""
    request = InfillRequest(prefix, suffix, path="a.py", context=CONTEXT)

    laid, clipped, form, words = lay(request, family, budget, order)

    complete = lay(request, family, 100_000, order)[0].tokens(form)
    assert len(laid.tokens(form)) <= budget
    assert clipped == (laid.tokens(form) != complete)
    assert words.read(laid.prefix).endswith(words.read(words.tokenize(prefix))[-1:])


@settings(deadline=None)
@given(LINES, LINES, FAMILY, st.integers(40, 400))
def test_prompts_are_the_same_for_the_same_request(
    prefix: str, suffix: str, family: str, budget: int
) -> None:
    """Nothing but the request decides: caches of whole prompts hold."""
    request = InfillRequest(prefix, suffix, path="a.py", context=CONTEXT)

    first, second = lay(request, family, budget), lay(request, family, budget)

    assert first[0] == second[0]


@settings(deadline=None)
@given(LINES, LINES, FAMILY)
def test_typing_only_appends_in_spm_order(prefix: str, suffix: str, family: str) -> None:
    """A typed line changes nothing before it but, in some formats, the marker at the very end."""
    before = InfillRequest(prefix + "\n", suffix, path="a.py", context=CONTEXT)
    after = changed(before, prefix=f"{before.prefix}typed = 1\n")

    (old, _, form, _), (new, _, _, _) = (lay(r, family, 9_000, "spm") for r in (before, after))

    kept = old.tokens(form)
    ending = len(kept) - len(old.parts(form)[2])
    assert new.tokens(form)[:ending] == kept[:ending]
    assert len(old.parts(form)[2]) <= 1


@settings(deadline=None)
@given(LINES, LINES, FAMILY)
def test_head_and_suffix_stay_while_typing(prefix: str, suffix: str, family: str) -> None:
    """In every order, what lies beside the prefix stays token for token."""
    before = InfillRequest(prefix, suffix, path="a.py", context=CONTEXT)
    after = changed(before, prefix=f"{prefix}typed")

    old, new = lay(before, family, 9_000)[0], lay(after, family, 9_000)[0]

    assert (new.head, new.suffix) == (old.head, old.suffix)


def test_a_full_window_moves_rarely_while_typing() -> None:
    """When the window is full, lines leave it in steps: most keystrokes keep its beginning."""
    lines = [f"name{n} = {n}\n" for n in range(400)]
    starts, suffixes = set(), set()

    for typed in range(300, 400):
        request = InfillRequest("".join(lines[:typed]), "tail\n" * 300, path="a.py")
        laid, clipped, _, _ = lay(request, "qwen2.5-coder", 600)
        starts.add(laid.prefix[:5])
        suffixes.add(laid.suffix)
        assert clipped

    assert (len(starts), len(suffixes)) == (7, 1)


def test_context_yields_to_the_file() -> None:
    """Files that do not fit are left out from the last one, whole."""
    context = tuple(Snippet(f"{n}.py", "x = 1\n" * 20) for n in range(9))
    request = InfillRequest("y = 2\n" * 20, "", path="a.py", context=context)

    laid, clipped, _, words = lay(request, "qwen2.5-coder", 600)

    assert clipped
    assert re.findall(r"(\d)\.py", words.read(laid.head[1:])) == ["0", "1", "2"]


def test_family_names_and_markers_are_consistent() -> None:
    """Every entry of the table has three different markers and a usable pattern."""
    for family in FAMILIES:
        assert len({family.prefix, family.suffix, family.middle}) == 3
        assert sorted(family.suffix_first.lower().replace("m", "")) == ["p", "p", "s", "s"]
