"""``--as-of REV|TIME``: the graph as it stood at a revision, or as the case knew it at a time (rule 14)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from forensics.case import Case
from forensics.case.snapshot import build_graph
from forensics.errors import UsageError
from forensics.taint import Lineage
from forensics_queries.revision import find_revisions
from forensics_queries.statement import rows

__all__ = ["Moment", "moment"]


@dataclass(frozen=True, slots=True)
class Moment:
    """When a question is asked of.

    Attributes:
        lineage: the graph to ask.
        commit: the commit in whose ancestry the answer lies; None for all.
        at: the time whose marks count; None for now.
        note: what to say of it beside the answer; empty for the present.
    """

    lineage: Lineage
    commit: int | None = None
    at: datetime | None = None
    note: str = ""


def moment(case: Case, as_of: str | None) -> Moment:
    """Reads ``--as-of``.

    Args:
        case: the case.
        as_of: a revision of any source, or a time like ``2026-11-23`` or ``2026-11-23T08:00:00Z``; None for now.

    Raises:
        UsageError: it is neither, or a revision of several sources.
    """
    if not as_of:
        return Moment(Lineage(case))
    found = find_revisions(case, as_of, [row[0] for row in rows(case, "moment.sources")])
    if len({revision.commit for revision in found}) > 1:
        raise UsageError(f"{as_of} is a revision of several sources", hint="name the commit by its full id")
    if found:
        note = f"as of {as_of}: what stands in its ancestry; other sources by claimed time"
        return Moment(Lineage(case), commit=found[0].commit, note=note)
    try:
        at = datetime.fromisoformat(as_of)
    except ValueError:
        raise UsageError(
            f"{as_of} is neither a revision in the case nor a time", hint="a time looks like 2026-11-23T08:00:00Z"
        ) from None
    at = at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
    until = rows(case, "moment.acquisition", at=at)[0][0]
    graph = build_graph(case.connection, until)
    return Moment(Lineage(case, graph), at=at, note=f"as the case knew it at {at.isoformat()}Z (acquisition {until})")
