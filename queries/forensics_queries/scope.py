"""``--as-of``: what belongs to the graph as it stood at a revision, or as the case stood at a time (rule 14)."""

from collections.abc import Callable
from datetime import UTC, datetime

from forensics.case import Case
from forensics.errors import UsageError
from forensics_queries.revision import find_revisions
from forensics_queries.statement import rows

__all__ = ["scope"]


def scope(case: Case, as_of: str | None) -> Callable[[int], bool]:
    """A test on nodes.

    Args:
        case: the case.
        as_of: None for all; a time in ISO 8601 (UTC where it names no zone): what acquisitions had read by then; or a
            revision: what stands in its ancestry, and what stands in other sources at a claimed time before it.

    Raises:
        UsageError: neither a time nor a revision, or a revision of several commits.
    """
    if as_of is None:
        return lambda _: True
    time = _time(as_of)
    if time is not None:
        known = {row[0] for row in rows(case, "scope.known", at=time)}
        return known.__contains__
    found = find_revisions(case, as_of, [row[0] for row in rows(case, "scope.sources")])
    if len(found) != 1:
        said = f"{as_of} names {len(found)} commits" if found else f"{as_of} is neither a time nor a revision"
        raise UsageError(
            said,
            hint="give a full commit id, or a time such as 2026-03-01T12:00:00Z",
            candidates=tuple(revision.oid for revision in found),
        )
    from forensics.taint import Lineage, Order
    from forensics.taint.asof import as_of_commit

    lineage = Lineage(case)
    return as_of_commit(lineage, Order(lineage), found[0].commit)


def _time(text: str) -> float | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
