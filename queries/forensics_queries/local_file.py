"""The digests of a file at hand, by every algorithm that a source may have used for it."""

import hashlib
from pathlib import Path

from forensics.digest import Digest
from forensics.errors import UsageError

__all__ = ["file_digests"]

_CHUNK = 2**20
_TEXT = bytes(range(32, 127)) + b"\n\r\t\f\b"


def file_digests(path: str) -> tuple[Digest, ...]:
    """Hashes a local file, in one reading.

    Returns:
        md5, md5 as DVC before 3.0 computed it, sha256, and the git blob ids of sha1 and sha256 repositories.

    Raises:
        UsageError: it is not a file that can be read.
    """
    file = Path(path)
    try:
        if not file.is_file():
            raise UsageError(f"{path} is not a file", hint="name one file; a directory has no single digest")
        size = file.stat().st_size
        header = b"blob %d\0" % size
        plain = hashlib.md5(usedforsecurity=False)
        unix = hashlib.md5(usedforsecurity=False)
        sha256 = hashlib.sha256()
        blobs = [hashlib.sha1(header, usedforsecurity=False), hashlib.sha256(header)]
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                for digest in (plain, sha256, *blobs):
                    digest.update(chunk)
                # DVC judges and converts each MiB by itself (dvc_data.hashfile.hash.Dos2UnixHashStreamFile).
                unix.update(chunk.replace(b"\r\n", b"\n") if _looks_like_text(chunk[:512]) else chunk)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    return (
        Digest("md5", plain.hexdigest()),
        Digest("md5-dos2unix", unix.hexdigest()),
        Digest("sha256", sha256.hexdigest()),
        *(Digest("git", blob.hexdigest()) for blob in blobs),
    )


def _looks_like_text(block: bytes) -> bool:
    if b"\0" in block:
        return False
    return len(block.translate(None, _TEXT)) <= 0.30 * len(block)
