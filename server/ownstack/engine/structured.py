"""Answers of a form: JSON of a schema, checked, and asked for once more if it is not."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ownstack.engine.chat import ChatAnswer
from ownstack.engine.messages import Message
from ownstack.engine.protocol import ChatModel
from ownstack.engine.requests import ChatRequest
from ownstack.engine.results import Finish
from ownstack.errors import BadAnswerError, CutOffError, EngineError, in_words

TRIES = 2
_MAX_SCHEMA = 256 * 1024


@dataclass(frozen=True, slots=True)
class Structured:
    """A value of a schema, and the answers that led to it."""

    value: Any
    answers: tuple[ChatAnswer, ...]


async def ask(model: ChatModel, request: ChatRequest, schema: Mapping[str, object]) -> Structured:
    """Ask for a JSON value of a schema; one that is none is asked for once more.

    Raises:
        CutOffError: no answer was one before it was as long as it may be.
        BadAnswerError: both answers are none; the last one is its `text`.
        OwnstackError: the schema cannot be used, or the engine failed.
    """
    validator = _validator(json.dumps(schema, sort_keys=False))
    asked = replace(request, json_schema=schema, tools=())
    answers: list[ChatAnswer] = []
    why, cut_off = "", False
    for _try in range(TRIES):
        stream = model.chat(asked)
        try:
            answers.append(await stream.result())
        finally:
            stream.cancel()
        text = answers[-1].message.text
        value, why = _checked(text, validator)
        # Of a number that was cut off, what is there is another number.
        cut_off = answers[-1].finish is Finish.LENGTH and bool(why or type(value) in (int, float))
        if cut_off:
            why = f"it was cut off after {answers[-1].usage.generated_tokens:,} tokens"
        if not why:
            return Structured(value, tuple(answers))
        again = f"That is no JSON of the schema: {why}. Answer with a shorter one that is."
        told = (*request.messages, Message.of("assistant", text), Message.of("user", again))
        asked = replace(asked, messages=told, seed=request.seed + 1)
    if cut_off:
        what = f"The answer is no whole JSON: {why}."
        hint = "Allow more tokens, or ask for less."
        raise CutOffError(what, hint, text=answers[-1].message.text)
    raise BadAnswerError(
        f"The model's answer is not of the schema: {why}.",
        "Ask for less, or choose a larger model.",
        text=answers[-1].message.text,
    )


def check_schema(schema: object) -> Mapping[str, object]:
    """Return a schema that can be used.

    Raises:
        EngineError: it is none.
    """
    if not isinstance(schema, dict):
        raise EngineError("A JSON schema is an object.", 'Such as {"type": "string"}.')
    _validator(json.dumps(schema))
    return schema


def value_of(text: str, schema: Mapping[str, object]) -> tuple[object, str]:
    """Return the value of a JSON text, and why it is none of a schema ("" if it is).

    Raises:
        EngineError: the schema cannot be used.
    """
    return _checked(text, _validator(json.dumps(schema)))


@functools.lru_cache(maxsize=64)
def _validator(schema: str) -> Any:
    """Return what checks values of a schema; it fetches nothing that the schema refers to."""
    import jsonschema
    import referencing

    if len(schema) > _MAX_SCHEMA:
        raise EngineError("The JSON schema is too large.", "Ask for less.")
    value = json.loads(schema)
    kind = jsonschema.validators.validator_for(value, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(value)
    except (jsonschema.SchemaError, RecursionError) as error:
        why = getattr(error, "message", "it refers to itself")
        raise EngineError(f"The JSON schema cannot be used: {str(why)[:200]}.") from error
    return kind(value, registry=referencing.Registry())


def _checked(text: str, validator: Any) -> tuple[object, str]:
    """Return the value of an answer, and why it is none of the schema ("" if it is)."""
    try:
        value: object = json.loads(text)
        error = next(validator.iter_errors(value), None)
    except (ValueError, RecursionError) as broken:
        return None, f"it cannot be read ({in_words(broken)})"
    except Exception as broken:  # A reference that leads nowhere is found when it is followed.
        raise EngineError(f"The JSON schema cannot be used: {in_words(broken)}.") from broken
    if error is None:
        return value, ""
    where = "/".join(str(key) for key in error.absolute_path) or "the whole"
    return None, f"{where}: {error.message[:200]}"
