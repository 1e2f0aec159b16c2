"""The rows of a Parquet file as lines of JSON, by a child process: such a file can crash its reader, or swell.

``python -m forensics_connectors.records.parquet FILE MOST FOLDER SECONDS MEMORY FILE_SIZE`` writes as many rows as are
wanted, at most, into the folder.
"""

import json
import math
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.errors import SourceError
from forensics_connectors.child import Limits, confine, give, run

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

__all__ = ["MAGIC", "lines_of", "main"]

#: What a Parquet file begins with.
MAGIC = b"PAR1"

_LINES = "rows.ndjson"
_BATCH = 1024
_SECONDS, _BYTES_A_SECOND = 120, 1 << 20
_MEMORY = 2 << 30
_ROOM, _SWELLING = 256 << 20, 64  # bytes of lines; that many more for each byte of the file


class _BrokenError(Exception):
    """The rest of the file cannot be read."""


def lines_of(path: Path, folder: Path, most: int) -> tuple[Path, str]:
    """Writes rows as JSON objects, one a line; those that are null, or not a number, are left out of a row.

    Args:
        path: a Parquet file.
        folder: an empty one for the lines.
        most: rows to write at most.

    Returns:
        The file of lines; and why the rest of the rows is not in it, empty where nothing is wrong.

    Raises:
        SourceError: not one row can be read, or reading them takes too much time, memory or disk space.
    """
    size = path.stat().st_size
    limits = Limits(_SECONDS + size // _BYTES_A_SECOND, _MEMORY, _ROOM + _SWELLING * size)
    answer = run(__name__, [str(path.absolute()), str(most)], folder, limits, str(path))
    problem = str(answer.get("problem", ""))
    if "error" in answer or (problem and not answer.get("rows")):
        what = answer.get("error") or f"damaged, or no Parquet file: {problem}"
        raise SourceError(f"{path}: {what}", hint="read another copy of it, or write NDJSON", locator=str(path))
    return folder / _LINES, problem


def main(arguments: list[str]) -> None:
    """Writes the rows of a file, and gives how many there are, and what was wrong."""
    path, most, folder, *bounds = arguments
    confine(bounds)
    answer: dict[str, Any] = {"rows": 0}
    try:
        with Path(folder, _LINES).open("w", encoding="utf-8") as lines:
            try:
                for row in _rows(_open(Path(path)), int(most)):
                    lines.write(json.dumps(row, ensure_ascii=False, default=_plain) + "\n")
                    answer["rows"] += 1
            except _BrokenError as error:
                answer["problem"] = str(error)
    except MemoryError:
        answer["error"] = "its rows need too much memory"
    except RecursionError:
        answer["error"] = "its rows are nested too deep"
    except OSError as error:
        answer["error"] = f"its rows cannot be written down: {error.strerror}"
    give(Path(folder), answer)


def _open(path: Path) -> "ParquetFile":
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        return ParquetFile(
            path, memory_map=False, thrift_string_size_limit=64 << 20, thrift_container_size_limit=1 << 20
        )
    except MemoryError:
        raise
    except (ArrowException, OSError, ValueError) as error:
        raise _BrokenError(str(error)[:200]) from None


def _rows(file: "ParquetFile", most: int) -> Iterator[dict[str, Any]]:
    from pyarrow import ArrowException

    left = most
    try:
        for group in range(file.num_row_groups):  # one by one, so that those before a broken one are read
            for batch in file.iter_batches(min(_BATCH, most), [group]):
                for row in batch.slice(0, left).to_pylist():
                    yield {name: value for name, value in row.items() if not _is_missing(value)}
                left -= min(left, batch.num_rows)
                if not left:
                    return
    except MemoryError:
        raise
    except (ArrowException, OSError, ValueError) as error:
        raise _BrokenError(str(error)[:200]) from None


def _is_missing(value: object) -> bool:
    """Nothing, or what pandas writes where a number is missing."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def _plain(value: object) -> object:
    """A time as JSON writes it. What it cannot say becomes what no field is."""
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else {"no JSON": str(type(value))}


if __name__ == "__main__":
    main(sys.argv[1:])
