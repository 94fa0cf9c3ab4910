"""Small edit tasks in copies of standard modules, and the project that each of them begins with.

A task names a function of a module and what is done to it. It was made from one text of that
function, which its digest tells: where this Python has another one, the task is skipped.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from benchmarks.edits.trees import found, parsed, segment

Kind = Literal["rename", "parameter", "extract", "bug", "docstring"]
FOLDER = "vendored"
"""A package, so that a copy of a module hides none that the tests' runner imports."""
SETTINGS = "[pytest]\naddopts = -p no:asyncio -p no:hypothesispytest -p no:xdist\n"
"""What of pytest's plugins is installed here is no part of the project."""


@dataclass(frozen=True, slots=True)
class Rename:
    """A local name becomes another one."""

    kind: ClassVar[Kind] = "rename"
    module: str
    function: str
    """Qualified, such as "Calendar.itermonthdays"."""
    digest: str
    old: str
    new: str

    @property
    def instruction(self) -> str:
        """In a user's words."""
        return f"Rename the local variable `{self.old}` to `{self.new}`, wherever it is used."


@dataclass(frozen=True, slots=True)
class AddParameter:
    """A function gets a parameter with a default, and does as before without it."""

    kind: ClassVar[Kind] = "parameter"
    module: str
    function: str
    digest: str
    signature: str
    """All parameters, as they shall be."""
    name: str
    meaning: str
    """What the new one does, in a user's words."""
    old_calls: tuple[str, ...]
    """Expressions in the module that give what they gave."""
    new_calls: tuple[tuple[str, str], ...]
    """Expressions with the parameter, and what each of them gives."""

    @property
    def default(self) -> str:
        """As it is written."""
        arguments = signature_of(self.signature)
        return ast.unparse(arguments.defaults[-1])

    @property
    def instruction(self) -> str:
        """In a user's words."""
        short = self.function.rpartition(".")[2]
        return (
            f"Add a last parameter `{self.name}` with the default `{self.default}`: {self.meaning} "
            f"The signature is then `{short}({self.signature})`. Without it, results are as before."
        )


@dataclass(frozen=True, slots=True)
class Extract:
    """A part of a function becomes a function of its own, which the first one calls."""

    kind: ClassVar[Kind] = "extract"
    module: str
    function: str
    digest: str
    new: str
    parameters: str
    part: str
    """What is taken out, in a user's words."""
    goes: str
    """Text of the part, as `ast.unparse` writes it: no longer in the first function."""
    stays: str
    """Text of the first function that is none of the part's."""
    calls: tuple[str, ...]

    @property
    def instruction(self) -> str:
        """In a user's words."""
        short = self.function.rpartition(".")[2]
        return (
            f"Move {self.part} out of `{short}` into a new function "
            f"`{self.new}({self.parameters})`, which stands above it, returns the result, and is "
            f"called by `{short}`."
        )


@dataclass(frozen=True, slots=True)
class FixBug:
    """One expression of a function is wrong, which a test of the project shows."""

    kind: ClassVar[Kind] = "bug"
    module: str
    function: str
    digest: str
    right: str
    """Text of the function, which occurs in it once."""
    wrong: str
    """What stands in its place."""
    examples: tuple[tuple[str, str], ...]
    """Calls of the function and what they give, for the test; not all of them with the bug."""
    hidden: tuple[str, ...]
    """Further calls, which judge."""
    instruction: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class WriteDocstring:
    """A function has lost its docstring and gets one."""

    kind: ClassVar[Kind] = "docstring"
    module: str
    function: str
    digest: str
    instruction: ClassVar[str] = ""


Task: TypeAlias = Rename | AddParameter | Extract | FixBug | WriteDocstring


@dataclass(frozen=True, slots=True)
class Project:
    """What a task begins with."""

    task: Task
    path: str
    """Of the file that is edited, in the project, with slashes."""
    original: str
    """The module, as this Python has it."""
    text: str
    """The file's."""
    others: Mapping[str, str]
    """Texts of the project's other files, by path."""

    @property
    def cursor(self) -> int:
        """Where a user's cursor stands: on the function's name."""
        line = found(parsed(self.text), self.task.function).lineno
        start = sum(len(each) + 1 for each in self.text.split("\n")[: line - 1])
        return self.text.index("def ", start) + len("def ")


@dataclass(frozen=True, slots=True)
class Skipped:
    """A task that cannot be made on this Python."""

    task: Task
    reason: str


def begun(task: Task) -> Project | Skipped:
    """Return what a task begins with, or why it cannot be made here."""
    try:
        original = inspect.getsource(importlib.import_module(task.module))
    except (ImportError, OSError, TypeError) as error:
        return Skipped(task, f"The text of {task.module} is not to be had: {error}")
    try:
        code = segment(original, task.function)
    except LookupError:
        return Skipped(task, f"{task.module} has no {task.function} on this Python.")
    if digest_of(code) != task.digest:
        return Skipped(task, f"{task.module}.{task.function} is another one on this Python.")
    name = task.module.rpartition(".")[2]
    others = {f"{FOLDER}/__init__.py": "", "pytest.ini": SETTINGS}
    text = original
    if isinstance(task, FixBug):
        assert code.count(task.right) == 1
        text = original.replace(code, code.replace(task.right, task.wrong), 1)
        others[f"test_{name}.py"] = _test_file(task, name)
    elif isinstance(task, WriteDocstring):
        text = original.replace(code, _without_docstring(original, task.function), 1)
    return Project(task, f"{FOLDER}/{name}.py", original, text, others)


def digest_of(code: str) -> str:
    """Return what tells one text of a function from another."""
    return hashlib.sha256(code.encode()).hexdigest()[:12]


def signature_of(parameters: str) -> ast.arguments:
    """Return parameters, parsed."""
    tree = ast.parse(f"def function({parameters}): ...")
    assert isinstance(tree.body[0], ast.FunctionDef)
    return tree.body[0].args


def _test_file(task: FixBug, name: str) -> str:
    short = task.function.rpartition(".")[2]
    lines = (f"    assert {call} == {gives}" for call, gives in task.examples)
    return "\n".join(
        (
            f"from {FOLDER}.{name} import {short}",
            "",
            "",
            f"def test_{short.strip('_')}():",
            *lines,
            "",
        )
    )


def _without_docstring(text: str, function: str) -> str:
    node = found(parsed(text), function)
    first = node.body[0]
    assert ast.get_docstring(node) is not None
    lines = text.split("\n")
    rest = "\n".join(lines[first.end_lineno : node.end_lineno]).lstrip("\n")
    return "\n".join((*lines[node.lineno - 1 : first.lineno - 1], rest))
