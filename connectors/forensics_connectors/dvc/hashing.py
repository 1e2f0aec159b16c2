"""The digests that DVC computes: md5, its older CRLF-blind md5, and the digest of a directory."""

import hashlib
import json
from collections.abc import Iterable
from typing import BinaryIO

from forensics.digest import Digest

__all__ = ["MD5", "UNIX", "directory_digest", "file_digests", "stream_digests"]

MD5 = "md5"
#: What DVC before 3.0 computed and still calls ``md5`` in its files.
UNIX = "md5-dos2unix"

_BLOCK = 512
_CHUNK = 2**20
_TEXT = bytes(range(32, 127)) + b"\n\r\t\f\b"


def file_digests(data: bytes) -> tuple[Digest, Digest]:
    """Both digests that DVC may have recorded for these bytes: ``md5`` and ``md5-dos2unix``.

    Source of the method: ``dvc_data.hashfile.hash`` and ``istextfile``, version 3.18.
    """
    plain = hashlib.md5(data, usedforsecurity=False).hexdigest()
    unix = _unix_md5(data) if b"\r\n" in data else plain
    return Digest(MD5, plain), Digest(UNIX, unix)


def directory_digest(members: Iterable[tuple[str, str]], algorithm: str = MD5, *, key: str = "md5") -> Digest:
    """The digest of a directory from its members, as DVC computes it.

    Source of the method: ``dvc_data.hashfile.tree.Tree.as_list`` and ``digest``, version 3.18.

    Args:
        members: (relative path, digest value) of each file, in any order.
        algorithm: of the result; the text that is hashed is the same for both md5s.
        key: the name under which the members' values stand (``etag`` in cloud-versioned directories).
    """
    entries = [{key: value, "relpath": name} for name, value in sorted(members)]
    text = json.dumps(entries, sort_keys=True)
    return Digest(algorithm, hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() + ".dir")


def stream_digests(file: BinaryIO) -> tuple[Digest, Digest, Digest]:
    """``md5``, ``md5-dos2unix`` and ``sha256`` of an open file of any size."""
    plain, unix, strong = hashlib.md5(usedforsecurity=False), hashlib.md5(usedforsecurity=False), hashlib.sha256()
    while chunk := file.read(_CHUNK):
        plain.update(chunk)
        unix.update(_unix(chunk))
        strong.update(chunk)
    return Digest(MD5, plain.hexdigest()), Digest(UNIX, unix.hexdigest()), Digest("sha256", strong.hexdigest())


def _unix_md5(data: bytes) -> str:
    hasher = hashlib.md5(usedforsecurity=False)
    for start in range(0, len(data), _CHUNK):
        hasher.update(_unix(data[start : start + _CHUNK]))
    return hasher.hexdigest()


def _unix(chunk: bytes) -> bytes:
    return chunk.replace(b"\r\n", b"\n") if _is_text(chunk[:_BLOCK]) else chunk


def _is_text(block: bytes) -> bool:
    return b"\0" not in block and len(block.translate(None, _TEXT)) <= 0.30 * len(block)
