"""Grammars of tool calls: whatever a model calls is a tool that exists, with arguments that fit."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence

from ownstack.engine.chat_formats.formats import CallStyle, ChatFormat
from ownstack.engine.llama.chat.gbnf import json_text, literal
from ownstack.engine.llama.chat.schema_grammar import schema_grammar
from ownstack.engine.messages import Tool

MAX_LISTED = 8
_BLANK = 'blank ::= | " " | "\\n"{1,2} [ \\t]{0,20}'
_LINES = (
    'lines ::= line ("\\n" line)*\n'
    r'line ::= ([^<\n] [^\n]* | "<" [^/\n] [^\n]* | "</" [^p\n] [^\n]*)?'
)
"""Text of which no line begins as the end of a parameter does."""


@functools.lru_cache(maxsize=16)
def _rules_of(schema: str, prefix: str) -> str:
    """Return the rules of a JSON schema; its root is `<prefix>root`."""
    return schema_grammar(json.loads(schema), prefix)


def of_arguments(tool: Tool) -> str:
    """Return GBNF for the arguments of one tool.

    Raises:
        EngineError: its schema cannot be used.
    """
    return f"root ::= blank t-root\n{_rules_of(_schema(tool), 't-')}\n{_BLANK}\n"


def of_calls(chat_format: ChatFormat, tools: Sequence[Tool], *, marked: bool = True) -> str:
    """Return GBNF for what follows the mark of a call: a list of calls where that is the style.

    With `marked=False` for a call that a model writes without any mark, which is a JSON object.

    Raises:
        EngineError: the schema of a tool cannot be used.
    """
    style = chat_format.calls if marked else CallStyle.BARE
    rules = [_BLANK]
    calls: list[str] = []
    for number, tool in enumerate(tools):
        if style is CallStyle.FUNCTION:
            calls.append(f"t{number}")
            rules += _function(f"t{number}", tool)
            continue
        prefix = f"t{number}-"
        rules.append(_rules_of(_schema(tool), prefix))
        calls.append(_call(style, chat_format.arguments_key, tool, prefix))
    one = "call ::= " + " | ".join(calls)
    root = "root ::= blank call"
    if style is CallStyle.LISTED:
        more = f'("," blank call){{0,{MAX_LISTED - 1}}}'
        root = f'root ::= blank "[" blank call {more} blank "]"'
    if style is CallStyle.FUNCTION:
        rules.append(_LINES)
    return "\n".join([root, one, *rules]) + "\n"


def of_header(tools: Sequence[Tool]) -> str:
    """Return GBNF for a call behind `to=functions.`: name, kind of content, arguments."""
    rules, calls = [_BLANK], []
    for number, tool in enumerate(tools):
        prefix = f"t{number}-"
        rules.append(_rules_of(_schema(tool), prefix))
        head = literal(f"{tool.name} <|constrain|>json<|message|>")
        calls.append(f"{head} {prefix}root")
    return "\n".join(["root ::= " + " | ".join(calls), *rules]) + "\n"


def _call(style: CallStyle, key: str, tool: Tool, prefix: str) -> str:
    if style is CallStyle.NAMED:
        number = literal("[CALL_ID]") + " [a-zA-Z0-9]{9}"
        return f"{literal(tool.name)} ({number})? {literal('[ARGS]')} {prefix}root"
    name = literal(json_text(tool.name))
    return (
        f'"{{" blank {literal(json.dumps("name"))} ":" blank {name} "," blank '
        f'{literal(json.dumps(key))} ":" blank {prefix}root blank "}}"'
    )


def _function(rule: str, tool: Tool) -> list[str]:
    """Return the rules of `<function=name>…</function></tool_call>`, with values as lines."""
    properties = tool.parameters.get("properties")
    keys = list(properties) if isinstance(properties, Mapping) else []
    parameters = [
        f"{literal(f'<parameter={key}>')} {_NEWLINE} lines {_NEWLINE} "
        f"{literal('</parameter>')} {_NEWLINE}"
        for key in keys
    ]
    some = f"({' | '.join(parameters)}){{0,{4 * len(keys)}}}" if keys else ""
    head, end = literal(f"<function={tool.name}>"), literal("</function>")
    return [f"{rule} ::= {head} {_NEWLINE} {some} {end} {_NEWLINE} {literal('</tool_call>')}"]


_NEWLINE = '"\\n"'


def _schema(tool: Tool) -> str:
    """Return the schema of a tool's arguments, which are an object in any case."""
    return json.dumps({**tool.parameters, "type": "object"})
