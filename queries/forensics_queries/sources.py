"""What was read, when, how far, and what could not be read."""

from dataclasses import dataclass

from forensics.answer import Answer
from forensics.case import Case
from forensics_queries.coverage import coverage
from forensics_queries.statement import rows

__all__ = ["Acquisition", "sources"]


@dataclass(frozen=True, slots=True)
class Acquisition:
    """One reading of one source.

    Attributes:
        acquisition: its number in the case.
        started_at, finished_at: by this machine's clock, UTC.
        state: a digest of what the source was.
        added: number of nodes that were new.
        findings: number of things noticed for the first time; ``unread`` of them could hide lineage.
        noticed: the findings by kind.
    """

    source: str
    kind: str
    acquisition: int
    locator: str
    started_at: int
    finished_at: int
    tool_version: str
    state: str
    added: int
    findings: int
    unread: int
    noticed: str


def sources(case: Case) -> Answer[Acquisition]:
    """Every acquisition of every source."""
    found = tuple(Acquisition(*row) for row in rows(case, "sources.acquisitions"))
    return Answer("sources", {}, found, coverage(case))
