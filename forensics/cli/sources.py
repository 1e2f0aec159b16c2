"""``ingest`` and ``sources``: what is read into a case, and what was read."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from forensics.cli.options import Shared, asking
from forensics.cli.output import emit
from forensics.model import Record
from forensics.report.text import safe

if TYPE_CHECKING:
    from forensics.case.ingest import Ingested

__all__ = ["ingest_command", "sources_command"]

_BETWEEN = 0.2  # seconds between two lines of progress


@click.command(
    "ingest",
    epilog="""\b
Examples:
  forensics ingest path/to/repo another/repo     git history and DVC metadata, all refs
  forensics ingest --kind git path/to/repo       git history alone
  forensics ingest --case fraud.duckdb repo -q   into another case, for scripts

Sources are never written to. Exits with 3 where something that could not be read may hide lineage.""",
)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--kind", metavar="KIND", help="How to read the sources (git, dvc), instead of finding out.")
@asking()
def ingest_command(shared: Shared, sources: tuple[str, ...], kind: str | None) -> None:
    """Reads sources into the case.

    A SOURCE is a git repository, with the DVC metadata in it. The case is made where there is none; a second reading
    adds only what is new, and a reading that is stopped leaves the case as it was.
    """
    from forensics.api.reading import answer_of

    done: list[Ingested] = []
    try:
        for row in _ingested(shared, sources, kind):
            done.append(row)  # noqa: PERF402 - what was done is told even if a later source fails
    except BaseException:
        if done:
            with suppress(click.exceptions.Exit):
                emit(answer_of(done, kind), shared)
        raise
    emit(answer_of(done, kind), shared)


def _ingested(shared: Shared, locators: tuple[str, ...], kind: str | None) -> "Iterator[Ingested]":
    from forensics.api.reading import read_sources

    watch = _watched if shared.shows_progress else None
    yield from read_sources(shared.case, locators, kind, argv=["forensics", *sys.argv[1:]], watch=watch)


def _watched(records: Iterable[Record], name: str) -> Iterator[Record]:
    """Passes records on and says on stderr how far they are."""
    start = shown = time.monotonic()
    count = 0
    for count, record in enumerate(records, 1):
        if count % 512 == 0 and time.monotonic() - shown > _BETWEEN:
            shown = time.monotonic()
            sys.stderr.write(f"\r\x1b[K{safe(name)}: {count:,} records, {shown - start:.0f} s")
            sys.stderr.flush()
        yield record
    sys.stderr.write(f"\r\x1b[K{safe(name)}: {count:,} records read, writing them to the case\n")


@click.command(
    "sources",
    epilog="""\b
Examples:
  forensics sources                  every source of the case and what could not be read in it
  forensics sources --joins          what joins each pair of sources, and how much found no partner
  forensics sources --format json    the same for a program""",
)
@click.option("--joins", "wants_joins", is_flag=True, help="What joins the sources instead, pair by pair.")
@asking()
def sources_command(shared: Shared, wants_joins: bool) -> None:
    """What was read, when, how far, and what could not be read."""
    emit(shared.opened().sources(joins=wants_joins).answer, shared)
