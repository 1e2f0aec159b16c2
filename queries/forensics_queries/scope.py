"""What a question with ``--as-of`` may speak of."""

from collections.abc import Callable

from forensics.case import Case
from forensics_queries.moment import moment
from forensics_queries.statement import rows

__all__ = ["scope"]


def scope(case: Case, as_of: str | None) -> Callable[[int], bool]:
    """A test on nodes: whether they belong to the graph as it stood then (rule 14).

    Args:
        case: the case.
        as_of: a revision: what stands in its ancestry, and in other sources at a claimed time before it; or a time:
            what acquisitions had read by then. None for all.

    Raises:
        UsageError: it is neither, or a revision of several sources.
    """
    if not as_of:
        return lambda _: True
    when = moment(case, as_of)
    if when.commit is None:
        return {row[0] for row in rows(case, "scope.known", at=when.at)}.__contains__
    from forensics.taint import Order
    from forensics.taint.asof import as_of_commit

    return as_of_commit(when.lineage, Order(when.lineage), when.commit)
