"""Answers to the edit tasks, right ones and wrong ones, as the new text of the function."""

from __future__ import annotations

import ast
import re

from benchmarks.edits.task import (
    AddParameter,
    Extract,
    FixBug,
    Project,
    Rename,
    WriteDocstring,
)
from benchmarks.edits.trees import segment

PARAMETERS = {
    "indent": (
        ("predicate=None)", "predicate=None, skip_first=False)"),
        ("for line in text.splitlines(True):\n            yield (prefix + line if predicate(line)",
         "for number, line in enumerate(text.splitlines(True)):\n            yield (prefix + line "
         "if predicate(line) and not (skip_first and number == 0)"),
    ),
    "escape": (
        ("quote=True)", "quote=True, apostrophe='&#x27;')"),
        ('"&#x27;")', "apostrophe)"),
    ),
    "join": (("(split_command)", "(split_command, sep=' ')"), ("' '.join", "sep.join")),
    "capwords": (
        ("sep=None)", "sep=None, joiner=None)"),
        ("return (sep or ' ').join(", "return ((sep or ' ') if joiner is None else joiner).join("),
    ),
    "rgb_to_hsv": (
        ("(r, g, b)", "(r, g, b, degrees=False)", 1),
        ("    return h, s, v", "    if degrees:\n        h *= 360.0\n    return h, s, v"),
    ),
    "multimode": (
        ("(data)", "(data, at_least=1)", 1),
        ("if count == maxcount]", "if count == maxcount >= at_least]"),
    ),
    "unwrap": (
        ("(url)", "(url, prefix='URL:')", 1),
        ("url[:4] == 'URL:'", "url.startswith(prefix)"),
        ("url[4:]", "url[len(prefix):]"),
    ),
    "encodebytes": (
        ("(s)", "(s, newline=True)", 1),
        ("b2a_base64(chunk)", "b2a_base64(chunk, newline=newline)"),
    ),
}  # fmt: skip
EXTRACTED = {
    "timegm": (
        "def _days_since_epoch(year, month, day):\n"
        "    return datetime.date(year, month, 1).toordinal() - _EPOCH_ORD + day - 1",
        ("days = datetime.date(year, month, 1).toordinal() - _EPOCH_ORD + day - 1",
         "days = _days_since_epoch(year, month, day)"),
    ),
    "dirname": (
        "def _without_slashes(head, sep):\n    if head and head != sep*len(head):\n"
        "        head = head.rstrip(sep)\n    return head",
        ("    if head and head != sep*len(head):\n        head = head.rstrip(sep)\n    return head",
         "    return _without_slashes(head, sep)"),
    ),
    "rgb_to_hsv": (
        "def _hue(r, g, b, maxc, rangec):\n    rc = (maxc-r) / rangec\n"
        "    gc = (maxc-g) / rangec\n    bc = (maxc-b) / rangec\n    if r == maxc:\n"
        "        h = bc-gc\n    elif g == maxc:\n        h = 2.0+rc-bc\n    else:\n"
        "        h = 4.0+gc-rc\n    return (h/6.0) % 1.0",
        (re.compile(r"    rc = .*% 1\.0\n", re.DOTALL), "    h = _hue(r, g, b, maxc, rangec)\n"),
    ),
    "correlation": (
        "def _squared_deviations(values, mean):\n"
        "    return fsum((d := value - mean) * d for value in values)",
        ("fsum((d := xi - xbar) * d for xi in x)", "_squared_deviations(x, xbar)"),
        ("fsum((d := yi - ybar) * d for yi in y)", "_squared_deviations(y, ybar)"),
    ),
    "_checknetloc": (
        "def _without_delimiters(netloc):\n    for sign in '@:#?':\n"
        "        netloc = netloc.replace(sign, '')\n    return netloc",
        (re.compile(r"    n = netloc\.replace.*'\?', ''\)\n", re.DOTALL),
         "    n = _without_delimiters(netloc)\n"),
    ),
    "get_close_matches": (
        "def _is_close(s, cutoff):\n    return (s.real_quick_ratio() >= cutoff and\n"
        "            s.quick_ratio() >= cutoff and s.ratio() >= cutoff)",
        (re.compile(r"if s\.real_quick_ratio.*s\.ratio\(\) >= cutoff:", re.DOTALL),
         "if _is_close(s, cutoff):"),
    ),
    "_replace_charref": (
        "def _numeric_charref(s):\n    if s[1] in 'xX':\n"
        "        num = int(s[2:].rstrip(';'), 16)\n    else:\n"
        "        num = int(s[1:].rstrip(';'))\n    if num in _invalid_charrefs:\n"
        "        return _invalid_charrefs[num]\n"
        "    if 0xD800 <= num <= 0xDFFF or num > 0x10FFFF:\n        return '\\uFFFD'\n"
        "    if num in _invalid_codepoints:\n        return ''\n    return chr(num)",
        (re.compile(r"        # numeric charref.*return chr\(num\)\n", re.DOTALL),
         "        return _numeric_charref(s)\n"),
    ),
    "_b32encode": (
        "def _padded(encoded, leftover):\n    if leftover == 1:\n"
        "        encoded[-6:] = b'======'\n    elif leftover == 2:\n"
        "        encoded[-4:] = b'===='\n    elif leftover == 3:\n"
        "        encoded[-3:] = b'==='\n    elif leftover == 4:\n"
        "        encoded[-1:] = b'='\n    return encoded",
        (re.compile(r"    if leftover == 1:.*\Z", re.DOTALL),
         "    return bytes(_padded(encoded, leftover))"),
    ),
}  # fmt: skip


def code_of(project: Project) -> str:
    """Return the function as the user has it."""
    return segment(project.text, project.task.function)


def right(project: Project) -> str:
    """Return the function as it shall be."""
    task, code = project.task, code_of(project)
    match task:
        case Rename():
            return re.sub(rf"\b{task.old}\b", task.new, code)
        case AddParameter():
            for old, new, *count in PARAMETERS[task.function]:
                assert old in code
                code = code.replace(old, new, *count)
            return code
        case Extract():
            new_function, *changes = EXTRACTED[task.function]
            for old, new in changes:
                pattern = re.compile(re.escape(old)) if isinstance(old, str) else old
                code, count = pattern.subn(lambda match, new=new: new, code)
                assert count == 1
            return f"{new_function}\n\n\n{code}"
        case FixBug() | WriteDocstring():
            return segment(project.original, task.function)


def wrong(project: Project) -> dict[str, str]:
    """Return functions that look as if their task was done, and part of why each of them is not."""
    task, code, done = project.task, code_of(project), right(project)
    more = {f"{done}\n\n\nEXTRA = 1": "Something else"}
    match task:
        case Rename():
            last = done.rindex("\n") + 1
            indent = done[last : len(done) - len(done[last:].lstrip())]
            return {
                re.sub(rf"\b{task.old}\b", task.new, code, count=1): "More or less",
                re.sub(rf"\b{task.old}\b", "other", code): "More or less",
                f"{done[:last]}{indent}pass\n{done[last:]}": "More or less",
            }
        case AddParameter():
            old, new = PARAMETERS[task.function][0][:2]
            default = f"{task.name}={task.default}"
            return {
                **more,
                code.replace(old, new, 1): "should give",
                done.replace(default, f"{task.name}=0", 1): "parameters are",
                f"def {task.function}({task.signature}):\n    return None": "should give",
            }
        case Extract():
            new_function = EXTRACTED[task.function][0]
            head, body = new_function.split("\n", 1)
            first = task.parameters.split(",")[0]
            return {
                f"{new_function}\n\n\n{code}": "is not called",
                f"{new_function}\n\n\n{code}\n    {task.new}()": "is not moved",
                done.replace(f"def {task.new}", "def another"): f"no {task.new}",
                done.replace(new_function, f"{head}\n    return None"): "is not moved",
                done.replace(new_function, f"{head}\n    {first} = 0\n{body}"): "should give",
                f"{done}\n\n\nEXTRA = 1": "Something else",
            }
        case FixBug():
            return {
                **more,
                code: "should give",
                _learned_by_heart(task, code): "should give",
            }
        case WriteDocstring():
            return _docstrings(done, code, has_sections=task.module == "ipaddress")


def _learned_by_heart(task: FixBug, code: str) -> str:
    """Return a function that is right for the examples and wrong as it was for anything else."""
    function = ast.parse(code).body[0]
    assert isinstance(function, ast.FunctionDef)
    for call, gives in task.examples:
        called = ast.parse(call, mode="eval").body
        assert isinstance(called, ast.Call)
        same = " and ".join(
            f"{parameter.arg} == {ast.unparse(argument)}"
            for parameter, argument in zip(function.args.args, called.args, strict=False)
        )
        function.body[1:1] = ast.parse(f"if {same}: return {gives}").body
    return ast.unparse(ast.fix_missing_locations(function))


def _docstrings(done: str, code: str, *, has_sections: bool) -> dict[str, str]:
    head, rest = code.split("\n", 1)
    indent = rest[: len(rest) - len(rest.lstrip())]

    def documented(text: str) -> str:
        lines = "".join(f"{indent}{line}\n" if line else "\n" for line in text.split("\n"))
        return f"{head}\n{lines}{rest}"

    wrong_ones = {
        code: "no docstring",
        documented('""" """'): "no docstring",
        documented("'Do what it is there for.'"): "quotes",
        documented('"""Do."""'): "says nothing",
        documented('"""Do what it does.\n\n:param x: it\n"""'): "sections",
        documented('"""Do what it does.\n\nParameters\n----------\n"""'): "sections",
        f"{done}\n{indent}pass": "More than a docstring",
    }
    if has_sections:
        wrong_ones[documented('"""Do what it does."""')] = "does not describe"
    else:
        wrong_ones[documented('"""Do what it does.\n\nArgs:\n    x: it\n"""')] = "sections"
    return wrong_ones
