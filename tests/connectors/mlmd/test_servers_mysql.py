"""A real MariaDB, filled by the official client and read with an account that may only select."""

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from forensics.errors import SourceError
from forensics_connectors.mlmd.address import Address
from forensics_connectors.mlmd.mysql import MysqlSnapshot
from forensics_connectors.mlmd.servers import HEAD, read_server, survey_server
from tests.support import servers

pytestmark = [
    pytest.mark.skipif(servers.executable("mariadbd") is None, reason="mariadb-server is not installed"),
    pytest.mark.skipif(importlib.util.find_spec("ml_metadata") is None, reason="the client needs Python 3.11"),
]


class Server:
    """The server, and how to reach it."""

    def __init__(self, port: int) -> None:
        self.port = port

    def sql(self, *lines: str) -> None:
        import pymysql

        with pymysql.connect(host="127.0.0.1", port=self.port, user="root", autocommit=True) as connection:
            for line in lines:
                connection.cursor().execute(line)

    def store(self, database: str, charset: str = "utf8mb4") -> Any:
        def configure(config: Any) -> None:
            config.mysql.host, config.mysql.port = "127.0.0.1", self.port
            config.mysql.user, config.mysql.database, config.mysql.skip_db_creation = "root", database, True

        self.sql(f"CREATE DATABASE {database} CHARACTER SET {charset}", f"GRANT SELECT ON {database}.* TO reader@'%'")
        return servers.client(configure)

    def tables(self, database: str, *names: str) -> None:
        """A database with some of the tables of a store, and no rows."""
        self.sql(f"CREATE DATABASE {database}", f"GRANT SELECT ON {database}.* TO reader@'%'")
        self.sql(*(f"CREATE TABLE {database}.{name} LIKE metadb.{name}" for name in names))

    def locator(self, database: str = "metadb", user: str = "reader") -> str:
        return f"mysql://{user}:{servers.QUOTED}@127.0.0.1:{self.port}/{database}"

    def address(self, database: str = "metadb") -> Address:
        return servers.address(self.locator(database))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with servers.mariadb() as port:
        made = Server(port)
        made.sql(f"CREATE USER reader@'%' IDENTIFIED BY '{servers.PASSWORD}'")
        servers.fill(made.store("metadb"))
        yield made


def test_a_database_reads_as_the_same_store_in_sqlite(server: Server, tmp_path: Path) -> None:
    servers.fill(servers.sqlite_client(tmp_path / "store.db"))
    store = read_server(server.address())
    assert servers.contents(store.tables) == servers.rows_of_sqlite(tmp_path / "store.db")
    assert (store.backend, store.schema_version) == ("mysql", 10)
    # The client's own text is garbled in the database whatever its encoding, and right in what is read.
    assert {note.message.split(":")[0] for note in store.notes} == {
        "Artifact.uri", "Artifact.name", "ArtifactProperty.string_value", "EventPath.step_key",
    }  # fmt: skip
    assert min(store.tables["artifact"]["create_time_since_epoch"].to_pylist()) > 1_600_000_000_000
    assert {name: store.sequences[name] for name in ("artifact", "execution", "event")} == {
        "artifact": 2, "execution": 2, "event": 3,
    }  # fmt: skip


def test_a_survey_tells_a_store_and_whether_it_changed(server: Server) -> None:
    store = server.store("living")
    servers.fill(store)
    first = survey_server(server.address("living"))
    assert first.state == read_server(server.address("living")).details["state"]
    assert first.head["artifact"]["id"].to_pylist() == [1, 2]
    assert first.head["event"].num_rows == 0
    server.sql("UPDATE living.ArtifactProperty SET string_value = 'other' WHERE name = 'md5'")
    assert survey_server(server.address("living")).state != first.state
    server.sql(*(f"INSERT INTO living.Artifact (type_id) VALUES ({number})" for number in range(HEAD)))
    assert survey_server(server.address("living")).head["artifact"]["id"].to_pylist() == list(range(1, HEAD + 1))


def test_a_reading_sees_one_moment_and_cannot_write(server: Server) -> None:
    root = replace(server.address(), user="root", password="")
    with MysqlSnapshot(root) as snapshot:
        before = snapshot.table("parent_type").num_rows
        server.sql("INSERT INTO metadb.ParentType VALUES (1, 2)")
        assert snapshot.table("parent_type").num_rows == before
        with pytest.raises(SourceError, match="READ ONLY"):
            snapshot._ask("DELETE FROM ParentType")
    assert read_server(root).tables["parent_type"].num_rows == before + 1


def test_text_is_read_as_it_was_written_whatever_the_encoding_of_the_database(server: Server) -> None:
    servers.fill(server.store("oldest", "latin1"))
    server.sql("UPDATE oldest.Artifact SET uri = 'Ärger' WHERE id = 2")  # by somebody whose encoding is known
    store = read_server(server.address("oldest"))
    assert store.tables["artifact"]["uri"].to_pylist() == ["s3://bucket/café/1", "Ärger"]
    assert any("Artifact.uri: 1 texts are kept as latin1" in note.message for note in store.notes)


def test_what_an_older_schema_lacks_is_null(server: Server) -> None:
    servers.fill(server.store("older"))
    lacking = ["Artifact DROP COLUMN external_id", "ArtifactProperty DROP COLUMN bool_value"]
    server.sql("UPDATE older.MLMDEnv SET schema_version = 5", *(f"ALTER TABLE older.{line}" for line in lacking))
    server.sql("DROP TABLE older.ParentType", "ALTER TABLE older.Event ADD COLUMN colour INT")
    store = read_server(server.address("older"))
    notes = [note.message for note in store.notes if note.admits]
    assert store.schema_version == 5
    assert store.tables["artifact"]["external_id"].null_count == store.tables["artifact"].num_rows == 2
    assert store.tables["parent_type"].num_rows == 0
    assert ["Event.colour" in note for note in notes] == [True]


def test_a_half_initialised_store_is_noted(server: Server) -> None:
    server.tables("half", "MLMDEnv", "Type", "Artifact")
    store = read_server(server.address("half"))
    assert (store.schema_version, [(note.kind, note.admits) for note in store.notes]) == (
        None,
        [("half-initialised", True)],
    )


def test_tables_that_the_account_may_not_see_are_no_empty_tables(server: Server) -> None:
    server.tables("partly", "MLMDEnv", "Artifact", "Execution", "Event")
    server.sql("INSERT INTO partly.MLMDEnv VALUES (10)", "REVOKE SELECT ON partly.* FROM reader@'%'")
    server.sql("GRANT SELECT ON partly.MLMDEnv TO reader@'%'", "GRANT SELECT ON partly.Artifact TO reader@'%'")
    with pytest.raises(SourceError, match=r"lacks .*Execution.* or this account may not see it"):
        read_server(server.address("partly"))


def test_a_view_is_refused(server: Server) -> None:
    server.tables("viewed", "Artifact", "Execution")
    server.sql("CREATE VIEW viewed.Event AS SELECT 1 AS id")
    with pytest.raises(SourceError, match=r"Event in database viewed .* is a view"):
        read_server(server.address("viewed"))


def test_what_cannot_be_read_is_a_clear_error_without_the_password(server: Server) -> None:
    server.sql("CREATE DATABASE nothing", "GRANT SELECT ON nothing.* TO reader@'%'")
    with servers.silent_server() as silent:
        wrong = {
            "Access denied": f"mysql://reader:{servers.QUOTED}x@127.0.0.1:{server.port}/metadb",
            "Access denied for user .* to database": server.locator("unknown"),
            "holds no ML Metadata store": server.locator("nothing"),
            "refused": f"mariadb://reader:{servers.QUOTED}@127.0.0.1:{servers.free_port()}/metadb",
            "not known": f"mysql://reader:{servers.QUOTED}@nowhere.invalid/metadb",
            "no answer within 1 s": f"mysql://reader:{servers.QUOTED}@127.0.0.1:{silent}/metadb?timeout=1",
            "SSL is required": server.locator() + "?sslmode=verify-full",
        }
        servers.check_refused(wrong)


def test_ingest_reads_all_or_nothing_and_keeps_no_password(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from forensics.case import Case
    from forensics.cli import main

    def acquisitions() -> list[tuple[Any, ...]]:
        with Case.open(case) as opened:
            return opened.rows("SELECT locator, state FROM acquisition ORDER BY id")

    case = tmp_path / "case.duckdb"
    monkeypatch.setattr(sys, "argv", ["forensics", "ingest", server.locator()])
    assert main(["ingest", server.locator(), "--case", str(case)]) in (0, 3)
    first = acquisitions()
    assert [locator for locator, _ in first] == [f"mysql://reader@127.0.0.1:{server.port}/metadb"]
    assert main(["ingest", server.locator(), "--case", str(case)]) in (0, 3)
    assert acquisitions() == [*first, *first]
    server.sql(f"CREATE USER few@'%' IDENTIFIED BY '{servers.PASSWORD}'")
    server.sql(*(f"GRANT SELECT ON metadb.{name} TO few@'%'" for name in ("MLMDEnv", "Artifact", "Execution", "Type")))
    assert main(["ingest", server.locator().replace("reader", "few"), "--case", str(case)]) == 2
    assert len(acquisitions()) == 2
    shown = capsys.readouterr()
    for secret in (servers.PASSWORD, servers.QUOTED):
        assert secret not in shown.out + shown.err
        assert secret.encode() not in case.read_bytes()


def test_a_password_comes_from_the_environment_or_an_option_file(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    locator = f"mysql://reader@127.0.0.1:{server.port}/metadb"
    monkeypatch.setenv("FORENSICS_MLMD_PASSWORD", servers.PASSWORD)
    assert survey_server(servers.address(locator)).schema_version == 10
    monkeypatch.delenv("FORENSICS_MLMD_PASSWORD")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".my.cnf").write_text(f'[client]\nuser=reader\npassword="{servers.PASSWORD}"\nsocket=/nowhere\n')
    assert survey_server(servers.address(locator)).schema_version == 10


def test_a_missing_driver_is_named(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymysql", None)
    servers.check_driver_is_named(server.address())
