"""Running the statements that stand in this package's ``.sql`` files."""

from typing import Any

from forensics.case import Case
from forensics.case.sql import statements

__all__ = ["rows"]


def rows(case: Case, statement: str, /, **given: object) -> list[tuple[Any, ...]]:
    """Runs one statement and returns all its rows.

    Args:
        case: the case.
        statement: the file's stem and the statement's name: ``places.members``.
        given: the statement's parameters, all of them; they are bound, never pasted.
    """
    file, _, name = statement.partition(".")
    return case.rows(statements("forensics_queries", f"{file}.sql")[name], given)
