"""What an answer rests on: which sources were read, how far, and what could not be read."""

from forensics.answer import Coverage, SourceRead
from forensics.case import Case
from forensics_queries.statement import rows

__all__ = ["coverage"]


def coverage(case: Case) -> Coverage:
    """The coverage of every answer from this case as it is now."""
    sources = tuple(SourceRead(*row) for row in rows(case, "coverage.sources"))
    reasons = [
        f"{name}: {message}" if count == 1 else f"{name}: {count} findings of kind {kind}, the first: {message}"
        for name, kind, count, message in rows(case, "coverage.unread")
    ]
    if not sources:
        reasons.append("no source was read into this case")
    return Coverage(sources, not reasons, tuple(reasons))
