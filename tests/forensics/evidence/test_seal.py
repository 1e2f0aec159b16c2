"""Keys are made once; a seal is a DSSE envelope that another implementation reads as we do."""

import copy
import json
import stat
from pathlib import Path

import pytest
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

from forensics.errors import IntegrityError, UsageError
from forensics.evidence.export import seal_path
from forensics.evidence.keys import key_id, make_keys, private_key, public_key
from forensics.evidence.seal import PREDICATE, seal, signers, statement, trusted_statement
from tests.forensics.evidence.conftest import Bag


def theirs(path: Path) -> SSlibKey:
    key = public_key(path)
    return SSlibKey(key_id(key), "ed25519", "ed25519", {"public": key.public_bytes_raw().hex()})


def test_the_private_key_is_its_owners_alone_and_the_pair_fits(tmp_path: Path) -> None:
    public, name = make_keys(tmp_path / "ana.key")
    assert public == tmp_path / "ana.pub"
    assert stat.S_IMODE((tmp_path / "ana.key").stat().st_mode) == 0o600
    assert key_id(public_key(public)) == key_id(private_key(tmp_path / "ana.key").public_key()) == name


@pytest.mark.parametrize("there", ["ana.key", "ana.pub"])
def test_no_key_file_is_overwritten(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("mine")
    with pytest.raises(UsageError, match="never overwritten"):
        make_keys(tmp_path / "ana.key")
    assert [path.name for path in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text() == "mine"


def test_a_key_of_another_sort_is_refused_with_the_mend(tmp_path: Path) -> None:
    make_keys(tmp_path / "ana.key")
    with pytest.raises(UsageError, match="no Ed25519 public key") as error:
        public_key(tmp_path / "ana.key")
    assert ".pub" in error.value.hint
    with pytest.raises(UsageError, match="no Ed25519 private key"):
        private_key(tmp_path / "ana.pub")
    with pytest.raises(UsageError, match="cannot be read"):
        public_key(tmp_path / "none.pub")
    with pytest.raises(UsageError, match="name of a public key"):
        make_keys(tmp_path / "ana.pub")


def test_securesystemslib_verifies_our_envelope_and_finds_it_tampered(bag: Bag) -> None:
    found = json.loads(seal_path(bag.folder).read_bytes())
    Envelope.from_dict(copy.deepcopy(found)).verify([theirs(bag.key.with_suffix(".pub"))], 1)
    found["payload"] = found["payload"][:-8] + "AAAAAAA="
    with pytest.raises(VerificationError):
        Envelope.from_dict(copy.deepcopy(found)).verify([theirs(bag.key.with_suffix(".pub"))], 1)


def test_we_verify_what_securesystemslib_signed(bag: Bag) -> None:
    payload = statement({"tagmanifest-sha256.txt": "0" * 64}, {"case": "x"})
    envelope = Envelope(payload, "application/vnd.in-toto+json", {})
    signer = CryptoSigner(private_key(bag.key), theirs(bag.key.with_suffix(".pub")))
    envelope.sign(signer)
    signed = envelope.to_dict()
    signature = next(iter(signed["signatures"]))
    ours = json.loads(seal(payload, private_key(bag.key)))
    # Both write base64 of the same bytes: Ed25519 signs one statement in one way.
    assert (ours["payload"], ours["signatures"][0]["sig"]) == (signed["payload"], signature["sig"])


def test_the_statement_is_about_both_tag_manifests(bag: Bag) -> None:
    found, key = trusted_statement(seal_path(bag.folder).read_bytes(), bag.trusted)
    assert key == key_id(bag.trusted[0])
    assert found["_type"] == "https://in-toto.io/Statement/v1"
    assert found["predicateType"] == PREDICATE
    assert [one["name"] for one in found["subject"]] == ["tagmanifest-sha256.txt", "tagmanifest-sha512.txt"]
    evidence = json.loads((bag.folder / "data/evidence.json").read_bytes())
    assert found["predicate"]["case"] == evidence["case"]


def test_the_id_that_a_signature_claims_is_not_taken_for_the_key(bag: Bag, tmp_path: Path) -> None:
    make_keys(tmp_path / "mallory.key")
    envelope = seal(statement({}, {}), private_key(tmp_path / "mallory.key"))
    forged = envelope.replace(signers(envelope)[0].encode(), key_id(bag.trusted[0]).encode())
    with pytest.raises(IntegrityError, match="not that of this statement"):
        trusted_statement(forged, bag.trusted)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"payload": 1}'])
def test_what_is_no_envelope_is_refused(bag: Bag, data: bytes) -> None:
    with pytest.raises(IntegrityError):
        trusted_statement(data, bag.trusted)
    with pytest.raises(IntegrityError):
        signers(data)
