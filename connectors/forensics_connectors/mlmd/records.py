"""The rows of an ML Metadata store as batches of records.

The store's tables are joined in a private DuckDB in memory, which can reach neither files nor network. What becomes of
each row stands in the ``.sql`` files beside this one, in the order in which they run here.
"""

import json
import re
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.case.sql import statements
from forensics.errors import SourceError
from forensics.model import Batch, Record
from forensics_connectors.mlmd.files import gone
from forensics_connectors.mlmd.spelling import of_artifact, of_execution
from forensics_connectors.mlmd.structs import PREFIX, json_of
from forensics_connectors.mlmd.tables import COLUMNS, NAMES, Store

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["records"]

_PACKAGE = "forensics_connectors.mlmd"
_ROWS = 200_000
_MIB = 1 << 20
_LEAST_MEMORY = 64  # MiB
_MOST_NESTED = 2_000_000
#: Tables whose rows are numbered as they are written, and whether a lost row can hide lineage.
_NUMBERED = {
    "artifact": True,
    "execution": True,
    "event": True,
    "context": False,
    "attribution": False,
    "association": False,
}
_PRODUCER_KEYS = ("producer_task", "producerTask", "producer_subtask", "producerSubtask")


def records(store: Store, folder: Path | None = None) -> Iterator[Record]:
    """Yields all that a store says, nodes first, in batches of at most some hundred thousand rows.

    Args:
        store: the store's rows. Its tables are taken out of it as soon as they are not needed any more.
        folder: where the store lies, to see whether the files that it calls live lie there too; None for a server.

    Yields:
        Batches (``forensics.model.Batch``), then what was noticed at intake.

    Raises:
        SourceError: there is neither memory nor disk space to join the rows.
    """
    import duckdb

    with tempfile.TemporaryDirectory(prefix="forensics-mlmd-") as scratch:
        connection = _scratch(scratch, sum(table.nbytes for table in store.tables.values()))
        try:
            _load(connection, store)
            _understand(connection)
            _look_for_trouble(connection, store, folder)
            yield from _ahead(_batches(connection, store))
        except duckdb.Error as error:
            raise SourceError(
                f"the store's rows cannot be joined: {str(error).splitlines()[0]}",
                hint="free disk space in the folder for temporary files, or set TMPDIR to a larger one",
            ) from error
        finally:
            connection.close()
    yield from store.notes


def _scratch(folder: str, size: int) -> "DuckDBPyConnection":
    """A database in memory that lays aside in ``folder`` what goes beyond little more than the rows themselves."""
    import duckdb

    connection = duckdb.connect(
        ":memory:",
        config={
            "enable_external_access": "false",
            "autoload_known_extensions": "false",
            "autoinstall_known_extensions": "false",
            "allow_community_extensions": "false",
            "temp_directory": folder,
            "memory_limit": f"{_LEAST_MEMORY + size // _MIB} MiB",
        },
    )
    connection.execute("SET lock_configuration = true")
    return connection


def _load(connection: "DuckDBPyConnection", store: Store) -> None:
    """Puts the raw tables before the connection, ids unique, and says what property names mean."""
    import pyarrow as pa

    connection.execute("CREATE TABLE finding (kind VARCHAR, message VARCHAR, admits BOOLEAN, node INTEGER, "
                       "document VARCHAR, locus VARCHAR)")  # fmt: skip
    for table in COLUMNS:
        connection.register(f"mlmd_{table}", store.tables[table])
    for table in ("artifact", "execution", "context"):
        rows, distinct = _row(connection, f"SELECT count(*), count(DISTINCT id) FROM mlmd_{table}")  # noqa: S608 - ours
        if rows != distinct:
            connection.register(f"raw_{table}", store.tables[table])
            connection.unregister(f"mlmd_{table}")
            connection.execute(f"CREATE TABLE mlmd_{table} AS SELECT DISTINCT ON (id) * FROM raw_{table} "  # noqa: S608 - ours
                               "WHERE id IS NOT NULL ORDER BY ALL")  # fmt: skip
            message = f"{rows - distinct} rows of {NAMES[table]} have no id, or one that another row has"
            _note(connection, "bad-row", message, NAMES[table])
    meanings: list[tuple[str, bool, str, str]] = []
    for table, of, is_execution in (("artifact", of_artifact, False), ("execution", of_execution, True)):
        names = connection.execute(f"SELECT DISTINCT name FROM mlmd_{table}_property WHERE name IS NOT NULL").fetchall()  # noqa: S608 - ours
        meanings += [(name, is_execution, *meaning) for (name,) in names for meaning in of(name)]
    schema = pa.schema([("name", "string"), ("of_execution", "bool"), ("meaning", "string"), ("algorithm", "string")])
    columns = [list(column) for column in zip(*meanings, strict=True)] if meanings else [[], [], [], []]
    connection.register("meaning", pa.table(columns, schema=schema))


def _understand(connection: "DuckDBPyConnection") -> None:
    for file in ("things.sql", "names.sql", "digests.sql"):
        for text in statements(_PACKAGE, file).values():
            connection.execute(text)
    _read_structs(connection)
    lineage = statements(_PACKAGE, "lineage.sql")
    for name in ("asides", "children", "links"):
        connection.execute(lineage[name])
    if _row(connection, lineage["nested"])[0] > _MOST_NESTED:
        message = "more nesting of runs than can be believed: what DAGs hand to their tasks was left out"
        _note(connection, "too-large", message, NAMES["execution"], admits=True)
        connection.execute("DELETE FROM ancestor")
    connection.execute(lineage["indirect"])


def _read_structs(connection: "DuckDBPyConnection") -> None:
    """Decodes each distinct struct once, and finds the tasks that structs name as producers."""
    import pyarrow as pa

    texts = [
        text
        for table in ("artifact", "execution", "context")
        for (text,) in connection.execute(
            f"SELECT DISTINCT string_value FROM mlmd_{table}_property WHERE starts_with(string_value, ?)",  # noqa: S608 - ours
            [PREFIX],
        ).fetchall()
    ]
    decoded = {text: json_of(text) for text in dict.fromkeys(texts)}
    good = {text: value for text, value in decoded.items() if value is not None}
    columns = [pa.array(list(good), "string"), pa.array(list(good.values()), "string")]
    connection.register("struct_text", pa.table(columns, names=["value", "json"]))
    if len(good) < len(decoded):
        _note(connection, "bad-row", f"{len(decoded) - len(good)} structs could not be decoded", "ArtifactProperty")
    wanted = [
        (local, identity, name, task)
        for local, identity, name, value in connection.execute(
            "SELECT x.local, x.id, p.name, p.string_value FROM mlmd_execution_property p "
            "JOIN execution x ON x.id = p.owner_id WHERE p.name IN ('parameter_producer_task', "
            "'artifact_producer_task', 'inputs') AND p.string_value IS NOT NULL"
        ).fetchall()
        for task in _producers(good.get(value, value))
    ]
    schema = pa.schema([("local", "int32"), ("id", "int64"), ("name", "string"), ("task", "string")])
    columns = [list(column) for column in zip(*wanted, strict=True)] if wanted else [[], [], [], []]
    connection.register("wanted_task", pa.table(columns, schema=schema))


def _producers(text: str) -> set[str]:
    """The names of tasks that a struct, as JSON, says its values come from."""
    try:
        waiting: list[Any] = [json.loads(text)]
    except (ValueError, RecursionError):
        return set()
    found: set[str] = set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            found.update(value[key] for key in _PRODUCER_KEYS if isinstance(value.get(key), str))
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return found


def _look_for_trouble(connection: "DuckDBPyConnection", store: Store, folder: Path | None) -> None:
    checks = dict(statements(_PACKAGE, "findings.sql"))
    checks.pop("", None)
    is_dense, deleted = checks.pop("is_dense"), checks.pop("deleted")
    weak = "" if store.backend == "sqlite" else " (a transaction that was rolled back leaves such a gap as well)"
    for table, hides in _NUMBERED.items():
        connection.execute(f"CREATE OR REPLACE TEMP VIEW numbered_row AS SELECT id FROM mlmd_{table}")  # noqa: S608 - ours
        last = store.sequences.get(table, 0)
        if not _row(connection, is_dense, {"last": last})[0]:
            given = {"table": NAMES[table], "last": last, "hides": hides, "weak": weak}
            connection.execute(deleted, given)
    for text in checks.values():
        connection.execute(f"INSERT INTO finding {text}")
    if folder is None:
        return
    # Only what can lie below the folder is worth a look; an address that is not plain may turn out to.
    live = connection.execute(
        "SELECT id, uri FROM artifact WHERE state = 2 AND uri <> '' AND NOT (starts_with(uri, '/') "
        "AND NOT starts_with(uri, $folder) AND NOT contains(uri, '//') AND NOT contains(uri, '/.') "
        "AND NOT contains(uri, '\\'))",
        {"folder": _own(folder)},
    ).fetchall()
    for artifact in gone(folder, live):
        message = f"artifact {artifact} is said to be live, but its file is gone"
        connection.execute(
            "INSERT INTO finding SELECT 'file-gone', ?, false, local, 'Artifact', id::VARCHAR FROM artifact "
            "WHERE id = ?",
            [message, artifact],
        )


def _own(folder: Path) -> str:
    """How the addresses of what lies below a folder begin; nothing where SQL cannot spell it."""
    name = "/" + "/".join(folder.absolute().parts[1:])
    return name if name.isprintable() else ""


def _batches(connection: "DuckDBPyConnection", store: Store) -> Iterator[Batch]:
    import pyarrow as pa

    waiting = [(name, text) for name, text in statements(_PACKAGE, "batches.sql").items() if name]
    for place, (name, text) in enumerate(waiting):
        needed = " ".join(text for _, text in waiting[place:])
        for table in [table for table in store.tables if not re.search(rf"\bmlmd_{table}\b", needed)]:
            connection.unregister(f"mlmd_{table}")
            del store.tables[table]
        for (made,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            if not re.search(rf"\b{made}\b", needed):
                connection.execute(f'DROP TABLE "{made}"')
        if text.lstrip().startswith("CREATE"):
            connection.execute(text)
            continue
        with connection.sql(text).to_arrow_reader(_ROWS) as reader:
            for part in reader:
                if part.num_rows:
                    yield Batch(
                        name.partition("_")[0] if name.startswith("property") else name, pa.Table.from_batches([part])
                    )


def _ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same batches; the next one is made while one is used."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, batches, None)
        while (found := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield found


def _row(connection: "DuckDBPyConnection", text: str, given: dict[str, object] | None = None) -> tuple[Any, ...]:
    found: tuple[Any, ...] = connection.execute(text, given or {}).fetchall()[0]
    return found


def _note(connection: "DuckDBPyConnection", kind: str, message: str, document: str, *, admits: bool = False) -> None:
    connection.execute("INSERT INTO finding VALUES (?, ?, ?, NULL, ?, '')", [kind, message, admits, document])
