"""What joins the sources of a case, and how much of each found no partner in another."""

from dataclasses import dataclass

from forensics.answer import Answer
from forensics.case import Case
from forensics.digest import EMPTY
from forensics_queries.coverage import coverage
from forensics_queries.statement import rows

__all__ = ["Joined", "joins"]


@dataclass(frozen=True, slots=True)
class Joined:
    """One way in which two sources are joined; or what of them found no partner.

    Attributes:
        source, other: names of the two, in the order of their first reading.
        joined_by: ``same bytes``, ``file of a directory``, ``import``, ``commit``, ``declared``, ``address``,
            ``fingerprint``; or ``no partner``.
        known: a ``Strength``; empty for ``no partner``.
        joins: number of pairs that are joined.
        here, there: number of contents, versions, commits or runs of the one and the other that are joined; versions
            without a partner.
        of_here, of_there: of how many versions that have a digest or an address; None for joins.
    """

    source: str
    other: str
    joined_by: str
    known: str
    joins: int
    here: int
    there: int
    of_here: int | None
    of_there: int | None


def joins(case: Case) -> Answer[Joined]:
    """The joins between every pair of sources, the surest first."""
    found = tuple(Joined(*row) for row in rows(case, "joins.joins", empty=sorted(EMPTY)))
    return Answer("joins", {}, found, coverage(case))
