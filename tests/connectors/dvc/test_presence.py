"""Bytes are called present only after every one of them was read and hashed."""

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from forensics.digest import Digest
from forensics_connectors.dvc.hashing import directory_digest, file_digests
from forensics_connectors.dvc.presence import Finder, find_bytes, list_bytes
from tests.support.dvcrepo import DvcRepo
from tests.support.gitrepo import GitRepo, snapshot

TEXT = b"one,two\r\n1,2\r\n"


def object_at(store: Path, digest: Digest, layout: str = "files/md5") -> Path:
    return store / layout / digest.value[:2] / digest.value[2:]


def put(store: Path, data: bytes, digest: Digest | None = None, layout: str = "files/md5") -> Digest:
    digest = digest or file_digests(data)[0]
    place = object_at(store, digest, layout)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return digest


def put_directory(store: Path, members: dict[str, bytes]) -> Digest:
    entries = sorted((name, put(store, data).value) for name, data in members.items())
    listing = json.dumps([{"md5": value, "relpath": name} for name, value in entries], sort_keys=True)
    return put(store, listing.encode(), directory_digest(entries))


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A DVC project with a cache and a local remote, as DVC lays them out."""
    (tmp_path / "repo" / ".dvc").mkdir(parents=True)
    (tmp_path / "repo" / ".dvc" / "config").write_text(
        "['remote \"storage\"']\n    url = ../../remote\n", encoding="utf-8"
    )
    return tmp_path / "repo"


@pytest.fixture
def cache(repo: Path) -> Path:
    return repo / ".dvc" / "cache"


@pytest.fixture
def remote(repo: Path) -> Path:
    return repo.parent / "remote"


class TestFiles:
    def test_what_is_in_the_cache_is_present_with_its_sha256(self, repo: Path, cache: Path) -> None:
        found = find_bytes(str(repo), put(cache, TEXT))
        assert (found.state, found.sha256) == ("present", hashlib.sha256(TEXT).hexdigest())
        assert Path(found.where).read_bytes() == TEXT

    def test_one_changed_byte_is_corrupt(self, repo: Path, cache: Path) -> None:
        digest = put(cache, TEXT)
        place = object_at(cache, digest)
        about = place.stat()
        place.write_bytes(TEXT.replace(b"1", b"7"))
        os.utime(place, ns=(about.st_atime_ns, about.st_mtime_ns))
        found = find_bytes(str(repo), digest)
        assert found.state == "corrupt"
        assert str(file_digests(TEXT.replace(b"1", b"7"))[0]) in found.detail

    def test_what_the_cache_lacks_is_found_in_a_local_remote(self, repo: Path, remote: Path) -> None:
        found = find_bytes(str(repo), put(remote, TEXT))
        assert found.state == "present"
        assert Path(found.where).is_relative_to(remote)

    def test_a_good_copy_in_a_remote_counts_beside_a_tampered_one(self, repo: Path, cache: Path, remote: Path) -> None:
        digest = put(remote, TEXT)
        put(cache, b"tampered", digest)
        assert find_bytes(str(repo), digest).state == "present"

    def test_what_is_nowhere_is_missing(self, repo: Path) -> None:
        assert find_bytes(str(repo), file_digests(TEXT)[0]).state == "missing"

    @pytest.mark.parametrize("layout", ["files/md5", ""])
    def test_the_older_digest_is_the_crlf_blind_one(self, repo: Path, cache: Path, layout: str) -> None:
        plain, unix = file_digests(TEXT)
        assert plain.value != unix.value
        put(cache, TEXT, unix, layout)
        assert find_bytes(str(repo), unix).state == "present"
        assert find_bytes(str(repo), Digest("md5", "0" * 32)).state == "missing"

    @pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
    def test_what_is_no_plain_file_is_neither_followed_nor_waited_for(
        self, repo: Path, cache: Path, tmp_path: Path, kind: str
    ) -> None:
        digest = file_digests(TEXT)[0]
        place = object_at(cache, digest)
        place.parent.mkdir(parents=True)
        if kind == "link":
            (tmp_path / "elsewhere").write_bytes(TEXT)
            place.symlink_to(tmp_path / "elsewhere")
        elif kind == "pipe":
            os.mkfifo(place)
        else:
            place.mkdir()
        assert find_bytes(str(repo), digest).state == "missing"
        listing = Digest("md5", f"{digest.value}.dir")
        place.rename(object_at(cache, listing))
        assert find_bytes(str(repo), listing).state == "missing"

    @pytest.mark.parametrize("value", ["../../../../secret", "a", "", "\0"])
    def test_a_digest_that_names_no_bytes_reads_nothing(self, repo: Path, tmp_path: Path, value: str) -> None:
        (tmp_path / "secret").write_text("secret", encoding="utf-8")
        found = find_bytes(str(repo), Digest("etag", value))
        assert (found.state, found.sha256) == ("missing", "")

    def test_a_repository_that_is_gone_has_no_bytes(self, tmp_path: Path) -> None:
        for digest in (file_digests(TEXT)[0], Digest("git", "1" * 40), Digest("md5", "1" * 32 + ".dir")):
            assert find_bytes(str(tmp_path / "gone"), digest).state == "missing"

    def test_nothing_is_written(self, repo: Path, cache: Path) -> None:
        digest, folder = put(cache, TEXT), put_directory(cache, {"a": b"a"})
        before = snapshot(repo)
        find_bytes(str(repo), digest)
        find_bytes(str(repo), folder)
        assert snapshot(repo) == before


class TestDirectories:
    MEMBERS = {"a.csv": b"a", "sub/b.csv": b"b", "ü c.csv": b"c"}  # noqa: RUF012

    def test_all_members_are_hashed(self, repo: Path, cache: Path) -> None:
        found = find_bytes(str(repo), put_directory(cache, self.MEMBERS))
        assert (found.state, found.detail) == ("present", "all 3 files re-hashed")

    def test_one_missing_member_is_named(self, repo: Path, cache: Path) -> None:
        digest = put_directory(cache, self.MEMBERS)
        object_at(cache, file_digests(b"b")[0]).unlink()
        found = find_bytes(str(repo), digest)
        assert (found.state, found.detail) == ("missing", "1 of 3 files missing: sub/b.csv")

    def test_a_tampered_member_outweighs_a_missing_one(self, repo: Path, cache: Path) -> None:
        digest = put_directory(cache, self.MEMBERS)
        object_at(cache, file_digests(b"b")[0]).unlink()
        object_at(cache, file_digests(b"c")[0]).write_bytes(b"C")
        found = find_bytes(str(repo), digest)
        assert (found.state, found.detail) == ("corrupt", "2 of 3 files corrupt or missing: sub/b.csv, ü c.csv")

    def test_a_tampered_listing_is_corrupt(self, repo: Path, cache: Path) -> None:
        digest = put_directory(cache, self.MEMBERS)
        other = put_directory(cache, {"a.csv": b"a"})
        shutil.copy(object_at(cache, other), object_at(cache, digest))
        assert find_bytes(str(repo), digest).state == "corrupt"

    def test_members_may_lie_in_another_place_than_the_listing(self, repo: Path, cache: Path, remote: Path) -> None:
        digest = put_directory(remote, self.MEMBERS)
        shutil.rmtree(object_at(remote, digest).parent)
        put_directory(cache, self.MEMBERS)
        object_at(cache, file_digests(b"a")[0]).unlink()
        assert find_bytes(str(repo), digest).state == "present"

    @pytest.mark.parametrize("name", ["../outside", "/etc/outside", "a/../../outside"])
    def test_a_listing_that_leaves_its_directory_is_not_offered(self, repo: Path, cache: Path, name: str) -> None:
        found = find_bytes(str(repo), put_directory(cache, {"a": b"a", name: b"b"}))
        assert found.state == "corrupt"
        assert "outside of it" in found.detail

    def test_many_missing_members_are_counted_not_listed(self, repo: Path, cache: Path) -> None:
        digest = put_directory(cache, {f"{number}": f"{number}".encode() for number in range(9)})
        for number in range(9):
            object_at(cache, file_digests(f"{number}".encode())[0]).unlink()
        assert find_bytes(str(repo), digest).detail == "9 of 9 files missing: 0, 1, 2 and 6 more"


class TestGit:
    def test_a_blob_is_present_and_a_damaged_one_corrupt(self, tmp_path: Path) -> None:
        repo = GitRepo(tmp_path / "my repo")
        repo.commit(file=TEXT)
        blob = Digest("git", repo.oid("HEAD:file"))
        found = find_bytes(str(repo.path), blob)
        assert (found.state, found.sha256) == ("present", hashlib.sha256(TEXT).hexdigest())
        other = repo.loose(repo.git("hash-object", "-w", "--stdin", stdin=b"other"))
        place = repo.loose(blob.value)
        place.chmod(0o644)
        place.write_bytes(other.read_bytes())
        assert find_bytes(str(repo.path), blob).state == "corrupt"
        place.unlink()
        assert find_bytes(str(repo.path), blob).state == "missing"


class TestTrusted:
    """One's own repository: DVC itself asks the remotes that are configured."""

    @pytest.fixture
    def served(self, tmp_path: Path) -> Iterator[DvcRepo]:
        """A project whose one remote is a web server that holds a file and a directory."""
        store = tmp_path / "store"
        handler = partial(_Quiet, directory=str(store))
        repo = DvcRepo(tmp_path / "repo")
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            text = f"['remote \"web\"']\n    url = http://127.0.0.1:{server.server_port}\n"
            (repo.path / ".dvc" / "config").write_text(text, encoding="utf-8")
            with repo.inside():
                yield repo
            server.shutdown()

    def test_a_remote_that_lists_them_is_named_and_nothing_is_called_present(
        self, served: DvcRepo, tmp_path: Path
    ) -> None:
        file = put(tmp_path / "store", TEXT)
        folder = put_directory(tmp_path / "store", {"a": b"a", "b": b"b"})
        torn = put_directory(tmp_path / "store", {"c": b"c", "d": b"d"})
        object_at(tmp_path / "store", file_digests(b"d")[0]).unlink()
        look = Finder(trusted=True)
        for digest in (file, folder):
            found = look(str(served.path), digest)
            assert (found.state, found.where, found.sha256) == ("listed", "remote web", "")
            assert found.detail == "listed, not re-hashed"
            assert find_bytes(str(served.path), digest).state == "missing"
        assert look(str(served.path), torn).state == "missing"
        assert look(str(served.path), Digest("md5", "1" * 32)).state == "missing"

    def test_a_local_remote_is_asked_by_dvc(self, tmp_path: Path) -> None:
        repo = DvcRepo(tmp_path / "repo")
        repo.write({"data.csv": TEXT})
        repo.dvc("add", "data.csv")
        text = "['remote \"far\"']\n    url = ../../far\n"
        (repo.path / ".dvc" / "config").write_text(text, encoding="utf-8")
        repo.dvc("push", remote="far")
        digest = file_digests(TEXT)[0]
        with repo.inside():
            assert list_bytes(str(repo.path), digest).where == "remote far"
            assert Finder(trusted=True)(str(repo.path), digest).state == "present"

    def test_a_remote_that_cannot_be_asked_is_said_to_be(self, tmp_path: Path) -> None:
        repo = DvcRepo(tmp_path / "repo")
        text = "['remote \"bucket\"']\n    url = s3://bucket/path\n"
        (repo.path / ".dvc" / "config").write_text(text, encoding="utf-8")
        with repo.inside():
            found = Finder(trusted=True)(str(repo.path), Digest("md5", "1" * 32))
        assert found.state == "missing"
        assert "not asked: bucket (" in found.detail

    def test_what_is_no_project_has_no_remotes(self, tmp_path: Path) -> None:
        assert list_bytes(str(tmp_path), Digest("md5", "1" * 32)).state == "missing"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        del arguments
