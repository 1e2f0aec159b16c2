"""An SQLite store, read by a child process from a copy."""

import time
from threading import Thread
from typing import TYPE_CHECKING, Any

from forensics.errors import SourceError
from forensics.model import Finding, FindingKind, Origin
from forensics_connectors.child import Limits, run

from .intake import Copy
from .tables import COLUMNS, Store, arrow_schema

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["read_copy", "survey_copy"]

_SECONDS, _BYTES_A_SECOND = 60, 4 << 20
_MEMORY = 6 << 30
_NAMES = {"-wal": "write-ahead log", "-journal": "rollback journal", "-shm": "write-ahead log's index"}


def survey_copy(copy: Copy) -> dict[str, Any] | None:
    """Recovers the copy and looks at it.

    Returns:
        The first rows of the tables that tell a store from others; None where it is no ML Metadata store.

    Raises:
        SourceError: it is damaged, or holds what no such store holds.
    """
    answer = _child("survey", copy)
    return answer.get("head", {}) if answer.get("is_store") else None


def read_copy(copy: Copy) -> Store:
    """Reads a copy that was surveyed. The tables outlast the copy: they are mapped into memory.

    Raises:
        SourceError: it cannot be read, or the source has other bytes with no trace of a write.
    """
    began = time.monotonic()
    again = _Again(copy)
    again.start()
    answer = _child("read", copy)
    tables = {table: _mapped(copy, table) for table in COLUMNS}
    notes = [*_side_files(copy), *map(_finding, answer["notes"])]
    details: dict[str, object] = {
        "files": {
            f"{copy.path.name}{part}": {"bytes": file.size, "sha256": file.sha256} for part, file in copy.files.items()
        },
        "unchanged": again.result(),
        "schema_version": answer["schema_version"],
        "seconds": {"read": round(time.monotonic() - began, 3)},
    }
    if set(copy.files) - {"", "-shm"}:
        details["derived"] = {"sha256": copy.derived(), "from": "side files merged into a copy"}
    return Store(tables, "sqlite", answer["schema_version"], answer["sequences"], tuple(notes), details)


class _Again(Thread):
    """Hashes the source again while the copy is read."""

    def __init__(self, copy: Copy) -> None:
        super().__init__(daemon=True)
        self._copy = copy
        self._found: bool | SourceError = False

    def run(self) -> None:
        try:
            self._found = self._copy.is_still_so()
        except SourceError as error:
            # That it is gone, or may no longer be read, does not undo what was copied.
            self._found = error if "no trace" in error.message else False

    def result(self) -> bool:
        self.join()
        if isinstance(self._found, SourceError):
            raise self._found
        return self._found


def _child(task: str, copy: Copy) -> dict[str, Any]:
    """Runs the reader, with limits that grow with the store.

    Raises:
        SourceError: it refused, failed, crashed or took too long.
    """
    limits = Limits(_SECONDS + copy.size // _BYTES_A_SECOND, _MEMORY, (256 << 20) + 16 * copy.size)
    found = run("forensics_connectors.mlmd.reader", [task], copy.folder, limits, str(copy.path))
    if "refused" in found:
        hint = "no ML Metadata store has such a thing: look at a copy by hand, where nothing can be harmed"
        raise _error(copy, found["refused"], hint)
    if "error" in found:
        raise _error(copy, f"damaged, or no SQLite file: {found['error']}")
    return found


def _mapped(copy: Copy, table: str) -> "pa.Table":
    import pyarrow as pa

    try:
        with pa.memory_map(str(copy.folder / f"{table}.arrow")) as file:
            found = pa.ipc.open_file(file).read_all()
    except (OSError, pa.ArrowException) as error:
        raise _error(copy, f"reading {table} failed: {error}") from None
    if found.schema != arrow_schema(table):
        raise _error(copy, f"reading {table} gave other columns")
    return found


def _side_files(copy: Copy) -> list[Finding]:
    return [
        Finding(
            FindingKind.SIDE_FILE,
            f"a {_NAMES[part]} of {file.size:,} bytes lies beside the store, sha256 {file.sha256}"
            + ("" if part == "-shm" else "; a copy was recovered with it and read"),
            Origin(f"{copy.path.name}{part}"),
        )
        for part, file in copy.files.items()
        if part
    ]


def _finding(note: dict[str, Any]) -> Finding:
    kind, origin = FindingKind(note["kind"]), Origin(**note["origin"])
    return Finding(kind, note["message"], origin, note["admits"], note["node"])


def _error(copy: Copy, what: str, hint: str = "") -> SourceError:
    hint = hint or "read another copy of it, or leave it out"
    return SourceError(f"{copy.path}: {what}", hint=hint, locator=str(copy.path))
