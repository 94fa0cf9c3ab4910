"""Notebooks as Jupyter writes them."""

from __future__ import annotations

import json
from typing import Any

PICTURE = "iVBORw0KGgo" * 50
SECRET_OUTPUT = "printed_by_the_cell"


def code(source: str, **metadata: Any) -> dict[str, Any]:
    """Return a cell of code, which was run: it has printed, and drawn."""
    outputs = [
        {"name": "stdout", "output_type": "stream", "text": [SECRET_OUTPUT]},
        {"data": {"image/png": PICTURE}, "metadata": {}, "output_type": "display_data"},
    ]
    return {
        "cell_type": "code",
        "execution_count": 1,
        "id": "same-for-all",
        "metadata": metadata,
        "outputs": outputs,
        "source": source.splitlines(keepends=True),
    }


def prose(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source.splitlines(keepends=True)}


def raw(source: str) -> dict[str, Any]:
    return {"cell_type": "raw", "metadata": {}, "source": source}


def notebook(*cells: dict[str, Any], language: str = "python", indent: int | None = 1) -> str:
    """Return the file of a notebook."""
    whole = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "x", "language": language, "name": "x"},
            "language_info": {"name": language},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, indent=indent)
