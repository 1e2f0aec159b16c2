"""One line of a CSV file of deployments. The file may be hostile: everything has a limit, and nothing is guessed."""

import csv
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from forensics.digest import ALGORITHMS, Digest

__all__ = ["MAX_BYTES", "MAX_CELL", "MAX_LINES", "Columns", "LineError", "Stated", "parse_line", "read_columns"]

MAX_BYTES = 16 << 20
MAX_LINES = 50_000
#: Characters of one cell.
MAX_CELL = 1000

_KNOWN = ("model", "release", "digest", "environment", "from", "to")
_SUBJECTS = ("release", "digest")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LENGTHS = {length for lengths in ALGORITHMS.values() for length in lengths}


class LineError(ValueError):
    """A line that states no deployment: why."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What the first line says.

    Attributes:
        delimiter: what parts the cells.
        places: the place of each known column that the file has.
        count: the number of all columns.
    """

    delimiter: str
    places: dict[str, int]
    count: int


@dataclass(frozen=True, slots=True)
class Stated:
    """What a line states.

    Attributes:
        subjects: the release, the digest, or both.
        start, end: seconds since 1970 in UTC; None where the cell is empty.
    """

    model: str
    subjects: tuple[str, ...]
    environment: str
    start: int | None
    end: int | None


def read_columns(line: str) -> Columns | None:
    """Reads the first line; None where it names no environment, neither a release nor a digest, or a column twice."""
    delimiter = max(",;\t", key=line.count)
    try:
        names = [name.lower() for name in _cells(line, delimiter)]
    except LineError:
        return None
    known = [name for name in names if name in _KNOWN]
    if "environment" not in known or not set(_SUBJECTS) & set(known) or len(set(known)) != len(known):
        return None
    return Columns(delimiter, {name: names.index(name) for name in known}, len(names))


def parse_line(columns: Columns, line: str) -> Stated:
    """Reads a line that is not blank. Cells that are missing at its end are empty.

    Raises:
        LineError: it states no deployment.
    """
    cells = _cells(line, columns.delimiter)
    if any(cells[columns.count :]):
        raise LineError(f"{len(cells)} cells under {columns.count} columns")
    found = {name: cells[place] if place < len(cells) else "" for name, place in columns.places.items()}
    subjects = [found["release"]] if found.get("release") else []
    if found.get("digest"):
        subjects.append(_digest(found["digest"]))
    if not subjects:
        raise LineError("it names neither a release nor a digest")
    if not found["environment"]:
        raise LineError("it names no environment")
    start, end = _time(found.get("from", "")), _time(found.get("to", ""))
    if start is not None and end is not None and end < start:
        raise LineError("it ends before it begins")
    return Stated(found.get("model", ""), tuple(subjects), found["environment"], start, end)


def _cells(line: str, delimiter: str) -> list[str]:
    """The cells of one line, which no quoted cell can leave: else one stray quote would swallow all that follows."""
    if "\ufffd" in line:
        raise LineError("it is not UTF-8")
    if len(line) > MAX_CELL * 50:
        raise LineError("it is too long")
    try:
        cells = next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise LineError(f"it is not CSV: {error}") from None
    if any(len(cell) > MAX_CELL for cell in cells):
        raise LineError(f"a cell is longer than {MAX_CELL:,} characters")
    return [cell.strip() for cell in cells]


def _digest(text: str) -> str:
    """A digest in full, with its algorithm or without."""
    algorithm, colon, value = text.lower().rpartition(":")
    bare = value.removesuffix(".dir")
    whole = Digest(algorithm, value)
    plain = len(bare) in _LENGTHS and set(bare) <= set("0123456789abcdef")
    if not (whole.is_content_hash and whole.is_well_formed) if colon else not plain:
        raise LineError("its digest is none, or not in full")
    return f"{algorithm}{colon}{value}"


def _time(text: str) -> int | None:
    """A time by ISO 8601, UTC where it names no offset, a date alone its first second; None where it is empty."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise LineError(f"{text[:40]!r} is no time: write 2026-03-01 or 2026-03-01T12:00:00Z") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(seconds=1)
