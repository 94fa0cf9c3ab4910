"""What a browser would find in a page."""

from __future__ import annotations

import xml.etree.ElementTree as xml
from html.parser import HTMLParser


class Seen(HTMLParser):
    """What a browser would find."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(html: str) -> Seen:
    parser = Seen()
    parser.feed(html)
    return parser


def expect_nothing_is_fetched(html: str) -> None:
    """No script, no link to elsewhere; the page forbids itself both."""
    found = seen(html)
    assert not {"script", "link", "img", "iframe"} & set(found.tags)
    assert not [name for name, _ in found.attributes if name in ("src", "href", "srcset")]
    assert not [name for name, _ in found.attributes if name.startswith("on") or name == "style"]
    assert "url(" not in html
    assert "default-src 'none'" in html


def drawings(html: str) -> list[xml.Element]:
    """Return the drawings of a page, which are well-formed and say what they show."""
    found = [
        xml.fromstring(f"<svg{part.split('</svg>')[0]}</svg>") for part in html.split("<svg")[1:]
    ]
    for drawing in found:
        assert drawing.find("title") is not None
        assert drawing.find("desc") is not None
        assert drawing.get("role") == "img"
    return found
