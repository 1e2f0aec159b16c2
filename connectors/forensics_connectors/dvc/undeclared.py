"""Files of git that no stage names, joined to what DVC knows by the same bytes: a run may read one without saying so.

Git knows them by its own ids alone. Without their md5 a copy of bad data that lies among the code would be another
file to every question that names the data.
"""

from collections.abc import Iterable, Iterator

from forensics.digest import EMPTY
from forensics.model import Finding, FindingKind, Origin, Record
from forensics_connectors.dvc.code import Blobs, Code
from forensics_connectors.dvc.hashing import MD5, UNIX
from forensics_connectors.dvc.ledger import Ledger
from forensics_connectors.dvc.library import subject_of
from forensics_connectors.dvc.listings import Listings
from forensics_connectors.dvc.trees import FILES
from forensics_connectors.git.history import History
from forensics_connectors.git.text import text
from forensics_connectors.git.view import View

__all__ = ["undeclared_files"]

#: Bytes of one file, and of all, that are read for this.
_LARGEST, _TOTAL = 8 << 20, 64 << 20


def undeclared_files(
    view: View, history: History, ledger: Ledger, listings: Listings, code: Code, blobs: Blobs
) -> Iterator[Record]:
    """Yields the digests of the files in git which are those of some version or member that DVC's documents name.

    A finding says where files were left out, being too large or too many.
    """
    known = {oid for oids in code.paths.values() for oid in oids}
    places: dict[str, tuple[int, str]] = {}
    for position, groups in enumerate(history.changes):
        for change in (change for group in groups for change in group):
            oid, is_file = change.new_oid, change.new_mode in FILES and subject_of(change.path) is None
            if oid is not None and is_file and oid not in known:
                places.setdefault(oid, (position, change.path))
    chosen, left_out = _within(view, places)
    blobs.load(chosen)
    by_value: dict[str, list[str]] = {}
    for oid in chosen:
        for digest in set(blobs.digests(oid) or ()):
            if str(digest) not in EMPTY:
                by_value.setdefault(digest.value, []).append(oid)
    found = {oid for value in _named(by_value.keys(), ledger, listings) for oid in by_value[value]}
    for oid in chosen:
        if oid in found:
            position, path = places[oid]
            yield from blobs.same_bytes(oid, Origin(text(path), history.commits[position].oid))
    if left_out:
        limits = f"{_LARGEST >> 20} MiB, or {_TOTAL >> 20} MiB in all"
        message = f"{left_out:,} files in git were not compared with data: they are above {limits}"
        yield Finding(FindingKind.TOO_LARGE, message, Origin(locus="undeclared"))


def _within(view: View, places: Iterable[str]) -> tuple[list[str], int]:
    """The blobs that are read, in the order given, and how many are left out."""
    chosen: list[str] = []
    total = left_out = 0
    for oid, entry in view.check_objects(places):
        if entry is None:
            continue
        if entry.size > _LARGEST or total + entry.size > _TOTAL:
            left_out += 1
            continue
        total += entry.size
        chosen.append(oid)
    return chosen, left_out


def _named(values: Iterable[str], ledger: Ledger, listings: Listings) -> set[str]:
    """Those of some md5s that a version or a member is known by."""
    wanted = frozenset(values)
    if not wanted:
        return set()
    found = {fact.digest.value for fact in ledger.facts if fact.digest is not None} & wanted
    for directory in listings.known.values():
        if directory.algorithm in (MD5, UNIX):
            found |= wanted.intersection(directory.values)
    return found
