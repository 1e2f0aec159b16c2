"""Opening a case: what is wrong with the file is said, with the mend."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from forensics.case import Case, case_path
from forensics.case.database import create
from forensics.errors import CaseError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "case.duckdb"


def test_no_case_names_the_way_to_one(path: Path) -> None:
    with pytest.raises(CaseError, match="no case at") as caught:
        Case.open(path)
    assert "forensics ingest" in caught.value.hint


def test_a_file_that_is_no_database(path: Path) -> None:
    path.write_text("hello " * 1000)
    with pytest.raises(CaseError, match="not a readable case"):
        Case.open(path)


def test_a_database_that_is_no_case(path: Path) -> None:
    duckdb.connect(str(path)).execute("CREATE TABLE meta (x INTEGER)").close()
    with pytest.raises(CaseError, match="not a case"):
        Case.open(path)


def test_a_case_of_a_newer_program_is_refused(path: Path) -> None:
    create(path)
    connection = duckdb.connect(str(path))
    connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'").close()
    with pytest.raises(CaseError, match="schema 99"):
        Case.open(path)


def test_a_case_that_another_process_writes(path: Path) -> None:
    create(path)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import duckdb, sys; c = duckdb.connect({str(path)!r}); print('open', flush=True); input()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        for write in (False, True):
            with pytest.raises(CaseError, match="being written by another process"):
                Case.open(path, write=write)
        holder.communicate("\n")


def test_two_readers_at_once(path: Path) -> None:
    create(path)
    with Case.open(path) as one, Case.open(path) as two:
        assert one.identity == two.identity


def test_making_a_case_twice_keeps_the_first(path: Path) -> None:
    create(path)
    with Case.open(path) as case:
        identity = case.identity
    create(path)
    with Case.open(path) as case:
        assert case.identity == identity
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "COPY (SELECT 1) TO '/tmp/out.csv'",
        "ATTACH '/tmp/other.duckdb'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
    ],
)
def test_no_statement_reaches_out_of_a_case(path: Path, statement: str) -> None:
    create(path)
    with Case.open(path) as case, pytest.raises(duckdb.Error):
        case.rows(statement)


def test_the_case_is_named_by_option_environment_or_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORENSICS_CASE", raising=False)
    assert case_path() == Path("case.duckdb")
    monkeypatch.setenv("FORENSICS_CASE", "/cases/one.duckdb")
    assert case_path() == Path("/cases/one.duckdb")
    assert case_path("two.duckdb") == Path("two.duckdb")


def test_a_case_of_which_a_table_was_replaced_by_a_view_is_no_case(path: Path) -> None:
    create(path)
    duckdb.connect(str(path)).execute(
        "ALTER TABLE finding RENAME TO hidden; CREATE VIEW finding AS FROM hidden"
    ).close()
    with pytest.raises(CaseError, match="not a case"):
        Case.open(path)


def test_a_link_in_place_of_the_sidecar_is_not_followed(path: Path, tmp_path: Path) -> None:
    create(path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    path.with_name(path.name + ".graph").symlink_to(elsewhere)
    with Case.open(path) as case:
        assert case.graph().nodes == 0
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize(
    "instead",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM marks_of_ours WHERE false",
        "WITH RECURSIVE more(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more) SELECT m.* FROM marks_of_ours m, more",
    ],
)
@pytest.mark.parametrize("write", [False, True])
def test_a_view_that_was_replaced_answers_nothing(path: Path, instead: str, write: bool) -> None:
    create(path)
    with duckdb.connect(str(path)) as connection:
        ours = connection.execute("SELECT sql FROM duckdb_views() WHERE view_name = 'marks'").fetchall()[0][0]
        connection.execute(ours.replace("VIEW marks", "VIEW marks_of_ours"))
        connection.execute("INSERT INTO mark (id, state, subject, made_at) VALUES (1, 'bad', 'x', now()::TIMESTAMP)")
        connection.execute(f"CREATE OR REPLACE VIEW marks AS {instead}")
    with Case.open(path, write=write) as case:
        assert case.rows("SELECT mark_id, state FROM marks") == [(1, "bad")]


def test_a_view_that_nobody_touched_is_listed_once(path: Path) -> None:
    create(path)
    with Case.open(path) as case:
        assert case.rows("SELECT count(*) FROM duckdb_views() WHERE view_name = 'marks'") == [(1,)]


def test_a_case_with_macros_is_refused(path: Path) -> None:
    create(path)
    duckdb.connect(str(path)).execute("CREATE MACRO lower(x) AS 'clear'").close()
    with pytest.raises(CaseError, match="holds macros"):
        Case.open(path)


def test_macros_that_hide_themselves_are_refused(path: Path) -> None:
    create(path)
    duckdb.connect(str(path)).execute(
        "CREATE MACRO md5(x) AS 'clear'; CREATE MACRO duckdb_functions() AS TABLE SELECT true AS internal"
    ).close()
    with pytest.raises(CaseError, match="holds macros"):
        Case.open(path)


def test_a_table_that_only_another_schema_has_makes_no_case(path: Path) -> None:
    create(path)
    duckdb.connect(str(path)).execute(
        "CREATE SCHEMA aside; CREATE TABLE aside.finding AS FROM finding; DROP TABLE finding CASCADE; "
        "CREATE VIEW finding AS FROM aside.finding"
    ).close()
    with pytest.raises(CaseError, match="not a case"):
        Case.open(path)


def test_a_replaced_view_answers_nothing_whichever_case_is_opened_first(tmp_path: Path) -> None:
    paths = [tmp_path / "evil.duckdb", tmp_path / "good.duckdb", tmp_path / "worse.duckdb"]
    for path in paths:
        create(path)
    for path in (paths[0], paths[2]):
        duckdb.connect(str(path)).execute("CREATE OR REPLACE VIEW marks AS SELECT 'clear' AS state").close()
    script = (
        "import sys; from forensics.case import Case\n"
        "for path in sys.argv[1:]:\n"
        "    with Case.open(path) as case:\n"
        "        print(case.rows('SELECT state FROM marks'))"
    )
    given = [sys.executable, "-c", script, *map(str, paths)]
    assert subprocess.run(given, check=True, capture_output=True, text=True).stdout.split() == ["[]"] * 3
