"""Digests are told in every spelling, and nothing else is taken for one."""

import base64
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics_connectors.mlmd.spelling import Meaning, of_artifact, of_execution
from tests.support.mlmdclient import batches_of
from tests.support.mlmdrows import MADE, OUTPUT, Shelf, digests, edges, findings, paths

DATA = b"rows"
MD5, SHA1, SHA256 = (getattr(hashlib, name)(DATA).hexdigest() for name in ("md5", "sha1", "sha256"))


def b64(digits: str) -> str:
    return base64.b64encode(bytes.fromhex(digits)).decode()


PROPERTIES = [
    ("md5", MD5, f"md5:{MD5}"),
    ("MD5Sum", MD5.upper(), f"md5:{MD5}"),
    ("checksum", f" {MD5}\n", f"md5:{MD5}"),
    ("checksum_md5", MD5, f"md5:{MD5}"),
    ("sha-256", SHA256, f"sha256:{SHA256}"),
    ("file_sha256", f"SHA256:{SHA256}", f"sha256:{SHA256}"),
    ("sha1", SHA1, f"sha1:{SHA1}"),
    ("Digest", f"sha256:{SHA256}", f"sha256:{SHA256}"),
    ("content_hash", f"sha256-{b64(SHA256)}", f"sha256:{SHA256}"),
    ("hash", f"sha-1={SHA1}", f"sha1:{SHA1}"),
    ("md5Hash", b64(MD5), f"md5:{MD5}"),
    ("dvc_md5", f"{MD5}.dir", f"md5:{MD5}.dir"),
    ("Commit", MD5, f"md5:{MD5}"),
    ("Commit", SHA1, None),  # a git commit
    ("md5", SHA256, None),
    ("sha256", "unknown", None),
    ("digest", "v1", None),
    ("hash", b64(MD5), None),  # base64 of what, nobody says
    ("input_fingerprint", MD5, None),
    ("cache_md5", MD5, None),
    ("mtime_hash", MD5, None),
    ("config_hash", SHA256, None),
    ("description", SHA256, None),
]
ADDRESSES = [
    (MD5, f"md5:{MD5}"),
    (f"{MD5}.dir", f"md5:{MD5}.dir"),
    (f"sha256:{SHA256}", f"sha256:{SHA256}"),
    (f"registry.example/image@sha256:{SHA256}", f"sha256:{SHA256}"),
    (f"s3://bucket/{MD5}", None),
    ("s3://bucket/file", None),
]


def test_a_property_is_a_digest_by_its_name_and_its_value() -> None:
    shelf = Shelf()
    for name, value, _ in PROPERTIES:
        shelf.artifact("Examples", "x", **{name: value})
    expected = {f"artifact/{place}": digest for place, (_, _, digest) in enumerate(PROPERTIES, 1)}
    assert digests(batches_of(shelf.store())) == expected


def test_an_address_can_be_a_digest() -> None:
    shelf = Shelf()
    for uri, _ in ADDRESSES:
        shelf.artifact(uri=uri)
    expected = {f"artifact/{place}": digest for place, (_, digest) in enumerate(ADDRESSES, 1)}
    assert digests(batches_of(shelf.store())) == expected


def test_what_is_overwritten_in_place_keeps_its_path_beside_another_digest() -> None:
    shelf = Shelf()
    for name, uri in [(f"data/raw:{MD5}", MD5), (f"data/raw:{'0' * 32}:1", MD5), ("data/raw:v1", MD5)]:
        shelf.artifact(uri=uri, name=name)
    rows = batches_of(shelf.store())
    assert paths(rows) == {"artifact/1": "data/raw", "artifact/2": "data/raw", "artifact/3": "data/raw:v1"}
    assert [row["value"] for row in rows["reference"]] == ["data/raw", "data/raw", MD5]


def test_what_a_row_was_before_it_was_written_over_is_a_version_of_its_own() -> None:
    before = "0" * 32
    shelf = Shelf()
    row = shelf.artifact(uri=MD5, name=f"data/raw:{before}:1", Commit=MD5)
    for time in (1, 2, 3):
        shelf.event(row, shelf.execution(), OUTPUT, MADE + time)
    rows = batches_of(shelf.store())
    assert digests(rows) == {"artifact/1": f"md5:{MD5}"}
    assert {edge for edge in edges(rows) if edge[4] == "overwritten"} == {
        ("imported", "data/raw", "artifact/1", "inferred", "overwritten"),
        ("generated", "execution/1", "data/raw", "inferred", "overwritten"),
        ("generated", "execution/2", "data/raw", "inferred", "overwritten"),
    }
    assert ("same-uri", False) in findings(rows)


def test_a_row_that_was_written_over_is_known_by_what_a_reading_before_saw() -> None:
    before, after = Shelf(), Shelf()
    before.artifact(uri="0" * 32, name=f"data/raw:{'0' * 32}")
    after.artifact(uri=MD5, name=f"data/raw:{'0' * 32}")
    keys = [
        {row["key"] for row in batches_of(shelf.store())["node"] if row["kind"] == "version"}
        for shelf in (before, after)
    ]
    assert keys[0] < keys[1]


@pytest.mark.parametrize("name", [f"data/raw:{MD5.upper()}", f"data/raw:{MD5}:1", "data/raw:v1", "data/raw"])
def test_a_name_that_says_what_the_row_says_tells_of_no_other_bytes(name: str) -> None:
    shelf = Shelf()
    shelf.artifact(uri=MD5, name=name)
    rows = batches_of(shelf.store())
    assert len(rows["version"]) == 1
    assert not findings(rows)


def test_the_strongest_digest_is_the_content_and_the_others_are_the_same_bytes() -> None:
    shelf = Shelf()
    shelf.artifact(uri=MD5, sha256=SHA256, digest=SHA1)
    rows = batches_of(shelf.store())
    assert digests(rows) == {"artifact/1": f"sha256:{SHA256}"}
    assert edges(rows) == {
        ("content", f"sha256:{SHA256}", f"{algorithm}", "recorded", "same-record")
        for algorithm in (f"md5:{MD5}", f"sha1:{SHA1}")
    }


def test_two_digests_of_one_algorithm_are_a_finding_and_only_assumed_to_be_the_same_bytes() -> None:
    shelf = Shelf()
    shelf.artifact(md5=MD5, checksum="0" * 32)
    rows = batches_of(shelf.store())
    assert {edge[3] for edge in edges(rows)} == {"assumed"}
    assert ("bad-digest", False) in findings(rows)


def test_a_promised_digest_that_is_none_is_a_finding() -> None:
    shelf = Shelf()
    shelf.artifact(md5="n/a yet")
    assert findings(batches_of(shelf.store())) == {("bad-digest", False)}


def test_fingerprints_are_references_that_prove_nothing() -> None:
    shelf = Shelf()
    shelf.artifact(input_fingerprint="split:x,xor_checksum:1")
    shelf.run(cache_fingerprint=SHA256)
    rows = batches_of(shelf.store())
    assert not rows["content"]
    assert [(row["kind"], row["strength"]) for row in rows["reference"]] == [("fingerprint", "inferred")] * 2


@settings(deadline=None, max_examples=6)
@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=80)), max_size=30))
def test_no_text_breaks_the_reading(texts: list[tuple[str, str]]) -> None:
    shelf = Shelf()
    for place, (name, value) in enumerate(texts):
        shelf.artifact(value, value, name=name)
        shelf.put("artifact_property", owner_id=place + 1, name="md5", is_custom_property=True, string_value=value)
        shelf.put("artifact_property", owner_id=place + 1, name=name, is_custom_property=True, string_value=value)
        shelf.run((place + 1,), (place + 1,), value, module_path=value, input_base=value, parent_dag_id=value)
    rows = batches_of(shelf.store())
    keys = [row["key"] for row in rows["node"]]
    assert len(keys) == len(set(keys))
    assert all(row["path"] for row in rows["artifact"])


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_name_has_a_meaning_or_none(name: str) -> None:
    assert all(isinstance(meaning, Meaning) for meaning in [*of_artifact(name), *of_execution(name)])
