"""Whether the bytes of a digest are still there: looked up in caches and local remotes, and re-hashed."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from forensics.digest import Digest
from forensics.model import Presence
from forensics_connectors.dvc.hashing import stream_digests
from forensics_connectors.dvc.storage import LAYOUTS, Storage, StorageProblem

__all__ = ["find_bytes", "list_bytes"]

_SHOWN = 3


def find_bytes(locator: str, digest: Digest) -> Presence:
    """Looks for the bytes of a content and re-hashes what it finds. Nothing is written.

    Args:
        locator: a git repository on this machine.
        digest: as DVC or git recorded it.

    Returns:
        ``present`` only where every byte was read and hashes to what the digest says; for a directory, of each of its
        files.
    """
    if digest.algorithm == "git":
        return _in_git(locator, digest)
    storage = Storage(_projects(Path(locator)))
    if digest.is_directory:
        return _directory(storage, digest)
    return _file(storage, digest)


def list_bytes(locator: str, digest: Digest) -> Presence:
    """Asks the remotes that a repository configures, through DVC itself: only for a repository that is trusted.

    Returns:
        ``listed`` where a remote says that it has the object: the bytes are not read. Else ``missing``.
    """
    from dvc.repo import Repo

    repo = Repo(locator)
    name = digest.value
    for remote in sorted(repo.config["remote"]):
        for algorithm in dict.fromkeys(("md5", digest.algorithm)):
            odb = repo.cloud.get_remote_odb(remote, "dvc", hash_name=algorithm)
            if odb.exists(name):
                return Presence("listed", f"remote {remote}", detail="listed, not re-hashed")
    return Presence("missing", detail="not in any configured remote")


def _projects(locator: Path) -> Iterator[Path]:
    """Folders that hold a ``.dvc`` folder; what DVC ignores by itself is not entered."""
    for folder, names, _ in os.walk(locator):
        if ".dvc" in names:
            yield Path(folder)
        names[:] = sorted(name for name in names if name not in {".dvc", ".git", ".venv", "node_modules"})


def _file(storage: Storage, digest: Digest) -> Presence:
    found: Presence | None = None
    for folder in storage.folders:
        for layout in LAYOUTS:
            path = folder / layout / digest.value[:2] / digest.value[2:]
            plain_unix_sha256 = _hash(path)
            if plain_unix_sha256 is None:
                continue
            *md5s, sha256 = plain_unix_sha256
            # DVC before 3.0 named objects by the CRLF-blind md5, whichever name the lock uses now.
            if digest.value in {md5.value for md5 in md5s}:
                return Presence("present", str(path), sha256.value, "re-hashed")
            found = Presence("corrupt", str(path), sha256.value, f"its bytes hash to {md5s[0]}")
    return found or Presence("missing", detail="in no cache and no local remote")


def _directory(storage: Storage, digest: Digest) -> Presence:
    try:
        listing = storage.read_directory(digest)
    except StorageProblem as problem:
        return Presence("corrupt", detail=f"its listing: {problem}")
    if listing is None:
        return Presence("missing", detail="its listing is in no cache and no local remote")
    bad: list[str] = []
    states: set[str] = set()
    for name, value in zip(listing.names, listing.values, strict=True):
        one = _file(storage, Digest(listing.algorithm, value))
        if one.state != "present":
            states.add(one.state)
            bad.append(name)
    if not bad:
        return Presence("present", detail=f"all {len(listing.names):,} files re-hashed")
    state = "corrupt" if "corrupt" in states else "missing"
    more = "" if len(bad) <= _SHOWN else f" and {len(bad) - _SHOWN:,} more"
    return Presence(state, detail=f"{len(bad):,} of {len(listing.names):,} files: {', '.join(bad[:_SHOWN])}{more}")


def _in_git(locator: str, digest: Digest) -> Presence:
    import hashlib

    from forensics_connectors.git.view import open_view

    with open_view(locator) as view:
        data = view.read_blob(digest.value)
    if data is None:
        return Presence("missing", detail="git has no such object, or cannot read it")
    algorithm = "sha1" if len(digest.value) == 40 else "sha256"
    framed = b"blob %d\0" % len(data) + data
    if hashlib.new(algorithm, framed, usedforsecurity=False).hexdigest() != digest.value:
        return Presence("corrupt", detail="git's object hashes to something else")
    return Presence("present", "git", hashlib.sha256(data).hexdigest(), "re-hashed")


def _hash(path: Path) -> tuple[Digest, Digest, Digest] | None:
    """Digests of a plain file; None where there is none: no link is followed, no device or pipe is opened."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        return stream_digests(file) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
