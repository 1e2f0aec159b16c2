"""A bag that was changed in any way fails, and what was changed is named."""

import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.errors import IntegrityError
from forensics.evidence.bag import TAG_MANIFESTS, Found, bag_files
from forensics.evidence.check import FAILS, HOLDS, OPEN, Check
from forensics.evidence.contents import read_whole
from forensics.evidence.export import seal_path
from forensics.evidence.keys import make_keys, private_key, public_key
from forensics.evidence.seal import PREDICATE, seal, statement
from forensics.evidence.verify import verify_bag
from tests.forensics.evidence.conftest import Bag


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def checked(bag: Bag, **given: object) -> dict[str, list[Check]]:
    rows: dict[str, list[Check]] = {}
    for row in verify_bag(bag.folder, **{"trusted": bag.trusted, **given}).rows:
        rows.setdefault(row.check, []).append(row)
    return rows


def failures(bag: Bag, **given: object) -> set[tuple[str, str]]:
    return {(row.check, row.subject) for rows in checked(bag, **given).values() for row in rows if row.state == FAILS}


def remade(bag: Bag, change: Callable[[dict[str, bytes]], None], key: Path | None = None) -> None:
    """Changes the payload, and makes manifests anew; sealed anew with a key."""
    payload = {
        name.removeprefix("data/"): (bag.folder / name).read_bytes()
        for name in files(bag.folder)
        if name.startswith("data/")
    }
    change(payload)
    for name, data in bag_files(payload, {"External-Identifier": "x"}).items():
        (bag.folder / name).write_bytes(data)
    if key is not None:
        digests = {name: hashlib.sha256((bag.folder / name).read_bytes()).hexdigest() for name in TAG_MANIFESTS}
        seal_path(bag.folder).write_bytes(seal(statement(digests, {}), private_key(key)))


@pytest.mark.parametrize("name", ["fraud", "supply chain"])
def test_a_bag_of_a_sample_holds(bags: Callable[[str], Bag], name: str) -> None:
    rows = checked(bags(name))
    assert {row.state for found in rows.values() for row in found} == {HOLDS}
    assert set(rows) == {"files", "manifest", "seal", "schema", "documents", "journal"}


@pytest.mark.parametrize("name", ["fraud", "supply chain"])
def test_every_file_of_the_bag_of_a_sample_is_watched(bags: Callable[[str], Bag], name: str, tmp_path: Path) -> None:
    copy = bags(name).copy(tmp_path / "bag")
    payload = [name for name in files(copy.folder) if name not in TAG_MANIFESTS]
    for file in payload:
        data = (copy.folder / file).read_bytes()
        (copy.folder / file).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert {subject for check, subject in failures(copy) if check == "manifest"} >= set(payload)


def test_any_byte_of_any_file_is_found_and_the_file_named(bag: Bag, tmp_path: Path) -> None:
    copy = bag.copy(tmp_path / "bag")
    names = files(copy.folder)

    @given(st.data())
    @settings(max_examples=100, deadline=None)
    def flipped(data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(names))
        path = copy.folder / name
        good = path.read_bytes()
        bad = bytearray(good)
        bad[data.draw(st.integers(0, len(good) - 1))] ^= data.draw(st.integers(1, 255))
        path.write_bytes(bad)
        try:
            found = failures(copy)
        finally:
            path.write_bytes(good)
        if name in TAG_MANIFESTS:
            assert ("seal", "bag.dsse.json") in found
            assert any(check == "manifest" for check, _ in found)
        else:
            assert ("manifest", name) in found

    flipped()
    assert not failures(copy)


def test_a_file_that_grew_and_one_that_is_gone_are_named(bag: Bag, tmp_path: Path) -> None:
    copy = bag.copy(tmp_path / "bag")
    for name in files(copy.folder):
        path = copy.folder / name
        good = path.read_bytes()
        path.write_bytes(good + b"\n")
        assert failures(copy), name
        path.unlink()
        assert any(subject == name for _, subject in failures(copy)), name
        path.write_bytes(good)
    assert not failures(copy)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_byte_of_the_seal_counts(bag: Bag, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    from forensics.evidence.seal import trusted_statement

    envelope = bytearray(seal_path(bag.folder).read_bytes())
    place = data.draw(st.integers(0, len(envelope) - 1))
    envelope[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(IntegrityError):
        trusted_statement(bytes(envelope), bag.trusted)


@pytest.mark.parametrize("where", ["data/extra.json", "data/deep/er/extra", "extra.txt", "fetch.txt"])
def test_an_added_file_is_named(bag: Bag, tmp_path: Path, where: str) -> None:
    copy = bag.copy(tmp_path / "bag")
    (copy.folder / where).parent.mkdir(parents=True, exist_ok=True)
    (copy.folder / where).write_text("http://example.com/x 1 data/x\n")
    assert any(subject == where for _, subject in failures(copy))


@pytest.mark.parametrize("kind", ["link", "link to a folder", "pipe", "odd name", "empty folder"])
def test_what_is_no_plain_file_is_refused_and_not_followed(bag: Bag, tmp_path: Path, kind: str) -> None:
    copy = bag.copy(tmp_path / "bag")
    place = copy.folder / "data" / "x"
    match kind:
        case "link":
            place.symlink_to("/etc/hostname")
        case "link to a folder":
            place.symlink_to("/etc")
        case "pipe":
            os.mkfifo(place)
        case "odd name":
            (copy.folder / "data" / "a\nb").write_text("")
        case _:
            place.mkdir()
    rows = checked(copy)
    assert set(rows) == {"files"}
    assert rows["files"][0].state == FAILS


def test_the_folder_itself_may_be_no_link_and_must_be_there(bag: Bag, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(bag.folder)
    for name in ("link", "none"):
        assert failures(bag._replace(folder=tmp_path / name)) == {("files", str(tmp_path / name))}


def test_an_edited_record_of_the_journal_is_named_though_all_manifests_were_made_anew(bag: Bag, tmp_path: Path) -> None:
    copy = bag.copy(tmp_path / "bag")
    make_keys(tmp_path / "mallory.key")

    def edit(payload: dict[str, bytes]) -> None:
        lines = payload["custody.jsonl"].split(b"\n")
        lines[1] = lines[1].replace(b"planted", b"a hunch", 1)
        payload["custody.jsonl"] = b"\n".join(lines)

    remade(copy, edit, tmp_path / "mallory.key")
    assert failures(copy) == {("journal", "record 2"), ("seal", "bag.dsse.json")}
    mallory = (public_key(tmp_path / "mallory.pub"),)
    assert failures(copy, trusted=mallory) == {("journal", "record 2")}


def test_a_removed_record_of_the_journal_is_named(bag: Bag, tmp_path: Path) -> None:
    copy = bag.copy(tmp_path / "bag")
    remade(copy, lambda payload: payload.update({"custody.jsonl": payload["custody.jsonl"].split(b"\n", 1)[1]}))
    assert ("journal", "record 2") in failures(copy)


def test_a_journal_cut_at_its_end_does_not_fit_the_evidence(bag: Bag, tmp_path: Path) -> None:
    copy = bag.copy(tmp_path / "bag")

    def cut(payload: dict[str, bytes]) -> None:
        payload["custody.jsonl"] = b"".join(payload["custody.jsonl"].splitlines(keepends=True)[:-1])

    remade(copy, cut)
    assert ("journal", "data/custody.jsonl") in failures(copy)


def test_a_foreign_signature_fails_by_the_name_of_its_key(bag: Bag, tmp_path: Path) -> None:
    make_keys(tmp_path / "other.key")
    row = checked(bag, trusted=(public_key(tmp_path / "other.pub"),))["seal"][0]
    assert (row.state, "none of the trusted keys" in row.said) == (FAILS, True)


def test_the_seal_of_another_bag_fails(bag: Bag, tmp_path: Path) -> None:
    copy = bag.copy(tmp_path / "bag")
    digests = dict.fromkeys(TAG_MANIFESTS, "0" * 64)
    seal_path(copy.folder).write_bytes(seal(statement(digests, {}), private_key(copy.key)))
    assert failures(copy) == {("seal", "bag.dsse.json")}


def test_a_statement_of_another_kind_is_no_seal(bag: Bag, tmp_path: Path) -> None:
    copy = bag.copy(tmp_path / "bag")
    other = statement({}, {}).replace(PREDICATE.encode(), b"https://slsa.dev/provenance/v1")
    seal_path(copy.folder).write_bytes(seal(other, private_key(copy.key)))
    assert failures(copy) == {("seal", "bag.dsse.json")}


def test_without_a_trusted_key_nobody_vouches_and_without_a_seal_a_trusted_key_fails(bag: Bag, tmp_path: Path) -> None:
    assert checked(bag, trusted=())["seal"][0].state == OPEN
    copy = bag.copy(tmp_path / "bag")
    seal_path(copy.folder).unlink()
    assert checked(copy, trusted=())["seal"][0].state == OPEN
    assert checked(copy)["seal"][0].state == FAILS


def test_a_head_that_was_printed_is_found_and_another_is_not(bag: Bag) -> None:
    head = json.loads((bag.folder / "data/evidence.json").read_bytes())["journal"]["digest"]
    assert checked(bag, head=head.upper())["head"][0].state == HOLDS
    assert checked(bag, head="0" * 64)["head"][0].state == FAILS


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 200_000,
        b'{"schema": "forensics/evidence/1", "schema": "x"}',
        b'{"schema": NaN}',
        b"\xff",
        b"{}",
        b"null",
        b'{"a": ' + b"9" * 10_000 + b"}",
    ],
)
def test_hostile_evidence_fails_its_schema(bag: Bag, tmp_path: Path, text: bytes) -> None:
    copy = bag.copy(tmp_path / "bag")
    remade(copy, lambda payload: payload.update({"evidence.json": text}))
    assert ("schema", "data/evidence.json") in failures(copy)


@pytest.mark.parametrize("text", [b"[" * 200_000, b'{"seq": 1}', b'{"seq": "1"}', b"\xff\n", b"x\n\n"])
def test_a_hostile_journal_fails(bag: Bag, tmp_path: Path, text: bytes) -> None:
    copy = bag.copy(tmp_path / "bag")
    remade(copy, lambda payload: payload.update({"custody.jsonl": text}))
    assert ("journal", "data/custody.jsonl") in failures(copy)


def test_a_document_that_is_not_the_one_named_fails(bags: Callable[[str], Bag], tmp_path: Path) -> None:
    copy = bags("fraud").copy(tmp_path / "bag")
    name = next(name for name in files(copy.folder) if name.startswith("data/documents/1/"))
    remade(copy, lambda payload: payload.update({name.removeprefix("data/"): b"outs: []\n"}))
    assert ("documents", name) in failures(copy)


@pytest.mark.parametrize("name", ["data/evidence.json", "data/extra.bin"])
def test_a_file_too_large_for_any_bag_is_named_and_not_read(bag: Bag, tmp_path: Path, name: str) -> None:
    copy = bag.copy(tmp_path / "bag")
    with (copy.folder / name).open("ab") as stream:
        stream.truncate((8 << 30) + 1)
    start = time.process_time()
    (row,) = checked(copy)["files"]
    assert time.process_time() - start < 5
    assert row.state == FAILS
    assert f"with {name} it holds more than 8 GiB" in row.said


def test_a_file_too_large_to_be_taken_apart_is_refused(bag: Bag) -> None:
    with pytest.raises(IntegrityError, match=r"data/evidence\.json is too large"):
        read_whole(bag.folder, "data/evidence.json", {"data/evidence.json": Found((256 << 20) + 1, {})})
