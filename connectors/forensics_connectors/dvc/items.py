"""Dependencies and outputs: from an entry of a document to an ``Item`` with its path resolved and its digest typed."""

import hashlib
import json
import posixpath
import re
from functools import lru_cache

from forensics.digest import Digest
from forensics.model import FindingKind
from forensics.values import dataclass
from forensics_connectors.dvc.documents import Item, Problem, Upstream
from forensics_connectors.dvc.yaml import Node, Plain, canonical, integer, is_true, value

__all__ = ["Flags", "command", "read_item", "read_params", "resolve", "text"]

_EXTERNAL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://|/|[A-Za-z]:[\\/]|\\\\")
_USER = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*://)([^/@]*@)")
#: What nearly all entries hold, and nothing else.
_USUAL = frozenset(("path", "hash", "md5", "size", "nfiles", "isexec"))
_MD5 = re.compile(r"[0-9a-f]{32}(?:\.dir)?")
_NULL = frozenset(("null", "Null", "NULL", "~", ""))


@dataclass(frozen=True, slots=True)
class Flags:
    """What a document declares of an output, as in ``Item``."""

    role: str = "out"
    cached: bool = True
    persist: bool = False
    remote: str = ""
    declared: bool = True


def text(node: Node | object) -> str:
    """A node's text; empty for null and for what is no scalar."""
    if not isinstance(node, str) or (node in _NULL and isinstance(node, Plain)):
        return ""
    return str(node)


@lru_cache(maxsize=1 << 14)
def resolve(path: str, directory: str) -> tuple[str, bool, bool]:
    r"""Applies a folder to a path, lexically.

    URLs, absolute paths and Windows paths with a drive are opaque names; passwords are cut out of URLs. A relative
    path with ``\`` and no ``/`` was written on Windows, where both part folders.

    Args:
        path: as written in the document.
        directory: repository-relative, empty for the root.

    Returns:
        the path or opaque name, whether it is opaque, whether it leaves the repository.
    """
    if _EXTERNAL.match(path):
        return _without_password(path), True, False
    if "\\" in path and "/" not in path:
        path = path.replace("\\", "/")
    path = posixpath.normpath(posixpath.join(directory, path))
    return path, False, path.startswith("..") and path[2:3] in ("", "/")


def _without_password(url: str) -> str:
    match = _USER.match(url)
    if match is None or (":" not in match[2] and not match[1].startswith("http")):
        return url
    return match[1] + url[match.end() :]


def command(node: Node) -> str:
    """The command of a stage, several joined by newlines."""
    if isinstance(node, list):
        return "\n".join(text(line) for line in node)
    return text(node)


def read_item(node: Node, directory: str, problems: list[Problem], flags: Flags | None = None) -> Item | None:
    """Reads one entry of ``deps`` or ``outs``, of a lock or a ``.dvc`` file.

    Args:
        node: the entry.
        directory: what its path is relative to.
        problems: gets what is wrong with it.
        flags: what is declared of an output; None for a dependency.

    Returns:
        The item, or None where the entry names nothing.
    """
    if not isinstance(node, dict):
        problems.append(Problem(FindingKind.UNREADABLE, "an entry that is no mapping", str(node)[:200], admits=True))
        return None
    flags = flags or _DEPENDENCY
    if node.keys() <= _USUAL and (path := text(node.get("path"))):
        path, external, outside = resolve(path, directory)
        if outside:
            problems.append(Problem(FindingKind.OUTSIDE, f"the path {path!r} leaves the repository", path))
        return Item(
            path=path,
            digest=_digest(node, path, problems),
            size=integer(node.get("size")),
            nfiles=integer(node.get("nfiles")),
            external=external,
            outside=outside,
            cached=flags.cached,
            persist=flags.persist,
            role=flags.role,
            remote=flags.remote,
            is_executable="isexec" in node and is_true(node["isexec"]),
            declared=flags.declared,
        )
    cloud = node.get("cloud")
    if isinstance(cloud, dict) and cloud:
        remote, state = next(iter(cloud.items()))
        node = {**node, **(state if isinstance(state, dict) else {}), "remote": remote}
    path, external, outside, upstream = _name(node, directory)
    if not path:
        problems.append(Problem(FindingKind.UNREADABLE, "an entry without a path", admits=True))
        return None
    if outside:
        problems.append(Problem(FindingKind.OUTSIDE, f"the path {path!r} leaves the repository", path))
    dataset = node.get("dataset")
    if isinstance(dataset, dict):
        node = {**node, **dataset}
    digest = _digest(node, path, problems)
    listed = node.get("files")
    files = _files(listed, node.get("hash"), path, problems) if isinstance(listed, list) else ()
    size, nfiles = integer(node.get("size")), integer(node.get("nfiles"))
    if files:
        computed = _directory(files)
        if digest is not None and computed is not None and computed != digest:
            message = f"{path} is recorded as {digest}, but its files make {computed}"
            problems.append(Problem(FindingKind.BAD_DIGEST, message, path))
        digest = computed or digest
        nfiles = len(files)
        size = _total(files) if size is None else size
    return Item(
        path=path,
        digest=digest,
        size=size,
        nfiles=nfiles,
        external=external,
        outside=outside,
        cached=flags.cached,
        persist=flags.persist,
        role=flags.role,
        files=files,
        upstream=upstream,
        version_id=text(node.get("version_id")) or text(node.get("version")),
        remote=text(node.get("remote")) or flags.remote,
        is_executable="isexec" in node and is_true(node["isexec"]),
        declared=flags.declared,
    )


_DEPENDENCY = Flags(role="dep", cached=False)


def _name(node: dict[str, Node], directory: str) -> tuple[str, bool, bool, Upstream | None]:
    """The path of an entry, whether it is external, whether outside, and what it was taken from."""
    path = text(node.get("path"))
    database, dataset, repository = node.get("db"), node.get("dataset"), node.get("repo")
    if isinstance(database, dict):
        query = text(database.get("query")) or text(database.get("table"))
        return f"db:{query}", True, False, None
    if isinstance(dataset, dict) and text(dataset.get("type")) == "url" and text(dataset.get("url")):
        return _without_password(text(dataset["url"])), True, False, None
    if isinstance(dataset, dict) and text(dataset.get("type")) == "dvc":
        repository, path = dataset, text(dataset.get("path")) or path
    if isinstance(repository, dict) and text(repository.get("url")):
        url = _without_password(text(repository["url"]))
        upstream = Upstream(url, text(repository.get("rev")), text(repository.get("rev_lock")), path)
        return f"{url}#{path}", True, False, upstream
    return (*resolve(path, directory), None) if path else ("", False, False, None)


def _digest(node: dict[str, Node], path: str, problems: list[Problem]) -> Digest | None:
    md5 = node.get("md5")
    if type(md5) is str and node.get("hash") == "md5" and _MD5.fullmatch(md5):  # as nearly all are
        return Digest("md5", md5)
    if md5 is not None and text(md5):
        # DVC before 3.0 wrote no ``hash:``, and turned CRLF into LF before it took the md5 of a text.
        name = text(node.get("hash")) or "md5-dos2unix"
        written = text(md5).lower()
        if name in ("md5", "md5-dos2unix") and _MD5.fullmatch(written):
            return Digest(name, written)
        message = f"{path} is recorded as {name} {text(md5)[:80]!r}, which is no such digest"
        problems.append(Problem(FindingKind.BAD_DIGEST, message, path))
        return None
    for name in ("etag", "checksum"):
        if written := text(node.get(name)):
            return Digest(name, written)
    return None


def _files(
    nodes: list[Node], name: Node, path: str, problems: list[Problem]
) -> tuple[tuple[str, Digest | None, int | None], ...]:
    """The members of a directory that is recorded file by file, sorted by name."""
    found: dict[str, tuple[str, Digest | None, int | None]] = {}
    for node in nodes:
        relpath = text(node.get("relpath")) if isinstance(node, dict) else ""
        if not isinstance(node, dict) or not relpath:
            problems.append(Problem(FindingKind.UNREADABLE, "a file without a relpath", path, admits=True))
            continue
        cloud = node.get("cloud")
        states = [state for state in cloud.values() if isinstance(state, dict)] if isinstance(cloud, dict) else []
        whole: dict[str, Node] = {**(states[0] if states else {}), **node, "hash": name}
        found[relpath] = (relpath, _digest(whole, f"{path}/{relpath}", problems), integer(whole.get("size")))
    return tuple(found[relpath] for relpath in sorted(found))


def _directory(files: tuple[tuple[str, Digest | None, int | None], ...]) -> Digest | None:
    """The digest that DVC gives a directory: md5 of its listing as JSON (dvc_data ``Tree.digest``)."""
    algorithms = {digest.algorithm if digest else "" for _, digest, _ in files}
    if len(algorithms) != 1 or "" in algorithms:
        return None
    algorithm = algorithms.pop()
    key = "md5" if algorithm.startswith("md5") else algorithm
    listing = [{key: digest.value, "relpath": name} for name, digest, _ in files if digest]
    md5 = hashlib.md5(json.dumps(listing, sort_keys=True).encode(), usedforsecurity=False)
    return Digest(algorithm, f"{md5.hexdigest()}.dir")


def _total(files: tuple[tuple[str, Digest | None, int | None], ...]) -> int | None:
    """The bytes of all members, None where together they claim more than a size can be."""
    total = sum(length or 0 for _, _, length in files)
    return total if total < 2**63 else None


def read_params(node: Node, directory: str) -> tuple[tuple[str, str, str], ...]:
    """Reads ``{file: {key: value}}`` to (file, key, value as canonical JSON), files repository-relative."""
    if not isinstance(node, dict):
        return ()
    return tuple(
        (resolve(file, directory)[0], key, canonical(value(setting)))
        for file, settings in node.items()
        if isinstance(settings, dict)
        for key, setting in settings.items()
    )
