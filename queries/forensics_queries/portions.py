"""How much of a directory is bad: of its rows, of its bytes, and of its files, as far as each is on record."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from forensics.case import Case
from forensics_queries.statement import rows

__all__ = ["Portion", "portions"]

#: What sources call the number of rows of a version.
_ROWS = ("rows", "num_rows", "n_rows", "row_count", "records", "num_records", "record_count", "examples",
         "num_examples", "example_count")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Portion:
    """A part of a whole, in one unit.

    Attributes:
        unit: ``rows``, ``bytes`` or ``files``.
        bad, whole: how many of how many.
    """

    unit: str
    bad: int
    whole: int

    def __str__(self) -> str:
        return f"{self.bad:,} of {self.whole:,} {self.unit}"

    @property
    def share(self) -> float:
        """The part of 1."""
        return round(self.bad / self.whole, 4)


def portions(case: Case, bad: Mapping[int, Sequence[int]]) -> dict[int, tuple[Portion, ...]]:
    """Measures how much of some directories is bad.

    Args:
        case: the case.
        bad: by content of a directory: its bad members.

    Returns:
        By directory what is known, the closest to what a model learns from first: rows, bytes, files. Rows and bytes
        are known where they are of the directory and of every bad member, and do not contradict each other.
    """
    pairs = [(directory, member) for directory, members in bad.items() for member in members]
    directories, members = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    names: dict[int, dict[int, int]] = {}
    for directory, member, count in rows(case, "sizes.names", directories=directories, contents=members):
        names.setdefault(directory, {})[member] = count
    contents = sorted({*directories, *members})
    by_rows = dict(rows(case, "sizes.rows", contents=contents, names=_ROWS))
    by_bytes = dict(rows(case, "sizes.contents", contents=contents))
    files = dict(rows(case, "sizes.listings", directories=sorted(names)))
    measures: tuple[tuple[str, Callable[[int], int | None], Callable[[int], int | None]], ...] = (
        ("rows", by_rows.get, by_rows.get),
        ("bytes", by_bytes.get, by_bytes.get),
        ("files", files.get, lambda _: 1),
    )
    found = {}
    for directory, held in names.items():
        known = [_portion(unit, whole(directory), held, part) for unit, whole, part in measures]
        found[directory] = tuple(portion for portion in known if portion is not None)
    return found


def _portion(
    unit: str, whole: int | None, held: Mapping[int, int], size: Callable[[int], int | None]
) -> Portion | None:
    """What members together are of a whole; None where that is not known, or where more are bad than there are."""
    sizes = [(size(member), count) for member, count in held.items()]
    bad = sum(one * count for one, count in sizes if one is not None)
    if not whole or any(one is None for one, _ in sizes) or not 0 < bad <= whole:
        return None
    return Portion(unit, bad, whole)
