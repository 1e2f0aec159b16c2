"""``sql`` reads and does nothing else."""

import pytest

from forensics.case import Case
from forensics.errors import UsageError
from forensics_queries.sql import sql


@pytest.mark.parametrize(
    "statement",
    ["SELECT 1", "FROM versions", "WITH a AS (SELECT 1) FROM a", "VALUES (1)", "SHOW TABLES", "DESCRIBE versions",
     "EXPLAIN SELECT 1", "SUMMARIZE versions", "SELECT 1;"],
)  # fmt: skip
def test_statements_that_read_are_answered(incident: Case, statement: str) -> None:
    assert sql(incident, statement).rows


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO mark (id) VALUES (1)",
        "WITH a AS (INSERT INTO mark (id) VALUES (1) RETURNING *) SELECT * FROM a",
        "EXPLAIN ANALYZE INSERT INTO mark (id) VALUES (1)",
        "UPDATE meta SET value = ''",
        "DELETE FROM finding",
        "DROP TABLE mark",
        "CREATE TABLE t (i INTEGER)",
        "COPY (SELECT 1) TO '/tmp/queries-sql-test'",
        "ATTACH ':memory:' AS m",
        "SET memory_limit = '1GB'",
        "PRAGMA database_list",
        "COMMIT; DROP TABLE mark",
        "SELECT 1; SELECT 2",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELEC 1",
        "",
    ],
)
def test_everything_else_is_refused_and_changes_nothing(writable: Case, statement: str) -> None:
    before = writable.rows("SELECT count(*) FROM mark"), writable.rows("FROM meta"), writable.rows("SHOW TABLES")
    with pytest.raises(UsageError):
        sql(writable, statement)
    assert (
        writable.rows("SELECT count(*) FROM mark"),
        writable.rows("FROM meta"),
        writable.rows("SHOW TABLES"),
    ) == before
    assert sql(writable, "SELECT 1").rows


def test_columns_become_fields_whatever_their_names(incident: Case) -> None:
    row = sql(incident, 'SELECT 1 AS a, 2 AS a, 3 AS "class", 4 AS "x y", DATE \'2026-01-02\' AS d, [1, 2] AS l').rows[
        0
    ]
    assert (row.a, row.a_2, row._class, row.x_y, row.d, row.l) == (1, 2, 3, 4, "2026-01-02", (1, 2))
