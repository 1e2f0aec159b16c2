"""Answers as Parquet, one flat column a field; what the answer rests on stands in the file's metadata."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from forensics.answer import Answer
from forensics.report.json import envelope
from forensics.report.page import Page
from forensics.report.rows import flat

if TYPE_CHECKING:
    from pyarrow import Table

__all__ = ["render", "table"]


def render(answer: Answer[Any], page: Page) -> Iterator[bytes]:
    """The bytes of one Parquet file. Its metadata holds the JSON envelope under the key ``forensics``."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(table(answer, page), sink, compression="zstd")
    yield sink.getvalue().to_pybytes()


def table(answer: Answer[Any], page: Page) -> "Table":
    """The rows as an Arrow table, one flat column a field, with the same metadata."""
    import pyarrow as pa

    names, rows = flat(page.rows(answer))
    columns = {name: _column([row.get(name) for row in rows]) for name in names}
    frame = json.dumps(envelope(answer, page), sort_keys=True)
    return pa.table(columns).replace_schema_metadata({"forensics": frame})


def _column(values: list[Any]) -> Any:
    import pyarrow as pa

    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {int} and all(abs(value) < 2**63 for value in values if value is not None):
        return pa.array(values, pa.int64())
    if kinds and kinds <= {int, float}:
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    texts = [None if value is None else str(value).encode("utf-8", "backslashreplace").decode() for value in values]
    return pa.array(texts, pa.string())
