"""The extension and this program mean the same files by their names."""

from __future__ import annotations

from pathlib import Path

from ownstack.kept import editors

NAMES = Path(__file__).parents[2] / "vscode-client" / "src" / "install" / "names.ts"


def test_environments_are_called_as_the_extension_calls_them() -> None:
    text = NAMES.read_text("utf-8")

    assert f"ENVIRONMENT = /^{editors._ENVIRONMENT.pattern}$/;" in text
    assert f"REMAINS = /^(?:{editors._REMAINS.pattern})$/;" in text
    assert f"PARTIAL = /^(?:{editors._PARTIAL.pattern})$/;" in text
    assert f"USE = /^(?:{editors._USE.pattern})$/;" in text
    for name in (*editors._FILES, editors._FIRST, editors._FOLDER, editors._USES):
        assert f"'{name}'" in text
