"""What each message about adapters does: convert, ask the store, convert."""

from __future__ import annotations

from functools import partial

from ownstack.app.learning import listing
from ownstack.learning.adapters.store import AdapterStore
from ownstack.lsp.handlers import refusing
from ownstack.lsp.learning_messages import (
    AdapterParams,
    AdapterReport,
    AdaptersParams,
    AdaptersResult,
)
from ownstack.lsp.window import WindowServer

TROUBLE = "What was learned cannot be changed"
MAX_ID_CHARS = 64


async def list_adapters(ls: WindowServer, params: AdaptersParams) -> AdaptersResult:
    with refusing("What was learned cannot be read"):
        return await ls.session.beside.run(partial(_listed, ls))


async def use(ls: WindowServer, params: AdapterParams) -> AdaptersResult:
    """Let an adapter serve where it was trained for, in all windows."""
    with refusing(TROUBLE):
        chosen = partial(ls.host.learned.store.use, params.id[:MAX_ID_CHARS])
        await ls.session.beside.run(chosen)
        return await _told(ls)


async def roll_back(ls: WindowServer, params: AdapterParams) -> AdaptersResult:
    """Let the predecessor of an adapter serve again in its place, in all windows."""
    with refusing(TROUBLE):
        store = ls.host.learned.store
        await ls.session.beside.run(partial(listing.go_back_from, store, params.id[:MAX_ID_CHARS]))
        return await _told(ls)


async def report(ls: WindowServer, params: AdapterParams) -> AdapterReport:
    with refusing("The report cannot be made"):
        page = partial(listing.report, ls.host.learned.store, params.id[:MAX_ID_CHARS])
        return AdapterReport(await ls.session.beside.run(page))


async def _told(ls: WindowServer) -> AdaptersResult:
    await ls.host.learned.refreshed()
    return await ls.session.beside.run(partial(_listed, ls))


def _listed(ls: WindowServer) -> AdaptersResult:
    store: AdapterStore = ls.host.learned.store
    return AdaptersResult(
        listing.learned_adapters(store), listing.damaged(store), ls.session.projects.refusal
    )
