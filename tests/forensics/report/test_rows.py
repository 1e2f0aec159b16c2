"""Rows as plain values, and paths in one line."""

from dataclasses import dataclass

from forensics.answer import Step, Thing
from forensics.report.rows import cells, chain, flat
from forensics.shapes import plain

DIRECTORY = "md5:" + "d" * 32 + ".dir"


def version(number, title, digest=DIRECTORY):
    return Thing(number, "version", title, f"node:{number}", digest=digest)


def content(number, title, digest=DIRECTORY):
    return Thing(number, "content", title, f"node:{number}", digest=digest)


FILE = content(1, "bytes of feb.csv", "md5:" + "f" * 32)
BYTES = content(2, "bytes of raw")


def test_a_directory_and_its_own_bytes_are_one_step():
    path = (Step(FILE), Step(BYTES, "member", "recorded"), Step(version(3, "raw"), "content", "recorded"))
    assert chain(path) == "bytes of feb.csv -> raw"


def test_how_a_step_is_known_survives_when_its_bytes_are_left_out():
    path = (Step(FILE), Step(BYTES, "member", "inferred", "by-path"), Step(version(3, "raw"), "content", "recorded"))
    assert chain(path) == "bytes of feb.csv -(inferred, by-path)-> raw"


def test_two_versions_of_the_same_bytes_are_joined_by_that_word():
    path = (Step(version(3, "raw")), Step(BYTES, "content", "recorded"), Step(version(4, "copy"), "content", "matched"))
    assert chain(path) == "raw -(same bytes)-> copy"


def test_bytes_at_the_end_or_of_another_digest_are_shown():
    assert chain((Step(version(3, "raw")), Step(BYTES, "content", "recorded"))) == "raw -> bytes of raw"
    path = (Step(version(3, "a")), Step(FILE, "member", "recorded"), Step(version(4, "b"), "content", "assumed"))
    assert chain(path) == "a -> bytes of feb.csv -(assumed)-> b"


@dataclass(frozen=True, slots=True)
class Row:
    made_at: int | None
    time: object
    counts: dict[str, int]
    things: tuple[Thing, ...]
    ratio: float


ROW = Row(0, 0, {"a": 1, "b": 2}, (FILE, BYTES), float("nan"))


def test_only_what_is_declared_as_a_time_is_shown_as_one():
    found = dict(cells(ROW))
    assert found["made_at"] == "1970-01-01 00:00:00Z"
    assert found["time"] == 0


def test_nested_values_become_one_cell_each():
    found = dict(cells(ROW))
    assert found["counts"] == "a=1; b=2"
    assert found["things"] == "bytes of feb.csv; bytes of raw"


def test_numbers_that_json_lacks_become_text():
    assert plain(ROW)["ratio"] == "nan"


def test_columns_stand_in_the_order_of_first_appearance():
    @dataclass(frozen=True)
    class Other:
        ratio: float
        last: str

    names, rows = flat([ROW, Other(1.0, "x")])
    assert names == ["made_at", "time", "counts", "things", "ratio", "last"]
    assert rows[1] == {"ratio": 1.0, "last": "x"}
