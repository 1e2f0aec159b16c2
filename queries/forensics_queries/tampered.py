"""Stored objects that ``fsck`` found to hold other bytes than the record says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from forensics.case import Case
from forensics.case.ingest import now
from forensics_queries.moment import Moment
from forensics_queries.statement import rows

__all__ = ["Tampering", "read_since", "tampered"]


@dataclass(frozen=True, slots=True)
class Tampering:
    """An object whose bytes were changed.

    Attributes:
        path: its file.
        found: what its bytes hash to.
        sha256: of the bytes found, in hexadecimal digits.
        claimed_time: when its file says that it was written last; who writes a file can set that.
        checked_at: when it was hashed, by this machine's clock.
        intact_at: when it was last hashed and as recorded; None where it never was.
    """

    path: str
    found: str
    sha256: str
    claimed_time: int
    checked_at: int
    intact_at: int | None


def tampered(when: Moment) -> dict[int, tuple[Tampering, ...]]:
    """What was known at a moment, by the content that each object is named after."""
    found: dict[int, list[Tampering]] = {}
    for content, *rest in rows(when.case, "tampered.all", at=when.at or now()):
        if when.stood(content):
            found.setdefault(content, []).append(Tampering(*rest))
    return {content: tuple(some) for content, some in found.items()}


def read_since(case: Case, objects: Mapping[int, tuple[Tampering, ...]], versions: Iterable[int]) -> frozenset[int]:
    """Those objects from which a run that led to one of some versions can have read the changed bytes.

    What the case knew when an object was last hashed and found as recorded was made before it changed.
    """
    newest = [known for (known,) in rows(case, "tampered.newest", versions=sorted(versions))]
    return frozenset(
        content
        for content, some in objects.items()
        if any(one.intact_at is None or one.intact_at <= known for one in some for known in newest)
    )
