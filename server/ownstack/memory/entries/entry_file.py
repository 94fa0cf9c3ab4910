"""A file of project memory: a Markdown list that people edit. What is not understood stays.

    # Decisions

    - Colours are given as hex.
      <!-- M001; tier 0.8; validated 2026-11-29; conversation 1a2b3c4d, turn 3 -->

An item of the list is an entry, the comment under it says where it comes from. One that was written
by hand needs no comment. Whatever else stands in a file is left as it is, byte for byte.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ownstack.errors import EventError
from ownstack.memory.entries.entry import BY_HAND, Entry, Place, cleaned, cleaned_source, unnamed
from ownstack.terminal import visible

MAX_ITEM_CHARS = 4_000
MAX_PROBLEMS = 5
"""Of one file that are told; mending those shows the next ones."""
EXAMPLE = f"<!-- M001; tier 1; validated 2026-01-31; {BY_HAND} -->"
_ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)])[ \t]{1,4}(?=\S)")
_FENCE = re.compile(r"[ ]{0,3}(?:```|~~~)")
_IS_OURS = re.compile(r"\s{0,9}[MUH][0-9a-f]{1,9}\b")
_NAME = re.compile(r"[MU]\d{1,9}")
_TIER = re.compile(r"tier (0|1|[01]\.\d{1,6}|\.\d{1,6})")


@dataclass(frozen=True, slots=True)
class _Item:
    """Where an entry stands in the lines of its file."""

    entry: Entry
    start: int
    end: int
    """The line after its last one."""
    comment: int | None
    """The line that holds what is known of it."""


@dataclass(frozen=True, slots=True)
class EntryFile:
    """A file as it was read."""

    path: str
    """As a person is told it."""
    place: Place
    lines: tuple[str, ...]
    """Without "\\n"; what does not end with one has no empty line at its end."""
    items: tuple[_Item, ...]
    problems: tuple[str, ...]
    """What cannot be read, with its line and what to do, in sentences."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(item.entry for item in self.items)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def parse(text: str, place: Place, path: str) -> EntryFile:
    """Read a file. Two entries of one name (a merge of branches) are told apart by their texts."""
    lines = text.split("\n")
    items: list[_Item] = []
    problems: list[str] = []
    taken: set[str] = set()
    stray: list[int] = []
    for start, end, kind in _blocks(lines):
        if kind == "open":
            problems.append(
                f"{path}:{start + 1}: a comment or a block of code begins here and has no end, so "
                "nothing below it is read. End it with --> or ```."
            )
        elif kind == "stray":
            stray.append(start + 1)
        elif kind == "item":
            item = _item(lines[start:end], start, end, place, path, problems)
            if item is None:
                continue
            if item.entry.name in taken or not item.entry.name:
                item = replace(item, entry=replace(item.entry, name=unnamed(item.entry.text)))
            if item.entry.name in taken:
                problems.append(f"{path}:{start + 1}: an entry above says just this. Remove one.")
                continue
            taken.add(item.entry.name)
            items.append(item)
    if stray:
        more = f" (and {len(stray) - 1} more such lines)" if len(stray) > 1 else ""
        problems.append(
            f"{path}:{stray[0]}: text outside of the list is not read{more}. Begin an entry with "
            '"- ", and a line that goes on with two spaces.'
        )
    if len(problems) > MAX_PROBLEMS:
        rest = len(problems) - MAX_PROBLEMS
        problems[MAX_PROBLEMS:] = [f"{path}: {rest} more entries cannot be read as they are."]
    return EntryFile(path, place, tuple(lines), tuple(items), tuple(problems))


def added(file: EntryFile, entry: Entry) -> str:
    """Return the text with one more entry at its end.

    Raises:
        EventError: what stands at the end of the file would swallow it.
    """
    end = _line_end(file)
    text = file.text
    if not text.strip("\ufeff \t\r\n"):
        text = f"{text}# {file.place.capitalize()}{end}"
    if not text.endswith("\n"):
        text += end
    last = max((item.end for item in file.items), default=-1)
    follows = not any(line.strip() for line in file.lines[last:]) if last >= 0 else False
    block = [f"- {cleaned(entry.text)}", f"  {comment(entry)}"]
    new = text + ("" if follows else end) + "".join(line + end for line in block)
    found = parse(new, file.place, file.path).entries
    if [item.text for item in found[len(file.items) :]] != [cleaned(entry.text)]:
        raise EventError(
            f"{file.path} ends in a comment or a block of code that has no end, so nothing can be "
            "added to it.",
            "End it with --> or ```, and try again.",
        )
    return new


def changed(file: EntryFile, name: str, entry: Entry) -> str:
    """Return the text with an entry as it now stands; comments of others in it stay.

    Raises:
        EventError: the file has no entry of this name.
    """
    item = _named(file, name)
    block = list(file.lines[item.start : item.end])
    carriage = "\r" if block[0].endswith("\r") else ""
    about = f"  {comment(entry)}{carriage}"
    if cleaned(entry.text) != item.entry.text:
        others = [
            f"  <!--{rest.rstrip()}{carriage}"
            for index, (_head, mark, rest) in enumerate(line.rpartition("<!--") for line in block)
            if mark and rest.rstrip().endswith("-->") and item.start + index != item.comment
        ]
        block = [f"- {cleaned(entry.text)}{carriage}", *others, about]
    elif item.comment is None:
        if item.end == len(file.lines) and not block[-1].endswith("\r"):
            block[-1] += carriage
        block.append(about)
    else:
        at = item.comment - item.start
        head = block[at].rpartition("<!--")[0].rstrip()
        block[at] = f"{head} {about.strip(' ')}" if head else about
    return _with_lines(file, item, block)


def removed(file: EntryFile, name: str) -> str:
    """Return the text without an entry.

    Raises:
        EventError: the file has no entry of this name.
    """
    return _with_lines(file, _named(file, name), [])


def comment(entry: Entry) -> str:
    """Return what a file says of an entry beside its text."""
    parts = [entry.name, f"tier {round(entry.tier, 2):g}"]
    if entry.validated is not None:
        parts.append(f"validated {entry.validated.isoformat()}")
    return f"<!-- {'; '.join([*parts, cleaned_source(entry.source)])} -->"


def _with_lines(file: EntryFile, item: _Item, block: Sequence[str]) -> str:
    return "\n".join([*file.lines[: item.start], *block, *file.lines[item.end :]])


def _named(file: EntryFile, name: str) -> _Item:
    for item in file.items:
        # Its own name may be that of an entry of another file.
        if name in (item.entry.name, unnamed(item.entry.text)):
            return item
    raise EventError(f"{file.path} has no entry {name}.", "`ownstack memory list` shows all.")


def _line_end(file: EntryFile) -> str:
    return "\r\n" if file.lines[0].endswith("\r") else "\n"


def _blocks(lines: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Yield what stands in a file: items, stray lines, and what begins and never ends ("open")."""
    at = 0
    while at < len(lines):
        line = lines[at].removeprefix("\ufeff") if at == 0 else lines[at]
        start, at = at, at + 1
        words = line.strip()
        if _ITEM.match(line):
            end = at
            while at < len(lines) and (lines[at][:1] in (" ", "\t") or not lines[at].strip()):
                at += 1
                if lines[at - 1].strip():
                    end = at
            at = end
            yield start, end, "item"
        elif words.startswith("<!--") or _FENCE.match(line):
            close = "-->" if words.startswith("<!--") else words[:3]
            rest = words[4:] if close == "-->" else ""
            if close == "-->" and close in rest:
                continue
            while at < len(lines) and not _closes(lines[at], close):
                at += 1
            if at == len(lines):
                yield start, at, "open"
            at += 1
        elif words and not words.startswith("#"):
            yield start, at, "stray"


def _closes(line: str, close: str) -> bool:
    return close in line if close == "-->" else line.strip().startswith(close)


def _item(
    block: Sequence[str], start: int, end: int, place: Place, path: str, problems: list[str]
) -> _Item | None:
    """Return the entry of an item; None, and a problem, if there is no reading it."""
    texts: list[str] = []
    about: tuple[str, float, datetime.date | None, str] | None = None
    comment_line = None
    if sum(map(len, block)) > MAX_ITEM_CHARS:
        problems.append(
            f"{path}:{start + 1}: an entry of more than {MAX_ITEM_CHARS:,} characters is not "
            "read. Make it one or two sentences."
        )
        return None
    for index, line in enumerate(block):
        text = line.removeprefix("\ufeff") if start + index == 0 else line
        text = _ITEM.sub("", text, count=1) if index == 0 else text
        head, mark, rest = text.rpartition("<!--")
        if not mark or not rest.rstrip().endswith("-->"):
            texts.append(text)
            continue
        texts.append(head)
        said = rest.rstrip()[:-3]
        if not _IS_OURS.match(said):
            continue  # A comment of somebody's.
        try:
            if about is not None:
                raise ValueError("the entry has one already")
            about, comment_line = _about(said), start + index
        except ValueError as error:
            problems.append(
                f"{path}:{start + index + 1}: this comment is not understood: {error}. It reads "
                f"like {EXAMPLE}; mend or remove it."
            )
    words = visible(" ".join(" ".join(texts).split()))
    if not any(character.isalnum() for character in words):
        problems.append(f"{path}:{start + 1}: an entry without text is not read. Remove it.")
        return None
    name, tier, validated, source = about or ("", 1.0, None, BY_HAND)
    entry = Entry(name, words, place, tier, validated, source, start + 1)
    return _Item(entry, start, end, comment_line)


def _about(said: str) -> tuple[str, float, datetime.date | None, str]:
    """Return name, tier, day of validation and source.

    Raises:
        ValueError: it says something else; why is in words.
    """
    name, *parts = (part.strip() for part in said.split(";"))
    if not _NAME.fullmatch(name):
        raise ValueError("its name is no M001")
    tier, validated, sources = 1.0, None, list[str]()
    for part in parts:
        if part.startswith("tier"):
            found = _TIER.fullmatch(part)
            if found is None or float(found[1]) > 1:
                raise ValueError("the tier is a number from 0 to 1")
            tier = float(found[1])
        elif part.startswith("validated"):
            try:
                validated = datetime.date.fromisoformat(part.removeprefix("validated").strip())
            except ValueError:
                raise ValueError("the day is written as 2026-01-31") from None
        else:
            sources.append(part)
    if len(sources) > 1:
        raise ValueError("it has more parts than name, tier, validated and a source")
    return name, tier, validated, cleaned_source(sources[0]) if sources else BY_HAND
