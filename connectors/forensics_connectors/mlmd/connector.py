"""The MLMD connector: ML Metadata stores in SQLite files and on servers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from forensics.errors import SourceError
from forensics.model import Acquired, Record, Source
from forensics_connectors.git.text import text

from .address import Address
from .identity import fingerprints
from .intake import Copy, stores_at
from .servers import read_server, survey_server
from .sqlite import read_copy, survey_copy
from .tables import Store

__all__ = ["MlmdConnector"]


class MlmdConnector:
    """Reads ML Metadata stores. Files are copied and only the copy is opened; servers are asked to read alone."""

    kind = "mlmd"
    rank = 15

    def __init__(self) -> None:
        #: What discovering has at hand, for the reading that follows: a store is copied and hashed once.
        self._copies: dict[str, Copy] = {}
        self._addresses: dict[str, Address] = {}

    def discover(self, locator: str) -> Source | None:
        """Recognises the address of a server, an SQLite file by its tables, or a folder that holds such a file.

        Raises:
            SourceError: it is a store that cannot be read, or holds what no store holds.
        """
        address = Address.parse(locator)
        if address is not None:
            survey = survey_server(address)
            self._addresses[address.locator] = address
            head = {table: rows.to_pylist() for table, rows in survey.head.items()}
            name = address.database or address.host
            marks = fingerprints(head, address.locator)
            return Source("mlmd", address.locator, name, marks, state=survey.state, is_store=True)
        found = [source for path in stores_at(locator) if (source := self._recognised(path)) is not None]
        if len(found) > 1:
            names = " and ".join(Path(source.locator).name for source in found)
            raise SourceError(f"{locator} holds more than one store: {names}", hint="name one of them", locator=locator)
        return found[0] if found else None

    def read(self, source: Source) -> Iterator[Record]:
        """Yields all that the store says.

        Raises:
            SourceError: it cannot be read any more.
        """
        from .records import records

        address = self._addresses.get(source.locator) or Address.parse(source.locator)
        if address is not None:
            store = read_server(address)
            acquired = _acquired(store, str(store.details.get("state", "")))
            yield from records(store)
            yield acquired
            return
        copy = self._copies.pop(source.locator, None) or self._copied(Path(source.locator))
        try:
            store = read_copy(copy)
            acquired = _acquired(store, copy.state)
            yield from records(store, copy.path.parent)
            yield acquired
        finally:
            copy.close()

    def _recognised(self, path: Path) -> Source | None:
        copy, head = _surveyed(path)
        if head is None:
            return None
        locator = text(str(path))
        self._copies[locator] = copy
        return Source("mlmd", locator, text(path.stem), fingerprints(head, locator), state=copy.state, is_store=True)

    def _copied(self, path: Path) -> Copy:
        copy, head = _surveyed(path)
        if head is None:
            raise SourceError(f"{path} is no ML Metadata store any more", locator=str(path))
        return copy


def _surveyed(path: Path) -> tuple[Copy, dict[str, Any] | None]:
    """Copies a file and looks at it; the copy is kept only where it is a store."""
    copy, head = Copy(path), None
    try:
        head = survey_copy(copy)
    finally:
        if head is None:
            copy.close()
    return copy, head


def _acquired(store: Store, state: str) -> Acquired:
    rows = {table: found.num_rows for table, found in store.tables.items()}
    return Acquired(state, {"connector": "mlmd", "backend": store.backend, "rows": rows, **store.details})
