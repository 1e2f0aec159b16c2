"""Reading sources into a case: kinds are found out, each source is read, and digests are looked for in all of them."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from forensics.answer import Answer, Coverage
from forensics.api.searching import search_sources

if TYPE_CHECKING:
    from forensics.case.ingest import Ingested
    from forensics.model import Record

__all__ = ["Watch", "answer_of", "read_sources"]

#: Passes records on, knowing the name of their source, and says how far they are.
Watch = Callable[[Iterable["Record"], str], Iterator["Record"]]


def read_sources(
    file: Path, locators: Sequence[str], kind: str | None, *, argv: Sequence[str], watch: Watch | None = None
) -> "Iterator[Ingested]":
    """Reads sources one after the other; each is in the case when it is yielded, or not at all.

    Args:
        file: the case, made where there is none.
        locators: where the sources are.
        kind: how to read them, instead of finding out.
        argv: the command, for the journal.
        watch: told of every record.

    Raises:
        SourceError: nothing there can be read; nothing is, then.
        CaseError: the case cannot be written.
    """
    from forensics.case import Case
    from forensics_connectors.contract import find_readers

    found = [reader for locator in locators for reader in find_readers(locator, kind)]
    with Case.open(file, write=True, new=True) as case:
        for connector, source in found:
            start = time.perf_counter()
            records = connector.read(source)
            watched = watch(records, source.name) if watch else records
            done = case.ingest(source, watched, argv=argv, connector=connector.kind)
            yield replace(done, details={**done.details, "seconds": round(time.perf_counter() - start, 2)})
        yield from search_sources(case, argv=argv)


def answer_of(rows: "Sequence[Ingested]", kind: str | None) -> "Answer[Ingested]":
    """What was read, as an answer."""
    short = any(row.unread for row in rows)
    return Answer("ingest", {"kind": kind or ""}, tuple(rows), Coverage(), short=short)
