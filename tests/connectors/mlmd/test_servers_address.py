"""Addresses of servers: what they say, and that no password leaves them."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.case import Case
from forensics.cli import main
from forensics.errors import SourceError
from forensics.secrets import without_secrets
from forensics_connectors.mlmd.address import Address
from tests.support import servers

parse = servers.address


def test_an_address_says_where_and_who() -> None:
    found = parse("mariadb://reader:p%40ss@db.example:3307/metadb?timeout=5&sslmode=require")
    assert (found.backend, found.host, found.port, found.user, found.password, found.database) == (
        "mysql", "db.example", 3307, "reader", "p@ss", "metadb",
    )  # fmt: skip
    assert (found.timeout, found.sslmode) == (5.0, "require")
    assert found.locator == "mariadb://reader@db.example:3307/metadb"
    assert (parse("postgres://h/d").port, parse("mysql://h/d").port, parse("grpc://h").port) == (5432, 3306, 8080)
    assert parse("grpcs://h").sslmode == "require"
    assert parse("postgresql://u@[::1]:5/d?schema=s").locator == "postgresql://u@[::1]:5/d?schema=s"


@pytest.mark.parametrize("locator", ["repo", "/a/b.db", "https://u@h/x", "mysql", "C:\\store.db", "sqlite:///x"])
def test_what_is_no_address_of_a_server_is_left_to_others(locator: str) -> None:
    assert Address.parse(locator) is None


@pytest.mark.parametrize(
    "locator",
    [
        "mysql://u:s3cret@h", "mysql://u:s3cret@/d", "mysql://u:s3cret@h:port/d", "mysql://u:s3c/ret@h/d", "grpc://h/d",
        "mysql://u:12/s3cret@h/d", "mysql://u:s3cret@h/d?x=1", "mysql://u:s3cret@h/d?sslmode=perhaps", "mysql://u:s3c?ret@h/d",
        "mysql://u:s3cret@h/d?timeout=soon", "mysql://u:s3cret@h/d/e", "mysql://u:s3c#ret@h/d", "grpc://u:s3cret@h",
        "postgresql://u:s3cret@h/d?password=s3cret",
    ],
)  # fmt: skip
def test_a_malformed_address_is_named_without_its_password(locator: str) -> None:
    with pytest.raises(SourceError, match="not the address of a server") as caught:
        Address.parse(locator)
    assert "s3c" not in f"{caught.value} {caught.value.locator}"
    assert "ret" not in f"{caught.value} {caught.value.locator}".replace("secret", "").replace("require", "")


_SECRETS = st.text("abz019:/@?#%&=.-_~!$", min_size=1).map("s3cret".__add__)


@settings(deadline=None)
@given(_SECRETS, st.sampled_from(["mysql", "MariaDB", "postgresql", "grpc", "ftp", "mysqll"]))
def test_no_password_is_left_in_a_text(secret: str, scheme: str) -> None:
    shown = without_secrets(f"read {scheme}://reader:{secret}@host:1/db or not")
    assert "s3cret" not in shown
    assert shown == f"read {scheme}://reader@host:1/db or not"


@pytest.mark.parametrize(
    "text",
    [
        "repo",
        "https://host:8080/data@v1",
        "s3://bucket/a:b",
        "git@host:repo.git",
        "mysql://reader@host:3306/metadb",
        "a: b@c",
    ],
)
def test_what_holds_no_password_stays(text: str) -> None:
    assert without_secrets(text) == text


def test_a_token_and_an_option_are_secrets_too() -> None:
    assert without_secrets("https://ghp_token@host/x") == "https://host/x"
    assert without_secrets("postgresql://h/d?password=abc&x=1") == "postgresql://h/d?password=&x=1"


def test_the_journal_holds_no_password(tmp_path: Path) -> None:
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
        case.journal("acquisition", {}, argv=["forensics", "ingest", "mysql://reader:s3cret@h/db"])
        (argv,) = case.rows("SELECT argv FROM journal_entry ORDER BY seq DESC LIMIT 1")[0]
    assert json.loads(str(argv)) == ["forensics", "ingest", "mysql://reader@h/db"]
    assert b"s3cret" not in (tmp_path / "case.duckdb").read_bytes()


def test_a_failed_ingest_shows_no_password(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for locator in ("mysql://reader:s3cret@127.0.0.1:1/db", "nothing://reader:s3cret@h/db", "mysql://reader:s3cret@h"):
        assert main(["ingest", locator]) == 2
        shown = capsys.readouterr()
        assert "s3cret" not in shown.out + shown.err
        assert "error: " in shown.err
