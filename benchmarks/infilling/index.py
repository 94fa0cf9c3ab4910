"""The product's index of one project, ready to be asked."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from pathlib import Path

from ownstack.completion.echo import Echo, Projects
from ownstack.files.publisher import Publishers


class Index:
    """What is stored of one folder; the files in it that are open hide what is stored of them."""

    def __init__(self, root: Path, cache: Path) -> None:
        self._root = root
        self._cache = cache
        self._projects = Projects(cache, Publishers())

    @classmethod
    async def of(cls, root: Path, cache: Path) -> Index:
        """Read a folder to the end, as the product has after a while."""
        index = cls(root, cache)
        await asyncio.wrap_future(index._projects.refresh(root))
        (view,) = index._projects.views([root])
        assert view.complete, f"{root} was not read to the end"
        return index

    def echo(self) -> Echo:
        """Return an echo as a window has it."""
        return Echo(lambda: self._projects.views([self._root]), stale=self._projects.saved)

    def saved(self, path: Path) -> Future[None] | None:
        """Tell that a file was written or removed; returns what can be waited for."""
        return self._projects.saved(path)

    @property
    def size_bytes(self) -> int:
        """On disk, from where it is mapped; small segments stay in memory and do not count."""
        return sum(path.stat().st_size for path in self._cache.rglob("*") if path.is_file())

    @property
    def text_bytes(self) -> int:
        """The text of the files that are stored."""
        (view,) = self._projects.views([self._root])
        return sum(part.live_bytes for part in view.parts)

    def close(self) -> None:
        self._projects.close()
