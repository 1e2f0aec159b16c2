"""What a check says."""

from dataclasses import dataclass

__all__ = ["FAILS", "HOLDS", "OPEN", "Check"]

HOLDS, FAILS, OPEN = "holds", "fails", "not checked"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked.

    Attributes:
        check: ``files`` (what is there, and nothing else), ``manifest`` (their bytes), ``seal``, ``schema``,
            ``documents``, ``journal``, ``head`` or ``sources``.
        state: ``holds``, ``fails`` or ``not checked``.
        subject: what it was checked on: a file, a record, a source; empty for the bag.
        said: what was found.
    """

    check: str
    state: str
    subject: str
    said: str
