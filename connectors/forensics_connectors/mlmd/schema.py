"""What a copied SQLite store says of its own tables, read and judged before any of them is."""

import re
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from forensics.model import Finding, FindingKind, Origin
from forensics.values import dataclass

from .snapshot import Layout, layout_of, with_version
from .tables import COLUMNS, NAMES, stored_column

__all__ = ["Refused", "Schema", "address_of", "is_store", "open_store", "read_schema"]

_CORE = frozenset({"type", "typeproperty", "artifact", "execution", "event"})
_OWN = frozenset({"mlmdenv", *(name.lower() for name in NAMES.values())})
_PLAIN_COLLATIONS = frozenset({"binary", "nocase", "rtrim"})
_COLLATE = re.compile(r"\bCOLLATE\s+[\"'`\[]?([^\s\"'`\],)]+)", re.IGNORECASE)
_PRAGMAS = ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0", "temp_store = MEMORY",
            "ignore_check_constraints = ON", "query_only = ON")  # fmt: skip
#: The schema version that brought a table or a column, where it was not there from the first.
_SINCE_TABLE = {
    "context": 3,
    "context_property": 3,
    "association": 4,
    "attribution": 4,
    "parent_type": 6,
    "parent_context": 6,
}
_SINCE_COLUMN = {
    "state": 5,
    "last_known_state": 5,
    "create_time_since_epoch": 5,
    "last_update_time_since_epoch": 5,
    "version": 6,
    "description": 6,
    "byte_value": 7,
    "external_id": 9,
    "proto_value": 10,
    "bool_value": 10,
}


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """The store holds what no ML Metadata store holds, so that reading it is not safe."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of a store that may be read.

    Attributes:
        layout: tables and columns as the store spells them, and its schema version.
        sequences: the last id that was given out in each table.
        notes: what is missing or unknown.
    """

    layout: Layout
    sequences: dict[str, int]
    notes: tuple[Finding, ...]


def address_of(database: Path) -> str:
    """The URI that opens a file which no one else changes, never to write."""
    return f"file:{quote(str(database))}?mode=ro&immutable=1"


def open_store(database: Path) -> sqlite3.Connection:
    """Opens a copied and recovered store; text comes as bytes."""
    connection = sqlite3.connect(address_of(database), uri=True, isolation_level=None, check_same_thread=False)
    connection.text_factory = bytes
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def is_store(connection: sqlite3.Connection) -> bool:
    """Whether the names in ``sqlite_master`` are those of an ML Metadata store."""
    names = {_text(name).lower() for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    return "mlmdenv" in names or names >= _CORE


def read_schema(connection: sqlite3.Connection) -> Schema:
    """Reads which tables and columns there are, by looking at them.

    Raises:
        Refused: there are views, triggers, virtual tables, generated columns or unknown collations.
    """
    tables = _checked(connection)
    columns: list[tuple[str, str]] = []
    for table in tables:
        for row in connection.execute(f"PRAGMA table_xinfo({_quoted(table)})"):
            if row[6] and table.lower() in _OWN:
                raise Refused(f"{_shown(table)} has a generated column")
            columns.append((table, _text(row[1])))
    layout = layout_of(columns)
    version = [table for table in tables if table.lower() == "mlmdenv"]
    stated: list[Any] = []
    if version and (version[0], "schema_version") in columns:
        stated = [row[0] for row in connection.execute(f"SELECT schema_version FROM {_quoted(version[0])} LIMIT 2")]  # noqa: S608 - quoted
    layout = with_version(layout, stated if all(isinstance(value, int) for value in stated) else [])
    strange = sorted(
        _shown(name) for name in tables if name.lower() not in _OWN and not name.lower().startswith("sqlite_")
    )
    return Schema(layout, _sequences(connection, tables), tuple(_notes(connection, layout, strange)))


def _checked(connection: sqlite3.Connection) -> list[str]:
    """The names of all tables.

    Raises:
        Refused: something else is there, which could run while a table is read.
    """
    tables = []
    for kind, name, rootpage, sql in connection.execute("SELECT type, name, rootpage, sql FROM sqlite_master"):
        what, statement = _text(kind), _text(sql or b"")
        if what not in ("table", "index"):
            raise Refused(f"it holds a {_shown(what)}, {_shown(_text(name))}")
        if what == "table" and (not rootpage or re.match(r"\s*CREATE\s+VIRTUAL\b", statement, re.IGNORECASE)):
            raise Refused(f"it holds a virtual table, {_shown(_text(name))}")
        odd = [_shown(name) for name in _COLLATE.findall(statement) if name.lower() not in _PLAIN_COLLATIONS]
        if odd:
            raise Refused(f"{_shown(_text(name))} is sorted by the unknown collation {odd[0]}")
        if what == "table":
            tables.append(_text(name))
    return tables


def _sequences(connection: sqlite3.Connection, tables: list[str]) -> dict[str, int]:
    if "sqlite_sequence" not in tables:
        return {}
    ours = {name.lower(): table for table, name in NAMES.items()}
    found: dict[str, int] = {}
    for name, last in connection.execute("SELECT name, seq FROM sqlite_sequence LIMIT 10000"):
        table = ours.get(_text(name).lower()) if isinstance(name, bytes) else None
        if table is not None and isinstance(last, int):
            found[table] = max(last, found.get(table, 0))
    return found


def _notes(connection: sqlite3.Connection, layout: Layout, strange: list[str]) -> list[Finding]:
    notes = []
    version = layout.schema_version
    expected = version or 0
    if layout.has_version_table and version is None:
        notes.append(Finding(FindingKind.HALF_INITIALISED, "the store states no schema version", Origin("MLMDEnv")))
        expected = max(_SINCE_COLUMN.values())
    lacking = [
        NAMES[table] for table in COLUMNS if table not in layout.tables and _SINCE_TABLE.get(table, 0) <= expected
    ]
    for table, there in layout.tables.items():
        for column in COLUMNS[table]:
            since = 5 if column == "name" and table in ("artifact", "execution") else _SINCE_COLUMN.get(column, 0)
            if column not in there and column != "ordinal" and since <= expected:
                lacking.append(f"{NAMES[table]}.{stored_column(table, column)}")
    if lacking:
        message = f"not there, though the schema has it: {', '.join(lacking)}"
        notes.append(Finding(FindingKind.HALF_INITIALISED, message, Origin("sqlite_master"), admits=True))
    filled = [name for name in strange if _any(connection, name, "")]
    filled += [name for name in layout.unknown if _any(connection, *name.split(".", 1))]
    if filled:
        message = f"not read, since this program does not know them: {', '.join(filled)}"
        notes.append(Finding(FindingKind.BAD_ROW, message, Origin("sqlite_master"), admits=True))
    return notes


def _any(connection: sqlite3.Connection, table: str, column: str) -> bool:
    """Whether a table has a row, or a column a value; True also where that cannot be told."""
    where = f"WHERE {_quoted(column)} IS NOT NULL " if column else ""
    try:
        sql = f"SELECT 1 FROM {_quoted(table)} NOT INDEXED {where}LIMIT 1"  # noqa: S608 - quoted
        return connection.execute(sql).fetchone() is not None
    except sqlite3.Error:
        return True


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _shown(name: str) -> str:
    return name if len(name) <= 80 else f"{name[:80]}…"
