"""Folders of Python files by the digest that TFX makes of a user module.

Source of the method: ``tfx.components.util.udf_utils._get_version_hash``, TFX 1.14: a sha256 over the files of the
module's folder that end in ``.py``, by name: length of the name as a big-endian 64-bit number, name, length, bytes.
"""

import hashlib
import struct
from collections.abc import Iterator

from forensics.digest import Digest
from forensics.model import Finding, FindingKind, Listing, Origin, Record, Strength

from .text import text
from .view import View

__all__ = ["Module", "match_modules", "module_digest", "with_crlf"]

#: The Python files of a folder: name and blob id, by name.
Module = tuple[tuple[str, str], ...]

#: Bytes of files held at once, read in all, and hashed in all.
_HELD = 64 << 20
_READ = 2 << 30
_HASHED = 8 << 30
_LENGTH = struct.Struct(">Q")


def module_digest(files: list[tuple[str, bytes]]) -> str:
    """The digest that TFX makes of a module.

    Args:
        files: name and bytes of each Python file of the folder.
    """
    state = hashlib.sha256()
    for name, data in sorted(files):
        raw = name.encode("utf-8", "surrogateescape")
        for part in (raw, data):
            state.update(_LENGTH.pack(len(part)))
            state.update(part)
    return state.hexdigest()


def with_crlf(data: bytes) -> bytes:
    """What git checks out on Windows, where it takes a file for text."""
    return data if b"\0" in data or b"\n" not in data else data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def match_modules(view: View, modules: dict[Module, Origin], wanted: set[str]) -> Iterator[Record]:
    """Finds the folders that have a wanted digest.

    Args:
        view: the repository.
        modules: the distinct folders, each with where it is.
        wanted: values of ``tfx-code`` digests.

    Yields:
        A listing for each that was found: ``assumed`` where line ends had to be changed for it.
    """
    found: set[str] = set()
    assumed: dict[str, tuple[Module, Origin]] = {}
    for module, files in _loaded(view, modules):
        plain = module_digest(files)
        if plain in wanted and plain not in found:
            found.add(plain)
            yield _listing(plain, module, modules[module], Strength.MATCHED)
        if found == wanted:
            return
        changed = [(name, with_crlf(data)) for name, data in files]
        if changed != files and (windows := module_digest(changed)) in wanted:
            assumed.setdefault(windows, (module, modules[module]))
    for value, (module, origin) in assumed.items():
        if value not in found:
            yield _listing(value, module, Origin(origin.path, origin.commit, "search, crlf"), Strength.ASSUMED)


def _listing(value: str, module: Module, origin: Origin, strength: Strength) -> Listing:
    names, blobs = zip(*module, strict=True)
    return Listing(Digest("tfx-code", value), tuple(text(name) for name in names), "git", blobs, origin, strength)


def _loaded(view: View, modules: dict[Module, Origin]) -> Iterator[tuple[Module, list[tuple[str, bytes]]]]:
    """Each module with its bytes, some at a time; those with a file that cannot be read are left out."""
    sizes = {
        oid: entry.size
        for oid, entry in view.check_objects(dict.fromkeys(oid for module in modules for _, oid in module))
        if entry is not None
    }
    read = hashed = held = 0
    batch: list[Module] = []
    blobs: dict[str, None] = {}
    for module in modules:
        oids = [oid for _, oid in module]
        if not all(oid in sizes for oid in oids):
            continue
        new = sum(sizes[oid] for oid in set(oids) if oid not in blobs)
        if batch and held + new > _HELD:
            yield from _batch(view, batch, blobs)
            batch, blobs, held = [], {}, 0
            new = sum(sizes[oid] for oid in set(oids))
        size = sum(sizes[oid] for oid in oids)
        if new > _HELD or read + new > _READ or hashed + size > _HASHED:
            message = "the search for modules that other sources name was cut: there are too many bytes of code"
            view.notice(Finding(FindingKind.TOO_LARGE, message, Origin(locus="search"), admits=True))
            break
        read, hashed, held = read + new, hashed + size, held + new
        batch.append(module)
        blobs.update(dict.fromkeys(oids))
    yield from _batch(view, batch, blobs)


def _batch(view: View, batch: list[Module], blobs: dict[str, None]) -> Iterator[tuple[Module, list[tuple[str, bytes]]]]:
    data = {oid: found for oid, found in view.read_blobs(blobs, _HELD) if found is not None}
    for module in batch:
        if all(oid in data for _, oid in module):
            yield module, [(name, data[oid]) for name, oid in module]
