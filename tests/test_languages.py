"""Which language a document is written in, and what the end of a line lies in."""

import ast
from pathlib import Path

import pytest

from ownstack.languages import (
    comment_mark,
    family_of,
    injected_language,
    keywords,
    kind_in_line,
    language_of,
    languages,
)
from tests.support.package_tree import parsed


@pytest.mark.parametrize(
    ("language_id", "path", "first_line", "expected"),
    [
        ("python", "", "", "python"),
        ("typescriptreact", "a.ts", "", "tsx"),
        ("javascriptreact", "", "", "javascript"),
        ("plaintext", "src/a.rs", "", "rust"),
        ("plaintext", "notes", "", "plaintext"),
        ("", "a.CPP", "", "cpp"),
        ("", "C:\\work\\Gemfile", "", "ruby"),
        ("", "bin/tool", "#!/usr/bin/env python3.11", "python"),
        ("", "bin/tool", "#!/bin/sh -e", "bash"),
        ("", "bin/tool", "", None),
        ("klingon", "a.klingon", "", None),
    ],
)
def test_a_language_is_known_by_editor_name_or_first_line(
    language_id: str, path: str, first_line: str, expected: str | None
) -> None:
    """The editor's word counts most, but "plaintext" only means that it does not know."""
    language = language_of(language_id, path, first_line)

    assert (language and language.id) == expected


def test_the_table_names_nothing_twice() -> None:
    """An extension that two languages claim would go to the later one in silence."""
    for field in ("editor_ids", "extensions", "file_names", "shebangs", "injected_as"):
        names = [name for language in languages() for name in getattr(language, field)]
        assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize(
    ("mark", "extensions"),
    [
        ("//", "c h cc cpp cxx hpp hh cs css dart go groovy java js jsx kt kts m mm php proto rs"),
        ("//", "scala scss swift ts tsx zig mjs cjs mts cts less glsl vue svelte sol sv JS json"),
        ("--", "lua sql hs elm adb ads vhd"),
        ("#", "py rb sh ex yaml toml html md astro txt pl unheard-of"),
    ],
)
def test_each_language_has_a_mark_of_comments(mark: str, extensions: str) -> None:
    """Also those that have no table of their own; a hash where nothing is known."""
    marks = {extension: comment_mark(f"src/a.{extension}") for extension in extensions.split()}

    assert marks == dict.fromkeys(extensions.split(), mark)


@pytest.mark.parametrize(
    ("fact", "ids"),
    [
        (
            "calls",
            "c cpp csharp go java javascript kotlin lua php python rust scala swift tsx typescript"
            " zig",
        ),
        ("by_package", "c cpp csharp go java kotlin objc scala swift"),
        ("triple", "csharp elixir java kotlin scala swift"),
        ("characters", "c cpp csharp elixir go haskell java kotlin objc rust scala zig"),
        ("code", "bash csharp elixir javascript kotlin php python ruby scala swift tsx typescript"),
        ("bare", "bash toml yaml"),
        ("settings", "bash json sql toml yaml"),
    ],
)
def test_facts_of_languages(fact: str, ids: str) -> None:
    """Each is true for these and no others."""
    assert sorted(language.id for language in languages() if getattr(language, fact)) == ids.split()


def test_families_share_symbols() -> None:
    """Every kin is a language of the table; what has none is its own family."""
    families = {language.id: language.family for language in languages()}

    assert {language.kin for language in languages() if language.kin} == {"javascript", "cpp"}
    assert {id for id, family in families.items() if family == "cpp"} == {"c", "cpp", "objc"}
    assert {id for id, family in families.items() if family == "javascript"} == {
        *("javascript", "typescript", "tsx", "vue", "svelte", "astro")
    }
    assert families["go"] == "go"
    assert (family_of("tsx"), family_of("klingon")) == ("javascript", "klingon")


PACKAGE = Path(__file__).parents[1] / "server" / "ownstack"
# Commands of notebooks that are named as languages are; where native scanners of texts die.
LISTS_OF_THEIR_OWN = {"files/notebook/magics.py", "syntax/captures.py"}


def test_no_list_of_languages_stands_in_code() -> None:
    """What is true of some languages is said in their table."""
    known = {name for language in languages() for name in (language.id, *language.editor_ids)}
    found = set[str]()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(parsed(path)):
            many = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else []
            many = node.keys if isinstance(node, ast.Dict) else many
            if sum(getattr(element, "value", None) in known for element in many) >= 3:
                found.add(path.relative_to(PACKAGE).as_posix())

    assert found == LISTS_OF_THEIR_OWN


def test_keywords_are_those_of_all_languages() -> None:
    """Words of one language are no names in another: files of several are read together."""
    assert {"def", "func", "fn", "impl", "typename", "unsafe", "nil", "None"} < keywords()
    assert not {"value", "index", "name", "result"} & keywords()
    assert all(len(set(language.keywords)) == len(language.keywords) for language in languages())


@pytest.mark.parametrize(
    ("head", "language_id", "expected"),
    [
        ("x = 1", "python", "code"),
        ("x = 'a # b", "python", "string"),
        ("x = 'a' # b", "python", "comment"),
        ("x = 'it\\'s", "python", "string"),
        ("a /* b", "c", "comment"),
        ("a /* b */ c", "c", "code"),
        ("let a = 'b", "rust", "code"),
        ("<a href=", "html", "code"),
        ("", "python", "code"),
    ],
)
def test_the_end_of_a_line_is_read_by_its_marks(head: str, language_id: str, expected: str) -> None:
    """Without a tree the line itself tells."""
    language = language_of(language_id, "")
    assert language is not None

    assert kind_in_line(head, language) == expected


C_HEADER = """\
/* The class of queues. A namespace::name, template <…> and public: are in this comment. */
#ifndef QUEUE_H
#define QUEUE_H
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif
struct class *class_of(const char *using_namespace); // class Foo : public Bar {
static const char *help = "class Foo {"; /* it's */
int operator_of(int operator, unsigned class : 4);
[[gnu::unused]] static int template_size;
#if defined(__cplusplus) && !defined(PLAIN)
}
#endif
#endif
"""


@pytest.mark.parametrize(
    ("path", "head", "expected"),
    [
        ("queue.h", "", "c"),
        ("queue.h", C_HEADER, "c"),
        ("queue.h", "#pragma once\nclass ParcelQueue : public Base {\n};\n", "cpp"),
        ("queue.h", "class EXPORTED ParcelQueue\n{\n};\n", "cpp"),
        ("queue.h", "// Queues.\nnamespace post {\nint n();\n}\n", "cpp"),
        ("queue.h", "enum class Size : int { Small };\n", "cpp"),
        ("queue.h", "template<typename T>\nT most(T a);\n", "cpp"),
        ("queue.h", "#include <vector>\nint n();\n", "cpp"),
        ("queue.h", '#include "base.hpp"\nint n();\n', "cpp"),
        ("queue.h", "#include <string.h>\nint n();\n", "c"),
        ("queue.h", "struct Queue {\n  Queue() = default;\n};\n", "cpp"),
        ("queue.h", "using Parcels = int;\n", "cpp"),
        ("queue.h", "void send(const Parcel &parcel);\n", "cpp"),
        ("queue.h", 'extern "C" {\nint n();\n}\n', "cpp"),
        ("queue.h", "// -*- C++ -*-\nint n();\n", "cpp"),
        ("queue.h", "#ifdef __cplusplus\nclass Queue {\n};\n#else\nint n();\n#endif\n", "cpp"),
        ("queue.h", "#ifndef __cplusplus\nint n();\n#endif\nclass A {\n};\n", "cpp"),
        ("queue.h", f"/*{'*' * 9_000}*/\nnamespace a {{\n}}\n", "cpp"),
        ("queue.h.in", "namespace a {\n}\n", "cpp"),
        ("queue.h", "#import <Foundation/Foundation.h>\n@class Parcel;\n", "objc"),
        ("queue.h", "#import <UIKit/UIKit.h>\nextern NSString *Name;\n", "objc"),
        ("queue.h", "typedef NS_ENUM(NSInteger, Size) { Small };\n", "objc"),
        ("queue.h", "@protocol Sends\n- (void)send;\n@end\n", "objc"),
        ("queue.h", "#ifdef __OBJC__\n@class Queue;\n#endif\nint n(void);\n", "c"),
        ("queue.m", "", "objc"),
        ("queue.m", '#import "queue.h"\n@implementation Queue\n@end\n', "objc"),
        ("queue.m", "/* Main. */\n#include <stdio.h>\nint main(void) {\n}\n", "objc"),
        ("queue.m", "function n = queue(x)\n% QUEUE counts.\nn = [1 2];\nend\n", None),
        ("queue.m", "x = 3;\nplot(x)\n", None),
        ("queue.mm", "@implementation Queue\n@end\n", "objc"),
        ("queue.mm", "namespace a {\n}\n", "cpp"),
        ("de.ts", '<?xml version="1.0"?>\n<!DOCTYPE TS>\n<TS version="2.1">\n', None),
        ("de.ts", "<!DOCTYPE TS><TS></TS>\n", None),
        ("de.ts", "const a = <T>(b: T) => b;\n", "typescript"),
        ("page.inc", "<?php\nfunction f() {}\n", "php"),
        ("page.inc", "mov ax, 1\n", None),
        ("vector", "// -*- C++ -*-\n", "cpp"),
        ("queue.tpp", "", "cpp"),
        ("tool", "#!/usr/bin/env -S uv run --script\n", "python"),
        ("a.vue", "", "vue"),
        ("a.svelte", "", "svelte"),
        ("a.astro", "", "astro"),
    ],
)
def test_a_text_tells_its_language_where_the_name_leaves_a_choice(
    path: str, head: str, expected: str | None
) -> None:
    """Comments, strings and what is meant for another compiler tell nothing."""
    for text in (head, head.replace("\n", "\r\n")):
        language = language_of("", path, text)
        assert (language and language.id) == expected


@pytest.mark.parametrize(
    ("beside", "expected"),
    [
        (["queue.cpp", "other.c"], "cpp"),
        (["queue.c", "other.cpp"], "c"),
        (["queue.mm"], "objc"),
        (["other.cc"], "cpp"),
        (["other.c", "plot.m"], "c"),
        (["other.m"], "objc"),
        (["queue.h", "README.md"], "c"),
    ],
)
def test_then_what_lies_beside_a_header_does(beside: list[str], expected: str) -> None:
    """First the source of its own name; nothing is listed where the text tells."""
    head = "int n(void);\n"

    language = language_of("", "src/queue.h", head, lambda: beside)
    told = language_of("", "src/queue.h", "@class A;\n", lambda: pytest.fail("it was listed"))

    assert language
    assert language.id == expected
    assert told
    assert told.id == "objc"


def test_the_editors_word_counts_more_than_signs() -> None:
    """The user may have said so."""
    language = language_of("cpp", "queue.h", C_HEADER)

    assert language
    assert language.id == "cpp"


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "class a ",
            "namespace ",
            "#if __cplusplus\n",
            "/*",
            "[[",
            "operator",
            "-*- ",
            "template <",
        ),
        *("'", '"', "\\", "class A:", "\t", "@", ") ", "const a ", "x = [", "public "),
    ],
)
def test_hostile_heads_are_read_in_linear_time(piece: str) -> None:
    """A square of a megabyte would not end today."""
    for path in ("a.h", "a.m", "a.mm", "a.ts", "a.inc", "a"):
        language_of("", path, piece * (1_000_000 // len(piece)))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("py", "python"),
        ("TS", "typescript"),
        ("module", "javascript"),
        ("text/javascript", "javascript"),
        ("application/ld+json", "json"),
        ("scss", "css"),
        ("c++", "cpp"),
        ("C#", "csharp"),
        ("shell", "bash"),
        ("text/x-handlebars", None),
        ("", None),
    ],
)
def test_texts_in_others_name_their_language(name: str, expected: str | None) -> None:
    """As people write it in fences and attributes."""
    language = injected_language(name)

    assert (language and language.id) == expected
