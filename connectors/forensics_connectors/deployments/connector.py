"""The connector of ``deployments.csv``."""

import hashlib
import stat
from collections.abc import Iterator
from pathlib import Path

from forensics.errors import SourceError
from forensics.model import Acquired, Deployment, Finding, FindingKind, Origin, Record, Source
from forensics_connectors.deployments.lines import MAX_BYTES, MAX_LINES, Columns, LineError, parse_line, read_columns

__all__ = ["DeploymentsConnector"]

_NAME = "deployments.csv"
_HINT = "the first line names the columns: model,release,environment,from,to (or digest beside or instead of release)"
_DIGITS = 16  # of the sha256 of the file, in every origin


class DeploymentsConnector:
    """Reads a CSV file of deployments, by its name or by its columns."""

    kind = "deployments"
    rank = 5

    def discover(self, locator: str) -> Source | None:
        """Recognises ``deployments.csv``, and any other file whose first line names the columns of one.

        A file is known by its place, since its rows may change: at another place it is another source.

        Raises:
            SourceError: ``deployments.csv`` cannot be read, or its first line names no such columns.
        """
        path = Path(locator)
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                return None
        except (OSError, ValueError):
            return None
        named = path.name.lower() == _NAME
        data = _read(path, MAX_BYTES if named else 1 << 16)
        if read_columns(_lines(data)[0]) is None:
            if named:
                raise SourceError(f"{locator} names no columns of deployments", hint=_HINT, locator=locator)
            return None
        place = hashlib.sha256(f"deployments\0{path.resolve()}".encode(errors="surrogateescape")).hexdigest()
        return Source(self.kind, locator, path.stem, (place,), state=_state(_read(path, MAX_BYTES)))

    def read(self, source: Source) -> Iterator[Record]:
        """Yields a deployment for each release and each digest that a line states.

        A line that is none is a finding: it admits no lineage, but ``releases`` counts it.

        Raises:
            SourceError: the file cannot be read any more.
        """
        path = Path(source.locator)
        data = _read(path, MAX_BYTES)
        state = _state(data)
        lines = _lines(data[:MAX_BYTES])
        columns = read_columns(lines[0])
        if columns is None:
            raise SourceError(f"{path} names no columns of deployments", hint=_HINT, locator=source.locator)
        counts = {"rows": 0, "bad": 0}
        for number, line in enumerate(lines[1 : MAX_LINES + 1], 2):
            origin = Origin(path.name, locus=f"line {number} in sha256:{state[:_DIGITS]}")
            for record in _records(columns, line, number, origin):
                counts["rows" if isinstance(record, Deployment) else "bad"] += 1
                yield record
        if len(data) > MAX_BYTES or len(lines) > MAX_LINES + 1:
            read = f"no more than {MAX_LINES:,} lines and {MAX_BYTES:,} bytes of {path.name} were read"
            yield Finding(FindingKind.TOO_LARGE, read, Origin(path.name, locus=f"sha256:{state[:_DIGITS]}"))
        yield Acquired(state, {"connector": self.kind, **counts})


def _records(columns: Columns, line: str, number: int, origin: Origin) -> Iterator[Record]:
    if not line.strip():
        return
    try:
        stated = parse_line(columns, line)
    except LineError as error:
        yield Finding(FindingKind.BAD_ROW, f"line {number}: {error}", origin)
        return
    for subject in stated.subjects:
        yield Deployment(stated.model, subject, stated.environment, stated.start, stated.end, origin)


def _read(path: Path, most: int) -> bytes:
    """The file's first bytes, one more than asked for where there are more."""
    try:
        with path.open("rb") as stream:
            return stream.read(most + 1)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}", locator=str(path)) from None


def _state(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _lines(data: bytes) -> list[str]:
    text = data.decode("utf-8-sig", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
