"""The child process that opens a copied SQLite store. It can be killed, crash or run out of memory without harm.

``python -m forensics_connectors.mlmd.reader survey|read FOLDER SECONDS MEMORY FILE_SIZE``: works on ``FOLDER/store.db``
and gives an answer; the tables are beside it then.
"""

import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from threading import Thread
from typing import Any

from forensics.model import Finding, FindingKind, Origin
from forensics_connectors.child import confine, give

from .schema import Refused, is_store, open_store, read_schema
from .tables import COLUMNS, arrow_schema

__all__ = ["main"]

_HEAD = 16
_PROBLEMS = 20
_THREADS = 2
_SIDE_FILES = ("-wal", "-journal")


def main(arguments: list[str]) -> None:
    """Surveys or reads the store in a folder, and writes the answer there."""
    task, folder, *bounds = arguments
    confine(bounds)
    database = Path(folder) / "store.db"
    try:
        answer = survey(database) if task == "survey" else read(database)
    except Refused as refusal:
        answer = {"refused": str(refusal)}
    except (sqlite3.Error, OSError, ValueError) as error:
        answer = {"error": str(error)}
    give(Path(folder), answer)


def survey(database: Path) -> dict[str, Any]:
    """Recovers the copy, and looks whether it is an ML Metadata store and which one.

    Returns:
        ``is_store``, and for a store ``head``: the rows with the lowest ids of the tables that tell it from others.

    Raises:
        Refused: reading it is not safe.
        sqlite3.Error: it is no SQLite file, or damaged beyond use.
    """
    if any(Path(f"{database}{part}").exists() for part in _SIDE_FILES):
        _recover(database)
    connection = open_store(database)
    try:
        if not is_store(connection):
            return {"is_store": False}
        schema = read_schema(connection)
        head: dict[str, Any] = {}
        connection.text_factory = lambda value: value.decode("utf-8", "replace")
        for table in ("artifact", "execution", "context"):
            columns = schema.layout.tables.get(table, {})
            if "id" in columns:
                wanted = [name for name in columns if COLUMNS[table][name] in ("int64", "string")]
                shown = ", ".join(f'"{columns[name]}"' for name in wanted)
                sql = f'SELECT {shown} FROM "{schema.layout.names[table]}" NOT INDEXED ORDER BY id LIMIT {_HEAD}'  # noqa: S608 - ours
                rows = connection.execute(sql).fetchall()
                head[table] = [dict(zip(wanted, map(_plain, row), strict=True)) for row in rows]
                head[table] = [row for row in head[table] if isinstance(row["id"], int)]
    finally:
        connection.close()
    return {"is_store": True, "head": head}


def read(database: Path) -> dict[str, Any]:
    """Writes every table of ``COLUMNS`` to an Arrow file of its name beside the copy.

    Returns:
        ``schema_version``, ``sequences`` and ``notes``, as for ``Store``.
    """
    from .rows import write_rows

    connection = open_store(database)
    schema = read_schema(connection)
    problems: list[Finding] = []
    checker = Thread(target=_check_pages, args=(connection, problems))
    checker.start()

    def write(table: str) -> list[Finding]:
        into, columns = database.with_name(f"{table}.arrow"), schema.layout.tables.get(table)
        if columns:
            return write_rows(database, table, columns, schema.layout.names[table], into)
        _write_empty(table, into)
        return []

    with ThreadPoolExecutor(_THREADS) as pool:
        notes = [*schema.notes, *chain.from_iterable(pool.map(write, COLUMNS))]
    checker.join()
    connection.close()
    return {
        "schema_version": schema.layout.schema_version,
        "sequences": schema.sequences,
        "notes": [asdict(note) for note in [*problems, *notes]],
    }


def _recover(database: Path) -> None:
    """Rolls a hot journal back, merges the write-ahead log, and leaves a single file."""
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    finally:
        connection.close()
    if Path(f"{database}-wal").exists():
        raise sqlite3.DatabaseError("its write-ahead log could not be merged")
    Path(f"{database}-journal").unlink(missing_ok=True)  # one that was not hot, and says nothing


def _check_pages(connection: sqlite3.Connection, found: list[Finding]) -> None:
    try:
        connection.text_factory = lambda value: value.decode("utf-8", "replace")
        lines = [line for (line,) in connection.execute(f"PRAGMA quick_check({_PROBLEMS})")]
    except sqlite3.Error as error:
        lines = [str(error)]
    if lines != ["ok"]:
        message = f"the file is damaged, so that rows may be missing or wrong: {'; '.join(lines)[:2000]}"
        found.append(Finding(FindingKind.UNREADABLE, message, Origin("quick_check"), admits=True))


def _write_empty(table: str, into: Path) -> None:
    import pyarrow as pa

    with pa.OSFile(str(into), "wb") as file, pa.ipc.new_file(file, arrow_schema(table)):
        pass


def _plain(value: object) -> object:
    return value if isinstance(value, int | str | None) else repr(value)


if __name__ == "__main__":
    main(sys.argv[1:])
