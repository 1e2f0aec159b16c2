"""Read-only SQL on the views of a case."""

import keyword
import re
from dataclasses import make_dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from forensics.answer import Answer
from forensics.case import Case
from forensics.errors import UsageError
from forensics_queries.coverage import coverage

__all__ = ["sql"]

_PLAIN = (str, int, float, bool)
_HINT = "the views are named by: forensics sql --help; the columns of one by: forensics sql 'DESCRIBE versions'"


def sql(case: Case, statement: str) -> Answer[Any]:
    """Runs one statement that only reads.

    It runs in a read-only transaction: the kind of a statement does not tell whether it writes, since a SELECT may
    hold an INSERT in a common table expression and EXPLAIN ANALYZE runs what it explains.

    Args:
        case: the case.
        statement: SELECT, WITH, FROM, VALUES, TABLE, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN.

    Returns:
        Rows whose fields are the columns; characters that a field's name cannot have are underscores, and a name that
        comes again gets a number.

    Raises:
        UsageError: not one statement, not one that reads, or one that DuckDB refuses.
    """
    import duckdb

    try:
        found = duckdb.extract_statements(statement)
    except duckdb.Error as error:
        raise UsageError(_said(error), hint=_HINT) from error
    reading = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}
    if len(found) != 1 or found[0].type not in reading:
        raise UsageError(
            "not one statement that only reads",
            hint="write one SELECT, WITH, FROM, DESCRIBE, SHOW or EXPLAIN",
        )
    try:
        case.connection.execute("BEGIN TRANSACTION READ ONLY")
        try:
            cursor = case.connection.execute(found[0])
            columns = [column[0] for column in cursor.description or ()]
            values = cursor.fetchall()
        finally:
            case.connection.execute("ROLLBACK")
    except duckdb.Error as error:
        raise UsageError(_said(error), hint=_HINT) from error
    row = make_dataclass("SqlRow", list[Any](_names(columns)), frozen=True)
    answers = tuple(row(*map(_plain, value)) for value in values)
    return Answer("sql", {"statement": statement}, answers, coverage(case))


def _said(error: Exception) -> str:
    return " ".join(str(error).strip().partition("\n\n")[0].split())


def _names(columns: list[str]) -> list[tuple[str, type[object]]]:
    taken: dict[str, int] = {}
    names: list[tuple[str, type[object]]] = []
    for column in columns:
        name = re.sub(r"[^0-9A-Za-z_]+", "_", column).strip("_") or "column"
        if name[0].isdigit() or keyword.iskeyword(name):
            name = f"_{name}"
        while name in taken:
            taken[name] += 1
            name = f"{name}_{taken[name]}"
        taken[name] = 1
        names.append((name, object))
    return names


def _plain(value: object) -> object:
    if value is None or isinstance(value, _PLAIN):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | tuple):
        return tuple(_plain(item) for item in value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return str(value) if not isinstance(value, timedelta) else value.total_seconds()
