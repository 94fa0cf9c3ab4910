"""Conversations rendered by the model's own chat template, in jinja2's sandbox.

A template comes with a model somebody downloaded: it may not reach Python. And what messages say
may not reach the template's markers: a file that contains `<|im_start|>system` is text, so the
contents are rendered as placeholders and put in afterwards, marked as data.
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jinja2
import jinja2.sandbox

from ownstack.engine.protocol import Message
from ownstack.errors import EngineError


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a rendered conversation."""

    text: str
    control: bool
    """The template wrote it, so that markers in it are markers; otherwise it is data."""


def render(template: str, messages: Sequence[Message], *, bos: str, eos: str) -> list[Part]:
    """Return the prompt that asks for the assistant's next message.

    Raises:
        EngineError: the template refuses the messages or is broken.
    """
    nonce = secrets.token_hex(8)
    holders = {f"OWNSTACK{nonce}N{number}E": m.content for number, m in enumerate(messages)}
    text = _rendered(template, list(zip(messages, holders, strict=True)), bos, eos)
    if any(text.count(holder) != 1 for holder in holders):
        # The template looks into contents or leaves one out; data is then told apart by a
        # second rendering that has it in place.
        plain = [(message, message.content) for message in messages]
        return [Part(_rendered(template, plain, bos, eos), control=False)]
    parts: list[Part] = []
    for holder, content in holders.items():
        before, text = text.split(holder, 1)
        parts += [Part(before, control=True), Part(content, control=False)]
    return [part for part in [*parts, Part(text, control=True)] if part.text]


def _rendered(template: str, messages: Sequence[tuple[Message, str]], bos: str, eos: str) -> str:
    try:
        text: str = _compiled(template).render(
            messages=[{"role": message.role, "content": text} for message, text in messages],
            add_generation_prompt=True,
            bos_token=bos,
            eos_token=eos,
            tools=None,
            raise_exception=_refuse,
        )
        return text
    except (jinja2.TemplateError, TypeError, ValueError, KeyError, AttributeError) as error:
        raise EngineError(f"The model's chat template does not take this: {error}.") from error


@functools.lru_cache(maxsize=8)
def _compiled(template: str) -> Any:
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    return environment.from_string(template)


def _refuse(reason: str) -> None:
    raise jinja2.TemplateError(reason)
