"""The case: one DuckDB file with all that was ingested, marked and asked in one investigation."""

import os
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from forensics.case.database import connect, create

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from forensics.case.ingest import Ingested
    from forensics.graph import Graph
    from forensics.model import Record, Source

__all__ = ["DEFAULT_PATH", "Case", "case_path"]

DEFAULT_PATH = Path("case.duckdb")

T = TypeVar("T")


def case_path(given: str | None = None) -> Path:
    """The case to use: as given, else ``FORENSICS_CASE``, else ``./case.duckdb``."""
    return Path(given or os.environ.get("FORENSICS_CASE") or DEFAULT_PATH)


class Case:
    """An open case. A context manager; closing it twice is harmless.

    Attributes:
        path: the file.
        connection: the DuckDB connection, without access to files, network or extensions.
        writable: whether facts, marks and journal entries may be added.
    """

    def __init__(self, path: Path, connection: "DuckDBPyConnection", *, writable: bool) -> None:
        self.path = path
        self.connection = connection
        self.writable = writable
        self._graph: Graph | None = None
        self._kept: dict[Hashable, Any] = {}

    @classmethod
    def open(cls, path: str | Path, *, write: bool = False, new: bool = False) -> Self:
        """Opens a case.

        Args:
            path: the file.
            write: for ingest and marks; questions open it read-only.
            new: with ``write``, makes an empty case where there is none.

        Raises:
            CaseError: there is none, it is locked, damaged, no case at all, or of a newer schema.
        """
        path = Path(path)
        if new and write and not path.exists():
            create(path)
        return cls(path, connect(path, write=write), writable=write)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._graph = None
        self._kept.clear()
        self.connection.close()

    def ingest(
        self, source: "Source", records: "Iterable[Record]", *, argv: Iterable[str] = (), connector: str = ""
    ) -> "Ingested":
        """Reads a source into the case, in one transaction (``forensics.case.ingest``)."""
        from forensics.case.ingest import ingest

        self._graph = None
        self._kept.clear()
        return ingest(self.connection, self.path, source, records, list(argv), connector)

    def journal(self, action: str, details: dict[str, object], *, argv: Iterable[str] = ()) -> str:
        """Appends to the journal and returns the entry's digest."""
        from forensics.case.journal import append

        return append(self.connection, action, list(argv), details)

    def rows(self, sql: str, parameters: dict[str, Any] | list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Runs one statement of ours and returns all its rows."""
        return self.connection.execute(sql, parameters or {}).fetchall()

    @property
    def identity(self) -> str:
        """The case's own id, made with it."""
        return self._meta("case_id")

    @property
    def stamp(self) -> str:
        """What tells this state of the graph, and the codes that stand for its edges, from any other."""
        return f"{self.identity}:{self._meta('generation')}:{self._meta('schema_version')}"

    def graph(self) -> "Graph":
        """The graph as integer arrays: from the sidecar beside the file, or built and kept there.

        The sidecar is a cache: it is rebuilt whenever its stamp is not the case's.
        """
        if self._graph is None:
            from forensics.case.snapshot import load_graph

            self._graph = load_graph(self.connection, self.path, self.stamp)
        return self._graph

    def keep(self, key: Hashable, make: "Callable[[], T]") -> "T":
        """What follows from the facts of the case, worked out once: several questions of a report ask for the same.

        Args:
            key: all that it depends on beside the facts, which change by an ingest alone, and that forgets it.
            make: works it out. Nobody may change what it returns.
        """
        if key not in self._kept:
            self._kept[key] = make()
        found: T = self._kept[key]
        return found

    def _meta(self, key: str) -> str:
        found = self.connection.execute("SELECT value FROM meta WHERE key = ?", [key]).fetchone()
        return str(found[0]) if found else ""
