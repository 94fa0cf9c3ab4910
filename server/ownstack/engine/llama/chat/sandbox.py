"""jinja2 for templates that came with a downloaded model: no way to Python, and an end in any case.

The sandbox of jinja2 keeps a template from Python's insides. Time and memory are bounded here:
every loop and every call is counted, and so is what they may have written; what makes a long text
of a short one is left out.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import jinja2
import jinja2.exceptions
import jinja2.ext
import jinja2.nodes
import jinja2.sandbox
from jinja2.runtime import Macro
from jinja2.visitor import NodeTransformer

from ownstack.errors import EngineError, in_words

MAX_TEMPLATE = 256 * 1024
"""Characters of a template; the longest in use have 20,000."""
MAX_STEPS = 500_000
MAX_TEXT = 4 * 1024 * 1024
"""Characters of any text that is made on the way, and of the outcome."""
MAX_WRITTEN = 16 * MAX_TEXT
MAX_S = 2.0
_MAX_BITS = 4_096
_MAX_INDENT = 64
_LOOK_AT_CLOCK = 32
_TEXT_METHODS_LISTED = """
strip lstrip rstrip split rsplit splitlines startswith endswith replace removeprefix
removesuffix upper lower title capitalize find rfind index count join partition rpartition
isdigit isalpha isspace isupper islower
"""
_TEXT_METHODS = frozenset(_TEXT_METHODS_LISTED.split())
_FILTERS_LISTED = """
abs capitalize count d default dictsort e escape first float int items join last length list
lower map max min reject rejectattr replace reverse round safe select selectattr sort string sum
title trim unique upper
"""
_FILTERS = frozenset(_FILTERS_LISTED.split())


class RefusedError(EngineError):
    """A template does not take these values; it may take others."""


class _Spent(jinja2.TemplateError):
    """A template has had its share."""


class _Budget:
    """What one rendering may still cost."""

    def __init__(self) -> None:
        self._steps = 0
        self._written = 0
        self._ends_s = time.monotonic() + MAX_S

    def step(self, written: int = 0) -> None:
        self._steps += 1
        self._written += written
        if self._steps > MAX_STEPS or self._written > MAX_WRITTEN:
            raise _Spent("it does not come to an end")
        if self._steps % _LOOK_AT_CLOCK == 0 and time.monotonic() > self._ends_s:
            raise _Spent("it takes too long")

    def text(self, value: Any) -> Any:
        """Pass on a value if it is not too long."""
        size = _size(value)
        if size > MAX_TEXT:
            raise _Spent("it makes too long a text")
        self.step(size)
        return value


def _size(value: object) -> int:
    return len(value) if isinstance(value, (str, bytes, list, tuple)) else 0


class _Counted:
    """What a loop goes through, each time a step."""

    def __init__(self, values: Any, budget: _Budget, written: int) -> None:
        self._values = values
        self._budget = budget
        self._written = written
        if hasattr(values, "__len__"):
            self.__class__ = _CountedSized

    def __iter__(self) -> Iterator[Any]:
        for value in self._values:
            self._budget.step(self._written)
            yield value


class _CountedSized(_Counted):
    def __len__(self) -> int:
        return len(self._values)


class _CountLoops(NodeTransformer):
    """Puts `_Counted` around what every loop goes through."""

    def visit_For(self, node: jinja2.nodes.For) -> jinja2.nodes.For:
        self.generic_visit(node)
        written = sum(len(data.data) for data in node.find_all(jinja2.nodes.TemplateData))
        argument = jinja2.nodes.Const(written)
        node.iter = jinja2.nodes.Filter(node.iter, "_counted", [argument], [], None, None)
        return node

    def visit_Concat(self, node: jinja2.nodes.Concat) -> jinja2.nodes.Expr:
        self.generic_visit(node)
        parts = jinja2.nodes.List(node.nodes)
        return jinja2.nodes.Filter(parts, "_joined", [], [], None, None)


class _Generation(jinja2.ext.Extension):
    """`{% generation %}` marks what a model is trained to write; here it means nothing."""

    tags = {"generation"}  # noqa: RUF012

    def parse(self, parser: Any) -> Any:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class _Environment(jinja2.sandbox.ImmutableSandboxedEnvironment):
    """One for each template; `budget` is that of the rendering that runs."""

    intercepted_binops = frozenset(("*", "**", "+", "%"))

    def __init__(self, template_size: int) -> None:
        super().__init__(
            trim_blocks=True,
            lstrip_blocks=True,
            optimized=False,
            extensions=["jinja2.ext.loopcontrols", _Generation],
        )
        self.budget = _Budget()
        self._template_size = template_size
        self.filters = {name: self.filters[name] for name in _FILTERS}
        self.filters["_counted"] = self._counted
        self.filters["_joined"] = self._joined
        self.filters["indent"] = self._indented
        self.globals = {
            "range": self.globals["range"],
            "namespace": self.globals["namespace"],
            "dict": dict,
            "raise_exception": _refuse,
        }

    def _parse(self, source: str, name: str | None, filename: str | None) -> Any:
        return _CountLoops().visit(super()._parse(source, name, filename))

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Of texts, only methods that write little are there."""
        if isinstance(obj, (str, bytes)) and attr not in _TEXT_METHODS:
            return False
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """Refuse `format`, which could make any length of text."""
        if super().wrap_str_format(value) is None:
            return None
        raise jinja2.exceptions.SecurityError("a template may not use format")

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Count a call, and what it wrote."""
        # Named as jinja2 names them: a template may call anything with arguments of any name.
        __self.budget.step(__self._template_size if isinstance(__obj, Macro) else 0)
        return __self.budget.text(super().call(__context, __obj, *args, **kwargs))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuse what would make something huge, before it is made."""
        sizes: list[int] = [_size(value) for value in (left, right)]
        numbers = [v for v in (left, right) if isinstance(v, int)]
        size = sum(sizes)
        if operator == "*" and size and numbers:
            huge = size * max(0, *numbers) > MAX_TEXT
        elif operator == "**":
            huge = not (isinstance(right, (int, float)) and abs(right) <= 64)
        elif operator == "%" and isinstance(left, str):
            huge = True
        else:
            huge = size > MAX_TEXT
        if huge or any(number.bit_length() > _MAX_BITS for number in numbers):
            raise _Spent("it makes too long a text")
        self.budget.step(size)
        return super().call_binop(context, operator, left, right)

    def _counted(self, values: Any, written: int) -> _Counted:
        return _Counted(values, self.budget, written)

    def _indented(self, text: Any, width: Any = 4, first: bool = False, blank: bool = False) -> str:
        if (len(width) if isinstance(width, str) else int(width)) > _MAX_INDENT:
            raise _Spent("it makes too long a text")
        margin = width if isinstance(width, str) else " " * int(width)
        lines = str(text).splitlines(keepends=True)
        self.budget.step(len(lines) * len(margin))
        return "".join(
            margin + line if (number or first) and (blank or line.strip()) else line
            for number, line in enumerate(lines)
        )

    def _joined(self, parts: Iterable[Any]) -> str:
        texts = [str(part) for part in parts]
        if sum(map(len, texts)) > MAX_TEXT:
            raise _Spent("it makes too long a text")
        self.budget.step(sum(map(len, texts)))
        return "".join(texts)


def render(
    template: str,
    values: Mapping[str, object],
    *,
    today: datetime,
    tojson: Callable[..., str],
) -> str:
    """Return what a template makes of values. One thread at a time may render.

    Raises:
        RefusedError: it is broken, or refuses the values.
        EngineError: it costs too much.
    """
    if len(template) > MAX_TEMPLATE:
        raise EngineError(*_unusable(f"it has {len(template):,} characters"))
    try:
        environment, compiled = _compiled(template)
        environment.budget = budget = _Budget()
        environment.filters["tojson"] = lambda *args, **kwargs: budget.text(tojson(*args, **kwargs))
        clock = {"strftime_now": lambda form: today.strftime(str(form)[:200])}
        pieces: list[str] = []
        for piece in compiled.generate({**values, **clock}):
            budget.text(piece)
            pieces.append(piece)
        return "".join(pieces)
    except _Spent as error:
        raise EngineError(*_unusable(str(error))) from None
    except RecursionError:
        raise EngineError(*_unusable("it calls itself without end")) from None
    except Exception as error:  # A stranger's program: it fails in whatever way it happens to.
        raise RefusedError(*_unusable(in_words(error).rstrip("."))) from error


@functools.lru_cache(maxsize=8)
def _compiled(template: str) -> tuple[_Environment, Any]:
    environment = _Environment(len(template))
    # Filters must be known when a template is compiled.
    environment.filters["tojson"] = str
    return environment, environment.from_string(template)


def _refuse(reason: str) -> None:
    raise jinja2.TemplateError(str(reason)[:500])


def _unusable(why: str) -> tuple[str, str]:
    return f"The model's chat template does not take this: {why}.", "Choose another chat model."
