"""The dose of what is affected: how much of a directory is bad, of its rows, its bytes and its files."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from forensics.case import Case
from forensics.model import Listing, Property, Record, Version
from forensics_queries.affected import Affected
from forensics_queries.blast_radius import blast_radius
from tests.support.toy import Run, Step, Toy, digest_of

Make = Callable[..., Case]

HELD = {"bad.csv": "poison", "also.csv": "poison", "a.csv": "a", "b.csv": "b", "c.csv": "c"}
TOY = Toy(
    "dosed",
    (Step((), {"data": HELD, "bad.csv": "poison", "model.pkl": "model"}),),
    runs=(Run("train", 0, ("data",), ("model.pkl",)),),
    releases=(("model", "v1", 0),),
    models={"model.pkl": "model"},
)


class Dosed:
    """The toy, with what a source states of sizes."""

    source = TOY.source

    def __init__(
        self,
        *,
        bytes_of: dict[str, int] | None = None,
        whole: int | None = None,
        rows_of: dict[str, str] | None = None,
    ) -> None:
        self._bytes, self._whole, self._rows = bytes_of, whole, rows_of or {}

    def records(self) -> Iterator[Record]:
        *found, last = TOY.records()
        for record in found:
            yield self._sized(record)
            if isinstance(record, Version) and record.path in self._rows:
                yield Property(record.key, "num_rows", "int", self._rows[record.path], True, record.origin)
        yield last

    def _sized(self, record: Record) -> Record:
        if isinstance(record, Listing) and self._bytes:
            return replace(record, sizes=tuple(map(self._bytes.get, record.names)))
        if isinstance(record, Version) and record.path == "data":
            return replace(record, size=self._whole)
        return record


def model(case: Case) -> Affected:
    answer = blast_radius(case, [str(digest_of("poison"))])
    (found,) = (row for row in answer.rows if row.thing.path == "model.pkl")
    return found


def test_files_are_counted_by_name_where_nothing_else_is_known(case_of: Make) -> None:
    row = model(case_of(Dosed()))
    assert (row.dose, row.unit, row.share) == ("2 of 5 files", "files", 0.4)


def test_bytes_say_more_than_files_where_both_are_on_record(case_of: Make) -> None:
    row = model(case_of(Dosed(bytes_of={"bad.csv": 300, "also.csv": 300}, whole=1000)))
    assert (row.dose, row.unit, row.share) == ("600 of 1,000 bytes, 2 of 5 files", "bytes", 0.6)


def test_rows_say_more_than_bytes(case_of: Make) -> None:
    sizes = {"bad.csv": 300, "also.csv": 300}
    row = model(case_of(Dosed(bytes_of=sizes, whole=1000, rows_of={"data": "80", "bad.csv": "4"})))
    assert row.dose == "8 of 80 rows, 600 of 1,000 bytes, 2 of 5 files"
    assert (row.unit, row.share) == ("rows", 0.1)


@pytest.mark.parametrize(
    ("bytes_of", "whole", "rows_of"),
    [
        ({"a.csv": 10}, 1000, {}),  # of the bad file it is not known
        ({"bad.csv": 300, "also.csv": 300}, None, {}),  # of the directory it is not known
        ({"bad.csv": 300, "also.csv": 300}, 500, {}),  # more of it is bad than there is
        ({"bad.csv": 300, "also.csv": 200}, 1000, {}),  # one digest has two sizes
        (None, None, {"data": "many", "bad.csv": "4"}),  # no number
        (None, None, {"data": "-80", "bad.csv": "-4"}),
        (None, None, {"data": "80"}),
    ],
)
def test_what_is_not_known_or_contradicts_itself_is_left_out(
    case_of: Make, bytes_of: dict[str, int] | None, whole: int | None, rows_of: dict[str, str]
) -> None:
    row = model(case_of(Dosed(bytes_of=bytes_of, whole=whole, rows_of=rows_of)))
    assert (row.dose, row.unit, row.share) == ("2 of 5 files", "files", 0.4)
