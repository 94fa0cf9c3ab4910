"""The user's file of servers is read with patience, and only an "always" is written into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack.chat.mcp.servers_file import MAX_SERVERS, ServersFile


def read(tmp_path: Path, content: str) -> tuple[tuple[object, ...], tuple[str, ...]]:
    file = tmp_path / "mcp.toml"
    file.write_text(content, "utf-8")
    return ServersFile(file).read()


def test_a_server(tmp_path: Path) -> None:
    (entry,), problems = read(
        tmp_path,
        '[servers.docs]\ncommand = "docs"\nargs = ["--stdio"]\nenv = ["TOKEN"]\ntimeout_s = 5\n',
    )

    assert problems == ()
    assert (entry.name, entry.command, entry.arguments) == ("docs", "docs", ("--stdio",))
    assert (entry.variables, entry.timeout_s) == (("TOKEN",), 5)


def test_no_file_is_no_problem(tmp_path: Path) -> None:
    assert ServersFile(tmp_path / "none.toml").read() == ((), ())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[servers.docs", "is damaged"),
        ("servers = 7", "must be tables"),
        ("[servers]\ndocs = 7", "has no command"),
        ("[servers.docs]\ncommand = 7", "has no command"),
        ('[servers.docs]\ncommand = " "', "no usable command"),
        ('[servers."A b"]\ncommand = "x"', "can be called"),
        ('[servers.docs]\ncommand = "x"\nargs = "a b"', "args of docs must be a list"),
        ('[servers.docs]\ncommand = "x"\nenv = ["TOKEN=abc"]', "something else than names"),
        ('[servers.docs]\ncommand = "x"\ntimeout_s = 0', "timeout_s of docs"),
        ('[servers.docs]\ncommand = "x"\ntimeout_s = true', "timeout_s of docs"),
        ('[servers.docs]\ncommand = "x"\nurl = "http://x"', "unknown field url"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, content: str, says: str) -> None:
    """The other servers are used all the same."""
    content = content if "damaged" in says or "tables" in says else (
        f'{content}\n[servers.good]\ncommand = "x"\n'
    )  # fmt: skip

    entries, problems = read(tmp_path, content)

    assert says in problems[0]
    assert [entry.name for entry in entries] in ([], ["good"])
    assert ("good" in content) == bool(entries)


def test_too_many(tmp_path: Path) -> None:
    entries, problems = read(
        tmp_path, "".join(f'[servers.s{n}]\ncommand = "x"\n' for n in range(MAX_SERVERS + 4))
    )

    assert len(entries) == MAX_SERVERS
    assert "Only the first" in problems[0]


def test_always_is_remembered_for_the_very_tool(tmp_path: Path) -> None:
    """Comments stay, and another description is another tool."""
    file = tmp_path / "mcp.toml"
    file.write_text('# mine\n[servers.docs]\ncommand = "docs"\n', "utf-8")
    (entry,), _ = ServersFile(file).read()
    mark = entry.fingerprint("find", "Finds.", {})

    ServersFile(file).allow("docs", "find", mark)

    (entry,), _ = ServersFile(file).read()
    assert entry.allowed == {"find": mark}
    assert file.read_text("utf-8").startswith("# mine\n")
    assert entry.fingerprint("find", "Finds, and sends.", {}) != mark
