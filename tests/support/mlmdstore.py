"""SQLite stores for tests: every schema version by hand, unmerged logs, hot journals, and real ones."""

import hashlib
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

REAL = Path(__file__).parents[3] / "shared" / "data" / "mlmd"
VERSIONS = range(11)
START = 1_700_000_000_000


def real_stores() -> list[Any]:
    """Parameters for the stores of real projects, or one that is skipped."""
    found = sorted(path for path in REAL.glob("*/*") if path.is_file())
    if not found:
        return [pytest.param(None, marks=pytest.mark.skip(reason="no real stores in ../shared/data/mlmd"))]
    return [pytest.param(path, id=f"{path.parent.name}-{path.name[-12:]}") for path in found]


def schema(version: int) -> str:
    """The statements that make the tables of a schema version, 0 to 10."""
    key = "id INTEGER PRIMARY KEY AUTOINCREMENT"
    times = ", create_time_since_epoch INT NOT NULL DEFAULT 0, last_update_time_since_epoch INT NOT NULL DEFAULT 0"
    times = times if version >= 5 else ""
    state, last_state = (", state INT", ", last_known_state INT") if version >= 5 else ("", "")
    name = ", name VARCHAR(255)" if version >= 5 else ""
    external = ", external_id VARCHAR(255) UNIQUE" if version >= 9 else ""
    value = "int_value INT, double_value DOUBLE, string_value TEXT"
    value += ", byte_value BLOB" if version >= 7 else ""
    value += ", proto_value BLOB, bool_value BOOLEAN" if version >= 10 else ""
    kind = "type_kind TINYINT(1)" if version >= 2 else "is_artifact_type TINYINT(1)"
    about = ", version VARCHAR(255), description TEXT" if version >= 6 else ""
    tables = [
        f"Type ({key}, name VARCHAR(255) NOT NULL{about}, {kind} NOT NULL, input_type TEXT, "
        f"output_type TEXT{external})",
        "TypeProperty (type_id INT NOT NULL, name VARCHAR(255) NOT NULL, data_type INT, PRIMARY KEY (type_id, name))",
        f"Artifact ({key}, type_id INT NOT NULL, uri TEXT{state}{name}{external}{times})",
        f"Execution ({key}, type_id INT NOT NULL{last_state}{name}{external}{times})",
        f"Event ({key}, artifact_id INT NOT NULL, execution_id INT NOT NULL, type INT NOT NULL, "
        "milliseconds_since_epoch INT, UNIQUE(artifact_id, execution_id, type))",
        "EventPath (event_id INT NOT NULL, is_index_step TINYINT(1) NOT NULL, step_index INT, step_key TEXT)",
    ]
    owners = ["artifact", "execution"]
    if version >= 1:
        tables.append("MLMDEnv (schema_version INTEGER PRIMARY KEY)")
    if version >= 3:
        owners.append("context")
        tables.append(f"Context ({key}, type_id INT NOT NULL, name VARCHAR(255) NOT NULL{external}{times})")
    if version >= 4:
        tables.append(f"Association ({key}, context_id INT, execution_id INT, UNIQUE(context_id, execution_id))")
        tables.append(f"Attribution ({key}, context_id INT, artifact_id INT, UNIQUE(context_id, artifact_id))")
    if version >= 6:
        tables.append("ParentType (type_id INT, parent_type_id INT, PRIMARY KEY (type_id, parent_type_id))")
        tables.append(
            "ParentContext (context_id INT, parent_context_id INT, PRIMARY KEY (context_id, parent_context_id))"
        )
    tables += [
        f"{owner.capitalize()}Property ({owner}_id INT NOT NULL, name VARCHAR(255) NOT NULL, "
        f"is_custom_property TINYINT(1) NOT NULL, {value}, PRIMARY KEY ({owner}_id, name, is_custom_property))"
        for owner in owners
    ]
    return ";\n".join(f"CREATE TABLE {table}" for table in tables) + ";"


def make_store(path: Path, version: int = 10, runs: int = 3) -> Path:
    """Makes a store of a schema version: each run reads the artifact before its own and writes one."""
    connection = sqlite3.connect(path)
    connection.executescript(schema(version))
    if version:
        connection.execute("INSERT INTO MLMDEnv VALUES (?)", [version])
    kind = "type_kind" if version >= 2 else "is_artifact_type"
    connection.execute(f"INSERT INTO Type (id, name, {kind}) VALUES (1, 'Model', 1), (2, 'Trainer', 0)")
    for run in range(1, runs + 1):
        add_run(connection, run)
    connection.commit()
    connection.close()
    return path


def add_run(connection: sqlite3.Connection, run: int) -> None:
    """Adds one run to a store of any schema version."""
    timed = "create_time_since_epoch" in {row[1] for row in connection.execute("PRAGMA table_info(Artifact)")}
    more, values = (", create_time_since_epoch", f", {START + run}") if timed else ("", "")
    connection.execute(
        f"INSERT INTO Artifact (id, type_id, uri{more}) VALUES (?, 1, ?{values})", [run, f"models/{run}"]
    )
    connection.execute(f"INSERT INTO Execution (id, type_id{more}) VALUES (?, 2{values})", [run])
    event = "INSERT INTO Event (artifact_id, execution_id, type, milliseconds_since_epoch) VALUES (?, ?, ?, ?)"
    if run > 1:
        connection.execute(event, [run - 1, run, 3, START + run])
    done = connection.execute(event, [run, run, 4, START + run])
    connection.execute("INSERT INTO EventPath VALUES (?, 0, NULL, 'model'), (?, 1, 0, NULL)", [done.lastrowid] * 2)
    named = "INSERT INTO ArtifactProperty (artifact_id, name, is_custom_property, string_value) VALUES (?, 'md5', 1, ?)"
    connection.execute(named, [run, hashlib.md5(str(run).encode()).hexdigest()])


def killed_writer(path: Path, script: str) -> None:
    """Runs a script on an open ``connection`` to a store in a process that kills itself right after it."""
    program = (
        "import os, signal, sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        f"{script}\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=False)


def wal_store(path: Path) -> Path:
    """Makes a store with 3 runs, the last two of which stand in the write-ahead log alone."""
    make_store(path, runs=1)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    root = str(Path(__file__).parents[2])
    killed_writer(
        path,
        "connection.execute('PRAGMA wal_autocheckpoint = 0')\n"
        f"sys.path.insert(0, {root!r})\n"
        "from tests.support.mlmdstore import add_run\n"
        "add_run(connection, 2); add_run(connection, 3)",
    )
    assert Path(f"{path}-wal").stat().st_size > 0
    return path


def hot_journal_store(path: Path) -> Path:
    """Makes a store with 3 runs and a transaction cut off after it wrote over the pages of the file."""
    make_store(path, runs=3)
    killed_writer(
        path,
        "connection.execute('PRAGMA cache_size = 2')\n"
        "connection.execute('BEGIN')\n"
        "connection.execute(\"UPDATE Artifact SET uri = 'forged'\")\n"
        "for n in range(2000): connection.execute("
        "\"INSERT INTO Artifact (type_id, uri) VALUES (1, 'half-written ' || hex(randomblob(100)))\")",
    )
    assert Path(f"{path}-journal").stat().st_size > 0
    return path


def seen(folder: Path) -> dict[str, tuple[str, int, int]]:
    """What a folder holds: sha256, size and time of change of each file by name."""
    return {
        path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(folder.iterdir())
        if path.is_file() and not path.is_symlink()
    }
