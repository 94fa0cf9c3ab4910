"""What expressions give in a module's text, run apart from this process in bounded time."""

from __future__ import annotations

import json
from functools import lru_cache

from benchmarks.edits.programs import run

NAME = "edited_module"
_MARK = "results of the calls: "
_PROGRAM = """
import json, sys, types

text, calls, name, mark = json.loads({arguments!r})
module = types.ModuleType(name)
sys.modules[name] = module
exec(compile(text, name, "exec"), module.__dict__)
results = []
for call in calls:
    try:
        results.append(repr(eval(call, dict(module.__dict__))))
    except Exception as error:
        results.append("raises " + type(error).__name__)
print("\\n" + mark + json.dumps(results))
"""


@lru_cache(maxsize=64)
def results(text: str, calls: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return what each call gives, as `repr` has it, or which error it raises.

    None if the module cannot be run, or the calls do not end in time.
    """
    arguments = json.dumps([text, calls, NAME, _MARK])
    ran = run(_PROGRAM.format(arguments=arguments))
    lines = [line for line in ran.output.splitlines() if line.startswith(_MARK)]
    if not ran.ok or not lines:
        return None
    return tuple(json.loads(lines[-1].removeprefix(_MARK)))
