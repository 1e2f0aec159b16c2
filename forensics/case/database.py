"""Opening the DuckDB file of a case: safely configured, of a known schema, and with errors that say what to do."""

import os
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from forensics.case.sql import statements
from forensics.errors import CaseError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["SCHEMA_VERSION", "connect", "create", "transaction", "translated"]

SCHEMA_VERSION = 3

# A case may have been handed over by somebody else, and SQL on it may come from a user: no file, network or
# extension is within reach of a statement (evidence: DuckDB's own security page).
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "python_enable_replacements": "false",
}

#: Our views by name, in the words in which DuckDB keeps them: known once a case was opened, and to make them takes
#: longer than all else in opening one.
_OURS: dict[str, str] = {}

_REFUSALS = ("Permission denied", "Read-only file system", "Operation not permitted")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turns DuckDB's errors about the file into a ``CaseError`` with its mend."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        said, name = str(error), str(path)
        first = said.partition("\n")[0]
        if any(word in said for word in ("No space left", "Could not write", "Could not truncate", "too large")):
            raise CaseError(
                f"{path} could not be written; the case is as it was before: {first}",
                hint="free some space on the disk and run the command again",
                path=name,
            ) from error
        if isinstance(error, duckdb.IOException) and "lock" in said:
            raise CaseError(
                f"the case {path} is being written by another process",
                hint="wait until it has finished, or ask a copy of the file",
                path=name,
            ) from error
        if isinstance(error, duckdb.ConnectionException) and "configuration" in said:
            raise CaseError(
                f"the case {path} is open in this process, for reading or for writing",
                hint="wait until that question is answered, or close what holds the file open",
                path=name,
            ) from error
        if isinstance(error, duckdb.IOException) and any(word in said for word in _REFUSALS):
            raise CaseError(
                f"no permission for the case {path}: {first.rpartition(': ')[2]}",
                hint="name a case elsewhere with --case, or change the permissions of the file and its folder",
                path=name,
            ) from error
        if isinstance(error, duckdb.IOException):
            raise CaseError(
                f"{path} is not a readable case: {first}",
                hint="name the case with --case, or restore the file from a copy",
                path=name,
            ) from error
        if isinstance(error, duckdb.SerializationException | duckdb.InternalException | duckdb.FatalException):
            raise CaseError(
                f"the case {path} is damaged: {first}",
                hint="restore the file from a copy, or ingest the sources into a new case",
                path=name,
            ) from error
        raise


def _sections(first: int, last: int) -> list[str]:
    sql = statements("forensics.case", "schema.sql")
    return [sql[f"schema_{version}"] for version in range(first, last + 1)]


def _tables(version: int) -> frozenset[str]:
    made = (re.findall(r"^CREATE TABLE (\w+)", section, re.MULTILINE) for section in _sections(1, version))
    return frozenset(name for names in made for name in names)


def connect(path: Path, *, write: bool) -> "DuckDBPyConnection":
    """Opens an existing case. One of an older schema is first brought up to date, in one transaction.

    Raises:
        CaseError: there is none, it is locked, damaged, no case at all, of a newer schema, or of an older one and may
            not be written.
    """
    import duckdb

    if path.exists() and not path.is_file():
        raise CaseError(f"{path} is no file, so no case", hint="name the case with --case", path=str(path))
    if not path.exists():
        raise CaseError(
            f"no case at {path}",
            hint="make one with: forensics ingest PATH; or name it with --case",
            path=str(path),
        )
    with translated(path):
        connection = duckdb.connect(str(path), read_only=not write, config=_CONFIG)
    try:
        found = connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchall()
        version = int(found[0][0])
        # A table that was replaced by a view would run whatever somebody wrote into it.
        standing = "SELECT table_name FROM system.main.duckdb_tables() WHERE schema_name = 'main'"
        tables = {row[0] for row in connection.execute(standing).fetchall()}
        whole = version >= 1 and tables.issuperset(_tables(min(version, SCHEMA_VERSION)))
    except (duckdb.CatalogException, duckdb.BinderException, ValueError, IndexError):
        version, whole = 0, False
    if not whole and version <= SCHEMA_VERSION:
        connection.close()
        raise CaseError(f"{path} is a DuckDB file but not a case", hint="name the case with --case", path=str(path))
    if version > SCHEMA_VERSION:
        connection.close()
        raise CaseError(
            f"the case {path} has schema {version}; this program knows schemas up to {SCHEMA_VERSION}",
            hint="use the version of lineage-forensics that wrote it, or a newer one",
            path=str(path),
        )
    if version == SCHEMA_VERSION:
        with translated(path):
            _distrust(connection, path)
        return connection
    connection.close()
    with translated(path), closing(duckdb.connect(str(path), config=_CONFIG)) as older, transaction(older):
        _write_schema(older, version + 1)
        older.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", [str(SCHEMA_VERSION)])
    return connect(path, write=write)


def _distrust(connection: "DuckDBPyConnection", path: Path) -> None:
    """Puts our own views before those of the file, and refuses macros: either could answer whatever its writer likes.

    DuckDB's own lists are named in full, since a macro of the same name would come before them and hide itself.

    Raises:
        CaseError: there are macros, which come before the functions of DuckDB.
    """
    if connection.execute("SELECT 1 FROM system.main.duckdb_functions() WHERE NOT internal LIMIT 1").fetchall():
        raise CaseError(
            f"{path} holds macros, which no case of ours does: they would answer in place of functions",
            hint="ingest the sources into a new case",
            path=str(path),
        )
    found = (
        "SELECT view_name, regexp_replace(sql, '^CREATE( TEMP)? VIEW ', '') FROM duckdb_views() "
        "WHERE NOT internal AND schema_name = 'main'"
    )
    stored = dict(connection.execute(f"{found} AND NOT temporary").fetchall())
    if _OURS and _OURS.items() <= stored.items():
        return
    ours = statements("forensics.case", "views.sql")[""]
    connection.execute(ours.replace("CREATE OR REPLACE VIEW", "CREATE OR REPLACE TEMP VIEW"))
    _OURS.update(connection.execute(f"{found} AND temporary").fetchall())
    if _OURS.items() <= stored.items():
        # Nobody touched them, so that a listing need not name them twice.
        connection.execute("; ".join(f"DROP VIEW temp.{name}" for name in _OURS))


def _write_schema(connection: "DuckDBPyConnection", first: int) -> None:
    """Makes the tables that came with a version of the schema and with later ones, and all views."""
    for section in _sections(first, SCHEMA_VERSION):
        connection.execute(section)
    connection.execute(statements("forensics.case", "views.sql")[""])


def create(path: Path) -> None:
    """Writes an empty case, in one transaction.

    Raises:
        CaseError: the file cannot be written.
    """
    import duckdb

    if not path.parent.is_dir():
        raise CaseError(
            f"no folder {path.parent} to write the case in", hint="make the folder, or name another", path=str(path)
        )
    # Made under another name, so that no half-made case ever stands at the path.
    making = path.with_name(f"{path.name}.{uuid4().hex}.new")
    try:
        with (
            translated(path),
            closing(duckdb.connect(str(making), config=_CONFIG)) as connection,
            transaction(connection),
        ):
            _write_schema(connection, 1)
            connection.executemany(
                "INSERT INTO meta VALUES (?, ?)",
                [("schema_version", str(SCHEMA_VERSION)), ("case_id", str(uuid4())), ("generation", "0")],
            )
        os.link(making, path)
    except FileExistsError:
        pass  # another process has just made it
    finally:
        making.unlink(missing_ok=True)
        making.with_name(f"{making.name}.wal").unlink(missing_ok=True)


@contextmanager
def transaction(connection: "DuckDBPyConnection") -> Iterator[None]:
    """All or nothing: commits at the end, rolls back on any exception."""
    connection.execute("BEGIN TRANSACTION")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
