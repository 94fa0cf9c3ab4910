"""Says of an edited file whether it does what its task asks for, and nothing else.

Judges know nothing of the model, nor of what the product's own checks said.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from benchmarks.edits.calling import results
from benchmarks.edits.task import (
    AddParameter,
    Extract,
    FixBug,
    Project,
    Rename,
    WriteDocstring,
    signature_of,
)
from benchmarks.edits.trees import Definition, dumped_without, found, parsed

_GOOGLE = re.compile(r"^ *(Args|Returns|Yields|Raises):$", re.MULTILINE)
_OTHERS = re.compile(
    r"^ *(?:(?:Arguments|Parameters|Params|Return|Example|Examples|Note|Notes):$"
    r"|:(?:param|type|returns?|rtype|raises)\b"
    r"|(?:Parameters|Returns|Yields|Raises|Examples|Notes)\n *-{3,}$)",
    re.MULTILINE,
)


def problem(project: Project, after: str) -> str:
    """Return what is wrong with an edited file; "" if its task is done."""
    task = project.task
    try:
        tree = parsed(after)
        match task:
            case Rename():
                return _renamed(task, project, tree)
            case AddParameter():
                return _parameter(task, project, after, tree)
            case Extract():
                return _extracted(task, project, after, tree)
            case FixBug():
                return _fixed(task, project, after)
            case WriteDocstring():
                return _documented(project, after, tree)
    except SyntaxError as error:
        return f"It does not parse: {error.msg}."
    except LookupError as error:
        return f"There is no {error.args[0]}, or more than one."


def _renamed(task: Rename, project: Project, tree: ast.Module) -> str:
    wanted = parsed(project.text)
    for node in ast.walk(found(wanted, task.function)):
        if isinstance(node, ast.Name) and node.id == task.old:
            node.id = task.new
    if ast.dump(wanted) != ast.dump(tree):
        return "More or less than the name is changed."
    return ""


def _parameter(task: AddParameter, project: Project, after: str, tree: ast.Module) -> str:
    function = found(tree, task.function)
    if ast.dump(function.args) != ast.dump(signature_of(task.signature)):
        return f"The parameters are {ast.unparse(function.args)}."
    if _rest_differs(project, after):
        return "Something else of the file is changed."
    if wrong := _differs(project, after, task.old_calls):
        return wrong
    calls, values = zip(*task.new_calls, strict=True)
    return _compared(calls, results(after, calls), results(project.original, values))


def _extracted(task: Extract, project: Project, after: str, tree: ast.Module) -> str:
    old, new = found(tree, task.function), found(tree, task.new)
    if ast.dump(old.args) != ast.dump(found(parsed(project.text), task.function).args):
        return f"The parameters of {task.function} are {ast.unparse(old.args)}."
    if len(_names(new.args)) != len(_names(signature_of(task.parameters))):
        return f"The parameters of {task.new} are {ast.unparse(new.args)}."
    if not _calls(old, task.new):
        return f"{task.new} is not called by {task.function}."
    if task.goes in ast.unparse(old) or task.goes not in ast.unparse(new):
        return f"{task.goes} is not moved to {task.new}."
    if task.stays not in ast.unparse(old):
        return f"{task.stays} is no longer in {task.function}."
    if dumped_without(after, task.function, task.new) != dumped_without(
        project.text, task.function
    ):
        return "Something else of the file is changed."
    return _differs(project, after, task.calls)


def _fixed(task: FixBug, project: Project, after: str) -> str:
    if _rest_differs(project, after):
        return "Something else of the file is changed."
    return _differs(project, after, (*(call for call, _ in task.examples), *task.hidden))


def _documented(project: Project, after: str, tree: ast.Module) -> str:
    function = found(tree, project.task.function)
    docstring = ast.get_docstring(function)
    if docstring is None or not docstring.strip():
        return "There is no docstring."
    if wrong := _against_convention(project, after, function, docstring):
        return wrong
    del function.body[0]
    if ast.dump(tree) != ast.dump(parsed(project.text)):
        return "More than a docstring is changed."
    return ""


def _against_convention(project: Project, after: str, function: Definition, docstring: str) -> str:
    if not _written(after, function).startswith(_usual_quotes(project.text)):
        return "Its quotes are none that the module uses."
    if len(docstring.split()) < 3:
        return "It says nothing."
    if _OTHERS.search(docstring):
        return "It has sections that the module's docstrings do not have."
    has_sections = _GOOGLE.search(docstring) is not None
    if not _is_google(project.text):
        return "It has sections, which the module's do not have." if has_sections else ""
    for name in _names(function.args) - {"self", "cls"}:
        if not re.search(rf"^ *{name}(?: \([^\n]*\))?: *\S", docstring, re.MULTILINE):
            return f"It does not describe {name} as the module's do."
    return "" if has_sections else "It has no sections, which the module's have."


def _rest_differs(project: Project, after: str) -> bool:
    function = project.task.function
    return dumped_without(after, function) != dumped_without(project.text, function)


def _differs(project: Project, after: str, calls: tuple[str, ...]) -> str:
    """Return what is not as in the module itself."""
    return _compared(calls, results(after, calls), results(project.original, calls))


def _compared(
    calls: Sequence[str], given: Sequence[str] | None, wanted: Sequence[str] | None
) -> str:
    assert wanted is not None
    if given is None:
        return "It cannot be run, or does not end."
    wrong = [
        f"{call} gives {was}, and should give {should}."
        for call, was, should in zip(calls, given, wanted, strict=True)
        if was != should
    ]
    return wrong[0] if wrong else ""


def _names(arguments: ast.arguments) -> set[str]:
    return {each.arg for each in ast.walk(arguments) if isinstance(each, ast.arg)}


def _calls(function: Definition, name: str) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
        for node in ast.walk(function)
    )


def _docstrings(tree: ast.Module) -> list[tuple[Definition, str]]:
    functions = [node for node in ast.walk(tree) if isinstance(node, Definition)]
    return [(node, text) for node in functions if (text := ast.get_docstring(node))]


def _is_google(text: str) -> bool:
    """Say whether docstrings of functions mostly have sections, as far as they are long."""
    long = [docstring for _, docstring in _docstrings(parsed(text)) if "\n\n" in docstring]
    return 2 * sum(_GOOGLE.search(docstring) is not None for docstring in long) > len(long)


def _usual_quotes(text: str) -> str:
    """Return with what docstrings of a module begin; "" if some do and others do not."""
    written = [_written(text, node) for node, _ in _docstrings(parsed(text))]
    triple = sum(each.startswith('"""') for each in written)
    return '"""' if 2 * triple >= len(written) else ""


def _written(text: str, function: Definition) -> str:
    """Return a docstring as it stands in the file, without a prefix."""
    expression = function.body[0]
    code = ast.get_source_segment(text, expression) or ""
    return code.lstrip("rRuU")
