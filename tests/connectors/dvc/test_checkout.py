"""The metadata of a working tree: what its documents state, and on which line."""

import time
from pathlib import Path

import pytest

from forensics.errors import SourceError
from forensics.model import Stated
from forensics_connectors.dvc.checkout import read_checkout
from tests.support.dvcrepo import DvcRepo

A, B, C = ("a" * 32, "b" * 32, "c" * 32)


def place(root: Path, **documents: str) -> Path:
    for name, content in documents.items():
        path = root / name.replace("__", "/").replace("_dvc", ".dvc").replace("_lock", ".lock").replace(
            "_yaml", ".yaml"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return root


def found(root: Path) -> dict[str, tuple[str, str, int | None]]:
    return {one.path: (one.digest.value, one.document, one.line) for one in read_checkout(str(root))[0]}


def text_at(root: Path, one: Stated) -> str:
    return (root / one.document).read_text(encoding="utf-8").splitlines()[(one.line or 0) - 1]


LOCK = f"""schema: '2.0'
stages:
  a:
    cmd: cp raw data
    deps:
    - path: raw
      hash: md5
      md5: {A}
      size: 1
    outs:
    - path: data
      hash: md5
      md5: {A}
      size: 1
    - path: other
      hash: md5
      md5: {B}
  b:
    cmd: train
    deps:
    - path: other
      hash: md5
      md5: {B}
    outs:
    - path: model
      md5: {C}
"""


def test_a_digest_is_placed_in_its_own_entry_though_it_stands_elsewhere_too(tmp_path: Path) -> None:
    root = place(tmp_path, dvc_lock=LOCK)
    lines = {path: (value, line) for path, (value, _, line) in found(root).items()}
    assert lines == {"data": (A, 13), "other": (B, 17), "model": (C, 26), "raw": (A, 8)}


def test_an_output_says_what_it_was_made_of(tmp_path: Path) -> None:
    stated = {one.path: one for one in read_checkout(str(place(tmp_path, dvc_lock=LOCK)))[0]}
    assert [(path, digest.value) for path, digest in stated["model"].made_of] == [("other", B)]
    assert stated["raw"].made_of == ()


def test_paths_are_those_of_the_repository_wherever_the_stage_ran(tmp_path: Path) -> None:
    yaml = "stages:\n  a:\n    cmd: cp\n    wdir: made\n    deps: [raw]\n    outs: [data, other]\n"
    root = place(tmp_path, sub__dvc_yaml=yaml, sub__dvc_lock=LOCK)
    assert {"sub/made/raw", "sub/made/data", "sub/model"} <= found(root).keys()


def test_what_dvc_itself_writes_is_read_with_its_line(tmp_path: Path) -> None:
    repo = DvcRepo(tmp_path / "repo")
    repo.write({"raw.csv": "a,b\n", "set/1.txt": "one", "set/2.txt": "two"})
    repo.dvc("add", ["raw.csv", "set"])
    repo.dvc("run", name="copy", cmd="cp raw.csv out.csv", deps=["raw.csv"], outs=["out.csv"], no_exec=False)
    stated, unread = read_checkout(str(repo.path))
    assert {one.path for one in stated} == {"raw.csv", "set", "out.csv"}
    assert unread == ()
    for one in stated:
        assert one.digest.value in text_at(repo.path, one)


def test_an_unreadable_document_is_said_and_the_others_are_read(tmp_path: Path) -> None:
    root = place(tmp_path, a_dvc=f"outs:\n- md5: {A}\n  path: a\n", b_dvc="outs: [", c__dvc_lock="{")
    stated, unread = read_checkout(str(root))
    assert [one.path for one in stated] == ["a"]
    assert [said.partition(":")[0] for said in unread] == ["b.dvc", "c/dvc.lock"]


def test_a_document_that_is_a_link_is_not_followed_and_not_passed_over(tmp_path: Path) -> None:
    place(tmp_path / "elsewhere", a_dvc=f"outs:\n- md5: {A}\n  path: a\n")
    root = tmp_path / "repo"
    place(root, venv__b_dvc=f"outs:\n- md5: {B}\n  path: b\n")
    (root / "link").symlink_to(tmp_path / "elsewhere")
    (root / "dvc.lock").symlink_to(tmp_path / "elsewhere" / "a.dvc")
    stated, unread = read_checkout(str(root))
    assert [one.path for one in stated] == ["venv/b"]
    assert unread == ("dvc.lock: it is no plain file, or too large",)


def test_reading_takes_time_in_proportion_to_the_document(tmp_path: Path) -> None:
    stages = "".join(
        f"  s{n}:\n    cmd: x\n    outs:\n    - path: o{n}\n      hash: md5\n      md5: {A}\n" for n in range(8_000)
    )
    root = place(tmp_path, dvc_lock=f"schema: '2.0'\nstages:\n{stages}")
    start = time.perf_counter()
    assert len(found(root)) == 8_000
    assert time.perf_counter() - start < 5


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        read_checkout(str(tmp_path / "nowhere"))
