"""``ingest`` and ``sources`` on real repositories, good and bad."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest

from forensics.report.schema import load

GIT = {
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@example.com",
    "GIT_AUTHOR_DATE": "2025-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@example.com",
    "GIT_COMMITTER_DATE": "2025-01-01T00:00:00Z",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "PATH": os.environ["PATH"],
}


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-C", folder, *words], check=True, env=GIT, capture_output=True)


@pytest.fixture
def repo(tmp_path):
    """A repository whose one file is tracked by DVC."""
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / ".dvc").mkdir()
    (folder / ".dvc" / "config").write_text("", encoding="utf-8")
    (folder / "data.csv.dvc").write_text(
        f"outs:\n- md5: {'a' * 32}\n  size: 3\n  hash: md5\n  path: data.csv\n", encoding="utf-8"
    )
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "First")
    return folder


def test_a_repository_is_read_and_told_in_one_line(forensics, repo):
    ended = forensics("ingest", "repo")
    assert ended.code == 0, ended.err
    line = next(line for line in ended.out.splitlines() if line.startswith("repo "))
    assert "1 commit" in line
    assert "none" in line
    assert ended.err.startswith("next: forensics ")
    assert "data.csv" in forensics("blame", f"md5:{'a' * 32}").out


def test_a_second_reading_finds_nothing_new(forensics, repo):
    forensics("ingest", "repo")
    again = forensics("ingest", "repo", "--format", "json")
    assert again.code == 0
    found = json.loads(again.out)
    jsonschema.validate(found, load("ingest"))
    assert found["results"][0]["unchanged"]
    assert len(json.loads(forensics("sources", "--format", "json").out)["results"]) == 2


def test_what_cannot_be_read_is_told_and_ends_with_3(forensics, repo):
    (repo / "broken.csv.dvc").write_text("outs: [\n", encoding="utf-8")
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "Break it")
    ended = forensics("ingest", "repo")
    assert ended.code == 3
    assert "could hide lineage" in ended.out
    assert "next: forensics sources" in ended.err
    shown = forensics("sources")
    assert "NOT READ: " in shown.out
    assert "broken.csv.dvc" in shown.out


@pytest.fixture
def clones(tmp_path):
    """A repository with a directory tracked by DVC and its listing in the cache, and a clone without the cache."""
    listing = json.dumps([{"md5": "a" * 32, "relpath": "a.csv"}]).encode()
    value = hashlib.md5(listing, usedforsecurity=False).hexdigest()
    full = tmp_path / "full"
    cache = full / ".dvc" / "cache" / "files" / "md5" / value[:2]
    cache.mkdir(parents=True)
    (cache / f"{value[2:]}.dir").write_bytes(listing)
    (full / ".dvc" / "config").write_text("", encoding="utf-8")
    (full / ".gitignore").write_text("cache\n", encoding="utf-8")
    (full / "data.dvc").write_text(f"outs:\n- md5: {value}.dir\n  hash: md5\n  path: data\n", encoding="utf-8")
    git(full, "init", "-q", "-b", "main")
    git(full, "add", ".")
    git(full, "commit", "-q", "-m", "First")
    git(tmp_path, "clone", "-q", "full", "clone")


@pytest.mark.usefixtures("clones")
def test_a_listing_that_the_case_holds_already_hides_nothing(forensics):
    assert forensics("ingest", "full").code == 0
    ended = forensics("ingest", "clone", "--format", "json")
    (row,) = json.loads(ended.out)["results"]
    assert (ended.code, row["findings"], row["unread"]) == (0, {"missing-listing": 1}, 0)


@pytest.mark.usefixtures("clones")
def test_a_listing_that_is_missing_ends_with_3_until_it_is_read(forensics):
    assert forensics("ingest", "clone").code == 3
    assert forensics("ingest", "full").code == 0


def test_quiet_says_nothing_on_stderr(forensics, repo):
    assert forensics("ingest", "repo", "-q").err == ""


@pytest.mark.parametrize("make", ["nothing", "folder", "file"])
def test_what_is_no_source_is_an_error_and_makes_no_case(forensics, tmp_path, make):
    place = tmp_path / "place"
    if make == "folder":
        place.mkdir()
    elif make == "file":
        place.write_text("text", encoding="utf-8")
    ended = forensics("ingest", "place")
    assert ended.code == 2
    assert [line.split(":")[0] for line in ended.err.splitlines()] == ["error", "hint"]
    assert not (tmp_path / "case.duckdb").exists()


def test_one_bad_source_stops_it_before_anything_is_written(forensics, repo, tmp_path):
    assert forensics("ingest", "repo", "nowhere").code == 2
    assert not (tmp_path / "case.duckdb").exists()


def test_what_was_read_is_told_even_if_a_later_source_fails(forensics, repo, tmp_path, monkeypatch):
    from forensics_connectors.dvc.connector import DvcConnector

    shutil.copytree(repo, tmp_path / "later")
    read = DvcConnector.read

    def reading(self, source):
        shutil.rmtree(tmp_path / "later")  # the source goes away while the first one is read
        monkeypatch.setattr(DvcConnector, "read", read)
        return read(self, source)

    monkeypatch.setattr(DvcConnector, "read", reading)
    ended = forensics("ingest", "repo", "later")
    assert ended.code == 2
    assert any(line.startswith("repo ") for line in ended.out.splitlines())
    assert "error: " in ended.err
    assert forensics("sources").out.count("repo ") >= 1


def test_an_empty_repository_is_no_crash(forensics, tmp_path):
    (tmp_path / "empty").mkdir()
    git(tmp_path / "empty", "init", "-q")
    ended = forensics("ingest", "empty")
    assert ended.code in {0, 2, 3}
    assert "internal" not in ended.err


def test_an_unknown_kind_lists_those_there_are(forensics, repo):
    ended = forensics("ingest", "repo", "--kind", "svn")
    assert ended.code == 2
    assert "hint: installed kinds: " in ended.err


def test_a_folder_that_is_not_there_for_the_case_is_an_error(forensics, repo):
    ended = forensics("ingest", "repo", "--case", "no/such/folder/case.duckdb")
    assert ended.code == 2
    assert ended.err.startswith("error: no folder")
