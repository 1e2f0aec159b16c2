"""Ed25519 keys in files: made once, never overwritten, and known by the digest of the public half."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from forensics.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

__all__ = ["key_id", "make_keys", "private_key", "public_key"]

_LARGEST = 64 << 10  # bytes of a key file


def make_keys(path: str | Path) -> tuple[Path, str]:
    """Makes a key pair.

    Args:
        path: the file of the private key, readable by its owner alone. The public key stands beside it, ``.pub``.

    Returns:
        The file of the public key, and the id of the pair.

    Raises:
        UsageError: one of the two files is there already, or cannot be written.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path = Path(path)
    public_path = path.with_suffix(".pub")
    if public_path == path:
        raise UsageError(f"{path} is the name of a public key", hint="name the private key: --out ana.key")
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    _write_new(public_path, public, 0o644)
    try:
        _write_new(path, secret, 0o600)
    except BaseException:
        with suppress(OSError):
            public_path.unlink()
        raise
    return public_path, key_id(key.public_key())


def key_id(key: "Ed25519PublicKey") -> str:
    """What a key is known by: sha256 of its 32 raw bytes, in hexadecimal digits."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()


def private_key(path: Path) -> "Ed25519PrivateKey":
    """Reads a private key that ``make_keys`` wrote.

    Raises:
        UsageError: there is none, or it is no such key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(_read(path), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(
            f"{path} is no Ed25519 private key in PEM", hint="make one with: forensics keygen --out ana.key"
        )
    return key


def public_key(path: Path) -> "Ed25519PublicKey":
    """Reads a public key that ``make_keys`` wrote.

    Raises:
        UsageError: there is none, or it is no such key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(f"{path} is no Ed25519 public key in PEM", hint="name the .pub file that keygen wrote")
    return key


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_LARGEST)
    except OSError as error:
        raise UsageError(f"the key {path} cannot be read: {error.strerror}", hint="name the key file") from error


def _write_new(path: Path, data: bytes, mode: int) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already, and keys are never overwritten", hint="name another") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", hint="name another folder") from error
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
