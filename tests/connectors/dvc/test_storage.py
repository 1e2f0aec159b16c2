"""Listings in caches and local remotes, and what hostile ones must not do."""

import json
import os
from pathlib import Path

import pytest

from forensics.digest import Digest
from forensics_connectors.dvc.storage import Storage, StorageProblem, parse_listing, read_settings
from tests.support.records import md5

TEXT = json.dumps([{"md5": md5("a"), "relpath": "a"}])
DIGEST = Digest("md5", f"{md5(TEXT)}.dir")


def put(folder: Path, text: str = TEXT, name: str = DIGEST.value) -> Path:
    path = folder / name[:2] / name[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_link_in_place_of_a_listing_is_not_followed(tmp_path: Path) -> None:
    elsewhere = put(tmp_path / "elsewhere")
    there = tmp_path / ".dvc/cache" / DIGEST.value[:2]
    there.mkdir(parents=True)
    (there / DIGEST.value[2:]).symlink_to(elsewhere)
    assert Storage([tmp_path]).read_directory(DIGEST) is None


def test_a_pipe_in_place_of_a_listing_does_not_hang(tmp_path: Path) -> None:
    there = tmp_path / ".dvc/cache" / DIGEST.value[:2]
    there.mkdir(parents=True)
    os.mkfifo(there / DIGEST.value[2:])
    assert Storage([tmp_path]).read_directory(DIGEST) is None


def test_a_sound_copy_is_taken_where_another_is_corrupt(tmp_path: Path) -> None:
    put(tmp_path / ".dvc/cache/files/md5", TEXT + " ")
    with pytest.raises(StorageProblem):
        Storage([tmp_path]).read_directory(DIGEST)
    put(tmp_path / ".dvc/cache")
    found = Storage([tmp_path]).read_directory(DIGEST)
    assert found is not None
    assert (found.names, found.values, found.algorithm) == (("a",), (md5("a"),), "md5")


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b"{}",
        b'[{"md5": "x", "relpath": "a"}]',
        b'[{"relpath": "a"}]',
        b'[{"md5": "' + b"0" * 32 + b'", "relpath": 1}]',
        b"[1]",
        b"\xff",
        b"9" * 10_000,
    ],
)
def test_what_is_no_listing_is_a_problem(data: bytes) -> None:
    with pytest.raises(StorageProblem):
        parse_listing(data, "md5")


def test_too_many_entries_are_refused_before_they_are_parsed() -> None:
    with pytest.raises(StorageProblem):
        parse_listing(b"[" + b"[]," * 13_000_000, "md5")


def test_only_folders_are_taken_from_the_configuration() -> None:
    text = (
        "[core]\n  remote = r\n['remote \"r\"']\n  url = ../store # here\n  password = secret\n"
        '[remote "s"]\nurl = "s3://bucket/x"\n[cache]\n  dir = /srv/cache\n'
    )
    assert read_settings(text) == {
        ("remote r", "url"): "../store",
        ("remote s", "url"): "s3://bucket/x",
        ("cache", "dir"): "/srv/cache",
    }


def test_the_inventory_changes_when_a_listing_appears(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    storage = Storage([tmp_path])
    empty = storage.inventory()
    put(tmp_path / ".dvc/cache/files/md5")
    assert storage.inventory() != empty
    assert storage.inventory() == Storage([tmp_path]).inventory()
