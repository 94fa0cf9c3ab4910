"""What the documents say about the repository is so."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.support import package_tree

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "server" / "ownstack"
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "grammars/README.md")),
        *(ROOT / "docs").glob("*.md"),
    )
)
# In prose a path is between backticks; one from the package's folder may be without it.
PATH = re.compile(r"`((?:[\w.-]+/)*[\w.-]+(?:/|\.(?:py|ts|toml|md|scm|sh|json|yaml|mjs)))`")
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
FENCE = re.compile(r"^```.+?^```$", re.MULTILINE | re.DOTALL)
SYMBOL = re.compile(r"`((?:[\w-]+/)*[\w-]+\.py)::([\w.]+)`")
NOT_OURS = {
    "engines.toml",
    "mcp.toml",
    "daemon.json",
    ".ownstack/",
    ".ownstack/rules.md",
    ".ownstack/memory/",
    ".ownstack/memory/decisions.md",
    "conventions.md",
    "glossary.md",
}
"""Named, but never in the repository."""
TEXTS = {".md", ".py", ".scm", ".sh", ".toml", ".ts"}


def text_of(document: str) -> str:
    return (ROOT / document).read_text("utf-8")


def exists(document: str, path: str) -> bool:
    """Say whether a path leads somewhere from the document, the repository, or the package.

    What a document says of all folders beside it is true if it is so of one.
    """
    here = (ROOT / document).parent
    return any((folder / path).exists() for folder in (here, ROOT, PACKAGE)) or any(
        here.glob(f"*/{path}")
    )


@cache
def names_in(module: str) -> frozenset[str]:
    """Return what a module defines: functions, classes, methods as `Class.method`, constants."""

    def within(nodes: list[ast.stmt], prefix: str) -> set[str]:
        names: set[str] = set()
        for node in nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.add(prefix + node.name)
            if isinstance(node, ast.ClassDef):
                names |= within(node.body, f"{prefix}{node.name}.")
            if isinstance(node, ast.Assign):
                names |= {
                    prefix + target.id for target in node.targets if isinstance(target, ast.Name)
                }
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                names.add(prefix + node.target.id)
        return names

    paths = [folder / module for folder in (PACKAGE, ROOT) if (folder / module).is_file()]
    return frozenset(within(ast.parse(paths[0].read_text("utf-8")).body, "") if paths else ())


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_that_a_document_names_exist(document: str) -> None:
    """Links and paths lead somewhere."""
    text = FENCE.sub("", text_of(document))
    named = {*PATH.findall(text), *LINK.findall(text), *(path for path, _ in SYMBOL.findall(text))}

    assert sorted(name for name in named - NOT_OURS if not exists(document, name)) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_names_that_a_document_points_at_exist(document: str) -> None:
    """Behind a module's path and two colons stands what is defined in it."""
    symbols = SYMBOL.findall(text_of(document))

    assert [f"{path}::{name}" for path, name in symbols if name not in names_in(path)] == []


def test_the_walks_name_functions() -> None:
    """The two ways through the program are told by names that the test above looks up."""
    walks = text_of("docs/ARCHITECTURE.md").split("\n## ")
    counts = [len(SYMBOL.findall(walk)) for walk in walks if walk.startswith("A ")]

    assert len(counts) == 2
    assert min(counts) >= 12


def test_the_tree_is_the_package() -> None:
    """Each module has its line, which is the first of its docstring; `scripts/fix` writes them."""
    assert package_tree.written(text_of("docs/ARCHITECTURE.md")) == package_tree.tree()


def test_every_module_says_what_it_is() -> None:
    """The tree has no empty line."""
    silent = [line for line in package_tree.tree().split("\n")[1:-2] if " " not in line.strip()]

    assert silent == []


def test_every_layer_is_in_the_table() -> None:
    """The table of layers has the packages that the import contracts have, in their order."""
    layers = re.search(r"\nlayers = \[\n(.+?)\n\]", text_of("pyproject.toml"), re.DOTALL)
    assert layers is not None
    expected = re.findall(r"\w+", layers[1])
    table = text_of("docs/ARCHITECTURE.md").partition("| package | it knows |")[2]
    rows = re.findall(r"^\| (`.+?) \|", table.partition("\n\n")[0], re.MULTILINE)

    found = [name.strip("/").removesuffix(".py") for row in rows for name in row.split("`")[1::2]]

    assert sorted(found) == sorted(expected)
    assert [name for name in found if name in PACKAGES] == [
        name for name in expected if name in PACKAGES
    ]


PACKAGES = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}


def test_nothing_points_outside_the_repository() -> None:
    """What a maintainer needs is here, for a newcomer has nothing else."""
    outside = re.compile(r"\.\./shared/|(?<!facebook)research/|builtin-model\.md")
    folders = ("server", "tests", "docs", "grammars", "benchmarks", "training", "scripts")
    files = [
        *(path for folder in folders for path in (ROOT / folder).rglob("*")),
        *(ROOT / "vscode-client" / "src").iterdir(),
        *ROOT.glob("*.md"),
    ]
    texts = [path for path in files if path.suffix in TEXTS and path != Path(__file__)]

    pointing = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in texts
        if (found := outside.search(path.read_text("utf-8", "replace")))
    ]

    assert len(texts) > 500
    assert pointing == []
