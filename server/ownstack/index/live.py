"""An index that follows its folder, by a thread of its own."""

from __future__ import annotations

import logging
import threading
import time

from ownstack.errors import OwnstackError
from ownstack.files.listing import Changes, Listing
from ownstack.files.publisher import RETRY_S, News, Publisher
from ownstack.index.project import ProjectIndex
from ownstack.index.status import Report

log = logging.getLogger(__name__)

TIDY_S = 60.0
RETRY_LATEST_S = 120.0
"""Work that failed is done again after `RETRY_S`, each time twice as late, up to so late."""


class LiveIndex:
    """An index that is kept true from now on until `close`, and closed with this."""

    def __init__(
        self, index: ProjectIndex, publisher: Publisher, report: Report | None = None
    ) -> None:
        """Begin with a comparison of the whole folder; `report` is called by the thread."""
        self.index = index
        self.publisher = publisher
        self._report = report
        self._news = News()
        self._tidied = time.monotonic()
        self._retry_s: float | None = None
        """Time from now to another try, if the last work failed."""
        self._n_failed = 0
        publisher.subscribe(self._news.put)
        index.notice = publisher.message
        self._thread = threading.Thread(target=self._run, name="index-follow", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End all work in good order."""
        self.index.stop()
        self.publisher.unsubscribe(self._news.put)
        self._news.close()
        self._thread.join()
        self.index.close()

    def _run(self) -> None:
        while not self._news.is_closed:
            self._take()

    def _take(self) -> None:
        listing, changes = self._news.take(self._retry_s)
        self._retry_s = None
        if self._news.is_closed:
            return
        if listing is None and not changes:
            self.publisher.look()
            return
        try:
            self._take_over(listing, changes)
        except Exception as error:
            self._fail(listing, error)
        finally:
            self.index.notice = self.publisher.message

    def _take_over(self, listing: Listing | None, changes: Changes) -> None:
        self.index.notice = self.publisher.message
        if listing is not None:
            self.index.refresh(self._report, listing)
            self._n_failed = 0
            self.index.warm()
        if changes and not self.index.take_changes(changes):
            self.publisher.look()
        if time.monotonic() - self._tidied > TIDY_S:
            self.index.tidy()
            self._tidied = time.monotonic()

    def _fail(self, listing: Listing | None, error: Exception) -> None:
        words = "Changes in %s could not be taken over: %s"
        if isinstance(error, OwnstackError):
            log.warning(words, self.index.root, error)
        else:
            log.error(words, self.index.root, error, exc_info=error)
        if listing is None or listing.problem is None:
            # Nobody need mend by hand what may pass: a full machine, say.
            self._retry_s = min(RETRY_LATEST_S, RETRY_S * 2 ** min(self._n_failed, 10))
            self._n_failed += 1
