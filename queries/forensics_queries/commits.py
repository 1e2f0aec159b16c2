"""Commits as rows show them: names and times are claims of whoever wrote the commit."""

from collections.abc import Iterable
from dataclasses import dataclass

from forensics.case import Case
from forensics_queries.statement import rows

__all__ = ["Claim", "claims"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a commit says of itself.

    Attributes:
        claimed_author, claimed_mail: who is claimed to have written it.
        claimed_time: when, seconds since 1970 in UTC.
        claimed_offset: the author's clock, minutes east of UTC.
        message: in full.
    """

    claimed_author: str
    claimed_mail: str
    claimed_time: int
    claimed_offset: int
    message: str


def claims(case: Case, ids: Iterable[int]) -> dict[int, Claim]:
    """What some commits say of themselves, by id."""
    wanted = sorted(set(ids))
    found = rows(case, "commits.claims", ids=wanted) if wanted else []
    return {commit: Claim(*rest) for commit, *rest in found}
