"""The records connector: a file of rows in which some other system, or a person, wrote lineage down."""

import re
from collections.abc import Iterator
from hashlib import sha256
from json import dumps
from pathlib import Path

from forensics.errors import SourceError
from forensics.model import Acquired, Finding, FindingKind, Record, Source
from forensics_connectors.records.fields import ROWS
from forensics_connectors.records.ledger import Ledger
from forensics_connectors.records.native import Native
from forensics_connectors.records.openlineage import OpenLineage, is_event
from forensics_connectors.records.rows import Bad, Row, first_row, open_rows

__all__ = ["RecordsConnector"]

_STARTS = re.compile(rb"PAR1|(?:\xef\xbb\xbf)?\s*\{")


class RecordsConnector:
    """Reads NDJSON and Parquet files of the documented format, and OpenLineage events, one a line."""

    kind = "records"
    rank = 3

    def discover(self, locator: str) -> Source | None:
        """Recognises a file by its first row: one with a ``record`` field, or an OpenLineage event.

        Raises:
            SourceError: the file cannot be read.
        """
        path = Path(locator)
        try:
            if not path.is_file():
                return None
            with path.open("rb") as file:
                if not _STARTS.match(file.read(64)):
                    return None
            row = first_row(path)
            if row is None or not (row.get("record") in ROWS or is_event(row)):
                return None
            return Source("records", str(path), path.name, (_fingerprint(row),), state=_state(path))
        except ValueError:  # a NUL in the locator
            return None
        except OSError as error:
            raise SourceError(f"{locator} cannot be read: {error.strerror}", locator=locator) from error

    def read(self, source: Source) -> Iterator[Record]:
        """Yields what the rows describe, then what they say of it; rows may stand in any order.

        Raises:
            SourceError: the file is gone, cannot be read any more, takes too much to read, or changed meanwhile.
        """
        path = Path(source.locator)
        ledger = Ledger(path.name)
        native, events = Native(ledger), OpenLineage(ledger)
        refused: set[int] = set()
        rows = 0
        try:
            before = _state(path)
            with open_rows(path) as read:
                for rows, row in read:
                    if isinstance(row, Bad):
                        refused.add(rows)
                        if row.kind is FindingKind.BAD_ROW:
                            yield from ledger.refuse(rows, row.message)
                        else:
                            yield Finding(row.kind, f"{path.name}: {row.message}", ledger.origin(rows), admits=True)
                        continue
                    try:
                        yield from (events if is_event(row) else native).describe(rows, row)
                    except ValueError as error:
                        refused.add(rows)
                        yield from ledger.refuse(rows, str(error))
                yield from events.details()
                for number, row in read:
                    if number in refused or isinstance(row, Bad):
                        continue
                    try:
                        yield from (events if is_event(row) else native).state(number, row)
                    except ValueError as error:
                        yield from ledger.refuse(number, str(error))
            after = _state(path)
        except OSError as error:
            raise SourceError(f"{path} cannot be read: {error.strerror}", locator=source.locator) from error
        if before != after:
            raise SourceError(f"{path} changed while it was read", hint="read it again", locator=source.locator)
        yield from ledger.gaps()
        yield Acquired(after, {"connector": self.kind, "rows": rows, "bad_rows": ledger.bad})


def _fingerprint(row: Row) -> str:
    """The file's own id where its first row gives one, else that row: a log only grows behind it."""
    if row.get("record") == "source":
        return f"id:{row.get('id', '')}"
    return f"sha256:{sha256(dumps(row, sort_keys=True, default=str).encode()).hexdigest()}"


def _state(path: Path) -> str:
    state = sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            state.update(chunk)
    return f"sha256:{state.hexdigest()}"
