"""What a window may read of its folders."""

from pathlib import Path

from ownstack.app.host import Host
from ownstack.app.session import Session
from ownstack.completion.suggestion import Trigger
from ownstack.paths import Home

LINE = "connection = open_connection(host, port)\n"


async def said(folder: Path, home: Path, *, trusted: bool) -> str | None:
    """What a window suggests after a line that only a file deep in the folder has."""
    host = Host(Home.below(home), mode="inProcess")
    session = Session(host)
    try:
        session.configure({"index": {"enabled": False}})
        session.trust(trusted)
        session.use_folders([folder.as_uri()])
        session.start()
        uri = (folder / "here.py").as_uri()
        session.open(uri, "python", 1, "connection = op\n")
        await session.read_folders(60.0)
        answer = await session.complete(uri, 15, Trigger.INVOKED)
        return answer.suggestion.text if answer.suggestion else None
    finally:
        await session.close()
        await host.close()


async def test_files_of_a_trusted_folder_are_known(tmp_path: Path) -> None:
    """However deep they are, without an index; those of one that is not trusted are not read."""
    folder = tmp_path / "project"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "there.py").write_text(LINE)

    assert await said(folder, tmp_path / "home", trusted=True) == "en_connection(host, port)"
    assert await said(folder, tmp_path / "other", trusted=False) is None
    assert not (tmp_path / "other" / "cache" / "echo").exists()
