"""What an answer rests on: which sources were read, how far, and what could not be read."""

from forensics.answer import Coverage, SourceRead
from forensics.case import Case
from forensics_queries.statement import rows

__all__ = ["LATEST", "coverage"]

#: An acquisition after all others.
LATEST = 2**31 - 1


def coverage(case: Case, until: int = LATEST) -> Coverage:
    """The coverage of answers from this case.

    Args:
        case: the case.
        until: the newest acquisition that counts; all do, as the case is now, where none is given.
    """
    sources = tuple(SourceRead(*row) for row in rows(case, "coverage.sources", until=until))
    reasons = [
        f"{name}: {message}" if count == 1 else f"{name}: {count} findings of kind {kind}, the first: {message}"
        for name, kind, count, message in rows(case, "coverage.unread", until=until)
    ]
    if not sources:
        reasons.append("no source was read into this case")
    return Coverage(sources, not reasons, tuple(reasons))
