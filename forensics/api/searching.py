"""The last step of an ingest: digests that some sources name are looked for in the bytes of others."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from forensics.errors import SourceError

if TYPE_CHECKING:
    from forensics.case import Case
    from forensics.case.ingest import Ingested
    from forensics.case.search import Search
    from forensics.model import Record

__all__ = ["search_sources"]


def search_sources(case: "Case", *, argv: Iterable[str] = ()) -> "Iterator[Ingested]":
    """Searches the sources that were not searched for all this yet. It costs nothing where nothing is wanted.

    A source that is not there any more is left out, and then no code is said to be in no commit.

    Args:
        case: open for writing, with all that was read.
        argv: the command, for the journal.

    Yields:
        An acquisition for each source that was searched.
    """
    from forensics.case.search import CONNECTOR, acquired, not_committed, searches

    every = searches(case)
    waiting = [search for search in every if not search.is_done]
    if not waiting:
        return
    found: list[Record] = []
    done: list[tuple[Search, list[Record], float]] = []
    for search in waiting:
        start = time.perf_counter()
        records = _searched(search)
        if records is not None:
            done.append((search, records, time.perf_counter() - start))
            found += records
    if done and len(done) == len(waiting):
        search, records, seconds = done[-1]
        done[-1] = (search, [*records, *not_committed(case, search, found)], seconds)
    for search, records, seconds in done:
        result = case.ingest(search.source, acquired(search, records), argv=list(argv), connector=CONNECTOR)
        yield replace(result, details={**result.details, "seconds": round(seconds, 2)})


def _searched(search: "Search") -> "list[Record] | None":
    from forensics_connectors.contract import Searcher, connectors

    known = {connector.kind: connector for connector in connectors()}
    for kind in search.connectors:
        connector = known.get(kind)
        if isinstance(connector, Searcher):
            try:
                return list(connector.search(search.source, search.wanted, search.held))
            except SourceError:
                return None
    return None
