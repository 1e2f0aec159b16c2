"""Rows of a file that may have been written by an attacker: one JSON object a line, or one row of a Parquet file."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, NoReturn

from forensics.model import FindingKind
from forensics_connectors.records.parquet import MAGIC, lines_of

__all__ = ["MAX_LINE", "MAX_ROWS", "Bad", "Row", "Rows", "first_row", "open_rows"]

#: The longest line that is read, in bytes, and the most rows.
MAX_LINE = 1 << 20
MAX_ROWS = 20_000_000
#: How deep the values of a row may be nested.
MAX_DEPTH = 32

#: The fields of one row; those without a value are left out.
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bad:
    """Why a row cannot be read; of any other kind than ``BAD_ROW``, all that follow it are not read either."""

    message: str
    kind: FindingKind = FindingKind.BAD_ROW


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that can be read more than once.

    Attributes:
        lines: a file of one JSON object a line.
        problem: why further rows cannot be read; empty where there are none.
    """

    lines: Path
    problem: str = ""

    def __iter__(self) -> Iterator[tuple[int, Row | Bad]]:
        """Yields the rows with their numbers, from 1 on, blank lines left out.

        Raises:
            OSError: the file cannot be read.
        """
        number = 0
        with self.lines.open("rb") as file:
            for number, row in _lines(file):
                if number > MAX_ROWS:
                    yield number, Bad(f"more than {MAX_ROWS:,} rows; the rest was not read", FindingKind.TOO_LARGE)
                    return
                yield number, row
        if self.problem:
            message = f"the rest of the Parquet file cannot be read: {self.problem}"
            yield number + 1, Bad(message, FindingKind.UNREADABLE)


@contextmanager
def open_rows(path: Path, most: int = MAX_ROWS + 1) -> Iterator[Rows]:
    """Opens a file of rows.

    Args:
        path: of the file.
        most: how many rows of a Parquet file are wanted.

    Raises:
        OSError: it cannot be read.
        SourceError: it is a Parquet file of which nothing can be read.
    """
    with path.open("rb") as file:
        is_parquet = file.read(len(MAGIC)) == MAGIC
    if not is_parquet:
        yield Rows(path)
        return
    with TemporaryDirectory(prefix="forensics-records-") as folder:
        yield Rows(*lines_of(path, Path(folder), most))


def first_row(path: Path) -> Row | None:
    """The first row of a file, None where it has none that can be read."""
    with open_rows(path, 1) as rows:
        for _, row in rows:
            return None if isinstance(row, Bad) else row
    return None


def _lines(file: IO[bytes]) -> Iterator[tuple[int, Row | Bad]]:
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            yield number, Bad(f"longer than {MAX_LINE:,} bytes")
            while line and not line.endswith(b"\n"):
                line = file.readline(MAX_LINE)
        elif not line.isspace():
            yield number, _parse(line)


def _parse(line: bytes) -> Row | Bad:
    try:
        text = line.decode("utf-8-sig")
        row = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
        if "\\u" in text:
            json.dumps(row, ensure_ascii=False).encode()  # half of a pair of surrogates is no text
    except RecursionError:
        return Bad("nested too deep")
    except ValueError as error:
        return Bad(f"no valid JSON: {str(error)[:200]}")
    if not isinstance(row, dict):
        return Bad("no JSON object")
    return (
        Bad("nested too deep") if _is_deep(row) else {name: value for name, value in row.items() if value is not None}
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _is_deep(row: Row) -> bool:
    level: list[Any] = [row]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for value in level
            for inner in (value.values() if isinstance(value, dict) else value)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return False
    return True
