"""One reading of one source into a case: staged first, then merged in a single transaction."""

import gc
import json
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics import __version__
from forensics.case.batches import check_batches
from forensics.case.database import transaction, translated
from forensics.case.fresh import fresh_statements
from forensics.case.joins import join_sources
from forensics.case.journal import append
from forensics.case.sql import statements
from forensics.case.staging import Staging
from forensics.errors import IntegrityError
from forensics.model import Record, Source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["Ingested", "ingest", "known_state", "now", "uncollected"]

_BEFORE_FACTS = ("resolve_nodes", "resolve_artifacts", "resolve_origins")


@dataclass(frozen=True, slots=True)
class Ingested:
    """What one ingest did.

    Attributes:
        source: the source's id in the case; ``name`` and ``locator`` as given.
        acquisition: the id of the acquisition.
        unchanged: the source was in the state of the last acquisition, so nothing was read.
        added: number of new nodes by kind.
        findings: number of new findings by kind.
        unread: new findings that could hide lineage; not those of listings that the case already holds.
        details: the reading's own account: commits, documents, seconds by phase.
    """

    source: int
    name: str
    locator: str
    acquisition: int
    unchanged: bool
    added: dict[str, int]
    findings: dict[str, int]
    unread: int
    details: dict[str, object]


def now() -> datetime:
    """The present in UTC without a zone, as DuckDB's TIMESTAMP holds it."""
    return datetime.now(UTC).replace(tzinfo=None)


def known_state(connection: "DuckDBPyConnection", source: Source, connector: str = "") -> tuple[int | None, str]:
    """Looks a source up by its fingerprints.

    Args:
        connection: the case.
        source: what ``discover`` found.
        connector: the kind of the connector that is to read it; empty for any.

    Returns:
        Its id in the case, or None; and the state that this connector's last acquisition from this locator saw, or an
        empty text.
    """
    sql = statements("forensics.case", "ingest.sql")
    found = connection.execute(
        sql["known_source"],
        {"kind": source.kind, "object_format": source.object_format, "fingerprints": list(source.fingerprints)},
    ).fetchone()
    if found is None:
        return None, ""
    given = {"source": found[0], "locator": source.locator, "connector": connector}
    state = connection.execute(sql["last_state"], given).fetchone()
    return int(found[0]), str(state[0]) if state else ""


def ingest(
    connection: "DuckDBPyConnection",
    path: Path,
    source: Source,
    records: Iterable[Record],
    argv: list[str],
    connector: str = "",
) -> Ingested:
    """Reads a source into the case. Killed or failing at any point, it leaves the case as it was.

    Args:
        connection: a connection that may write.
        path: the case file, for messages.
        source: what ``discover`` found.
        records: what ``read`` yields; it is not consumed where the source's state is the last one seen.
        argv: the command, for the journal.
        connector: the kind of the connector that reads it, where several may read one source.

    Raises:
        CaseError: the case cannot be written.
        SourceError: the source cannot be read at all.
        IntegrityError: a connector broke its contract.
    """
    sql = statements("forensics.case", "ingest.sql")
    started = now()
    known, state = known_state(connection, source, connector)
    with translated(path), uncollected():
        acquisition = _next(connection, "acquisition")
        number = known if known is not None else _next(connection, "source")
        unchanged = bool(state) and state == source.state
        staging = None
        if not unchanged:
            staging = Staging(connection, number)
            staging.put_all(records)
        details: dict[str, object] = {"connector": connector} if connector else {}
        seen = source.state
        if staging is not None and staging.acquired is not None:
            seen = staging.acquired.state
            details |= staging.acquired.details
        read_by = str(details.get("connector", ""))
        clock = time.perf_counter()
        added: dict[str, int] = {}
        with transaction(connection):
            if known is None:
                row = [number, source.kind, source.name, source.object_format, acquisition, source.is_store]
                connection.execute("INSERT INTO source VALUES (?, ?, ?, ?, ?, ?)", row)
            connection.execute(sql["insert_fingerprints"], {"source": number, "values": list(source.fingerprints)})
            if staging is not None:
                given = {"source": number, "acquisition": acquisition, "connector": read_by, "state": seen}
                added = _merge(connection, staging, given, is_new=known is None)
                connection.execute("UPDATE meta SET value = (value::INTEGER + 1)::VARCHAR WHERE key = 'generation'")
            details["write_seconds"] = round(time.perf_counter() - clock, 3)
            reading = [acquisition, number, source.locator, seen, started, now(), __version__, sum(added.values())]
            reading += [json.dumps(details, sort_keys=True), read_by]
            connection.execute("INSERT INTO acquisition VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", reading)
            findings = dict(connection.execute(sql["new_findings"], {"acquisition": acquisition}).fetchall())
            unread = connection.execute(sql["new_unread"], {"acquisition": acquisition}).fetchall()[0][0]
            append(
                connection,
                "acquisition",
                argv,
                {"source": source.locator, "kind": source.kind, "state": seen, "acquisition": acquisition,
                 "added": added, "unchanged": unchanged},
            )  # fmt: skip
    return Ingested(number, source.name, source.locator, acquisition, unchanged, added, findings, unread, details)


@contextmanager
def uncollected() -> Iterator[None]:
    """Rests the garbage collector: it would look through millions of facts again and again, and find no cycle."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _next(connection: "DuckDBPyConnection", table: str) -> int:
    found = connection.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone()  # noqa: S608 - ours
    return int(found[0]) if found else 1


def _has_rows(statement: str, staging: Staging) -> bool:
    """Whether the staging table that a statement inserts from holds anything."""
    table = re.search(r"FROM stage_(\w+)", statement)
    return table is None or table[1] in staging.filled


def _merge(
    connection: "DuckDBPyConnection", staging: Staging, given: dict[str, Any], *, is_new: bool
) -> dict[str, int]:
    sql = statements("forensics.case", "merge.sql")

    def run(name: str) -> None:
        text = sql[name]
        connection.execute(text, {key: value for key, value in given.items() if f"${key}" in text})

    if staging.has_batches:
        check_batches(connection)
    if is_new:
        sql = sql | fresh_statements(connection, staging)
    for name in _BEFORE_FACTS:
        run(name)
    missing = connection.execute(sql["undescribed"], {"mentioned": staging.mentioned}).fetchall()
    if missing[0][0]:
        raise IntegrityError(f"the connector named {missing[0][0]} nodes that neither it nor the case describes")
    for name in sql:
        if name.startswith(("fill_", "note_")) or (name.startswith("insert_") and _has_rows(sql[name], staging)):
            run(name)
    join_sources(connection, given["acquisition"])
    counts = dict(connection.execute(sql["counts"]).fetchall())
    connection.execute(sql["drop_local"])
    staging.drop()
    return counts
