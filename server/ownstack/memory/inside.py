"""Files of a project that a model is shown: bounded, and never from outside of it."""

from __future__ import annotations

import os
from pathlib import Path

from ownstack.errors import in_words
from ownstack.files.opening import read_regular


def read_inside(root: Path, name: str, max_bytes: int) -> tuple[bytes, bool] | str:
    """Return the bytes of a file and whether they are all, or why it is not read ("": no file).

    A link to another of the project's files is common; one that leads out of it shows a model,
    which may run elsewhere, what its owner never meant.
    """
    try:
        inside = Path(os.path.realpath(root))
        place = Path(os.path.realpath(root / name))
        if not place.is_relative_to(inside):
            return f"{name} leads out of the project, so it is not read."
        data, _status = read_regular(place, max_bytes + 1)
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        return f"{name} cannot be read: {in_words(error)}."
    return data[:max_bytes], len(data) <= max_bytes
