"""Takes llama.cpp from a folder of wheels when this program is installed from its sources.

`OWNSTACK_WHEELHOUSE` names the folder. Without it llama-cpp-python is compiled, as its source
package asks for. hatchling runs this, in an environment with what hatchling brings and no more.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import sys_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

VARIABLE = "OWNSTACK_WHEELHOUSE"
LIBRARY = "llama-cpp-python"


class WheelhouseHook(BuildHookInterface):
    """Adds the wheel to what the built package says it depends on.

    So it is for packages that are installed where they are built: whoever builds one to carry it
    elsewhere leaves the variable unset.
    """

    PLUGIN_NAME = "wheelhouse"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the dependency, if the variable is set."""
        folder = os.environ.get(VARIABLE)
        if not folder:
            return
        wheel = fitting(Path(os.path.expanduser(folder)), pinned(self.metadata.core.dependencies))
        build_data["dependencies"].append(f"{LIBRARY} @ {wheel.resolve().as_uri()}")


def pinned(dependencies: list[str]) -> str:
    """Return the version at which the project pins the library."""
    for dependency in dependencies:
        found = re.fullmatch(rf"{LIBRARY}==([\w.]+)", dependency)
        if found:
            return found[1]
    raise SystemExit(f"pyproject.toml pins no {LIBRARY} (a line {LIBRARY}==VERSION).")


def fitting(folder: Path, version: str) -> Path:
    """Return the wheel of the library that this Python can take; of two, the more fitting.

    Raises:
        SystemExit: there is none; the message is what pip shows.
    """
    ranks = {tag: rank for rank, tag in enumerate(sys_tags())}
    found = []
    for wheel in folder.glob("llama_cpp_python-*.whl"):
        try:
            _, release, _, tags = parse_wheel_filename(wheel.name)
        except InvalidWheelFilename:
            continue
        fits = [ranks[tag] for tag in tags if tag in ranks]
        if str(release) == version and fits:
            found.append((min(fits), wheel.name, wheel))
    if not found:
        raise SystemExit(
            f"{VARIABLE} is {folder}, which holds no wheel of {LIBRARY} {version} for this Python "
            f"and system. Unset it to compile llama.cpp, or name a folder that "
            f"`scripts/package wheelhouse` made."
        )
    return min(found)[2]
