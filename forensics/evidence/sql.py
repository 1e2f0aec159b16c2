"""Running the statements that stand in this package's ``.sql`` file."""

from typing import Any

from forensics.case import Case
from forensics.case.sql import statements

__all__ = ["rows"]


def rows(case: Case, statement: str, /, **given: object) -> list[tuple[Any, ...]]:
    """Runs one statement of ``gather.sql`` and returns all its rows; what is given is bound, never pasted."""
    return case.rows(statements("forensics.evidence", "gather.sql")[statement], given)
