"""The seal: an in-toto Statement v1 about a bag's tag manifests, in a DSSE envelope, signed with Ed25519.

It proves who sealed, and that nothing changed since; not when. in-toto attestation framework, Statement v1; DSSE
v1.0.2 (``PAE`` is its pre-authentication encoding).
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from forensics.errors import IntegrityError
from forensics.evidence.keys import key_id
from forensics.evidence.strict import StrictError, parsed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

__all__ = ["PREDICATE", "seal", "signers", "statement", "trusted_statement"]

PREDICATE = "urn:lineage-forensics:evidence/v1"

_TYPE = "application/vnd.in-toto+json"
_STATEMENT = "https://in-toto.io/Statement/v1"


def statement(subjects: Mapping[str, str], predicate: Mapping[str, object]) -> bytes:
    """What is sealed.

    Args:
        subjects: sha256 in hexadecimal digits by file name.
        predicate: what else is stated, JSON-able.
    """
    return json.dumps(
        {
            "_type": _STATEMENT,
            "subject": [{"name": name, "digest": {"sha256": subjects[name]}} for name in sorted(subjects)],
            "predicateType": PREDICATE,
            "predicate": predicate,
        },
        sort_keys=True,
    ).encode()


def seal(payload: bytes, key: "Ed25519PrivateKey") -> bytes:
    """The envelope of a statement."""
    signature = {"keyid": key_id(key.public_key()), "sig": _encoded(key.sign(_pae(payload)))}
    return _written({"payloadType": _TYPE, "payload": _encoded(payload), "signatures": [signature]})


def signers(envelope: bytes) -> tuple[str, ...]:
    """The ids of the keys that an envelope claims to be signed with. Nothing is checked.

    Raises:
        IntegrityError: it is no envelope of ours.
    """
    return tuple(signature["keyid"] for signature in _opened(envelope)[1])


def trusted_statement(envelope: bytes, trusted: Iterable["Ed25519PublicKey"]) -> tuple[dict[str, Any], str]:
    """The statement of an envelope that a trusted key signed.

    Args:
        envelope: the bytes of the file.
        trusted: keys that come from whoever asks, never from the bag.

    Returns:
        The statement, and the id of the trusted key that signed it.

    Raises:
        IntegrityError: it is no envelope of ours, was changed, or is signed by none of the keys.
    """
    from cryptography.exceptions import InvalidSignature

    payload, signatures = _opened(envelope)
    keys = {key_id(key): key for key in trusted}
    claimed = [signature["keyid"] for signature in signatures]
    if not any(name in keys for name in claimed):
        raise IntegrityError(f"it is signed by key {', '.join(claimed)}, which is none of the trusted keys")
    for signature in signatures:
        key = keys.get(signature["keyid"])
        if key is None:
            continue
        try:
            key.verify(_decoded(signature["sig"]), _pae(payload))
        except InvalidSignature:
            raise IntegrityError(f"the signature of key {signature['keyid']} is not that of this statement") from None
        return _stated(payload), signature["keyid"]
    raise IntegrityError("it is not signed")


def _stated(payload: bytes) -> dict[str, Any]:
    try:
        found = parsed(payload)
    except StrictError as error:
        raise IntegrityError(f"what is sealed is no JSON: {error}") from None
    if not isinstance(found, dict) or found.get("_type") != _STATEMENT or found.get("predicateType") != PREDICATE:
        raise IntegrityError("what is sealed is no statement about an evidence bag")
    return found


def _opened(envelope: bytes) -> tuple[bytes, list[dict[str, str]]]:
    """The payload and the signatures. Every byte of the file counts: it must be as we write it."""
    try:
        found = parsed(envelope)
        payload, signatures = found["payload"], found["signatures"]
        if found["payloadType"] != _TYPE or not signatures:
            raise IntegrityError("it is no sealed in-toto statement")
        pairs = [{"keyid": str(one["keyid"]), "sig": str(one["sig"])} for one in signatures]
        as_written = _written({"payloadType": _TYPE, "payload": payload, "signatures": pairs})
        for text in (payload, *(pair["sig"] for pair in pairs)):
            if _encoded(_decoded(text)) != text:
                raise IntegrityError("its base64 was changed")
    except (StrictError, KeyError, TypeError, ValueError, binascii.Error):
        raise IntegrityError("it is no DSSE envelope") from None
    if as_written != envelope:
        raise IntegrityError("it is not as it was written")
    return _decoded(payload), pairs


def _pae(payload: bytes) -> bytes:
    return b"DSSEv1 %d %s %d %s" % (len(_TYPE), _TYPE.encode(), len(payload), payload)


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decoded(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _written(envelope: Mapping[str, object]) -> bytes:
    return (json.dumps(envelope, sort_keys=True, indent=1) + "\n").encode()
