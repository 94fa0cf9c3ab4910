"""Data on its way through a template: placeholders go in, and what they stand for is put in later.

So what a message says cannot reach a template's markers, nor be read by the template itself. A
template may strip a text, or make JSON of it; the placeholder then stands for that.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_PLAIN = re.compile(r"[\w .,:;!?'()/+*=-]*")
"""Text in which no model's marker can stand."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a rendered conversation."""

    text: str
    control: bool
    """The template wrote it, so that markers in it are markers; otherwise it is data."""


class _Held(str):
    """The placeholder of a text. What a template strips of it is stripped of the text."""

    __slots__ = ("held", "what")
    held: Held
    what: str

    def _stripped(self, how: str, chars: str | None) -> str:
        return self.held.put(getattr(self.held.texts[str(self)], how)(chars), self.what)

    def strip(self, chars: str | None = None, /) -> str:
        return self._stripped("strip", chars)

    def lstrip(self, chars: str | None = None, /) -> str:
        return self._stripped("lstrip", chars)

    def rstrip(self, chars: str | None = None, /) -> str:
        return self._stripped("rstrip", chars)


class _HeldJson(_Held):
    """The placeholder of a JSON text, which is JSON already."""

    __slots__ = ()


class Held:
    """The data of one rendering."""

    def __init__(self) -> None:
        self._nonce = secrets.token_hex(8).upper()
        self.texts: dict[str, str] = {}
        """Placeholder → what it stands for."""
        self._kinds: dict[str, str] = {}

    def put(self, text: str, what: str = "") -> str:
        """Return a placeholder for a text; one without anything in it stands for itself.

        `what` says which kind of text it is, for `lacks`.
        """
        return self._hold(_Held, text, what) if text else ""

    def put_json(self, text: str) -> str:
        """Return a placeholder for a text that is JSON: `tojson` takes it as it is."""
        return self._hold(_HeldJson, text, "")

    def put_strange(self, value: object) -> object:
        """Return a JSON value with placeholders for those of its texts that may hold a marker."""
        if isinstance(value, str):
            return value if _PLAIN.fullmatch(value) else self.put(value)
        if isinstance(value, Mapping):
            return {self.put_strange(str(key)): self.put_strange(v) for key, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.put_strange(item) for item in value]
        return value

    def tojson(
        self,
        value: Any,
        ensure_ascii: bool = False,
        indent: int | None = None,
        separators: tuple[str, str] | None = None,
        sort_keys: bool = False,
    ) -> str:
        """The filter as transformers has it: nothing is escaped for HTML."""
        indent = min(indent, 16) if isinstance(indent, int) else None
        json_texts: list[str] = []
        written = json.dumps(
            self._quoted(value, json_texts),
            ensure_ascii=ensure_ascii,
            indent=indent,
            separators=separators,
            sort_keys=sort_keys,
        )
        for name in json_texts:
            written = written.replace(f'"{name}"', name)
        return written

    def lacks(self, rendered: str, what: str) -> bool:
        """Whether there are texts of some kind, and none of them was rendered."""
        names = [name for name, kind in self._kinds.items() if kind == what]
        return bool(names) and not any(name in rendered for name in names)

    def clear(self) -> None:
        """Begin anew."""
        self.texts.clear()
        self._kinds.clear()

    def finished(self, rendered: str) -> str:
        """Return what a template made, on which `parts` can be called."""
        return rendered

    def parts(self, rendered: str) -> list[Part] | None:
        """Return the rendered text with data in the places of its placeholders.

        None if the template took one to pieces, so that data cannot be told any more.
        """
        pattern = re.compile(f"OWNSTACK{self._nonce}N[0-9]+E")
        parts: list[Part] = []
        at = 0
        for match in pattern.finditer(rendered):
            parts.append(Part(rendered[at : match.start()], control=True))
            parts.append(Part(self.texts.get(match.group(), ""), control=False))
            at = match.end()
        parts.append(Part(rendered[at:], control=True))
        control = "".join(part.text for part in parts if part.control).upper()
        if self._nonce in control or "OWNSTACK" + self._nonce[:4] in control:
            return None
        return merged(parts)

    def _quoted(self, value: Any, json_texts: list[str]) -> Any:
        """Return a value with placeholders for texts as JSON has them; note those that are JSON."""
        if isinstance(value, _HeldJson):
            json_texts.append(str(value))
            return str(value)
        if isinstance(value, _Held):
            quoted = json.dumps(self.texts[str(value)], ensure_ascii=False)[1:-1]
            return str(self.put(quoted, value.what))
        if isinstance(value, Mapping):
            return {
                self._quoted(key, json_texts): self._quoted(item, json_texts)
                for key, item in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self._quoted(item, json_texts) for item in value]
        return value

    def _hold(self, kind: type[_Held], text: str, what: str) -> str:
        name = kind(f"OWNSTACK{self._nonce}N{len(self.texts)}E")
        name.held = self
        name.what = what
        self._kinds[str(name)] = what
        self.texts[str(name)] = text
        return name


def merged(parts: Iterable[Part]) -> list[Part]:
    """Return the same text in as few parts as can be."""
    joined: list[Part] = []
    for part in parts:
        if joined and joined[-1].control == part.control:
            joined[-1] = Part(joined[-1].text + part.text, part.control)
        elif part.text:
            joined.append(part)
    return joined
