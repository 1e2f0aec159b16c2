"""A real PostgreSQL, filled by the official client and read with an account that may only select."""

import gc
import importlib.util
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from forensics.errors import SourceError
from forensics_connectors.mlmd.address import Address
from forensics_connectors.mlmd.postgresql import PostgresqlSnapshot
from forensics_connectors.mlmd.servers import HEAD, read_server, survey_server
from tests.support import servers

pytestmark = [
    pytest.mark.skipif(servers.executable("initdb") is None, reason="postgresql is not installed"),
    pytest.mark.skipif(importlib.util.find_spec("ml_metadata") is None, reason="the client needs Python 3.11"),
]


class Server:
    """The server, and how to reach it."""

    def __init__(self, port: int) -> None:
        self.port = port

    def sql(self, database: str, *lines: str) -> None:
        from adbc_driver_postgresql import dbapi

        login = f"host=127.0.0.1 port={self.port} user=postgres password='{servers.PASSWORD}' dbname={database}"
        with dbapi.connect(login, autocommit=True) as connection, connection.cursor() as cursor:
            for line in lines:
                cursor.execute(line)

    def store(self, database: str) -> Any:
        def configure(config: Any) -> None:
            made = config.postgresql
            made.host, made.port, made.user, made.password = "127.0.0.1", str(self.port), "postgres", servers.PASSWORD
            made.dbname, made.skip_db_creation = database, True

        self.sql("postgres", f"CREATE DATABASE {database}")
        store = servers.client(configure)
        self.sql(database, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
        return store

    def copy(self, database: str) -> None:
        self.sql("postgres", f"CREATE DATABASE {database} TEMPLATE metadb")

    def locator(self, database: str = "metadb") -> str:
        return f"postgresql://reader:{servers.QUOTED}@127.0.0.1:{self.port}/{database}"

    def address(self, database: str = "metadb") -> Address:
        return servers.address(self.locator(database))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with servers.postgresql() as port:
        made = Server(port)
        made.sql("postgres", f"CREATE ROLE reader LOGIN PASSWORD '{servers.PASSWORD}'")
        servers.fill(made.store("metadb"))
        gc.collect()  # ends the client's connection, so that the database can be copied
        yield made


def test_a_database_reads_as_the_same_store_in_sqlite(server: Server, tmp_path: Path) -> None:
    servers.fill(servers.sqlite_client(tmp_path / "store.db"))
    store = read_server(server.address())
    assert servers.contents(store.tables) == servers.rows_of_sqlite(tmp_path / "store.db")
    assert (store.backend, store.schema_version, store.notes) == ("postgresql", 10, ())
    assert store.sequences == {}  # this account may not look at them
    owner = replace(server.address(), user="postgres")
    assert {name: read_server(owner).sequences[name] for name in ("artifact", "event")} == {"artifact": 2, "event": 3}


def test_a_survey_tells_a_store_and_whether_it_changed(server: Server) -> None:
    server.copy("living")
    first = survey_server(server.address("living"))
    assert first.state == read_server(server.address("living")).details["state"]
    assert first.head["artifact"]["id"].to_pylist() == [1, 2]
    server.sql("living", "UPDATE artifactproperty SET string_value = 'other' WHERE name = 'md5'")
    assert survey_server(server.address("living")).state != first.state
    server.sql("living", *(f"INSERT INTO artifact (type_id) VALUES ({number})" for number in range(HEAD)))
    assert survey_server(server.address("living")).head["artifact"]["id"].to_pylist() == list(range(1, HEAD + 1))


def test_a_reading_sees_one_moment_and_cannot_write(server: Server) -> None:
    server.copy("moving")
    owner = replace(server.address("moving"), user="postgres")
    with PostgresqlSnapshot(owner) as snapshot:
        server.sql("moving", "INSERT INTO artifact (type_id, name) VALUES (1, 'late')")
        assert snapshot.table("artifact").num_rows == 2
        with pytest.raises(SourceError, match="read-only transaction"):
            snapshot._ask("DELETE FROM public.type RETURNING id")
    assert read_server(owner).tables["artifact"].num_rows == 3


def test_rows_kept_from_the_account_are_an_error(server: Server) -> None:
    server.copy("guarded")
    server.sql(
        "guarded", "ALTER TABLE artifact ENABLE ROW LEVEL SECURITY", "CREATE POLICY few ON artifact USING (id = 1)"
    )
    with pytest.raises(SourceError, match="row-level security"):
        read_server(server.address("guarded"))
    server.sql("guarded", "ALTER TABLE artifact DISABLE ROW LEVEL SECURITY", "REVOKE SELECT ON event FROM reader")
    with pytest.raises(SourceError, match="permission denied") as caught:
        read_server(server.address("guarded"))
    assert "GRANT SELECT" in caught.value.hint


def test_functions_that_somebody_put_into_the_database_are_not_called(server: Server) -> None:
    server.copy("trapped")
    body = "AS $$ BEGIN RAISE EXCEPTION 'called'; END $$ LANGUAGE plpgsql"
    server.sql("trapped", "CREATE SCHEMA evil", f"CREATE FUNCTION evil.md5(text) RETURNS text {body}",
               "ALTER ROLE reader IN DATABASE trapped SET search_path = evil, public, pg_catalog",
               "GRANT USAGE ON SCHEMA evil TO reader")  # fmt: skip
    assert read_server(server.address("trapped")).tables["artifact"].num_rows == 2


def test_text_that_is_not_utf8_is_noted(server: Server) -> None:
    server.sql("postgres", "CREATE DATABASE bytes ENCODING 'SQL_ASCII' TEMPLATE template0")
    made = "id bigint, type_id bigint, name text, uri text"
    tables = ["artifactproperty", "executionproperty", "event", "eventpath", "execution", "type"]
    server.sql("bytes", f"CREATE TABLE artifact ({made})", *(f"CREATE TABLE {name} (id bigint)" for name in tables))
    server.sql(
        "bytes",
        "INSERT INTO artifact VALUES (1, 2, 'good', E'caf\\xe9')",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
    )
    store = read_server(server.address("bytes"))
    assert store.tables["artifact"]["uri"].to_pylist() == ["caf\ufffd"]
    assert any("Artifact.uri: 1 texts are not UTF-8" in note.message for note in store.notes)
    assert store.schema_version is None


def test_of_several_stores_in_a_database_one_is_named(server: Server) -> None:
    server.copy("several")
    server.sql("several", "CREATE SCHEMA copy", "CREATE TABLE copy.artifact AS SELECT * FROM artifact")
    with pytest.raises(SourceError, match="several such stores, in copy, public"):
        read_server(server.address("several"))
    address = servers.address(server.locator("several") + "?schema=public")
    assert address.locator.endswith("/several?schema=public")
    assert read_server(address).tables["artifact"].num_rows == 2


def test_what_cannot_be_read_is_a_clear_error_without_the_password(server: Server) -> None:
    server.sql("postgres", "CREATE DATABASE nothing")
    with servers.silent_server() as silent:
        wrong = {
            "password authentication failed": f"postgresql://reader:{servers.QUOTED}x@127.0.0.1:{server.port}/metadb",
            "does not exist": server.locator("unknown"),
            "holds no ML Metadata store": server.locator("nothing"),
            "refused": f"postgres://reader:{servers.QUOTED}@127.0.0.1:{servers.free_port()}/metadb",
            "could not translate host name": f"postgresql://reader:{servers.QUOTED}@nowhere.invalid/metadb",
            "timeout expired": f"postgresql://reader:{servers.QUOTED}@127.0.0.1:{silent}/metadb?timeout=1",
            "does not support SSL": server.locator() + "?sslmode=require",
        }
        servers.check_refused(wrong)


def test_a_slow_answer_is_given_up(server: Server) -> None:
    with PostgresqlSnapshot(replace(server.address(), timeout=0.3)) as snapshot:
        with pytest.raises(SourceError, match="statement timeout") as caught:
            snapshot._ask("SELECT pg_sleep(9)")
        assert "timeout=SECONDS" in caught.value.hint


def test_a_server_that_falls_silent_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forensics_connectors.mlmd.postgresql._GRACE", 0.1)
    with PostgresqlSnapshot(replace(server.address(), timeout=0.4)) as snapshot:
        (process,) = snapshot._ask("SELECT pg_backend_pid()")[0]
        os.kill(process, signal.SIGSTOP)
        with pytest.raises(SourceError, match=r"fell silent for 0\.4 s"):
            snapshot.table("artifact")
    os.kill(process, signal.SIGCONT)


def test_a_password_comes_from_the_file_of_libpq(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = tmp_path / "pgpass"
    kept.write_text(f"127.0.0.1:{server.port}:*:reader:{servers.PASSWORD.replace(':', chr(92) + ':')}\n")
    kept.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(kept))
    locator = f"postgresql://reader@127.0.0.1:{server.port}/metadb"
    assert survey_server(servers.address(locator)).schema_version == 10


def test_a_missing_driver_is_named(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    servers.check_driver_is_named(server.address())
