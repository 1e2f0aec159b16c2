"""Cases of older schemas: opened by any command, they are brought up to date and lose nothing."""

import gzip
from pathlib import Path

import pytest

from forensics.case import Case
from forensics.case.database import SCHEMA_VERSION
from forensics.errors import CaseError

OLDER = sorted((Path(__file__).parent / "cases").glob("schema-*.duckdb.gz"))


@pytest.fixture(params=OLDER, ids=lambda path: path.name.partition(".")[0])
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "case.duckdb"
    path.write_bytes(gzip.decompress(request.param.read_bytes()))
    return path


def tables(path: Path) -> set[tuple[str, str, str]]:
    with Case.open(path) as case:
        return set(case.rows("SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"))


def test_there_is_a_case_of_every_older_schema() -> None:
    assert [path.name for path in OLDER] == [f"schema-{version}.duckdb.gz" for version in range(1, SCHEMA_VERSION)]


@pytest.mark.parametrize("write", [False, True])
def test_an_older_case_gets_the_tables_of_a_new_one_and_keeps_its_facts(
    older: Path, tmp_path: Path, write: bool
) -> None:
    with Case.open(tmp_path / "new.duckdb", write=True, new=True):
        pass
    with Case.open(older, write=write) as case:
        assert case.rows("SELECT path FROM versions") == [("data/a.csv",)]
        assert case.rows("SELECT value FROM meta WHERE key = 'schema_version'") == [(str(SCHEMA_VERSION),)]
        assert len(case.rows("FROM journal")) == 1
    assert tables(older) == tables(tmp_path / "new.duckdb")


def test_a_case_that_lacks_a_table_of_its_schema_is_none(older: Path) -> None:
    import duckdb

    with duckdb.connect(str(older)) as connection:
        connection.execute("DROP VIEW IF EXISTS versions; DROP TABLE version; CREATE VIEW version AS SELECT 1 AS id")
    with pytest.raises(CaseError, match="not a case"):
        Case.open(older)
