"""Stored bytes: every file is listed and hashed once, and nothing but plain files is opened."""

import hashlib
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.digest import Digest
from forensics.model import Rehashed, Stored
from forensics_connectors.dvc.hashing import file_digests
from forensics_connectors.dvc.stored import rehash, stored_files
from tests.support.dvcrepo import DvcRepo
from tests.support.gitrepo import snapshot

CRLF = b"id,amount\r\n1,2\r\n"


def put(repo: DvcRepo, data: bytes, *, layout: str = "files/md5", name: str = "", suffix: str = "") -> Path:
    value = name or file_digests(data)[layout == ""].value
    path = repo.path / ".dvc" / "cache" / layout / value[:2] / (value[2:] + suffix)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.fixture
def repo(tmp_path: Path) -> DvcRepo:
    return DvcRepo(tmp_path / "repo")


def hashed(repo: DvcRepo) -> dict[str, Rehashed]:
    return {one.stored.path: one for one in rehash(stored_files(str(repo.path)))}


@settings(max_examples=30, deadline=None)
@given(
    contents=st.lists(st.binary(max_size=2000) | st.just(b"x" * 600_000), max_size=12),
    threads=st.integers(min_value=1, max_value=3),
)
def test_every_file_is_hashed_as_hashlib_does_in_the_order_given(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes], threads: int
) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    files = []
    for number, data in enumerate(contents):
        path = folder / str(number)
        path.write_bytes(data)
        about = path.stat()
        files.append(Stored(os.fsencode(path), str(path), None, about.st_size, about.st_mtime_ns))
    found = list(rehash(files, threads))
    assert [one.stored for one in found] == files
    assert [one.md5 for one in found] == [hashlib.md5(data, usedforsecurity=False).hexdigest() for data in contents]
    assert [one.sha256 for one in found] == [hashlib.sha256(data).hexdigest() for data in contents]


def test_both_layouts_and_local_remotes_are_listed(repo: DvcRepo, tmp_path: Path) -> None:
    remote = tmp_path / "remote"
    repo.write({"raw.csv": "a,b\n1,2\n"})
    with repo.inside():
        repo.git("-c", "core.hooksPath=/dev/null", "status")
    (repo.path / ".dvc" / "config").write_text(f"['remote \"r\"']\n    url = {remote}\n[core]\n    remote = r\n")
    repo.dvc("add", ["raw.csv"])
    repo.dvc("push")
    old = put(repo, CRLF, layout="")
    found = hashed(repo)
    value = file_digests(b"a,b\n1,2\n")[0].value
    places = {str(one.stored.digest): [] for one in found.values()}
    for path, one in found.items():
        places[str(one.stored.digest)].append(path)
    assert len(places[f"md5:{value}"]) == 3  # cache, remote and working tree
    assert places[f"md5-dos2unix:{old.parent.name}{old.name}"] == [str(old)]
    assert [one.stored.is_object for one in found.values()].count(False) == 1


def test_text_that_was_hashed_with_lf_is_known_by_that_digest(repo: DvcRepo) -> None:
    old, new = put(repo, CRLF, layout=""), put(repo, CRLF)
    found = hashed(repo)
    assert found[str(old)].is_dos2unix
    assert found[str(old)].md5 != found[str(old)].stored.digest.value
    assert found[str(new)].md5 == found[str(new)].stored.digest.value


def test_files_of_tracked_directories_are_listed_by_their_listing(repo: DvcRepo) -> None:
    repo.write({"set/a.txt": "one", "set/sub/b.txt": "two"})
    repo.dvc("add", ["set"])
    files = {Path(one.stored.path).name for one in hashed(repo).values() if not one.stored.is_object}
    assert files == {"a.txt", "b.txt"}


def test_links_pipes_and_folders_are_named_and_not_opened(repo: DvcRepo, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    folder = put(repo, b"plain").parent
    (folder / ("a" * 30)).symlink_to(tmp_path / "secret")
    os.mkfifo(folder / ("b" * 30))
    (folder / ("c" * 30)).mkdir()
    start = time.monotonic()
    problems = {Path(path).name[:1]: one.problem for path, one in hashed(repo).items() if one.problem}
    assert problems == {"a": "a link, which is not followed", "b": "no plain file", "c": "a folder"}
    assert time.monotonic() - start < 5


def test_a_folder_that_is_a_link_is_not_entered(repo: DvcRepo, tmp_path: Path) -> None:
    data = b"elsewhere"
    value = file_digests(data)[0].value
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / value[2:]).write_bytes(data)
    root = repo.path / ".dvc" / "cache" / "files" / "md5"
    root.mkdir(parents=True, exist_ok=True)
    (root / value[:2]).symlink_to(tmp_path / "elsewhere")
    assert hashed(repo) == {}


def test_names_that_are_no_digests_are_listed_as_such(repo: DvcRepo) -> None:
    folder = put(repo, b"plain").parent
    for name in (b"\xff\x1b[2J", b"..hidden", "\u202e".encode(), b"0" * 31):
        (Path(os.fsdecode(os.fsencode(folder) + b"/" + name))).write_bytes(b"odd")
    odd = [one for one in hashed(repo).values() if one.stored.digest is None]
    assert len(odd) == 4
    assert all(one.md5 == hashlib.md5(b"odd").hexdigest() for one in odd)
    for one in odd:
        one.stored.path.encode("utf-8")


def test_paths_that_leave_the_repository_are_not_read(repo: DvcRepo, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_bytes(b"secret")
    value = file_digests(b"secret")[0].value
    for number, path in enumerate(("../secret.csv", str(secret), "a/../../secret.csv", '"\\ud800/x"', '"\\0"')):
        (repo.path / f"{number}.dvc").write_text(f"outs:\n- md5: {value}\n  hash: md5\n  path: {path}\n")
    assert hashed(repo) == {}


def test_a_link_on_the_way_to_a_file_does_not_lead_out(repo: DvcRepo, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_bytes(b"secret")
    (repo.path / "link").symlink_to(outside)
    (repo.path / "inside").mkdir()
    (repo.path / "inside" / "a.csv").write_bytes(b"secret")
    value = file_digests(b"secret")[0].value
    for number, path in enumerate(("link/secret.csv", "inside/a.csv")):
        (repo.path / f"{number}.dvc").write_text(f"outs:\n- md5: {value}\n  hash: md5\n  path: {path}\n")
    assert {Path(path).name for path in hashed(repo)} == {"a.csv"}


def test_a_file_that_changes_while_it_is_read_is_said_to(repo: DvcRepo) -> None:
    path = put(repo, b"before")
    (stored,) = stored_files(str(repo.path))
    path.write_bytes(b"after!!")
    (found,) = rehash([stored])
    assert found.problem == "it changed while it was read"
    path.unlink()
    (found,) = rehash([stored])
    assert found.problem


def test_nothing_is_written(repo: DvcRepo) -> None:
    repo.write({"raw.csv": "a,b\n"})
    repo.dvc("add", ["raw.csv"])
    before = snapshot(repo.path)
    assert hashed(repo)
    assert snapshot(repo.path) == before


def test_a_digest_is_that_of_the_metadata_in_the_working_tree(repo: DvcRepo) -> None:
    repo.write({"raw.csv": "a,b\n"})
    repo.dvc("add", ["raw.csv"])
    (work,) = (one.stored for one in hashed(repo).values() if not one.stored.is_object)
    assert work.digest == Digest("md5", hashlib.md5(b"a,b\n").hexdigest())
