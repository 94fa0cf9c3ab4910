"""Projects and files written with another indentation."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from benchmarks.infilling.sources import ProjectFiles, read_project
from ownstack.completion.lexing.blanks import indent_unit
from ownstack.document import Document

UNITS = {"two spaces": "  ", "tabs": "\t"}


def reindented(text: str, unit: str) -> str:
    """Return a text with other levels of indentation; what is less than a level stays."""
    old = indent_unit(text)
    if not old or old == unit:
        return text
    width = 4 if old == "\t" else len(old)
    lines = []
    for line in text.split("\n"):
        bare = line.lstrip(" \t")
        columns = len(line[: len(line) - len(bare)].expandtabs(width))
        lines.append(unit * (columns // width) + " " * (columns % width) + bare)
    return "\n".join(lines)


def copied(project: ProjectFiles, unit: str, folder: Path) -> ProjectFiles:
    """Write a project's files with another indentation into a folder; return them."""
    for path, document in project.documents.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(reindented(document.text, unit), "utf-8")
    return read_project(project.name, project.language, folder)


def with_text(document: Document, text: str) -> Document:
    return dataclasses.replace(document, text=text)
