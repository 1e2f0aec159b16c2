"""Rows of a file that may have been written by an attacker: one JSON object a line, or one row of a Parquet file."""

import json
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

from forensics.model import FindingKind

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

__all__ = ["MAX_LINE", "MAX_ROWS", "Bad", "Row", "first_row", "open_parquet", "read_rows"]

#: The longest line that is read, in bytes, and the most rows.
MAX_LINE = 1 << 20
MAX_ROWS = 20_000_000
#: How deep the values of a row may be nested.
MAX_DEPTH = 32
_MAGIC = b"PAR1"
_BATCH = 4096

#: The fields of one row; those without a value are left out.
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bad:
    """Why a row cannot be read; of any other kind than ``BAD_ROW``, all that follow it are not read either."""

    message: str
    kind: FindingKind = FindingKind.BAD_ROW


def read_rows(path: Path) -> Iterator[tuple[int, Row | Bad]]:
    """Yields the rows with their numbers, from 1 on, blank lines left out.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        rows = _parquet_rows(path) if file.read(len(_MAGIC)) == _MAGIC else _lines(_rewound(file))
        for number, row in rows:
            if number > MAX_ROWS:
                yield number, Bad(f"more than {MAX_ROWS:,} rows; the rest was not read", FindingKind.TOO_LARGE)
                return
            yield number, row


def first_row(path: Path) -> Row | None:
    """The first row of a file, None where it has none that can be read."""
    for _, row in read_rows(path):
        return None if isinstance(row, Bad) else row
    return None


def open_parquet(path: Path) -> "ParquetFile | None":
    """Opens a Parquet file, without mapping it into memory; None where it is none that can be read."""
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        return ParquetFile(
            path, memory_map=False, thrift_string_size_limit=64 << 20, thrift_container_size_limit=1 << 20
        )
    except (ArrowException, OSError, ValueError):
        return None


def _rewound(file: IO[bytes]) -> IO[bytes]:
    file.seek(0, os.SEEK_SET)
    return file


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


def _is_missing(value: Any) -> bool:
    """Nothing, or what pandas writes where a number is missing."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def _parquet_rows(path: Path) -> Iterator[tuple[int, Row | Bad]]:
    from pyarrow import ArrowException, RecordBatch

    file = open_parquet(path)
    if file is None:
        yield 1, Bad("no Parquet file that can be read", FindingKind.UNREADABLE)
        return
    number = 0
    with file:
        try:
            for group in range(file.num_row_groups):  # one by one, so that those before a broken one are read
                for row in chain.from_iterable(map(RecordBatch.to_pylist, file.iter_batches(_BATCH, [group]))):
                    number += 1
                    yield number, {name: value for name, value in row.items() if not _is_missing(value)}
        except (ArrowException, OSError, ValueError, UnicodeDecodeError) as error:
            yield (
                number + 1,
                Bad(f"the rest of the Parquet file cannot be read: {str(error)[:200]}", FindingKind.UNREADABLE),
            )
