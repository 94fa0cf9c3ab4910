"""What docs/INSTALL.md, docs/LEARNING.md and the README tell people to run can be run."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from ownstack.cli import parser
from ownstack_release.__main__ import parser as release_parser

ROOT = Path(__file__).parents[1]
DOCUMENTS = ("README.md", "docs/INSTALL.md", "docs/LEARNING.md")
BLOCK = re.compile(r"^```(?:sh|console)\n(.+?)^```$", re.MULTILINE | re.DOTALL)
IMAGE = "ownstack"
"""What the container's image is called; after it stands what `ownstack` is given."""


def lines() -> Iterator[str]:
    """Yield the commands of all blocks."""
    for document in DOCUMENTS:
        for block in BLOCK.findall((ROOT / document).read_text("utf-8")):
            for line in block.splitlines():
                if document == "README.md" and not line.startswith("$ "):
                    # The two set-up commands; tests/test_readme.py runs the first.
                    continue
                yield line.removeprefix("$ ")


def called(program: str) -> list[list[str]]:
    """Return the arguments of each call of a program, in pipes and after && too."""
    found = []
    for line in lines():
        for command in re.split(r" (?:\||&&) ", line):
            words = shlex.split(command)
            names = [word.rpartition("/")[2] if "bin/" in word else word for word in words]
            if names and names[0] == "podman" and names[1] == "run" and program == IMAGE:
                # `--name ownstack` names the container.
                at = next(
                    index
                    for index, name in enumerate(names)
                    if name == IMAGE and names[index - 1] != "--name"
                )
                # Without arguments the image's own are taken.
                found += [names[at + 1 :]] if names[at + 1 :] else []
            elif names and names[0] == program:
                found.append(words[1:])
    return found


@pytest.mark.parametrize("arguments", called("ownstack"), ids=" ".join)
def test_commands_of_the_program_exist(arguments: list[str]) -> None:
    """With the options that the documents give them."""
    assert callable(parser().parse_args(arguments).run)


@pytest.mark.parametrize("arguments", called("scripts/package"), ids=" ".join)
def test_commands_of_releases_exist(arguments: list[str]) -> None:
    """With the options that the documents give them."""
    assert callable(release_parser().parse_args(arguments).run)


def test_the_documents_were_found() -> None:
    """The tests above are about something."""
    assert ["doctor"] in called("ownstack")
    assert ["serve", "keys", "add", "editor"] in called("ownstack")
    assert len(called("ownstack")) > 20
    assert len(called("scripts/package")) >= 2


def test_files_that_commands_name_exist() -> None:
    """Of this repository; the others are the reader's."""
    words = {word for line in lines() for word in shlex.split(line)}
    ours = {word for word in words if word.startswith(("packaging/", ".github/", "scripts/"))}

    assert "packaging/systemd/ownstack.service" in ours
    assert sorted(path for path in ours if not (ROOT / path).is_file()) == []


def test_settings_and_commands_of_the_editor_exist() -> None:
    """The editor's words are those of its package.json."""
    text = (ROOT / "docs" / "INSTALL.md").read_text("utf-8")
    contributed = json.loads((ROOT / "vscode-client" / "package.json").read_text("utf-8"))[
        "contributes"
    ]
    sections = contributed["configuration"]
    settings = {
        name
        for section in (sections if isinstance(sections, list) else [sections])
        for name in section["properties"]
    }
    titles = [command["title"] for command in contributed["commands"]]

    named = set(re.findall(r"`(ownstack\.[a-z]\w*(?:\.\w+)+)`", text))
    assert named - {"ownstack.service"} <= settings
    for title in re.findall(r"\*Ownstack: ([^*]+)\*", text):
        assert any(known.startswith(title) for known in titles), title


def test_the_extensions_file_is_called_what_it_is_called() -> None:
    """By its name, its platform and its version."""
    version = json.loads((ROOT / "vscode-client" / "package.json").read_text("utf-8"))["version"]
    named = re.findall(r"ownstack-(?:[a-z0-9]+-[a-z0-9]+-)?(\d[\d.]*\d)\.vsix",
                       (ROOT / "docs" / "INSTALL.md").read_text("utf-8"))  # fmt: skip

    assert named
    assert set(named) == {version}
