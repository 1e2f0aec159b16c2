"""Every statement of the package says what it is and what it takes, and runs on a case that holds nothing."""

import re
from datetime import UTC, datetime
from importlib.resources import files

import duckdb
import pytest

from forensics.case import Case
from forensics.case.sql import statements

FILES = sorted(file.name for file in files("forensics_queries").iterdir() if file.name.endswith(".sql"))
STATEMENTS = [(file, name) for file in FILES for name in statements("forensics_queries", file)]
_LIST = re.compile(r"\$(\w+)::\w+\[\]")
_MOMENT = {"at", "made_at", "expires_at"}


@pytest.mark.parametrize("file", FILES)
def test_a_file_has_a_title(file: str) -> None:
    text = files("forensics_queries").joinpath(file).read_text(encoding="utf-8")
    assert text.startswith("-- @title ")


@pytest.mark.parametrize(("file", "name"), STATEMENTS)
def test_a_statement_takes_the_parameters_that_it_names(file: str, name: str) -> None:
    text = statements("forensics_queries", file)[name]
    parsed = duckdb.extract_statements(text)
    assert len(parsed) == 1
    assert set(re.findall(r"^-- @param (\w+) ", text, re.MULTILINE)) == set(parsed[0].named_parameters)


@pytest.mark.parametrize(("file", "name"), STATEMENTS)
def test_a_statement_runs_on_an_empty_case(file: str, name: str, empty: Case) -> None:
    text = statements("forensics_queries", file)[name]
    lists = set(_LIST.findall(text))
    now = datetime.now(UTC).replace(tzinfo=None)
    given: dict[str, object] = {
        parameter: [] if parameter in lists else now if parameter in _MOMENT else "0"
        for parameter in duckdb.extract_statements(text)[0].named_parameters
    }
    empty.connection.execute("BEGIN")
    try:
        empty.rows(text, given)
    finally:
        empty.connection.execute("ROLLBACK")
