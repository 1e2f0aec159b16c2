"""Files of git that no stage names and that hold the bytes of data."""

from pathlib import Path

import pytest

from forensics.case import Case
from forensics.model import Finding, FindingKind, SameBytes
from forensics_connectors.dvc import DvcConnector, undeclared
from forensics_queries.blast_radius import blast_radius
from tests.support.dvcdocuments import directory, facts_of, lock, store, tracked, yaml
from tests.support.gitrepo import GitRepo
from tests.support.records import md5

BAD, OTHER = "bad row\n", "good row\n"


def commit(repo: GitRepo, **more: str) -> None:
    """A stage that reads ``data`` alone, while git holds other files."""
    listing, digest = directory(**{"a.csv": md5(BAD), "b.csv": md5("b")})
    store(repo, listing)
    names = {"src__copy": "src/copy.csv", "note": "note.md"}
    files = {names.get(name, name): text for name, text in more.items()}
    entry = ("train", [("data", md5("data"))], [("model", md5("model"))])
    repo.write(
        {
            "vendor.dvc": tracked("vendor", digest, "  hash: md5\n"),
            "data.dvc": tracked("data", md5("data")),
            "dvc.yaml": yaml(train=("train", ["data"], ["model"])),
            "dvc.lock": lock(train=entry),
            **files,
        }
    )
    repo.commit("all")


def joined(repo: GitRepo) -> set[str]:
    return {digest.value for same in facts_of(repo).all(SameBytes) for digest in (same.first, same.second)}


def test_a_copy_of_a_member_is_known_by_both_digests(repo: GitRepo) -> None:
    commit(repo, src__copy=BAD, note=OTHER)
    blob = repo.git("rev-parse", "HEAD:src/copy.csv").strip()
    assert {blob, md5(BAD)} <= joined(repo)
    assert md5(OTHER) not in joined(repo)


def test_a_run_that_may_have_read_the_copy_is_unknown(repo: GitRepo, tmp_path: Path) -> None:
    commit(repo, src__copy=BAD)
    connector = DvcConnector()
    source = connector.discover(str(repo.path))
    assert source is not None
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
        case.ingest(source, connector.read(source))
        rows = {row.thing.path: (row.verdict, row.reason) for row in blast_radius(case, [f"md5:{md5(BAD)}"]).rows}
    assert rows["model"] == ("unknown", "undeclared-code")
    assert rows["src/copy.csv"] == ("affected", "")


def test_what_is_too_much_to_compare_is_said(repo: GitRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(repo, src__copy=BAD, note=OTHER)
    monkeypatch.setattr(undeclared, "_LARGEST", len(BAD) - 1)
    findings = [finding for finding in facts_of(repo).all(Finding) if finding.kind is FindingKind.TOO_LARGE]
    assert len(findings) == 1
    assert "not compared with data" in findings[0].message
    assert md5(BAD) not in joined(repo)
