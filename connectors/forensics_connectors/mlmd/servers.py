"""ML Metadata stores on servers: MySQL, MariaDB, PostgreSQL, or the store's own gRPC service.

A database is read in one read-only transaction on one snapshot, so what is read belongs together, and a reading that
fails half-way leaves nothing. Nothing is ever written to a server, and an account that may only ``SELECT`` is enough.
"""

from typing import TYPE_CHECKING

from forensics.model import Finding, FindingKind, Origin
from forensics.values import dataclass

from .address import Address
from .tables import COLUMNS, NAMES, Store, Tables, empty_tables, stored_column

if TYPE_CHECKING:
    from .snapshot import Layout, Snapshot

__all__ = ["HEAD", "Survey", "is_server", "read_server", "survey_server"]

#: How many rows of the lowest ids a survey reads of each table that a store is told by.
HEAD = 16

_HEAD_TABLES = ("type", "artifact", "execution", "context")
_CORE = ("type", "artifact", "execution", "event", "artifact_property", "execution_property", "event_path")
_NEWEST = 10  # the schema version that COLUMNS describes


@dataclass(frozen=True, slots=True)
class Survey:
    """What tells a store from others and whether it changed, without reading it all.

    Attributes:
        address: where it is.
        head: the first rows of ``type``, ``artifact``, ``execution`` and ``context`` by id; the other tables are empty.
        state: a digest of all rows, made by the server; empty where it cannot make one (gRPC).
        schema_version: as ``Store.schema_version``.
    """

    address: Address
    head: Tables
    state: str
    schema_version: int | None


def is_server(locator: str) -> bool:
    """Whether a locator is the address of a server of a kind that is read here."""
    return Address.parse(locator) is not None


def survey_server(address: Address) -> Survey:
    """Looks at a store without reading it all.

    Raises:
        SourceError: the server is down, slow, refuses the account, or holds no ML Metadata store.
    """
    if address.backend == "grpc":
        from .service import survey_service

        return Survey(address, survey_service(address, HEAD), "", None)
    with _opened(address) as snapshot:
        layout = _layout(snapshot, address)
        tables = empty_tables()
        for table in _HEAD_TABLES:
            if table in layout.tables:
                tables[table] = snapshot.table(table, limit=HEAD)
        return Survey(address, tables, snapshot.state(), layout.schema_version)


def read_server(address: Address) -> Store:
    """Reads a store.

    Returns:
        The store; ``details["state"]`` is the state of the very snapshot that was read, as ``Survey.state``.

    Raises:
        SourceError: the server is down, slow, refuses the account, or holds no ML Metadata store.
    """
    if address.backend == "grpc":
        from .service import read_service

        return read_service(address)
    with _opened(address) as snapshot:
        layout = _layout(snapshot, address)
        tables = empty_tables()
        for table in layout.tables:
            tables[table] = snapshot.table(table)
        notes = [*_about_layout(layout, address), *snapshot.notes]
        details = {"state": snapshot.state(), "server": snapshot.version, "bytes": snapshot.nbytes}
        return Store(tables, address.backend, layout.schema_version, snapshot.sequences(), tuple(notes), details)


def _opened(address: Address) -> "Snapshot":
    if address.backend == "mysql":
        from .mysql import MysqlSnapshot

        return MysqlSnapshot(address)
    from .postgresql import PostgresqlSnapshot

    return PostgresqlSnapshot(address)


def _layout(snapshot: "Snapshot", address: Address) -> "Layout":
    """The tables that are there. What the account may not see must not look as if it were empty.

    Raises:
        SourceError: there are no tables of ML Metadata, or some that this schema has cannot be seen.
    """
    layout = snapshot.layout
    if not layout.tables:
        raise address.error(
            f"{address.named} holds no ML Metadata store, or this account may not see it",
            "name the database of the store (Kubeflow Pipelines: metadb), and GRANT SELECT on all of its tables",
        )
    version = layout.schema_version
    expected = COLUMNS if version is not None and version >= _NEWEST else _CORE
    missing = [NAMES[table] for table in expected if table not in layout.tables]
    missing += [
        f"{NAMES[table]}.{stored_column(table, column)}"
        for table in layout.tables
        if expected is COLUMNS
        for column in COLUMNS[table]
        if column != "ordinal" and column not in layout.tables[table]
    ]
    if missing and not (version is None and layout.has_version_table):
        raise address.error(
            f"{address.named} lacks {', '.join(missing)}, or this account may not see it",
            "GRANT SELECT on all tables of the database",
        )
    return layout


def _about_layout(layout: "Layout", address: Address) -> list[Finding]:
    notes = []
    missing = [NAMES[table] for table in COLUMNS if table not in layout.tables]
    if layout.has_version_table and layout.schema_version is None:
        lacking = f"; {', '.join(missing)} missing" if missing else ""
        message = f"no schema version is stated{lacking}"
        notes.append(Finding(FindingKind.HALF_INITIALISED, message, Origin("MLMDEnv"), admits=bool(missing)))
    if layout.unknown:
        message = f"not read, since this program does not know them: {', '.join(layout.unknown)}"
        notes.append(Finding(FindingKind.BAD_ROW, message, Origin(address.database), admits=True))
    return notes
