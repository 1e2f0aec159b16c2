"""Whether the bytes of a digest are still there: looked up in caches and local remotes, and re-hashed."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from forensics.digest import Digest
from forensics.errors import SourceError
from forensics.model import FindingKind, Presence
from forensics_connectors.dvc.hashing import MD5, UNIX, stream_digests
from forensics_connectors.dvc.storage import Directory, Storage, StorageProblem, open_plain

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Finder", "find_bytes", "list_bytes", "projects"]

_SHOWN = 3


class Finder:
    """Looks for bytes, and remembers where each repository keeps them, for questions that look for many.

    Args:
        trusted: the repositories are the user's own: what is not on this machine is asked of their remotes.
    """

    def __init__(self, *, trusted: bool = False) -> None:
        self._trusted = trusted
        self._storages: dict[str, Storage] = {}

    def __call__(self, locator: str, digest: Digest) -> Presence:
        """Looks for one content, as ``find_bytes`` and, where that finds nothing, as ``list_bytes``."""
        if digest.algorithm == "git":
            return _in_git(locator, digest)
        if digest.algorithm not in {MD5, UNIX}:
            return Presence("missing", detail=f"a digest by {digest.algorithm} names no bytes in a cache")
        storage = self._storages.get(locator)
        if storage is None:
            storage = self._storages[locator] = Storage(projects(Path(locator)))
        found = _directory(storage, digest) if digest.is_directory else _file(storage, digest)
        return list_bytes(locator, digest) if self._trusted and found.state == "missing" else found


def find_bytes(locator: str, digest: Digest) -> Presence:
    """Looks for the bytes of a content and re-hashes what it finds. Nothing is written.

    Args:
        locator: a git repository on this machine.
        digest: as DVC or git recorded it.

    Returns:
        ``present`` only where every byte was read and hashes to what the digest says; for a directory, of each of its
        files.
    """
    return Finder()(locator, digest)


def list_bytes(locator: str, digest: Digest) -> Presence:
    """Asks the remotes that a repository configures, through DVC itself: only for a repository that is trusted.

    Returns:
        ``listed`` where a remote says that it has the object, and all files of a directory: the bytes are not read.
        Else ``missing``; a remote that cannot be asked is named.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    unasked: list[str] = []
    try:
        for folder in projects(Path(locator)):
            with Repo(str(folder)) as repo:
                for remote in sorted(repo.config["remote"]):
                    try:
                        held = _holds(repo, remote, digest)
                    except Exception as error:  # each kind of remote has errors of its own
                        unasked.append(f"{remote} ({type(error).__name__})")
                        continue
                    if held:
                        return Presence("listed", f"remote {remote}", detail="listed, not re-hashed")
    except DvcException as error:
        unasked.append(f"DVC cannot open the repository ({type(error).__name__})")
    asked = f"; not asked: {', '.join(unasked)}" if unasked else ""
    return Presence("missing", detail=f"not in any configured remote{asked}")


def _holds(repo: Any, remote: str, digest: Digest) -> bool:
    """Whether a remote lists an object; of a directory its listing is fetched into memory to ask for its files."""
    from dvc_data.hashfile.hash_info import HashInfo
    from dvc_data.hashfile.tree import Tree

    for algorithm in dict.fromkeys(("md5", digest.algorithm)):
        store = repo.cloud.get_remote_odb(remote, "status", hash_name=algorithm)
        if not store.exists(digest.value):
            continue
        if not digest.is_directory:
            return True
        tree = Tree.load(store, HashInfo(algorithm, digest.value), hash_name=algorithm)
        return all(store.exists(member.value) for _, _, member in tree)
    return False


def projects(locator: Path) -> Iterator[Path]:
    """Folders that hold a ``.dvc`` folder; what DVC ignores by itself is not entered."""
    for folder, names, _ in os.walk(locator):
        if ".dvc" in names:
            yield Path(folder)
        names[:] = sorted(name for name in names if name not in {".dvc", ".git", ".venv", "node_modules"})


def _file(storage: Storage, digest: Digest) -> Presence:
    found: Presence | None = None
    for path in storage.places(digest):
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
    outside = [name for name in listing.names if _leaves(name)]
    if outside:
        return Presence("corrupt", detail=f"its listing names files outside of it: {_named(outside)}")
    return _members(storage, listing)


def _members(storage: Storage, listing: Directory) -> Presence:
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
    words = " or ".join(sorted(states))
    return Presence(state, detail=f"{len(bad):,} of {len(listing.names):,} files {words}: {_named(bad)}")


def _leaves(name: str) -> bool:
    """Whether a member would be restored to a place outside its directory."""
    return name.startswith("/") or ".." in PurePosixPath(name).parts


def _named(names: "Iterable[str]") -> str:
    """The first few of some names."""
    every = list(names)
    more = "" if len(every) <= _SHOWN else f" and {len(every) - _SHOWN:,} more"
    return f"{', '.join(every[:_SHOWN])}{more}"


def _in_git(locator: str, digest: Digest) -> Presence:
    import hashlib

    from forensics_connectors.git.view import open_view

    try:
        with open_view(locator) as view:
            data = view.read_blob(digest.value)
            corrupt = any(finding.kind is FindingKind.CORRUPT_OBJECT for finding in view.findings)
    except SourceError as error:
        return Presence("missing", detail=error.message)
    if data is None:
        said = "git's object is not what its id says" if corrupt else "git has no such object, or cannot read it"
        return Presence("corrupt" if corrupt else "missing", detail=said)
    # The view hands out bytes only after it has hashed them to the id that was asked for.
    return Presence("present", "git", hashlib.sha256(data).hexdigest(), "re-hashed")


def _hash(path: Path) -> tuple[Digest, Digest, Digest] | None:
    """Digests of a plain file; None where there is none."""
    file = open_plain(path)
    if file is None:
        return None
    with file:
        return stream_digests(file)
